"""A user's tags: made, changed, deleted; portfolios whose positions carry one change with it."""

from dataclasses import replace
from uuid import UUID

from sigmasight.domain.books import Tag, TagKind
from sigmasight.store.database import Connection
from sigmasight.store.people import lock_portfolios, raise_version
from sigmasight.store.reference import write_audit
from sigmasight.store.tags import CountedTag, add_tag, delete_tag, owned_tag, portfolios_tagged, write_tag


def make_tag(conn: Connection, user_id: UUID, *, name: str, kind: TagKind, colour: str | None) -> Tag:
    """Make a tag that nothing carries yet.

    Raises:
        ConflictError: If the user has one of that name, whatever its case.
    """
    tag = add_tag(conn, user_id, name=name, kind=kind, colour=colour)
    write_audit(conn, user_id=user_id, portfolio_id=None, action="tag made", detail={"tag": name, "kind": kind})
    return tag


def change_tag(
    conn: Connection, user_id: UUID, tag_id: UUID, *, name: str, kind: TagKind, colour: str | None
) -> CountedTag:
    """Give a tag another name, kind or colour, on all positions that carry it.

    Raises:
        NotFoundError: If it is not the user's.
        ConflictError: If he has another one of that name, whatever its case.
    """
    before = owned_tag(conn, user_id, tag_id)
    changed = Tag(tag_id, name, kind, colour)
    if changed == before.tag:
        return before
    portfolios = portfolios_tagged(conn, tag_id)
    lock_portfolios(conn, portfolios)
    write_tag(conn, changed)
    for portfolio_id in portfolios:
        raise_version(conn, portfolio_id)
    detail = {"old": _written(before.tag), "new": _written(changed)}
    write_audit(conn, user_id=user_id, portfolio_id=None, action="tag changed", detail=detail)
    return replace(before, tag=changed)


def remove_tag(conn: Connection, user_id: UUID, tag_id: UUID) -> None:
    """Delete a tag; no position carries it any more.

    Raises:
        NotFoundError: If it is not the user's.
    """
    tag = owned_tag(conn, user_id, tag_id).tag
    portfolios = portfolios_tagged(conn, tag_id)
    lock_portfolios(conn, portfolios)
    delete_tag(conn, tag_id)
    for portfolio_id in portfolios:
        raise_version(conn, portfolio_id)
    write_audit(conn, user_id=user_id, portfolio_id=None, action="tag deleted", detail={"tag": tag.name})


def _written(tag: Tag) -> dict[str, str | None]:
    return {"name": tag.name, "kind": tag.kind, "colour": tag.colour}
