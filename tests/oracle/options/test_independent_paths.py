"""What must be true of prices and Greeks whoever computes them: slopes, identities, bounds."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sigmasight as ss
from oracle.options.flat_contract import Contract, black_scholes, contracts

EXAMPLES = settings(deadline=None, max_examples=150, derandomize=True, report_multiple_bugs=False)
PRICE_TOLERANCE = {"fast": 2e-5, "accurate": 1e-6}  # of the strike
DELTA_TOLERANCE = {"fast": 1e-3, "accurate": 1e-4}
ACCURACIES = sorted(PRICE_TOLERANCE)
GREEKS = ("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
FIELDS = ("price", *GREEKS)


def day(theta_per_year: float, price: float) -> float:
    return float(np.clip(theta_per_year / 365, -price, price))


def kept(contract: Contract, accuracy: str) -> ss.Greeks:
    """An American option that is held, and not by a hair: a bump doesn't step over the boundary."""
    values = contract.values("american", accuracy)
    assume(contract.never_exercised or values.price > contract.intrinsic + 1e-3 * contract.strike * contract.deviation)
    return values


@EXAMPLES
@given(contract=contracts)
def test_european_prices_are_black_and_scholes(contract: Contract) -> None:
    assert contract.prices("european") == pytest.approx(
        black_scholes(contract), rel=1e-10, abs=1e-13 * contract.dollars
    )


@EXAMPLES
@given(contract=contracts)
def test_every_european_greek_is_the_slope_of_the_price(contract: Contract) -> None:
    values, dollars = contract.values("european"), contract.dollars
    bump, width = 0.01 * contract.deviation * contract.spot, contract.deviation * contract.spot
    assert values.delta == pytest.approx(contract.slope("spot", bump, "european"), abs=1e-7)
    assert values.gamma == pytest.approx(contract.curvature(2 * bump, "european"), abs=1e-6 / width)
    decay = -contract.slope("tau_years", 0.005 * contract.tau_years, "european")
    carried = contract.deviation + (abs(contract.rate) + abs(contract.dividend_yield)) * contract.tau_years
    within = 1e-6 * dollars * carried / contract.tau_years / 365
    assert values.theta_per_day == pytest.approx(day(decay, float(values.price)), abs=within)
    vega = contract.slope("volatility", 0.005 * contract.volatility, "european")
    assert 100 * values.vega_per_point == pytest.approx(vega, abs=1e-6 * dollars * np.sqrt(contract.tau_years))
    rho = contract.slope("rate", 1e-3 * min(1, contract.deviation), "european")
    assert 100 * values.rho_per_percent == pytest.approx(rho, abs=1e-6 * dollars * contract.tau_years)


@pytest.mark.parametrize("accuracy", ACCURACIES)
@EXAMPLES
@given(contract=contracts)
def test_american_delta_and_gamma_are_slopes_of_the_price(contract: Contract, accuracy: str) -> None:
    values = kept(contract, accuracy)
    bump, spot = 0.02 * contract.deviation * contract.spot, contract.spot
    delta = contract.slope("spot", bump, "american", accuracy)
    gamma = contract.curvature(bump, "american", accuracy)
    assert values.delta == pytest.approx(delta, abs=DELTA_TOLERANCE[accuracy])
    assert 0.01 * spot * values.gamma == pytest.approx(0.01 * spot * gamma, abs=DELTA_TOLERANCE[accuracy] / 10)


@pytest.mark.parametrize("accuracy", ACCURACIES)
@EXAMPLES
@given(contract=contracts)
def test_american_theta_vega_and_rho_are_slopes_of_the_price(contract: Contract, accuracy: str) -> None:
    """Each step of one unit tells the new price within the price's own tolerance."""
    values, within = kept(contract, accuracy), PRICE_TOLERANCE[accuracy] * contract.strike
    decay = -contract.slope("tau_years", 0.01 * contract.tau_years, "american", accuracy)
    assert values.theta_per_day == pytest.approx(day(decay, float(values.price)), abs=within)
    vega = contract.slope("volatility", 0.003 * contract.volatility, "american", accuracy)
    assert values.vega_per_point == pytest.approx(vega / 100, abs=within)
    assume(abs(contract.rate) > 1e-3 and abs(contract.rate - contract.dividend_yield) > 1e-3)  # exercise begins there
    rho = contract.slope("rate", min(1e-4, 0.02 * abs(contract.rate)), "american", accuracy)
    within = PRICE_TOLERANCE["fast"] * contract.strike  # the step is no better: prices bend where rate and yield meet
    assert values.rho_per_percent == pytest.approx(rho / 100, abs=within)


@EXAMPLES
@given(contract=contracts)
def test_a_european_price_obeys_black_and_scholes_equation(contract: Contract) -> None:
    values = contract.values("european")
    decay = -contract.slope("tau_years", 0.005 * contract.tau_years, "european")
    carry = (contract.rate - contract.dividend_yield) * contract.spot * values.delta
    bend = 0.5 * contract.volatility**2 * contract.spot**2 * values.gamma
    within = 1e-7 * contract.dollars * (contract.deviation + 0.1) / contract.tau_years
    assert decay + carry + bend == pytest.approx(contract.rate * values.price, abs=within)


@pytest.mark.parametrize("accuracy", ACCURACIES)
@EXAMPLES
@given(contract=contracts)
def test_an_american_price_obeys_it_as_long_as_the_option_is_held(contract: Contract, accuracy: str) -> None:
    values = kept(contract, accuracy)
    decay = -contract.slope("tau_years", 0.01 * contract.tau_years, "american", accuracy)
    carry = (contract.rate - contract.dividend_yield) * contract.spot * values.delta
    bend = 0.5 * contract.volatility**2 * contract.spot**2 * values.gamma
    a_day = 365 * PRICE_TOLERANCE[accuracy] * contract.strike
    assert decay + carry + bend == pytest.approx(contract.rate * values.price, abs=a_day)


@EXAMPLES
@given(contract=contracts)
def test_an_american_option_exercised_at_once_is_its_intrinsic_value(contract: Contract) -> None:
    values = contract.values("american")
    if values.status == "exercise":
        assert values.price == contract.intrinsic
        assert values.delta == (1 if contract.is_call else -1)
        assert [getattr(values, field) for field in GREEKS[1:]] == [0, 0, 0, 0]
    else:
        assert values.status == "ok"
        assert values.price > contract.intrinsic


@EXAMPLES
@given(contract=contracts)
def test_european_puts_and_calls_are_in_parity(contract: Contract) -> None:
    call, put = (contract.values("european", is_call=side) for side in (True, False))
    paid = np.exp(-contract.dividend_yield * contract.tau_years)
    owed = contract.strike * np.exp(-contract.rate * contract.tau_years)
    rounding = 1e-13 * contract.dollars
    assert call.price - put.price == pytest.approx(contract.spot * paid - owed, abs=rounding)
    assert call.delta - put.delta == pytest.approx(paid, abs=1e-13)
    assert call.gamma == pytest.approx(float(put.gamma), rel=1e-12)
    assert call.vega_per_point == pytest.approx(float(put.vega_per_point), rel=1e-12)
    rho = contract.tau_years * owed / 100
    assert call.rho_per_percent - put.rho_per_percent == pytest.approx(rho, abs=rounding)


@EXAMPLES
@given(contract=contracts)
def test_american_puts_and_calls_stay_within_their_parity_bounds(contract: Contract) -> None:
    """With rates and yields that are not negative."""
    assume(contract.rate >= 0 and contract.dividend_yield >= 0)
    call, put = (contract.prices("american", is_call=side) for side in (True, False))
    rounding = 2 * PRICE_TOLERANCE["fast"] * contract.strike
    paid = contract.spot * np.exp(-contract.dividend_yield * contract.tau_years)
    owed = contract.strike * np.exp(-contract.rate * contract.tau_years)
    assert paid - contract.strike - rounding <= call - put <= contract.spot - owed + rounding


@pytest.mark.parametrize("accuracy", ACCURACIES)
@EXAMPLES
@given(contract=contracts)
def test_an_american_call_is_a_put_seen_from_the_other_currency(contract: Contract, accuracy: str) -> None:
    mirrored = contract.prices(
        "american",
        accuracy,
        spot=contract.strike,
        strike=contract.spot,
        rate=contract.dividend_yield,
        dividend_yield=contract.rate,
        is_call=not contract.is_call,
    )
    within = PRICE_TOLERANCE[accuracy] * (contract.strike + contract.spot)
    assert contract.prices("american", accuracy) == pytest.approx(float(mirrored), abs=within)


@pytest.mark.parametrize("style", ["american", "european"])
@EXAMPLES
@given(contract=contracts, times=st.sampled_from([0.125, 0.3, 3.7, 64.0]))
def test_prices_in_cents_are_prices_in_dollars(contract: Contract, times: float, style: str) -> None:
    here = contract.values(style)
    there = contract.values(style, spot=times * contract.spot, strike=times * contract.strike)
    powers = {"delta": 0, "gamma": -1}
    for field in FIELDS:
        expected = getattr(here, field) * times ** powers.get(field, 1)
        scale = (contract.dollars * times) ** powers.get(field, 1)
        assert getattr(there, field) == pytest.approx(float(expected), rel=1e-9, abs=1e-10 * scale)


@pytest.mark.parametrize("accuracy", ACCURACIES)
@EXAMPLES
@given(contract=contracts)
def test_the_right_to_exercise_early_is_never_worth_less_than_nothing(contract: Contract, accuracy: str) -> None:
    american = contract.prices("american", accuracy)
    assert american >= contract.prices("european") * (1 - 1e-12)
    assert american >= contract.intrinsic


@EXAMPLES
@given(contract=contracts)
def test_the_right_to_exercise_early_is_worth_nothing_where_nobody_would(contract: Contract) -> None:
    low, high = sorted((contract.rate, contract.dividend_yield))
    low = min(low, 0.0)
    moved = {"rate": high, "dividend_yield": low} if contract.is_call else {"rate": low, "dividend_yield": high}
    american, european = (contract.values(style, **moved) for style in ("american", "european"))
    assert american.status == "ok"
    for field in FIELDS:
        assert getattr(american, field) == getattr(european, field)


@pytest.mark.parametrize("style", ["american", "european"])
@EXAMPLES
@given(contract=contracts)
def test_prices_are_monotone_and_convex_in_the_strike(contract: Contract, style: str) -> None:
    strikes = contract.strike * np.linspace(0.6, 1.6, 51)
    prices = contract.prices(style, strike=strikes)
    slopes = np.diff(prices) / np.diff(strikes)
    steepest = np.exp(max(0.0, -contract.rate) * contract.tau_years)
    low, high = (-steepest, 0.0) if contract.is_call else (0.0, steepest)
    assert slopes.min() >= low - 1e-7
    assert slopes.max() <= high + 1e-7
    assert np.diff(slopes).min() >= -1e-7


@pytest.mark.parametrize("style", ["american", "european"])
@EXAMPLES
@given(contract=contracts)
def test_prices_grow_with_volatility_and_the_american_ones_with_time(contract: Contract, style: str) -> None:
    rising = np.linspace(0.05, 1.5, 30)
    noise = 1e-6
    assert np.diff(contract.prices(style, "accurate", volatility=rising)).min() >= -noise * contract.strike
    if style == "american":
        assert np.diff(contract.prices(style, "accurate", tau_years=rising)).min() >= -noise * contract.strike


@EXAMPLES
@given(contract=contracts)
def test_fast_and_accurate_agree_within_what_they_promise(contract: Contract) -> None:
    fast, accurate = (contract.prices("american", accuracy) for accuracy in ("fast", "accurate"))
    assert fast == pytest.approx(float(accurate), abs=2.1e-5 * contract.strike)


@EXAMPLES
@given(contract=contracts)
def test_the_volatility_a_european_price_implies_is_the_one_that_made_it(contract: Contract) -> None:
    values = contract.values("european")
    assume(100 * values.vega_per_point > 1e-6 * contract.spot)
    known = contract.arguments
    volatility = known.pop("volatility")
    implied = ss.implied_volatility(price=values.price, **known, style="european")
    assert implied.status == "ok"
    rounding = 1e-15 * contract.dollars / (100 * float(values.vega_per_point))
    assert implied.volatility == pytest.approx(volatility, abs=1e-8 + rounding)
    again = contract.prices("european", volatility=implied.volatility)
    assert again == pytest.approx(float(values.price), rel=1e-10, abs=1e-13 * contract.dollars)


@EXAMPLES
@given(contract=contracts)
def test_the_volatility_an_american_price_implies_is_the_one_that_made_it(contract: Contract) -> None:
    values = kept(contract, "fast")
    assume(100 * values.vega_per_point > 1e-4 * contract.spot)
    known = contract.arguments
    volatility = known.pop("volatility")
    implied = ss.implied_volatility(price=values.price, **known)
    assert implied.status == "ok"
    near = 1e-8 * contract.strike
    assert implied.volatility == pytest.approx(volatility, abs=1e-8 + near / (100 * float(values.vega_per_point)))
    assert contract.prices("american", volatility=implied.volatility) == pytest.approx(float(values.price), abs=near)


@EXAMPLES
@given(contract=contracts, share=st.floats(0.01, 0.99), style=st.sampled_from(["american", "european"]))
def test_a_price_that_a_volatility_gives_is_given_by_the_one_it_implies(
    contract: Contract, share: float, style: str
) -> None:
    """Prices anywhere between those of 1 % and of 300 %, not only where a model would put them."""
    low, high = contract.prices(style, volatility=np.array([0.01, 3.0]))
    price = low + share * (high - low)
    known = contract.arguments
    del known["volatility"]
    implied = ss.implied_volatility(price=price, **known, style=style)
    assert implied.status == "ok"
    assert 0.01 <= implied.volatility <= 3.0
    again = contract.prices(style, volatility=implied.volatility)
    assert again == pytest.approx(price, abs=1e-8 * contract.strike)


def many(count: int) -> dict[str, np.ndarray]:
    """Contracts of all kinds and limits beside each other: the next one's troubles are not mine."""
    generator = np.random.default_rng(7)
    strike = np.exp(generator.uniform(0, 8, count))
    inputs = {
        "strike": strike,
        "spot": strike * np.exp(generator.uniform(-0.8, 0.8, count)),
        "tau_years": generator.uniform(0.001, 3, count),
        "rate": generator.uniform(-0.05, 0.12, count),
        "dividend_yield": generator.uniform(-0.06, 0.12, count),
        "volatility": generator.uniform(0.03, 1.5, count),
        "is_call": generator.random(count) < 0.5,
    }
    for name, limit in (("tau_years", 0.0), ("volatility", 0.0), ("spot", 0.0), ("spot", np.nan), ("rate", np.inf)):
        inputs[name][generator.integers(0, count, max(1, count // 50))] = limit
    return inputs


def chosen(inputs: dict[str, np.ndarray], rows: np.ndarray | slice) -> dict[str, np.ndarray]:
    return {name: values[rows] for name, values in inputs.items()}


@pytest.mark.parametrize("accuracy", ACCURACIES)
@pytest.mark.parametrize("style", ["american", "european"])
def test_an_option_is_worth_the_same_bit_for_bit_whoever_stands_beside_it(style: str, accuracy: str) -> None:
    inputs = many(600)
    order = np.random.default_rng(8).permutation(600)
    blocks = [slice(at, at + size) for size in (2, 3, 7, 64) for at in range(0, 5 * size, size)]
    whole = ss.greeks(**inputs, style=style, accuracy=accuracy)
    shuffled = ss.greeks(**chosen(inputs, order), style=style, accuracy=accuracy)
    in_blocks = [ss.greeks(**chosen(inputs, block), style=style, accuracy=accuracy) for block in blocks]
    alone = [ss.greeks(**chosen(inputs, slice(at, at + 1)), style=style, accuracy=accuracy) for at in range(40)]
    tiled = ss.greeks(**chosen(inputs, np.tile(np.arange(600), 4)), style=style, accuracy=accuracy)
    for field in (*FIELDS, "status"):
        values = getattr(whole, field)
        np.testing.assert_array_equal(getattr(shuffled, field), values[order], field)
        for part, block in zip(in_blocks, blocks, strict=True):
            np.testing.assert_array_equal(getattr(part, field), values[block], f"{field} of {block}")
        np.testing.assert_array_equal(np.concatenate([getattr(part, field) for part in alone]), values[:40], field)
        np.testing.assert_array_equal(getattr(tiled, field), np.tile(values, 4), field)


@pytest.mark.parametrize("style", ["american", "european"])
def test_a_volatility_is_the_same_bit_for_bit_whoever_stands_beside_it(style: str) -> None:
    inputs = many(300)
    inputs["price"] = np.nan_to_num(ss.greeks(**inputs, style=style).price, nan=1.0)
    del inputs["volatility"]
    order = np.random.default_rng(9).permutation(300)
    whole = ss.implied_volatility(**inputs, style=style)
    shuffled = ss.implied_volatility(**chosen(inputs, order), style=style)
    alone = [ss.implied_volatility(**chosen(inputs, slice(at, at + 1)), style=style) for at in range(40)]
    for field in ("volatility", "status"):
        values = getattr(whole, field)
        np.testing.assert_array_equal(getattr(shuffled, field), values[order], field)
        np.testing.assert_array_equal(np.concatenate([getattr(part, field) for part in alone]), values[:40], field)
