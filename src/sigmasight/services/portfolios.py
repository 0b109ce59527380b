"""Find the portfolio that a person names, or make it."""

from dataclasses import replace
from datetime import date

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.store.database import Connection
from sigmasight.store.people import (
    add_portfolio,
    all_portfolios,
    find_portfolios,
    require_user,
    set_allow_estimates,
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
    made = renew_results(conn, valuation, changed, portfolio.opened_on)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="estimates allowed" if allowed else "estimates refused",
        detail={"recomputed": {"from": portfolio.opened_on.isoformat(), "snapshots": len(made)}},
    )
    return changed


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
