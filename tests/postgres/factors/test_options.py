"""Options in scenarios are priced again: what that gives, worked out by the library and by hand."""

from math import exp, expm1, log

import numpy as np
import pytest

import sigmasight as ss
from postgres.greeks.conftest import FRIDAY, years
from sigmasight.domain.instruments import OptionTerms, Right

from .conftest import CALL, FUNDS, NAMES, PUT, City

pytestmark = pytest.mark.xdist_group("factors")

STATES = {
    "market_up_10": ({"Market": 0.10}, 0.0),
    "market_down_20": ({"Market": -0.20}, 0.0),
    "market_crash_35": ({"Market": -0.35}, 0.0),
    "growth_rally_15": ({"Growth": 0.15, "Momentum": 0.10}, 0.0),
    "quality_flight_12": ({"Quality": 0.12, "Market": -0.05}, 0.0),
    "dotcom_crash_2000": (
        {"Market": -0.45, "Growth": -0.60, "Value": 0.20, "Momentum": -0.50, "Quality": 0.15},
        0.0,
    ),
    "ir_up_100bp": ({}, 0.01),
    "ir_down_200bp": ({}, -0.02),
    "rate_spike_300bp": ({}, 0.03),
}
"""Relative shocks of factors and the change of the 10-year yield."""


def rate_of(par_yield: float) -> float:
    return 2 * log(1 + par_yield / 2)


def price(terms: OptionTerms, spot: float, volatility: float, rate: float) -> float:
    found = ss.greeks(
        spot=spot,
        strike=float(terms.strike),
        tau_years=years(FRIDAY, terms.expiry),
        rate=rate,
        dividend_yield=0.0,
        volatility=volatility,
        is_call=terms.right is Right.CALL,
    )
    return float(found.price)


@pytest.mark.parametrize("scenario", STATES)
@pytest.mark.parametrize(("book", "terms"), [("call", CALL), ("put", PUT)])
def test_an_option_gains_what_the_library_says_it_is_worth_afterwards(
    city: City, book: str, terms: OptionTerms, scenario: str
) -> None:
    """Direct, by the betas of its share: spot, volatility (a point for each percent of market fall) and yield move."""
    shocks, yield_change = STATES[scenario]
    row, fact = city.desk.betas("AAA"), city.desk.fact(terms)
    moves = dict(zip(NAMES, row["loading"], strict=True))
    grown = exp(sum(moves[name] * log(1 + size) for name, size in shocks.items()))
    spot = fact["spot"] * grown * max(0.0, 1 + row["yield_beta"][2] * yield_change)
    volatility = fact["volatility"] + max(0.0, -shocks.get("Market", 0.0))
    par_yield = 2 * expm1(fact["rate"] / 2)
    after = price(terms, spot, volatility, rate_of(par_yield + yield_change))
    now = price(terms, fact["spot"], fact["volatility"], fact["rate"])
    assert city.direct(book)[scenario] == pytest.approx(100 * (after - now), abs=100 * 4e-5 * float(terms.strike))


def test_correlated_the_spot_moves_by_what_the_market_does_beside_the_yield(city: City) -> None:
    row, fact = city.desk.betas("AAA"), city.desk.fact(CALL)
    market = city.desk.factors()["market_yield_slope"][2] * -0.02
    spot = fact["spot"] * (1 + market) ** row["loading"][0] * (1 - 0.02 * row["yield_beta"][2])
    par_yield = 2 * expm1(fact["rate"] / 2)
    after = price(CALL, spot, fact["volatility"] + max(0.0, -market), rate_of(par_yield - 0.02))
    now = price(CALL, fact["spot"], fact["volatility"], fact["rate"])
    assert city.correlated("call")["ir_down_200bp"] == pytest.approx(100 * (after - now), abs=0.4)


def test_a_long_option_never_loses_more_than_it_costs(city: City) -> None:
    for book in ("call", "put", "fear"):
        worth = city.worth(book)
        for found in (city.direct(book), city.correlated(book)):
            assert min(found.values()) >= -worth * (1 + 1e-9) - 0.01


def test_calls_on_fear_have_numbers_in_any_market(city: City) -> None:
    """An index with a beta of -5 is worth twenty times as much where the market loses 45 %; the call with it."""
    beta = city.desk.betas("FEAR")["loading"][0]
    assert beta == pytest.approx(-5.0, abs=0.5)
    for found in (city.direct("fear"), city.correlated("fear")):
        assert all(np.isfinite(value) for value in found.values())
        assert found["market_up_20"] < 0 < found["market_down_20"] < found["financial_crisis_2008"]
    loadings = dict(zip(NAMES, city.desk.betas("FEAR")["loading"], strict=True))
    crisis = {"Market": -0.45, "Value": -0.30, "Size": -0.25, "Quality": 0.20, "Low Volatility": -0.35}
    grown = exp(sum(loadings[name] * log(1 + size) for name, size in crisis.items()))
    spot = city.desk.live.close("FEAR", FRIDAY)
    assert city.direct("fear")["financial_crisis_2008"] > 90 * (spot * grown - 100) - city.worth("fear")


def test_an_option_that_expires_that_day_brings_nothing(city: City) -> None:
    """It is worth its intrinsic value, which no scenario changes: its underlying's close is done."""
    assert city.worth("expiring") > 0
    for found in (city.direct("expiring"), city.correlated("expiring"), city.exposures("expiring")):
        assert set(found.values()) == {0.0}
    row = city.desk.exposures(city.books["expiring"])
    assert (row.coverage, row.not_included, row.volatility) == (1.0, (), 0.0)
    assert "expired" in row.marks.words


def test_what_an_option_adds_to_a_factor_is_its_dollar_delta_times_its_shares_beta(city: City) -> None:
    fact = city.desk.fact(CALL)
    expected = [100 * fact["delta"] * fact["spot"] * beta for beta in city.desk.betas("AAA")["loading"]]
    assert list(city.exposures("call").values()) == pytest.approx(expected, rel=1e-13)
    assert list(FUNDS) == list(city.exposures("call"))
