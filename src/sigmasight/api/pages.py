"""Lists, a page at a time: a cursor says after which entry the next page begins."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import TypeAdapter

from sigmasight.domain.errors import InvalidEntryError

_T = TypeVar("_T")
_KEY = TypeVar("_KEY")

USUAL_LIMIT = 100
Limit = Annotated[int, Query(ge=1, le=1000, description="Entries of one page, at most.")]
Cursor = Annotated[str | None, Query(max_length=4000, description="`next` of the page before; without it, the first.")]


def read_cursor(cursor: str | None, key: TypeAdapter[_KEY]) -> _KEY | None:
    """The key of the entry after which a page begins; None for the first page.

    Raises:
        InvalidEntryError: If the cursor is none of such a list.
    """
    if cursor is None:
        return None
    try:
        found = key.validate_json(urlsafe_b64decode(cursor.encode()))
    except ValueError as error:
        raise _foreign() from error
    parts = found if isinstance(found, tuple) else (found,)
    if any("\0" in part for part in parts if isinstance(part, str)):  # no name has it, and no database takes it
        raise _foreign()
    return found


def page_of(
    found: Sequence[_T], limit: int, key: TypeAdapter[Any], key_of: Callable[[_T], object]
) -> tuple[Sequence[_T], str | None]:
    """The entries of a page, of which one more was asked for than are shown, and the cursor of the next page."""
    shown = found[:limit]
    if len(found) <= limit:
        return shown, None
    return shown, urlsafe_b64encode(key.dump_json(key_of(shown[-1]))).decode()


def _foreign() -> InvalidEntryError:
    return InvalidEntryError("This cursor is none of this list's: take `next` of the page before.")
