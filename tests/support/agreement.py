"""Whether the code says what the slow ledger says."""

import numpy as np

from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import Snapshot
from support.books import World
from support.evenings import Evening, evenings
from support.oracle import BookDay, Oracle
from support.slow_greeks import NAMES
from support.slow_ledger import PositionDay
from support.slow_market import Amount

SUMS = (
    "nav",
    "cash",
    "unmodelled_assets",
    "gross",
    "net",
    "long",
    "short",
    "stock_exposure",
    "option_exposure",
    "notional",
    "delta_adjusted_exposure",
    "unrealised_pnl",
    "daily_pnl",
    "cumulative_pnl",
    "flows",
    "coverage_change",
    "dividends",
    *NAMES,
)
POSITION_GREEKS = {
    "delta": "dollar_delta",
    "gamma": "dollar_gamma",
    "theta": "theta_per_day",
    "vega": "vega_per_point",
    "rho": "rho_per_percent",
}
COUNTS = ("positions", "long_positions", "short_positions", "option_positions")
NEAR = 1e-9
CENT = 0.01
TINY = 1e-6  # of a book: a quotient is not compared when what it is divided by may be rounding, or is under a cent


def assert_near(name: str, found: float, expected: Amount, scale: float) -> None:
    """Both not known, or equal but for rounding."""
    if expected is None:
        assert np.isnan(found), f"{name} is {found}, but it is not known"
    else:
        assert abs(found - float(expected)) <= NEAR * scale, f"{name} is {found}, not {float(expected)}"


def assert_agrees(world: World) -> None:
    """Every position, step and snapshot of every portfolio at every session."""
    oracle, walked = Oracle(world), evenings(world)
    first_line = 0
    for book in world.portfolios:
        days = {day.day: day for day in oracle.days(book)}
        for evening in walked:
            assert (book.id in evening.snapshots) == (evening.day in days)
            if evening.day in days:
                day, snapshot = days[evening.day], evening.snapshots[book.id]
                for at, line in enumerate(day.lines, start=first_line):
                    _assert_same_line(evening, at, line)
                _assert_same_book(snapshot, day)
                _assert_same_quotients(snapshot, day)
                _assert_same_warnings(snapshot, day)
        first_line += len(oracle.positions(book))


def _scale(*amounts: Amount) -> float:
    return float(1 + sum(abs(amount) for amount in amounts if amount is not None))


def _scale_of(day: BookDay) -> float:
    """What rounding is measured by: everything of the book that is added up."""
    lines = [x for line in day.lines for x in (line.value, line.pnl, line.unrealised_pnl, line.notional)]
    lines += [getattr(line.greeks, name) for line in day.lines if line.held for name in NAMES]
    return _scale(*lines, day.cash, day.unmodelled_assets, day.flows, day.cumulative_pnl)


def _assert_same_line(evening: Evening, at: int, line: PositionDay) -> None:
    state, step = evening.close.positions, evening.step.positions
    assert evening.position_ids[at] == line.position.id
    assert state.held[at] == line.held
    assert step.involved[at] == line.involved
    if line.held:
        _assert_same_state(evening, at, line)
    scale = _scale(line.value, line.pnl, line.flow, line.coverage_change)
    assert_near("P&L", step.pnl[at], line.pnl, scale)
    assert_near("flow", step.flow[at], line.flow, scale)
    assert_near("coverage change", step.coverage_change[at], line.coverage_change, scale)


def _assert_same_state(evening: Evening, at: int, line: PositionDay) -> None:
    state, values = evening.close.positions, evening.close.positions.values
    scale = _scale(line.value, line.unrealised_pnl, line.notional)
    assert Reason(int(state.reasons[at])) == line.price.reasons
    assert_near("quantity", state.quantity[at], line.quantity, _scale(line.quantity))
    assert_near("price", state.price[at], line.price.value, _scale(line.price.value))
    assert_near("exposure", values.exposure[at], line.value, scale)
    assert_near("notional", values.notional[at], line.notional, scale)
    assert_near("unrealised P&L", values.unrealised_pnl[at], line.unrealised_pnl, scale)
    assert_near("weight", values.weight[at], line.weight, _scale(line.weight))
    assert Reason(int(evening.greeks.reasons[at])) == line.greeks.reasons
    for name, column in POSITION_GREEKS.items():
        expected = getattr(line.greeks, name)
        assert_near(name, getattr(evening.greeks.greeks, column)[at], expected, _scale(expected))


def _assert_same_book(snapshot: Snapshot, day: BookDay) -> None:
    scale = _scale_of(day)
    for name in SUMS:
        assert_near(name, getattr(snapshot.measures, name), getattr(day, name), scale)
    assert_near("market_value", snapshot.measures.market_value, day.gross, scale)
    for name in COUNTS:
        assert getattr(snapshot, name) == getattr(day, name)
    assert_near("coverage", snapshot.coverage, day.coverage, 1.0)
    assert_near("delta coverage", snapshot.delta_coverage, day.delta_coverage, 1.0)
    assert snapshot.marks == day.marks
    assert tuple((left.symbol, left.reason) for left in snapshot.not_included) == day.not_included


def _assert_same_quotients(snapshot: Snapshot, day: BookDay) -> None:
    measures, tiny = snapshot.measures, max(CENT, TINY * _scale_of(day))
    if day.nav is None or abs(day.nav) > tiny:
        assert_near("leverage", measures.leverage, day.leverage, _scale(day.leverage))
        _assert_reason(snapshot, "leverage", lacks_base=day.nav is not None and day.nav <= 0)
    if day.return_base is None or abs(day.return_base) > tiny:
        no_base = day.daily_pnl is not None and day.return_base is not None and day.return_base <= 0
        _assert_reason(snapshot, "daily_return", lacks_base=no_base)
        assert_near("daily_return", measures.daily_return, day.daily_return, _scale(day.daily_return))
    if day.delta_adjusted_total is None or day.delta_adjusted_total > tiny:
        for name in ("hhi", "effective_positions", "top_3", "top_10"):
            assert_near(name, getattr(measures, name), getattr(day, name), _scale(getattr(day, name)))


def _assert_reason(snapshot: Snapshot, name: str, *, lacks_base: bool) -> None:
    """A quotient says that it lacks a positive base if that is why it is missing, and only then."""
    assert (snapshot.reasons.get(name, Reason.NONE) == Reason.NAV_NOT_POSITIVE) == lacks_base, name


def _assert_same_warnings(snapshot: Snapshot, day: BookDay) -> None:
    assert ("empty" in snapshot.warnings) == (day.positions == 0)
    for word in ("stale_price", "expired", "settled", "estimated"):
        symbols = getattr(day, word.removesuffix("_price"))
        found = {warning for warning in snapshot.warnings if warning.startswith(f"{word}: ")}
        assert found == {f"{word}: {symbol}" for symbol in symbols} or (not day.positions and not found)
