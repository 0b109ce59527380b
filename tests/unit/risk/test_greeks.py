"""Greeks of instruments and of the positions in them."""

from dataclasses import fields

import numpy as np
import pytest

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import FloatArray, Market, Marks, Payouts, SplitRows
from sigmasight.domain.options import OptionFacts, UnitGreeks
from sigmasight.domain.reasons import Reason
from sigmasight.risk.frames import MarketFrame, freeze_market
from sigmasight.risk.greeks import blocking, contracts_held, instrument_greeks, position_greeks
from sigmasight.risk.holdings import Holdings, freeze_holdings
from support.books import SPRING, april, holding, option, portfolio, stock

ABC = stock(1, "ABC")
CALL = option(2, ABC, right=Right.CALL, strike=20, expiry=april(17), multiplier=150)
GONE = option(3, ABC, right=Right.CALL, strike=20, expiry=april(3))
CAREFUL, BOLD = portfolio("careful"), portfolio("bold", allow_estimates=True)
UNIT = (0.5, 0.02, -0.03, 0.11, 0.07)
NO_DAYS = np.array([], dtype="datetime64[D]")
NO_IDS = np.array([], dtype=np.int64)


def frame() -> MarketFrame:
    days = np.array([april(day) for day in (1, 2, 3, 4)], dtype="datetime64[D]")
    return freeze_market(
        market=Market.LIVE,
        calendar=SPRING,
        first=april(2),
        last=april(4),
        instruments=(ABC, CALL, GONE),
        marks=Marks(np.ones(4, dtype=np.int64), days, np.full(4, 30.0)),
        splits=SplitRows(NO_IDS, NO_DAYS, np.empty(0)),
        payouts=Payouts(NO_IDS, NO_DAYS, np.empty(0)),
        stale_sessions=5,
    )


def facts(*, count: int = 1, reasons: Reason = Reason.NONE, day: int = 4) -> OptionFacts:
    told = dict(zip((field.name for field in fields(UnitGreeks)), UNIT, strict=True))
    columns = {field.name: np.full(count, told.get(field.name, np.nan)) for field in fields(OptionFacts)}
    return OptionFacts(
        **columns
        | {
            "instrument_id": np.full(count, CALL.id),
            "as_of": np.full(count, np.datetime64(april(day))),
            "reasons": np.full(count, int(reasons)),
        }
    )


def columns(greeks: UnitGreeks) -> FloatArray:
    return np.array([getattr(greeks, field.name) for field in fields(UnitGreeks)]).T


def held(market: MarketFrame) -> Holdings:
    positions = [
        holding(book, each, quantity, entry_price=1, held_from=april(2))
        for book in (CAREFUL, BOLD)
        for each, quantity in ((ABC, 10), (CALL, -3), (GONE, 1))
    ]
    return freeze_holdings(market, (CAREFUL, BOLD), positions)[0]


def test_a_share_moves_with_itself_and_an_expired_option_with_nothing() -> None:
    known = instrument_greeks(frame(), 3, facts())
    np.testing.assert_array_equal(columns(known.unit), [[1, 0, 0, 0, 0], UNIT, [0] * 5])
    assert known.reasons.tolist() == [Reason.NONE, Reason.NONE, Reason.EXPIRED]


@pytest.mark.parametrize("told", [facts(count=0), facts(day=3)], ids=["none", "of another session"])
def test_an_option_without_facts_of_the_session_has_no_volatility(told: OptionFacts) -> None:
    known = instrument_greeks(frame(), 3, told)
    assert np.isnan(columns(known.unit)[1]).all()
    assert known.reasons[1] == Reason.NO_VOLATILITY


@pytest.mark.parametrize("reasons", [Reason.NONE, Reason.ESTIMATED])
def test_estimates_count_only_where_the_portfolio_allows_them(reasons: Reason) -> None:
    market = frame()
    holdings = held(market)
    known = instrument_greeks(market, 3, facts(reasons=reasons))
    found = position_greeks(market, holdings, 3, known, np.array([False, True]))
    of_call = holdings.asset == 1
    # Short 3 contracts of 150 shares: -450 x 0.5; in USD at 30.
    refused = bool(reasons)
    np.testing.assert_array_equal(found.greeks.delta[of_call], [np.nan if refused else -225.0, -225.0])
    np.testing.assert_array_equal(found.greeks.dollar_delta[of_call], [np.nan if refused else -6750.0, -6750.0])
    assert found.reasons[of_call].tolist() == [Reason.NO_VOLATILITY if refused else Reason.NONE, reasons]
    assert blocking(found)[of_call].tolist() == [Reason.NO_VOLATILITY if refused else 0, 0]
    assert found.greeks.delta[holdings.asset == 0].tolist() == [10.0, 10.0]


def test_contracts_are_held_until_the_session_of_their_expiry() -> None:
    market = frame()
    assert [contracts_held(market, held(market), at).tolist() for at in range(4)] == [[], [2, 3], [2], [2]]
