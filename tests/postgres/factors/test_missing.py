"""Missing is not zero: young shares, unknown ones, no yields, no net asset value; each number says why it is none."""

from math import isnan

import numpy as np
import pytest

from postgres.greeks.conftest import FRIDAY
from sigmasight.domain.market_data import Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.domain.symbols import occ_symbol

from .conftest import CALL, NAMES, RISK_TABLES, UNQUOTED, YOUNG, City, by_name

pytestmark = pytest.mark.xdist_group("factors")

CORRELATION_NUMBERS = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration"),
)
RATES = ("ir_up_100bp", "ir_down_100bp", "ir_up_200bp", "ir_down_200bp")
STRESSED_RATES = ("rates_up_25bp", "rates_down_25bp", "rates_up_100bp", "rates_down_100bp", "rate_spike_300bp")
SHORT = {"Y59": "no_history", "Y60": "short_history", "Y61": "short_history", "Y251": "short_history", "Y252": None}


@pytest.mark.parametrize("symbol", YOUNG)
def test_sixty_returns_make_betas_and_two_hundred_and_fifty_two_a_whole_window(city: City, symbol: str) -> None:
    row, found = city.desk.betas(symbol), city.desk.exposures(city.books[symbol])
    reasons = [] if SHORT[symbol] is None else [SHORT[symbol]]
    assert (row["n_obs"], row["reasons"]) == (YOUNG[symbol], reasons)
    if symbol == "Y59":
        assert row["loading"] == row["hac_error"] == row["t_statistic"] == [None] * 7
        assert (row["residual_volatility"], row["r_squared"]) == (None, None)
        assert np.isnan([*found.exposure, *found.beta, *found.risk_share, found.specific_share]).all()
        assert {name: found.reasons[name] for name in NAMES} == dict.fromkeys(NAMES, Reason.NO_HISTORY)
        assert (found.coverage, found.not_included) == (0.0, (NotIncluded(symbol, "no_history"),))
        return
    assert row["loading"][0] == pytest.approx(0.9, abs=0.7)
    assert found.exposure == pytest.approx(np.array(row["loading"]) * city.worth(symbol), rel=1e-12)
    assert (found.coverage, found.not_included, found.reasons) == (1.0, (), {})
    assert found.marks == (Reason.SHORT_HISTORY if reasons else Reason.NONE)


@pytest.mark.parametrize("symbol", YOUNG)
def test_sixty_returns_make_yield_betas_too_and_ninety_are_enough(city: City, symbol: str) -> None:
    row, returns = city.desk.betas(symbol), YOUNG[symbol]
    expected = "no_history" if returns < 60 else "short_history" if returns < 90 else ""
    assert row["yield_reasons"] == [expected] * 4
    assert row["yield_n_obs"] == [returns] * 4
    known = city.desk.market_scenarios(city.books[symbol])
    if expected == "no_history":
        assert np.isnan([known.direct, known.correlated]).all()
        assert set(known.reasons.values()) == {Reason.NO_HISTORY}
        assert set(known.reasons) == set(known.scenarios)
    else:
        assert np.isfinite([known.direct, known.correlated]).all()
        assert known.marks == (Reason.SHORT_HISTORY if returns < 252 else Reason.NONE)


def test_a_symbol_that_nobody_knows_is_left_out_named_and_weighed_by_what_was_paid(city: City) -> None:
    """Ten at 8 beside ten of the index fund."""
    found, alone = city.desk.exposures(city.books["unknown"]), city.worth("spy") / 10
    assert found.coverage == pytest.approx(alone / (alone + 80))
    assert found.not_included == (NotIncluded("NOBODY", "no_price,no_history"),)
    assert found.exposure[0] == pytest.approx(alone, rel=1e-12)
    stress = city.desk.stress(city.books["unknown"])
    assert stress.not_included == found.not_included
    assert set(stress.coverage.tolist()) == {found.coverage}
    assert by_name(stress, "direct")["market_down_10"] == pytest.approx(-0.1 * alone, rel=1e-12)


def test_of_a_book_in_which_nothing_is_known_there_is_no_number_and_a_reason_for_each(city: City) -> None:
    book = city.books["nothing known"]
    exposures, results = city.desk.exposures(book), (city.desk.market_scenarios(book), city.desk.stress(book))
    assert np.isnan([*exposures.exposure, *exposures.beta, *exposures.risk_share, exposures.specific_share]).all()
    for each in results:
        assert np.isnan([each.direct, each.correlated]).all()
        assert set(each.coverage.tolist()) == {0.0}
        assert set(each.reasons) == set(each.scenarios)
    assert {why for each in results for why in each.reasons.values()} == {Reason.NO_PRICE | Reason.NO_HISTORY}
    tails, correlated = city.desk.tails(book), city.desk.correlations(book)
    assert np.isnan([tails.value_at_risk, tails.expected_shortfall]).all()
    assert (tails.coverage, correlated.coverage, correlated.symbols) == (0.0, 0.0, ())
    assert tails.reasons == {"value_at_risk": Reason.NO_PRICE | Reason.NO_HISTORY}
    assert set(correlated.reasons) == set(CORRELATION_NUMBERS)


@pytest.mark.parametrize("symbol", YOUNG)
def test_two_hundred_and_fifty_two_returns_make_value_at_risk(city: City, symbol: str) -> None:
    found, snapshot = city.desk.tails(city.books[symbol]), city.desk.snapshot(city.books[symbol])
    known = symbol == "Y252"
    assert np.isfinite([found.value_at_risk, found.expected_shortfall]).all() == known
    assert (found.sessions, found.coverage) == ((252, 1.0) if known else (0, 0.0))
    assert found.reasons == ({} if known else {"value_at_risk": Reason.NO_HISTORY})
    assert isnan(snapshot.measures.value_at_risk) != known
    assert snapshot.reasons.get("value_at_risk", Reason.NONE) == (Reason.NONE if known else Reason.NO_HISTORY)


@pytest.mark.parametrize("book", ["Y59", "nothing known"])
def test_a_missing_volatility_has_a_reason(city: City, book: str) -> None:
    """The row's reasons name every number that is missing: a factor, or beta, risk_share, volatility."""
    found = city.desk.exposures(city.books[book])
    assert isnan(found.volatility)
    assert "volatility" in found.reasons


def test_an_empty_book_has_exposures_and_losses_of_nothing(city: City) -> None:
    book = city.books["empty"]
    exposures, results = city.desk.exposures(book), (city.desk.market_scenarios(book), city.desk.stress(book))
    assert (exposures.exposure.tolist(), exposures.coverage, exposures.volatility) == ([0.0] * 7, 1.0, 0.0)
    assert exposures.not_included == ()
    for each in results:
        assert set(each.direct.tolist()) == set(each.correlated.tolist()) == {0.0}
        assert set(each.coverage.tolist()) == {1.0}
        assert (each.reasons, each.not_included, each.marks) == ({}, (), Reason.NONE)


def test_a_long_and_a_short_of_one_share_are_hedged_and_covered(city: City) -> None:
    found = city.desk.exposures(city.books["hedged"])
    assert (found.exposure.tolist(), found.volatility, found.coverage) == ([0.0] * 7, 0.0, 1.0)
    assert np.isnan([*found.risk_share, found.specific_share]).all()
    assert found.reasons["risk_share"] == Reason.FULLY_HEDGED
    for pnl in (city.direct("hedged"), city.correlated("hedged")):
        assert set(pnl.values()) == {0.0}


def test_an_option_without_a_quote_has_numbers_where_estimates_are_allowed_and_reasons_elsewhere(city: City) -> None:
    strict, lenient = city.books["unquoted"], city.books["unquoted, estimated"]
    assert np.isnan(city.desk.exposures(strict).exposure).all()
    for results in (city.desk.market_scenarios(strict), city.desk.stress(strict)):
        assert np.isnan([results.direct, results.correlated]).all()
        assert all(Reason.NO_VOLATILITY in why for why in results.reasons.values())
        assert Reason.ESTIMATED not in results.marks
    fact = city.desk.fact(UNQUOTED)
    expected = [100 * fact["delta"] * fact["spot"] * beta for beta in city.desk.betas("BBB")["loading"]]
    assert city.desk.exposures(lenient).exposure == pytest.approx(expected, rel=1e-13)
    for results in (city.desk.market_scenarios(lenient), city.desk.stress(lenient)):
        assert np.isfinite([results.direct, results.correlated]).all()
        assert Reason.ESTIMATED in results.marks
    view = "SELECT exposure FROM position_factor_exposures WHERE portfolio_id = :book AND factor = 'Market'"
    assert [row["exposure"] for row in city.desk.rows(view, book=strict.id)] == [None]
    assert city.desk.rows(view, book=lenient.id)[0]["exposure"] == pytest.approx(expected[0])


@pytest.mark.parametrize("book", ["empty", "expiring"])
def test_a_book_without_any_exposure_is_not_called_hedged(city: City, book: str) -> None:
    assert Reason.FULLY_HEDGED not in city.desk.exposures(city.books[book]).reasons.values()


def test_without_a_positive_net_asset_value_there_are_exposures_and_no_betas(city: City) -> None:
    found = city.desk.exposures(city.books["poor"])
    assert city.desk.snapshot(city.books["poor"]).measures.nav < 0
    assert np.isfinite([*found.exposure, *found.risk_share, found.specific_share, found.volatility]).all()
    assert np.isnan(found.beta).all()
    assert found.reasons == {"beta": Reason.NAV_NOT_POSITIVE}
    assert found.coverage == 1.0
    short = city.desk.exposures(city.books["short spy"])
    assert (short.reasons, short.exposure[0] < 0) == ({"beta": Reason.NAV_NOT_POSITIVE}, True)


def test_a_book_of_shorts_gains_where_the_market_falls(city: City) -> None:
    found, snapshot = city.desk.exposures(city.books["shorts"]), city.desk.snapshot(city.books["shorts"])
    assert snapshot.measures.net < 0 < snapshot.measures.nav
    assert found.beta == pytest.approx(found.exposure / snapshot.measures.nav, rel=1e-14)
    assert found.beta[0] < 0
    assert sum([*found.risk_share, found.specific_share]) == pytest.approx(1.0, abs=1e-12)
    direct = city.direct("shorts")
    assert direct["market_down_10"] > 0 > direct["market_up_10"]
    assert direct["ir_up_100bp"] > 0


def test_without_yields_scenarios_of_rates_have_no_number_and_the_others_have(city: City) -> None:
    book = city.books["no rates"]
    market, stress = city.desk.market_scenarios(book), city.desk.stress(book)
    for results, without in ((market, RATES), (stress, STRESSED_RATES)):
        assert results.reasons == dict.fromkeys(without, Reason.NO_RATE)
        for column in ("direct", "correlated"):
            missing = {name for name, value in by_name(results, column).items() if isnan(value)}
            assert missing == set(without), column
        assert by_name(results, "coverage") | dict.fromkeys(without, 0.0) == by_name(results, "coverage")
        assert results.marks == Reason.SIMULATED
    named = {left.symbol: left.reason for left in market.not_included}
    assert named == dict.fromkeys(("AAA", "REIT", "BOND", "FUND", occ_symbol(CALL)), "no_rate")
    others = [value for name, value in by_name(market, "coverage").items() if name not in RATES]
    assert all(0.8 < each < 1.0 for each in others)  # the call has no volatility without a rate
    assert np.isfinite(city.desk.exposures(book).exposure).all()
    row = city.desk.betas("AAA", market=Market.SIMULATED)
    assert (row["yield_beta"], row["yield_reasons"]) == ([None] * 4, ["simulated,no_rate"] * 4)


@pytest.mark.parametrize(("symbol", "loss"), [("AAA", -0.01), ("REIT", -0.02), ("BOND", -0.05)])
def test_where_estimates_are_allowed_the_table_of_asset_classes_stands_in(city: City, symbol: str, loss: float) -> None:
    """For each 100 basis points: a bond fund 5 %, real estate 2 %, whatever else 1 %."""
    name = f"est {symbol}"
    market, stress = (load(city.books[name]) for load in (city.desk.market_scenarios, city.desk.stress))
    direct = city.direct(name)
    points_of = {"ir_up_100bp": 1, "ir_down_200bp": -2, "rates_up_25bp": 0.25, "rate_spike_300bp": 3}
    for scenario, points in points_of.items():
        assert direct[scenario] == pytest.approx(points * loss * city.worth(name), rel=1e-12), scenario
    assert market.marks == stress.marks == Reason.SIMULATED | Reason.ESTIMATED
    assert market.not_included == stress.not_included == ()
    assert city.desk.exposures(city.books[name]).marks == Reason.SIMULATED


def test_an_estimate_says_nothing_of_the_market_beside_the_yield(city: City) -> None:
    """What the market would do is a regression on yields, and there are none: correlated is not known."""
    results = city.desk.market_scenarios(city.books["est AAA"])
    correlated = by_name(results, "correlated")
    assert {name for name, value in correlated.items() if isnan(value)} == set(RATES)
    assert set(results.reasons) == set(RATES)


def test_what_is_not_known_for_want_of_yields_says_so(city: City) -> None:
    results = city.desk.market_scenarios(city.books["est AAA"])
    assert results.reasons == dict.fromkeys(RATES, Reason.NO_RATE)


def test_an_estimated_number_covers_what_it_is_made_of(city: City) -> None:
    results = city.desk.market_scenarios(city.books["est AAA"])
    assert by_name(results, "coverage")["ir_up_100bp"] == 1.0


def test_every_number_that_is_not_there_has_a_reason_and_no_other_has(city: City) -> None:
    for name, book in city.books.items():
        exposures = city.desk.exposures(book)
        missing = {f for f, value in by_name(exposures, "exposure").items() if isnan(value)}
        assert {f for f in exposures.reasons if f in NAMES} == missing, name
        assert ("risk_share" in exposures.reasons) == bool(np.isnan(exposures.specific_share)), name
        for results in (city.desk.market_scenarios(book), city.desk.stress(book)):
            unknown = np.isnan(results.direct) | np.isnan(results.correlated)
            assert set(results.reasons) == set(np.array(results.scenarios)[unknown].tolist()), name
            assert all(why & BLOCKING for why in results.reasons.values())
            assert ((results.coverage >= 0) & (results.coverage <= 1)).all()
        tails, correlated = city.desk.tails(book), city.desk.correlations(book)
        assert len(set(np.isnan([tails.value_at_risk, tails.expected_shortfall]).ravel().tolist())) == 1, name
        assert bool(tails.reasons) == isnan(tails.value_at_risk[0, 0]), name
        unknown_numbers = {each for each in CORRELATION_NUMBERS if isnan(getattr(correlated, each))}
        assert set(correlated.reasons) == unknown_numbers, name
        assert all(why & BLOCKING for why in (*tails.reasons.values(), *correlated.reasons.values()))


def test_every_book_has_one_row_in_each_table(city: City) -> None:
    for table in RISK_TABLES:
        rows = city.desk.rows(f"SELECT portfolio_id, user_id, as_of, method FROM {table}")
        assert len(rows) == len(city.books)
        assert {(row["portfolio_id"], row["user_id"]) for row in rows} == {
            (book.id, book.user_id) for book in city.books.values()
        }
        assert {(row["as_of"], row["method"]) for row in rows} == {(FRIDAY, "default")}
