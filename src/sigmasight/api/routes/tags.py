"""Tags: a user's own words on positions."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter

from sigmasight.api.once import Once
from sigmasight.api.pages import USUAL_LIMIT, Cursor, Limit, page_of, read_cursor
from sigmasight.api.shapes.tags import NewTag, TagChanges, Tags, UsedTag
from sigmasight.api.site import Reader, Writer
from sigmasight.services.tags import change_tag, make_tag, remove_tag
from sigmasight.store.tags import CountedTag, owned_tag, tags_of

router = APIRouter(prefix="/tags", tags=["tags"])
_NAME = TypeAdapter(str)


@router.get("")
def list_tags(desk: Reader, limit: Limit = USUAL_LIMIT, cursor: Cursor = None) -> Tags:
    """One's tags by name, with how many positions carry each."""
    with desk.reading() as conn:
        found = tags_of(conn, desk.user_id, after=read_cursor(cursor, _NAME), limit=limit + 1)
    shown, following = page_of(found, limit, _NAME, lambda counted: counted.tag.name)
    return Tags(items=[UsedTag.counted(counted) for counted in shown], next=following)


@router.post("", status_code=HTTPStatus.CREATED)
def add_tag(desk: Writer, given: NewTag, once: Once) -> UsedTag:
    """Make a tag. A regular one is also made when a position is tagged with a new name."""
    with desk.writing() as conn:
        if earlier := once.earlier(conn, desk, given, UsedTag):
            return earlier
        tag = make_tag(conn, desk.user_id, name=given.name, kind=given.kind, colour=given.colour)
        return once.done(conn, desk, given, UsedTag.counted(CountedTag(tag, 0)))


@router.patch("/{tag_id}")
def rename_tag(desk: Writer, tag_id: UUID, given: TagChanges) -> UsedTag:
    """Change a tag's name, kind or colour, on every position that carries it."""
    with desk.writing() as conn:
        tag = owned_tag(conn, desk.user_id, tag_id).tag
        wanted = {"name": tag.name, "kind": tag.kind, "colour": tag.colour, **given.changes}
        return UsedTag.counted(change_tag(conn, desk.user_id, tag_id, **wanted))


@router.delete("/{tag_id}", status_code=HTTPStatus.NO_CONTENT)
def delete_tag(desk: Writer, tag_id: UUID) -> None:
    """Delete a tag; no position carries it any more."""
    with desk.writing() as conn:
        remove_tag(conn, desk.user_id, tag_id)
