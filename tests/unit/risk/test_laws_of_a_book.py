"""What must hold of any book, whatever happens to it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.books import Position
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import MEASURES, Snapshot
from support.agreement import POSITION_GREEKS
from support.books import DividendOn, GreeksOn, SplitOn, World, holding
from support.evenings import Evening, FactsOf, evenings
from support.facts import facts_of_all, facts_of_what_is_held
from support.strategies import CALENDAR, DAYS, worlds

GREEKS = ("delta", "gamma", "theta", "vega", "rho")
LINEAR = (
    "cash",
    "unmodelled_assets",
    "net",
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
    *GREEKS,
)
UNSIGNED = ("market_value", "gross", "hhi", "effective_positions", "top_3", "top_10")
some_worlds = settings(max_examples=30, deadline=None)


@dataclass(frozen=True, slots=True)
class Dated:
    """A snapshot, and what rounding in it is measured by."""

    snapshot: Snapshot
    size: float


def dated(world: World) -> dict[tuple[UUID, date], Dated]:
    return {
        (book, each.day): Dated(snapshot, size_of(each, book))
        for each in evenings(world)
        for book, snapshot in each.snapshots.items()
    }


def dated_snapshots(
    world: World, *, first: date | None = None, last: date | None = None, facts_of: FactsOf = facts_of_what_is_held
) -> dict[tuple[UUID, date], Snapshot]:
    walked = evenings(world, first, last, facts_of=facts_of)
    return {(book, each.day): snapshot for each in walked for book, snapshot in each.snapshots.items()}


def pairs(world: World, other: World) -> Iterator[tuple[Snapshot, Snapshot, float]]:
    """The snapshots of the same books and days in two worlds, and the larger of their sizes."""
    left, right = dated(world), dated(other)
    assert left.keys() == right.keys()
    return ((left[key].snapshot, right[key].snapshot, max(left[key].size, right[key].size)) for key in left)


def bits(snapshot: Snapshot, *, without: tuple[str, ...] = ()) -> tuple[object, ...]:
    """Everything in a snapshot, numbers to the last bit."""
    numbers = [getattr(snapshot.measures, name).hex() for name in MEASURES if name not in without]
    reasons = {name: why for name, why in snapshot.reasons.items() if name not in without}
    rest = replace(snapshot, measures=None, reasons={})  # type: ignore[arg-type]
    return (*numbers, reasons, rest)


def size_of(evening: Evening, book: UUID) -> float:
    """What rounding is measured by: everything of a book that is added up, without its sign."""
    measures = evening.snapshots[book].measures
    amounts = [measures.gross, measures.cash, measures.flows, measures.cumulative_pnl, measures.unmodelled_assets]
    values, greeks = evening.close.positions.values, evening.greeks.greeks
    columns = (values.notional, values.unrealised_pnl, *(getattr(greeks, name) for name in POSITION_GREEKS.values()))
    mine = evening.close.positions.held & (evening.holdings.portfolio == evening.books.index(book))
    return 1 + float(np.nansum(np.abs(amounts)) + sum(np.nansum(np.abs(column[mine])) for column in columns))


def with_quantities(world: World, factor: Decimal) -> World:
    return replace(
        world,
        positions=tuple(replace(each, quantity=each.quantity * factor) for each in world.positions),
        statements=tuple(replace(each, amount=each.amount * factor) for each in world.statements),
    )


@some_worlds
@given(worlds())
def test_nav_moves_by_profit_flows_and_change_of_coverage(world: World) -> None:
    before: dict[UUID, float] = {}
    for evening in evenings(world):
        for book, snapshot in evening.snapshots.items():
            now = snapshot.measures
            worth = now.cash + now.unmodelled_assets + np.nan_to_num(now.net)
            assert np.isnan(now.nav) or now.nav == pytest.approx(worth, rel=1e-12, abs=1e-12)
            explained = np.nan_to_num(now.daily_pnl) + now.flows + now.coverage_change
            scale = 1 + abs(before.get(book, 0.0)) + size_of(evening, book) + gross_moved(evening)
            assert abs(worth - before.get(book, 0.0) - explained) <= 1e-12 * scale
            before[book] = worth


def gross_moved(evening: Evening) -> float:
    """USD that positions moved in a step, whatever the sign."""
    return float(np.abs(evening.holdings.events.amount).sum() + np.nansum(np.abs(evening.step.positions.flow)))


@some_worlds
@given(worlds())
def test_cumulative_profit_is_the_sum_of_the_daily_ones(world: World) -> None:
    so_far: dict[UUID, float] = {}
    for (book, _), snapshot in dated_snapshots(world).items():
        daily = snapshot.measures.daily_pnl
        if not np.isnan(daily):
            so_far[book] = so_far.get(book, 0.0) + daily
        assert snapshot.measures.cumulative_pnl == pytest.approx(so_far.get(book, np.nan), nan_ok=True, rel=1e-12)


@some_worlds
@given(worlds())
def test_a_number_is_missing_if_and_only_if_a_blocking_reason_says_why(world: World) -> None:
    for snapshot in dated_snapshots(world).values():
        for name in MEASURES:
            number, why = getattr(snapshot.measures, name), snapshot.reasons.get(name, Reason.NONE)
            assert np.isfinite(number) == (why == Reason.NONE)
            assert np.isnan(number) == bool(why & BLOCKING)
            assert not why & ~BLOCKING
        assert not snapshot.marks & BLOCKING
        assert {snapshot.reasons[name] for name in ("beta", "value_at_risk")} == {Reason.NOT_MODELLED}


@some_worlds
@given(worlds())
def test_sums_and_shares_stay_within_their_bounds(world: World) -> None:
    for snapshot in dated_snapshots(world).values():
        measures = snapshot.measures
        if not np.isnan(measures.gross):
            assert measures.gross >= abs(measures.net)
            assert measures.long >= 0 >= measures.short
        if not np.isnan(measures.hhi):
            assert 0 <= measures.hhi <= 1 + 1e-12
            assert measures.top_3 <= measures.top_10 + 1e-12 <= 1 + 2e-12
            assert measures.effective_positions <= snapshot.positions + 1e-9
        assert 0 <= snapshot.delta_coverage <= 1
        assert 0 <= snapshot.coverage <= 1
        assert snapshot.long_positions + snapshot.short_positions == snapshot.positions


@some_worlds
@given(worlds())
def test_where_nobody_tells_greeks_no_more_is_covered_by_deltas_than_by_prices(world: World) -> None:
    """With Greeks it may be more: a contract without a price of its own has a delta by the smile."""
    for snapshot in dated_snapshots(replace(world, greeks=())).values():
        assert snapshot.delta_coverage <= snapshot.coverage + 1e-12
        assert {getattr(snapshot.measures, name) for name in GREEKS[1:] if name not in snapshot.reasons} <= {0.0}


@some_worlds
@given(worlds())
def test_coverage_is_whole_if_and_only_if_nothing_is_left_out(world: World) -> None:
    for evening in evenings(world):
        state, owner = evening.close.positions, evening.holdings.portfolio
        for at, book in enumerate(world.portfolios):
            if book.id in evening.snapshots:
                snapshot, mine = evening.snapshots[book.id], state.held & (owner == at)
                no_price, no_delta = np.isnan(state.price), np.isnan(evening.greeks.greeks.dollar_delta)
                assert (snapshot.not_included == ()) == (not (mine & (no_price | no_delta)).any())
                assert (snapshot.coverage == 1.0) == (not state.values.weight[mine & no_price].any())
                assert (snapshot.delta_coverage == 1.0) == (not state.values.weight[mine & no_delta].any())
                left_out = evening.holdings.asset[mine & (no_price | no_delta)].tolist()
                named = {left.symbol for left in snapshot.not_included}
                assert named == {evening.market.instruments[asset].symbol for asset in left_out}


@some_worlds
@given(worlds())
def test_the_opposite_book_has_the_opposite_numbers(world: World) -> None:
    for snapshot, opposite, _ in pairs(world, with_quantities(world, Decimal(-1))):
        for name in LINEAR:
            np.testing.assert_equal(-getattr(opposite.measures, name) + 0.0, getattr(snapshot.measures, name) + 0.0)
        for name in UNSIGNED:
            np.testing.assert_equal(getattr(opposite.measures, name), getattr(snapshot.measures, name))
        np.testing.assert_equal(-opposite.measures.short + 0.0, snapshot.measures.long + 0.0)
        np.testing.assert_equal(-opposite.measures.nav + 0.0, snapshot.measures.nav + 0.0)
        assert opposite.long_positions == snapshot.short_positions
        assert (opposite.coverage, opposite.not_included) == (snapshot.coverage, snapshot.not_included)
        assert (opposite.delta_coverage, opposite.marks) == (snapshot.delta_coverage, snapshot.marks)


@some_worlds
@given(worlds(), st.sampled_from((Decimal(3), Decimal("0.1"))))
def test_a_book_of_k_times_the_size_has_k_times_the_dollars_and_the_same_shares(world: World, k: Decimal) -> None:
    for snapshot, scaled, size in pairs(world, with_quantities(world, k)):
        for name in (*LINEAR, "nav", "gross", "long", "short"):
            expected = float(k) * getattr(snapshot.measures, name)
            assert getattr(scaled.measures, name) == pytest.approx(expected, abs=1e-12 * size, nan_ok=True)
        assert scaled.coverage == pytest.approx(snapshot.coverage, abs=1e-12)
        assert scaled.delta_coverage == pytest.approx(snapshot.delta_coverage, abs=1e-12)
        assert scaled.positions == snapshot.positions


@some_worlds
@given(worlds(books=2), st.booleans())
def test_the_sum_of_two_books_has_the_sum_of_their_numbers(world: World, allows: bool) -> None:  # noqa: FBT001
    opening = min(book.opened_on for book in world.portfolios)
    apart = replace(
        world,
        statements=(),
        portfolios=tuple(replace(book, opened_on=opening, allow_estimates=allows) for book in world.portfolios),
    )
    whole = apart.portfolios[0]
    together = replace(
        apart,
        portfolios=(whole,),
        positions=tuple(replace(position, portfolio_id=whole.id) for position in apart.positions),
    )
    parts = dated(apart)
    for (_, day), snapshot in dated_snapshots(together).items():
        mine = [parts[book.id, day] for book in apart.portfolios]
        for name in (*LINEAR, "gross", "long", "short"):
            total = float(np.nansum([getattr(part.snapshot.measures, name) for part in mine]))
            found = np.nan_to_num(getattr(snapshot.measures, name))
            assert abs(found - total) <= 1e-12 * sum(part.size for part in mine), name
        for name in ("positions", "long_positions", "short_positions", "option_positions"):
            assert getattr(snapshot, name) == sum(getattr(part.snapshot, name) for part in mine)


@some_worlds
@given(worlds(), st.data())
def test_the_order_of_records_does_not_matter(world: World, data: st.DataObject) -> None:
    shuffled = replace(
        world,
        positions=tuple(data.draw(st.permutations(world.positions))),
        portfolios=tuple(data.draw(st.permutations(world.portfolios))),
        instruments=tuple(data.draw(st.permutations(world.instruments))),
        prices=dict(data.draw(st.permutations(list(world.prices.items()))))
        if data.draw(st.booleans())
        else world.prices,
        splits=tuple(data.draw(st.permutations(world.splits))),
        dividends=tuple(data.draw(st.permutations(world.dividends))),
        greeks=tuple(data.draw(st.permutations(world.greeks))),
    )
    for snapshot, other, size in pairs(world, shuffled):
        for name in (*LINEAR, "gross", "long", "short", "nav"):
            expected, found = getattr(snapshot.measures, name), getattr(other.measures, name)
            assert found == pytest.approx(expected, abs=1e-12 * size, nan_ok=True), name
        assert (snapshot.reasons, snapshot.marks) == (other.reasons, other.marks)
        assert set(snapshot.not_included) == set(other.not_included)
        assert sorted(snapshot.warnings) == sorted(other.warnings)


@some_worlds
@given(worlds())
def test_a_book_has_the_same_bits_alone_and_among_others(world: World) -> None:
    among = dated_snapshots(world)
    for book in world.portfolios:
        alone = replace(
            world,
            portfolios=(book,),
            positions=tuple(each for each in world.positions if each.portfolio_id == book.id),
            statements=tuple(each for each in world.statements if each.portfolio_id == book.id),
        )
        for key, snapshot in dated_snapshots(alone).items():
            assert bits(snapshot) == bits(among[key])


@some_worlds
@given(worlds())
def test_facts_of_contracts_that_nobody_holds_change_nothing(world: World) -> None:
    with_all = dated_snapshots(world, facts_of=facts_of_all)
    for key, snapshot in dated_snapshots(world).items():
        assert bits(snapshot) == bits(with_all[key])


@some_worlds
@given(worlds())
def test_greeks_of_a_position_are_missing_if_and_only_if_a_reason_says_why(world: World) -> None:
    for evening in evenings(world):
        state, why = evening.close.positions, evening.greeks.reasons & int(BLOCKING)
        no_price, held = np.isnan(state.price), state.held
        option = evening.market.is_option[evening.holdings.asset]
        for column in POSITION_GREEKS.values():
            missing = np.isnan(getattr(evening.greeks.greeks, column))
            assert (missing[held & option] == (why[held & option] > 0)).all()
            assert not missing[held & ~option & ~no_price].any()


@some_worlds
@given(worlds())
def test_an_estimate_counts_where_it_is_allowed_and_is_a_missing_volatility_where_not(world: World) -> None:
    allows = {book.id: book.allow_estimates for book in world.portfolios}
    for evening in evenings(world):
        estimated = (evening.greeks.reasons & int(Reason.ESTIMATED)) > 0
        allowed = np.array([allows[book] for book in evening.books], dtype=np.bool_)[evening.holdings.portfolio]
        assert not (estimated & ~allowed).any()
        for book, snapshot in evening.snapshots.items():
            said = any(warning.startswith("estimated: ") for warning in snapshot.warnings)
            assert said == (Reason.ESTIMATED in snapshot.marks)
            assert allows[book] or not said


@some_worlds
@given(worlds(), st.sampled_from(CALENDAR.sessions[2:]))
def test_a_session_has_the_same_bits_however_early_the_window_begins(world: World, first: date) -> None:
    long_walk = dated_snapshots(world)
    for key, snapshot in dated_snapshots(world, first=first).items():
        assert bits(snapshot, without=("cumulative_pnl",)) == bits(long_walk[key], without=("cumulative_pnl",))


@some_worlds
@given(worlds(), st.sampled_from(CALENDAR.sessions[1:-1]))
def test_a_session_has_the_same_bits_however_late_the_window_ends(world: World, last: date) -> None:
    long_walk = dated_snapshots(world)
    for key, snapshot in dated_snapshots(world, last=last).items():
        assert bits(snapshot) == bits(long_walk[key])


def split_two_for_one(world: World, share: Instrument, day: date) -> World:
    """The same economic history, but a share splits two for one on a day, and the options alive on it with it."""
    family = {each.id: each for each in world.instruments if share.id in (each.id, each.underlying_id)}

    def is_new(instrument_id: int, when: date) -> bool:
        contract = family[instrument_id].option
        return (min(when, contract.expiry) if contract else when) >= day

    def halved(amount: Decimal, when: date) -> Decimal:
        return amount / 2 if when >= day else amount

    def split(position: Position) -> Position:
        if position.instrument_id not in family:
            return position
        shares = 2 if is_new(position.instrument_id, position.held_from) else 1
        sold = position.exit_price is not None and position.exit_date is not None
        new = sold and is_new(position.instrument_id, position.exit_date)  # type: ignore[arg-type]
        return replace(
            position,
            quantity=position.quantity * shares,
            entry_price=position.entry_price / shares,
            exit_price=position.exit_price / 2 if new else position.exit_price,  # type: ignore[operator]
        )

    def told(greeks: GreeksOn) -> GreeksOn:
        if greeks.instrument_id not in family or greeks.day < day:
            return greeks
        per_share = {name: getattr(greeks, name) / 2 for name in ("theta", "vega", "rho")}
        return replace(greeks, gamma=greeks.gamma * 2, **per_share)

    def relisted(each: Instrument) -> Instrument:
        if each.underlying_id != share.id or each.option is None or each.terms_as_of is None:
            return each
        return replace(each, option=replace(each.option, strike=halved(each.option.strike, each.terms_as_of)))

    return replace(
        world,
        instruments=tuple(relisted(each) for each in world.instruments),
        prices={(i, when): halved(p, when) if i in family else p for (i, when), p in world.prices.items()},
        splits=(*world.splits, SplitOn(share.id, day, new=2)),
        dividends=tuple(
            DividendOn(d.instrument_id, d.ex_date, halved(d.amount, d.ex_date)) if d.instrument_id in family else d
            for d in world.dividends
        ),
        positions=tuple(split(position) for position in world.positions),
        greeks=tuple(told(each) for each in world.greeks),
    )


@some_worlds
@given(worlds(), st.sampled_from(DAYS), st.integers(0, 3))
def test_a_split_changes_no_value_and_no_profit(world: World, day: date, which: int) -> None:
    shares = [each for each in world.instruments if each.option is None]
    unsplit = replace(world, splits=tuple(split for split in world.splits if split.ex_date != day))
    for plain, split, size in pairs(unsplit, split_two_for_one(unsplit, shares[which], day)):
        # What has expired and could not be settled counts its shares of then at the underlying's price of now.
        unclear = {"notional"} if Reason.EXPIRED in plain.marks else set()
        for name in set(MEASURES) - unclear:
            expected, found = getattr(plain.measures, name), getattr(split.measures, name)
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-12 * size, nan_ok=True), name
        assert plain.reasons == split.reasons
        assert plain.warnings == split.warnings
        assert plain.coverage == pytest.approx(split.coverage, abs=1e-12)
        assert plain.delta_coverage == pytest.approx(split.delta_coverage, abs=1e-12)
        assert (plain.marks, plain.not_included) == (split.marks, split.not_included)


@some_worlds
@given(worlds(books=1), st.sampled_from(CALENDAR.sessions[1:]), st.integers(-500, 500).filter(bool))
def test_what_is_bought_at_the_mark_has_no_profit_on_that_day(world: World, day: date, quantity: int) -> None:
    (book,) = world.portfolios
    book = replace(book, opened_on=min(book.opened_on, day))
    priced = [each for each in world.instruments if (each.id, day) in world.prices and each.option is None]
    bought = tuple(
        holding(book, each, quantity, entry_price=world.prices[each.id, day], held_from=day)
        for each in priced
        if each.currency == "USD"
    )
    for evening in evenings(replace(world, portfolios=(book,), positions=bought, statements=())):
        if evening.day == day:
            assert all(evening.close.positions.held)
            worth = evening.close.positions.values.exposure
            assert (np.abs(evening.step.positions.pnl) <= 1e-14 * np.abs(worth)).all()
            assert evening.snapshots[book.id].measures.flows == 0.0


@some_worlds
@given(worlds(books=1))
def test_an_option_at_expiry_is_the_same_to_its_settlement(world: World) -> None:
    """What it is worth at its last close is what is paid for it: no P&L in the step of the settlement."""
    for evening in evenings(world):
        holdings = evening.holdings
        settles = (evening.market.settled_from[holdings.asset] == evening.close.at) & (holdings.end == evening.close.at)
        through = settles & (holdings.entry < evening.close.at)
        assert np.abs(evening.step.positions.pnl[through]).max(initial=0.0) <= 1e-9
