"""Thousands of random options against QuantLib, the same ones in each run; a failure names what it priced."""

from functools import cache

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - as its own examples call it

import sigmasight as ss
from oracle.options.comparing import POINTS, assert_within, people_theta
from oracle.options.dated import contracts_of
from oracle.options.quantlib_models import (
    Options,
    american_grid,
    american_prices,
    american_with_dividends,
    curvature,
    european_values,
    european_with_dividends,
    implied_volatilities,
    slope,
)
from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.option_models import value_contracts

pytestmark = pytest.mark.xdist_group("quantlib")  # which prices once what several tests compare with

SEED = 20240115
PRICE_TOLERANCE = {"fast": 2e-5, "accurate": 1e-6}  # of the strike
DELTA_TOLERANCE = {"fast": 1e-3, "accurate": 1e-4}
TREE_TOLERANCE = 1e-4  # of the strike
ACCURACIES = sorted(PRICE_TOLERANCE)

Range = tuple[float, float]


def random_options(
    count: int,
    *,
    seed: int,
    days: tuple[int, int],
    rate: Range,
    dividend_yield: Range,
    volatility: Range,
    log_moneyness: float = 0.5,
) -> Options:
    """Spread evenly over the ranges; strikes from 1 to 5,000 USD, volatilities evenly in logarithms."""
    generator = np.random.default_rng(SEED + seed)
    strike = np.exp(generator.uniform(0, np.log(5000), count))
    return Options(
        strike=strike,
        spot=strike * np.exp(generator.uniform(-log_moneyness, log_moneyness, count)),
        days=generator.integers(days[0], days[1] + 1, count),
        rate=generator.uniform(*rate, count),
        dividend_yield=generator.uniform(*dividend_yield, count),
        volatility=np.exp(generator.uniform(*np.log(volatility), count)),
        is_call=generator.random(count) < 0.5,
    )


def values(options: Options, style: str, accuracy: str = "fast") -> ss.Greeks:
    return ss.greeks(**options.arguments, volatility=options.volatility, style=style, accuracy=accuracy)


@cache
def europeans() -> Options:
    return random_options(
        4000, seed=1, days=(1, 3650), rate=(-0.05, 0.15), dividend_yield=(-0.05, 0.12), volatility=(0.02, 2.0)
    )


@cache
def europeans_by_quantlib() -> dict[str, FloatArray]:
    return european_values(europeans())


def european_scales(options: Options) -> dict[str, FloatArray]:
    """How large each number gets where it is largest, in people's units: rounding errors are a share of it."""
    dollars = np.maximum(options.spot, options.strike)
    growth = np.exp(np.maximum(0, -np.minimum(options.rate, options.dividend_yield) * options.tau_years))
    deviation = options.volatility * np.sqrt(options.tau_years)
    return {
        "price": dollars * growth,
        "delta": growth,
        "gamma": growth / (options.spot * deviation),
        "theta_per_day": dollars * growth,
        "vega_per_point": dollars * growth * np.sqrt(options.tau_years) / POINTS,
        "rho_per_percent": dollars * growth * options.tau_years / POINTS,
    }


def in_peoples_units(raw: dict[str, FloatArray]) -> dict[str, FloatArray]:
    return {
        "price": raw["price"],
        "delta": raw["delta"],
        "gamma": raw["gamma"],
        "theta_per_day": people_theta(raw["theta"], np.maximum(raw["price"], 0)),
        "vega_per_point": raw["vega"] / POINTS,
        "rho_per_percent": raw["rho"] / POINTS,
    }


@pytest.mark.parametrize("field", ["price", "delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent"])
def test_european_values_are_quantlibs(field: str) -> None:
    options = europeans()
    expected = in_peoples_units(europeans_by_quantlib())[field]
    tolerance = 1e-10 * np.abs(expected) + 1e-12 * european_scales(options)[field]
    assert_within(getattr(values(options, "european"), field), expected, tolerance, options.describe)


@cache
def americans() -> Options:
    """Where one boundary is enough; QuantLib refuses the others."""
    options = random_options(
        1600, seed=2, days=(1, 1095), rate=(-0.03, 0.12), dividend_yield=(-0.02, 0.12), volatility=(0.05, 1.2)
    )
    return options[~options.both_boundaries][:1500]


@cache
def americans_by_quantlib() -> FloatArray:
    return american_prices(americans())


@cache
def americans_valued(accuracy: str) -> ss.Greeks:
    return values(americans(), "american", accuracy)


def test_there_are_as_many_american_puts_and_calls_as_promised_with_all_signs_of_carry() -> None:
    options = americans()
    assert len(options) == 1500
    for signs in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        of_these = (np.sign(options.rate) == signs[0]) & (np.sign(options.dividend_yield) == signs[1])
        assert (of_these & options.is_call).sum() > 10
        assert (of_these & ~options.is_call).sum() > 10


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_prices_are_quantlibs(accuracy: str) -> None:
    options, found = americans(), americans_valued(accuracy).price
    assert_within(found, americans_by_quantlib(), PRICE_TOLERANCE[accuracy] * options.strike, options.describe)


def test_american_prices_are_those_of_quantlibs_most_precise_scheme() -> None:
    options = americans()[:100]
    expected = american_prices(options, ql.QdFpAmericanEngine.highPrecisionScheme())
    assert_within(values(options, "american", "accurate").price, expected, 1e-6 * options.strike, options.describe)


@cache
def quiet_and_long() -> tuple[Options, FloatArray]:
    """The hard ones: near the boundary the whole life long, and carried far against a small deviation."""
    options = random_options(
        600,
        seed=9,
        days=(365, 1095),
        rate=(-0.03, 0.12),
        dividend_yield=(-0.02, 0.12),
        volatility=(0.05, 0.10),
        log_moneyness=0.08,
    )
    options = options[~options.both_boundaries]
    return options, american_prices(options)


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_prices_at_low_volatility_and_for_years_are_quantlibs(accuracy: str) -> None:
    options, expected = quiet_and_long()
    found = values(options, "american", accuracy).price
    assert_within(found, expected, PRICE_TOLERANCE[accuracy] * options.strike, options.describe)


def test_american_prices_are_those_of_a_grid() -> None:
    """Which knows nothing of boundaries; with its steps in time extrapolated it is within 2e-5 of the strike."""
    options = random_options(
        120, seed=3, days=(5, 730), rate=(-0.03, 0.12), dividend_yield=(-0.02, 0.12), volatility=(0.05, 0.6)
    )
    options = options[~options.both_boundaries]
    coarse, fine = (american_grid(options, steps, 800)[0] for steps in (200, 400))
    found = values(options, "american", "accurate").price
    assert_within(found, 2 * fine - coarse, 3e-5 * options.strike, options.describe)


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_deltas_are_quantlibs(accuracy: str) -> None:
    options = americans()[:400]
    expected = american_slopes()["delta"]
    found = values(options, "american", accuracy).delta
    assert_within(found, expected, DELTA_TOLERANCE[accuracy], options.describe)


@cache
def american_slopes() -> dict[str, FloatArray]:
    """By bumps of QuantLib's prices; the second derivatives of the first 200 only."""
    options = americans()[:400]
    fewer = options[:100]
    width = fewer.spot * np.minimum(0.05 * fewer.volatility * np.sqrt(fewer.tau_years), 0.01)
    return {
        "delta": slope(american_prices, options, "spot", 0.2 * options.spot * _deviation(options)),
        "gamma": curvature(american_prices, fewer, width),
        "vega": slope(american_prices, fewer, "volatility", 0.01 * fewer.volatility),
        "rho": slope(american_prices, fewer, "rate", 1e-4),
    }


def _deviation(options: Options) -> FloatArray:
    """Small against the width of the price's bend."""
    return np.minimum(0.05 * options.volatility * np.sqrt(options.tau_years), 0.01)


def held(options: Options, prices: FloatArray) -> np.ndarray:
    """Not at the boundary of exercise, where gamma jumps and a bump steps over it."""
    return prices > options.intrinsic + 2e-4 * options.strike * np.minimum(1, _deviation(options) * 100)


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_gammas_are_quantlibs(accuracy: str) -> None:
    options = americans()[:100]
    away = held(options, americans_by_quantlib()[:100])
    tolerance = np.where(away, DELTA_TOLERANCE[accuracy] / 10 / (0.01 * options.spot), np.inf)
    found = values(options, "american", accuracy).gamma
    assert_within(found, american_slopes()["gamma"], tolerance, options.describe)


@pytest.mark.parametrize("accuracy", ACCURACIES)
@pytest.mark.parametrize(("field", "name"), [("vega_per_point", "vega"), ("rho_per_percent", "rho")])
def test_american_vegas_and_rhos_are_quantlibs(field: str, name: str, accuracy: str) -> None:
    """But not in the rate where early exercise begins: there a bump of QuantLib is too wide or too noisy."""
    options = americans()[:100]
    found = getattr(values(options, "american", accuracy), field)
    expected = american_slopes()[name] / POINTS
    smooth = (name == "vega") | ((np.abs(options.rate) > 5e-3) & (np.abs(options.rate - options.dividend_yield) > 1e-3))
    within = PRICE_TOLERANCE["fast" if name == "rho" else accuracy]  # QuantLib's bump of the rate is no better
    tolerance = np.where(smooth, within * options.strike, np.inf)
    assert_within(found, expected, tolerance, options.describe)


@pytest.mark.parametrize("accuracy", ACCURACIES)
def test_american_decay_is_what_quantlibs_prices_lose_from_day_to_day(accuracy: str) -> None:
    """Only where a day is short against what is left, so that two days' loss is twice one day's."""
    options = long_lived()
    found = values(options, "american", accuracy).theta_per_day
    assert_within(found, decay_by_quantlib(), PRICE_TOLERANCE[accuracy] * options.strike, options.describe)


def long_lived() -> Options:
    return americans()[americans().days >= 60][:300]


@cache
def decay_by_quantlib() -> FloatArray:
    prices = {days: american_prices(_later(long_lived(), days)) for days in (-2, -1, 1, 2)}
    loss = (8 * (prices[1] - prices[-1]) - (prices[2] - prices[-2])) / 12
    now = americans_by_quantlib()[americans().days >= 60][:300]
    return np.clip(loss, -now, now)


def _later(options: Options, days: int) -> Options:
    """The same options so many days later."""
    names = ("spot", "strike", "rate", "dividend_yield", "volatility", "is_call")
    return Options(days=options.days - days, **{name: getattr(options, name) for name in names})


def doubly_bounded(count: int, *, seed: int, days: tuple[int, int], volatility: Range) -> Options:
    """Puts with q < r <= 0, and calls as their mirror images."""
    puts = random_options(
        count, seed=seed, days=days, rate=(-0.08, 0.0), dividend_yield=(0.005, 0.08), volatility=volatility
    )
    low = puts.rate - puts.dividend_yield
    return Options(
        spot=puts.spot,
        strike=puts.strike,
        days=puts.days,
        rate=np.where(puts.is_call, low, puts.rate),
        dividend_yield=np.where(puts.is_call, puts.rate, low),
        volatility=puts.volatility,
        is_call=puts.is_call,
    )


def test_options_exercised_on_both_sides_are_quantlibs() -> None:
    options = doubly_bounded(300, seed=4, days=(5, 730), volatility=(0.06, 0.6))
    assert options.both_boundaries.all()
    prices, deltas = american_grid(options, 400, 400)
    found = values(options, "american")
    assert_within(found.price, prices, TREE_TOLERANCE * options.strike, options.describe)
    away = prices > options.intrinsic + 1e-3 * options.strike  # near it the grid's own delta is 1e-3 off
    assert_within(found.delta, deltas, np.where(away, 1e-3, 1e-2), options.describe)


def test_wild_and_long_options_exercised_on_both_sides_are_quantlibs() -> None:
    options = doubly_bounded(40, seed=5, days=(730, 1095), volatility=(0.4, 0.8))
    prices, _ = american_grid(options, 1600, 800)
    assert_within(values(options, "american").price, prices, TREE_TOLERANCE * options.strike, options.describe)


def dividend_payers(count: int, *, seed: int) -> tuple[Options, list[list[tuple[int, float]]]]:
    """With one to four dividends of up to 2 % of the spot before expiry, one in three with one more after it."""
    options = random_options(
        count,
        seed=seed,
        days=(20, 365),
        rate=(0.0, 0.10),
        dividend_yield=(0.0, 0.0),
        volatility=(0.1, 0.7),
        log_moneyness=0.3,
    )
    generator = np.random.default_rng(SEED + seed + 1000)
    dividends = []
    for spot, days in zip(options.spot, options.days, strict=True):
        on = generator.choice(np.arange(2, days - 1), size=int(generator.integers(1, 5)), replace=False)
        after = [days + 30] if generator.random() < 1 / 3 else []
        dividends.append([(int(day), float(spot * generator.uniform(0.001, 0.02))) for day in sorted([*on, *after])])
    return options, dividends


def test_american_options_on_what_pays_dated_dividends_are_quantlibs() -> None:
    """On a grid whose prices four times as many nodes and steps would move by 1.4e-5 of the strike."""
    options, dividends = dividend_payers(60, seed=6)
    contracts = contracts_of(
        spot=options.spot,
        strike=options.strike,
        days=options.days,
        rate=options.rate,
        is_call=options.is_call,
        american=True,
        dividends=dividends,
    )
    found = value_contracts(contracts, options.volatility)
    before = [
        [(day, amount) for day, amount in paid if day < days]
        for paid, days in zip(dividends, options.days, strict=True)
    ]
    prices, deltas = american_with_dividends(options, before, 400, 400)
    assert_within(found.price, prices, TREE_TOLERANCE * options.strike, options.describe)
    away = prices > options.intrinsic + 1e-3 * options.strike  # near it the grid's own delta is 1e-3 off
    assert_within(found.delta, deltas, np.where(away, 1e-3, 1e-2), options.describe)


@pytest.mark.parametrize("field", ["price", "delta", "gamma", "theta", "vega", "rho"])
def test_european_options_on_what_pays_dated_dividends_are_quantlibs(field: str) -> None:
    options, dividends = dividend_payers(300, seed=7)
    contracts = contracts_of(
        spot=options.spot,
        strike=options.strike,
        days=options.days,
        rate=options.rate,
        is_call=options.is_call,
        american=False,
        dividends=dividends,
    )
    expected = european_with_dividends(options, dividends)[field]
    found = getattr(value_contracts(contracts, options.volatility), field)
    assert_within(found, expected, 1e-9 * np.maximum(options.strike, np.abs(expected)), options.describe)


def test_implied_volatilities_of_european_prices_are_quantlibs() -> None:
    options = random_options(
        400, seed=8, days=(1, 1095), rate=(-0.03, 0.12), dividend_yield=(-0.02, 0.12), volatility=(0.05, 2.0)
    )
    made = european_values(options)
    options, prices, vega = (
        part[made["vega"] > 1e-5 * options.spot] for part in (options, made["price"], made["vega"])
    )
    assert len(options) > 300
    expected = implied_volatilities(options, prices)
    found = ss.implied_volatility(price=prices, **options.arguments, style="european")
    assert (found.status == "ok").all()
    rounding = 1e-15 * np.maximum(options.spot, options.strike) / vega
    assert_within(found.volatility, expected, 1e-8 + rounding, options.describe)
    assert_within(found.volatility, options.volatility, 1e-8 + rounding, options.describe)


def test_the_volatility_that_made_an_american_price_of_quantlib_is_found_again() -> None:
    """As near as the price's tolerance lets it be."""
    options, prices = americans(), americans_by_quantlib()
    vega = 100 * americans_valued("accurate").vega_per_point
    telling = vega > 0.01 * options.spot
    assert telling.sum() > 1000
    options, prices, vega = options[telling], prices[telling], vega[telling]
    found = ss.implied_volatility(price=prices, **options.arguments)
    assert (found.status == "ok").all()
    assert_within(found.volatility, options.volatility, 2e-5 * options.strike / vega, options.describe)
