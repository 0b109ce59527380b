"""What must hold of the factors and scenarios of any book, and what a slow walk over its positions says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.books import Portfolio, Position
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import FactorExposures, ScenarioResults
from sigmasight.domain.scenarios import Scenario
from sigmasight.library.options import greeks
from sigmasight.risk.greeks import instrument_greeks, position_greeks
from sigmasight.risk.holdings import Holdings, freeze_accounts, freeze_holdings
from sigmasight.risk.portfolio_risk import stress_portfolios
from sigmasight.risk.portfolios import Close, total_positions, value_books
from support.books import World, april, cash, closes, holding, portfolio, world_of
from unit.risk.risk_strategies import (
    AAA,
    ABROAD,
    BBB,
    BONDS,
    CALL,
    EXPIRING,
    GONE,
    HIGHER,
    INSTRUMENTS,
    LAND,
    SCENARIOS,
    SHARES,
    scenes,
)
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, bits, factor_set, near, with_books

EXAMPLES = settings(deadline=None, max_examples=45, derandomize=True)
FEWER = settings(EXAMPLES, max_examples=25)
NUMBERS = ("exposure", "beta", "risk_share")
OLDEST = april(3)
"""A close of that day is five sessions old today."""


# A slow walk


@dataclass(frozen=True, slots=True)
class Unit:
    """What one share brings; None where not known."""

    dollar_delta: float
    loading: tuple[float, ...]
    direct: tuple[float | None, ...]
    correlated: tuple[float | None, ...]


def last_price(scene: Scene, held: Instrument) -> float | None:
    days = [day for number, day in scene.world.prices if number == held.id and OLDEST <= day <= TODAY]
    return float(scene.world.prices[held.id, max(days)]) if days and held.currency == "USD" else None


def share_returns(scene: Scene, told: Told, stand_in: float | None, coordinates: FloatArray) -> Iterator[float | None]:
    """Of a share, scenario by scenario."""
    arranged = scene.arranged
    yield_beta = stand_in if np.isnan(told.yield_beta) else told.yield_beta
    for coordinate, change in zip(coordinates.tolist(), arranged.yield_change.tolist(), strict=True):
        moved, known = 0.0, True
        for at, x in enumerate(coordinate):
            known &= not np.isnan(x) and (x == 0.0 or bool(scene.factors.usable[at]))
            moved += 0.0 if x == 0.0 or told.loading is None else told.loading[at] * x
        by_yield = 1.0
        if change:
            known &= yield_beta is not None
            by_yield = max(0.0, 1.0 + (yield_beta or 0.0) * change)
        yield np.exp(moved) * by_yield - 1.0 if known else None


def unit_of(scene: Scene, held: Instrument, *, allowed: bool) -> Unit | None:
    """What one share of an instrument brings; None where a reason blocks it."""
    parent = next(each for each in SHARES if each.id == (held.underlying_id or held.id))
    spot, told = last_price(scene, parent), scene.told.get(parent.id)
    nothing = tuple(0.0 for _ in SCENARIOS)
    if held is EXPIRING:
        return None if spot is None else Unit(0.0, (0.0,) * 3, nothing, nothing)
    if held is GONE or spot is None or told is None or told.loading is None:
        return None  # the contract that is gone is held only where nobody knows what it paid
    table = {BONDS.id: -5.0, LAND.id: -2.0}
    stand_in = table.get(parent.id, -1.0) if allowed else None
    both = [
        tuple(share_returns(scene, told, stand_in, coordinates))
        for coordinates in (scene.arranged.response.direct, scene.arranged.response.correlated)
    ]
    if held is parent:
        pnl = [tuple(None if each is None else spot * each for each in returns) for returns in both]
        return Unit(spot, told.loading, pnl[0], pnl[1])
    row = scene.facts.instrument_id.tolist().index(held.id)
    why = Reason(int(scene.facts.reasons[row]))
    if why & BLOCKING or (why & Reason.ESTIMATED and not allowed):
        return None  # a price of its own is not needed where the smile tells a volatility
    responses = (scene.arranged.response.direct, scene.arranged.response.correlated)
    repriced = [
        tuple(priced_again(scene, held, row, returns, response[:, 0]))
        for returns, response in zip(both, responses, strict=True)
    ]
    return Unit(float(scene.facts.delta[row]) * spot, told.loading, repriced[0], repriced[1])


def priced_again(
    scene: Scene, held: Instrument, row: int, returns: Sequence[float | None], market: FloatArray
) -> Iterator[float | None]:
    """Of an option, by the library: at the spot, the volatility and the rate that each scenario leaves."""
    terms, facts = held.option, scene.facts
    assert terms
    states = [(0.0, 0.0, 0.0)]
    for at, each in enumerate(SCENARIOS):
        fall = max(0.0, 1.0 - float(np.exp(market[at])))
        volatility = fall if each.volatility_change is None else each.volatility_change
        states.append((NAN if returns[at] is None else returns[at], volatility, float(scene.arranged.yield_change[at])))
    moved, volatility, change = np.array(states).T
    rate = float(facts.rate[row])
    price = greeks(
        spot=facts.spot[row] * (1.0 + moved),
        strike=float(terms.strike),
        tau_years=facts.tau_years[row],
        rate=2.0 * np.log1p((2.0 * np.expm1(rate / 2.0) + change) / 2.0),
        dividend_yield=facts.dividend_yield[row],
        volatility=facts.volatility[row] + volatility,
        is_call=terms.right == "call",
    ).price
    for value in (price[1:] - price[0]).tolist():
        yield None if np.isnan(value) else value


@dataclass(frozen=True, slots=True)
class Line:
    """A position that is held."""

    units: float  # quantity x multiplier
    weight: float
    unit: Unit | None


def lines_of(scene: Scene, book: Portfolio) -> list[Line]:
    by_id = {each.id: each for each in INSTRUMENTS}
    weight = dict(zip(weight_keys(scene), scene.held.weight.tolist(), strict=True))
    lines = []
    for position in scene.world.positions:
        held = by_id[position.instrument_id]
        if position.portfolio_id == book.id and not (held is GONE and is_settled(scene)):
            units = float(position.quantity) * float(held.multiplier)
            lines.append(Line(units, weight[position], unit_of(scene, held, allowed=book.allow_estimates)))
    return lines


def is_settled(scene: Scene) -> bool:
    """Whether the contract that expired on the 3rd could be settled: its share had a price then."""
    return any(number == BBB.id and day <= OLDEST for number, day in scene.world.prices)


def weight_keys(scene: Scene) -> list[Position]:
    """The positions that are held, by portfolio and then as given."""
    order = {book.id: at for at, book in enumerate(scene.world.portfolios)}
    ordered = sorted(scene.world.positions, key=lambda each: order[each.portfolio_id])
    return [each for each in ordered if each.instrument_id != GONE.id or not is_settled(scene)]


def moves(line: Line) -> bool:
    """Whether anything can still move it: what has expired stands still, and makes nothing known."""
    return not line.unit or line.unit.dollar_delta != 0.0


def slow_sum(values: Sequence[float | None], lines: Sequence[Line]) -> tuple[float, float]:
    """Of what is known, NaN where nothing that moves is though something does; and what rounding is measured by."""
    known = [each for each in values if each is not None]
    moving = [each for each, line in zip(values, lines, strict=True) if moves(line)]
    hopeless = moving and all(each is None for each in moving)
    return (NAN if hopeless else sum(known)), sum(abs(each) for each in known) + 1e-6


def share_of(known: Sequence[bool], lines: Sequence[Line]) -> float:
    whole = sum(each.weight for each in lines)
    return sum(each.weight for each, is_known in zip(lines, known, strict=True) if is_known) / whole if whole else 1.0


@EXAMPLES
@given(scenes())
def test_exposures_are_those_of_a_walk_over_the_positions(scene: Scene) -> None:
    for book, found in zip(scene.world.portfolios, scene.exposures(), strict=True):
        lines = lines_of(scene, book)
        for at in range(3):
            usable = bool(scene.factors.usable[at])
            parts = [
                each.units * each.unit.dollar_delta * each.unit.loading[at]
                if each.unit and (usable or each.unit.loading == (0.0,) * 3)
                else None
                for each in lines
            ]
            total, scale = slow_sum(parts, lines)
            assert near(found.exposure[at], np.array(total), scale)
        covered = [
            [bool(each.unit) and (bool(usable) or not any(each.unit.loading)) for each in lines]
            for usable in scene.factors.usable
        ]
        expected = max(share_of(known, lines) for known in covered)
        assert found.coverage == pytest.approx(expected, abs=1e-12)
        assert 0.0 <= found.coverage <= 1.0


@EXAMPLES
@given(scenes())
def test_scenarios_are_those_of_a_walk_over_the_positions(scene: Scene) -> None:
    for book, found in zip(scene.world.portfolios, scene.results(), strict=True):
        lines = lines_of(scene, book)
        for at in range(len(SCENARIOS)):
            known = []
            for name in ("direct", "correlated"):
                parts = [getattr(each.unit, name)[at] if each.unit else None for each in lines]
                pnl = [None if part is None else each.units * part for each, part in zip(lines, parts, strict=True)]
                total, scale = slow_sum(pnl, lines)
                assert near(getattr(found, name)[at], np.array(total), 100.0 * scale), (name, SCENARIOS[at].id)
                known.append([part is not None for part in parts])
            both = [left and right for left, right in zip(*known, strict=True)]
            dragged = any(part for part, line in zip(known[1], lines, strict=True) if moves(line))
            covered = both if dragged else known[0]  # of what there is
            assert found.coverage[at] == pytest.approx(share_of(covered, lines), abs=1e-12)
            assert 0.0 <= found.coverage[at] <= 1.0


# Laws


@EXAMPLES
@given(scenes())
def test_a_number_is_missing_if_and_only_if_a_blocking_reason_says_why(scene: Scene) -> None:
    for book, found, results in zip(scene.world.portfolios, scene.exposures(), scene.results(), strict=True):
        holds_expired = any(each.unit and not any(each.unit.loading) for each in lines_of(scene, book))
        lacks = {name: name in found.reasons for name in (*found.factors, "beta", "risk_share")}
        for at, name in enumerate(found.factors):
            assert np.isnan(found.exposure[at]) == lacks[name]
            assert np.isnan(found.beta[at]) == (lacks[name] or lacks["beta"])
            if scene.factors.usable[at] or not holds_expired:  # the exception is a fault, see below
                assert np.isnan(found.risk_share[at]) == (lacks[name] or lacks["risk_share"])
        assert np.isnan(found.specific_share) == lacks["risk_share"] == ("specific_share" in found.reasons)
        if scene.factors.usable.any():  # the exception is a fault, see below
            assert np.isnan(found.volatility) == np.isnan(found.exposure).all() == ("volatility" in found.reasons)
        for at, name in enumerate(results.scenarios):
            missing = np.isnan(results.direct[at]) or np.isnan(results.correlated[at])
            assert missing == (name in results.reasons)
        for made in (found, results):
            assert all(why and why == why & BLOCKING for why in made.reasons.values())
            assert not made.marks & BLOCKING
            assert all(left.reason for left in made.not_included)


@EXAMPLES
@given(scenes())
def test_what_is_left_out_is_named_with_its_reasons(scene: Scene) -> None:
    symbols = {each.id: each.symbol for each in INSTRUMENTS}
    for book, found, results in zip(scene.world.portfolios, scene.exposures(), scene.results(), strict=True):
        mine = [each for each in weight_keys(scene) if each.portfolio_id == book.id]
        units = [each.unit for each in lines_of(scene, book)]
        unknown = {symbols[each.instrument_id] for each, unit in zip(mine, units, strict=True) if unit is None}
        assert {left.symbol for left in found.not_included} == unknown
        assert len(set(found.not_included)) == len(found.not_included)
        no_yields = {
            symbols[each.instrument_id]
            for each, unit in zip(mine, units, strict=True)
            if unit and unit.direct[4] is None and any(unit.loading)
        }
        assert {left.symbol for left in results.not_included} >= unknown | no_yields


@EXAMPLES
@given(scenes())
def test_shares_of_risk_are_eulers_and_sum_to_one(scene: Scene) -> None:
    """Of each underlying all that is held is one bet; what is known of it is squared at once."""
    usable = scene.factors.usable
    for book, found in zip(scene.world.portfolios, scene.exposures(), strict=True):
        bets: dict[int, float] = {}
        mine = [each for each in weight_keys(scene) if each.portfolio_id == book.id]
        parents = {each.id: each.underlying_id or each.id for each in INSTRUMENTS}
        for position, line in zip(mine, lines_of(scene, book), strict=True):
            parent = parents[position.instrument_id]
            if line.unit:
                bets[parent] = bets.get(parent, 0.0) + line.units * line.unit.dollar_delta
        if not any(map(moves, lines_of(scene, book))):
            assert (found.specific_share, found.volatility, *found.risk_share) == (0.0,) * (2 + len(usable))
            continue
        specific = sum((scene.told[at].residual * bet) ** 2 for at, bet in bets.items() if at in scene.told)
        held = np.nan_to_num(found.exposure[usable])
        systematic = held @ scene.factors.covariance[np.ix_(usable, usable)] @ held
        if np.isnan(found.specific_share):
            assert (
                np.isnan(found.exposure).all() or systematic + specific <= 1e-12 * (found.exposure[usable] ** 2).sum()
            )
        else:
            assert found.volatility**2 == pytest.approx(systematic + specific, rel=1e-9)
            assert np.nansum(found.risk_share) + found.specific_share == pytest.approx(1.0, abs=1e-9)
            assert found.specific_share == pytest.approx(specific / found.volatility**2, rel=1e-9)


def changed(world: World, *, factor: int = 1, backwards: bool = False) -> World:
    """The same books with quantities and cash multiplied, or their positions in the opposite order."""
    positions = tuple(replace(each, quantity=each.quantity * factor) for each in world.positions)
    return replace(
        world,
        positions=positions[::-1] if backwards else positions,
        statements=tuple(replace(each, amount=each.amount * factor) for each in world.statements),
    )


def numbers(made: FactorExposures | ScenarioResults) -> FloatArray:
    return made.exposure if isinstance(made, FactorExposures) else np.concatenate([made.direct, made.correlated])


@FEWER
@given(scenes())
def test_the_opposite_book_has_the_opposite_exposures_and_results(scene: Scene) -> None:
    opposite = changed(scene.world, factor=-1)
    for here, there in ((scene.exposures(), scene.exposures(opposite)), (scene.results(), scene.results(opposite))):
        for left, right in zip(here, there, strict=True):
            np.testing.assert_array_equal(numbers(left) + 0.0, -numbers(right) + 0.0)
            assert left.not_included == right.not_included
            np.testing.assert_array_equal(left.coverage, right.coverage)
    for left, right in zip(scene.exposures(), scene.exposures(opposite), strict=True):
        np.testing.assert_array_equal(left.risk_share, right.risk_share)
        assert left.volatility == right.volatility or np.isnan(left.volatility)


def scale_of(scene: Scene, book: Portfolio) -> float:
    """What rounding in any sum of a book is measured by."""
    mine = scene.held.portfolio == scene.world.portfolios.index(book)
    return 1e3 * (1.0 + float(np.abs(scene.held.shares[mine]).sum()) * 1e3)


@FEWER
@given(scenes())
def test_neither_order_nor_lots_of_positions_matter(scene: Scene) -> None:
    """Each position in two lots, of a quarter and the rest."""
    world = scene.world
    quarters = [replace(each, quantity=each.quantity / 4) for each in world.positions]
    rests = [replace(each, quantity=3 * each.quantity / 4) for each in world.positions]
    for other in (changed(world, backwards=True), replace(world, positions=(*quarters, *rests))):
        pairs = ((scene.exposures(), scene.exposures(other)), (scene.results(), scene.results(other)))
        for here, there in pairs:
            for book, left, right in zip(world.portfolios, here, there, strict=True):
                assert near(numbers(left), numbers(right), scale_of(scene, book)).all()
                np.testing.assert_allclose(left.coverage, right.coverage, rtol=0, atol=1e-12)
                assert set(left.not_included) == set(right.not_included)
                hedged = {"risk_share", "specific_share"}  # by rounding
                assert left.reasons.keys() - hedged == right.reasons.keys() - hedged
                assert left.marks == right.marks


@FEWER
@given(scenes(books=2))
def test_two_books_put_together_have_the_sum_of_their_exposures_and_results(scene: Scene) -> None:
    world, whole = scene.world, portfolio("both")
    books = tuple(replace(each, allow_estimates=True) for each in world.portfolios)
    moved = tuple(replace(each, portfolio_id=whole.id) for each in world.positions)
    apart = replace(world, portfolios=books)
    together = replace(world, portfolios=(replace(whole, allow_estimates=True),), positions=moved, statements=())
    size = sum(scale_of(scene, book) for book in world.portfolios)
    for parts, (both,) in (
        (scene.exposures(apart), scene.exposures(together)),
        (scene.results(apart), scene.results(together)),
    ):
        added = np.nansum([numbers(part) for part in parts], axis=0)
        assert near(np.nan_to_num(numbers(both)), added, size).all()
        # Nothing is known of the whole only where nothing is known of any part that holds something.
        unknown = np.array([np.isnan(numbers(part)) for part in parts])
        held = np.array([any(each.portfolio_id == book.id for each in world.positions) for book in books])
        np.testing.assert_array_equal(np.isnan(numbers(both)), unknown[held].all(axis=0) if held.any() else False)


@settings(EXAMPLES, max_examples=15)
@given(scenes(books=9, most=3))
def test_the_bits_of_a_book_depend_neither_on_company_nor_on_shards(scene: Scene) -> None:
    books = scene.world.portfolios
    for width in (1, 7):
        shards = [with_books(scene.world, *books[at : at + width]) for at in range(0, len(books), width)]
        exposures = [made for shard in shards for made in scene.exposures(shard)]
        results = [made for shard in shards for made in scene.results(shard)]
        assert [bits(made) for made in exposures] == [bits(made) for made in scene.exposures()]
        assert [bits(made) for made in results] == [bits(made) for made in scene.results()]


@FEWER
@given(scenes(), st.permutations(range(len(SCENARIOS))), st.integers(0, len(SCENARIOS)))
def test_scenarios_may_be_asked_for_one_by_one_in_any_order(scene: Scene, order: list[int], count: int) -> None:
    wanted = [scene.arranged.ids[at] for at in order[:count]]
    for whole, found in zip(scene.results(), stress_portfolios(scene.held, scene.assessed, wanted), strict=True):
        place = order[:count]
        for name in ("direct", "correlated", "coverage"):
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[place])
        assert found.reasons.keys() == whole.reasons.keys() & set(wanted)


# Worked by hand

BOOK = portfolio()
FULL = {AAA.id: Told(loading=(1.0, 0.5, 0.0), residual=0.02, yield_beta=-2.0)}
QUOTES = closes(AAA, {TODAY: 100})


def scene_of(
    *positions: tuple[int, Instrument],
    told: dict[int, Told] | None = None,
    book: Portfolio = BOOK,
    money: float = 1e5,
    unusable: Sequence[int] = (),
    yield_slope: float = 4.0,
    scenarios: Sequence[Scenario] = SCENARIOS,
) -> Scene:
    """A book of lots brought in on the 2nd; AAA costs $100 today, and nothing else has a price."""
    held = [
        holding(book, each, units, entry_price=90, held_from=april(2), brought_in=True, label=str(at))
        for at, (units, each) in enumerate(positions)
    ]
    world = world_of(book, *held, cash(book, april(2), money), instruments=INSTRUMENTS, prices=QUOTES)
    factors = factor_set(slopes=(0.9, 1.1), market_yield_slope=yield_slope, unusable=unusable)
    return Scene(world, factors, FULL if told is None else told, tuple(scenarios))


def test_a_book_by_hand() -> None:
    """$1,000 of a share: variance 1e-4 x (1000^2 + 500^2) by factors, and (0.02 x 1000)^2 of its own."""
    (found,) = scene_of((10, AAA), money=4000.0).exposures()
    assert found.exposure.tolist() == [1000.0, 500.0, 0.0]
    assert found.beta.tolist() == [0.2, 0.1, 0.0]
    np.testing.assert_allclose(found.risk_share, [100 / 525, 25 / 525, 0.0], rtol=1e-12)
    assert found.specific_share == pytest.approx(400 / 525, rel=1e-12)
    assert found.volatility == pytest.approx(np.sqrt(525.0), rel=1e-12)
    assert (found.coverage, found.reasons, found.not_included) == (1.0, {}, ())


def test_an_empty_book_has_exposures_of_nothing_and_is_covered() -> None:
    scene = scene_of()
    (found,), (results,) = scene.exposures(), scene.results()
    assert (found.exposure.tolist(), found.beta.tolist(), found.volatility) == ([0.0] * 3, [0.0] * 3, 0.0)
    assert (found.coverage, found.not_included) == (1.0, ())
    assert results.direct.tolist() == results.correlated.tolist() == [0.0] * len(SCENARIOS)
    assert results.coverage.tolist() == [1.0] * len(SCENARIOS)
    assert results.reasons == {}


@pytest.mark.parametrize("money", [-1000.0, -5000.0])
def test_where_the_nav_is_not_positive_there_are_exposures_and_no_betas(money: float) -> None:
    (found,) = scene_of((10, AAA), money=money).exposures()
    assert found.exposure.tolist() == [1000.0, 500.0, 0.0]
    assert np.isnan(found.beta).all()
    assert found.reasons == {"beta": Reason.NAV_NOT_POSITIVE}
    assert np.isfinite(found.risk_share).all()


def test_a_levered_book_may_lose_more_than_its_nav() -> None:
    scene = scene_of((1000, AAA), money=-99_000.0)
    assert scene.held.nav.tolist() == [1000.0]
    assert scene.results()[0].direct[0] == pytest.approx(-10_000.0)


def test_a_book_of_a_long_and_a_short_in_one_share_is_fully_hedged() -> None:
    (found,) = scene_of((10, AAA), (-10, AAA)).exposures()
    assert found.exposure.tolist() == [0.0, 0.0, 0.0]
    assert found.volatility == 0.0
    assert found.reasons == dict.fromkeys(("risk_share", "specific_share"), Reason.FULLY_HEDGED)


def test_a_portfolio_that_was_opened_later_has_no_result_yet() -> None:
    later = portfolio("later", opened_on=april(11))
    world = replace(scene_of((10, AAA)).world, portfolios=(later, BOOK))
    scene = replace(scene_of(), world=world)
    assert [made.portfolio_id for made in scene.exposures()] == [BOOK.id]
    assert [made.portfolio_id for made in scene.results()] == [BOOK.id]


def test_who_holds_what_was_not_assessed_is_refused() -> None:
    scene = scene_of((10, AAA))
    stranger = replace(AAA, id=77, symbol="STRANGER")
    world = replace(
        scene.world,
        instruments=(stranger,),
        positions=(holding(BOOK, stranger, 1, entry_price=1, held_from=april(2)),),
        prices={},
    )
    with pytest.raises(ValueError, match="77"):
        scene.hold(world)


def test_estimates_are_taken_by_the_one_portfolio_and_refused_by_the_other() -> None:
    bold, careful = portfolio("bold", allow_estimates=True), portfolio("careful")
    positions = tuple(holding(each, BBB, 10, entry_price=90, held_from=april(2)) for each in (bold, careful))
    scene = scene_of(told={BBB.id: Told(loading=(1.0,))})
    prices = QUOTES | closes(BBB, {TODAY: 50})
    world = replace(scene.world, portfolios=(bold, careful), positions=positions, prices=prices, statements=())
    scene = replace(scene, world=world)
    taken, refused = scene.results()
    rates = taken.scenarios.index("rates")
    assert taken.direct[rates] == pytest.approx(-5.0)  # -1 % of $500
    assert taken.marks == Reason.ESTIMATED
    assert taken.not_included == ()
    assert np.isnan(refused.direct[rates])
    assert refused.reasons["rates"] == Reason.NO_HISTORY
    assert [(left.symbol, left.reason) for left in refused.not_included] == [("BBB", "no_history")]
    assert (taken.direct[0], refused.direct[0]) == (pytest.approx(-50.0), pytest.approx(-50.0))


def test_of_each_lot_what_is_left_out_is_named_once() -> None:
    (found,) = scene_of((10, AAA), (5, BBB), (7, BBB), (-3, ABROAD)).exposures()
    named = [(left.symbol, left.reason) for left in found.not_included]
    assert named == [("BBB", "no_price,no_history"), ("ABROAD", "no_history,not_modelled")]
    assert found.coverage == pytest.approx(1000 / (1000 + 15 * 90))


# What is missing is not nothing


def test_an_expired_option_does_not_make_an_unknown_factor_known() -> None:
    (found,) = scene_of((10, AAA), (1, EXPIRING), unusable=(1,)).exposures()
    assert np.isnan(found.risk_share[1])
    assert found.reasons.keys() & {"Value", "risk_share"}


def test_without_factors_the_volatility_is_not_known() -> None:
    (found,) = scene_of((10, AAA), told={}, unusable=(0, 1, 2)).exposures()
    assert np.isnan(found.exposure).all()
    assert np.isnan(found.volatility)


def test_a_missing_volatility_has_its_reason_too() -> None:
    (found,) = scene_of((10, AAA), told={}).exposures()
    assert np.isnan(found.volatility)
    assert found.reasons["volatility"] == Reason.NO_HISTORY


def test_without_yields_an_estimate_has_a_direct_result_and_the_second_number_no_rate() -> None:
    bold = portfolio(allow_estimates=True)
    told = {AAA.id: Told(loading=(1.0,), yield_reasons=Reason.NO_RATE)}
    (found,) = scene_of((10, AAA), told=told, book=bold, yield_slope=NAN).results()
    rates = found.scenarios.index("rates")
    assert found.direct[rates] == pytest.approx(-10.0)
    assert np.isnan(found.correlated[rates])
    assert found.reasons["rates"] == Reason.NO_RATE
    assert found.coverage[rates] == 1.0


def test_an_expired_option_does_not_make_up_a_correlation_effect() -> None:
    bold = portfolio(allow_estimates=True)
    told = {AAA.id: Told(loading=(1.0,), yield_reasons=Reason.NO_RATE)}
    (found,) = scene_of((10, AAA), (1, EXPIRING), told=told, book=bold, yield_slope=NAN).results()
    rates = found.scenarios.index("rates")
    assert found.direct[rates] == pytest.approx(-10.0)
    assert np.isnan(found.correlated[rates])


def test_a_scenario_on_an_unknown_factor_says_that_it_lacks_the_factor_s_history() -> None:
    (found,) = scene_of((10, AAA), (1, ABROAD), told=FULL | {ABROAD.id: Told(loading=(1.0,))}, unusable=(1,)).results()
    assert np.isnan(found.direct[found.scenarios.index("style")])
    assert found.reasons["style"] & Reason.NO_HISTORY


def test_with_betas_of_one_the_exposure_to_the_market_is_the_delta_adjusted_one() -> None:
    told = {AAA.id: Told(loading=(1.0,))}
    world = replace(scene_of((10, AAA), (1, CALL)).world, prices=QUOTES | closes(HIGHER, {TODAY: 1}))
    scene = replace(scene_of(told=told), world=world)
    market, holdings, close, facts = scene.frame, *closed(scene), scene.facts
    known = position_greeks(market, holdings, close.at, instrument_greeks(market, close.at, facts), np.array([False]))
    totals = total_positions(market, holdings, close, known.greeks)
    assert scene.exposures()[0].exposure[0] == pytest.approx(totals.delta_adjusted[0], rel=1e-12)


def closed(scene: Scene) -> tuple[Holdings, Close]:
    """What is held, and its values, at a scene's close."""
    holdings, _ = freeze_holdings(scene.frame, scene.world.portfolios, scene.world.positions)
    accounts = freeze_accounts(scene.frame, scene.world.portfolios, scene.world.statements)
    *_, (close, _) = value_books(scene.frame, holdings, accounts)
    return holdings, close
