"""What people send: exact numbers, texts that can be shown, changes of some fields."""

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator
from pydantic.functional_serializers import PlainSerializer
from pydantic.json_schema import WithJsonSchema

from sigmasight.intake.cells import UnreadableCellError, read_tags

_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$"
_NUMBER = re.compile(_PATTERN, re.ASCII)


def _exactly(value: object) -> Decimal:
    """A decimal string as it is; a JSON number may have lost digits on its way."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError('write the number as a string such as "1234.5": up to 15 digits, a point, up to 12 decimals')
    return Decimal(value)


def _line(text: str) -> str:
    text = text.strip()
    if not text or not text.isprintable():
        raise ValueError("one line of text that can be shown")
    return text


def _prose(text: str) -> str:
    if not all(character.isprintable() or character in "\n\r\t" for character in text):
        raise ValueError("the text has characters that cannot be shown")
    return text


def _tag(text: str) -> str:
    try:
        tags = read_tags(text)
    except UnreadableCellError as error:
        raise ValueError(str(error)) from error
    if len(tags) != 1 or "," in text or not tags[0].isprintable():
        raise ValueError("a tag is a word or several that can be shown, without a comma")
    return tags[0]


Exact = Annotated[
    Decimal,
    BeforeValidator(_exactly),
    PlainSerializer(lambda number: f"{number:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["85.5"]}),
]
"""What a person typed, digit by digit."""

Line = Annotated[str, Field(min_length=1, max_length=200, examples=["Core"]), AfterValidator(_line)]
Prose = Annotated[str, Field(max_length=2000), AfterValidator(_prose)]
TagName = Annotated[str, Field(max_length=200, examples=["Core Holdings"]), AfterValidator(_tag)]


class Given(BaseModel):
    """What somebody sends; a name that means nothing here is an error."""

    model_config = ConfigDict(extra="forbid")


def examples(*given: dict[str, JsonValue]) -> ConfigDict:
    """What the documentation shows of something that is sent."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": list(given)})


class Changes(Given):
    """Fields that somebody changes; the others stay as they are."""

    may_be_null: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="after")
    def _no_null(self) -> Self:
        for name in sorted(self.model_fields_set - self.may_be_null):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null: leave it out if it stays as it is")
        return self

    @property
    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}
