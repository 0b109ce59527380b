"""Portfolios worked slowly, in fractions: the oracle that the vectorised code must agree with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sigmasight.domain.books import Portfolio, Position, StatementKind
from sigmasight.domain.instruments import Kind
from sigmasight.domain.reasons import BLOCKING, Reason
from support.slow_greeks import NAMES
from support.slow_ledger import PositionDay, SlowLedger
from support.slow_market import ZERO, Amount, exact, sum_known


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
    delta: Amount
    gamma: Amount
    theta: Amount
    vega: Amount
    rho: Amount
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
    estimated: tuple[str, ...]


class Oracle(SlowLedger):
    """The portfolios of a world."""

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
        greeks = {name: sum_known(getattr(line.greeks, name) for line in held) for name in NAMES}
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
            delta_adjusted_exposure=greeks["delta"],
            **greeks,
            unrealised_pnl=sum_known(x.unrealised_pnl for x in held),
            coverage=share((x.weight for x in held if x.value is not None), (x.weight for x in held)),
            delta_coverage=share((x.weight for x in held if x.greeks.delta is not None), (x.weight for x in held)),
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
            stale=self._symbols(x for x in held if x.price.reasons & Reason.STALE_PRICE),
            expired=self._symbols(x for x in held if x.price.reasons & Reason.EXPIRED),
            estimated=self._symbols(x for x in held if x.greeks.reasons & Reason.ESTIMATED),
            settled=tuple(self.of(x.position).symbol for x in lines if x.settled_now),
        )

    def _is_option(self, line: PositionDay) -> bool:
        return self.of(line.position).kind is Kind.OPTION

    def _marks(self, held: list[PositionDay]) -> Reason:
        combined = Reason.NONE
        for line in held:
            combined |= (line.price.reasons | line.greeks.reasons) & ~BLOCKING
        return combined

    def _left_out(self, held: list[PositionDay]) -> Iterator[tuple[str, str]]:
        for line in held:
            why = (line.price.reasons | line.greeks.reasons) & BLOCKING
            if why:
                yield self.of(line.position).symbol, ",".join(why.words)

    def _symbols(self, lines: Iterable[PositionDay]) -> tuple[str, ...]:
        return tuple(sorted({self.of(line.position).symbol for line in lines}))

    def _sizes(self, held: list[PositionDay]) -> list[Fraction] | None:
        """Absolute delta-adjusted exposures, largest first: several lots of one instrument are one name."""
        if held and all(line.greeks.delta is None for line in held):
            return None
        names: dict[int, Fraction] = {}
        for line in held:
            at = line.position.instrument_id
            if line.greeks.delta is not None:
                names[at] = names.get(at, ZERO) + line.greeks.delta
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
