"""Books whose answer everybody knows: an index fund, its short, each factor's fund alone, sums and opposites."""

import numpy as np
import pytest

from .conftest import FUNDS, LONG_ONLY, NAMES, OWN, OWN_SIZES, SLOPES, City, by_name

pytestmark = pytest.mark.xdist_group("factors")

MARKET_MOVES = {
    **{f"market_{way}_{size}": sign * size / 100 for way, sign in (("up", 1), ("down", -1)) for size in (5, 10, 20)},
    "market_crash_35": -0.35,
    "market_rally_25": 0.25,
}
PRECISE = 1e-9


def scale(pnl: dict[str, float]) -> float:
    return max(abs(value) for value in pnl.values())


def test_the_index_fund_loses_what_the_market_loses_direct_and_correlated(city: City) -> None:
    worth = city.worth("spy")
    for found in (city.direct("spy"), city.correlated("spy")):
        for scenario, move in MARKET_MOVES.items():
            assert found[scenario] == pytest.approx(move * worth, rel=1e-12), scenario
    assert f"{city.direct('spy')['market_down_10'] / worth:.2%}" == "-10.00%"


def test_its_short_gains_exactly_what_it_loses(city: City) -> None:
    for column in (city.direct, city.correlated):
        held, shorted = column("spy"), column("short spy")
        assert {name: -value for name, value in shorted.items()} == held


def test_the_index_fund_is_the_market_and_each_factors_fund_its_factor(city: City) -> None:
    """The market's fund has betas of 1 and 0 without an error, so there is no t."""
    for at, (name, fund) in enumerate(FUNDS.items()):
        row = city.desk.betas(fund)
        unit = [1.0 if name == "Market" else SLOPES[name], *(float(each == name) for each in NAMES[1:])]
        # the slope over the window is the tape's own, because the style's own returns are not orthogonal in it
        if name != "Market":
            unit[0] = city.desk.factors()["market_slopes"][at]
        assert row["loading"] == pytest.approx(unit, abs=1e-9), fund
        assert row["t_statistic"] == [None] * len(NAMES), fund
        assert row["r_squared"] == pytest.approx(1.0)
        assert (row["n_obs"], row["reasons"], row["lagged"]) == (252, [], False)
    exact = city.desk.betas("SPY")["loading"]
    assert exact[0] == pytest.approx(1.0, abs=1e-14)
    assert np.abs(exact[1:]).max() < 1e-14


@pytest.mark.parametrize("name", NAMES)
def test_a_book_of_one_factors_fund_loses_its_shock_and_nothing_else(city: City, name: str) -> None:
    """Everybody's own scenario has the same id and another content."""
    book = f"only {name}"
    for found in (city.direct(book), city.correlated(book)):
        assert found[OWN] == pytest.approx(OWN_SIZES[name] * city.worth(book), rel=PRECISE)


def test_two_books_in_one_have_the_sum_of_all_measures(city: City) -> None:
    for measure in (city.exposures, city.direct, city.correlated):
        a, b, both = measure("a"), measure("b"), measure("ab")
        assert list(a) == list(b) == list(both)
        for name, value in both.items():
            assert value == pytest.approx(a[name] + b[name], abs=PRECISE * scale(both)), name


def test_a_book_the_other_way_round_has_the_opposite_of_all_measures(city: City) -> None:
    for measure in (city.exposures, city.direct, city.correlated):
        assert {name: -value for name, value in measure("minus ab").items()} == measure("ab")
    one, other = (city.desk.exposures(city.books[name]) for name in ("ab", "minus ab"))
    assert (one.risk_share == other.risk_share).all()
    assert (one.volatility, one.specific_share) == (other.volatility, other.specific_share)


@pytest.mark.parametrize("symbol", LONG_ONLY)
def test_what_is_held_long_never_loses_more_than_it_is_worth(city: City, symbol: str) -> None:
    book = f"long {symbol}"
    worth = city.worth(book)
    for found in (city.direct(book), city.correlated(book)):
        assert min(found.values()) >= -worth
        assert all(np.isfinite(value) for value in found.values())


def test_four_times_the_market_loses_much_of_it_and_never_all(city: City) -> None:
    """A market that falls 45 % leaves 0.55^beta of it: compounded, not multiplied."""
    beta = city.desk.betas("WILD")["loading"][0]
    assert 3.8 < beta < 4.2
    fall = city.direct("long WILD")["market_crash_35"] / city.worth("long WILD")
    assert fall == pytest.approx(0.65**beta - 1.0, rel=1e-12)
    assert -1.0 < fall < -0.75


def test_a_slow_funds_market_beta_is_that_of_both_days(city: City) -> None:
    """0.4 on the market's day and 0.5 on the one after it."""
    row = city.desk.betas("FUND")
    assert row["lagged"] is True
    assert row["loading"][0] == pytest.approx(0.9, abs=0.06)
    assert [city.desk.betas(symbol)["lagged"] for symbol in ("SPY", "AAA", "BOND")] == [False] * 3


def test_a_duration_of_seven_years_is_a_yield_beta_of_minus_seven(city: City) -> None:
    row = city.desk.betas("BOND")
    assert row["yield_beta"] == pytest.approx([-7.0] * 4, abs=0.3)
    assert city.direct("long BOND")["ir_up_100bp"] == pytest.approx(
        city.worth("long BOND") * 0.01 * row["yield_beta"][2], rel=1e-12
    )
    moved_too = city.desk.factors()["market_yield_slope"][2]
    assert city.correlated("long BOND")["ir_up_100bp"] == pytest.approx(
        city.worth("long BOND") * ((1 + 0.01 * moved_too) ** row["loading"][0] * (1 + 0.01 * row["yield_beta"][2]) - 1),
        rel=1e-10,
    )


def test_five_thousand_lots_are_their_sum(city: City) -> None:
    assert city.desk.snapshot(city.books["many"]).positions >= 5000
    for measure in (city.exposures, city.direct, city.correlated):
        many, few = measure("many"), measure("few")
        for name, value in few.items():
            assert many[name] == pytest.approx(value, abs=PRECISE * scale(few)), name
    one, other = (city.desk.exposures(city.books[name]) for name in ("many", "few"))
    assert one.risk_share == pytest.approx(other.risk_share, abs=PRECISE)
    assert by_name(one, "beta") == pytest.approx(by_name(other, "beta"), rel=1e-6)
