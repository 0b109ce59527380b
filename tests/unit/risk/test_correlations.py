"""How names move together: by hand on returns whose correlations are exact, by textbook, and what must always hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import Cluster, Correlations, DataQuality
from sigmasight.domain.snapshots import NotIncluded
from support.books import april, option, portfolio, stock
from unit.risk.risk_worlds import NAN, TODAY, with_books
from unit.risk.tail_worlds import (
    BOOK,
    SESSIONS,
    Past,
    bits,
    crowds,
    noise,
    past_of,
    same_volatilities,
    scaled,
    without,
    young,
)

EXAMPLES = settings(deadline=None, max_examples=35, derandomize=True)
FEWER = settings(EXAMPLES, max_examples=20)
WINDOW = 64
PLAN = CorrelationPlan(window_sessions=WINDOW, least_exposure=0.0, least_weight=0.0)
A, B, C, D, E = (stock(3 + at, each) for at, each in enumerate(("AAA", "BBB", "CCC", "DDD", "EEE")))
LATER = date(2025, 5, 30)
NUMBERS = (
    "average_correlation",
    "effective_positions",
    "effective_positions_classic",
    "effective_positions_by_weight",
    "diversification_ratio_squared",
    "concentration",
)
ALIKE, APART = (1.0, 0.0), (0.0, 1.0)


def moved_by(*parts: float, size: float = 0.01) -> FloatArray:
    """Returns whose logarithms follow so much of each of some causes, over the last 64 sessions.

    Causes are columns of a Hadamard matrix: each has mean 0 and the same variance, and two of them no correlation.
    """
    causes = hadamard(WINDOW)[:, 1 : 1 + len(parts)]
    before = noise(77, sessions=SESSIONS - WINDOW)  # what the window does not reach counts for nothing
    return np.concatenate([before, np.expm1(size * causes @ np.array(parts))])


def correlated(matrix: Sequence[Sequence[float]]) -> list[FloatArray]:
    """Returns of as many names, with these correlations exactly."""
    return [moved_by(*row) for row in np.linalg.cholesky(np.array(matrix)).tolist()]


def found_of(past: Past, plan: CorrelationPlan = PLAN, *, tags: Sequence[str] | None = None) -> Correlations:
    """Of the only book; each position's tags are words."""
    (found,) = past.correlations(plan, tags=None if tags is None else [frozenset(each.split()) for each in tags])
    return found


def book_of(exposures: Mapping[Instrument, float], returns: Sequence[FloatArray]) -> Past:
    """Shares at $100 each."""
    held = [(worth / 100.0, each) for each, worth in exposures.items()]
    prices = dict.fromkeys(exposures, 100.0)
    return past_of(*held, returns=dict(zip(exposures, returns, strict=True)), prices=prices)


def numbers_of(found: Correlations) -> dict[str, float]:
    return {name: getattr(found, name) for name in NUMBERS}


def correlations_of(rows: FloatArray) -> FloatArray:
    return np.atleast_2d(np.corrcoef(rows))


def left_out(found: Correlations) -> dict[str, str]:
    return {each.symbol: each.reason for each in found.not_included}


# How many positions there really are


def test_two_names_that_move_as_one_are_one_position_whatever_their_volatilities_are() -> None:
    past = book_of({A: 7_500, B: 2_500}, [moved_by(1.0), moved_by(1.0, size=0.03)])
    found = found_of(past)
    expected = dict.fromkeys(NUMBERS, 1.0) | {"effective_positions_by_weight": 1.0 / (0.75**2 + 0.25**2)}
    assert numbers_of(found) == pytest.approx(expected, rel=1e-12)
    assert found.reasons == {}
    (cluster,) = found.clusters
    assert (cluster.symbols, cluster.gross_weight, cluster.net_weight) == (("AAA", "BBB"), 1.0, 1.0)
    assert cluster.average_correlation == pytest.approx(1.0, rel=1e-12)


def test_two_names_that_have_nothing_to_do_with_each_other_are_two_positions() -> None:
    found = found_of(book_of({A: 5_000, B: 5_000}, [moved_by(*ALIKE), moved_by(*APART)]))
    expected = dict.fromkeys(NUMBERS, 2.0) | {"average_correlation": 0.0, "concentration": 0.0}
    assert numbers_of(found) == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert found.clusters == ()


def test_a_long_and_a_short_by_hand() -> None:
    """Three quarters long, one quarter short, correlation 0.6, the second twice as volatile.

    w'Rw is 0.5625 + 0.0625 - 2 x 0.6 x 0.1875 = 0.4. By volatility 0.75 and -0.5: 0.5625 + 0.25 - 2 x 0.6 x 0.375 is
    the book's variance, 1.25 the sum.
    """
    found = found_of(book_of({A: 7_500, B: -2_500}, [moved_by(1.0), moved_by(0.6, 0.8, size=0.02)]))
    assert numbers_of(found) == pytest.approx(
        {
            "average_correlation": 0.6,
            "effective_positions": 2.5,
            "effective_positions_classic": 1.25,
            "effective_positions_by_weight": 1.6,
            "diversification_ratio_squared": 1.25**2 / 0.3625,
            "concentration": 0.0,
        },
        rel=1e-10,
    )
    assert dict(zip(found.symbols, found.exposure.tolist(), strict=True)) == {"AAA": 7_500.0, "BBB": -2_500.0}


def test_names_that_hedge_each_other_have_no_number_of_positions_and_not_infinitely_many() -> None:
    past = book_of({A: 5_000, B: -5_000}, [moved_by(1.0), moved_by(1.0)])
    found = found_of(past)
    hedged = ("effective_positions", "diversification_ratio_squared")
    assert all(np.isnan(getattr(found, name)) for name in hedged)
    assert found.reasons == dict.fromkeys(hedged, Reason.FULLY_HEDGED)
    assert (found.effective_positions_classic, found.effective_positions_by_weight) == pytest.approx((1.0, 2.0))
    (cluster,) = found.clusters
    assert (cluster.gross_weight, cluster.net_weight, found.concentration) == (1.0, 0.0, 1.0)


def test_a_hedge_of_unlike_volatilities_is_one_in_correlation_alone() -> None:
    """Half and half: what is left is (0.5 - 1.0) of what the sizes add up to, 1.5."""
    found = found_of(book_of({A: 5_000, B: -5_000}, [moved_by(1.0), moved_by(1.0, size=0.02)]))
    assert found.reasons == {"effective_positions": Reason.FULLY_HEDGED}
    assert found.diversification_ratio_squared == pytest.approx(9.0, rel=1e-10)


def test_two_names_that_mirror_each_other_leave_no_classic_number_either() -> None:
    found = found_of(book_of({A: 5_000, B: 5_000}, [moved_by(1.0), moved_by(-1.0)]))
    assert found.average_correlation == pytest.approx(-1.0, rel=1e-12)
    assert found.effective_positions_by_weight == pytest.approx(2.0)
    hedged = ("effective_positions", "effective_positions_classic", "diversification_ratio_squared")
    assert found.reasons == dict.fromkeys(hedged, Reason.FULLY_HEDGED)


def test_a_name_alone_is_one_position_without_a_pair() -> None:
    found = found_of(book_of({A: -5_000}, [moved_by(1.0)]))
    assert np.isnan(found.average_correlation)
    assert found.reasons.keys() == {"average_correlation"}
    assert Reason.FULLY_HEDGED not in found.reasons["average_correlation"]
    rest = {name: value for name, value in numbers_of(found).items() if name != "average_correlation"}
    assert rest == pytest.approx(dict.fromkeys(rest, 1.0) | {"concentration": 0.0})
    assert (found.symbols, found.clusters, found.data_quality) == (("AAA",), (), DataQuality.INSUFFICIENT)
    assert (found.coverage, found.sessions) == (1.0, WINDOW)


def test_an_empty_book_has_no_names_and_says_why_it_has_no_numbers() -> None:
    found = found_of(past_of(returns={A: moved_by(1.0)}, prices={A: 100.0}))
    assert np.isnan(list(numbers_of(found).values())).all()
    assert found.reasons.keys() == set(NUMBERS)
    assert (found.symbols, found.exposure.tolist(), found.clusters, found.not_included) == ((), [], (), ())
    assert (found.data_quality, found.coverage, found.sessions) == (DataQuality.INSUFFICIENT, 1.0, 0)


# Which sessions


def test_the_logarithms_of_the_window_s_returns_are_correlated_and_nothing_before_it() -> None:
    wild = [noise(1, size=0.1), noise(1, size=0.1) + noise(2, size=0.1)]
    found = found_of(book_of({A: 5_000, B: 5_000}, wild), replace(PLAN, window_sessions=90))
    by_book = correlations_of(np.log1p(np.array(wild)[:, -90:]))[0, 1]
    assert found.average_correlation == pytest.approx(by_book, rel=1e-12)
    assert abs(by_book - correlations_of(np.array(wild)[:, -90:])[0, 1]) > 1e-4
    assert (found.sessions, found.window_sessions) == (90, 90)


def test_without_a_plan_ninety_sessions_sixty_of_them_ten_thousand_dollars_and_one_per_cent() -> None:
    plan = CorrelationPlan()
    assert (plan.window_sessions, plan.needed, plan.threshold) == (90, 60, 0.7)
    assert replace(plan, method=Method.CLASSIC).needed == 20
    assert replace(plan, window_sessions=30).needed == 30
    assert (plan.least_exposure, plan.least_weight, plan.mode) == (10_000.0, 0.01, FilterMode.BOTH)
    assert (plan.view, plan.method) == (View.PORTFOLIO, Method.DEFAULT)


@pytest.mark.parametrize(("known", "takes_part"), [(64, True), (63, True), (60, True), (59, False), (0, False)])
def test_a_name_needs_sixty_returns_in_the_window(known: int, takes_part: bool) -> None:  # noqa: FBT001
    returns = [*correlated([[1, 0.3], [0.3, 1]]), young(moved_by(0.5, 0.5, 0.5), known)]
    found = found_of(book_of({A: 5_000, B: 4_000, C: 1_000}, returns))
    assert set(found.symbols) == ({"AAA", "BBB", "CCC"} if takes_part else {"AAA", "BBB"})
    assert found.not_included == (() if takes_part else (NotIncluded("CCC", "no_history"),))
    assert found.sessions == (known if takes_part else WINDOW)
    assert found.coverage == pytest.approx(1.0 if takes_part else 0.9)
    short = takes_part and known < WINDOW
    assert found.marks == (Reason.SHORT_HISTORY if short else Reason.NONE)
    whole = takes_part and not short
    assert found.data_quality is (DataQuality.SUFFICIENT if whole else DataQuality.LIMITED)


def test_all_names_are_correlated_on_the_sessions_that_all_of_them_have() -> None:
    returns = [noise(1), without(noise(2) + noise(1), 500), without(noise(3) + noise(1), 440, 450)]
    found = found_of(book_of({A: 5_000, B: 5_000, C: 5_000}, returns))
    common = np.array(returns)[:, -WINDOW:]
    common = np.log1p(common[:, ~np.isnan(common).any(axis=0)])
    pairs = correlations_of(common)[np.triu_indices(3, 1)]
    assert found.sessions == WINDOW - 3
    assert found.average_correlation == pytest.approx(pairs.mean(), rel=1e-12)


def test_a_session_on_which_a_share_lost_everything_has_no_logarithm() -> None:
    lost = moved_by(0.6, 0.8)
    lost[-7] = -1.0
    found = found_of(book_of({A: 5_000, B: 5_000}, [moved_by(1.0), lost]))
    assert found.sessions == WINDOW - 1
    assert np.isfinite(found.average_correlation)


def test_where_no_two_names_have_enough_sessions_that_is_said() -> None:
    returns = [young(moved_by(1.0), 59), young(moved_by(0.0, 1.0), 5)]
    found = found_of(book_of({A: 5_000, B: 5_000}, returns))
    assert found.data_quality is DataQuality.INSUFFICIENT
    assert found.reasons == dict.fromkeys(NUMBERS, Reason.NO_HISTORY)
    assert left_out(found) == {"AAA": "no_history", "BBB": "no_history"}
    assert (found.coverage, found.symbols) == (0.0, ())


# Which names

LADDER = {A: 15_000.0, B: -2_500.0, C: 1_500.0, D: 1_000.0}
"""Of 20,000: 75 %, 12.5 %, 7.5 % and 5 %."""


@pytest.mark.parametrize(
    ("mode", "least_exposure", "least_weight", "kept"),
    [
        (FilterMode.BOTH, 1_500.0, 0.05, "AAA BBB CCC"),
        (FilterMode.BOTH, 1_500.01, 0.05, "AAA BBB"),
        (FilterMode.BOTH, 1_000.0, 0.125, "AAA BBB"),
        (FilterMode.BOTH, 1_000.0, 0.13, "AAA"),
        (FilterMode.EITHER, 2_500.0, 0.075, "AAA BBB CCC"),
        (FilterMode.EITHER, 1_500.0, 0.125, "AAA BBB CCC"),
        (FilterMode.EITHER, 99_999.0, 0.76, ""),
        (FilterMode.VALUE_ONLY, 1_500.0, 0.9, "AAA BBB CCC"),
        (FilterMode.VALUE_ONLY, 2_500.01, 0.0, "AAA"),
        (FilterMode.WEIGHT_ONLY, 99_999.0, 0.075, "AAA BBB CCC"),
        (FilterMode.WEIGHT_ONLY, 0.0, 0.751, ""),
        (FilterMode.BOTH, 0.0, 0.0, "AAA BBB CCC DDD"),
    ],
)
def test_names_are_kept_by_exposure_weight_or_both(
    mode: FilterMode, least_exposure: float, least_weight: float, kept: str
) -> None:
    past = book_of(LADDER, correlated(np.eye(4).tolist()))
    found = found_of(past, replace(PLAN, mode=mode, least_exposure=least_exposure, least_weight=least_weight))
    assert set(found.symbols) == set(kept.split())
    assert left_out(found) == dict.fromkeys({each.symbol for each in LADDER} - set(kept.split()), "filtered_out")
    weights = {each.symbol: abs(worth) / 20_000.0 for each, worth in LADDER.items()}
    assert found.coverage == pytest.approx(sum(weights[each] for each in kept.split()))
    assert (found.reasons == {}) == (len(kept.split()) > 1)


@pytest.mark.parametrize(
    ("view", "kept"), [(View.PORTFOLIO, "AAA BBB CCC DDD"), (View.LONGS, "AAA CCC DDD"), (View.SHORTS, "BBB")]
)
def test_a_side_of_the_book_may_be_looked_at(view: View, kept: str) -> None:
    found = found_of(book_of(LADDER, correlated(np.eye(4).tolist())), replace(PLAN, view=view))
    assert set(found.symbols) == set(kept.split())
    assert {each.reason for each in found.not_included} <= {"filtered_out"}


def test_weight_is_that_in_the_whole_book_whichever_side_is_looked_at() -> None:
    plan = replace(PLAN, view=View.SHORTS, mode=FilterMode.WEIGHT_ONLY, least_weight=0.13)
    assert found_of(book_of(LADDER, correlated(np.eye(4).tolist())), plan).symbols == ()


def test_lots_of_one_share_are_one_name() -> None:
    past = past_of(
        (10, A),
        (5, B),
        (20, A),
        (-6, A),
        returns={A: moved_by(1.0), B: moved_by(0.0, 1.0)},
        prices={A: 100.0, B: 100.0},
    )
    found = found_of(past)
    assert dict(zip(found.symbols, found.exposure.tolist(), strict=True)) == {"AAA": 2_400.0, "BBB": 500.0}


@pytest.mark.parametrize("lots", [(10, -10), (1.1, 2.2, -3.3), (0.1, 0.2, -0.3)])
def test_a_share_that_is_held_long_and_short_alike_is_no_name_that_takes_part(lots: Sequence[float]) -> None:
    """Nor is what rounding leaves of 1.1 + 2.2 - 3.3."""
    held = [(units, A) for units in lots]
    past = past_of(*held, (5, B), returns={A: moved_by(1.0), B: moved_by(0.0, 1.0)}, prices={A: 99.7, B: 100.0})
    found = found_of(past)
    assert found.symbols == ("BBB",)
    assert found.not_included == (NotIncluded("AAA", "filtered_out"),)


def test_what_has_no_price_is_named_with_its_reason_and_lowers_the_coverage() -> None:
    past = past_of(
        (10, A), (5, B), (10, C), returns={A: moved_by(1.0), B: moved_by(0.0, 1.0)}, prices={A: 100.0, B: 100.0}
    )
    found = found_of(past)
    assert found.not_included == (NotIncluded("CCC", "no_price"),)
    assert found.coverage == pytest.approx(1_500 / (1_500 + 900))
    assert (set(found.symbols), found.reasons) == ({"AAA", "BBB"}, {})


def test_where_nothing_has_a_price_there_is_no_number_for_that_reason() -> None:
    found = found_of(past_of((10, A), (5, B), returns={A: moved_by(1.0)}, prices={C: 1.0}))
    assert found.reasons == dict.fromkeys(NUMBERS, Reason.NO_PRICE)
    assert left_out(found) == {"AAA": "no_price", "BBB": "no_price"}
    assert found.coverage == 0.0


# Options

PUT = option(20, A, right=Right.PUT, strike=100, expiry=LATER)
CALL = option(21, B, right=Right.CALL, strike=100, expiry=LATER)
GONE = option(22, A, right=Right.CALL, strike=90, expiry=TODAY)
SHARES = {A: moved_by(1.0), B: moved_by(0.6, 0.8)}
QUOTES: dict[Instrument, float] = {A: 100.0, B: 100.0, PUT: 4.0, CALL: 4.0}


def delta_of(past: Past, held: Instrument) -> float:
    return float(past.scene.facts.delta[past.scene.facts.instrument_id.tolist().index(held.id)])


@pytest.mark.parametrize("puts", [1, 3, -2])
def test_a_share_and_a_put_on_it_are_one_name_with_what_is_left_of_its_delta(puts: int) -> None:
    past = past_of((100, A), (puts, PUT), (100, B), returns=SHARES, prices=QUOTES)
    found = found_of(past)
    net = 100.0 * 100.0 * (1.0 + puts * delta_of(past, PUT))
    exposure = dict(zip(found.symbols, found.exposure.tolist(), strict=True))
    assert exposure == pytest.approx({"AAA": net, "BBB": 10_000.0}, rel=1e-12)
    assert (net < 0.0) == (puts == 3)
    weights = np.array([net, 10_000.0]) / (abs(net) + 10_000.0)
    assert found.effective_positions == pytest.approx(
        1.0 / (weights @ weights + 1.2 * weights[0] * weights[1]), rel=1e-9
    )
    assert (found.average_correlation, found.coverage) == pytest.approx((0.6, 1.0), rel=1e-10)


def test_an_option_alone_is_its_share_s_name_by_its_delta() -> None:
    past = past_of((-2, CALL), (100, A), returns=SHARES, prices=QUOTES)
    found = found_of(past)
    exposure = dict(zip(found.symbols, found.exposure.tolist(), strict=True))
    assert exposure == pytest.approx({"AAA": 10_000.0, "BBB": -20_000.0 * delta_of(past, CALL)}, rel=1e-12)


def test_what_has_expired_is_on_no_name() -> None:
    past = past_of((100, A), (100, B), (-1, GONE), returns=SHARES, prices=QUOTES | {GONE: 10.0})
    found = found_of(past)
    assert dict(zip(found.symbols, found.exposure.tolist(), strict=True)) == {"AAA": 10_000.0, "BBB": 10_000.0}
    assert (found.marks, found.not_included) == (Reason.EXPIRED, ())
    alone = found_of(past_of((100, B), (-1, GONE), returns=SHARES, prices=QUOTES | {GONE: 10.0}))
    assert (alone.symbols, alone.not_included) == (("BBB",), ())


def test_an_estimated_volatility_counts_where_it_is_allowed() -> None:
    """Of the call's quote, below what exercising brings, no volatility can be told."""
    prices = QUOTES | {B: 120.0, CALL: 19.0}
    for allowed in (True, False):
        book = portfolio(allow_estimates=allowed)
        past = past_of((100, A), (1, CALL), returns=SHARES, prices=prices, book=book)
        found = found_of(past)
        assert set(found.symbols) == ({"AAA", "BBB"} if allowed else {"AAA"})
        assert found.marks == (Reason.ESTIMATED if allowed else Reason.NONE)
        assert found.not_included == (() if allowed else (NotIncluded("O21", "no_volatility"),))
        assert found.coverage == pytest.approx(1.0 if allowed else 10_000 / 11_900)


# Clusters

CHAIN = [[1.0, 0.8, 0.4], [0.8, 1.0, 0.75], [0.4, 0.75, 1.0]]


def test_a_chain_is_one_cluster_by_its_links_and_not_by_its_average() -> None:
    """Distances sqrt((1 - rho) / 2): A and B 0.316; C is 0.354 and 0.548 away, 0.451 on average. The cut is 0.387."""
    past = book_of({A: 5_000, B: 3_000, C: -2_000}, correlated(CHAIN))
    by_average, by_links = found_of(past), found_of(past, replace(PLAN, method=Method.CLASSIC))
    (pair,) = by_average.clusters
    assert pair == Cluster("AAA lookalikes", ("AAA", "BBB"), 0.8, 0.8, pair.average_correlation)
    assert pair.average_correlation == pytest.approx(0.8)
    (chain,) = by_links.clusters
    assert chain.symbols == ("AAA", "BBB", "CCC")
    assert (chain.gross_weight, chain.net_weight) == pytest.approx((1.0, 0.6))
    assert chain.average_correlation == pytest.approx((0.8 + 0.4 + 0.75) / 3)
    assert (by_average.concentration, by_links.concentration) == pytest.approx((0.8, 1.0))
    assert (by_average.method, by_links.method) == (Method.DEFAULT, Method.CLASSIC)
    assert numbers_of(by_links) | {"concentration": 0.8} == pytest.approx(numbers_of(by_average))


@pytest.mark.parametrize("method", [Method.DEFAULT, Method.CLASSIC])
@pytest.mark.parametrize(("threshold", "together"), [(0.59, True), (0.6, True), (0.61, False)])
def test_at_the_threshold_itself_names_are_together(method: Method, threshold: float, together: bool) -> None:  # noqa: FBT001
    past = book_of({A: 5_000, B: 5_000}, [moved_by(1.0), moved_by(0.6, 0.8)])
    found = found_of(past, replace(PLAN, threshold=threshold, method=method))
    assert len(found.clusters) == together


def test_names_that_move_against_each_other_are_linked_in_the_classic_way_alone() -> None:
    past = book_of({A: 6_000, B: 4_000}, [moved_by(1.0), moved_by(-0.9, np.sqrt(0.19))])
    assert found_of(past).clusters == ()
    (cluster,) = found_of(past, replace(PLAN, method=Method.CLASSIC)).clusters
    assert cluster.average_correlation == pytest.approx(-0.9)


def test_a_long_and_a_short_in_one_cluster_are_a_hedge() -> None:
    """Six and four of twenty thousand; the other name is on its own."""
    past = book_of({A: 6_000, B: -4_000, C: 10_000}, [moved_by(1.0), moved_by(0.9, np.sqrt(0.19)), moved_by(0, 0, 1)])
    found = found_of(past)
    (cluster,) = found.clusters
    assert cluster.symbols == ("AAA", "BBB")
    assert (cluster.gross_weight, cluster.net_weight) == pytest.approx((0.5, 0.1))
    assert found.concentration == 0.5


def test_the_largest_cluster_and_in_it_the_largest_name_come_first() -> None:
    causes = [moved_by(1.0), moved_by(0.0, 1.0), moved_by(0.0, 1.0), moved_by(1.0)]
    found = found_of(book_of({A: 1_000, B: -2_000, C: 3_000, D: 1_500}, causes))
    assert [each.symbols for each in found.clusters] == [("CCC", "BBB"), ("DDD", "AAA")]
    assert [each.gross_weight for each in found.clusters] == pytest.approx([5 / 7.5, 2.5 / 7.5])
    assert [each.net_weight for each in found.clusters] == pytest.approx([1 / 7.5, 2.5 / 7.5])


def test_a_weight_is_that_in_the_whole_book_though_some_of_it_takes_no_part() -> None:
    past = book_of({A: 5_000, B: 3_000, C: 2_000}, [moved_by(1.0), moved_by(1.0), young(moved_by(1.0), 10)])
    found = found_of(past)
    assert found.clusters[0].gross_weight == found.concentration == pytest.approx(0.8)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two shares that move as one: their sectors, and the tags of their positions."""

    sectors: tuple[str | None, str | None]
    tags: tuple[str, str]


@pytest.mark.parametrize(
    ("pairs", "nicknames"),
    [
        ([Pair(("Energy", "Energy"), ("oil big", "oil small"))], ["oil"]),
        ([Pair(("Energy", "Energy"), ("oil", ""))], ["Energy"]),
        ([Pair(("Energy", "Energy"), ("big", "small"))], ["Energy"]),
        ([Pair(("Energy", "Materials"), ("big", "small"))], ["S10 lookalikes"]),
        ([Pair(("Energy", None), ("", ""))], ["S10 lookalikes"]),
        ([Pair((None, None), ("", ""))], ["S10 lookalikes"]),
        ([Pair(("Energy", "Energy"), ("zinc oil", "oil zinc"))], ["oil"]),
        ([Pair(("Energy", "Energy"), ("", ""))] * 2, ["Energy", "S20 lookalikes"]),
        ([Pair(("Energy", "Energy"), ("oil", "oil"))] * 3, ["oil", "Energy", "S30 lookalikes"]),
        ([Pair(("Energy", "Energy"), ("oil zinc", "oil zinc"))] * 3, ["oil", "zinc", "Energy"]),
        (
            [Pair((None, None), ("Energy", "Energy")), Pair(("Energy", "Energy"), ("", ""))],
            ["Energy", "S20 lookalikes"],
        ),
    ],
)
def test_a_cluster_is_called_by_its_tag_else_its_sector_else_its_largest_name_and_no_two_alike(
    pairs: Sequence[Pair], nicknames: list[str]
) -> None:
    exposures, returns, tags = {}, [], []
    for at, pair in enumerate(pairs):
        for place in range(2):
            share = replace(stock(10 * (at + 1) + place), sector=pair.sectors[place])
            exposures[share] = 9_000.0 - 1_000.0 * at - 100.0 * place
            returns.append(moved_by(*[0.0] * at, 1.0))
            tags.append(pair.tags[place])
    found = found_of(book_of(exposures, returns), tags=tags)
    assert [each.nickname for each in found.clusters] == nicknames


def test_a_tag_of_any_position_on_a_name_is_the_name_s() -> None:
    """The share's second lot carries it, and the put on it another."""
    past = past_of((100, A), (50, A), (100, B), (1, PUT), returns={A: moved_by(1.0), B: moved_by(1.0)}, prices=QUOTES)
    for tags in (["", "oil", "oil", ""], ["", "", "oil", "oil"]):
        assert found_of(past, tags=tags).clusters[0].nickname == "oil"
    assert found_of(past, tags=["oil", "oil", "", "oil"]).clusters[0].nickname == "AAA lookalikes"


# The order


def test_names_stand_in_the_order_of_a_dendrogram() -> None:
    """Pairs that move together stand together, however large they are."""
    causes = [(1.0, 0.2), (0.2, 1.0), (1.0, 0.1), (0.1, 1.0)]
    past = book_of({A: 4_000, B: 3_000, C: 2_000, D: 1_000}, [moved_by(*each) for each in causes])
    found = found_of(past)
    assert {frozenset(found.symbols[:2]), frozenset(found.symbols[2:])} == {
        frozenset({"AAA", "CCC"}),
        frozenset({"BBB", "DDD"}),
    }
    assert {each: found.exposure[at] for at, each in enumerate(found.symbols)} == {
        "AAA": 4_000.0,
        "BBB": 3_000.0,
        "CCC": 2_000.0,
        "DDD": 1_000.0,
    }


# The plan


@pytest.mark.parametrize(
    ("nonsense", "message"),
    [
        ({"window_sessions": 1, "min_obs": 1}, "a window of 1 sessions"),
        ({"window_sessions": 0}, "a window of 0 sessions"),
        ({"window_sessions": -90}, "a window of -90 sessions"),
        ({"window_sessions": 505}, "a window of 505 sessions"),
        ({"min_obs": 1}, "1 returns at least"),
        ({"min_obs": 91}, "91 returns at least"),
        ({"threshold": 0.0}, "a threshold of 0.0"),
        ({"threshold": 1.0}, "a threshold of 1.0"),
        ({"threshold": -0.7}, "a threshold of -0.7"),
        ({"threshold": NAN}, "a threshold of nan"),
        ({"least_exposure": -0.01}, "the least exposure"),
        ({"least_exposure": NAN}, "the least exposure"),
        ({"least_weight": -0.01}, "the least weight"),
        ({"least_weight": 1.01}, "the least weight"),
        ({"least_weight": NAN}, "the least weight"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(nonsense: Mapping[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(CorrelationPlan(), **nonsense)  # type: ignore[arg-type]


def test_a_plan_may_go_to_the_ends_of_what_means_something() -> None:
    for sense in (
        {"window_sessions": 2, "min_obs": 2},
        {"window_sessions": 504, "min_obs": 504},
        {"threshold": 0.001},
        {"threshold": 0.999},
        {"least_exposure": 0.0, "least_weight": 1.0},
    ):
        assert replace(CorrelationPlan(), **sense)


# Laws

plans = st.builds(
    CorrelationPlan,
    window_sessions=st.sampled_from((90, 60, 252)),
    min_obs=st.sampled_from((60, 20)),
    least_exposure=st.sampled_from((0.0, 0.0, 500.0, 2_000.0)),
    least_weight=st.sampled_from((0.0, 0.0, 0.05, 0.2)),
    mode=st.sampled_from(FilterMode),
    threshold=st.sampled_from((0.7, 0.5, 0.3)),
    view=st.sampled_from((*[View.PORTFOLIO] * 3, View.LONGS, View.SHORTS)),
    method=st.sampled_from((Method.DEFAULT, Method.CLASSIC)),
)


def names_by_walk(past: Past, at: int) -> dict[int, float]:
    """What a book has on each underlying, by its place in the market."""
    held, history = past.scene.held, past.history
    totals: dict[int, float] = {}
    for each in np.flatnonzero(held.portfolio == at).tolist():
        place = int(held.instrument[each])
        if not history.inert[place] and not int(history.reasons[held.row[each]]) & int(BLOCKING):
            parent = int(history.underlying[place])
            totals[parent] = totals.get(parent, 0.0) + float(held.shares[each] * history.dollar_delta[place])
    return totals


def passes(exposure: float, gross: float, plan: CorrelationPlan) -> bool:
    by_value, by_weight = abs(exposure) >= plan.least_exposure, abs(exposure) >= plan.least_weight * gross
    by_mode = {
        FilterMode.BOTH: by_value and by_weight,
        FilterMode.EITHER: by_value or by_weight,
        FilterMode.VALUE_ONLY: by_value,
        FilterMode.WEIGHT_ONLY: by_weight,
    }
    side = {View.PORTFOLIO: 1.0, View.LONGS: exposure, View.SHORTS: -exposure}
    return by_mode[plan.mode] and abs(exposure) > 1e-6 and side[plan.view] > 0.0


@EXAMPLES
@given(crowds(), plans)
def test_names_and_numbers_are_those_of_a_walk_and_of_textbooks(past: Past, plan: CorrelationPlan) -> None:
    symbols = [each.symbol for each in past.scene.frame.instruments]
    for at, found in enumerate(past.correlations(plan)):
        totals = names_by_walk(past, at)
        gross = sum(abs(each) for each in totals.values())
        wanted = {symbols[place] for place, exposure in totals.items() if passes(exposure, gross, plan)}
        exposure = {symbols[place]: worth for place, worth in totals.items()}
        for symbol, worth in zip(found.symbols, found.exposure.tolist(), strict=True):
            assert worth == pytest.approx(exposure[symbol], rel=1e-12)
        left = [(each.symbol, each.reason) for each in found.not_included]
        short = {symbol for symbol, why in left if why == "no_history"}
        assert wanted == set(found.symbols) | short
        assert {symbol for symbol, why in left if why == "filtered_out"} == exposure.keys() - wanted
        if not found.symbols:
            continue
        rows = [symbols.index(symbol) for symbol in found.symbols]
        logs = np.log1p(past.history.returns[-plan.window_sessions :, rows])
        logs = logs[~np.isnan(logs).any(axis=1)]
        assert len(logs) == found.sessions >= plan.min_obs
        matrix = correlations_of(logs.T)
        w = found.exposure / np.abs(found.exposure).sum()
        equal = np.full(len(w), 1.0 / len(w))
        risk = w * logs.std(axis=0, ddof=1)
        expected = {
            "effective_positions": 1.0 / (w @ matrix @ w),
            "effective_positions_classic": 1.0 / (equal @ matrix @ equal),
            "effective_positions_by_weight": 1.0 / (w @ w),
            "diversification_ratio_squared": np.abs(risk).sum() ** 2 / (risk @ matrix @ risk),
        }
        assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-8)
        if len(w) > 1:
            assert found.average_correlation == pytest.approx(matrix[np.triu_indices(len(w), 1)].mean(), rel=1e-9)


@EXAMPLES
@given(crowds(), plans)
def test_numbers_are_missing_if_and_only_if_a_blocking_reason_says_why(past: Past, plan: CorrelationPlan) -> None:
    for found in past.correlations(plan):
        assert {name for name, value in numbers_of(found).items() if np.isnan(value)} == found.reasons.keys()
        assert all(why and why == why & BLOCKING for why in found.reasons.values())
        assert not np.isinf(list(numbers_of(found).values())).any()
        assert not found.marks & BLOCKING
        assert len(set(found.symbols)) == len(found.symbols) == len(found.exposure)
        assert not set(found.symbols) & {each.symbol for each in found.not_included if each.reason != "no_volatility"}
        assert 0.0 <= found.coverage <= 1.0
        assert (found.data_quality is DataQuality.INSUFFICIENT) == (len(found.symbols) < 2)
        assert (found.sessions >= plan.min_obs) == bool(found.symbols)
        assert (found.portfolio_id, found.as_of) in {(each.id, TODAY) for each in past.scene.world.portfolios}


WORDS = ("", "oil", "oil chips", "Energy", "chips")


@EXAMPLES
@given(crowds(), plans, st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_clusters_are_of_several_names_each_in_one_at_most_and_called_by_what_they_share(
    past: Past, plan: CorrelationPlan, words: list[str]
) -> None:
    held, sectors = past.scene.held, {each.symbol: each.sector for each in past.scene.frame.instruments}
    tags = [frozenset(words[at % len(words)].split()) for at in range(len(held.row))]
    for at, found in enumerate(past.correlations(plan, tags=tags)):
        members = [symbol for each in found.clusters for symbol in each.symbols]
        assert len(set(members)) == len(members)
        assert set(members) <= set(found.symbols)
        weights = [each.gross_weight for each in found.clusters]
        assert weights == sorted(weights, reverse=True)
        assert sum(weights) <= 1.0 + 1e-12
        assert not found.symbols or found.concentration == pytest.approx(sum(weights))
        carried = tags_by_walk(past, at, tags)
        exposure = dict(zip(found.symbols, found.exposure.tolist(), strict=True))
        gross = sum(abs(each) for each in names_by_walk(past, at).values())
        taken: set[str] = set()
        for each in found.clusters:
            inside = [exposure[symbol] for symbol in each.symbols]
            assert len(inside) > 1
            assert [abs(worth) for worth in inside] == sorted((abs(worth) for worth in inside), reverse=True)
            assert each.gross_weight == pytest.approx(sum(abs(worth) for worth in inside) / gross)
            assert each.net_weight == pytest.approx(sum(inside) / gross, abs=1e-12)
            shared = sorted(frozenset.intersection(*(carried[symbol] for symbol in each.symbols)))
            of_all = {sectors[symbol] for symbol in each.symbols}
            shared += [sector for sector in of_all if sector] if len(of_all) == 1 else []
            assert each.nickname == next(
                (name for name in shared if name not in taken), f"{each.symbols[0]} lookalikes"
            )
            taken.add(each.nickname)
        assert len(taken) == len(found.clusters)


def tags_by_walk(past: Past, at: int, tags: Sequence[frozenset[str]]) -> dict[str, frozenset[str]]:
    """What the positions on each of a book's names carry."""
    held, history = past.scene.held, past.history
    carried: dict[str, frozenset[str]] = {}
    for each in np.flatnonzero(held.portfolio == at).tolist():
        if not int(history.reasons[held.row[each]]) & int(BLOCKING):
            symbol = past.scene.frame.instruments[int(history.underlying[held.instrument[each]])].symbol
            carried[symbol] = carried.get(symbol, frozenset()) | tags[each]
    return carried


@EXAMPLES
@given(crowds(), plans)
def test_every_branch_of_the_dendrogram_stands_together_and_links_are_the_classic_clusters(
    past: Past, plan: CorrelationPlan
) -> None:
    for at, found in enumerate(past.correlations(plan)):
        made = past.names(plan, at)
        count = len(made.kept)
        assert made.matrix.shape == (count, count)
        assert np.array_equal(np.diag(made.matrix), np.ones(count))
        assert (np.linalg.eigvalsh(made.matrix) >= -1e-12 * max(count, 1)).all()
        assert sorted(made.leaves.tolist()) == list(range(count))
        branches = [{each} for each in range(count)]
        for left, right in made.merges[:, :2].astype(int).tolist():
            branches.append(branches[left] | branches[right])
        place = {leaf: where for where, leaf in enumerate(made.leaves.tolist())}
        for branch in branches:
            assert max(place[each] for each in branch) - min(place[each] for each in branch) == len(branch) - 1
        if plan.method is Method.CLASSIC:
            linked = np.abs(made.matrix) >= plan.threshold
            reached = np.linalg.matrix_power(linked.astype(float), max(count, 1)) > 0.0
            np.testing.assert_array_equal(made.label[:, None] == made.label, reached)
        assert len(found.symbols) == count


@FEWER
@given(crowds(), plans)
def test_the_opposite_book_is_as_diversified(past: Past, plan: CorrelationPlan) -> None:
    turned = {View.PORTFOLIO: View.PORTFOLIO, View.LONGS: View.SHORTS, View.SHORTS: View.LONGS}[plan.view]
    opposite = past.correlations(replace(plan, view=turned), world=scaled(past.scene.world, -1))
    for here, there in zip(past.correlations(plan), opposite, strict=True):
        np.testing.assert_array_equal(there.exposure, -here.exposure)
        nets = tuple(replace(each, net_weight=-each.net_weight) for each in here.clusters)
        assert bits(replace(there, exposure=here.exposure)) == bits(replace(here, clusters=nets))


@FEWER
@given(crowds(books=6, most=8), plans)
def test_the_bits_of_a_book_depend_on_no_other(past: Past, plan: CorrelationPlan) -> None:
    whole = [bits(made) for made in past.correlations(plan)]
    for at, book in enumerate(past.scene.world.portfolios):
        world, alone = with_books(past.scene.world, book), past.alone(book)
        assert [bits(made) for made in past.correlations(plan, world=world)] == whole[at : at + 1]
        if same_volatilities(past, alone):
            assert [bits(made) for made in alone.correlations(plan)] == whole[at : at + 1]


def test_a_portfolio_that_was_opened_later_has_no_correlations_yet() -> None:
    later = portfolio("later", opened_on=april(11))
    past = book_of({A: 5_000, B: 5_000}, [moved_by(*ALIKE), moved_by(*APART)])
    world = replace(past.scene.world, portfolios=(later, BOOK))
    assert [bits(made) for made in past.correlations(PLAN, world=world)] == [bits(found_of(past))]


# What was once wrong


def test_a_tag_that_is_another_cluster_s_last_resort_takes_its_name_away() -> None:
    alike = [moved_by(*APART), moved_by(*APART), moved_by(*ALIKE), moved_by(*ALIKE)]
    past = book_of({C: 9_000, D: 8_000, A: 5_000, B: 4_000}, [alike[0], alike[1], alike[2], alike[3]])
    found = found_of(past, tags=["AAA_lookalikes", "AAA_lookalikes", "", ""])
    assert [each.nickname for each in found.clusters] == ["AAA_lookalikes", "AAA lookalikes"]
    (taken,) = past.correlations(PLAN, tags=[frozenset({"AAA lookalikes"})] * 2 + [frozenset()] * 2)
    assert [each.nickname for each in taken.clusters] == ["AAA lookalikes", "AAA lookalikes 2"]


def test_a_name_that_did_not_move_is_left_out_for_another_reason_than_one_without_a_past() -> None:
    still = np.zeros(SESSIONS)
    past = book_of(
        {A: 5_000, B: 4_000, C: 3_000, D: 2_000},
        [moved_by(*ALIKE), moved_by(*APART), still, young(moved_by(0.3, 0.4), 20)],
    )
    assert left_out(found_of(past)) == {"CCC": "not_modelled", "DDD": "no_history"}
