"""The limits of option pricing: a number within its bounds, or a reason, and never a warning."""

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest

import sigmasight as ss

pytestmark = pytest.mark.xdist_group("limits")  # which are priced once

FIELDS = ("price", "delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
GREEKS = FIELDS[1:]
SECOND = 1 / 31_536_000
MINUTE = 60 * SECOND
DAY = 1 / 365
STYLES = ("american", "european")
USUAL = {
    "spot": 100.0,
    "strike": 105.0,
    "tau_years": 0.5,
    "rate": 0.04,
    "dividend_yield": 0.01,
    "volatility": 0.25,
    "is_call": True,
}
TRIFLE = 1e-12  # of what the number can be: rounding
Inputs = dict[str, np.ndarray]


def grid(**axes: list[float] | list[bool]) -> Inputs:
    """Every combination."""
    columns = zip(*itertools.product(*axes.values()), strict=True)
    return {name: np.array(column) for name, column in zip(axes, columns, strict=True)}


def extremes() -> Inputs:
    return grid(
        spot=[0.0, 1e-4, 60.0, 99.99, 100.0, 170.0, 1e8],
        strike=[100.0],
        tau_years=[SECOND, MINUTE, DAY, 0.25, 3.0],
        rate=[-0.2, -0.02, 0.0, 0.05, 0.2],
        dividend_yield=[-0.2, -0.02, 0.0, 0.05, 0.2],
        volatility=[0.0, 1e-6, 1e-4, 0.01, 0.3, 5.0],
        is_call=[True, False],
    )


def fewer(inputs: Inputs) -> Inputs:
    """Each seventh: every value of each axis with every value of the next ones."""
    return {name: column[::7] for name, column in inputs.items()}


def assert_everywhere(holds: np.ndarray, inputs: Inputs, values: ss.Greeks, what: str) -> None:
    """Or the first few where it doesn't, with all that is needed to see it again."""
    wrong = np.flatnonzero(~holds)
    lines = [
        ", ".join(f"{name}={column[at].item()!r}" for name, column in inputs.items())
        + " -> "
        + ", ".join(f"{name}={getattr(values, name)[at].item()!r}" for name in (*FIELDS, "status"))
        for at in wrong[:5]
    ]
    assert not wrong.size, "\n".join([f"{what}: not at {wrong.size} of {holds.size}", *lines])


class Bounds:
    """What no arbitrage allows."""

    def __init__(self, inputs: Inputs, style: str) -> None:
        self.american = style == "american"
        tau = np.maximum(inputs["tau_years"], 0)
        spot, strike = inputs["spot"], inputs["strike"]
        kept, discount = np.exp(-inputs["dividend_yield"] * tau), np.exp(-inputs["rate"] * tau)
        sign = np.where(inputs["is_call"], 1.0, -1.0)
        self.least = np.maximum(sign * (spot * kept - strike * discount), 0)
        self.steepest = kept
        self.most = np.where(inputs["is_call"], spot * kept, strike * discount)
        if self.american:
            self.least = np.maximum(self.least, sign * (spot - strike))
            self.steepest = np.maximum(kept, 1)
            self.most = np.where(inputs["is_call"], spot * self.steepest, strike * np.maximum(discount, 1))
        self.dollars = np.maximum(spot, strike) * np.maximum(np.maximum(kept, discount), 1)


@pytest.fixture(scope="module", params=STYLES)
def limits(request: pytest.FixtureRequest) -> tuple[Inputs, ss.Greeks, Bounds]:
    inputs = extremes()
    return inputs, ss.greeks(**inputs, style=request.param), Bounds(inputs, request.param)


Limits = tuple[Inputs, ss.Greeks, Bounds]


@pytest.mark.parametrize("field", FIELDS)
def test_every_number_is_finite(limits: Limits, field: str) -> None:
    inputs, values, _ = limits
    assert_everywhere(np.isfinite(getattr(values, field)), inputs, values, f"{field} is finite")


def test_no_option_has_no_status_but_ok_and_exercise(limits: Limits) -> None:
    inputs, values, _ = limits
    assert_everywhere(np.isin(values.status, ["ok", "exercise"]), inputs, values, "ok or exercise")


def test_no_price_is_negative(limits: Limits) -> None:
    inputs, values, _ = limits
    assert_everywhere(values.price >= 0, inputs, values, "price >= 0")


def test_no_price_is_an_arbitrage(limits: Limits) -> None:
    inputs, values, bounds = limits
    rounding = TRIFLE * bounds.dollars
    assert_everywhere(values.price >= bounds.least - rounding, inputs, values, "price >= least")
    assert_everywhere(values.price <= bounds.most + rounding, inputs, values, "price <= most")


def test_no_delta_is_steeper_than_what_is_delivered(limits: Limits) -> None:
    """One share, or with negative yields what it grows to by expiry; calls rise and puts fall."""
    inputs, values, bounds = limits
    with_sign = np.where(inputs["is_call"], 1, -1) * values.delta
    assert_everywhere(with_sign >= -TRIFLE, inputs, values, "calls rise, puts fall")
    assert_everywhere(with_sign <= bounds.steepest * (1 + TRIFLE), inputs, values, "delta <= one share")


@pytest.mark.parametrize("field", ["gamma", "vega_per_point"])
def test_neither_gamma_nor_vega_is_negative(limits: Limits, field: str) -> None:
    inputs, values, _ = limits
    assert_everywhere(getattr(values, field) >= 0, inputs, values, f"{field} >= 0")


def test_a_day_costs_no_more_than_the_option(limits: Limits) -> None:
    inputs, values, _ = limits
    assert_everywhere(np.abs(values.theta_per_day) <= values.price, inputs, values, "|theta| <= price")


def test_an_american_option_never_gains_by_waiting(limits: Limits) -> None:
    """With more time one can do all that one can with less: no theta is positive."""
    inputs, values, bounds = limits
    if bounds.american:
        gain = values.theta_per_day
        assert_everywhere(gain <= TRIFLE * bounds.dollars, inputs, values, "theta <= 0")


def test_rho_has_the_sign_of_the_strike_that_is_paid_or_got(limits: Limits) -> None:
    inputs, values, bounds = limits
    with_sign = np.where(inputs["is_call"], 1, -1) * values.rho_per_percent
    assert_everywhere(with_sign >= -TRIFLE * bounds.dollars, inputs, values, "calls gain from the rate, puts lose")


def test_an_option_exercised_at_once_is_its_intrinsic_value(limits: Limits) -> None:
    inputs, values, _ = limits
    sign = np.where(inputs["is_call"], 1, -1)
    at_once = values.status == "exercise"
    told = "exercise is"
    assert_everywhere(
        ~at_once | (values.price == sign * (inputs["spot"] - inputs["strike"])), inputs, values, f"{told} price"
    )
    assert_everywhere(~at_once | (values.delta == sign), inputs, values, f"{told} delta +-1")
    for field in GREEKS[1:]:
        assert_everywhere(~at_once | (getattr(values, field) == 0), inputs, values, f"{told} {field} 0")


def test_what_is_worth_no_more_than_its_exercise_is_exercised(limits: Limits) -> None:
    """Unless nobody would ever: then both are worth the same."""
    inputs, values, bounds = limits
    if bounds.american:
        intrinsic = np.where(inputs["is_call"], 1, -1) * (inputs["spot"] - inputs["strike"])
        interest = np.where(inputs["is_call"], inputs["dividend_yield"], inputs["rate"])
        paid = np.where(inputs["is_call"], inputs["rate"], inputs["dividend_yield"])
        never = (interest <= 0) & (paid >= interest)
        held = never | (intrinsic <= 0) | (values.price > intrinsic)
        assert_everywhere(held | (values.status == "exercise"), inputs, values, "held is worth more")


@pytest.mark.parametrize("accuracy", ["fast", "accurate"])
def test_an_american_option_is_worth_no_less_than_a_european_one(accuracy: str) -> None:
    """Or, on the tree of those exercised on both sides, as little less as its tolerance allows."""
    inputs = fewer(extremes())
    american = ss.greeks(**inputs, accuracy=accuracy)
    european = ss.greeks(**inputs, style="european")
    low = np.where(inputs["is_call"], inputs["rate"], inputs["dividend_yield"])
    high = np.where(inputs["is_call"], inputs["dividend_yield"], inputs["rate"])
    on_a_tree = (low < high) & (high <= 0)
    rounding = np.where(on_a_tree, 1e-4, 1e-13) * np.maximum(inputs["spot"], inputs["strike"])
    assert_everywhere(american.price >= european.price - rounding, inputs, american, "american >= european")


@pytest.mark.parametrize("style", STYLES)
def test_without_volatility_the_forward_is_what_happens(style: str) -> None:
    inputs = grid(
        spot=[80.0, 100.0, 125.0],
        strike=[90.0],
        tau_years=[0.25, 2.0],
        rate=[0.0, 0.06],
        dividend_yield=[0.0],
        volatility=[0.0],
        is_call=[True, False],
    )
    values, bounds = ss.greeks(**inputs, style=style), Bounds(inputs, style)
    np.testing.assert_allclose(values.price, bounds.least, rtol=1e-13, atol=1e-12)
    np.testing.assert_array_equal(values.gamma, 0)
    np.testing.assert_array_equal(values.vega_per_point, 0)


@pytest.mark.parametrize("volatility", [1e-6, 1e-4])
def test_with_next_to_no_volatility_the_price_is_next_to_that_without(limits: Limits, volatility: float) -> None:
    inputs, values, bounds = limits
    without = values.price[inputs["volatility"] == 0]
    little = inputs["volatility"] == volatility
    inputs = {name: column[little] for name, column in inputs.items()}
    values = replace(values, **{each.name: getattr(values, each.name)[little] for each in fields(values)})
    most_vega = np.maximum(inputs["spot"], inputs["strike"]) * np.sqrt(inputs["tau_years"]) * np.exp(0.2 * 3)
    rounding = 2e-5 * inputs["strike"] if bounds.american else TRIFLE * most_vega
    near = np.abs(values.price - without) <= volatility * most_vega + rounding
    assert_everywhere(near, inputs, values, "as without volatility")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("tau_years", [0.0, -SECOND, -1.0])
def test_an_expired_option_is_its_intrinsic_value(style: str, tau_years: float) -> None:
    spots = np.array([0.0, 90.0, 100.0, 110.0])
    for is_call, intrinsic in ((True, [0, 0, 0, 10]), (False, [100, 10, 0, 0])):
        moved = {"spot": spots, "strike": 100.0, "tau_years": tau_years, "is_call": is_call}
        values = ss.greeks(**{**USUAL, **moved}, style=style)
        np.testing.assert_array_equal(values.price, intrinsic)
        assert values.status.tolist() == ["expired"] * 4
        for field in GREEKS:
            np.testing.assert_array_equal(getattr(values, field), 0)


def test_a_call_on_a_worthless_share_is_worth_nothing_and_moves_with_nothing(limits: Limits) -> None:
    inputs, values, _ = limits
    other = ~inputs["is_call"] | (inputs["spot"] > 0)
    for field in FIELDS:
        assert_everywhere(other | (getattr(values, field) == 0), inputs, values, f"{field} is 0")


def test_a_put_on_a_worthless_share_is_worth_the_strike_when_it_is_best_to_take_it(limits: Limits) -> None:
    """Today if one may and the rate is positive, else at expiry: one is short what a share grows to until then."""
    inputs, values, bounds = limits
    other = inputs["is_call"] | (inputs["spot"] > 0)
    rate, tau = inputs["rate"], inputs["tau_years"]
    today = bounds.american & (rate > 0)
    worth = inputs["strike"] * np.where(today, 1, np.exp(-rate * tau))
    assert_everywhere(other | (np.abs(values.price - worth) <= TRIFLE * worth), inputs, values, "price")
    delta = -np.where(today, 1, np.exp(-inputs["dividend_yield"] * tau))
    told = (not bounds.american) | (rate != 0)  # at a rate of 0 today is as good as expiry
    assert_everywhere(other | ~told | (np.abs(values.delta - delta) <= 1e-9), inputs, values, "delta")


@pytest.mark.parametrize("style", STYLES)
def test_on_a_worthless_share_only_a_put_is_worth_something(style: str) -> None:
    call, put = (ss.greeks(**{**USUAL, "spot": 0.0, "is_call": side}, style=style) for side in (True, False))
    assert [float(getattr(call, field)) for field in FIELDS] == [0] * 6
    expected = 105.0 if style == "american" else 105 * np.exp(-0.04 * 0.5)
    assert put.price == pytest.approx(expected, rel=1e-14)
    assert put.delta == pytest.approx(-1 if style == "american" else -np.exp(-0.01 * 0.5), rel=1e-14)
    assert put.gamma == 0
    assert put.vega_per_point == 0


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("accuracy", ["fast", "accurate"])
@pytest.mark.parametrize("tiny", [0.0, -0.0, 5e-324, 1e-308, 1e-200, 1e-100, 1e-20, 1e-12, 1e-8, 1e-6])
def test_a_tiny_rate_or_yield_is_next_to_none(style: str, accuracy: str, tiny: float) -> None:
    """Where the boundary of exercise is r / q of the strike, nothing overflows and nothing jumps."""
    steep = 3e-2 if style == "american" else 5e-3  # an American put's rho bends like r log r near a rate of 0
    near = {"price": 1.1e-4 * 105, "delta": 1e-3, "theta_per_day": 1e-3, "vega_per_point": 2e-3}
    for name, opposite in itertools.permutations(("rate", "dividend_yield")):
        usual = {key: [value] for key, value in USUAL.items()}
        inputs = grid(**{**usual, name: [tiny, -tiny], opposite: [0.05, 0.0, -0.02], "is_call": [True, False]})
        none = {**inputs, name: np.zeros(len(inputs[name]))}
        values, zero = (ss.greeks(**each, style=style, accuracy=accuracy) for each in (inputs, none))
        for field, most in (near | {"rho_per_percent": steep}).items():
            close = np.abs(getattr(values, field) - getattr(zero, field)) <= most
            assert_everywhere(close, inputs, values, f"{field} as at a {name} of 0")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("is_call", [True, False])
def test_the_last_minutes_lead_to_the_intrinsic_value(style: str, is_call: bool) -> None:  # noqa: FBT001 - a parameter
    spots, times = np.array([60.0, 99.0, 101.0, 170.0]), np.array([[DAY], [60 * MINUTE], [MINUTE], [SECOND]])
    moved = {"spot": spots, "strike": 100.0, "tau_years": times, "is_call": is_call}
    values = ss.greeks(**{**USUAL, **moved}, style=style)
    intrinsic = np.maximum((spots - 100) * (1 if is_call else -1), 0)
    distance = np.abs(values.price - intrinsic)
    assert (np.diff(distance, axis=0) <= 1e-12).all()
    assert distance[-1].max() < 1e-6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *itertools.product(("spot", "strike", "tau_years", "rate", "dividend_yield", "volatility"), (np.nan, np.inf)),
        *itertools.product(("tau_years", "rate", "dividend_yield"), (-np.inf,)),  # the others are refused below 0
    ],
)
@pytest.mark.parametrize("style", STYLES)
def test_what_is_not_finite_gives_no_number_and_leaves_the_others_alone(name: str, value: float, style: str) -> None:
    inputs: Inputs = {key: np.full(3, given) for key, given in USUAL.items()}
    expected = ss.greeks(**inputs, style=style)
    inputs[name] = np.array([USUAL[name], value, USUAL[name]])
    values = ss.greeks(**inputs, style=style)
    assert values.status.tolist() == [expected.status[0], "not_finite", expected.status[2]]
    for field in FIELDS:
        assert np.isnan(getattr(values, field)[1])
        np.testing.assert_array_equal(getattr(values, field)[::2], getattr(expected, field)[::2])


def price_of(**moved: object) -> ss.Greeks:
    return ss.greeks(**{**USUAL, **moved})


def implied_by(**moved: object) -> ss.ImpliedVolatility:
    known = {name: value for name, value in USUAL.items() if name != "volatility"}
    return ss.implied_volatility(**{"price": 5.0, **known, **moved})


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("is_call", [True, False])
def test_a_price_no_volatility_gives_has_no_volatility(style: str, is_call: bool) -> None:  # noqa: FBT001 - a parameter
    inputs = {name: np.array([value]) for name, value in {**USUAL, "is_call": is_call}.items()}
    bounds = Bounds(inputs, style)
    most = float(bounds.most[0])
    for price, status in (
        (float(bounds.least[0]), "below_intrinsic"),
        (float(bounds.least[0]) - 0.01, "below_intrinsic"),
        (0.0, "below_intrinsic"),
        (-1.0, "below_intrinsic"),
        (most, "above_maximum"),
        (most + 0.01, "above_maximum"),
        (1e9, "above_maximum"),
    ):
        implied = implied_by(price=price, is_call=is_call, style=style)
        assert (price, implied.status.item()) == (price, status)
        assert np.isnan(implied.volatility)


@pytest.mark.parametrize("style", STYLES)
def test_an_implied_volatility_says_why_there_is_none(style: str) -> None:
    implied = implied_by(
        price=[5.0, np.nan, np.inf, 5.0, 5.0, 5.0, 5.0],
        spot=[100.0, 100.0, 100.0, np.nan, 100.0, 100.0, 0.0],
        tau_years=[0.5, 0.5, 0.5, 0.5, 0.0, -1.0, 0.5],
        style=style,
    )
    assert implied.status.tolist()[:6] == ["ok", "not_finite", "not_finite", "not_finite", "expired", "expired"]
    assert implied.status[6] in {"above_maximum", "low_vega"}
    assert np.isfinite(implied.volatility[0])
    assert np.isnan(implied.volatility[1:]).all()


@pytest.mark.parametrize("style", STYLES)
def test_a_price_that_hardly_depends_on_volatility_tells_none(style: str) -> None:
    """At 10 % a call three times out of the money is worth 1e-27 USD."""
    far = {"strike": 300.0, "tau_years": 0.1, "rate": 0.04, "dividend_yield": 0.0}
    price = price_of(**far, volatility=0.1, style=style).price
    implied = implied_by(**far, price=np.maximum(price, 1e-300), style=style)
    assert implied.status == "low_vega"
    assert np.isnan(implied.volatility)


@pytest.mark.parametrize("style", STYLES)
def test_every_price_at_the_limits_gives_its_volatility_or_a_reason(style: str) -> None:
    inputs = fewer(extremes())
    values = ss.greeks(**inputs, style=style)
    known = {name: column for name, column in inputs.items() if name != "volatility"}
    implied = ss.implied_volatility(price=values.price, **known, style=style)
    found = implied.status == "ok"
    assert set(implied.status.tolist()) <= {"ok", "below_intrinsic", "above_maximum", "low_vega"}
    assert_everywhere(np.isfinite(implied.volatility) == found, inputs, values, "a volatility or a reason")
    again = ss.greeks(**{**known, "volatility": np.nan_to_num(implied.volatility)}, style=style)
    near = np.abs(again.price - values.price) <= 1e-7 * np.maximum(inputs["spot"], inputs["strike"])
    assert_everywhere(~found | near, inputs, values, "a volatility that gives the price")
    volatility = inputs["volatility"]
    told = (values.status == "ok") & (100 * values.vega_per_point > 1e-3 * inputs["spot"])
    told &= (volatility >= 1e-4) & (volatility < 5) & (values.price > Bounds(inputs, style).least)
    assert_everywhere(~told | found, inputs, values, "vega tells the volatility")
