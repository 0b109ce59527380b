"""What one share of an instrument brings: the test that everybody understands, estimates, options, what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings

from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import Instrument, Kind, Right
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.scenarios import Basis, Scenario
from sigmasight.intake.scenarios_file import shipped_scenarios
from sigmasight.library.options import greeks
from sigmasight.risk.factor_facts import describe_factors, estimate_betas, open_window
from sigmasight.risk.instrument_risk import InstrumentRisk, assess_instruments
from sigmasight.risk.return_panel import ReturnPanel
from support.books import april, closes, holding, option, portfolio, stock, world_of
from support.option_chains import black, european, index
from unit.risk.risk_strategies import scenes
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, betas_of, bits, factor_set, scenario, with_books

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
ACTIVE = tuple(factor for factor in FACTORS if factor.active)
ABC = stock(3, "ABC")
LATER = date(2025, 5, 30)
CALL = option(20, ABC, right=Right.CALL, strike=100, expiry=LATER)
PUT = option(21, ABC, right=Right.PUT, strike=95, expiry=LATER)
FALL = scenario("fall", shocks={"Market": -0.10})
RATES = scenario("rates", shocks={"10Y": 0.01})
QUOTED = {CALL: 4.0, PUT: 2.0}


def scene_of(
    told: Mapping[int, Told],
    *scenarios: Scenario,
    instruments: Sequence[Instrument] = (ABC, CALL, PUT),
    prices: Mapping[Instrument, float] | None = None,
    yield_slope: float = 4.0,
    slopes: Sequence[float] = (0.9,),
    unusable: Sequence[int] = (),
) -> Scene:
    """Shares at $100 today, and contracts at their quotes."""
    told_prices = dict.fromkeys((each for each in instruments if not each.option), 100.0)
    told_prices |= {each: price for each, price in QUOTED.items() if each in instruments}
    table = {}
    for each, price in (told_prices | dict(prices or {})).items():
        if not np.isnan(price):
            table |= closes(each, {TODAY: price})
    factors = factor_set(slopes=slopes, market_yield_slope=yield_slope, unusable=unusable)
    return Scene(world_of(portfolio(), instruments=tuple(instruments), prices=table), factors, told, scenarios)


def at_market(beta: float = 1.0, **changed: float) -> dict[int, Told]:
    return {ABC.id: Told(loading=(beta,), **changed)}  # type: ignore[arg-type]


def reasons_of(risk: InstrumentRisk) -> Reason:
    return Reason(int(risk.reasons[0]))


# The test that everybody understands


def funds_scene(*scenarios: Scenario) -> tuple[Scene, tuple[Instrument, ...]]:
    """The seven proxies at $100, on betas estimated from a year of their own returns."""
    rng = np.random.default_rng(4)
    market = rng.normal(0.0004, 0.01, 253)
    returns = market[:, None] * [1.0, 0.9, 1.1, 1.2, 0.95, 1.15, 0.7]
    returns[:, 1:] += rng.normal(0.0, 0.004, (253, 6)) @ (np.eye(6) + 0.2)
    days = np.busday_offset("2024-04-01", np.arange(253), roll="forward")
    funds = tuple(replace(stock(1 + at, each.proxies[0].symbol), kind=Kind.ETF) for at, each in enumerate(ACTIVE))
    panel = ReturnPanel(np.arange(1, 8), days, returns)
    yields = 0.04 + np.cumsum(rng.normal(0, 0.0005, (254, 4)), axis=0)
    window = open_window(
        panel, yields, market=Market.LIVE, factors=ACTIVE, proxy_ids={each.symbol: each.id for each in funds}
    )
    found = estimate_betas(window, panel, np.zeros(7, dtype=np.bool_), min_obs=60)
    told = {each.id: Told(loading=tuple(found.loading[at].tolist())) for at, each in enumerate(funds)}
    prices = {key: value for each in funds for key, value in closes(each, {TODAY: 100}).items()}
    world = world_of(portfolio(), instruments=funds, prices=prices)
    return Scene(world, replace(describe_factors(window), as_of=TODAY), told, scenarios), funds


def test_an_index_fund_loses_what_the_market_loses_and_its_short_gains_it() -> None:
    scene, (spy, *_) = funds_scene(FALL, scenario("rise", shocks={"Market": 0.25}))
    risk = scene.one_share(spy)
    np.testing.assert_allclose(risk.direct, [[-10.0, 25.0]], rtol=1e-12)
    np.testing.assert_allclose(risk.correlated, [[-10.0, 25.0]], rtol=1e-12)
    book = portfolio()
    for shares in (7, -7):
        held = holding(book, spy, shares, entry_price=90, held_from=april(2))
        (result,) = scene.results(replace(scene.world, positions=(held,)))
        np.testing.assert_allclose(result.direct, [-10.0 * shares, 25.0 * shares], rtol=1e-12)
        np.testing.assert_allclose(result.correlated, result.direct, rtol=1e-12)


@pytest.mark.parametrize("at", range(1, 7))
@pytest.mark.parametrize("market", [None, -0.2, 0.1])
def test_a_style_fund_returns_its_own_total_shock_whatever_the_market_does(at: int, market: float | None) -> None:
    shocks = {ACTIVE[at].name: -0.3} | ({} if market is None else {"Market": market})
    scene, funds = funds_scene(scenario(shocks=shocks, basis=Basis.TOTAL))
    risk = scene.one_share(funds[at])
    np.testing.assert_allclose(risk.direct, [[-30.0]], rtol=1e-10)
    np.testing.assert_allclose(risk.correlated, [[-30.0]], rtol=1e-10)


def test_a_style_fund_under_a_relative_shock_compounds_the_market_and_what_is_beyond_it() -> None:
    scene, funds = funds_scene(scenario(shocks={"Market": -0.2, "Value": -0.3}))
    slope = float(scene.factors.market_slopes[1])
    np.testing.assert_allclose(scene.one_share(funds[1]).direct, [[100.0 * (0.8**slope * 0.7 - 1.0)]], rtol=1e-10)


@EXAMPLES
@given(scenes())
def test_a_long_share_loses_at_most_its_value(scene: Scene) -> None:
    risk, count = scene.assessed.risk, len(scene.frame.instruments)
    shares = ~scene.frame.is_option
    price = scene.frame.price[scene.at, shares]
    for at in (0, count):
        for name in ("direct", "correlated"):
            pnl = getattr(risk, name)[at : at + count][shares]
            assert (np.isnan(pnl) | (pnl >= -price[:, None] * (1.0 + 1e-12))).all()


@pytest.mark.parametrize("beta", [1.0, 3.0, 50.0, 400.0])
def test_nothing_is_left_below_nothing(beta: float) -> None:
    scene = scene_of(
        at_market(beta, yield_beta=-90.0),
        scenario("deep", shocks={"Market": -0.99}),
        scenario("spike", shocks={"10Y": 0.2}),
        scenario("all", shocks={"Market": 5.0, "10Y": 0.2}),
    )
    risk = scene.one_share(ABC)
    assert (risk.direct >= -100.0).all()
    assert np.isfinite(risk.direct).all()
    assert risk.direct[0, 1] == risk.direct[0, 2] == -100.0
    held = scene.one_share(CALL)
    assert np.isfinite(held.direct).all()
    assert held.direct[0, 1] == pytest.approx(-greeks_now(scene, CALL), rel=1e-9)


def greeks_now(scene: Scene, held: Instrument) -> float:
    """What a contract is worth now by its model."""
    return float(scene.facts.price[scene.facts.instrument_id.tolist().index(held.id)])


# Shares


def test_a_share_by_hand() -> None:
    """Betas of 1.5 and -0.5, a yield beta of -3: exp(1.5 x) and 1 - 0.03, of $80."""
    told = {ABC.id: Told(loading=(1.5, -0.5), yield_beta=-3.0, residual=0.02)}
    both = scenario("both", shocks={"Market": -0.1, "Value": 0.05, "10Y": 0.01})
    scene = scene_of(told, FALL, both, RATES, prices={ABC: 80.0})
    risk = scene.one_share(ABC)
    grown = 0.9**1.5 * 1.05**-0.5
    np.testing.assert_allclose(risk.direct, [[80 * (0.9**1.5 - 1), 80 * (grown * 0.97 - 1), 80 * -0.03]], rtol=1e-12)
    np.testing.assert_allclose(risk.correlated[0, 2], 80 * (1.04**1.5 * 0.97 - 1), rtol=1e-12)
    assert (risk.dollar_delta[0], risk.residual_variance[0]) == (80.0, pytest.approx(4e-4))
    assert risk.loading.tolist() == [[1.5, -0.5]]
    assert reasons_of(risk) == Reason.NONE


def test_each_scenario_takes_the_beta_of_the_yield_it_shocks() -> None:
    scene = scene_of(at_market(), *(scenario(name, shocks={name: 0.01}) for name in ("3M", "2Y", "10Y", "30Y")))
    table = np.array([[-1.0, -2.0, -4.0, -8.0]])
    made = assess(scene, yield_beta=table)
    np.testing.assert_allclose(made.direct[0], table[0], rtol=1e-12)
    np.testing.assert_array_equal(made.yield_beta[0], table[0])


def assess(scene: Scene, *, yield_beta: np.ndarray, allow_estimates: bool = False) -> InstrumentRisk:
    """A scene's instruments with yield betas of the one share that differ by tenor."""
    known = replace(betas_of(scene.told, scene.factors), yield_beta=yield_beta)
    known = replace(known, yield_reasons=np.where(np.isnan(yield_beta), int(Reason.NO_RATE), 0))
    return assess_instruments(
        scene.frame,
        scene.at,
        facts=scene.facts,
        options=scene.options,
        factors=scene.factors,
        betas=known,
        scenarios=scene.arranged,
        allow_estimates=allow_estimates,
    )


def test_a_yield_beta_that_is_missing_costs_only_the_scenarios_that_shock_that_yield() -> None:
    scene = scene_of(at_market(), FALL, RATES, scenario("two", shocks={"2Y": 0.01, "Market": -0.1}))
    made = assess(scene, yield_beta=np.array([[NAN, NAN, -7.0, NAN]]))
    assert np.isnan(made.direct).tolist() == [[False, False, True]] * 3
    assert made.yield_reasons[0].tolist() == [0, 0, Reason.NO_RATE]
    assert made.yield_reasons[1].tolist() == [0, 0, Reason.NO_RATE]  # the call's, whose spot it moves
    assert (made.reasons & int(BLOCKING)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("told", "price", "why"),
    [
        ({}, 100.0, Reason.NO_HISTORY),
        ({ABC.id: Told()}, 100.0, Reason.NO_HISTORY),
        (at_market(), NAN, Reason.NO_PRICE),
        ({}, NAN, Reason.NO_PRICE | Reason.NO_HISTORY),
    ],
    ids=["no betas", "no history", "no price", "neither"],
)
def test_what_a_share_lacks_its_options_lack_too(told: dict[int, Told], price: float, why: Reason) -> None:
    scene = scene_of(told, FALL, prices={ABC: price})
    for held in (ABC, CALL):
        risk = scene.one_share(held)
        assert reasons_of(risk) & why == why
        for name in ("dollar_delta", "direct", "correlated"):
            assert np.isnan(getattr(risk, name)).all(), name


def test_what_informs_is_handed_on() -> None:
    told = {ABC.id: Told(loading=(1.0,), reasons=Reason.SHORT_HISTORY)}
    scene = scene_of(told, FALL)
    assert reasons_of(scene.one_share(ABC)) == Reason.SHORT_HISTORY
    assert reasons_of(scene.one_share(CALL)) == Reason.SHORT_HISTORY
    world = replace(scene.world, prices=closes(ABC, {april(8): 100}) | closes(CALL, {TODAY: 4}))
    old = replace(scene, world=world)
    assert reasons_of(old.one_share(ABC)) == Reason.SHORT_HISTORY | Reason.STALE_PRICE
    assert reasons_of(old.one_share(CALL)) == Reason.SHORT_HISTORY | Reason.STALE_PRICE


def test_an_old_price_moves_as_a_fresh_one_until_it_is_too_old() -> None:
    for day, usable in ((april(3), True), (april(2), False)):
        scene = scene_of(at_market(), FALL, instruments=(ABC,))
        old = replace(scene, world=replace(scene.world, prices=closes(ABC, {day: 100})))
        assert np.isfinite(old.one_share(ABC).direct).all() == usable


# Estimates


def fund(number: int, *, category: str | None = None, sector: str | None = None, kind: Kind = Kind.ETF) -> Instrument:
    return replace(stock(number), kind=kind, industry=category, sector=sector)


@pytest.mark.parametrize(
    ("held", "per_100_points"),
    [
        (fund(3, category="Intermediate Core Bond"), -5.0),
        (fund(3, category="Long Government"), -5.0),
        (fund(3, category="Treasury"), -5.0),
        (fund(3, category="Short-Term Bond", kind=Kind.MUTUAL_FUND), -5.0),
        (fund(3, category="Real Estate", sector="Real Estate"), -2.0),
        (fund(3, sector="Real Estate", kind=Kind.STOCK), -2.0),
        (fund(3, category="Large Blend"), -1.0),
        (fund(3), -1.0),
        (fund(3, category="Bond Brokers", kind=Kind.STOCK), -1.0),
        (stock(3), -1.0),
    ],
)
def test_the_table_of_asset_classes_stands_in_only_where_it_is_allowed(held: Instrument, per_100_points: float) -> None:
    scene = scene_of({3: Told(loading=(1.0,))}, RATES, FALL, instruments=(held,))
    refused, allowed = scene.one_share(held), scene.one_share(held, allow_estimates=True)
    assert np.isnan(refused.direct).tolist() == [[True, False]]
    assert refused.yield_reasons[0].tolist() == [Reason.NO_HISTORY, 0]
    np.testing.assert_allclose(allowed.direct, [[per_100_points, -10.0]], rtol=1e-12)
    assert allowed.yield_reasons[0].tolist() == [Reason.ESTIMATED, 0]
    assert reasons_of(allowed) == Reason.NONE


def test_a_yield_beta_that_is_known_is_not_replaced_by_an_estimate() -> None:
    scene = scene_of(at_market(yield_beta=-3.0), RATES)
    allowed = scene.one_share(ABC, allow_estimates=True)
    np.testing.assert_allclose(allowed.direct, [[-3.0]], rtol=1e-12)
    assert allowed.yield_reasons.tolist() == [[0]]


def test_an_estimated_volatility_counts_only_where_it_is_allowed() -> None:
    """A quote below what exercising brings tells none: 25 % is assumed."""
    scene = scene_of(at_market(), FALL, instruments=(ABC, CALL), prices={ABC: 120.0, CALL: 19.0})
    refused, allowed = scene.one_share(CALL), scene.one_share(CALL, allow_estimates=True)
    assert reasons_of(refused) == Reason.NO_VOLATILITY
    assert np.isnan(refused.direct).all()
    assert np.isnan(refused.dollar_delta).all()
    assert reasons_of(allowed) == Reason.ESTIMATED
    price = greeks(
        spot=[120.0, 108.0],
        strike=100.0,
        tau_years=50 / 365,
        rate=0.05,
        dividend_yield=0.0,
        volatility=[0.25, 0.35],
        is_call=True,
    ).price
    np.testing.assert_allclose(allowed.direct, [[price[1] - price[0]]], rtol=1e-9)


def test_what_is_known_is_the_same_to_the_bit_for_both_kinds_of_portfolio() -> None:
    scene = scene_of(at_market(1.3, yield_beta=-3.0), FALL, RATES)
    for held in (ABC, CALL, PUT):
        strict, lenient = scene.one_share(held), scene.one_share(held, allow_estimates=True)
        for field in fields(InstrumentRisk):
            np.testing.assert_array_equal(getattr(strict, field.name), getattr(lenient, field.name), field.name)


# Options


@pytest.mark.parametrize("held", [CALL, PUT], ids=["call", "put"])
def test_an_option_is_priced_again_at_its_share_s_new_spot_volatility_and_rate(held: Instrument) -> None:
    both = scenario("both", shocks={"Market": -0.1, "10Y": 0.01}, volatility_change=-0.02)
    scene = scene_of(at_market(1.5, yield_beta=-3.0), FALL, both, RATES)
    risk = scene.one_share(held)
    row = scene.facts.instrument_id.tolist().index(held.id)
    own, fall = float(scene.facts.volatility[row]), 0.9**1.5
    par = 2.0 * (np.exp(0.025) - 1.0)
    higher = 2.0 * np.log1p((par + 0.01) / 2.0)
    assert held.option
    price = greeks(
        spot=[100.0, 100 * fall, 100 * fall * 0.97, 97.0],
        strike=float(held.option.strike),
        tau_years=50 / 365,
        rate=[0.05, 0.05, higher, higher],
        dividend_yield=0.0,
        volatility=[own, own + 0.1, own - 0.02, own],
        is_call=held is CALL,
    ).price
    np.testing.assert_allclose(risk.direct[0], price[1:] - price[0], rtol=1e-8)
    assert risk.dollar_delta[0] == pytest.approx(float(scene.facts.delta[row]) * 100.0, rel=1e-14)
    assert np.isnan(risk.residual_variance[0])
    assert risk.loading.tolist() == [[1.5, 0.0]]


def test_a_bought_call_cannot_lose_more_than_it_is_worth_and_a_sold_one_can() -> None:
    scene = scene_of(at_market(2.0), scenario("fall", shocks={"Market": -0.6}, volatility_change=0.0), FALL)
    worth = greeks_now(scene, CALL)
    risk = scene.one_share(CALL)
    assert -worth <= risk.direct[0, 0] < -0.99 * worth


def test_an_expired_option_moves_with_nothing_whatever_is_known_of_its_share() -> None:
    gone = option(22, ABC, right=Right.CALL, strike=90, expiry=TODAY)
    for told in (at_market(), {}):
        risk = scene_of(told, FALL, RATES, instruments=(ABC, gone)).one_share(gone)
        assert reasons_of(risk) == Reason.EXPIRED
        assert (risk.dollar_delta.tolist(), risk.direct.tolist()) == ([0.0], [[0.0, 0.0]])
        assert risk.correlated.tolist() == [[0.0, 0.0]]
        assert risk.loading.tolist() == [[0.0, 0.0]]
        assert risk.yield_reasons.tolist() == [[0, 0]]
    unknown = scene_of(at_market(), FALL, instruments=(ABC, gone), prices={ABC: NAN}).one_share(gone)
    assert reasons_of(unknown) & (Reason.EXPIRED | Reason.NO_PRICE) == Reason.EXPIRED | Reason.NO_PRICE
    assert np.isnan(unknown.direct).all()
    assert np.isnan(unknown.dollar_delta).all()


def test_an_option_without_facts_has_no_volatility() -> None:
    scene = scene_of(at_market(), FALL)
    no_facts = scene.facts.rows(np.flatnonzero(scene.facts.instrument_id == PUT.id))
    made = assess_instruments(
        scene.frame,
        scene.at,
        facts=no_facts,
        options=scene.options,
        factors=scene.factors,
        betas=betas_of(scene.told, scene.factors),
        scenarios=scene.arranged,
        allow_estimates=True,
    )
    assert np.isnan(made.direct[:, 0]).tolist() == [False, True, False]
    assert Reason(int(made.reasons[1])) == Reason.NO_VOLATILITY


def test_index_options_move_with_their_forward_which_a_yield_leaves_alone() -> None:
    """An index at 20 whose forward is 22, beta -4; European, quoted by the book at 90 % volatility."""
    vix = index(1, "VIX")
    years = 50 / 365
    pair = [european(30 + at, vix, right, 22.0, LATER) for at, right in enumerate((Right.CALL, Right.PUT))]
    numbers = {"forward": 22.0, "strike": 22.0, "years": years, "rate": 0.05, "volatility": 0.9}
    quotes = {each: black(**numbers, is_call=at == 0)["price"] for at, each in enumerate(pair)}  # type: ignore[arg-type]
    scene = scene_of(
        {1: Told(loading=(-4.0,), yield_beta=0.0)},
        scenario("fall", shocks={"Market": -0.1}),
        RATES,
        instruments=(vix, *pair),
        prices={vix: 20.0, **quotes},
    )
    moved = 0.9**-4
    par = 2.0 * (np.exp(0.025) - 1.0)
    higher = 2.0 * np.log1p((par + 0.01) / 2.0)
    for at, each in enumerate(pair):
        risk = scene.one_share(each)
        there = black(**(numbers | {"forward": 22.0 * moved, "volatility": 1.0}), is_call=at == 0)["price"]  # type: ignore[arg-type]
        assert risk.direct[0, 0] == pytest.approx(there - quotes[each], abs=1e-9)
        assert risk.direct[0, 1] == pytest.approx(quotes[each] * np.expm1((0.05 - higher) * years), abs=1e-9)


def test_shipped_scenarios_leave_nothing_missing_where_all_is_known() -> None:
    slopes = (0.9, 1.1, 1.2, 1.0, 1.1, 0.7)
    told = {ABC.id: Told(loading=(1.1, 0.2, -0.3, 0.1, 0.0, 0.4, -0.2), yield_beta=-2.0)}
    scene = scene_of(told, *shipped_scenarios(), slopes=slopes)
    for held in (ABC, CALL, PUT):
        risk = scene.one_share(held)
        assert np.isfinite(risk.direct).all()
        assert np.isfinite(risk.correlated).all()
        assert reasons_of(risk) == Reason.NONE


# Company


def test_an_instrument_s_bits_depend_on_no_other_instrument_and_no_other_scenario() -> None:
    """So that a result made for one portfolio on demand is that of the night."""
    others = tuple(stock(40 + at) for at in range(5))
    far = tuple(option(60 + at, others[at], right=Right.PUT, strike=90 + 7 * at, expiry=LATER) for at in range(5))
    told = at_market(1.3, yield_beta=-3.0) | {
        each.id: Told(loading=(0.1 * each.id, 0.3), yield_beta=-0.1 * each.id) for each in others
    }
    prices = {each: 5.0 + at for at, each in enumerate(far)}
    scenarios = (FALL, RATES, scenario("v", shocks={"Value": 0.1, "Market": 0.2}))
    small = scene_of(told, *scenarios)
    large = scene_of(told, *scenarios, instruments=(ABC, CALL, PUT, *others, *far), prices=prices)
    alone = scene_of(told, scenarios[2])
    for held in (ABC, CALL, PUT):
        here, there, single = (each.one_share(held) for each in (small, large, alone))
        for name in ("dollar_delta", "loading", "yield_beta", "direct", "correlated", "reasons", "yield_reasons"):
            np.testing.assert_array_equal(getattr(here, name), getattr(there, name), name)
        np.testing.assert_array_equal(single.direct, here.direct[:, 2:])
        np.testing.assert_array_equal(single.correlated, here.correlated[:, 2:])


@settings(EXAMPLES, max_examples=15)
@given(scenes(books=3, most=4))
def test_a_book_assessed_alone_has_the_bits_of_the_night(scene: Scene) -> None:
    for at, book in enumerate(scene.world.portfolios):
        alone = Scene(with_books(scene.world, book), scene.factors, scene.told, scene.scenarios)
        if _same_volatilities(scene, alone):  # a smile needs the other contracts, which the service always loads
            assert bits(alone.exposures()[0]) == bits(scene.exposures()[at])
            assert bits(alone.results()[0]) == bits(scene.results()[at])


def _same_volatilities(scene: Scene, alone: Scene) -> bool:
    there = dict(zip(scene.facts.instrument_id.tolist(), scene.facts.volatility.tolist(), strict=True))
    ids, own = alone.facts.instrument_id.tolist(), alone.facts.volatility
    return bool(np.array_equal(own, np.array([there[each] for each in ids]), equal_nan=True))
