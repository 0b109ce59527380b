"""Losses that few days exceed: by hand, what a slow walk over the positions says, and what must hold of any book."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, TAIL_LEVELS, TAIL_METHODS, TailMethod, TailRisk
from sigmasight.domain.snapshots import NotIncluded
from support.books import april, holding, option, portfolio, stock
from unit.risk.risk_worlds import NAN, TODAY, near, with_books
from unit.risk.tail_worlds import (
    BOOK,
    SESSIONS,
    Past,
    bits,
    crowds,
    noise,
    past_of,
    pasts,
    same_volatilities,
    scaled,
    without,
    young,
)

EXAMPLES = settings(deadline=None, max_examples=30, derandomize=True)
FEWER = settings(EXAMPLES, max_examples=20)
HISTORICAL, FILTERED, NORMAL = range(3)
ABC, XYZ, NEW = stock(3, "ABC"), stock(9, "XYZ"), stock(4, "NEW")
LATER = date(2025, 5, 30)
CALL = option(20, ABC, right=Right.CALL, strike=100, expiry=LATER)
GONE = option(22, ABC, right=Right.CALL, strike=90, expiry=TODAY)
PRICES: dict[Instrument, float] = {ABC: 100.0, XYZ: 50.0, NEW: 10.0}
RETURNS = {ABC: noise(1), XYZ: noise(2)}
MISSING = np.full((3, 3), NAN)


def tail_of(past: Past) -> TailRisk:
    (found,) = past.tails()
    return found


def quantile_losses(pnl: FloatArray) -> list[float]:
    return [-float(np.quantile(pnl, 1.0 - level)) for level in TAIL_LEVELS]


def tail_means(pnl: FloatArray) -> list[float]:
    """The worst share 1 - level of the sessions, the last of them in part."""
    means = []
    for level in TAIL_LEVELS:
        mass, total, taken = (1.0 - level) * len(pnl), 0.0, 0.0
        for each in sorted(pnl.tolist()):
            part = min(1.0, mass - taken)
            total, taken = total - part * each, taken + part
            if taken >= mass:
                break
        means.append(total / mass)
    return means


def normal_losses(pnl: FloatArray) -> tuple[list[float], list[float]]:
    law = NormalDist(-float(pnl.mean()), float(pnl.std(ddof=1)))
    quantiles = [law.inv_cdf(level) for level in TAIL_LEVELS]
    hazards = [NormalDist().pdf(NormalDist().inv_cdf(level)) / (1.0 - level) for level in TAIL_LEVELS]
    return quantiles, [law.mean + law.stdev * each for each in hazards]


# By hand


def test_methods_levels_and_what_a_snapshot_shows() -> None:
    assert TAIL_METHODS == (TailMethod.HISTORICAL, TailMethod.FILTERED, TailMethod.NORMAL)
    assert TAIL_LEVELS == (0.95, 0.975, 0.99)
    assert SNAPSHOT_TAIL == (TailMethod.FILTERED, 0.99)


def test_a_book_by_hand() -> None:
    """A share at $100 whose 501 returns are -2.50 %, -2.49 % ... +2.50 %: it lost from $2.50 down, in steps of a cent.

    1 % of 500 steps from the worst are 5: $2.45. The worst 5.01 sessions are five whole ones, $12.40 in all, and 0.01
    of the next: (12.40 + 0.0245) / 5.01. The variance is 0.01^2 x 2 x (1 + 4 + ... + 250^2) / 500 = 2.09585.
    """
    ladder = np.random.default_rng(8).permutation(np.arange(-250, 251) / 10_000)
    found = tail_of(past_of((1, ABC), returns={ABC: np.concatenate([[NAN] * 3, ladder])}, prices={ABC: 100.0}))
    np.testing.assert_allclose(found.value_at_risk[HISTORICAL], [2.25, 2.375, 2.45], rtol=1e-12)
    assert found.expected_shortfall[HISTORICAL, 2] == pytest.approx((12.40 + 0.0245) / 5.01, rel=1e-12)
    np.testing.assert_allclose(
        found.value_at_risk[NORMAL], np.array([1.6448536270, 1.9599639845, 2.3263478740]) * np.sqrt(2.09585), rtol=1e-9
    )
    np.testing.assert_allclose(
        found.expected_shortfall[NORMAL],
        np.array([2.0627128075, 2.3378027922, 2.6652142203]) * np.sqrt(2.09585),
        rtol=1e-9,
    )
    assert (found.sessions, found.coverage, found.reasons, found.not_included) == (501, 1.0, {}, ())
    assert (found.marks, found.as_of, found.method) == (Reason.SHORT_HISTORY, TODAY, Method.DEFAULT)
    assert found.portfolio_id == BOOK.id


def test_two_shares_by_hand() -> None:
    """10 at $100 and 5 short at $50, on the same sessions."""
    past = past_of((10, ABC), (-5, XYZ), returns=RETURNS, prices=PRICES)
    found = tail_of(past)
    plain = 1000.0 * RETURNS[ABC] - 250.0 * RETURNS[XYZ]
    filtered = 10.0 * past.history.filtered[past.row(ABC)] - 5.0 * past.history.filtered[past.row(XYZ)]
    assert np.abs(filtered - plain).max() > 10.0
    np.testing.assert_allclose(
        found.value_at_risk, [quantile_losses(plain), quantile_losses(filtered), normal_losses(plain)[0]], rtol=1e-10
    )
    np.testing.assert_allclose(
        found.expected_shortfall, [tail_means(plain), tail_means(filtered), normal_losses(plain)[1]], rtol=1e-10
    )
    assert found.at(TailMethod.FILTERED, 0.99) == (found.value_at_risk[1, 2], found.expected_shortfall[1, 2])
    assert found.at(TailMethod.NORMAL, 0.95) == (found.value_at_risk[2, 0], found.expected_shortfall[2, 0])
    assert (found.sessions, found.coverage, found.reasons) == (SESSIONS, 1.0, {})
    assert (found.marks, found.not_included) == (Reason.NONE, ())


def test_after_wild_days_the_filtered_past_is_wilder_than_the_plain_one_and_after_calm_ones_calmer() -> None:
    calm, wild = noise(1, size=0.005, sessions=404), noise(2, size=0.04, sessions=100)
    for returns, is_wilder in ((np.concatenate([calm, wild]), True), (np.concatenate([wild, calm]), False)):
        found = tail_of(past_of((10, ABC), returns={ABC: returns}, prices=PRICES)).value_at_risk
        assert (found[FILTERED] > found[HISTORICAL]).tolist() == [is_wilder] * 3


def test_a_long_and_a_short_in_one_share_lose_nothing() -> None:
    found = tail_of(past_of((10, ABC), (-10, ABC), returns=RETURNS, prices=PRICES))
    assert not found.value_at_risk.any()
    assert not found.expected_shortfall.any()
    assert (found.reasons, found.coverage) == ({}, 1.0)


def test_a_bought_call_loses_no_more_than_it_is_worth_where_its_share_loses_a_third() -> None:
    returns = np.tile([-0.33, 0.05], SESSIONS // 2)
    past = past_of((2, CALL), returns={ABC: returns}, prices=PRICES | {CALL: 4.0})
    found = tail_of(past)
    np.testing.assert_allclose(found.value_at_risk[:2], np.full((2, 3), 800.0), rtol=1e-3)
    assert (found.value_at_risk[HISTORICAL] <= 800.0 + 0.01).all()


# What is missing


def test_a_session_that_one_held_share_lacks_is_no_scenario_of_that_book_alone() -> None:
    one, both = portfolio("one"), portfolio("both")
    past = past_of((10, ABC), returns=RETURNS | {XYZ: without(RETURNS[XYZ], 17, 400)}, prices=PRICES, book=one)
    lots = tuple(holding(both, each, 10, entry_price=90, held_from=april(2)) for each in (ABC, XYZ))
    world = replace(past.scene.world, portfolios=(one, both), positions=(*past.scene.world.positions, *lots))
    books = past.books(world)
    lost = np.isin(np.arange(SESSIONS), [17, 400])
    for pnl in (books.plain, books.filtered):
        np.testing.assert_array_equal(np.isnan(pnl), [np.zeros(SESSIONS, dtype=np.bool_), lost])
    assert [each.sessions for each in past.tails(world)] == [SESSIONS, SESSIONS - 2]
    assert [each.marks for each in past.tails(world)] == [Reason.NONE, Reason.SHORT_HISTORY]
    np.testing.assert_allclose(books.plain[1, ~lost], (1000.0 * RETURNS[ABC] + 500.0 * RETURNS[XYZ])[~lost], rtol=1e-10)


@pytest.mark.parametrize("known", [251, 10, 0])
def test_a_young_share_is_left_out_and_named_and_the_rest_is_what_it_is_without_it(known: int) -> None:
    returns = RETURNS | {NEW: young(noise(3), known)}
    found = tail_of(past_of((10, ABC), (-5, XYZ), (25, NEW), returns=returns, prices=PRICES))
    alone = tail_of(past_of((10, ABC), (-5, XYZ), returns=returns, prices=PRICES))
    np.testing.assert_array_equal(found.value_at_risk, alone.value_at_risk)
    np.testing.assert_array_equal(found.expected_shortfall, alone.expected_shortfall)
    assert found.not_included == (NotIncluded("NEW", "no_history"),)
    assert found.coverage == pytest.approx(1250 / 1500)  # $1,000 and $250 of $1,500
    assert (found.sessions, found.reasons, alone.coverage) == (SESSIONS, {}, 1.0)


def test_a_share_of_252_sessions_shortens_the_past_of_the_whole_book() -> None:
    returns = RETURNS | {NEW: young(noise(3), 252)}
    past = past_of((10, ABC), (25, NEW), returns=returns, prices=PRICES)
    found = tail_of(past)
    pnl = 1000.0 * returns[ABC][-252:] + 250.0 * returns[NEW][-252:]
    np.testing.assert_allclose(found.value_at_risk[HISTORICAL], quantile_losses(pnl), rtol=1e-10)
    assert (found.sessions, found.coverage, found.marks, found.not_included) == (252, 1.0, Reason.SHORT_HISTORY, ())


def test_a_call_on_a_young_share_is_left_out_with_it_and_named_once() -> None:
    call = option(23, NEW, right=Right.CALL, strike=10, expiry=LATER)
    returns = RETURNS | {NEW: young(noise(3), 100)}
    past = past_of((10, ABC), (25, NEW), (1, call), (2, call), returns=returns, prices=PRICES | {call: 1.0})
    found = tail_of(past)
    assert found.not_included == (NotIncluded("NEW", "no_history"), NotIncluded("O23", "no_history"))
    assert found.coverage == pytest.approx(1000 / (1000 + 250 + 300))


def test_a_share_without_a_price_is_left_out_by_what_it_cost() -> None:
    found = tail_of(past_of((10, ABC), (5, XYZ), returns=RETURNS, prices={ABC: 100.0}))
    alone = tail_of(past_of((10, ABC), returns=RETURNS, prices={ABC: 100.0}))
    np.testing.assert_array_equal(found.value_at_risk, alone.value_at_risk)
    assert found.not_included == (NotIncluded("XYZ", "no_price"),)
    assert found.coverage == pytest.approx(1000 / 1450)


@pytest.mark.parametrize(("common", "is_enough"), [(252, True), (251, False), (0, False)])
def test_a_book_needs_252_sessions_in_common(common: int, is_enough: bool) -> None:  # noqa: FBT001
    """Each of two shares has enough of its own: the one lacks the window's end, the other its beginning."""
    early = without(RETURNS[ABC], *range(252 + common // 2, SESSIONS))
    late = without(RETURNS[XYZ], *range(252 + common // 2 - common))
    found = tail_of(past_of((10, ABC), (5, XYZ), returns={ABC: early, XYZ: late}, prices=PRICES))
    if is_enough:
        assert (found.sessions, found.reasons) == (252, {})
        pnl = (1000.0 * early + 250.0 * late)[126:378]
        np.testing.assert_allclose(found.value_at_risk[HISTORICAL], quantile_losses(pnl), rtol=1e-10)
    else:
        np.testing.assert_array_equal(found.value_at_risk, MISSING)
        np.testing.assert_array_equal(found.expected_shortfall, MISSING)
        assert (found.sessions, found.reasons) == (0, {"value_at_risk": Reason.NO_HISTORY})


def test_where_nothing_is_known_there_is_no_number_but_a_reason() -> None:
    for positions, prices, why in (
        (((10, NEW),), PRICES, Reason.NO_HISTORY),
        (((10, XYZ),), {ABC: 1.0}, Reason.NO_PRICE),
        (((10, XYZ), (3, NEW)), {NEW: 10.0}, Reason.NO_PRICE | Reason.NO_HISTORY),
    ):
        found = tail_of(past_of(*positions, returns=RETURNS, prices=prices))
        np.testing.assert_array_equal(found.value_at_risk, MISSING)
        np.testing.assert_array_equal(found.expected_shortfall, MISSING)
        assert (found.reasons, found.coverage, found.sessions) == ({"value_at_risk": why}, 0.0, 0)
        assert len(found.not_included) == len(positions)


def test_an_empty_book_loses_nothing_and_is_covered() -> None:
    found = tail_of(past_of(returns=RETURNS, prices=PRICES))
    assert not found.value_at_risk.any()
    assert not found.expected_shortfall.any()
    assert (found.coverage, found.reasons, found.marks, found.not_included) == (1.0, {}, Reason.NONE, ())


def test_what_has_expired_loses_nothing_and_makes_nothing_known() -> None:
    prices = PRICES | {GONE: 10.0}
    found = tail_of(past_of((1, GONE), returns=RETURNS, prices=prices))
    assert not found.value_at_risk.any()
    assert (found.reasons, found.marks, found.coverage) == ({}, Reason.EXPIRED, 1.0)
    beside = tail_of(past_of((1, GONE), (25, NEW), returns=RETURNS, prices=prices))
    np.testing.assert_array_equal(beside.value_at_risk, MISSING)
    assert beside.reasons == {"value_at_risk": Reason.NO_HISTORY}
    with_share = tail_of(past_of((1, GONE), (10, ABC), returns=RETURNS, prices=prices))
    alone = tail_of(past_of((10, ABC), returns=RETURNS, prices=prices))
    np.testing.assert_array_equal(with_share.value_at_risk, alone.value_at_risk)


def test_a_portfolio_that_was_opened_later_has_no_result_yet() -> None:
    later = portfolio("later", opened_on=april(11))
    past = past_of((10, ABC), returns=RETURNS, prices=PRICES)
    world = replace(past.scene.world, portfolios=(later, BOOK))
    (found,) = past.tails(world)
    assert bits(found) == bits(tail_of(past))


def test_estimates_are_taken_by_the_one_portfolio_and_refused_by_the_other() -> None:
    """Of the call's quote no volatility can be told, so that 25 % is assumed."""
    bold, careful = portfolio("bold", allow_estimates=True), portfolio("careful")
    prices = {ABC: 120.0, CALL: 19.0}
    past = past_of((10, ABC), (-1, CALL), returns=RETURNS, prices=prices, book=bold)
    lots = tuple(replace(each, portfolio_id=careful.id) for each in past.scene.world.positions)
    world = replace(past.scene.world, portfolios=(bold, careful), positions=(*past.scene.world.positions, *lots))
    taken, refused = past.tails(world)
    assert (taken.marks, taken.not_included, taken.coverage) == (Reason.ESTIMATED, (), 1.0)
    assert (refused.marks, refused.not_included) == (Reason.NONE, (NotIncluded("O20", "no_volatility"),))
    assert refused.coverage == pytest.approx(1200 / 3100)
    share = tail_of(past_of((10, ABC), returns=RETURNS, prices=prices, book=careful))
    np.testing.assert_array_equal(refused.value_at_risk, share.value_at_risk)
    assert (taken.value_at_risk != share.value_at_risk).all()


# A slow walk


def walked(past: Past, filtered: bool) -> list[list[float] | None]:  # noqa: FBT001
    """Of each book what each session would bring; None where not known at all, NaN where it is no scenario."""
    held, history = past.scene.held, past.history
    found: list[list[float] | None] = []
    for at in range(len(held.portfolios)):
        mine = np.flatnonzero(held.portfolio == at).tolist()
        whys = [int(history.reasons[held.row[each]] | history.history_reasons[held.instrument[each]]) for each in mine]
        known = [each for each, why in zip(mine, whys, strict=True) if not why & int(BLOCKING)]
        pnl = [0.0] * past.sessions
        for each in known:
            per_share = (history.filtered if filtered else history.plain)[held.instrument[each]].tolist()
            pnl = [total + float(held.shares[each]) * own for total, own in zip(pnl, per_share, strict=True)]
        moving = [each for each in mine if not history.inert[held.instrument[each]]]
        is_known = not moving or any(each in known for each in moving)
        found.append(pnl if is_known and sum(each == each for each in pnl) >= 252 else None)  # noqa: PLR0124
    return found


@EXAMPLES
@given(pasts() | crowds())
def test_what_each_session_would_bring_is_that_of_a_walk_over_the_positions(past: Past) -> None:
    books = past.books()
    for found, filtered in ((books.plain, False), (books.filtered, True)):
        for at, expected in enumerate(walked(past, filtered)):
            own = np.full(past.sessions, NAN) if expected is None else np.array(expected)
            assert near(found[at], own, scale_of(past, at)).all()
            assert books.sessions[at] == (~np.isnan(own)).sum()


def scale_of(past: Past, at: int) -> float:
    """What rounding in any sum of a book is measured by."""
    mine = past.scene.held.portfolio == at
    return 100.0 * (1.0 + float(np.abs(past.scene.held.shares[mine]).sum()))


@EXAMPLES
@given(pasts() | crowds())
def test_the_numbers_are_those_of_textbooks_on_the_sessions_of_each_book(past: Past) -> None:
    books = past.books()
    for at, found in enumerate(past.tails()):
        if found.sessions:
            plain, filtered = (each[at][~np.isnan(each[at])] for each in (books.plain, books.filtered))
            size = 1e-11 * scale_of(past, at)
            expected = [quantile_losses(plain), quantile_losses(filtered)]
            np.testing.assert_allclose(found.value_at_risk[:2], expected, rtol=1e-10, atol=size)
            expected = [tail_means(plain), tail_means(filtered)]
            np.testing.assert_allclose(found.expected_shortfall[:2], expected, rtol=1e-10, atol=size)
            if plain.std() > 0.0:
                at_risk, shortfall = normal_losses(plain)
                np.testing.assert_allclose(found.value_at_risk[NORMAL], at_risk, rtol=1e-9, atol=size)
                np.testing.assert_allclose(found.expected_shortfall[NORMAL], shortfall, rtol=1e-9, atol=size)


# Laws


@EXAMPLES
@given(pasts() | crowds())
def test_numbers_are_missing_if_and_only_if_a_blocking_reason_says_why(past: Past) -> None:
    held, books = past.scene.held, past.books()
    for at, found in enumerate(past.tails()):
        missing = "value_at_risk" in found.reasons
        assert np.isnan(found.value_at_risk).tolist() == [[missing] * 3] * 3
        assert np.isnan(found.expected_shortfall).tolist() == [[missing] * 3] * 3
        assert found.reasons.keys() <= {"value_at_risk"}
        assert all(why and why == why & BLOCKING for why in found.reasons.values())
        assert not found.marks & BLOCKING
        assert (found.sessions == 0) == missing
        assert found.sessions == 0 or found.sessions >= 252
        mine = np.flatnonzero(held.portfolio == at).tolist()
        blocked = {held.symbol(each) for each in mine if int(books.reasons[each]) & int(BLOCKING)}
        assert {left.symbol for left in found.not_included} == blocked
        assert len(set(found.not_included)) == len(found.not_included)
        assert 0.0 <= found.coverage <= 1.0
        assert bool(blocked) == (found.coverage < 1.0) or held.weight[mine].sum() == 0.0


@EXAMPLES
@given(pasts() | crowds())
def test_a_shortfall_is_at_least_its_value_at_risk_and_both_grow_with_the_level(past: Past) -> None:
    for found in past.tails():
        if found.sessions:
            assert (found.expected_shortfall >= found.value_at_risk).all()
            assert (np.diff(found.value_at_risk, axis=1) >= 0.0).all()
            assert (np.diff(found.expected_shortfall, axis=1) >= -1e-9 * np.abs(found.expected_shortfall[:, 1:])).all()


@FEWER
@given(pasts() | crowds())
def test_a_book_four_times_as_large_loses_four_times_as_much_to_the_bit_and_three_times_but_for_rounding(
    past: Past,
) -> None:
    world = past.scene.world
    for once, thrice, fourfold in zip(
        past.tails(), past.tails(scaled(world, 3)), past.tails(scaled(world, 4)), strict=True
    ):
        for name in ("value_at_risk", "expected_shortfall"):
            np.testing.assert_array_equal(getattr(fourfold, name), 4.0 * getattr(once, name))
            np.testing.assert_allclose(getattr(thrice, name), 3.0 * getattr(once, name), rtol=1e-9, atol=1e-6)
        assert once.reasons == thrice.reasons == fourfold.reasons
        assert once.not_included == fourfold.not_included


@FEWER
@given(pasts() | crowds())
def test_the_opposite_book_loses_what_the_book_gains(past: Past) -> None:
    """Its tail is the other one: the normal law's two numbers differ by twice the mean."""
    opposite = past.tails(scaled(past.scene.world, -1))
    here, there = past.books(), past.books(scaled(past.scene.world, -1))
    np.testing.assert_array_equal(here.plain + 0.0, -there.plain + 0.0)
    np.testing.assert_array_equal(here.filtered + 0.0, -there.filtered + 0.0)
    for at, (found, mirrored) in enumerate(zip(past.tails(), opposite, strict=True)):
        assert (found.reasons, found.not_included) == (mirrored.reasons, mirrored.not_included)
        assert (found.coverage, found.sessions) == (mirrored.coverage, mirrored.sessions)
        if found.sessions:
            for row, pnl in enumerate((here.plain[at], here.filtered[at])):
                upper = np.nanquantile(pnl, TAIL_LEVELS)
                np.testing.assert_allclose(mirrored.value_at_risk[row], upper, rtol=1e-10, atol=1e-8)
            twice = -2.0 * np.nanmean(here.plain[at])
            apart = found.value_at_risk[NORMAL] - mirrored.value_at_risk[NORMAL]
            np.testing.assert_allclose(apart, np.full(3, twice), rtol=1e-6, atol=1e-9 * scale_of(past, at))


@EXAMPLES
@given(pasts() | crowds())
def test_a_book_without_what_is_left_out_has_the_same_numbers_to_the_bit(past: Past) -> None:
    world, symbols = past.scene.world, {each.id: each.symbol for each in past.scene.world.instruments}
    left = {found.portfolio_id: {each.symbol for each in found.not_included} for found in past.tails()}
    rest = tuple(each for each in world.positions if symbols[each.instrument_id] not in left[each.portfolio_id])
    for found, kept in zip(past.tails(), past.tails(replace(world, positions=rest)), strict=True):
        assert (kept.not_included, kept.coverage) == ((), 1.0)
        if found.sessions:
            np.testing.assert_array_equal(kept.value_at_risk, found.value_at_risk)
            np.testing.assert_array_equal(kept.expected_shortfall, found.expected_shortfall)
            assert kept.sessions == found.sessions


@EXAMPLES
@given(pasts(books=2, known=(SESSIONS, SESSIONS, 503, 252, 60)))
def test_two_books_put_together_would_have_brought_the_sum_of_what_they_would(past: Past) -> None:
    world, whole = past.scene.world, portfolio("both", allow_estimates=True)
    books = tuple(replace(each, allow_estimates=True) for each in world.portfolios)
    moved = tuple(replace(each, portfolio_id=whole.id) for each in world.positions)
    apart = past.books(replace(world, portfolios=books))
    together = past.books(replace(world, portfolios=(whole,), positions=moved, statements=()))
    size = sum(scale_of(past, at) for at in range(len(books)))
    for parts, (both,) in ((apart.plain, together.plain), (apart.filtered, together.filtered)):
        known = ~np.isnan(parts).all(axis=1)  # of what is hopeless nothing is included in the whole either
        is_known = ~np.isnan(both)
        if is_known.any() and known.any():
            total = parts[known].sum(axis=0)
            np.testing.assert_array_equal(np.isnan(total), ~is_known)
            assert near(both[is_known], total[is_known], size).all()


@settings(EXAMPLES, max_examples=15)
@given(pasts(books=9, most=3))
def test_the_bits_of_a_book_depend_neither_on_company_nor_on_shards(past: Past) -> None:
    books, whole = past.scene.world.portfolios, [bits(made) for made in past.tails()]
    for width in (1, 7):
        shards = [with_books(past.scene.world, *books[at : at + width]) for at in range(0, len(books), width)]
        assert [bits(made) for shard in shards for made in past.tails(shard)] == whole


@settings(EXAMPLES, max_examples=15)
@given(pasts(books=3, most=4))
def test_a_book_whose_market_is_made_for_it_alone_has_the_bits_of_the_night(past: Past) -> None:
    for at, book in enumerate(past.scene.world.portfolios):
        alone = past.alone(book)
        if same_volatilities(past, alone):
            assert bits(tail_of(alone)) == bits(past.tails()[at])


def lots_of(past: Past, parts: Sequence[int]) -> Past:
    """The same book, each position in lots of so many eighths, the last first."""
    world = past.scene.world
    lots = tuple(replace(each, quantity=each.quantity * part / 8) for part in parts for each in world.positions[::-1])
    return replace(past, scene=replace(past.scene, world=replace(world, positions=lots)))


def test_neither_order_nor_lots_of_positions_matter() -> None:
    past = past_of((10, ABC), (-5, XYZ), (2, CALL), returns=RETURNS, prices=PRICES | {CALL: 4.0})
    whole, split = tail_of(past), tail_of(lots_of(past, (3, 4, 1)))
    np.testing.assert_allclose(split.value_at_risk, whole.value_at_risk, rtol=1e-10)
    np.testing.assert_allclose(split.expected_shortfall, whole.expected_shortfall, rtol=1e-10)


def test_two_pasts_that_never_meet_say_so_beside_what_lacks_a_price() -> None:
    """Each has 252 sessions, none in common; a third has a past and no price."""
    early, late = noise(1), noise(2)
    early[252:], late[:252] = NAN, NAN
    past = past_of(
        (10, ABC), (5, XYZ), (1, NEW), returns={ABC: early, XYZ: late, NEW: noise(3)}, prices={ABC: 100.0, XYZ: 50.0}
    )
    found = tail_of(past)
    np.testing.assert_array_equal(found.value_at_risk, MISSING)
    assert found.reasons == {"value_at_risk": Reason.NO_PRICE | Reason.NO_HISTORY}
    assert (found.sessions, found.coverage) == (0, 0.0)
