"""What the own CSV's rows become: positions, or errors with line, column, value and message."""

from datetime import date
from decimal import Decimal

import pytest

from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.intake.verdicts import Issue, PositionRow, RowVerdict, Severity, Totals, Verdict, with_warning

TODAY = date(2026, 6, 30)
HEADER = "ticker,quantity,entry_price,entry_date,tags\n"
NO_OCC_SYMBOL = (
    "is not an OCC option symbol: root, YYMMDD, C or P, strike x 1000 in 8 digits, as in AAPL250815P00200000"
)


def judged(*rows: str, header: str = HEADER, lots: bool = False) -> tuple[RowVerdict, ...]:
    return parse_positions((header + "\n".join(rows)).encode(), today=TODAY, lots=lots).rows


def position(row: str, header: str = HEADER) -> PositionRow:
    (verdict,) = judged(row, header=header)
    assert verdict.verdict is Verdict.OK, verdict.issues
    assert verdict.position is not None
    return verdict.position


def issue(row: str, header: str = HEADER) -> tuple[str | None, str | None, str]:
    (verdict,) = judged(row, header=header)
    assert verdict.verdict is Verdict.ERROR
    assert verdict.position is None
    (only,) = verdict.issues
    assert (only.line, only.severity) == (2, Severity.ERROR)
    return only.column, only.value, only.message


def test_a_stock_is_a_position() -> None:
    assert position('aapl,-100.5,225.10,2025-01-02,"Core Holdings, Tech"') == PositionRow(
        line=2,
        symbol="AAPL",
        option=None,
        quantity=Decimal("-100.5"),
        entry_price=Decimal("225.10"),
        entry_date=date(2025, 1, 2),
        tags=("Core Holdings", "Tech"),
    )


@pytest.mark.parametrize("symbol", ["AAPL260815P00200000", "AAPL  260815P00200000", "  aapl260815p00200000 "])
def test_an_option_is_known_by_its_occ_symbol_padded_or_not(symbol: str) -> None:
    row = position(f"{symbol},-3,4.2,2026-01-02,")
    assert row.symbol == "AAPL260815P00200000"
    assert row.option == OptionTerms("AAPL", date(2026, 8, 15), Right.PUT, Decimal(200))
    assert row.quantity == -3


def test_an_option_that_expires_today_can_still_be_brought_in() -> None:
    assert position("SPY260630C00500000,1,4.2,2026-06-30,").entry_date == TODAY


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("100", "100"),
        ("+100", "100"),
        (" -100 ", "-100"),
        ("100.", "100"),
        (".5", "0.5"),
        ("-1.50", "-1.50"),
        ("(100)", "-100"),
        ("( 1234.5 )", "-1234.5"),
        ('"1,234.50"', "1234.50"),
        ('"1,234"', "1234"),
        ('"(1,234,567)"', "-1234567"),
        ("1e3", "1000"),
        ("1.5E2", "150"),
        ("25e-2", "0.25"),
        ("1e-12", "0.000000000001"),
        ("1.500000000000000000", "1.5"),
        ("999999999999999.999999999999", "999999999999999.999999999999"),
    ],
)
def test_quantities_are_read_as_people_write_them(written: str, meant: str) -> None:
    assert f"{position(f'AAPL,{written},225,2025-01-02,').quantity:f}" == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("$225.10", "225.10"), ("$ 5", "5"), ('"$1,234.5"', "1234.5"), ("1e2", "100")]
)
def test_prices_may_begin_with_a_dollar_sign(written: str, meant: str) -> None:
    assert position(f"AAPL,1,{written},2025-01-02,").entry_price == Decimal(meant)


@pytest.mark.parametrize(
    ("written", "shown", "message"),
    [
        ("", "", "the number is missing"),
        ("0", "0", "a quantity of 0 is no position: leave the row out"),
        ("-0.00", "-0.00", "a quantity of 0 is no position: leave the row out"),
        ("0e99", "0e99", "a quantity of 0 is no position: leave the row out"),
        ("NaN", "NaN", "'NaN' is not a number: write it with a decimal point, as in 1234.5"),
        ("inf", "inf", "'inf' is not a number: write it with a decimal point, as in 1234.5"),
        ("ten", "ten", "'ten' is not a number: write it with a decimal point, as in 1234.5"),
        ("1_000", "1_000", "'1_000' is not a number: write it with a decimal point, as in 1234.5"),
        ("١٢", "١٢", "'١٢' is not a number: write it with a decimal point, as in 1234.5"),
        ("0x10", "0x10", "'0x10' is not a number: write it with a decimal point, as in 1234.5"),
        ("$100", "$100", "'$100' is not a number: write it with a decimal point, as in 1234.5"),
        ("(", "(", "'(' is not a number: write it with a decimal point, as in 1234.5"),
        ("()", "()", "'()' is not a number: write it with a decimal point, as in 1234.5"),
        ("( -5)", "( -5)", "'( -5)' is not a number: write it with a decimal point, as in 1234.5"),
        ("-(5)", "-(5)", "'-(5)' is not a number: write it with a decimal point, as in 1234.5"),
        ('"12,34"', "12,34", "'12,34' is not a number: write it with a decimal point, as in 1234.5"),
        ('"1,23.50"', "1,23.50", "'1,23.50' is not a number: write it with a decimal point, as in 1234.5"),
        ('"1,2345"', "1,2345", "'1,2345' is not a number: write it with a decimal point, as in 1234.5"),
        ('"0,500"', "0,500", "'0,500' is not a number: write it with a decimal point, as in 1234.5"),
        ('"1.234,50"', "1.234,50", "'1.234,50' is not a number: write it with a decimal point, as in 1234.5"),
        ('"1,234e2"', "1,234e2", "'1,234e2' is not a number: write it with a decimal point, as in 1234.5"),
        ("1e400", "1e400", "'1e400' is too large: numbers stay below 10^15"),
        ("-1e15", "-1e15", "'-1e15' is too large: numbers stay below 10^15"),
        ("1000000000000000", "1000000000000000", "'1000000000000000' is too large: numbers stay below 10^15"),
        ("1e-400", "1e-400", "'1e-400' has more than 12 digits after the decimal point"),
        ("0.0000000000001", "0.0000000000001", "'0.0000000000001' has more than 12 digits after the decimal point"),
        (
            "1e99999999999999999999",
            "1e99999999999999999999",
            "'1e99999999999999999999' is beyond any quantity or price",
        ),
    ],
)
def test_a_quantity_that_is_none_says_why(written: str, shown: str, message: str) -> None:
    assert issue(f"AAPL,{written},225,2025-01-02,") == ("quantity", shown, message)


def test_shares_may_be_fractions_but_contracts_may_not() -> None:
    assert position("FCNTX,4853.217,15,2025-01-02,").quantity == Decimal("4853.217")
    assert issue("AAPL260815P00200000,1.5,4.2,2025-01-02,") == (
        "quantity",
        "1.5",
        "'1.5' is not a whole number of option contracts",
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("0", "the entry price must be above 0 (a short position has a negative quantity)"),
        ("-5", "the entry price must be above 0 (a short position has a negative quantity)"),
        ("$-5", "the entry price must be above 0 (a short position has a negative quantity)"),
        ("(5)", "'(5)' is not a number: write it with a decimal point, as in 1234.5"),
        ("$", "the number is missing"),
        ("inf", "'inf' is not a number: write it with a decimal point, as in 1234.5"),
        ("1e400", "'1e400' is too large: numbers stay below 10^15"),
    ],
)
def test_a_price_that_is_none_says_why(written: str, message: str) -> None:
    assert issue(f"AAPL,1,{written},2025-01-02,") == ("entry_price", written, message)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "the date is missing"),
        ("01/02/2025", "'01/02/2025' is not a date of the form YYYY-MM-DD, as in 2025-01-31"),
        ("20250102", "'20250102' is not a date of the form YYYY-MM-DD, as in 2025-01-31"),
        ("2025-1-2", "'2025-1-2' is not a date of the form YYYY-MM-DD, as in 2025-01-31"),
        ("2025-W01-1", "'2025-W01-1' is not a date of the form YYYY-MM-DD, as in 2025-01-31"),
        ("2025-01-02T00:00", "'2025-01-02T00:00' is not a date of the form YYYY-MM-DD, as in 2025-01-31"),
        ("2025-02-30", "'2025-02-30' is no day of the calendar"),
        ("2026-07-01", "2026-07-01 lies in the future (today is 2026-06-30)"),
        ("1969-12-31", "1969-12-31 lies before 1970-01-01, the earliest date that is taken"),
    ],
)
def test_a_date_that_is_none_says_why(written: str, message: str) -> None:
    assert issue(f"AAPL,1,225,{written},") == ("entry_date", written, message)


def test_today_and_the_first_of_1970_are_dates_like_others() -> None:
    assert position("AAPL,1,225,2026-06-30,").entry_date == TODAY
    assert position("AAPL,1,225,1970-01-01,").entry_date == date(1970, 1, 1)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "the ticker is missing"),
        ("Apple Inc", "'Apple Inc' is not a readable ticker"),
        ("ß", "'ß' is not a readable ticker: use plain letters and digits"),
        ("AAPL260815X00200000", f"'AAPL260815X00200000' {NO_OCC_SYMBOL}"),
        ("AAPL260815P0020000", f"'AAPL260815P0020000' {NO_OCC_SYMBOL}"),
        ("AAPL261315P00200000", "'AAPL261315P00200000': 261315 is no date (YYMMDD)"),
        ("AAPL260815P00000000", "'AAPL260815P00000000' has a strike of zero"),
        ("AAPL260629P00200000", "AAPL260629P00200000 expired on 2026-06-29: expired contracts cannot be brought in"),
    ],
)
def test_a_ticker_that_is_none_says_why(written: str, message: str) -> None:
    assert issue(f"{written},1,4.2,2025-01-02,") == ("ticker", written, message)


def test_an_option_bought_after_its_expiry_is_an_error() -> None:
    assert issue("AAPL260815P00200000,1,4.2,2026-08-16,") == (
        "entry_date",
        "2026-08-16",
        "2026-08-16 lies in the future (today is 2026-06-30)",
    )


def test_tags_are_trimmed_and_each_is_there_once() -> None:
    assert position('AAPL,1,225,2025-01-02,"  Core  Holdings ,tech,, TECH , core holdings,Tech2"').tags == (
        "Core Holdings",
        "tech",
        "Tech2",
    )


def test_a_line_break_inside_a_tag_is_a_blank() -> None:
    assert position('AAPL,1,225,2025-01-02,"Core\r\nHoldings"').tags == ("Core Holdings",)


def test_tags_end_at_sixty_characters() -> None:
    assert position(f"AAPL,1,225,2025-01-02,{'x' * 60}").tags == ("x" * 60,)
    assert issue(f"AAPL,1,225,2025-01-02,{'x' * 61}") == (
        "tags",
        "x" * 59 + "…",
        f"the tag '{'x' * 39}…' has 61 characters; at most 60",
    )


@pytest.mark.parametrize("character", ["\x07", "\x7f", "\x9f"])
def test_tags_are_made_of_characters_that_can_be_shown(character: str) -> None:
    column, _, message = issue(f"AAPL,1,225,2025-01-02,a{character}b")
    assert (column, message) == ("tags", f"the tag {f'a{character}b'!r} has characters that cannot be shown")


def test_every_cell_that_is_wrong_is_named_at_once_as_the_file_names_its_column() -> None:
    (row,) = judged('A B,zero,-1,soon,"a\x01"', header="Symbol,QTY,Price,Trade Date,Strategy\n")
    assert [(found.column, found.value) for found in row.issues] == [
        ("Symbol", "A B"),
        ("QTY", "zero"),
        ("Price", "-1"),
        ("Trade Date", "soon"),
        ("Strategy", "a\x01"),
    ]


def test_a_long_value_is_shown_shortened() -> None:
    assert issue(f"AAPL,{'9' * 100},225,2025-01-02,") == (
        "quantity",
        "9" * 59 + "…",
        f"'{'9' * 39}…' is too large: numbers stay below 10^15",
    )


@pytest.mark.parametrize("row", ["AAPL,1,225,2025-01-02", "AAPL,1,225,2025-01-02,tag,more"])
def test_a_row_with_too_few_or_too_many_cells_is_an_error(row: str) -> None:
    cells = row.count(",") + 1
    message = (
        f"the row has {cells} cells, the header names 5 columns: leave empty what is not known, and quote a cell that "
        "has a separator inside"
    )
    assert issue(row) == (None, None, message)


def test_empty_cells_after_the_last_column_do_not_matter() -> None:
    assert position("AAPL,1,225,2025-01-02,tag, ,").tags == ("tag",)
    assert (
        position("AAPL,1,225,2025-01-02,tag", header="ticker,quantity,entry_price,entry_date,tags,,\n").symbol == "AAPL"
    )


def test_the_same_ticker_and_date_twice_is_an_error_on_both_lines() -> None:
    rows = judged(
        "AAPL,1,225,2025-01-02,", "MSFT,1,420,2025-01-02,", "aapl,2,226,2025-01-02,", "AAPL,1,225,2025-01-03,"
    )
    message = (
        "AAPL with entry date 2025-01-02 is there more than once (lines 2 and 4): keep one row, or say that the file "
        "lists lots"
    )
    assert [row.verdict for row in rows] == [Verdict.ERROR, Verdict.OK, Verdict.ERROR, Verdict.OK]
    assert rows[0].issues == (Issue(2, "ticker", "AAPL", message, Severity.ERROR),)
    assert rows[2].issues == (Issue(4, "ticker", "aapl", message, Severity.ERROR),)


def test_in_a_lot_file_the_same_ticker_and_date_may_repeat() -> None:
    rows = judged("AAPL,1,225,2025-01-02,", "AAPL,1,225,2025-01-02,", lots=True)
    assert [row.verdict for row in rows] == [Verdict.OK, Verdict.OK]


def test_an_option_repeats_whether_padded_or_not() -> None:
    rows = judged("AAPL260815P00200000,1,4,2025-01-02,", "AAPL  260815P00200000,1,4,2025-01-02,")
    assert [row.verdict for row in rows] == [Verdict.ERROR, Verdict.ERROR]


def test_a_repeated_row_with_an_error_of_its_own_has_both() -> None:
    rows = judged("AAPL,0,225,2025-01-02,", "AAPL,1,225,2025-01-02,")
    assert [found.column for found in rows[0].issues] == ["quantity", "ticker"]
    assert "lines 2 and 3" in rows[1].issues[0].message


def test_a_row_whose_ticker_or_date_cannot_be_read_repeats_nothing() -> None:
    rows = judged("A B,1,225,2025-01-02,", "A B,1,225,2025-01-02,", "AAPL,1,225,never,", "AAPL,1,225,never,")
    assert [len(row.issues) for row in rows] == [1, 1, 1, 1]


def test_many_repetitions_are_counted_instead_of_listed() -> None:
    three = judged(*["AAPL,1,225,2025-01-02,"] * 3)
    thousand = judged(*["AAPL,1,225,2025-01-02,"] * 2000)
    assert "(lines 2, 3 and 4)" in three[0].issues[0].message
    assert "(lines 2, 3, 4, 5, 6 and 1,995 more)" in thousand[1999].issues[0].message


def test_totals_count_rows_by_verdict() -> None:
    parsed = parse_positions(f"{HEADER}AAPL,1,225,2025-01-02,\nMSFT,0,1,2025-01-02,\n".encode(), today=TODAY)
    assert parsed.totals == Totals(rows=2, ok=1, warnings=0, errors=1)
    assert [row.symbol for row in parsed.positions] == ["AAPL"]


def test_a_warning_keeps_the_position() -> None:
    (row,) = judged("ZZZZ,1,225,2025-01-02,")
    warned = with_warning(row, column="ticker", value="ZZZZ", message="no provider knows it")
    assert warned.verdict is Verdict.WARNING
    assert warned.position == row.position
    assert warned.issues == (Issue(2, "ticker", "ZZZZ", "no provider knows it", Severity.WARNING),)


def test_a_warning_leaves_an_error_an_error() -> None:
    (row,) = judged("ZZZZ,0,225,2025-01-02,")
    warned = with_warning(row, column=None, value=None, message="beside it")
    assert warned.verdict is Verdict.ERROR
    assert [found.severity for found in warned.issues] == [Severity.ERROR, Severity.WARNING]
