"""The ledger worked slowly, in fractions, one position and one day after the other.

Written from the definitions and sharing nothing with the code it judges: no arrays, no cumulative factors, no keys.
Every amount is exact; None says that it is not known.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sigmasight.domain.books import Portfolio, Position, StatementKind
from sigmasight.domain.instruments import Instrument, Kind, Right
from sigmasight.domain.reasons import BLOCKING, Reason
from support.books import World

Amount = Fraction | None
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Price:
    """A usable price, or why there is none."""

    value: Amount
    reasons: Reason


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
    delta_adjusted: Amount
    unrealised_pnl: Amount
    weight: Fraction
    involved: bool
    settled_now: bool
    pnl: Amount
    flow: Fraction
    coverage_change: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDay:
    """One portfolio at one close."""

    day: date
    lines: tuple[PositionDay, ...]
    positions: int
    long_positions: int
    short_positions: int
    option_positions: int
    cash: Fraction
    unmodelled_assets: Fraction
    nav: Amount
    gross: Amount
    net: Amount
    long: Amount
    short: Amount
    stock_exposure: Amount
    option_exposure: Amount
    notional: Amount
    delta_adjusted_exposure: Amount
    unrealised_pnl: Amount
    coverage: Fraction
    delta_coverage: Fraction
    leverage: Amount
    hhi: Amount
    effective_positions: Amount
    top_3: Amount
    top_10: Amount
    daily_pnl: Amount
    cumulative_pnl: Amount
    flows: Fraction
    coverage_change: Fraction
    dividends: Fraction
    daily_return: Amount
    return_base: Amount  # what the daily return is divided by
    delta_adjusted_total: Amount  # what concentration weights are divided by
    marks: Reason
    not_included: tuple[tuple[str, str], ...]
    stale: tuple[str, ...]
    expired: tuple[str, ...]
    settled: tuple[str, ...]


def exact(value: Decimal) -> Fraction:
    """A typed number as a fraction."""
    return Fraction(value)


def sum_known(amounts: Iterable[Amount]) -> Amount:
    """The sum of what is known; nothing known of something is not known; of nothing it is 0."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    return sum(known, ZERO) if known or not listed else None


def times(*factors: Amount) -> Amount:
    """A product; unknown when a factor is."""
    product = Fraction(1)
    for factor in factors:
        if factor is None:
            return None
        product *= factor
    return product


class Oracle:
    """A world, questioned."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions = world.calendar.sessions
        self.instruments = {instrument.id: instrument for instrument in world.instruments}
        self._marked_days: dict[int, list[date]] = {}
        for instrument_id, day in sorted(world.prices):
            self._marked_days.setdefault(instrument_id, []).append(day)
        self._prices: dict[tuple[int, date], Price] = {}
        self._moves: dict[UUID, tuple[Move, ...]] = {}

    # -- days ------------------------------------------------------------------------------------------------------
    def step_of(self, day: date) -> date | None:
        """The session that ends the step to which a day belongs; None beyond the calendar."""
        at = bisect_left(self.sessions, day)
        return self.sessions[at] if at < len(self.sessions) else None

    def session_before(self, session: date) -> date:
        return self.sessions[self.sessions.index(session) - 1]

    def session_after(self, session: date) -> date | None:
        return self.step_of(session + timedelta(days=1))

    def age(self, mark: date, day: date) -> int:
        """Sessions that closed after a mark's own session, up to a day."""
        return bisect_right(self.sessions, day) - bisect_right(self.sessions, mark)

    # -- instruments -----------------------------------------------------------------------------------------------
    def splitting(self, held: Instrument) -> int:
        """Whose splits it follows."""
        return held.id if held.underlying_id is None else held.underlying_id

    def shares_become(self, held: Instrument, after: date, until: date) -> Fraction:
        """What one share of the end of one day has become by the end of another."""
        product = Fraction(1)
        for split in self.world.splits:
            if split.instrument_id == self.splitting(held) and after < split.ex_date <= until:
                product *= Fraction(split.new, split.old)
        return product

    def carried(self, held: Instrument, price: Fraction, since: date, until: date) -> Fraction:
        return price / self.shares_become(held, since, until)

    def last_mark(self, held: Instrument, day: date) -> tuple[Fraction, date] | None:
        """The last price on or before a day, on that day's split basis, and the mark's own day."""
        days = self._marked_days.get(held.id, [])
        before = bisect_right(days, day)
        if not before:
            return None
        when = days[before - 1]
        return self.carried(held, exact(self.world.prices[held.id, when]), when, day), when

    def fresh_mark(self, held: Instrument, day: date) -> Price:
        found = self.last_mark(held, day)
        if found is None or self.age(found[1], day) > self.world.stale_sessions:
            return Price(None, Reason.NO_PRICE)
        return Price(found[0], Reason.STALE_PRICE if self.age(found[1], day) else Reason.NONE)

    def has_odd_terms(self, held: Instrument, day: date) -> bool:
        """Whether an option delivers something else than listed: a split that was no whole number to one, in its life.

        What happens to the underlying after expiry does not concern a contract that is no more.
        """
        if held.option is None or held.terms_as_of is None:
            return False
        until = min(day, held.option.expiry)
        return any(
            split.instrument_id == held.underlying_id
            and held.terms_as_of < split.ex_date <= until
            and split.new % split.old
            for split in self.world.splits
        )

    def intrinsic(self, held: Instrument) -> Amount:
        """What an option is worth at its expiry, per share."""
        if held.option is None or held.terms_as_of is None or held.underlying_id is None:
            raise ValueError(f"{held.symbol} is no option")
        if held.currency != "USD" or self.has_odd_terms(held, held.option.expiry):
            return None
        spot = self.fresh_mark(self.instruments[held.underlying_id], held.option.expiry).value
        if spot is None:
            return None
        strike = self.carried(held, exact(held.option.strike), held.terms_as_of, held.option.expiry)
        return max(spot - strike if held.option.right is Right.CALL else strike - spot, ZERO)

    def expired(self, held: Instrument, day: date) -> bool:
        return held.option is not None and held.option.expiry <= day

    def price(self, held: Instrument, session: date) -> Price:
        """The price that values it at a close."""
        if (held.id, session) not in self._prices:
            self._prices[held.id, session] = self._price(held, session)
        return self._prices[held.id, session]

    def _price(self, held: Instrument, session: date) -> Price:
        if held.currency != "USD" or self.has_odd_terms(held, session):
            return Price(None, Reason.NOT_MODELLED)
        if not self.expired(held, session):
            return self.fresh_mark(held, session)
        worth = self.intrinsic(held)
        return Price(worth, Reason.EXPIRED if worth is not None else Reason.EXPIRED | Reason.NO_PRICE)

    def settled_in(self, held: Instrument) -> date | None:
        """The session in whose step an option is paid in cash."""
        if held.option is None or self.intrinsic(held) is None:
            return None
        valued = self.step_of(held.option.expiry)
        return None if valued is None else self.session_after(valued)

    # -- one position ----------------------------------------------------------------------------------------------
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

    def dividends(self, position: Position, entry: date) -> Iterator[Move]:
        """Dividends of what is held at the close before the ex-date."""
        last = position.exit_date if self.leaves_in(position) and position.exit_date else date.max
        for paid in self.world.dividends:
            session = self.step_of(paid.ex_date)
            if paid.instrument_id == position.instrument_id and entry < paid.ex_date <= last and session:
                yield Move(paid.ex_date, session, self.size(position, paid.ex_date) * exact(paid.amount), True)

    def profit(self, position: Position, session: date) -> tuple[Amount, Amount]:
        """P&L of a step that concerns the position, and the value that came (+) or went (-) without cash."""
        before, entry = self.session_before(session), self.entry(position)
        arrives, leaves = entry == session, self.leaves_in(position) == session
        if arrives and position.brought_in:
            return self._brought_in(position, session, leaves=leaves)
        if self.of(position).currency != "USD":
            return None, ZERO
        if arrives:
            start: Amount = exact(position.entry_price)
            since = position.held_from
        else:
            start, since = self.price(self.of(position), before).value, before
        dividends = sum((m.amount for m in self.moves(position) if m.is_dividend and m.session == session), ZERO)
        if leaves and position.exit_price is not None and position.exit_date:
            stop, until = exact(position.exit_price), position.exit_date
        elif self.settled_in(self.of(position)) == session:
            stop, until = self.intrinsic(self.of(position)), before
        else:
            stop, until = self.price(self.of(position), session).value, session
        if start is None or stop is None:
            return None, ZERO
        change = stop - start * self._size_ratio(position, since, until)
        pnl = self.size(position, until) * change * self.multiplier(position) + dividends
        taken_out = self.value(position, session) if leaves and position.exit_price is None else ZERO
        return pnl, -(taken_out or ZERO)

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
        found = None if price.reasons & Reason.NOT_MODELLED else self.last_mark(held, session)
        if found is None:
            return abs(self.cost(position))
        carried_size = abs(exact(position.quantity)) * self.shares_become(held, position.held_from, session)
        return carried_size * self.multiplier(position) * found[0]

    def notional(self, position: Position, session: date) -> Amount:
        held = self.of(position)
        if held.underlying_id is None:
            return self.value(position, session)
        if self.price(held, session).reasons & Reason.NOT_MODELLED:
            return None
        spot = self.price(self.instruments[held.underlying_id], session).value
        return times(self.size(position, session), spot, self.multiplier(position))

    def delta_adjusted(self, position: Position, session: date) -> Amount:
        held = self.of(position)
        if held.option is None:
            return self.value(position, session)
        price = self.price(held, session)
        return ZERO if price.reasons & Reason.EXPIRED and price.value is not None else None

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
            delta_adjusted=self.delta_adjusted(position, session),
            unrealised_pnl=None if value is None else value - self.cost(position),
            weight=self.weight(position, session),
            involved=involved,
            settled_now=self.held(position, before) and self.leaves_in(position) is None and end == session,
            pnl=pnl,
            flow=flow or ZERO,
            coverage_change=change,
        )

    # -- one portfolio ---------------------------------------------------------------------------------------------
    def first_session(self, book: Portfolio) -> date | None:
        return self.step_of(book.opened_on)

    def stated(self, book: Portfolio, kind: StatementKind, session: date) -> tuple[Fraction, date] | None:
        """The last statement on or before a session; of one day the one recorded last."""
        found = None
        for statement in self.world.statements:
            mine = statement.portfolio_id == book.id and statement.kind is kind and statement.as_of <= session
            if mine and (found is None or statement.as_of >= found[1]):
                found = (exact(statement.amount), statement.as_of)
        return found

    def cash(self, book: Portfolio, session: date) -> Fraction:
        amount, since = self.stated(book, StatementKind.CASH, session) or (ZERO, date.min)
        moved = (move for position in self.positions(book) for move in self.moves(position))
        return amount + sum((m.amount for m in moved if m.day > since and m.session <= session), ZERO)

    def other(self, book: Portfolio, session: date) -> Fraction:
        return (self.stated(book, StatementKind.UNMODELLED_ASSETS, session) or (ZERO, None))[0]

    def positions(self, book: Portfolio) -> tuple[Position, ...]:
        return tuple(position for position in self.world.positions if position.portfolio_id == book.id)

    def net(self, book: Portfolio, session: date) -> Amount:
        return sum_known(self.value(p, session) for p in self.positions(book) if self.held(p, session))

    def nav(self, book: Portfolio, session: date) -> Amount:
        """Cash + unmodelled assets + net exposure; without any known exposure what was stated, if anything was."""
        net = self.net(book, session)
        if net is None and not any(self.stated(book, kind, session) for kind in StatementKind):
            return None
        return self.cash(book, session) + self.other(book, session) + (net or ZERO)

    def days(self, book: Portfolio) -> Iterator[BookDay]:
        """Every close of a portfolio from its first one on."""
        first, cumulative = self.first_session(book), None
        for session in self.sessions[1:]:
            if first is not None and session >= first:
                day = self._day(book, session, cumulative, is_first=session == first)
                cumulative = day.cumulative_pnl
                yield day

    def _day(self, book: Portfolio, session: date, cumulative: Amount, *, is_first: bool) -> BookDay:
        lines = tuple(self.line(position, session) for position in self.positions(book))
        held = [line for line in lines if line.held]
        before = self.session_before(session)
        nav_before = ZERO if is_first else self.nav(book, before)
        stated_before = ZERO if is_first else self.cash(book, before) + self.other(book, before)
        step = [move for position in self.positions(book) for move in self.moves(position) if move.session == session]
        cash, other, nav = self.cash(book, session), self.other(book, session), self.nav(book, session)
        flows = cash + other - stated_before - sum((m.amount for m in step), ZERO) + sum((x.flow for x in lines), ZERO)
        pnl = sum_known(line.pnl for line in lines if line.involved)
        long = sum_known(None if x.value is None else max(x.value, ZERO) for x in held)
        short = sum_known(None if x.value is None else min(x.value, ZERO) for x in held)
        gross = None if long is None or short is None else long - short
        base = None if nav_before is None else nav_before + flows
        sizes = self._sizes(held)
        weights = None if sizes is None else shares_of(sizes)
        return BookDay(
            day=session,
            lines=lines,
            positions=len(held),
            long_positions=sum(1 for x in held if x.position.quantity > 0),
            short_positions=sum(1 for x in held if x.position.quantity < 0),
            option_positions=sum(1 for x in held if self._is_option(x)),
            cash=cash,
            unmodelled_assets=other,
            nav=nav,
            gross=gross,
            net=None if long is None or short is None else long + short,
            long=long,
            short=short,
            stock_exposure=sum_known(x.value for x in held if not self._is_option(x)),
            option_exposure=sum_known(x.value for x in held if self._is_option(x)),
            notional=sum_known(x.notional for x in held),
            delta_adjusted_exposure=sum_known(x.delta_adjusted for x in held),
            unrealised_pnl=sum_known(x.unrealised_pnl for x in held),
            coverage=share((x.weight for x in held if x.value is not None), (x.weight for x in held)),
            delta_coverage=share((x.weight for x in held if x.delta_adjusted is not None), (x.weight for x in held)),
            leverage=None if gross is None or nav is None or nav <= 0 else gross / nav,
            hhi=None if weights is None else sum((w * w for w in weights), ZERO),
            effective_positions=_inverse(weights),
            top_3=None if weights is None else sum(weights[:3], ZERO),
            top_10=None if weights is None else sum(weights[:10], ZERO),
            daily_pnl=pnl,
            cumulative_pnl=cumulative if pnl is None else (cumulative or ZERO) + pnl,
            flows=flows,
            coverage_change=sum((x.coverage_change for x in lines), ZERO),
            dividends=sum((m.amount for m in step if m.is_dividend), ZERO),
            daily_return=None if pnl is None or base is None or base <= 0 else pnl / base,
            return_base=base,
            delta_adjusted_total=None if sizes is None else sum(sizes, ZERO),
            marks=self._marks(held),
            not_included=tuple(dict.fromkeys(self._left_out(held))),
            stale=self._marked(held, Reason.STALE_PRICE),
            expired=self._marked(held, Reason.EXPIRED),
            settled=tuple(self.of(x.position).symbol for x in lines if x.settled_now),
        )

    def _is_option(self, line: PositionDay) -> bool:
        return self.of(line.position).kind is Kind.OPTION

    def _marks(self, held: list[PositionDay]) -> Reason:
        combined = Reason.NONE
        for line in held:
            combined |= line.price.reasons & ~BLOCKING
        return combined

    def _left_out(self, held: list[PositionDay]) -> Iterator[tuple[str, str]]:
        for line in held:
            if line.price.reasons & BLOCKING:
                yield self.of(line.position).symbol, ",".join((line.price.reasons & BLOCKING).words)

    def _marked(self, held: list[PositionDay], reason: Reason) -> tuple[str, ...]:
        return tuple(sorted({self.of(x.position).symbol for x in held if x.price.reasons & reason}))

    def _sizes(self, held: list[PositionDay]) -> list[Fraction] | None:
        """Absolute delta-adjusted exposures, largest first: several lots of one instrument are one name."""
        if held and all(line.delta_adjusted is None for line in held):
            return None
        names: dict[int, Fraction] = {}
        for line in held:
            at = line.position.instrument_id
            if line.delta_adjusted is not None:
                names[at] = names.get(at, ZERO) + line.delta_adjusted
        return sorted((abs(size) for size in names.values()), reverse=True)


def shares_of(sizes: list[Fraction]) -> list[Fraction]:
    """Each as a share of their sum; none of nothing."""
    total = sum(sizes, ZERO)
    return [size / total for size in sizes] if total else []


def share(part: Iterable[Fraction], whole: Iterable[Fraction]) -> Fraction:
    """A part of a whole; all of nothing."""
    total = sum(whole, ZERO)
    return sum(part, ZERO) / total if total else Fraction(1)


def _inverse(weights: list[Fraction] | None) -> Amount:
    if weights is None:
        return None
    hhi = sum((w * w for w in weights), ZERO)
    return 1 / hhi if hhi else ZERO
