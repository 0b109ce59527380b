"""Tags."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from sigmasight.api.shapes.given import Changes, Given, TagName
from sigmasight.domain.books import Tag as Word
from sigmasight.domain.books import TagKind
from sigmasight.store.tags import CountedTag

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$", examples=["#1f77b4"]), AfterValidator(str.lower)]


class NewTag(Given):
    """A tag to be made."""

    name: TagName
    kind: TagKind = Field(default=TagKind.REGULAR, description="A strategy groups legs that belong together.")
    colour: Colour | None = None


class TagChanges(Changes):
    """What is changed of a tag, on every position that carries it."""

    may_be_null: ClassVar[frozenset[str]] = frozenset({"colour"})

    name: TagName | SkipJsonSchema[None] = None
    kind: TagKind | SkipJsonSchema[None] = None
    colour: Colour | None = None


class Tag(BaseModel):
    """A word on positions; a user has each once, whatever its case."""

    id: UUID
    name: str
    kind: TagKind
    colour: str | None

    @classmethod
    def of(cls, tag: Word) -> "Tag":
        """The shape of a tag."""
        return cls(id=tag.id, name=tag.name, kind=tag.kind, colour=tag.colour)


class UsedTag(Tag):
    """A tag, and how much it is used."""

    positions: int = Field(description="How many carry it, open or not.")

    @classmethod
    def counted(cls, counted: CountedTag) -> "UsedTag":
        """The shape of a tag that is counted."""
        return cls(**Tag.of(counted.tag).model_dump(), positions=counted.positions)


class Tags(BaseModel):
    """A user's tags, by name."""

    items: list[UsedTag]
    next: str | None = Field(default=None, description="Cursor of the next page; null on the last one.")
