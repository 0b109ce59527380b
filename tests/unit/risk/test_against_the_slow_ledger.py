"""Whole random books, session by session, against the same definitions worked in fractions."""

import numpy as np
from hypothesis import given, settings

from sigmasight.domain.reasons import Reason
from sigmasight.domain.snapshots import Snapshot
from support.books import World
from support.evenings import Evening, evenings
from support.oracle import Amount, BookDay, Oracle, PositionDay
from support.strategies import worlds

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
)
COUNTS = ("positions", "long_positions", "short_positions", "option_positions")
NEAR = 1e-9


def assert_near(name: str, found: float, expected: Amount, scale: float) -> None:
    if expected is None:
        assert np.isnan(found), f"{name} is {found}, but it is not known"
    else:
        assert abs(found - float(expected)) <= NEAR * scale, f"{name} is {found}, not {float(expected)}"


def scale_of(day: BookDay) -> float:
    """What rounding is measured by: everything of the book that is added up."""
    amounts = [x for line in day.lines for x in (line.value, line.pnl, line.unrealised_pnl, line.notional)]
    amounts += [day.cash, day.unmodelled_assets, day.flows, day.cumulative_pnl]
    return float(1 + sum(abs(amount) for amount in amounts if amount is not None))


def assert_same_line(evening: Evening, at: int, line: PositionDay) -> None:
    state, step = evening.close.positions, evening.step.positions
    scale = float(1 + abs(line.value or 0) + abs(line.pnl or 0) + abs(line.unrealised_pnl or 0) + abs(line.notional or 0))
    assert state.held[at] == line.held
    if line.held:
        assert_near("quantity", state.quantity[at], line.quantity, float(1 + abs(line.quantity)))
        assert_near("price", state.price[at], line.price.value, float(1 + (line.price.value or 0)))
        assert Reason(int(state.reasons[at])) == line.price.reasons
        assert_near("exposure", state.values.exposure[at], line.value, scale)
        assert_near("notional", state.values.notional[at], line.notional, scale)
        assert_near("delta-adjusted exposure", state.values.delta_adjusted[at], line.delta_adjusted, scale)
        assert_near("unrealised P&L", state.values.unrealised_pnl[at], line.unrealised_pnl, scale)
        assert_near("weight", state.values.weight[at], line.weight, float(1 + line.weight))
    assert step.involved[at] == line.involved
    assert_near("P&L", step.pnl[at], line.pnl, scale)
    assert_near("flow", step.flow[at], line.flow, scale + float(abs(line.flow)))
    assert_near("coverage change", step.coverage_change[at], line.coverage_change, scale + float(abs(line.coverage_change)))


def assert_same_book(snapshot: Snapshot, day: BookDay) -> None:
    scale = scale_of(day)
    for name in SUMS:
        assert_near(name, getattr(snapshot.measures, name), getattr(day, name), scale)
    assert_near("market_value", snapshot.measures.market_value, day.gross, scale)
    for name in COUNTS:
        assert getattr(snapshot, name) == getattr(day, name)
    assert_near("coverage", snapshot.coverage, day.coverage, 1.0)
    assert_near("delta coverage", snapshot.delta_coverage, day.delta_coverage, 1.0)
    assert snapshot.marks == day.marks
    assert tuple((left.symbol, left.reason) for left in snapshot.not_included) == day.not_included


def assert_same_ratios(snapshot: Snapshot, day: BookDay) -> None:
    """Quotients, wherever what they are divided by is more than rounding."""
    tiny = 1e-6 * scale_of(day)
    if day.nav is None or abs(day.nav) > tiny:
        assert_near("leverage", snapshot.measures.leverage, day.leverage, float(1 + (day.leverage or 0)))
    if abs(day.return_base) > tiny:
        assert_near("daily_return", snapshot.measures.daily_return, day.daily_return, float(1 + abs(day.daily_return or 0)))
    if day.delta_adjusted_total is None or day.delta_adjusted_total > tiny:
        for name in ("hhi", "top_3", "top_10"):
            assert_near(name, getattr(snapshot.measures, name), getattr(day, name), 1.0)
        assert_near("names", snapshot.measures.effective_positions, day.effective_positions, 10.0)


def assert_same_warnings(snapshot: Snapshot, day: BookDay) -> None:
    assert ("empty" in snapshot.warnings) == (day.positions == 0)
    for word, symbols in (("stale_price", day.stale), ("expired", day.expired), ("settled", day.settled)):
        if day.positions:
            assert {f"{word}: {symbol}" for symbol in symbols} == {w for w in snapshot.warnings if w.startswith(word)}


def assert_agrees(world: World) -> None:
    oracle, walked = Oracle(world), evenings(world)
    first_line = 0
    for book in world.portfolios:
        days = {day.day: day for day in oracle.days(book)}
        for evening in walked:
            assert (book.id in evening.snapshots) == (evening.day in days)
            if evening.day in days:
                day, snapshot = days[evening.day], evening.snapshots[book.id]
                for at, line in enumerate(day.lines, start=first_line):
                    assert evening.position_ids[at] == line.position.id
                    assert_same_line(evening, at, line)
                assert_same_book(snapshot, day)
                assert_same_ratios(snapshot, day)
                assert_same_warnings(snapshot, day)
        first_line += len(oracle.positions(book))


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_every_close_and_step_of_random_books_is_what_the_slow_ledger_says(world: World) -> None:
    assert_agrees(world)
