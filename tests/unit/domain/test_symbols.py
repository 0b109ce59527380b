"""Symbols: tickers as people write them, and OCC symbols there and back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.errors import InvalidSymbolError
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.symbols import has_occ_symbol, looks_like_option, normalize_ticker, occ_symbol, parse_occ

PUT = OptionTerms("AAPL", date(2025, 8, 15), Right.PUT, Decimal(200))
TERMS = st.builds(
    OptionTerms,
    st.from_regex(r"[A-Z][A-Z0-9]{0,5}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(Right),
    st.integers(1, 10**8 - 1).map(lambda thousandths: Decimal(thousandths) / 1000),
)


@pytest.mark.parametrize(
    ("written", "ticker"),
    [(" aapl ", "AAPL"), ("BRK.B", "BRK.B"), ("brk-b", "BRK.B"), ("BRK/B", "BRK.B"), ("^VIX", "^VIX"), ("V", "V")],
)
def test_a_ticker_is_in_capitals_without_blanks(written: str, ticker: str) -> None:
    assert normalize_ticker(written) == ticker


@pytest.mark.parametrize(
    "written", ["", " ", "A B", "A..B", ".B", "A.", "$AAPL", "AAPL*", "Fidelity Cash", "é", "A\nB"]
)
def test_what_is_no_ticker_is_an_error_that_names_it(written: str) -> None:
    with pytest.raises(InvalidSymbolError, match="is not a readable ticker"):
        normalize_ticker(written)


@pytest.mark.parametrize(
    "written", ["AAPL250815P00200000", "AAPL  250815P00200000", " aapl250815p00200000 ", "AAPL 250815P00200000"]
)
def test_an_occ_symbol_is_read_padded_or_not(written: str) -> None:
    assert parse_occ(written) == PUT
    assert looks_like_option(written)
    assert occ_symbol(PUT) == "AAPL250815P00200000"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("AAPL", "is not an OCC option symbol"),
        ("250815P00200000", "is not an OCC option symbol"),
        ("TOOLONG250815P00200000", "is not an OCC option symbol"),
        ("AAPL250815X00200000", "is not an OCC option symbol"),
        ("AAPL250815P0020000", "is not an OCC option symbol"),
        ("AAPL250815P002000000", "is not an OCC option symbol"),
        ("AAPL250815P00000000", "has a strike of zero"),
        ("AAPL250230C00200000", "250230 is no date"),
        ("AAPL251315C00200000", "251315 is no date"),
    ],
)
def test_an_occ_symbol_that_cannot_be_read_says_why(written: str, why: str) -> None:
    with pytest.raises(InvalidSymbolError, match=why):
        parse_occ(written)


@pytest.mark.parametrize(
    ("written", "option"),
    [
        ("AAPL250815X00200000", True),
        ("AAPL250815P00200", True),
        ("AAPL", False),
        ("037833100", False),
        ("SPY250815", False),
    ],
)
def test_what_looks_like_an_option_must_be_one(written: str, option: bool) -> None:  # noqa: FBT001
    assert looks_like_option(written) is option


@given(TERMS)
def test_terms_come_back_from_their_symbol(terms: OptionTerms) -> None:
    symbol = occ_symbol(terms)
    assert parse_occ(symbol) == terms
    assert looks_like_option(symbol)
    padded = terms.underlying.ljust(6) + symbol.removeprefix(terms.underlying)
    assert len(padded) == 21
    assert parse_occ(padded.lower()) == terms


@pytest.mark.parametrize("strike", ["0", "-5", "100000", "0.0001", "33.33333"])
def test_a_strike_that_does_not_fit_has_no_symbol(strike: str) -> None:
    terms = OptionTerms("AAPL", date(2025, 8, 15), Right.CALL, Decimal(strike))
    with pytest.raises(InvalidSymbolError, match="cannot be written in an OCC symbol"):
        occ_symbol(terms)


@given(st.text(max_size=30))
def test_any_text_is_a_ticker_or_refused(text: str) -> None:
    try:
        ticker = normalize_ticker(text)
    except InvalidSymbolError:
        return
    assert normalize_ticker(ticker) == ticker


@given(st.text(max_size=30) | st.from_regex(r"[A-Z.]{1,6} {0,5}\d{6}[CP]\d{8}"))
def test_any_text_is_an_option_or_refused(text: str) -> None:
    try:
        terms = parse_occ(text)
    except InvalidSymbolError:
        return
    assert parse_occ(occ_symbol(terms)) == terms


def test_a_contract_whose_strike_is_no_whole_thousandth_has_no_occ_symbol() -> None:
    terms = OptionTerms("AAPL", date(2027, 1, 15), Right.CALL, Decimal("33.3333"))
    assert not has_occ_symbol(terms)
    assert has_occ_symbol(replace(terms, strike=Decimal("33.333")))


@pytest.mark.parametrize("terms", [replace(PUT, underlying="TOOLONGNAME"), replace(PUT, expiry=date(2125, 8, 17))])
def test_a_root_that_is_none_or_another_century_has_no_occ_symbol(terms: OptionTerms) -> None:
    with pytest.raises(InvalidSymbolError, match="cannot be written in an OCC symbol"):
        occ_symbol(terms)
