"""The textbook's exposures and stress tests of books, by a plain loop; clipped, and missing only where needed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.factor_facts import TENORS, FactorSet
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import FloatArray, Market
from sigmasight.engines.classic_stress import ClassicStress
from sigmasight.risk.classic_factors import (
    LARGEST_BETA,
    ClassicBetas,
    estimate_classic_betas,
    expose_classically,
    stress_classic,
)
from sigmasight.risk.factor_facts import open_window
from sigmasight.risk.return_panel import ReturnPanel
from support.books import SPRING, World, april, cash, closes, holding, option, portfolio, stock
from unit.risk.risk_strategies import SHARES, scenes
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, factor_set, near, scenario

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
ACTIVE = tuple(factor for factor in FACTORS if factor.active)
LONG, SHORT = portfolio("long"), portfolio("short")
ABC, DEF = stock(3, "ABC"), stock(8, "DEF")
PUT = option(20, DEF, right=Right.PUT, strike=95, expiry=april(30))
CORRELATION = np.array([[1.0, 0.98, -0.3], [0.98, 1.0, 0.2], [-0.3, 0.2, 1.0]])
SCENARIOS = (
    scenario("fall", shocks={"Market": -0.10}),
    scenario("two", shocks={"Market": -0.20, "Growth": 0.10}),
    scenario("rates", shocks={"10Y": 0.01}),
    scenario("short", shocks={"2Y": -0.005, "Value": 0.1}),
)


def known(
    univariate: Sequence[Sequence[float]], yield_beta: Sequence[float] | FloatArray, ids: Sequence[int] = (3, 8)
) -> ClassicBetas:
    """Betas on one factor at a time, and on each yield alone."""
    alone = np.array(univariate, dtype=np.float64)
    by_yield = np.array(yield_beta, dtype=np.float64)
    return ClassicBetas(
        instrument_id=np.array(ids),
        loading=alone,
        raw=alone,
        capped=np.zeros(alone.shape, dtype=np.bool_),
        univariate=alone,
        yield_beta=np.repeat(by_yield[:, None], TENORS, axis=1) if by_yield.ndim == 1 else by_yield,
        n_obs=np.full(len(alone), 252),
    )


def scene_of(*, factors: FactorSet | None = None, told: dict[int, Told] | None = None, nav_cash: float = 1e5) -> Scene:
    """100 ABC at 50 long, and 40 DEF at 100 short with two sold puts on it."""
    positions = (
        holding(LONG, ABC, 100, entry_price=50, held_from=april(2), brought_in=True),
        holding(SHORT, DEF, -40, entry_price=100, held_from=april(2), brought_in=True),
        holding(SHORT, PUT, -2, entry_price=1, held_from=april(2), brought_in=True),
        holding(SHORT, ABC, 10, entry_price=50, held_from=april(2), brought_in=True),
    )
    world = World(
        calendar=SPRING,
        instruments=(ABC, DEF, PUT),
        prices=closes(ABC, {TODAY: 50}) | closes(DEF, {TODAY: 100}) | closes(PUT, {TODAY: 2.5}),
        portfolios=(LONG, SHORT),
        positions=positions,
        statements=tuple(cash(book, april(2), nav_cash) for book in (LONG, SHORT)),
    )
    usual = factor_set(slopes=(0.9, 1.1), correlation=CORRELATION, market_yield_slope=2.0)
    everything = {each.id: Told(loading=(1.0,), yield_beta=-1.0) for each in (ABC, DEF)}
    return Scene(world, factors or usual, everything if told is None else told, SCENARIOS)


BETAS = known([[1.1, 0.8, -0.2], [1.6, 1.2, 0.5]], [-2.0, 3.0])


def exposures_by_loop(scene: Scene, beta: FloatArray) -> list[list[float]]:
    """Dollar deltas times betas, position by position."""
    delta = float(scene.facts.delta[scene.facts.instrument_id.tolist().index(PUT.id)])
    of_long = 100 * 50 * beta[0]
    of_short = (-40 * 100 - 200 * delta * 100) * beta[1] + 10 * 50 * beta[0]
    return [of_long.tolist(), of_short.tolist()]


def test_exposures_are_dollar_deltas_times_betas() -> None:
    scene = scene_of()
    found = expose_classically(scene.held, scene.assessed, BETAS.univariate, BETAS.instrument_id)
    np.testing.assert_allclose(found, exposures_by_loop(scene, BETAS.univariate), rtol=1e-12)


def test_ids_of_more_than_what_is_held_do_no_harm() -> None:
    scene = scene_of()
    wider = known([[9.0] * 3, *BETAS.univariate.tolist(), [NAN] * 3], [9.0, -2.0, 3.0, NAN], ids=(1, 3, 8, 99))
    found = expose_classically(scene.held, scene.assessed, wider.univariate, wider.instrument_id)
    np.testing.assert_array_equal(
        found, expose_classically(scene.held, scene.assessed, BETAS.univariate, BETAS.instrument_id)
    )


def test_stress_is_that_of_a_plain_loop() -> None:
    """Direct: exposure x shock. Correlated: factors move by capped correlation x shock; yields by themselves."""
    scene = scene_of()
    found = stress_classic(scene.held, scene.assessed, BETAS, scene.factors)
    exposure = exposures_by_loop(scene, BETAS.univariate)
    by_yield = exposures_by_loop(scene, BETAS.yield_beta[:, :1])
    capped = [[1.0, 0.95, -0.3], [0.95, 1.0, 0.2], [-0.3, 0.2, 1.0]]
    names = scene.factors.names
    for book in range(2):
        for at, each in enumerate(SCENARIOS):
            direct = correlated = 0.0
            for shock in each.shocks:
                if shock.factor in names:
                    row = names.index(shock.factor)
                    direct += exposure[book][row] * shock.size
                    correlated += sum(exposure[book][to] * capped[row][to] * shock.size for to in range(3))
                else:
                    direct += by_yield[book][0] * shock.size
                    correlated += by_yield[book][0] * shock.size
            assert found.direct[book, at] == pytest.approx(direct, rel=1e-11)
            assert found.correlated[book, at] == pytest.approx(correlated, rel=1e-11)
    np.testing.assert_array_equal(found.direct, found.direct_raw)
    np.testing.assert_array_equal(found.correlated, found.correlated_raw)


def test_each_yield_has_its_own_beta() -> None:
    scene = scene_of()
    by_tenor = known(BETAS.univariate, np.array([[-1.0, -2.0, -4.0, -8.0]] * 2))
    found = stress_classic(scene.held, scene.assessed, by_tenor, scene.factors)
    assert found.direct[0, 2] == pytest.approx(5000 * -4.0 * 0.01)
    assert found.direct[0, 3] == pytest.approx(5000 * (-2.0 * -0.005 + 0.8 * 0.1))


@pytest.mark.parametrize("value", [5100.0, 100.0])
def test_no_book_loses_more_than_99_per_cent_and_the_raw_loss_is_kept(value: float) -> None:
    scene = scene_of(nav_cash=value - 5000.0)
    assert scene.held.nav[0] == pytest.approx(value)
    found = stress_classic(scene.held, scene.assessed, known([[9.0] * 3] * 2, [0.0, 0.0]), scene.factors)
    lost = (-0.1 * 9 * 5000, (-0.2 + 0.1) * 9 * 5000)
    for at, raw in enumerate(lost):
        assert found.direct_raw[0, at] == pytest.approx(raw)
        assert found.direct[0, at] == pytest.approx(max(raw, -0.99 * value))
    assert (found.correlated[0] >= -0.99 * value - 1e-9).all()
    assert found.correlated_raw[0, 0] == pytest.approx(-0.1 * 9 * 5000 * (1 + 0.95 - 0.3))


@pytest.mark.parametrize("nav_cash", [-5000.0, -9000.0])
def test_where_there_is_no_value_nothing_is_clipped(nav_cash: float) -> None:
    scene = scene_of(nav_cash=nav_cash)
    found = stress_classic(scene.held, scene.assessed, known([[9.0] * 3] * 2, [0.0, 0.0]), scene.factors)
    assert found.direct[0, 0] == found.direct_raw[0, 0] == pytest.approx(-4500.0)


def missing(found: ClassicStress, book: int) -> list[list[bool]]:
    """Direct, then correlated; clipped and raw are missing together."""
    np.testing.assert_array_equal(np.isnan(found.direct), np.isnan(found.direct_raw))
    np.testing.assert_array_equal(np.isnan(found.correlated), np.isnan(found.correlated_raw))
    return [np.isnan(found.direct[book]).tolist(), np.isnan(found.correlated[book]).tolist()]


def test_an_exposure_that_is_not_known_costs_only_what_needs_it() -> None:
    """Of ABC alone nothing is known on Growth, nor on yields; the other book still has what DEF brings."""
    scene = scene_of()
    some = known([[1.1, 0.8, NAN], [1.6, 1.2, 0.5]], [NAN, 3.0])
    found = stress_classic(scene.held, scene.assessed, some, scene.factors)
    assert missing(found, 0) == [[False, True, True, True], [True, True, True, True]]
    assert missing(found, 1) == [[False] * 4] * 2
    whole = stress_classic(scene.held, scene.assessed, BETAS, scene.factors)
    assert found.direct[0, 0] == whole.direct[0, 0]


def test_a_factor_that_nothing_is_correlated_with_is_not_needed() -> None:
    factors = factor_set(slopes=(0.9, 1.1), correlation=np.eye(3), market_yield_slope=2.0)
    scene = scene_of(factors=factors)
    some = known([[1.1, NAN, NAN], [1.6, 1.2, 0.5]], [-2.0, 3.0])
    found = stress_classic(scene.held, scene.assessed, some, scene.factors)
    assert missing(found, 0) == [[False, True, False, True]] * 2


def test_a_book_of_which_nothing_is_known_has_no_result() -> None:
    scene = scene_of(told={DEF.id: Told(loading=(1.0,), yield_beta=-1.0)})
    assert missing(stress_classic(scene.held, scene.assessed, BETAS, scene.factors), 0) == [[True] * 4] * 2


@EXAMPLES
@given(scenes(), st.integers(0, 2**32 - 1))
def test_any_books_by_a_plain_loop(scene: Scene, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = sorted(each.id for each in SHARES)
    beta = np.where(rng.random((5, 3)) < 0.2, NAN, rng.normal(0.5, 1.0, (5, 3)))
    found = expose_classically(scene.held, scene.assessed, beta, np.array(ids))
    held, risk = scene.held, scene.assessed.risk
    parents = [each.underlying_id or each.id for each in scene.frame.instruments]
    for book in range(len(scene.world.portfolios)):
        mine = [at for at, owner in enumerate(held.portfolio.tolist()) if owner == book]
        for factor in range(3):
            parts = [
                float(held.shares[at] * risk.dollar_delta[held.row[at]])
                * float(beta[ids.index(parents[held.instrument[at]]), factor])
                for at in mine
            ]
            some = [part for part in parts if not np.isnan(part)]
            moving = [part for at, part in zip(mine, parts, strict=True) if not risk.inert[held.row[at]]]
            expected = NAN if moving and np.isnan(moving).all() else sum(some)
            assert near(found[book, factor], np.array(expected), 1e3 * (1 + sum(map(abs, some))))


# What is missing is not nothing


def test_who_shocks_what_is_no_active_factor_has_no_result() -> None:
    ghosts = (scenario("g", shocks={"Ghost": -0.2}), scenario("m", shocks={"Ghost": -0.2, "Market": -0.1}))
    scene = replace(scene_of(), scenarios=ghosts)
    assert np.isnan(scene.results()[0].direct).all()
    assert missing(stress_classic(scene.held, scene.assessed, BETAS, scene.factors), 0) == [[True, True]] * 2


def test_a_shock_of_a_factor_that_stands_still_has_no_correlated_result_either() -> None:
    related = CORRELATION.copy()
    related[2], related[:, 2] = NAN, NAN
    factors = factor_set(slopes=(0.9, 1.1), correlation=related, unusable=(2,), market_yield_slope=2.0)
    scene = replace(scene_of(factors=factors), scenarios=(scenario("g", shocks={"Growth": 0.1}),))
    some = known([[1.1, 0.8, NAN], [1.6, 1.2, NAN]], [-2.0, 3.0])
    assert missing(stress_classic(scene.held, scene.assessed, some, scene.factors), 0) == [[True], [True]]


def test_without_the_market_there_is_no_result() -> None:
    factors = factor_set(slopes=(0.9, 1.1), correlation=np.full((3, 3), NAN), unusable=(0, 1, 2))
    scene = scene_of(factors=factors, told={})
    found = stress_classic(scene.held, scene.assessed, known([[NAN, 0.8, 0.5]] * 2, [NAN, NAN]), scene.factors)
    assert missing(found, 0) == [[True] * 4] * 2


# Betas


def window_and_panel(symbols: FloatArray, factors: FloatArray) -> tuple[ClassicBetas, FloatArray]:
    count = len(factors)
    days = np.busday_offset("2024-03-01", np.arange(count), roll="forward")
    yields = 0.04 + np.cumsum(np.random.default_rng(2).normal(0, 0.0006, (count + 1, TENORS)), axis=0)
    ids = {factor.proxies[0].symbol: at for at, factor in enumerate(ACTIVE)}
    panel = ReturnPanel(np.arange(7 + symbols.shape[1]), days, np.column_stack([factors, symbols]))
    window = open_window(panel, yields, market=Market.LIVE, factors=ACTIVE, proxy_ids=ids)
    return estimate_classic_betas(window, panel, min_obs=60), window.yield_changes


def least_squares(y: FloatArray, x: FloatArray) -> FloatArray:
    known_at = ~(np.isnan(y) | np.isnan(x).any(axis=1))
    ones = np.ones(int(known_at.sum()))
    return np.asarray(np.linalg.lstsq(np.column_stack([ones, x[known_at]]), y[known_at], rcond=None)[0][1:])


def test_betas_are_ordinary_least_squares_together_and_one_at_a_time() -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (253, 1)) + rng.normal(0, 0.006, (253, 7))
    symbols = factors @ rng.normal(0.3, 0.5, (7, 2)) + rng.normal(0, 0.01, (253, 2))
    symbols[40:60, 1] = NAN
    found, changes = window_and_panel(symbols, factors)
    for at in range(2):
        y = symbols[1:, at]
        np.testing.assert_allclose(found.raw[7 + at], least_squares(y, factors[1:]), rtol=1e-9)
        for column in range(7):
            alone = least_squares(y, factors[1:, [column]])[0]
            assert found.univariate[7 + at, column] == pytest.approx(alone, rel=1e-9)
        for tenor in range(TENORS):
            alone = least_squares(y, changes[:, [tenor]])[0]
            assert found.yield_beta[7 + at, tenor] == pytest.approx(alone, rel=1e-9)
    assert found.n_obs[7:].tolist() == [252, 232]
    np.testing.assert_allclose(found.univariate[:7].diagonal(), np.ones(7), rtol=1e-12)


@pytest.mark.parametrize(("beta", "expected", "capped"), [(2.9, 2.9, False), (3.1, 3.0, True), (-4.0, -3.0, True)])
def test_betas_are_capped_at_three_and_the_raw_one_is_kept(beta: float, expected: float, *, capped: bool) -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (253, 1)) + rng.normal(0, 0.006, (253, 7))
    found, _ = window_and_panel(beta * factors[:, [3]], factors)
    assert found.raw[7, 3] == pytest.approx(beta, rel=1e-9)
    assert found.loading[7, 3] == pytest.approx(expected, rel=1e-9)
    assert found.capped[7].tolist() == [False] * 3 + [capped] + [False] * 3
    assert abs(found.loading).max() <= LARGEST_BETA
    assert found.univariate[7, 3] == pytest.approx(beta, rel=1e-9)


def test_few_sessions_and_no_returns_give_nothing() -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (253, 1)) + rng.normal(0, 0.006, (253, 7))
    symbols = rng.normal(0, 0.01, (253, 2))
    symbols[60:, 0], symbols[:, 1] = NAN, NAN
    found, _ = window_and_panel(symbols, factors)
    assert found.n_obs[7:].tolist() == [59, 0]
    for name in ("loading", "raw", "univariate", "yield_beta"):
        assert np.isnan(getattr(found, name)[7:]).all(), name
    assert not found.capped[7:].any()


def test_a_factor_without_any_price_costs_the_others_nothing() -> None:
    rng = np.random.default_rng(1)
    factors = rng.normal(0, 0.01, (253, 1)) + rng.normal(0, 0.006, (253, 7))
    symbols = factors @ rng.normal(0.3, 0.5, (7, 1)) + rng.normal(0, 0.01, (253, 1))
    factors[:, 5] = NAN
    found, _ = window_and_panel(symbols, factors)
    others = [0, 1, 2, 3, 4, 6]
    np.testing.assert_allclose(found.raw[7, others], least_squares(symbols[1:, 0], factors[1:, others]), rtol=1e-9)
    assert np.isnan([found.raw[7, 5], found.loading[7, 5], found.univariate[7, 5]]).all()
    assert found.n_obs[7] == 252
