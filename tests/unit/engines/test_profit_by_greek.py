"""P&L by Greek: what each step brings, that the parts and the residual are the whole, and how small the residual is."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import OptionInputs
from sigmasight.engines.european import price_european, value_european
from sigmasight.engines.profit_by_greek import GreekProfit, explain_by_greek

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
PARTS = ("delta", "gamma", "vega", "theta", "rho")
positions = arrays(np.float64, (9, 5), elements=st.integers(-1_000, 1_000).map(lambda size: size / 8))
holes = arrays(np.bool_, (9, 5), elements=st.booleans())


def explain(
    *,
    pnl: float = 0.0,
    delta: float = 0.0,
    gamma: float = 0.0,
    theta_per_day: float = 0.0,
    vega_per_point: float = 0.0,
    rho_per_percent: float = 0.0,
    spot_change: float = 0.0,
    volatility_change: float = 0.0,
    rate_change: float = 0.0,
    days: float = 1.0,
) -> dict[str, float]:
    """One position."""
    found = explain_by_greek(
        pnl=np.array([pnl]),
        delta=np.array([delta]),
        gamma=np.array([gamma]),
        theta_per_day=np.array([theta_per_day]),
        vega_per_point=np.array([vega_per_point]),
        rho_per_percent=np.array([rho_per_percent]),
        spot_change=np.array([spot_change]),
        volatility_change=np.array([volatility_change]),
        rate_change=np.array([rate_change]),
        days=days,
    )
    return {name: float(getattr(found, name)[0]) for name in (*PARTS, "residual")}


def explain_rows(rows: FloatArray, days: float = 3.0) -> GreekProfit:
    """P positions, whose nine numbers are the rows."""
    pnl, delta, gamma, theta, vega, rho, spot, volatility, rate = rows
    return explain_by_greek(
        pnl=pnl,
        delta=delta,
        gamma=gamma,
        theta_per_day=theta,
        vega_per_point=vega,
        rho_per_percent=rho,
        spot_change=spot,
        volatility_change=volatility,
        rate_change=rate,
        days=days,
    )


# By hand


def test_a_share_is_all_delta() -> None:
    """100 of them fall by 2.50."""
    found = explain(pnl=-250.0, delta=100.0, spot_change=-2.5, rate_change=0.001, volatility_change=NAN)
    assert found == {"delta": -250.0, "gamma": 0.0, "vega": 0.0, "theta": 0.0, "rho": 0.0, "residual": 0.0}


def test_a_call_over_a_weekend_by_hand() -> None:
    """Ten contracts; the stock rises by 2, volatility falls by 1.5 points, the rate rises by 0.1 %."""
    found = explain(
        pnl=980.0,
        delta=550.0,
        gamma=30.0,
        theta_per_day=-45.0,
        vega_per_point=110.0,
        rho_per_percent=60.0,
        spot_change=2.0,
        volatility_change=-0.015,
        rate_change=0.001,
        days=3.0,
    )
    assert found == pytest.approx(
        {"delta": 1_100.0, "gamma": 60.0, "vega": -165.0, "theta": -135.0, "rho": 6.0, "residual": 114.0}, rel=1e-12
    )


def test_gamma_gains_whichever_way_the_spot_goes() -> None:
    up, down = (explain(gamma=30.0, spot_change=change) for change in (2.0, -2.0))
    assert up["gamma"] == down["gamma"] == 60.0


# The whole


@EXAMPLES
@given(rows=positions, holes=holes)
def test_parts_that_are_known_and_the_residual_are_the_whole(rows: FloatArray, holes: FloatArray) -> None:
    rows = np.where(holes, NAN, rows)
    rows[0] = np.nan_to_num(rows[0])
    found = explain_rows(rows)
    parts = np.array([getattr(found, name) for name in PARTS])
    whole = np.nansum(parts, axis=0) + found.residual
    size = np.nansum(np.abs(parts), axis=0) + np.abs(rows[0])
    assert (np.abs(whole - rows[0]) <= 1e-14 * size).all()


@EXAMPLES
@given(rows=positions, size=st.sampled_from([-1.0, 0.25, 7.0]))
def test_so_many_positions_have_so_many_times_each_part(rows: FloatArray, size: float) -> None:
    scaled = rows.copy()
    scaled[:6] *= size
    for many, once in zip(astuple(explain_rows(scaled)), astuple(explain_rows(rows)), strict=True):
        np.testing.assert_allclose(many, size * once, rtol=1e-12, atol=1e-8)


@EXAMPLES
@given(rows=positions)
def test_a_position_is_explained_as_if_alone(rows: FloatArray) -> None:
    for name in (*PARTS, "residual"):
        whole = getattr(explain_rows(rows), name)
        for at in range(5):
            assert getattr(explain_rows(rows[:, [at]]), name)[0] == whole[at]


# What is missing


@pytest.mark.parametrize(("change", "part"), [("volatility_change", "vega"), ("rate_change", "rho")])
def test_a_change_that_is_not_known_is_left_to_the_residual(change: str, part: str) -> None:
    numbers = {"pnl": 100.0, "delta": 40.0, "vega_per_point": 5.0, "rho_per_percent": 3.0, "spot_change": 2.0}
    found = explain(**(numbers | {"volatility_change": 0.01, "rate_change": 0.01} | {change: NAN}))
    assert np.isnan(found.pop(part))
    assert sum(found.values()) == pytest.approx(100.0, rel=1e-14)
    assert found["delta"] == 80.0


def test_what_does_not_react_does_not_mind_what_is_not_known() -> None:
    found = explain(pnl=5.0, delta=5.0, spot_change=1.0, volatility_change=NAN, rate_change=NAN, days=NAN)
    assert found == {"delta": 5.0, "gamma": 0.0, "vega": 0.0, "theta": 0.0, "rho": 0.0, "residual": 0.0}


def test_without_a_pnl_there_is_no_part_and_no_residual() -> None:
    found = explain(pnl=NAN, delta=5.0, spot_change=2.0, theta_per_day=-1.0)
    assert np.isnan(found["residual"])
    assert np.isnan([found["delta"], found["theta"]]).all()


def test_without_greeks_all_is_residual() -> None:
    found = explain_rows(np.concatenate([np.full((1, 2), 9.0), np.full((5, 2), NAN), np.ones((3, 2))]))
    assert found.residual.tolist() == [9.0, 9.0]
    assert np.isnan([getattr(found, name) for name in PARTS]).all()


def test_no_positions() -> None:
    found = explain_rows(np.empty((9, 0)))
    assert [len(part) for part in astuple(found)] == [0] * 6


# How small the residual is

OPTIONS = OptionInputs(
    spot=np.array([100.0, 100.0, 100.0]),
    strike=np.array([90.0, 94.0, 120.0]),
    tau_years=np.array([0.5, 0.25, 1.0]),
    rate=np.array([0.03, 0.03, 0.03]),
    dividend_yield=np.array([0.0, 0.01, 0.02]),
    volatility=np.array([0.2, 0.3, 0.25]),
    is_call=np.array([True, False, True]),
)


def residual_of(*, spot: float = 0.0, volatility: float = 0.0, rate: float = 0.0, days: float = 0.0) -> FloatArray:
    """Of real options: what the Greeks do not explain of a move."""
    before = value_european(OPTIONS)
    after = replace(
        OPTIONS,
        spot=OPTIONS.spot + spot,
        volatility=OPTIONS.volatility + volatility,
        rate=OPTIONS.rate + rate,
        tau_years=OPTIONS.tau_years - days / 365,
    )
    return explain_by_greek(
        pnl=price_european(after) - before.price,
        delta=before.delta,
        gamma=before.gamma,
        theta_per_day=before.theta / 365,
        vega_per_point=before.vega / 100,
        rho_per_percent=before.rho / 100,
        spot_change=np.full(3, spot),
        volatility_change=np.full(3, volatility),
        rate_change=np.full(3, rate),
        days=days,
    ).residual


@pytest.mark.parametrize(
    ("move", "order"),
    [({"spot": 0.5}, 3), ({"spot": -0.5}, 3), ({"volatility": 0.01}, 2), ({"rate": 0.002}, 2), ({"days": 1.0}, 2)],
)
def test_half_the_move_leaves_an_eighth_of_the_spots_residual_and_a_quarter_of_the_others(
    move: dict[str, float], order: int
) -> None:
    """Second order in the spot and first in the rest, so the units of all five fit."""
    whole = residual_of(**move)
    half = residual_of(**{name: size / 2 for name, size in move.items()})
    assert (np.abs(whole) > 1e-9).all()
    np.testing.assert_allclose(whole / half, 2.0**order, rtol=0.1)
