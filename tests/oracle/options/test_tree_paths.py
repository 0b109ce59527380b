"""What must be true of options on what pays dated dividends, and of those exercised on both sides: the tree's."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from oracle.options.dated import contracts_of
from oracle.options.flat_contract import POINTS_4, SLOPE_4, Contract, basis_points, doubly_bounded
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import OptionValues
from sigmasight.risk.option_models import Contracts, imply_volatilities, value_contracts

EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True, report_multiple_bugs=False)
FEWER = settings(deadline=None, max_examples=10, derandomize=True, report_multiple_bugs=False)  # a tree takes its time
TREE_TOLERANCE = 1e-4  # of the strike
FIELDS = [field.name for field in fields(OptionValues)]


@dataclass(frozen=True, slots=True)
class Dated:
    """An option on what pays dividends on known days, one of which may come after expiry."""

    spot: float
    strike: float
    days: float
    rate: float
    volatility: float
    is_call: bool
    dividends: tuple[tuple[float, float], ...]  # days to the ex-date, USD

    def contracts(self, *, american: bool, days_gone: FloatArray | None = None, **moved: FloatArray) -> Contracts:
        """As many as there are values of what is moved; ``days_gone`` takes time from expiry and ex-dates alike."""
        gone = np.zeros(len(next(iter(moved.values()), [0]))) if days_gone is None else days_gone
        count = len(gone)
        full = {name: np.full(count, getattr(self, name)) for name in ("spot", "strike", "rate", "is_call")}
        return contracts_of(
            **{**full, **moved},
            days=self.days - gone,
            american=american,
            dividends=[[(days - past, amount) for days, amount in self.dividends] for past in gone],
        )

    def values(self, *, american: bool, volatility: FloatArray | None = None, **moved: FloatArray) -> OptionValues:
        """One value for each of what is moved."""
        contracts = self.contracts(american=american, **moved)
        given_ = np.full(len(contracts.spot), self.volatility) if volatility is None else volatility
        return value_contracts(contracts, given_)

    def moved_volatilities(self, volatility: FloatArray, *, american: bool) -> FloatArray:
        """Prices under each of them."""
        return self.values(american=american, volatility=volatility, spot=np.full(len(volatility), self.spot)).price

    @property
    def paid_before_expiry(self) -> float:
        """Today's value of the dividends."""
        return sum(
            amount * float(np.exp(-self.rate * days / 365)) for days, amount in self.dividends if days < self.days
        )

    @property
    def intrinsic(self) -> float:
        return max((self.spot - self.strike) * (1 if self.is_call else -1), 0.0)


@st.composite
def dated(draw: st.DrawFn) -> Dated:
    strike = float(draw(st.integers(5, 2000)))
    spot = strike * float(np.exp(draw(basis_points(-3000, 3000))))
    days = draw(st.integers(20, 400))
    on = draw(st.lists(st.integers(6, days + 40).filter(lambda day: abs(day - days) > 5), min_size=1, max_size=4))
    dividends = tuple((float(day), spot * draw(basis_points(5, 200))) for day in sorted(set(on)))
    return Dated(
        spot=spot,
        strike=strike,
        days=float(days),
        rate=draw(basis_points(0, 1000)),
        volatility=draw(basis_points(1000, 8000)),
        is_call=draw(st.booleans()),
        dividends=dividends,
    )


def black_scholes(option: Dated, spot: float, years: float, sign: int) -> float:
    deviation = option.volatility * np.sqrt(years)
    owed = option.strike * np.exp(-option.rate * years)
    d1 = np.log(spot / owed) / deviation + deviation / 2
    return float(sign * (spot * ndtr(sign * d1) - owed * ndtr(sign * (d1 - deviation))))


@EXAMPLES
@given(option=dated())
def test_a_european_price_is_black_and_scholes_on_the_spot_less_its_dividends(option: Dated) -> None:
    escrowed = option.spot - option.paid_before_expiry
    expected = black_scholes(option, escrowed, option.days / 365, 1 if option.is_call else -1)
    found = option.values(american=False).price
    assert found[0] == pytest.approx(expected, rel=1e-10, abs=1e-12 * option.strike)


@EXAMPLES
@given(option=dated())
def test_european_puts_and_calls_are_in_parity(option: Dated) -> None:
    call, put = (replace(option, is_call=side).values(american=False) for side in (True, False))
    owed = option.strike * np.exp(-option.rate * option.days / 365)
    expected = option.spot - option.paid_before_expiry - owed
    assert call.price - put.price == pytest.approx(expected, abs=1e-12 * max(option.spot, option.strike))
    assert call.delta - put.delta == pytest.approx(1, abs=1e-12)


def slopes(option: Dated, *, american: bool, steps: dict[str, float]) -> dict[str, float]:
    """Of the price, by two points on each side; theta with the spot fixed and the ex-dates nearer."""

    def slope(prices: FloatArray, step: float) -> float:
        return float(SLOPE_4 @ prices / step)

    spots = option.spot + POINTS_4 * steps["spot"]
    days = POINTS_4 * steps["days"]
    rates = option.rate + POINTS_4 * steps["rate"]
    volatilities = option.volatility + POINTS_4 * steps["volatility"]
    return {
        "delta": slope(option.values(american=american, spot=spots).price, steps["spot"]),
        "gamma": slope(option.values(american=american, spot=spots).delta, steps["spot"]),
        "theta": slope(option.values(american=american, days_gone=days).price, steps["days"] / 365),
        "vega": slope(option.moved_volatilities(volatilities, american=american), steps["volatility"]),
        "rho": slope(option.values(american=american, rate=rates).price, steps["rate"]),
    }


@EXAMPLES
@given(option=dated())
def test_every_european_greek_is_the_slope_of_the_price(option: Dated) -> None:
    deviation = option.volatility * np.sqrt(option.days / 365)
    steps = {
        "spot": 0.01 * deviation * option.spot,
        "days": 0.003 * option.days,
        "rate": 1e-3 * min(1, deviation),
        "volatility": 0.005 * option.volatility,
    }
    expected, found = slopes(option, american=False, steps=steps), option.values(american=False)
    scale = max(option.spot, option.strike)
    within = {
        "delta": 1e-7,
        "gamma": 1e-6 / (deviation * option.spot),
        "theta": 1e-6 * scale * (deviation + 0.1) * 365 / option.days,
        "vega": 1e-6 * scale,
        "rho": 1e-6 * scale,
    }
    for name, value in expected.items():
        assert getattr(found, name)[0] == pytest.approx(value, abs=within[name]), name


@FEWER
@given(option=dated())
def test_every_american_greek_is_the_slope_of_the_price(option: Dated) -> None:
    """With steps so wide that the tree's noise, 1e-4 of the strike, is a unit's tolerance: 1 %, point, day."""
    assume(all(day > 5 and abs(day - option.days) > 12 for day, _ in option.dividends))
    option = replace(option, rate=option.rate + 0.025)  # for a rate of 0 ends early exercise, and the slope bends there
    found = option.values(american=True)
    assume(found.price[0] > option.intrinsic + 1e-2 * option.strike)
    deviation = option.volatility * np.sqrt(option.days / 365)
    steps = {"spot": 0.1 * deviation * option.spot, "days": 2.0, "rate": 0.01, "volatility": 0.02}
    expected, unit = slopes(option, american=True, steps=steps), TREE_TOLERANCE * option.strike
    assert found.delta[0] == pytest.approx(expected["delta"], abs=3e-3)
    assert 0.01 * option.spot * found.gamma[0] == pytest.approx(0.01 * option.spot * expected["gamma"], abs=1e-3)
    assert found.theta[0] / 365 == pytest.approx(expected["theta"] / 365, abs=unit)
    assert found.vega[0] / 100 == pytest.approx(expected["vega"] / 100, abs=unit)
    assert found.rho[0] / 100 == pytest.approx(expected["rho"] / 100, abs=unit)


def roll_geske_whaley(option: Dated) -> float:
    """An American call with one dividend, which is exercised just before it or not before expiry.

    Source: Roll (1977), Geske (1979), Whaley (1981); Hull, Options, Futures, and Other Derivatives, technical note 4.
    """
    ((ex_day, amount),) = option.dividends
    first, whole = ex_day / 365, option.days / 365
    escrowed = option.spot - option.paid_before_expiry
    if amount <= option.strike * (1 - np.exp(-option.rate * (whole - first))):
        return black_scholes(option, escrowed, whole, 1)
    critical = brentq(
        lambda spot: black_scholes(option, spot, whole - first, 1) - (spot + amount - option.strike),
        1e-6 * option.strike,
        1e6 * option.strike,
        xtol=1e-12 * option.strike,
    )
    a1, b1 = (
        (np.log(escrowed / level) + (option.rate + option.volatility**2 / 2) * years)
        / (option.volatility * np.sqrt(years))
        for level, years in ((option.strike, whole), (critical, first))
    )
    a2, b2 = a1 - option.volatility * np.sqrt(whole), b1 - option.volatility * np.sqrt(first)
    together = -np.sqrt(first / whole)

    def both(one: float, other: float) -> float:
        return float(multivariate_normal.cdf([one, other], mean=[0, 0], cov=[[1, together], [together, 1]]))

    owed, owed_first = (option.strike * np.exp(-option.rate * years) for years in (whole, first))
    on_ex_day = owed_first - amount * np.exp(-option.rate * first)
    return float(escrowed * (ndtr(b1) + both(a1, -b1)) - owed * both(a2, -b2) - on_ex_day * ndtr(b2))


@FEWER
@given(option=dated(), ex_day=basis_points(500, 9500), paid=basis_points(10, 500))
def test_american_calls_with_one_dividend_are_roll_geske_and_whaleys(option: Dated, ex_day: float, paid: float) -> None:
    day = float(round(ex_day * option.days))
    assume(0 < day < option.days)
    option = replace(option, is_call=True, dividends=((day, paid * option.spot),))
    found = option.values(american=True).price[0]
    assert found == pytest.approx(roll_geske_whaley(option), abs=TREE_TOLERANCE * option.strike)


@FEWER
@given(option=dated())
def test_the_right_to_exercise_early_is_never_worth_less_than_nothing(option: Dated) -> None:
    american, european = (option.values(american=style).price[0] for style in (True, False))
    assert american >= european - TREE_TOLERANCE * option.strike
    assert american >= option.intrinsic


@pytest.mark.parametrize("american", [True, False])
@FEWER
@given(option=dated())
def test_what_is_paid_after_expiry_does_not_matter(option: Dated, *, american: bool) -> None:
    before = replace(option, dividends=tuple(paid for paid in option.dividends if paid[0] < option.days))
    with_later = replace(option, dividends=(*before.dividends, (option.days + 30, 0.5 * option.spot)))
    found, expected = (each.values(american=american) for each in (with_later, before))
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


@pytest.mark.parametrize("american", [True, False])
@FEWER
@given(option=dated())
def test_neither_the_order_of_dividends_matters_nor_whether_one_is_paid_in_two_parts(
    option: Dated, *, american: bool
) -> None:
    turned = replace(option, dividends=option.dividends[::-1])
    halves = replace(option, dividends=tuple((day, amount / 2) for day, amount in option.dividends for _ in "ab"))
    expected = option.values(american=american).price[0]
    for other in (turned, halves):
        assert other.values(american=american).price[0] == pytest.approx(expected, abs=1e-9 * option.strike)


@FEWER
@given(option=dated())
def test_a_dividend_of_next_to_nothing_changes_next_to_nothing(option: Dated) -> None:
    """From the tree with dividends to the boundary without: two methods, one number."""
    before = min(option.days - 1, 10.0)
    nothing, trifle = (replace(option, dividends=((before, amount),)) for amount in (0.0, 1e-9 * option.spot))
    expected = replace(option, dividends=()).values(american=True).price[0]
    for other in (nothing, trifle):
        found = other.values(american=True).price[0]
        assert found == pytest.approx(expected, abs=TREE_TOLERANCE * option.strike)


@FEWER
@given(option=dated())
def test_prices_in_cents_are_prices_in_dollars(option: Dated) -> None:
    scaled = replace(
        option,
        spot=64 * option.spot,
        strike=64 * option.strike,
        dividends=tuple((day, 64 * amount) for day, amount in option.dividends),
    )
    for american in (True, False):
        expected = 64 * option.values(american=american).price[0]
        assert scaled.values(american=american).price[0] == pytest.approx(expected, rel=1e-10, abs=1e-10)


@FEWER
@given(option=dated())
def test_the_volatility_a_price_implies_gives_that_price(option: Dated) -> None:
    for american in (True, False):
        made = option.values(american=american)
        assume(made.vega[0] > 1e-3 * option.spot)
        assume(made.price[0] > option.intrinsic + 1e-3 * option.strike)
        contracts = option.contracts(american=american)
        implied = imply_volatilities(contracts, made.price)
        again = value_contracts(contracts, implied.volatility)
        assert again.price[0] == pytest.approx(made.price[0], abs=1e-7 * option.strike)


def portfolio(count: int) -> tuple[Contracts, FloatArray]:
    """Contracts with and without dividends, of both styles, in any order."""
    generator = np.random.default_rng(11)
    strike = np.exp(generator.uniform(1, 7, count))
    tau_years = generator.uniform(0.02, 1.5, count)
    owner = generator.integers(0, count, 2 * count)
    contracts = Contracts(
        strike=strike,
        spot=strike * np.exp(generator.uniform(-0.3, 0.3, count)),
        tau_years=tau_years,
        rate=generator.uniform(-0.03, 0.1, count),
        dividend_yield=np.where(generator.random(count) < 0.5, 0.0, generator.uniform(-0.05, 0.05, count)),
        is_call=generator.random(count) < 0.5,
        american=generator.random(count) < 0.7,
        dividend_contract=owner,
        dividend_tau=generator.uniform(0.01, 1.3, 2 * count) * tau_years[owner],
        dividend_amount=strike[owner] * generator.uniform(0.001, 0.02, 2 * count),
    )
    return contracts, generator.uniform(0.08, 0.9, count)


def only(contracts: Contracts, rows: np.ndarray) -> Contracts:
    """Some of them in another order, with their dividends."""
    events = [
        (at, event) for at, row in enumerate(rows) for event in np.flatnonzero(contracts.dividend_contract == row)
    ]
    of_rows = {
        name: getattr(contracts, name)[rows]
        for name in ("spot", "strike", "tau_years", "rate", "dividend_yield", "is_call", "american")
    }
    chosen = np.array([event for _, event in events], dtype=np.int64)
    return Contracts(
        **of_rows,
        dividend_contract=np.array([at for at, _ in events], dtype=np.int64),
        dividend_tau=contracts.dividend_tau[chosen],
        dividend_amount=contracts.dividend_amount[chosen],
    )


def test_an_option_is_worth_the_same_bit_for_bit_whoever_stands_beside_it() -> None:
    contracts, volatility = portfolio(120)
    whole = value_contracts(contracts, volatility)
    order = np.random.default_rng(12).permutation(120)
    parts = [order[:1], order[1:3], order[3:10], order[10:40], order[40:]]
    found = [value_contracts(only(contracts, rows), volatility[rows]) for rows in parts]
    for name in FIELDS:
        joined = np.concatenate([getattr(part, name) for part in found])
        np.testing.assert_array_equal(joined, getattr(whole, name)[order], name)


@EXAMPLES
@given(contract=doubly_bounded())
def test_an_option_exercised_on_both_sides_lies_between_its_bounds(contract: Contract) -> None:
    american, european = (float(contract.prices(style)) for style in ("american", "european"))
    noise = TREE_TOLERANCE * contract.strike
    assert american >= max(european - noise, contract.intrinsic)
    most = contract.spot if contract.is_call else contract.strike
    growth = np.exp(max(0, -contract.dividend_yield if contract.is_call else -contract.rate) * contract.tau_years)
    assert american <= most * growth + noise


@FEWER
@given(contract=doubly_bounded())
def test_every_greek_of_an_option_exercised_on_both_sides_is_the_slope_of_the_price(contract: Contract) -> None:
    """With steps so wide that the tree's noise is a unit's tolerance: 1 %, point, day."""
    values, unit = contract.values("american"), TREE_TOLERANCE * contract.strike
    assume(values.price > contract.intrinsic + 1e-2 * contract.strike)
    assume(contract.tau_years > 0.1)
    assume(max(contract.rate, contract.dividend_yield) < -0.005)  # a rate of 0 ends one of the boundaries
    assume(abs(contract.rate - contract.dividend_yield) > 0.005)
    moves = 0.1 * contract.deviation * contract.spot
    assert values.delta == pytest.approx(contract.slope("spot", moves, "american"), abs=3e-3)
    decay = -contract.slope("tau_years", 0.02 * contract.tau_years, "american") / 365
    assert values.theta_per_day == pytest.approx(decay, abs=unit)
    vega = contract.slope("volatility", 0.05 * contract.volatility, "american") / 100
    assert values.vega_per_point == pytest.approx(vega, abs=unit)
    rho = contract.slope("rate", 0.002, "american") / 100
    assert values.rho_per_percent == pytest.approx(rho, abs=unit)


@EXAMPLES
@given(contract=doubly_bounded())
def test_a_call_exercised_on_both_sides_is_a_put_seen_from_the_other_currency(contract: Contract) -> None:
    mirrored = contract.prices(
        "american",
        spot=contract.strike,
        strike=contract.spot,
        rate=contract.dividend_yield,
        dividend_yield=contract.rate,
        is_call=not contract.is_call,
    )
    within = TREE_TOLERANCE * (contract.strike + contract.spot)
    assert contract.prices("american") == pytest.approx(float(mirrored), abs=within)
