"""Positions worked slowly, one day after the other: what each is worth, gains, and moves in cash."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from sigmasight.domain.books import Position
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.reasons import Reason
from support.books import World
from support.slow_greeks import SlowGreeks, SlowOptions
from support.slow_market import ZERO, Amount, Price, exact, times


@dataclass(frozen=True, slots=True)
class Move:
    """Cash that one position moved."""

    day: date
    session: date
    amount: Fraction
    is_dividend: bool = False


@dataclass(frozen=True, slots=True)
class PositionDay:
    """One position at one close, and over the step that led to it."""

    position: Position
    held: bool
    quantity: Fraction
    price: Price
    value: Amount
    notional: Amount
    greeks: SlowGreeks  # in dollars
    unrealised_pnl: Amount
    weight: Fraction
    involved: bool
    settled_now: bool
    pnl: Amount
    flow: Fraction
    coverage_change: Fraction


class SlowLedger(SlowOptions):
    """The positions of a world."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._allows_estimates = {book.id: book.allow_estimates for book in world.portfolios}
        self._moves: dict[UUID, tuple[Move, ...]] = {}

    def of(self, position: Position) -> Instrument:
        return self.instruments[position.instrument_id]

    def size(self, position: Position, day: date) -> Fraction:
        """Quantity on a day; a contract that has expired is not split any more."""
        held = self.of(position)
        until = min(day, held.option.expiry) if held.option else day
        return exact(position.quantity) * self.shares_become(held, position.held_from, until)

    def multiplier(self, position: Position) -> Fraction:
        return exact(self.of(position).multiplier)

    def cost(self, position: Position) -> Fraction:
        return exact(position.quantity) * exact(position.entry_price) * self.multiplier(position)

    def entry(self, position: Position) -> date | None:
        """The first close at which it is held; None when the option was settled before it came."""
        arrives, settled = self.step_of(position.held_from), self.settled_in(self.of(position))
        return None if arrives is None or (settled is not None and settled <= arrives) else arrives

    def leaves_in(self, position: Position) -> date | None:
        """The session in whose step it is sold or taken out, unless it was settled before."""
        leaves = self.step_of(position.exit_date) if position.exit_date else None
        settled = self.settled_in(self.of(position))
        return None if leaves is None or (settled is not None and settled <= leaves) else leaves

    def end(self, position: Position) -> date | None:
        return self.leaves_in(position) or self.settled_in(self.of(position))

    def held(self, position: Position, session: date) -> bool:
        entry, end = self.entry(position), self.end(position)
        return entry is not None and entry <= session and (end is None or session < end)

    def value(self, position: Position, session: date) -> Amount:
        """Signed exposure at a close, whether it is still held then or not."""
        price = self.price(self.of(position), session).value
        return times(self.size(position, session), price, self.multiplier(position))

    def moves(self, position: Position) -> tuple[Move, ...]:
        """All cash that a position ever moves."""
        if position.id not in self._moves:
            self._moves[position.id] = tuple(self._all_moves(position))
        return self._moves[position.id]

    def _all_moves(self, position: Position) -> Iterator[Move]:
        entry = self.entry(position)
        if entry is None or self.of(position).currency != "USD":
            return
        if not position.brought_in:
            yield Move(position.held_from, entry, -self.cost(position))
        leaves = self.leaves_in(position)
        if leaves and position.exit_date and position.exit_price is not None:
            sold = self.size(position, position.exit_date) * self.multiplier(position)
            yield Move(position.exit_date, leaves, sold * exact(position.exit_price))
        yield from self.dividends(position, entry)
        settled = self.settled_in(self.of(position))
        worth = self.intrinsic(self.of(position)) if self.of(position).option else None
        if settled and not leaves and worth is not None:
            yield Move(settled, settled, self.size(position, settled) * worth * self.multiplier(position))

    def last_day(self, position: Position) -> date:
        """The last day it is held: what is sold goes on its day, what is taken out at the close of a session."""
        leaves = self.leaves_in(position)
        if leaves is None or position.exit_date is None:
            return date.max
        return leaves if position.exit_price is None else position.exit_date

    def dividends(self, position: Position, entry: date) -> Iterator[Move]:
        """Dividends of what is held at the close before the ex-date."""
        last = self.last_day(position)
        for paid in self.world.dividends:
            session = self.step_of(paid.ex_date)
            if paid.instrument_id == position.instrument_id and entry < paid.ex_date <= last and session:
                yield Move(paid.ex_date, session, self.size(position, paid.ex_date) * exact(paid.amount), True)

    def profit(self, position: Position, session: date) -> tuple[Amount, Amount]:
        """P&L of a step that concerns the position, and the value that came (+) or went (-) without cash."""
        before, entry = self.session_before(session), self.entry(position)
        arrives, leaves = entry == session, self.leaves_in(position) == session
        if self.of(position).currency != "USD":
            return None, ZERO
        if arrives and position.brought_in:
            return self._brought_in(position, session, leaves=leaves)
        if arrives:
            start: Amount = exact(position.entry_price)
            since = position.held_from
        else:
            start, since = self.price(self.of(position), before).value, before
        dividends = sum((m.amount for m in self.moves(position) if m.is_dividend and m.session == session), ZERO)
        stop, until = self._stop(position, session)
        if start is None or stop is None:
            return None, ZERO
        change = stop - start * self._size_ratio(position, since, until)
        pnl = self.size(position, until) * change * self.multiplier(position) + dividends
        taken_out = self.value(position, session) if leaves and position.exit_price is None else ZERO
        return pnl, -(taken_out or ZERO)

    def _stop(self, position: Position, session: date) -> tuple[Amount, date]:
        """The price at which a step ends for a position, and the day on whose split basis it is."""
        sold = self.leaves_in(position) == session and position.exit_price is not None
        if sold and position.exit_price is not None and position.exit_date:
            return exact(position.exit_price), position.exit_date
        if self.settled_in(self.of(position)) == session:
            return self.intrinsic(self.of(position)), self.session_before(session)
        return self.price(self.of(position), session).value, session

    def _size_ratio(self, position: Position, since: date, until: date) -> Fraction:
        return self.size(position, since) / self.size(position, until)

    def _brought_in(self, position: Position, session: date, *, leaves: bool) -> tuple[Amount, Amount]:
        """Enters at the close with P&L 0; what was sold in the same step came in at what it fetched."""
        if leaves and position.exit_price is not None:
            return ZERO, sum((move.amount for move in self.moves(position) if move.session == session), ZERO)
        worth = self.value(position, session)
        if worth is None:
            return None, ZERO
        return ZERO, ZERO if leaves else worth

    def weight(self, position: Position, session: date) -> Fraction:
        """What it counts for in coverage."""
        held = self.of(position)
        price = self.price(held, session)
        size = abs(self.size(position, session)) * self.multiplier(position)
        if price.value is not None:
            return size * price.value
        until = min(session, held.option.expiry) if held.option else session
        found = self.last_mark(held, until) if held.currency == "USD" else None
        return abs(self.cost(position)) if found is None else size * found[0]

    def notional(self, position: Position, session: date) -> Amount:
        held = self.of(position)
        if held.underlying_id is None:
            return self.value(position, session)
        if self.price(held, session).reasons & Reason.NOT_MODELLED:
            return None
        spot = self.price(self.instruments[held.underlying_id], session).value
        return times(self.size(position, session), spot, self.multiplier(position))

    def greeks(self, position: Position, session: date) -> SlowGreeks:
        held, allows = self.of(position), self._allows_estimates[position.portfolio_id]
        units = self.size(position, session) * self.multiplier(position)
        return self.in_dollars(held, units, self.unit_greeks(held, session, allow_estimates=allows), session)

    def line(self, position: Position, session: date) -> PositionDay:
        entry, end, before = self.entry(position), self.end(position), self.session_before(session)
        involved = entry is not None and entry <= session and (end is None or session <= end)
        pnl, flow = self.profit(position, session) if involved else (ZERO, ZERO)
        change = ZERO
        if pnl is None:
            now = self.value(position, session) if self.held(position, session) else None
            then = self.value(position, before) if self.held(position, before) else None
            moved = sum((move.amount for move in self.moves(position) if move.session == session), ZERO)
            change = (now or ZERO) - (then or ZERO) + moved
        value = self.value(position, session)
        return PositionDay(
            position=position,
            held=self.held(position, session),
            quantity=self.size(position, session),
            price=self.price(self.of(position), session),
            value=value,
            notional=self.notional(position, session),
            greeks=self.greeks(position, session),
            unrealised_pnl=None if value is None else value - self.cost(position),
            weight=self.weight(position, session),
            involved=involved,
            settled_now=self.held(position, before) and self.leaves_in(position) is None and end == session,
            pnl=pnl,
            flow=flow or ZERO,
            coverage_change=change,
        )
