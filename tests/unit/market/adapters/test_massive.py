"""Massive's chains and bars of contracts, over real HTTP, are the market's, whatever stands between the rows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from sigmasight.domain.errors import ProviderError
from sigmasight.domain.symbols import occ_symbol
from sigmasight.market.adapters.massive import Massive
from sigmasight.market.checks import check_option_quotes
from sigmasight.market.simulated import SimulatedMarket
from support.vendor_box import Fault, Query, VendorBox

from .conftest import TODAY, MakeClient

KEPT = {Fault.DOUBLED: 1.0, Fault.NULLS: 1.0 / 3.0}
"""What share of the rows is taken at the door."""


@pytest.mark.parametrize("fault", [*KEPT, Fault.WRONG_SYMBOL])
def test_what_is_wrong_in_a_chain_is_left_out_or_left_to_the_door(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, fault: Fault
) -> None:
    box.always(fault)
    found = {each.terms: each for each in Massive(client("massive")).chain("VIX", TODAY)}
    accepted = {terms: check_option_quotes(each, today=TODAY).accepted for terms, each in found.items()}
    priced = {terms: each for terms, each in accepted.items() if len(each.days)}
    expected = {each.terms: each for each in market.chain("VIX", TODAY)}
    assert found.keys() == expected.keys()
    pages = [len(expected) - at for at in range(0, len(expected), box.page)]
    kept = sum(min(left, box.page) // 3 for left in pages) if fault is Fault.NULLS else len(expected)
    assert len(priced) == kept
    for terms, quotes in priced.items():
        for name in ("bid", "ask", "last"):
            np.testing.assert_array_equal(getattr(quotes, name), getattr(expected[terms], name))


@pytest.mark.parametrize("fault", [*KEPT, Fault.WRONG_SYMBOL])
def test_what_is_wrong_in_a_contract_s_bars_is_refused_or_left_to_the_door(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, fault: Fault
) -> None:
    (expected,) = market.quotes([market.chain("VIX", TODAY)[0].terms], date(2026, 11, 2), TODAY)
    box.always(fault)
    massive = Massive(client("massive"))
    if fault is Fault.WRONG_SYMBOL:
        with pytest.raises(ProviderError, match="massive answered for 'O:OTHER261218C00100000'"):
            massive.quotes([expected.terms], date(2026, 11, 2), TODAY)
        return
    (found,) = massive.quotes([expected.terms], date(2026, 11, 2), TODAY)
    accepted = check_option_quotes(found, today=TODAY).accepted
    rows = np.isin(expected.days, accepted.days)
    np.testing.assert_array_equal(accepted.last, expected.last[rows])
    assert rows.sum() == int(KEPT[fault] * len(expected.days))


def test_a_chain_s_contract_that_is_neither_call_nor_put_is_left_out(
    box: VendorBox, client: MakeClient, market: SimulatedMarket
) -> None:
    def with_another(path: str, query: Query) -> object:
        page: Any = answer(path, query)
        first = page["results"][0]
        others = [{**first, "details": {**first["details"], "contract_type": kind}} for kind in ("other", None, ["x"])]
        return {**page, "results": [*others, *page["results"]]}

    answer, box.answer = box.answer, with_another  # type: ignore[method-assign]
    found = Massive(client("massive")).chain("VIX", TODAY)
    assert [each.terms for each in found] == [each.terms for each in market.chain("VIX", TODAY)]


def test_a_contract_that_a_split_left_without_an_occ_symbol_is_not_asked_for(
    box: VendorBox, client: MakeClient, market: SimulatedMarket
) -> None:
    terms = market.chain("AAPL", TODAY)[0].terms
    odd = replace(terms, strike=terms.strike / 3 + Decimal("0.0001"))
    found = Massive(client("massive")).quotes([odd, terms], date(2026, 11, 2), TODAY)
    assert [each.terms for each in found] == [terms]
    assert sum(box.calls.values()) == 1


def test_massive_chains_are_the_market_s_over_all_pages(market: SimulatedMarket, client: MakeClient) -> None:
    for underlying in ("AAPL", "VIX"):
        found = {each.terms: each for each in Massive(client("massive")).chain(underlying, TODAY)}
        expected = {each.terms: each for each in market.chain(underlying, TODAY)}
        assert found.keys() == expected.keys()
        for terms, quotes in expected.items():
            for name in ("days", "bid", "ask", "last", "open_interest"):
                np.testing.assert_array_equal(getattr(found[terms], name), getattr(quotes, name))


@pytest.mark.parametrize(("underlying", "root"), [("AAPL", "AAPL1"), ("VIX", "VIXW")])
def test_a_contract_of_another_root_is_not_taken_for_the_standard_one_of_the_same_terms(
    box: VendorBox, client: MakeClient, market: SimulatedMarket, underlying: str, root: str
) -> None:
    def with_strangers(path: str, query: Query) -> object:
        page = answer(path, query)
        return {**page, "results": [each for row in page["results"] for each in (row, adjusted(row, root))]}

    answer: Callable[[str, Query], dict[str, Any]] = box.answer  # type: ignore[assignment]
    box.answer = with_strangers  # type: ignore[method-assign]
    found = Massive(client("massive")).chain(underlying, TODAY)
    assert sorted(occ_symbol(each.terms) for each in found) == sorted(
        occ_symbol(each.terms) for each in market.chain(underlying, TODAY)
    )
    assert all(each.bid[0] < 5_000.0 for each in found)


def adjusted(row: dict[str, Any], root: str) -> dict[str, Any]:
    details = row["details"]
    ticker = "O:" + root + details["ticker"].removeprefix("O:").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return {**row, "details": {**details, "ticker": ticker}, "last_quote": {"bid": 9_000.0, "ask": 9_001.0}}


def test_massive_last_prices_of_contracts_are_the_market_s(market: SimulatedMarket, client: MakeClient) -> None:
    terms = [each.terms for each in market.chain("AAPL", TODAY)[:3]]
    found = Massive(client("massive")).quotes(terms, date(2026, 11, 2), TODAY)
    for mine, theirs in zip(found, market.quotes(terms, date(2026, 11, 2), TODAY), strict=True):
        assert mine.terms == theirs.terms
        np.testing.assert_array_equal(mine.days, theirs.days)
        np.testing.assert_array_equal(mine.last, theirs.last)
        assert np.isnan(mine.bid).all()
