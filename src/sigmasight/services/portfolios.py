"""Find the portfolio that a person names, or make it; change it, by who knows what it is."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotFoundError, OutdatedError
from sigmasight.domain.market_data import Market
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.store.database import Connection
from sigmasight.store.people import (
    add_portfolio,
    all_portfolios,
    delete_portfolio,
    find_portfolios,
    lock_portfolios,
    owned_portfolio,
    raise_version,
    require_user,
    set_allow_estimates,
    write_portfolio,
)
from sigmasight.store.reference import write_audit


def find_portfolio(conn: Connection, name: str, *, email: str | None = None, hint: str = "") -> Portfolio:
    """The portfolio of a name, for the operator; the owner's e-mail decides where several have that name.

    Where there is none the message ends with the hint.

    Raises:
        NotFoundError: If there is none, or several.
    """
    owner = require_user(conn, email) if email else None
    found = find_portfolios(conn, name, user_id=owner.id if owner else None)
    if len(found) > 1:
        raise NotFoundError(f"Several users have a portfolio {name!r}; say whose with --user.")
    if not found:
        there = ", ".join(f"{each.name!r}" for _, each in all_portfolios(conn)) or "none yet"
        raise NotFoundError(f"There is no portfolio {name!r} (there: {there}). {hint}".strip())
    return found[0]


def allow_estimates(conn: Connection, valuation: Valuation, portfolio: Portfolio, *, allowed: bool) -> Portfolio:
    """Let stand-ins for volatilities that no option tells into a portfolio's numbers, or keep them out.

    Its snapshots are made anew, and the audit log says so.
    """
    if portfolio.allow_estimates == allowed:
        return portfolio
    set_allow_estimates(conn, portfolio, allowed=allowed)
    changed = replace(portfolio, allow_estimates=allowed)
    version = raise_version(conn, portfolio.id)
    made = renew_results(conn, valuation, changed, portfolio.opened_on)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="estimates allowed" if allowed else "estimates refused",
        detail={"recomputed": {"from": portfolio.opened_on.isoformat(), "snapshots": len(made)}},
    )
    return replace(changed, version=version)


def open_portfolio(
    conn: Connection, user_id: UUID, *, name: str, market: Market, today: date, description: str
) -> Portfolio:
    """Open an empty portfolio today; the audit log tells it.

    Raises:
        ConflictError: If the user has one of that name.
    """
    made = add_portfolio(conn, user_id=user_id, name=name, market=market, opened_on=today, description=description)
    write_audit(conn, user_id=user_id, portfolio_id=made.id, action="portfolio opened", detail={"name": name})
    return made


def open_for_change(
    conn: Connection, user_id: UUID, portfolio_id: UUID, versions: Collection[int] | None = None
) -> Portfolio:
    """A user's portfolio as it is once nobody else can change it, until the transaction ends.

    Args:
        conn: The transaction.
        user_id: Whose it is.
        portfolio_id: Which it is.
        versions: Those that the change to come may rest on; None: any.

    Raises:
        NotFoundError: If it is not the user's.
        OutdatedError: If it has another version.
    """
    _require_version(owned_portfolio(conn, user_id, portfolio_id), versions)  # who is late need not wait
    lock_portfolios(conn, [portfolio_id])
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    _require_version(portfolio, versions)
    return portfolio


def describe_portfolio(conn: Connection, portfolio: Portfolio, *, name: str, description: str) -> Portfolio:
    """Give a portfolio another name or description; the audit log tells it.

    Raises:
        ConflictError: If its user has another one of that name.
    """
    changed = replace(portfolio, name=name, description=description)
    if changed == portfolio:
        return portfolio
    write_portfolio(conn, changed)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="portfolio described",
        detail={"old": [portfolio.name, portfolio.description], "new": [name, description]},
    )
    return replace(changed, version=raise_version(conn, portfolio.id))


def remove_portfolio(conn: Connection, portfolio: Portfolio) -> None:
    """Delete a portfolio with all that is in it and was computed of it; the audit log tells it."""
    delete_portfolio(conn, portfolio.id)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="portfolio deleted",
        detail={"name": portfolio.name},
    )


def find_or_make_portfolio(conn: Connection, name: str, *, email: str | None, market: Market, today: date) -> Portfolio:
    """A user's portfolio of a name, made in a market if it is not there.

    Raises:
        NotFoundError: If there is no such user.
    """
    if not email:
        raise NotFoundError("--create needs --user: whose shall it be?")
    owner = require_user(conn, email)
    found = find_portfolios(conn, name, user_id=owner.id)
    return found[0] if found else add_portfolio(conn, user_id=owner.id, name=name, market=market, opened_on=today)


def _require_version(portfolio: Portfolio, versions: Collection[int] | None) -> None:
    if versions is not None and portfolio.version not in versions:
        raise OutdatedError("The portfolio has changed since you read it: read it again, and decide anew.")
