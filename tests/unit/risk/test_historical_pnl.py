"""What one share would gain if the past came again: by hand, priced again directly, and what is missing and why."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.historical_pnl import LEAST_SESSIONS, WINDOW_SESSIONS
from sigmasight.risk.revaluation import revalue
from support.books import april, option, stock
from support.option_chains import black, european, index
from unit.risk.risk_worlds import TODAY
from unit.risk.tail_worlds import SESSIONS, Past, noise, past_of, pasts, without, young

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
ABC, XYZ = stock(3, "ABC"), stock(9, "XYZ")
LATER = date(2025, 5, 30)
CALL = option(20, ABC, right=Right.CALL, strike=100, expiry=LATER)
PUT = option(21, ABC, right=Right.PUT, strike=105, expiry=LATER)
OTHERS = option(22, XYZ, right=Right.PUT, strike=50, expiry=LATER)
QUOTES: dict[Instrument, float] = {ABC: 100.0, CALL: 4.0, PUT: 7.0}


def reasons_of(past: Past, held: Instrument, *, allow_estimates: bool = False) -> Reason:
    at = past.row(held) + len(past.history.underlying) * allow_estimates
    return Reason(int(past.history.reasons[at]))


def history_reason(past: Past, held: Instrument) -> Reason:
    return Reason(int(past.history.history_reasons[past.row(held)]))


# Shares


def test_a_share_gains_its_price_times_each_return() -> None:
    returns = np.tile([0.25, -0.5, 0.0, 0.125], SESSIONS // 4)
    past = past_of(returns={ABC: returns, XYZ: -returns}, prices={ABC: 80.0, XYZ: 16.0})
    assert past.history.plain[0, :4].tolist() == [20.0, -40.0, 0.0, 10.0]
    np.testing.assert_array_equal(past.history.plain, [80.0 * returns, -16.0 * returns])
    np.testing.assert_array_equal(past.history.returns, np.column_stack([returns, -returns]))
    assert past.history.dollar_delta.tolist() == [80.0, 16.0]
    assert not past.history.inert.any()
    assert not past.history.reasons.any()


def test_where_volatility_never_changes_the_filter_changes_nothing() -> None:
    """One per cent up, one per cent down: the variance is 1e-4 at the outset and stays there."""
    returns = np.tile([0.01, -0.01], SESSIONS // 2)
    past = past_of(returns={ABC: returns}, prices={ABC: 100.0})
    np.testing.assert_allclose(past.history.filtered, past.history.plain, rtol=1e-12)


def test_every_return_is_scaled_from_its_own_day_s_volatility_to_tomorrow_s() -> None:
    """Zeros but for +8 % at first and -8 % at last: the variance falls by 0.94 a day, to a hundredth of its seed."""
    returns = np.zeros(SESSIONS)
    returns[0], returns[-1] = 0.08, -0.08
    past = past_of(returns={ABC: returns, XYZ: noise(5)}, prices={ABC: 100.0, XYZ: 10.0})
    seed = 2 * 0.08**2 / SESSIONS
    second = 0.94 * seed + 0.06 * 0.08**2
    last = 0.01 * seed
    assert second * 0.94 ** (SESSIONS - 2) < last
    tomorrow = 0.94 * last + 0.06 * 0.08**2
    found = past.history.filtered[0]
    assert found[0] == pytest.approx(8.0 * np.sqrt(tomorrow / seed), rel=1e-9)
    assert found[-1] == -100.0  # its own day was so calm that scaled up it would lose more than there is
    assert not found[1:-1].any()


def test_the_filter_is_that_of_a_walk_from_day_to_day() -> None:
    returns = without(noise(1), 7, 8, 100)
    past = past_of(returns={ABC: returns, XYZ: noise(2)}, prices={ABC: 100.0, XYZ: 10.0})
    known = [each for each in returns.tolist() if not np.isnan(each)]
    mean = sum(known) / len(known)
    variance, own = sum((each - mean) ** 2 for each in known) / len(known), []
    for each in returns.tolist():
        own.append(variance)
        if not np.isnan(each):
            variance = 0.94 * variance + 0.06 * each**2
    expected = 100.0 * returns * np.sqrt(variance / np.array(own))
    np.testing.assert_allclose(past.history.filtered[0], expected, rtol=1e-10)


def test_a_return_that_is_missing_is_missing_on_that_session_alone() -> None:
    returns = noise(1)
    holes = past_of(returns={ABC: without(returns, 3, 500), XYZ: returns}, prices=QUOTES | {XYZ: 10.0})
    lost = np.isin(np.arange(SESSIONS), [3, 500])
    for held in (ABC, CALL, PUT):
        row = holes.row(held)
        np.testing.assert_array_equal(np.isnan(holes.history.plain[row]), lost)
        np.testing.assert_array_equal(np.isnan(holes.history.filtered[row]), lost)
    assert np.isfinite(holes.history.plain[holes.row(XYZ)]).all()
    np.testing.assert_array_equal(holes.history.plain[0, ~lost], 100.0 * returns[~lost])


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (0, Reason.NO_HISTORY),
        (251, Reason.NO_HISTORY),
        (252, Reason.SHORT_HISTORY),
        (503, Reason.SHORT_HISTORY),
        (504, Reason.NONE),
    ],
)
def test_a_share_needs_252_sessions_and_says_so_below_504(known: int, why: Reason) -> None:
    assert (LEAST_SESSIONS, WINDOW_SESSIONS) == (252, SESSIONS)
    past = past_of(returns={ABC: young(noise(1), known)}, prices=QUOTES)
    for held in (ABC, CALL, PUT):
        assert history_reason(past, held) == why
        assert reasons_of(past, held) == Reason.NONE
        usable = np.zeros(SESSIONS, dtype=np.bool_)
        if known >= LEAST_SESSIONS:
            usable[SESSIONS - known :] = True
        np.testing.assert_array_equal(np.isfinite(past.history.plain[past.row(held)]), usable)
        np.testing.assert_array_equal(np.isfinite(past.history.filtered[past.row(held)]), usable)


def test_sessions_count_wherever_in_the_window_they_lie() -> None:
    scattered = without(noise(1), *range(0, SESSIONS, 2))
    past = past_of(returns={ABC: scattered, XYZ: without(scattered, 1)}, prices={ABC: 100.0, XYZ: 10.0})
    assert (history_reason(past, ABC), history_reason(past, XYZ)) == (Reason.SHORT_HISTORY, Reason.NO_HISTORY)


def test_of_whom_no_returns_are_told_has_no_history() -> None:
    past = past_of(returns={ABC: noise(1)}, prices={ABC: 100.0, XYZ: 10.0})
    assert (history_reason(past, ABC), history_reason(past, XYZ)) == (Reason.NONE, Reason.NO_HISTORY)
    assert np.isnan(past.history.plain[1]).all()


def test_a_share_that_was_worth_nothing_one_day_loses_its_price_then_and_no_more() -> None:
    """A return of -100 %, scaled up, would lose more than there is."""
    returns = noise(1, size=0.01)
    returns[50], returns[-5:] = -1.0, 0.2
    past = past_of(returns={ABC: returns}, prices=QUOTES)
    share, call, put = (past.row(each) for each in (ABC, CALL, PUT))
    history = past.history
    assert history.plain[share, 50] == history.filtered[share, 50] == -100.0
    assert np.isfinite([history.plain, history.filtered]).all()
    assert (history.filtered[share] >= -100.0).all()
    # The call is worth nothing then; the put is worth its strike at once, or a bond that pays it, within the grid.
    assert history.plain[call, 50] == pytest.approx(-4.0, abs=2e-3)
    assert history.plain[put, 50] == pytest.approx(105.0 - 7.0, abs=0.05)


# Options


@pytest.mark.parametrize("held", [CALL, PUT], ids=["call", "put"])
def test_an_option_is_priced_again_wherever_its_share_s_past_leads(held: Instrument) -> None:
    past = past_of(returns={ABC: noise(1), XYZ: noise(2)}, prices=QUOTES | {XYZ: 50.0, OTHERS: 2.0})
    row, share = past.row(held), past.row(ABC)
    options, facts = past.scene.options, past.scene.facts
    assert options
    place = facts.instrument_id.tolist().index(held.id)
    contract = options.contracts(np.full(len(options.asset), options.frame.sessions.count - 1)).rows(np.array([place]))

    def directly(pnl_of_share: FloatArray) -> FloatArray:
        found = revalue(
            contract,
            facts.volatility[[place]],
            on_forward=np.array([False]),
            spot_return=pnl_of_share[None] / 100.0,
            volatility_change=np.zeros(SESSIONS),
            yield_change=np.zeros(SESSIONS),
        )
        return np.asarray(found[0])

    history = past.history
    np.testing.assert_allclose(history.plain[row], directly(history.plain[share]), rtol=0, atol=2e-5 * 105)
    np.testing.assert_allclose(history.filtered[row], directly(history.filtered[share]), rtol=0, atol=2e-5 * 105)
    np.testing.assert_array_equal(history.returns[:, row], history.returns[:, share])
    assert history.underlying[row] == share
    assert history.dollar_delta[row] == pytest.approx(float(facts.delta[place]) * 100.0, rel=1e-14)


def test_a_call_gains_and_a_put_loses_where_the_share_gains() -> None:
    past = past_of(returns={ABC: noise(1)}, prices=QUOTES)
    share, call, put = (past.history.plain[past.row(each)] for each in (ABC, CALL, PUT))
    moved = np.abs(share) > 0.1
    assert (np.sign(call) == np.sign(share))[moved].all()
    assert (np.sign(put) == -np.sign(share))[moved].all()
    assert (np.abs(call) <= np.abs(share) + 1e-3).all()
    assert (np.abs(put) <= np.abs(share) + 1e-3).all()


def test_an_option_on_an_index_moves_with_the_forward() -> None:
    """An index at 20 whose forward is 22, quoted by the book at 90 % volatility; it falls by 10 % and gains 25 %."""
    vix = index(1, "VIX")
    pair = [european(30 + at, vix, right, 22.0, LATER) for at, right in enumerate((Right.CALL, Right.PUT))]

    def worth(forward: float, *, is_call: bool) -> float:
        return black(forward=forward, strike=22.0, years=50 / 365, rate=0.05, volatility=0.9, is_call=is_call)["price"]

    quotes = {each: worth(22.0, is_call=at == 0) for at, each in enumerate(pair)}
    returns = np.tile([-0.1, 0.25], SESSIONS // 2)
    past = past_of(returns={vix: returns}, prices={vix: 20.0, **quotes})
    for at, each in enumerate(pair):
        expected = [worth(22.0 * moved, is_call=at == 0) - quotes[each] for moved in (0.9, 1.25)]
        np.testing.assert_allclose(past.history.plain[past.row(each), :2], expected, rtol=0, atol=1e-8)


def test_an_option_stands_on_its_own_share_s_history_and_on_no_other() -> None:
    prices = QUOTES | {XYZ: 50.0, OTHERS: 2.0}
    past = past_of(returns={ABC: noise(1), XYZ: young(noise(2), 251)}, prices=prices)
    assert [history_reason(past, each) for each in (CALL, OTHERS)] == [Reason.NONE, Reason.NO_HISTORY]
    assert np.isfinite(past.history.plain[past.row(CALL)]).all()
    assert np.isnan(past.history.plain[past.row(OTHERS)]).all()


def test_an_expired_option_stands_still_whatever_is_known_of_its_share_s_past() -> None:
    gone = option(22, ABC, right=Right.CALL, strike=90, expiry=TODAY)
    for known in (SESSIONS, 300, 0):
        past = past_of(returns={ABC: young(noise(1), known)}, prices={ABC: 100.0, gone: 10.0})
        row = past.row(gone)
        assert past.history.inert.tolist() == [False, True]
        assert past.history.dollar_delta[row] == 0.0
        assert not past.history.plain[row].any()
        assert not past.history.filtered[row].any()
        assert (reasons_of(past, gone), history_reason(past, gone)) == (Reason.EXPIRED, Reason.NONE)


def test_an_expired_option_of_which_nobody_knows_what_it_pays_is_not_known() -> None:
    gone = option(22, ABC, right=Right.CALL, strike=90, expiry=april(3))
    past = past_of((1, gone), returns={ABC: noise(1)}, prices={ABC: 100.0})
    assert reasons_of(past, gone) == Reason.EXPIRED | Reason.NO_PRICE
    assert past.history.inert.tolist() == [False, False]
    assert np.isnan(past.history.plain[past.row(gone)]).all()


def test_an_estimated_volatility_is_taken_by_the_one_kind_of_portfolio_alone() -> None:
    """A quote below what exercising brings tells none: 25 % is assumed."""
    past = past_of(returns={ABC: noise(1)}, prices={ABC: 120.0, CALL: 19.0})
    assert reasons_of(past, CALL) == Reason.NO_VOLATILITY
    assert reasons_of(past, CALL, allow_estimates=True) == Reason.ESTIMATED
    assert np.isfinite(past.history.plain[past.row(CALL)]).all()
    assert reasons_of(past, ABC) == reasons_of(past, ABC, allow_estimates=True) == Reason.NONE


def test_what_has_no_price_or_is_not_in_dollars_is_not_known() -> None:
    abroad = stock(5, "ABROAD", currency="CAD")
    past = past_of((1, XYZ), returns=dict.fromkeys((ABC, XYZ, abroad), noise(1)), prices={ABC: 1.0, abroad: 7.0})
    assert reasons_of(past, XYZ) == Reason.NO_PRICE
    assert reasons_of(past, abroad) == Reason.NOT_MODELLED
    for held in (XYZ, abroad):
        row = past.row(held)
        assert np.isnan(past.history.plain[row]).all()
        assert np.isnan(past.history.filtered[row]).all()
        assert np.isnan(past.history.dollar_delta[row])


# Laws


@EXAMPLES
@given(pasts(books=1, most=0))
def test_what_is_not_known_is_missing_for_a_reason_and_where_the_share_s_return_is(past: Past) -> None:
    history, count = past.history, len(past.history.underlying)
    strict, lenient = history.reasons[:count], history.reasons[count:]
    blocked = ((lenient | history.history_reasons) & int(BLOCKING)) > 0
    lost = np.where(blocked[:, None], True, np.isnan(history.returns.T) & ~history.inert[:, None])
    for pnl in (history.plain, history.filtered):
        np.testing.assert_array_equal(np.isnan(pnl), lost)
        assert not pnl[history.inert].any()
    assert not ((lenient & ~strict) & int(BLOCKING)).any()  # who allows more knows no less
    np.testing.assert_array_equal(np.isnan(history.dollar_delta), (lenient & int(BLOCKING)) > 0)


@EXAMPLES
@given(pasts(books=1, most=0))
def test_nothing_that_is_bought_loses_more_than_it_is_worth(past: Past) -> None:
    frame = past.scene.frame
    worth = frame.price[past.scene.at].copy()
    place = np.searchsorted([each.id for each in frame.instruments], past.scene.facts.instrument_id)
    worth[place] = past.scene.facts.price
    for pnl in (past.history.plain, past.history.filtered):
        known = np.isfinite(pnl).all(axis=1) & ~past.history.inert
        assert (pnl[known] >= -worth[known, None] - 0.01).all()


def test_the_bits_of_an_instrument_depend_on_no_other() -> None:
    returns = {ABC: noise(1), XYZ: noise(2)}
    prices = QUOTES | {XYZ: 50.0, OTHERS: 2.0}
    strangers = [stock(40 + at) for at in range(9)]
    more = {each: noise(each.id) for each in strangers} | {strangers[3]: young(noise(7), 10)}
    small = past_of(returns=returns, prices=prices)
    large = past_of(returns=returns | more, prices=prices | dict.fromkeys(strangers, 3.0))
    for held in (ABC, XYZ, CALL, PUT, OTHERS):
        here, there = small.row(held), large.row(held)
        for name in ("plain", "filtered", "dollar_delta"):
            np.testing.assert_array_equal(getattr(small.history, name)[here], getattr(large.history, name)[there])
        np.testing.assert_array_equal(small.history.returns[:, here], large.history.returns[:, there])


def test_a_return_says_nothing_of_the_sessions_after_it_to_the_plain_past() -> None:
    """Only the filter, which looks at the whole window, is moved by one return that changes."""
    returns = noise(1)
    changed = returns.copy()
    changed[200] = 0.09
    here, there = (past_of(returns={ABC: each, XYZ: noise(2)}, prices={ABC: 100.0}) for each in (returns, changed))
    assert (here.history.plain[0] != there.history.plain[0]).nonzero()[0].tolist() == [200]
    assert (here.history.filtered[0] != there.history.filtered[0]).all()
