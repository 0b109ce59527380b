"""What performance and backtests say where nights or a net asset value are missing."""

from datetime import date
from math import isnan

import pytest

from postgres.factors.conftest import SHARES, RiskDesk, Tape
from postgres.greeks.conftest import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY
from sigmasight.domain.books import Portfolio
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.services.performance import PerformanceReport, report_performance
from sigmasight.services.risk import report_risk

pytestmark = pytest.mark.xdist_group("risk-nights")


@pytest.fixture
def listed(desk: RiskDesk, tape: Tape) -> RiskDesk:
    """A desk with one share beside the funds."""
    desk.live.list_share("AAA", tape.path(tape.returns(**SHARES["AAA"], seed=1)))  # type: ignore[arg-type]
    return desk


def performance(desk: RiskDesk, book: Portfolio, day: date) -> PerformanceReport:
    with desk.db.read() as conn:
        return report_performance(conn, desk.valuation, book.user_id, book.id, day)


def test_a_night_that_was_left_out_leaves_the_periods_around_it_unknown(listed: RiskDesk) -> None:
    book = listed.book("a", ("AAA", 10))
    listed.night(MONDAY, WEDNESDAY)
    found = dict(performance(listed, book, WEDNESDAY).returns)
    earned = listed.live.close("AAA", WEDNESDAY) / listed.live.close("AAA", TUESDAY) - 1.0
    assert found["1d"].value == pytest.approx(earned, rel=1e-12)
    assert found["1d"].sessions == 1
    for name in ("1w", "since opening"):
        assert isnan(found[name].value)
        assert (found[name].sessions, found[name].reasons) == (2, Reason.NO_HISTORY)
    listed.night(TUESDAY, today=WEDNESDAY)
    mended = dict(performance(listed, book, WEDNESDAY).returns)["since opening"]
    whole = listed.live.close("AAA", WEDNESDAY) / listed.live.close("AAA", MONDAY) - 1.0
    assert mended.value == pytest.approx(whole, rel=1e-12)
    assert (mended.sessions, mended.reasons & BLOCKING) == (2, Reason.NONE)


def test_a_return_is_as_long_as_its_own_sessions(listed: RiskDesk) -> None:
    """Two years of prices are what value at risk stands on; what was earned stands on two snapshots."""
    book = listed.book("a", ("AAA", 10))
    listed.night(MONDAY, TUESDAY)
    found = dict(performance(listed, book, TUESDAY).returns)["since opening"]
    assert (found.sessions, found.reasons) == (1, Reason.NONE)
    assert performance(listed, book, TUESDAY).beta.reasons == Reason.NONE


def test_a_book_without_a_net_asset_value_has_no_return_and_says_why(listed: RiskDesk) -> None:
    book = listed.book("a", ("AAA", 10))
    listed.state_cash(book, -1_000_000, MONDAY)
    listed.night(MONDAY, TUESDAY)
    found = dict(performance(listed, book, TUESDAY).returns)["1d"]
    assert isnan(found.value)
    assert (found.sessions, found.reasons) == (1, Reason.NAV_NOT_POSITIVE)
    beta = performance(listed, book, TUESDAY).beta
    assert isnan(beta.value)
    assert beta.reasons == Reason.NAV_NOT_POSITIVE


def test_fewer_than_twenty_one_returns_make_no_ratio_and_no_volatility(listed: RiskDesk) -> None:
    book = listed.book("a", ("AAA", 10))
    listed.night(MONDAY, TUESDAY)
    found = performance(listed, book, TUESDAY)
    for figure in (found.sharpe, found.sortino, found.max_drawdown, *(each for _, each in found.volatility)):
        assert isnan(figure.value)
        assert (figure.sessions, figure.reasons) == (1, Reason.NO_HISTORY)


def test_only_nights_with_a_session_after_them_are_put_to_the_test(listed: RiskDesk) -> None:
    book = listed.book("a", ("AAA", 10))
    counted = []
    for days in ((MONDAY,), (TUESDAY,), (THURSDAY, FRIDAY)):
        listed.night(*days)
        with listed.db.read() as conn:
            report = report_risk(conn, listed.valuation, book.user_id, book.id, days[-1])
        counted.append(report.stored.forecasts if report.stored else None)
    assert counted == [None, 1, 2]  # Tuesday's own is not: Wednesday has no snapshot
