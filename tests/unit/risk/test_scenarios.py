"""Scenarios as arrays: what they shock, what follows, what volatilities do, how far from the ordinary they are."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.factors import FACTORS, RATE_TENORS
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Basis, Scenario
from sigmasight.engines.plausibility import Plausibility
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.risk.factor_facts import FactorWindow, describe_factors, open_window
from sigmasight.risk.return_panel import ReturnPanel
from sigmasight.risk.scenarios import ScenarioSet, arrange_scenarios, judge_scenarios
from unit.risk.risk_worlds import NAN, factor_set, scenario

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
THREE = factor_set(
    slopes=(0.9, 1.2),
    covariance=1e-6 * np.array([[100.0, 0.0, 0.0], [0.0, 9.0, -6.0], [0.0, -6.0, 16.0]]),
    market_yield_slope=4.0,
)
ACTIVE = tuple(factor for factor in FACTORS if factor.active)


def arrange(*scenarios: Scenario, yield_slope: float = 4.0) -> ScenarioSet:
    return arrange_scenarios(scenarios, replace(THREE, market_yield_slope=np.full(4, yield_slope)))


def coordinates(
    shocks: Mapping[str, float], *, basis: Basis = Basis.RELATIVE, yield_slope: float = 4.0
) -> tuple[list[float], list[float]]:
    """Direct and correlated, of the market and two styles."""
    found = arrange(scenario(shocks=shocks, basis=basis), yield_slope=yield_slope).response
    return found.direct[0].tolist(), found.correlated[0].tolist()


# What is shocked


def test_a_market_shock_is_its_logarithm_and_drags_nothing() -> None:
    direct, correlated = coordinates({"Market": -0.10})
    assert direct == correlated == [np.log1p(-0.1), 0.0, 0.0]


def test_a_style_shock_is_beyond_the_market_and_drags_the_other_styles_alone() -> None:
    """Covariance -6, variance 9: the other style follows by -2/3."""
    direct, correlated = coordinates({"Value": 0.20})
    assert direct == [0.0, np.log1p(0.2), 0.0]
    np.testing.assert_allclose(correlated, [0.0, np.log1p(0.2), -2 / 3 * np.log1p(0.2)], rtol=1e-13)


def test_a_total_style_shock_is_what_is_left_of_it_beyond_the_market() -> None:
    shocks = {"Market": -0.20, "Value": -0.30}
    left = np.log(0.7) - 0.9 * np.log(0.8)
    direct, correlated = coordinates(shocks, basis=Basis.TOTAL)
    np.testing.assert_allclose(direct, [np.log(0.8), left, 0.0], rtol=1e-13)
    np.testing.assert_allclose(correlated, [np.log(0.8), left, -2 / 3 * left], rtol=1e-12)
    assert coordinates(shocks)[0] == [np.log1p(-0.2), np.log1p(-0.3), 0.0]


@pytest.mark.parametrize("basis", Basis)
def test_where_the_market_is_not_shocked_both_readings_are_the_same(basis: Basis) -> None:
    assert coordinates({"Growth": -0.4}, basis=basis) == coordinates({"Growth": -0.4})


def test_a_yield_moves_no_factor_directly_and_the_market_by_its_slope_in_the_second_number() -> None:
    direct, correlated = coordinates({"10Y": 0.01})
    assert direct == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(correlated, [np.log(1.04), 0.0, 0.0], rtol=1e-13)
    shocked = coordinates({"10Y": 0.01, "Market": -0.1})
    assert shocked[0] == shocked[1] == [np.log1p(-0.1), 0.0, 0.0]


@pytest.mark.parametrize("slope", [NAN, -150.0])
def test_where_the_market_s_slope_is_not_known_or_takes_more_than_all_the_second_number_is_missing(
    slope: float,
) -> None:
    direct, correlated = coordinates({"10Y": 0.01}, yield_slope=slope)
    assert direct == [0.0, 0.0, 0.0]
    assert np.isnan(correlated[0])
    assert not np.isnan(coordinates({"Market": 0.1}, yield_slope=slope)).any()


@pytest.mark.parametrize("tenor", RATE_TENORS)
def test_each_tenor_has_its_own_slope_and_place(tenor: str) -> None:
    factors = replace(THREE, market_yield_slope=np.array([1.0, 2.0, 3.0, 5.0]))
    found = arrange_scenarios([scenario(shocks={tenor: 0.01})], factors)
    at = RATE_TENORS.index(tenor)
    assert found.tenor.tolist() == [at]
    assert found.yield_change.tolist() == [0.01]
    assert found.response.correlated[0, 0] == pytest.approx(np.log1p(0.01 * (1.0, 2.0, 3.0, 5.0)[at]), rel=1e-12)


def test_without_a_yield_no_yield_changes() -> None:
    found = arrange(scenario(shocks={"Market": -0.1}), scenario("r", shocks={"3M": -0.02}))
    assert found.yield_change.tolist() == [0.0, -0.02]
    assert found.ids == ("s", "r")


@pytest.mark.parametrize("others", [{}, {"Market": -0.1}, {"10Y": 0.01}, {"Value": 0.1}])
def test_who_shocks_what_is_no_active_factor_has_no_result(others: dict[str, float]) -> None:
    found = arrange(scenario(shocks={**others, "Short Interest": -0.2}), scenario("m", shocks={"Market": -0.1}))
    assert np.isnan(found.response.direct).tolist() == [[True] * 3, [False] * 3]
    assert np.isnan(found.response.correlated).tolist() == [[True] * 3, [False] * 3]
    assert np.isnan(found.volatility_changes(found.response.direct)).tolist() == [True, False]


def test_a_style_of_which_nothing_is_known_drags_nothing_and_is_not_dragged() -> None:
    factors = factor_set(slopes=(0.9, 1.2), covariance=THREE.covariance, unusable=(2,))
    found = arrange_scenarios(
        [scenario("v", shocks={"Value": 0.2}), scenario("g", shocks={"Growth": 0.2})], factors
    ).response
    assert found.correlated[0].tolist() == [0.0, np.log1p(0.2), 0.0]
    assert np.isnan(found.correlated[1, 1])


def test_no_scenario_is_no_row() -> None:
    found = arrange()
    assert found.ids == ()
    assert found.response.direct.shape == found.response.correlated.shape == (0, 3)
    assert found.volatility_changes(found.response.direct).shape == (0,)


def test_all_that_is_shipped_can_be_arranged_on_the_seven_factors() -> None:
    factors = factor_set(slopes=(0.9, 1.1, 1.2, 1.0, 1.1, 0.7), market_yield_slope=2.0)
    every = (*MARKET_RISK_SCENARIOS, *shipped_scenarios(), *shipped_replays())
    found = arrange_scenarios(every, factors)
    assert np.isfinite(found.response.direct).all()
    assert np.isfinite(found.response.correlated).all()
    assert found.ids == tuple(each.id for each in every)
    named = dict(zip(found.ids, range(len(every)), strict=True))
    for size, name in ((-0.1, "market_down_10"), (0.1, "market_up_10")):
        both = [at for at, each in enumerate(every) if each.id == name]
        assert len(both) == 2  # the market scenario and the stress test of one name have the same numbers
        assert {found.response.direct[at, 0] for at in both} == {np.log1p(size)}
    assert found.response.direct[named["vix_spike_150"], 0] == np.log1p(-0.15)


@pytest.mark.parametrize(
    ("shocks", "unusable", "yield_slope", "why"),
    [
        ({"Market": -0.1}, (), 4.0, Reason.NONE),
        ({"10Y": 0.01}, (), 4.0, Reason.NONE),
        ({"10Y": 0.01}, (), NAN, Reason.NO_RATE),
        ({"10Y": 0.0}, (), NAN, Reason.NONE),
        ({"10Y": 0.01, "Market": -0.1}, (), NAN, Reason.NONE),
        ({"Market": -0.1}, (1,), NAN, Reason.NONE),
        ({"Value": -0.1}, (1,), 4.0, Reason.NO_HISTORY),
        ({"Market": -0.1}, (0, 1, 2), NAN, Reason.NO_HISTORY),
        ({"10Y": 0.01}, (0, 1, 2), NAN, Reason.NO_HISTORY),
        ({"Ghost": -0.1}, (), 4.0, Reason.NOT_MODELLED),
        ({"Ghost": -0.1, "10Y": 0.01}, (), NAN, Reason.NOT_MODELLED | Reason.NO_RATE),
    ],
)
def test_a_scenario_says_itself_what_nothing_tells(
    shocks: dict[str, float], unusable: tuple[int, ...], yield_slope: float, why: Reason
) -> None:
    factors = factor_set(slopes=(0.9, 1.2), market_yield_slope=yield_slope, unusable=unusable)
    found = arrange_scenarios([scenario(shocks=shocks)], factors)
    assert Reason(int(found.reasons[0])) == why


def test_where_the_market_s_slope_takes_more_than_all_there_is_a_reason() -> None:
    """A slope of -6 and +20 points, the most that a scenario may shock: 1 - 1.2."""
    found = arrange(scenario(shocks={"10Y": 0.2}), yield_slope=-6.0)
    assert np.isnan(found.response.correlated[0, 0])
    assert found.reasons[0] & int(BLOCKING)


# Volatilities


@pytest.mark.parametrize(
    ("shocks", "given", "expected"),
    [
        ({"Market": -0.10}, None, 0.10),
        ({"Market": -0.35}, None, 0.35),
        ({"Market": 0.25}, None, 0.0),
        ({"Value": -0.30}, None, 0.0),
        ({"10Y": 0.01}, None, 0.0),
        ({"Market": -0.10}, 0.0, 0.0),
        ({"Market": -0.10}, -0.05, -0.05),
        ({"Market": 0.25}, 0.30, 0.30),
        ({"Value": 0.1}, 0.30, 0.30),
    ],
)
def test_volatilities_rise_a_point_for_each_per_cent_of_fall_unless_the_scenario_says_so(
    shocks: dict[str, float], given: float | None, expected: float
) -> None:
    found = arrange(scenario(shocks=shocks, volatility_change=given))
    assert found.volatility_changes(found.response.direct)[0] == pytest.approx(expected, abs=1e-15)


def test_a_market_that_falls_with_yields_raises_volatilities_in_the_second_number() -> None:
    found = arrange(scenario(shocks={"10Y": -0.01}), scenario("up", shocks={"10Y": 0.01}))
    np.testing.assert_allclose(found.volatility_changes(found.response.direct), [0.0, 0.0], atol=1e-16)
    np.testing.assert_allclose(found.volatility_changes(found.response.correlated), [0.04, 0.0], atol=1e-15)


# How far from the ordinary


def market_window(seed: int = 0, *, sessions: int = 252, yield_noise: float = 0.0006) -> FactorWindow:
    """Returns of the seven factors with the market's volatility at 1 % a day."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0003, 0.01, sessions + 1)
    factors = market[:, None] * np.linspace(1.0, 0.7, 7) + rng.normal(0, 0.004, (sessions + 1, 7)) * (np.arange(7) > 0)
    days = np.busday_offset("2024-03-01", np.arange(sessions + 1), roll="forward")
    yields = 0.04 + np.cumsum(rng.normal(0.0, yield_noise, (sessions + 2, 4)), axis=0)
    ids = {factor.proxies[0].symbol: at for at, factor in enumerate(ACTIVE)}
    return open_window(
        ReturnPanel(np.arange(7), days, factors), yields, market=Market.LIVE, factors=ACTIVE, proxy_ids=ids
    )


def judged(window: FactorWindow, *scenarios: Scenario) -> Plausibility:
    return judge_scenarios(arrange_scenarios(scenarios, describe_factors(window)), window)


def by_hand(moves: FloatArray, shock: FloatArray) -> tuple[float, float]:
    """Distance against 21 sessions' covariance; and of all 21 sessions in a row, the share that went further."""
    inverse = np.linalg.inv(21.0 * np.cov(moves, rowvar=False).reshape(len(shock), -1))
    distance = np.sqrt(shock @ inverse @ shock)
    windows = [moves[at : at + 21].sum(axis=0) for at in range(len(moves) - 20)]
    return float(distance), float(np.mean([np.sqrt(each @ inverse @ each) > distance for each in windows]))


def test_a_market_shock_is_held_against_the_market_s_own_months() -> None:
    window = market_window()
    found = judged(window, scenario(shocks={"Market": -0.10}))
    expected = by_hand(np.log1p(window.returns[:, :1]), np.array([np.log(0.9)]))
    assert (found.distance[0], found.share_beyond[0]) == pytest.approx(expected, rel=1e-9)


def test_a_style_and_a_yield_are_held_against_their_months_together() -> None:
    window = market_window()
    moves = np.column_stack([window.basis.returns[:, 1], window.yield_changes[:, 2]])
    found = judged(window, scenario(shocks={"Value": -0.03, "10Y": 0.004}))
    expected = by_hand(moves, np.array([np.log(0.97), 0.004]))
    assert (found.distance[0], found.share_beyond[0]) == pytest.approx(expected, rel=1e-9)


def test_a_total_shock_is_judged_by_what_it_is_beyond_the_market() -> None:
    window = market_window()
    slope = float(describe_factors(window).market_slopes[1])
    like = scenario("like", shocks={"Market": -0.1, "Value": float(np.exp(np.log(0.85) - slope * np.log(0.9)) - 1.0)})
    found = judged(window, scenario(shocks={"Market": -0.1, "Value": -0.15}, basis=Basis.TOTAL), like)
    assert found.distance[0] == pytest.approx(found.distance[1], rel=1e-9)


def test_an_ordinary_month_is_usual_and_a_crash_outside_anything() -> None:
    found = judged(
        market_window(),
        scenario("month", shocks={"Market": -0.03}),
        scenario("crash", shocks={"Market": -0.45}),
        scenario("rates", shocks={"10Y": 0.002}),
        scenario("spike", shocks={"10Y": 0.03}),
    )
    assert found.share_beyond[0] > 0.3
    assert found.share_beyond[2] > 0.3
    assert found.share_beyond[[1, 3]].tolist() == [0.0, 0.0]
    assert found.distance[0] < 1.0
    assert found.distance[1] > 5.0


@EXAMPLES
@given(
    seed=st.integers(0, 999),
    market=st.none() | st.floats(-0.9, 1.0),
    style=st.none() | st.floats(-0.9, 1.0),
    change=st.none() | st.floats(-0.05, 0.05),
)
def test_shares_are_shares_and_what_is_not_shocked_does_not_matter(
    seed: int, market: float | None, style: float | None, change: float | None
) -> None:
    told = {"Market": market, "Quality": style, "30Y": change}
    shocks = {name: size for name, size in told.items() if size is not None}
    window = market_window(seed)
    found = judged(window, scenario(shocks=shocks), scenario("other", shocks={"Size": 0.5}))
    alone = judged(window, scenario(shocks=shocks))
    assert found.distance[0] == alone.distance[0] or not shocks
    if shocks:
        assert 0.0 <= found.share_beyond[0] <= 1.0
        assert found.distance[0] >= 0.0
    else:
        assert np.isnan(found.distance[0])
        assert np.isnan(found.share_beyond[0])


def test_what_cannot_be_worked_out_is_not_judged() -> None:
    window = market_window()
    found = judged(window, scenario(shocks={"Market": -0.1, "Ghost": 0.1}), scenario("m", shocks={"Market": -0.1}))
    assert np.isnan(found.distance).tolist() == [True, False]
    assert np.isnan(found.share_beyond).tolist() == [True, False]


def test_a_scenario_with_a_yield_and_what_is_no_factor_is_not_judged_either() -> None:
    found = judged(market_window(), scenario(shocks={"10Y": 0.01, "Ghost": 0.1}))
    assert np.isnan(found.distance[0])


def test_a_yield_that_nobody_knows_is_not_judged_and_the_others_are() -> None:
    window = market_window()
    changes = window.yield_changes.copy()
    changes[:, 1] = NAN
    blind = replace(window, yield_changes=changes)
    found = judged(blind, scenario(shocks={"2Y": 0.01}), scenario("ten", shocks={"10Y": 0.01}))
    assert np.isnan(found.distance).tolist() == [True, False]
    assert found.distance[1] == judged(window, scenario("ten", shocks={"10Y": 0.01})).distance[0]
