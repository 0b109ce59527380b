"""Users: added, listed, made administrators, closed. Whoever calls has hashed the password."""

from datetime import date, datetime
from uuid import UUID

from sigmasight.domain.access import Role
from sigmasight.domain.errors import ConflictError
from sigmasight.domain.market_data import Market
from sigmasight.store.access import end_sessions
from sigmasight.store.database import Connection
from sigmasight.store.people import Account, User, add_portfolio, add_user, count_admins, load_account, write_account
from sigmasight.store.reference import write_audit

FIRST_PORTFOLIO = "My portfolio"


def add_person(
    conn: Connection,
    *,
    email: str,
    name: str,
    password_hash: str,
    role: Role,
    today: date,
    by: UUID | None = None,
) -> User:
    """Add a user with an empty portfolio of the live market.

    Args:
        conn: A transaction as the owner of the tables.
        email: Readable, and nobody's yet.
        name: How he is called.
        password_hash: Of his password.
        role: What he is.
        today: The day on which his portfolio opens.
        by: The administrator who adds him; None: himself, or the command line.

    Raises:
        ConflictError: If the e-mail address is taken, whatever its case.
    """
    user = add_user(conn, email=email, name=name, password_hash=password_hash, role=role)
    add_portfolio(conn, user_id=user.id, name=FIRST_PORTFOLIO, market=Market.LIVE, opened_on=today)
    detail = {"user": str(user.id), "role": role.value}
    write_audit(conn, user_id=by or user.id, portfolio_id=None, action="user added", detail=detail)
    return user


def change_account(
    conn: Connection,
    user_id: UUID,
    *,
    role: Role | None = None,
    active: bool | None = None,
    now: datetime,
    by: UUID | None = None,
) -> Account:
    """Change what a user is, or whether he may sign in; either ends his sessions.

    Raises:
        NotFoundError: If there is no such user.
        ConflictError: If nobody would be left who is an active administrator.
    """
    before = load_account(conn, user_id)
    after = write_account(conn, user_id, role=role or before.role, active=before.active if active is None else active)
    if (before.role, before.active) == (after.role, after.active):
        return after
    if count_admins(conn) == 0 and before.role is Role.ADMIN and before.active:
        raise ConflictError("one administrator must be left who can sign in")
    end_sessions(conn, user_id, now)
    detail = {"user": str(user_id), "role": after.role.value, "active": after.active}
    write_audit(conn, user_id=by, portfolio_id=None, action="user changed", detail=detail)
    return after
