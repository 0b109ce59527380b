"""Change a portfolio's ledger: trades, closings, statements. A change of the past makes its snapshots anew."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.books import Entry, Portfolio, Position, RecordedStatement, StatementKind
from sigmasight.domain.errors import ConflictError, InvalidEntryError
from sigmasight.domain.instruments import Instrument
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import add_statement, ensure_tags, lock_portfolios, owned_portfolio, raise_version
from sigmasight.store.positions import (
    NewPosition,
    add_positions,
    delete_position,
    entry_of,
    owned_position,
    write_entry,
    write_exit,
)
from sigmasight.store.reference import write_audit
from sigmasight.store.tags import replace_tags


@dataclass(frozen=True, slots=True)
class Trade:
    """A purchase, or a short sale when the quantity is negative."""

    instrument_id: int
    quantity: Decimal
    price: Decimal  # USD per share
    day: date
    tags: tuple[str, ...] = ()
    notes: str = ""


def record_trade(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, trade: Trade, *, today: date
) -> UUID:
    """Add a position; one whose day lies before today is brought in today, not bought then.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If the day lies in the future.
        InvalidEntryError: If quantity or price cannot be.
    """
    portfolio, made = _record(conn, user_id, portfolio_id, [trade], today)
    _renew(conn, valuation, portfolio, "position added", today, {"position": str(made[0])})
    return made[0]


def record_trades(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, trades: Sequence[Trade], *, today: date
) -> tuple[UUID, ...]:
    """Add positions as ``record_trade`` does, together; returns their ids in order.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If a day lies in the future.
        InvalidEntryError: If a quantity or price cannot be.
    """
    portfolio, made = _record(conn, user_id, portfolio_id, trades, today)
    _renew(conn, valuation, portfolio, "positions added", today, {"positions": [str(each) for each in made]})
    return made


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
    _require_exit(conn, position, exit_date, today)
    if exit_price is not None:
        _require_amounts(position.quantity, exit_price)
    write_exit(conn, position_id, exit_date=exit_date, exit_price=exit_price)
    detail = {"position": str(position_id), "price": None if exit_price is None else str(exit_price)}
    _renew(conn, valuation, portfolio, "position closed", exit_date, detail)


def correct_position(
    conn: Connection, valuation: Valuation, user_id: UUID, position_id: UUID, entry: Entry, *, today: date
) -> None:
    """Correct what was written of a position; its history is made anew as if that had been written at first.

    Raises:
        NotFoundError: If the position is not the user's.
        ConflictError: If a day lies in the future, or the position could not be closed on that day.
        InvalidEntryError: If a quantity or price cannot be, or there is an exit price without its date.
    """
    position, portfolio = _opened_for(conn, user_id, position_id)
    before, recorded_on = entry_of(conn, position_id)
    if repr(entry) == repr(before):
        return
    corrected = replace(
        position,
        quantity=entry.quantity,
        entry_date=entry.entry_date,
        held_from=max(entry.entry_date, recorded_on),
    )
    _require_entry(conn, corrected, entry, today)
    write_entry(conn, position_id, entry)
    detail = {"position": str(position_id), "old": _written(before), "new": _written(entry)}
    first = _first_changed(before, entry, min(position.held_from, corrected.held_from))
    _renew(conn, valuation, portfolio, "position corrected", first or today, detail, changed=first is not None)


def tag_position(conn: Connection, user_id: UUID, position_id: UUID, names: Sequence[str]) -> None:
    """Let a position carry these tags and no others; those that are missing are made.

    Raises:
        NotFoundError: If the position is not the user's.
    """
    _, portfolio = _opened_for(conn, user_id, position_id)
    replace_tags(conn, user_id, position_id, ensure_tags(conn, user_id, names).values())
    raise_version(conn, portfolio.id)
    detail = {"position": str(position_id), "tags": list(names)}
    write_audit(conn, user_id=user_id, portfolio_id=portfolio.id, action="position tagged", detail=detail)


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
) -> RecordedStatement:
    """Append a statement of cash or unmodelled assets as of a day.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If the day lies in the future.
    """
    portfolio = _opened(conn, user_id, portfolio_id)
    _require_past(as_of, today)
    if not amount.is_finite():
        raise InvalidEntryError(f"an amount is a finite number, not {amount}")
    stated = add_statement(conn, portfolio, kind, as_of, amount)
    _renew(conn, valuation, portfolio, f"{kind} stated", as_of, {"amount": str(amount)})
    return stated


def _record(
    conn: Connection, user_id: UUID, portfolio_id: UUID, trades: Sequence[Trade], today: date
) -> tuple[Portfolio, tuple[UUID, ...]]:
    """Check trades and write their positions."""
    portfolio = _opened(conn, user_id, portfolio_id)
    for trade in trades:
        _require_past(trade.day, today)
        _require_amounts(trade.quantity, trade.price)
    tag_ids = ensure_tags(conn, user_id, list(dict.fromkeys(tag for trade in trades for tag in trade.tags)))
    new = [NewPosition(t.instrument_id, t.quantity, t.price, t.day, t.tags, t.notes) for t in trades]
    return portfolio, add_positions(conn, portfolio, new, recorded_on=today, tag_ids=tag_ids, imported=False)


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


def _require_entry(conn: Connection, position: Position, entry: Entry, today: date) -> None:
    """Check an entry against the position that it would make."""
    _require_past(entry.entry_date, today)
    _require_amounts(entry.quantity, entry.entry_price)
    option = _instrument_of(conn, position).option
    if option and entry.quantity != entry.quantity.to_integral_value():
        raise InvalidEntryError(f"{entry.quantity} is not a whole number of option contracts")
    if option and entry.entry_date > option.expiry:
        raise ConflictError(f"the option expired on {option.expiry}, before {entry.entry_date}")
    if entry.exit_date is not None:
        _require_exit(conn, position, entry.exit_date, today)
    elif entry.exit_price is not None:
        raise InvalidEntryError("an exit price needs its exit date")
    if entry.exit_price is not None:
        _require_amounts(entry.quantity, entry.exit_price)


def _require_exit(conn: Connection, position: Position, exit_date: date, today: date) -> None:
    _require_past(exit_date, today)
    if exit_date < position.held_from:
        raise ConflictError(f"the position is held from {position.held_from} on: it cannot be closed on {exit_date}")
    option = _instrument_of(conn, position).option
    if option and exit_date > option.expiry:
        raise ConflictError(f"the option expired on {option.expiry}; it is settled, not sold")


def _instrument_of(conn: Connection, position: Position) -> Instrument:
    return next(i for i in load_instruments(conn, [position.instrument_id]) if i.id == position.instrument_id)


def _first_changed(before: Entry, entry: Entry, held_from: date) -> date | None:
    """The first day whose results a correction touches; None where it touches none."""
    if (before.quantity, before.entry_price, before.entry_date) != (
        entry.quantity,
        entry.entry_price,
        entry.entry_date,
    ):
        return held_from
    if (before.exit_date, before.exit_price) == (entry.exit_date, entry.exit_price):
        return None
    return min(day for day in (before.exit_date, entry.exit_date) if day is not None)


def _written(entry: Entry) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in asdict(entry).items()}


def _require_past(day: date, today: date) -> None:
    if day > today:
        raise ConflictError(f"{day} lies in the future; today is {today}")


def _renew(
    conn: Connection,
    valuation: Valuation,
    portfolio: Portfolio,
    action: str,
    first: date,
    detail: Mapping[str, object],
    *,
    changed: bool = True,
) -> None:
    """Make the snapshots from a day on anew, if the change touches any, and write down that it was done."""
    raise_version(conn, portfolio.id)
    made = renew_results(conn, valuation, portfolio, first) if changed else ()
    recomputed = {"from": first.isoformat(), "snapshots": len(made)}
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action=action,
        detail={**detail, "day": first.isoformat(), "recomputed": recomputed},
    )
