"""`ss.analyze` on books that can be worked by hand, and what it refuses."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import sigmasight as ss
from sigmasight.domain.instruments import Kind, Profile
from sigmasight.domain.market_data import Dividend, Split
from sigmasight.domain.reasons import Reason

from .random_books import AS_OF, PROXIES, SESSIONS, sessions

BEFORE = date(2026, 11, 19)
Closes = dict[str, np.ndarray]


def walk(seed: int, *, market: float = 0.0) -> np.ndarray:
    random = np.random.default_rng(seed)
    common = np.random.default_rng(1).normal(0.0, 0.01, SESSIONS)
    moves = market * common + random.normal(0.0, 0.005, SESSIONS)
    return np.asarray(100.0 * np.cumprod(1.0 + moves))


@pytest.fixture(scope="module")
def closes() -> Closes:
    """The seven factors' funds and a share."""
    common = np.random.default_rng(1).normal(0.0, 0.01, SESSIONS)
    found = {name: walk(at, market=0.9) for at, name in enumerate(PROXIES, start=10)}
    return {**found, "SPY": np.asarray(500.0 * np.cumprod(1.0 + common)), "AAA": walk(2, market=1.2)}


def held(symbol: str, quantity: float, entry_price: float = 100.0) -> ss.Position:
    return ss.Position(symbol, quantity, entry_price)


def test_the_test_everybody_understands(closes: Closes) -> None:
    """SPY under "market -10 %" loses 10.00 %, direct and correlated; its short gains it."""
    for quantity in (100, -100):
        found = ss.analyze([held("SPY", quantity)], closes, AS_OF, days=sessions(), cash=100_000)
        at = found.market_scenarios.scenarios.index("market_down_10")
        exposure = quantity * closes["SPY"][-1]
        assert found.measures.net == pytest.approx(exposure, rel=1e-12)
        assert found.market_scenarios.direct[at] == pytest.approx(-0.10 * exposure, rel=1e-9)
        assert found.market_scenarios.correlated[at] == pytest.approx(-0.10 * exposure, rel=1e-9)
        assert found.measures.beta == pytest.approx(exposure / found.measures.nav, rel=1e-9)


def test_value_at_risk_of_one_share_is_the_quantile_of_its_returns(closes: Closes) -> None:
    found = ss.analyze([held("AAA", 50)], closes, AS_OF, days=sessions())
    returns = closes["AAA"][-504:] / closes["AAA"][-505:-1] - 1.0
    worst = -np.quantile(50 * closes["AAA"][-1] * returns, 1.0 - np.array([0.95, 0.975, 0.99]))
    np.testing.assert_allclose(found.value_at_risk.value_at_risk[0], worst, rtol=1e-12)


def test_a_day_of_a_book_with_a_dividend_and_a_split(closes: Closes) -> None:
    """100 shares, split 2 for 1 on the day, which pays 0.50 a new share too."""
    split = closes["AAA"].copy()
    split[-1] /= 2.0
    market = ss.Prices(
        sessions(),
        closes | {"AAA": split},
        dividends=[Dividend("AAA", AS_OF, 0.5)],
        splits=[Split("AAA", AS_OF, 2, 1)],
    )
    found = ss.analyze([held("AAA", 100)], market, AS_OF, cash=1_000, opened_on=BEFORE)
    paid, gained = 200 * 0.5, 200 * split[-1] - 100 * split[-2]
    assert found.measures.daily_pnl == pytest.approx(gained + paid, rel=1e-12)
    assert found.measures.cash == pytest.approx(1_000 + paid)
    assert found.positions[0].quantity == 200
    assert found.measures.nav == pytest.approx(1_000 + paid + 200 * split[-1], rel=1e-12)


def test_an_option_is_priced_by_its_own_quote(closes: Closes) -> None:
    contract = "AAA270115P00065000"
    quoted = closes | {contract: np.where(np.arange(SESSIONS) < SESSIONS - 3, np.nan, 4.5)}
    market = ss.Prices(sessions(), quoted, yields={"DGS3MO": np.full(SESSIONS, 0.04), "DGS2": np.full(SESSIONS, 0.04)})
    found = ss.analyze([held(contract, -2, 10.0)], market, AS_OF)
    (line,) = found.positions
    assert (line.underlying, line.exposure) == ("AAA", -2 * 100 * 4.5)
    assert line.delta > 0.0
    assert line.vega_per_point < 0.0
    assert found.snapshot.option_positions == 1


def test_an_analysis_names_what_it_leaves_out(closes: Closes) -> None:
    young = np.where(np.arange(SESSIONS) < SESSIONS - 30, np.nan, 20.0 + np.sin(np.arange(SESSIONS)))
    found = ss.analyze([held("AAA", 10), held("GONE", 5), held("YOUNG", 7)], closes | {"YOUNG": young}, days=sessions())
    left = {(each.symbol, each.reason) for each in found.not_included}
    assert {("GONE", "no_price"), ("GONE", "no_price,no_history"), ("YOUNG", "no_history")} <= left
    assert found.value_at_risk.coverage < found.coverage < 1.0
    by_symbol = {each.symbol: each for each in found.positions}
    assert np.isnan(by_symbol["GONE"].exposure)
    assert Reason.NO_HISTORY in by_symbol["YOUNG"].reasons
    assert by_symbol["AAA"].value_at_risk == pytest.approx(found.measures.value_at_risk, rel=1e-12)


def test_mappings_arrays_and_data_frames_say_the_same(closes: Closes) -> None:
    as_records = ss.analyze([held("AAA", 3)], closes, days=sessions().tolist())
    frame = pd.DataFrame(closes, index=pd.DatetimeIndex(sessions()))
    as_frame = ss.analyze([{"symbol": "aaa", "quantity": "3", "entry_price": Decimal(100)}], frame)
    assert as_records.snapshot == replace(as_frame.snapshot, measures=as_records.measures)
    assert as_records.measures == as_frame.measures
    assert as_records.as_of == AS_OF


def test_what_lies_after_the_session_changes_nothing(closes: Closes) -> None:
    later = {symbol: column.copy() for symbol, column in closes.items()}
    for column in later.values():
        column[-1] *= 3.0
    known = ss.analyze([held("AAA", 3)], closes, BEFORE, days=sessions())
    with_future = ss.analyze([held("AAA", 3)], later, BEFORE, days=sessions())
    assert known.snapshot == with_future.snapshot
    assert known.value_at_risk.value_at_risk.tolist() == with_future.value_at_risk.value_at_risk.tolist()


def test_an_empty_book_has_no_exposure_and_no_risk() -> None:
    found = ss.analyze([], {}, AS_OF, days=sessions(), cash=5)
    assert (found.measures.nav, found.measures.gross, found.measures.value_at_risk) == (5.0, 0.0, 0.0)
    assert (found.coverage, found.snapshot.warnings) == (1.0, ("empty",))


def test_a_class_share_and_its_option_find_each_other(closes: Closes) -> None:
    market = ss.Prices(
        sessions(),
        closes | {"BRK-B": walk(5), "BRKB270115C00100000": np.full(SESSIONS, 9.0)},
        profiles={"BRK.B": Profile("BRK.B", Kind.STOCK, "Berkshire Hathaway", sector="Financials")},
    )
    found = ss.analyze([held("BRK/B", 1), held("BRKB  270115C00100000", 1)], market)
    assert [each.underlying for each in found.positions] == ["BRK.B", "BRK.B"]


def test_a_class_share_is_found_without_a_profile(closes: Closes) -> None:
    market = ss.Prices(sessions(), closes | {"BRK.B": walk(5), "BRKB270115C00100000": np.full(SESSIONS, 9.0)})
    found = ss.analyze([held("BRKB  270115C00100000", 1)], market)
    assert [each.underlying for each in found.positions] == ["BRK.B"]


def test_a_dividend_and_a_split_under_another_spelling_count(closes: Closes) -> None:
    """100 shares, split 2 for 1 on the day, which pays 0.50 a new share too: whatever the symbol is spelled like."""
    market = ss.Prices(
        sessions(),
        closes | {"BRK.B": walk(5)},
        dividends=[Dividend("BRK-B", AS_OF, 0.5)],
        splits=[Split("BRK/B", AS_OF, 2, 1)],
    )
    found = ss.analyze([held("BRK-B", 100)], market, AS_OF, cash=1_000, opened_on=BEFORE)
    assert found.positions[0].quantity == 200
    assert found.measures.cash == pytest.approx(1_000 + 200 * 0.5)


def test_prices_under_two_spellings_of_one_symbol_are_refused(closes: Closes) -> None:
    with pytest.raises(ValueError, match=r"BRK\.B and BRK-B are one symbol: its prices must be given once"):
        ss.analyze([held("BRK.B", 1)], closes | {"BRK.B": walk(5), "BRK-B": walk(6)}, days=sessions())


@pytest.mark.parametrize(
    ("position", "told"),
    [
        (
            {"symbol": "AAA", "quantity": 0, "entry_price": 1},
            "position 1, AAA: the quantity must be a number other than 0",
        ),
        (
            {"symbol": "AAA", "quantity": 1, "entry_price": -1},
            "position 1, AAA: the entry price must be a number above 0",
        ),
        ({"symbol": "AAA", "quantity": "many", "entry_price": 1}, "position 1"),
        ({"symbol": "AAA", "quantity": float("nan"), "entry_price": 1}, "position 1, AAA: the quantity"),
        ({"symbol": "AAA", "amount": 1, "entry_price": 1}, "position 1.*amount"),
        ({"symbol": "not a ticker!", "quantity": 1, "entry_price": 1}, "not a readable ticker"),
        ({"symbol": "AAA", "quantity": 1, "entry_price": 1, "entry_date": date(2027, 1, 4)}, "entered on 2027-01-04"),
    ],
)
def test_a_position_that_cannot_be_is_named(closes: Closes, position: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ss.analyze([position], closes, days=sessions())


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"days": None}, "days must say"),
        ({"as_of": date(2026, 11, 21)}, "2026-11-21 is no session"),
        ({"opened_on": date(2026, 11, 24)}, "opened on 2026-11-24, after"),
        ({"days": sessions()[::-1]}, "days must ascend"),
        ({"days": np.where(np.arange(SESSIONS) == 3, sessions() + 0, sessions())[:-1]}, "numbers for"),
        ({"days": np.append(sessions()[:-1], np.datetime64("2026-11-21"))}, "2026-11-21 is no session"),
    ],
)
def test_days_that_cannot_be_are_named(closes: Closes, changed: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ss.analyze([held("AAA", 1)], closes, **{"days": sessions(), "as_of": AS_OF, **changed})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "told"), [(0.0, "AAA: a price must be above 0"), (np.inf, "AAA: a number must be finite")]
)
def test_prices_that_cannot_be_are_named(closes: Closes, value: float, told: str) -> None:
    spoiled = closes["AAA"].copy()
    spoiled[5] = value
    with pytest.raises(ValueError, match=told):
        ss.analyze([held("AAA", 1)], closes | {"AAA": spoiled}, days=sessions())


def test_a_series_that_is_none_is_named(closes: Closes) -> None:
    with pytest.raises(ValueError, match="DGS5 is no Treasury series"):
        ss.analyze([held("AAA", 1)], ss.Prices(sessions(), closes, yields={"DGS5": np.full(SESSIONS, 0.04)}))


def test_there_are_three_demo_books_and_no_other() -> None:
    with pytest.raises(ValueError, match="individual, hnw, hedge_fund"):
        ss.demo("pension")
    with pytest.raises(ValueError, match="2026-11-21 is no session"):
        ss.demo("hnw", date(2026, 11, 21))
    book = ss.demo("hedge_fund", AS_OF)
    assert (len(book.positions), book.prices.simulated, book.unmodelled_assets) == (30, True, 0)
