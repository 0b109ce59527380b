"""Users and portfolios, their statements and tags at rest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Row, Text, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from sigmasight.domain.access import Role
from sigmasight.domain.books import Portfolio, RecordedStatement, Statement, StatementKind
from sigmasight.domain.errors import ConflictError, NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import among
from sigmasight.store.tables import portfolio_settings, portfolios, statements, tags, users
from sigmasight.store.tables import portfolio_snapshots as snapshots

_settled = select(
    portfolios, func.coalesce(portfolio_settings.c.allow_estimates, False).label("allow_estimates")
).outerjoin(portfolio_settings, portfolio_settings.c.portfolio_id == portfolios.c.id)
"""Portfolios with their settings; a setting that nobody made is off."""


@dataclass(frozen=True, slots=True)
class User:
    """Who owns portfolios."""

    id: UUID
    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Account:
    """A user as administrators see him."""

    id: UUID
    email: str
    name: str
    role: Role
    active: bool
    created_at: datetime


_account = (users.c.id, users.c.email, users.c.name, users.c.role, users.c.active, users.c.created_at)


def load_accounts(conn: Connection) -> list[Account]:
    """All users, by e-mail address."""
    rows = conn.execute(select(*_account).order_by(func.lower(users.c.email)))
    return [Account(row.id, row.email, row.name, Role(row.role), row.active, row.created_at) for row in rows]


def load_account(conn: Connection, user_id: UUID) -> Account:
    """One user.

    Raises:
        NotFoundError: If there is none.
    """
    row = conn.execute(select(*_account).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such user.")
    return Account(row.id, row.email, row.name, Role(row.role), row.active, row.created_at)


def write_account(conn: Connection, user_id: UUID, *, role: Role, active: bool) -> Account:
    """Change what a user is, and whether he may sign in.

    Raises:
        NotFoundError: If there is none.
    """
    conn.execute(update(users).where(users.c.id == user_id).values(role=role, active=active))
    return load_account(conn, user_id)


def count_admins(conn: Connection) -> int:
    """How many active administrators there are; others that count wait until this transaction ends."""
    admins = select(users.c.id).where(users.c.role == Role.ADMIN, users.c.active).with_for_update()
    return len(conn.execute(admins).all())


def find_user(conn: Connection, email: str) -> User | None:
    """The user with an e-mail address, whatever its case."""
    row = conn.execute(select(users).where(func.lower(users.c.email) == email.lower())).one_or_none()
    return None if row is None else User(row.id, row.email, row.name, row.role)


def require_user(conn: Connection, email: str) -> User:
    """The user with an e-mail address, whatever its case.

    Raises:
        NotFoundError: If there is none.
    """
    user = find_user(conn, email)
    if user is None:
        raise NotFoundError(f"There is no user {email}.")
    return user


def add_user(conn: Connection, *, email: str, name: str, password_hash: str, role: str = "user") -> User:
    """Add a user.

    Raises:
        ConflictError: If the e-mail address is taken.
    """
    if find_user(conn, email) is not None:
        raise ConflictError(f"there is a user {email} already")
    new = insert(users).values(email=email, name=name, password_hash=password_hash, role=role).returning(users.c.id)
    return User(conn.execute(new).scalar_one(), email, name, role)


def delete_user(conn: Connection, user_id: UUID) -> None:
    """Delete a user with all that is his."""
    conn.execute(delete(users).where(users.c.id == user_id))


def add_portfolio(
    conn: Connection, *, user_id: UUID, name: str, market: Market, opened_on: date, description: str = ""
) -> Portfolio:
    """Add an empty portfolio with default settings.

    Raises:
        ConflictError: If the user has one of that name.
    """
    columns = {"user_id": user_id, "name": name, "market": market, "opened_on": opened_on, "description": description}
    new = upsert(portfolios).values(columns).on_conflict_do_nothing(index_elements=["user_id", "name"])
    new_id = conn.execute(new.returning(portfolios.c.id)).scalar_one_or_none()
    if new_id is None:
        raise ConflictError(f"there is a portfolio {name!r} already")
    conn.execute(insert(portfolio_settings).values(portfolio_id=new_id, user_id=user_id))
    return Portfolio(new_id, user_id, name, market, opened_on, description=description)


def write_portfolio(conn: Connection, portfolio: Portfolio) -> None:
    """Give a portfolio another name or description.

    Raises:
        ConflictError: If its user has another one of that name.
    """
    changed = {"name": portfolio.name, "description": portfolio.description}
    try:
        conn.execute(update(portfolios).where(portfolios.c.id == portfolio.id).values(changed))
    except IntegrityError as error:
        raise ConflictError(f"there is a portfolio {portfolio.name!r} already") from error


def raise_version(conn: Connection, portfolio_id: UUID) -> int:
    """Say that a portfolio's fields, ledger or tags have changed; returns its new version."""
    raised = update(portfolios).where(portfolios.c.id == portfolio_id).values(version=portfolios.c.version + 1)
    version: int = conn.execute(raised.returning(portfolios.c.version)).scalar_one()
    return version


def find_portfolios(conn: Connection, name: str, *, user_id: UUID | None = None) -> tuple[Portfolio, ...]:
    """The portfolios of a name: a user's one, or everybody's for the operator."""
    query = _settled.where(portfolios.c.name == name)
    if user_id is not None:
        query = query.where(portfolios.c.user_id == user_id)
    return tuple(_portfolio(row) for row in conn.execute(query.order_by(portfolios.c.id)))


def portfolios_of(
    conn: Connection, user_id: UUID, *, after: str | None = None, limit: int | None = None
) -> tuple[Portfolio, ...]:
    """A user's portfolios by name; those after a name, and not more than a number of them."""
    query = _settled.where(portfolios.c.user_id == user_id).order_by(portfolios.c.name).limit(limit)
    if after is not None:
        query = query.where(portfolios.c.name > after)
    return tuple(_portfolio(row) for row in conn.execute(query))


def delete_portfolio(conn: Connection, portfolio_id: UUID) -> None:
    """Delete a portfolio with all that belongs to it."""
    conn.execute(delete(portfolios).where(portfolios.c.id == portfolio_id))


def owned_portfolio(conn: Connection, user_id: UUID, portfolio_id: UUID) -> Portfolio:
    """A portfolio of a user.

    Raises:
        NotFoundError: If there is none, or it is somebody else's.
    """
    query = _settled.where(portfolios.c.id == portfolio_id, portfolios.c.user_id == user_id)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no portfolio {portfolio_id}")
    return _portfolio(row)


def markets_opened_after(conn: Connection, day: date) -> frozenset[Market]:
    """Markets in which there are portfolios that a day's night does not look at yet."""
    younger = select(portfolios.c.market).where(portfolios.c.opened_on > day).distinct()
    return frozenset(Market(market) for market in conn.execute(younger).scalars())


def portfolios_on(conn: Connection, day: date) -> tuple[Portfolio, ...]:
    """Everybody's portfolios that exist on a day, ascending by id: for the night."""
    rows = conn.execute(_settled.where(portfolios.c.opened_on <= day).order_by(portfolios.c.id))
    return tuple(_portfolio(row) for row in rows)


def all_portfolios(conn: Connection) -> tuple[tuple[User, Portfolio], ...]:
    """Everybody's portfolios with their owners, ordered by creation: for the operator."""
    rows = conn.execute(
        _settled.add_columns(users.c.id.label("owner"), users.c.email, users.c.name.label("owner_name"), users.c.role)
        .join(users, users.c.id == portfolios.c.user_id)
        .order_by(portfolios.c.created_at, portfolios.c.id)
    )
    return tuple((User(row.owner, row.email, row.owner_name, row.role), _portfolio(row)) for row in rows)


def set_allow_estimates(conn: Connection, portfolio: Portfolio, *, allowed: bool) -> None:
    """Let stand-ins for unknown volatilities and rate betas into a portfolio's numbers, or keep them out."""
    new = upsert(portfolio_settings).values(
        portfolio_id=portfolio.id, user_id=portfolio.user_id, allow_estimates=allowed
    )
    conn.execute(
        new.on_conflict_do_update(
            index_elements=["portfolio_id"], set_={"allow_estimates": new.excluded.allow_estimates}
        )
    )


def first_unfinished(conn: Connection, market: Market, as_of: date) -> date | None:
    """The earliest of the last snapshots before a day, over a market's portfolios, or of their openings."""
    last = (
        select(snapshots.c.as_of)
        .where(snapshots.c.portfolio_id == portfolios.c.id, snapshots.c.as_of < as_of)
        .order_by(snapshots.c.as_of.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(func.min(func.coalesce(last, portfolios.c.opened_on))).where(
        portfolios.c.market == market, portfolios.c.opened_on <= as_of
    )
    found: date | None = conn.execute(query).scalar_one()
    return found


def lock_portfolios(conn: Connection, ids: Collection[UUID]) -> None:
    """Let no other transaction make snapshots of these portfolios, or change their ledger, until this one ends."""
    query = select(portfolios.c.id).where(among(portfolios.c.id, ids)).order_by(portfolios.c.id)
    conn.execute(query.with_for_update(key_share=True))


def add_statement(
    conn: Connection, portfolio: Portfolio, kind: StatementKind, as_of: date, amount: Decimal
) -> RecordedStatement:
    """Append a statement; it holds from its day on, until a later one."""
    values = {"portfolio_id": portfolio.id, "user_id": portfolio.user_id, "kind": kind, "as_of": as_of}
    new = insert(statements).values(**values, amount=amount).returning(statements)
    return _recorded(conn.execute(new).one())


def statements_of(
    conn: Connection, portfolio_id: UUID, *, kind: StatementKind | None = None, before: int | None = None, limit: int
) -> tuple[RecordedStatement, ...]:
    """A portfolio's statements, the last recorded first; those recorded before one."""
    query = select(statements).where(statements.c.portfolio_id == portfolio_id)
    if kind is not None:
        query = query.where(statements.c.kind == kind)
    if before is not None:
        query = query.where(statements.c.id < before)
    rows = conn.execute(query.order_by(statements.c.id.desc()).limit(limit))
    return tuple(_recorded(row) for row in rows)


def load_statements(conn: Connection, portfolio_ids: Collection[UUID], last: date) -> tuple[Statement, ...]:
    """Statements up to a day, in the order in which they were recorded."""
    rows = conn.execute(
        select(statements)
        .where(among(statements.c.portfolio_id, portfolio_ids), statements.c.as_of <= last)
        .order_by(statements.c.id)
    )
    return tuple(Statement(row.portfolio_id, StatementKind(row.kind), row.as_of, row.amount) for row in rows)


def ensure_tags(conn: Connection, user_id: UUID, names: Sequence[str], kind: str = "regular") -> dict[str, UUID]:
    """Ids of a user's tags by the names given, whatever their case; those that are missing are made."""
    if not names:
        return {}
    rows = [{"user_id": user_id, "name": name, "kind": kind} for name in sorted(set(names))]
    conn.execute(upsert(tags).on_conflict_do_nothing(), rows)
    wanted = func.unnest(literal(list(names), ARRAY(Text))).table_valued("name").render_derived()
    found = conn.execute(
        select(wanted.c.name, tags.c.id)
        .join(tags, func.lower(tags.c.name) == func.lower(wanted.c.name))
        .where(tags.c.user_id == user_id)
    )
    return {name: tag_id for name, tag_id in found}


def _portfolio(row: Row[tuple[object, ...]]) -> Portfolio:
    return Portfolio(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        market=Market(row.market),
        opened_on=row.opened_on,
        allow_estimates=row.allow_estimates,
        description=row.description,
        version=row.version,
    )


def _recorded(row: Row[tuple[object, ...]]) -> RecordedStatement:
    return RecordedStatement(row.id, StatementKind(row.kind), row.as_of, row.amount, row.recorded_at)
