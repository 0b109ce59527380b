"""Change a portfolio's ledger: trades, closings, statements. A change of the past makes its snapshots anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.books import Portfolio, Position, StatementKind
from sigmasight.domain.errors import ConflictError, InvalidEntryError
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import add_statement, ensure_tags, lock_portfolios, owned_portfolio
from sigmasight.store.positions import NewPosition, add_positions, delete_position, owned_position, write_exit
from sigmasight.store.reference import write_audit


@dataclass(frozen=True, slots=True)
class Trade:
    """A purchase, or a short sale when the quantity is negative."""

    instrument_id: int
    quantity: Decimal
    price: Decimal  # USD per share
    day: date
    tags: tuple[str, ...] = ()


def record_trade(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, trade: Trade, *, today: date
) -> UUID:
    """Add a position; one whose day lies before today is brought in today, not bought then.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If the day lies in the future.
        InvalidEntryError: If quantity or price cannot be.
    """
    portfolio = _opened(conn, user_id, portfolio_id)
    _require_past(trade.day, today)
    _require_amounts(trade.quantity, trade.price)
    tag_ids = ensure_tags(conn, user_id, trade.tags)
    new = NewPosition(trade.instrument_id, trade.quantity, trade.price, trade.day, trade.tags)
    (position_id,) = add_positions(conn, portfolio, [new], recorded_on=today, tag_ids=tag_ids, imported=False)
    _renew(conn, valuation, portfolio, "position added", today, {"position": str(position_id)})
    return position_id


def close_position(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    position_id: UUID,
    *,
    exit_date: date,
    exit_price: Decimal | None,
    today: date,
) -> None:
    """Sell (or cover) a position at a price; without a price it is taken out at the close of its last day.

    Raises:
        NotFoundError: If the position is not the user's.
        ConflictError: If it is closed already, or the day lies before it was held, after its expiry or in
            the future.
    """
    position, portfolio = _opened_for(conn, user_id, position_id)
    if position.exit_date is not None:
        raise ConflictError(f"the position was closed on {position.exit_date} already")
    _require_past(exit_date, today)
    if exit_date < position.held_from:
        raise ConflictError(f"the position is held from {position.held_from} on: it cannot be closed on {exit_date}")
    (instrument,) = (i for i in load_instruments(conn, [position.instrument_id]) if i.id == position.instrument_id)
    if instrument.option and exit_date > instrument.option.expiry:
        raise ConflictError(f"the option expired on {instrument.option.expiry}; it is settled, not sold")
    if exit_price is not None:
        _require_amounts(position.quantity, exit_price)
    write_exit(conn, position_id, exit_date=exit_date, exit_price=exit_price)
    detail = {"position": str(position_id), "price": None if exit_price is None else str(exit_price)}
    _renew(conn, valuation, portfolio, "position closed", exit_date, detail)


def remove_position(conn: Connection, valuation: Valuation, user_id: UUID, position_id: UUID) -> None:
    """Delete a position as if it had never been; its history is made anew without it.

    Raises:
        NotFoundError: If the position is not the user's.
    """
    position, portfolio = _opened_for(conn, user_id, position_id)
    delete_position(conn, position_id)
    _renew(conn, valuation, portfolio, "position deleted", position.held_from, {"position": str(position_id)})


def state_amount(
    conn: Connection,
    valuation: Valuation,
    user_id: UUID,
    portfolio_id: UUID,
    *,
    kind: StatementKind,
    as_of: date,
    amount: Decimal,
    today: date,
) -> None:
    """Append a statement of cash or unmodelled assets as of a day.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If the day lies in the future.
    """
    portfolio = _opened(conn, user_id, portfolio_id)
    _require_past(as_of, today)
    if not amount.is_finite():
        raise InvalidEntryError(f"an amount is a finite number, not {amount}")
    add_statement(conn, portfolio, kind, as_of, amount)
    _renew(conn, valuation, portfolio, f"{kind} stated", as_of, {"amount": str(amount)})


def _opened(conn: Connection, user_id: UUID, portfolio_id: UUID) -> Portfolio:
    """A user's portfolio, closed to everybody else until the transaction ends."""
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    lock_portfolios(conn, [portfolio.id])
    return portfolio


def _opened_for(conn: Connection, user_id: UUID, position_id: UUID) -> tuple[Position, Portfolio]:
    """A user's position as it is once nobody else can change its portfolio."""
    portfolio = _opened(conn, user_id, owned_position(conn, user_id, position_id).portfolio_id)
    return owned_position(conn, user_id, position_id), portfolio


def _require_amounts(quantity: Decimal, price: Decimal) -> None:
    if not quantity.is_finite() or quantity == 0:
        raise InvalidEntryError(f"a quantity is a finite number other than 0, not {quantity}")
    if not price.is_finite() or price <= 0:
        raise InvalidEntryError(f"a price is a finite number above 0, not {price}")


def _require_past(day: date, today: date) -> None:
    if day > today:
        raise ConflictError(f"{day} lies in the future; today is {today}")


def _renew(
    conn: Connection,
    valuation: Valuation,
    portfolio: Portfolio,
    action: str,
    first: date,
    detail: Mapping[str, str | None],
) -> None:
    """Make the snapshots from a day on anew, and write down that it was done."""
    made = renew_results(conn, valuation, portfolio, first)
    recomputed = {"from": first.isoformat(), "snapshots": len(made)}
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action=action,
        detail={**detail, "day": first.isoformat(), "recomputed": recomputed},
    )
