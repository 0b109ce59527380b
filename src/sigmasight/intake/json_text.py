"""JSON read strictly: what it would hide (keys that repeat, numbers that are none) stays visible to who judges it."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigmasight.domain.errors import InvalidScenariosError
from sigmasight.intake.verdicts import shortened


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object's members, and the keys that it has more than once."""

    members: Mapping[str, object]
    repeated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotFinite:
    """A number that no float holds: NaN, Infinity, 1e400."""

    literal: str


def read_json(content: bytes, *, max_bytes: int) -> object:
    """The value of a JSON text: JsonObject, list, str, float, bool, NotFinite or None.

    Raises:
        InvalidScenariosError: If it is too big, not UTF-8 or not JSON; syntax errors with line and column.
    """
    if len(content) > max_bytes:
        raise InvalidScenariosError(f"The file has {len(content):,} bytes; at most {max_bytes:,} are read.")
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_float=_number,
            parse_int=_number,
            parse_constant=NotFinite,
        )
    except UnicodeDecodeError as error:
        raise InvalidScenariosError(f"The file is not UTF-8 text (byte {error.start + 1:,}).") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidScenariosError(f"The file is not JSON: {place}: {error.msg}.") from error
    except RecursionError as error:
        raise InvalidScenariosError("The file is not a scenario file: its brackets are nested too deeply.") from error


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    if isinstance(value, NotFinite):
        return value.literal
    words = {JsonObject: "an object", list: "a list", str: "text", float: "a number", bool: "true or false"}
    return words.get(type(value), "null")


def _object(pairs: Sequence[tuple[str, object]]) -> JsonObject:
    counts = Counter(key for key, _ in pairs)
    return JsonObject(dict(pairs), tuple(key for key, count in counts.items() if count > 1))


def _number(literal: str) -> float | NotFinite:
    number = float(literal)
    return number if math.isfinite(number) else NotFinite(shortened(literal, 20))
