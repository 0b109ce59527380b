"""What the own CSV may look like as a file, and which files are refused as a whole."""

import codecs
import csv
from datetime import date

import pytest

from sigmasight.domain.errors import ImportRefusedError
from sigmasight.intake.csv_table import MAX_BYTES, read_table
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.intake.verdicts import Column, ParsedPositions

TODAY = date(2026, 6, 30)
HEADER = "ticker,quantity,entry_price,entry_date,tags\n"
PLAIN = HEADER + 'AAPL,100,225,2025-01-02,"Core, Tech"\nMSFT,-45,420,2025-01-03,\n'
SAVE_AS = "save it as CSV in UTF-8 (spreadsheets call that 'CSV UTF-8') and import that file."


def parsed(content: str | bytes) -> ParsedPositions:
    return parse_positions(content if isinstance(content, bytes) else content.encode(), today=TODAY)


def refusal(content: str | bytes) -> str:
    with pytest.raises(ImportRefusedError) as caught:
        parsed(content)
    return str(caught.value)


def test_a_file_says_how_it_was_read() -> None:
    file = parsed("Note,Symbol, qty ,PRICE,Trade Date,Account\nx,AAPL,1,225,2025-01-02,7\n")
    assert file.columns == (
        Column("ticker", "Symbol"),
        Column("quantity", "qty"),
        Column("entry_price", "PRICE"),
        Column("entry_date", "Trade Date"),
    )
    assert file.ignored == ("Note", "Account")
    assert (file.encoding, file.delimiter) == ("UTF-8", ",")
    assert file.positions[0].tags == ()
    assert file.name_of("entry_date") == "Trade Date"


@pytest.mark.parametrize(
    "header",
    [
        "TICKER,Quantity,Entry Price,entry_date,Tags",
        "symbol,qty,price,trade date,strategy",
        "Symbol,QTY,Price,Trade_Date,STRATEGY",
        "ticker,quantity,entryprice,ENTRY  DATE,tags",
        '"ticker","quantity","entry\nprice","entry_date","tags"',
    ],
)
def test_names_of_columns_may_be_spelled_in_many_ways(header: str) -> None:
    assert parsed(f"{header}\nAAPL,100,225,2025-01-02,Core\n").positions[0].tags == ("Core",)


def test_a_byte_order_mark_does_not_hide_the_first_column() -> None:
    file = parsed(codecs.BOM_UTF8 + PLAIN.encode())
    assert [row.symbol for row in file.positions] == ["AAPL", "MSFT"]
    assert file.encoding == "UTF-8 with byte order mark"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_of_the_three_ways(ending: str) -> None:
    file = parsed(PLAIN.replace("\n", ending))
    assert [(row.line, row.symbol) for row in file.positions] == [(2, "AAPL"), (3, "MSFT")]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_as_commas_do(delimiter: str) -> None:
    rows = [
        ["ticker", "quantity", "entry_price", "entry_date", "tags"],
        ["AAPL", "1,234.50", "$225.1", "2025-01-02", "Core, Tech"],
    ]
    file = parsed("\n".join(delimiter.join(row) for row in rows))
    assert file.delimiter == delimiter
    assert str(file.positions[0].quantity) == "1234.50"
    assert file.positions[0].tags == ("Core", "Tech")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1,234", "'1,234' is ambiguous: write 1234 or 1.234"),
        ("12,50", "'12,50' is not a number: write it with a decimal point, as in 1234.5"),
    ],
)
def test_a_comma_that_may_be_a_decimal_mark_is_an_error(written: str, message: str) -> None:
    file = parsed(f"ticker;quantity;entry_price;entry_date\nAAPL;{written};225;2025-01-02\n")
    assert [found.message for found in file.rows[0].issues] == [message]


def test_two_commas_group_thousands_whatever_separates_the_cells() -> None:
    file = parsed("ticker;quantity;entry_price;entry_date\nAAPL;1,234,567;225;2025-01-02\n")
    assert file.positions[0].quantity == 1_234_567


def test_a_row_is_numbered_by_the_line_it_starts_on() -> None:
    file = parsed(
        "\n\r\nticker,quantity,entry_price,entry_date,tags\n"
        'AAPL,1,225,2025-01-02,"two\nlines"\n'
        "\n , ,,,\n"
        'MSFT,0,420,2025-01-02,"three\r\nmore\rlines"\r\n'
        "NVDA,1,700,2025-01-02,\n"
    )
    assert [row.line for row in file.rows] == [4, 8, 11]
    assert file.rows[1].issues[0].line == 8


def test_a_blank_before_a_quote_is_not_part_of_the_cell() -> None:
    assert parsed(HEADER + 'AAPL, 1, 225, 2025-01-02, "a, b"\n').positions[0].tags == ("a", "b")


@pytest.mark.parametrize("content", ["", "\n\r\n \t\n", "\ufeff", "\ufeff\n"])
def test_an_empty_file_is_refused(content: str) -> None:
    assert refusal(content).startswith("The file is empty")


def test_a_header_alone_is_refused() -> None:
    assert refusal(HEADER + "\n,,,,\n") == "The file has no rows below its header: there is nothing to import."


def test_a_table_without_any_row_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match="nothing to import"):
        read_table("\n\n", ",")


def test_missing_columns_are_all_named_with_what_is_there() -> None:
    assert refusal("\nSymbol,amount,Trade Date\nAAPL,1,2025-01-02\n") == (
        "The header on line 2 lacks quantity, entry_price; it has: Symbol, amount, Trade Date. Name the columns "
        "ticker, quantity, entry_price, entry_date and, if you like, tags."
    )


def test_a_file_without_header_is_refused_with_its_first_line() -> None:
    message = refusal("AAPL,100,225,2025-01-02,Core\nMSFT,1,1,2025-01-02,\n")
    assert message.startswith(
        "The header on line 1 lacks ticker, quantity, entry_price, entry_date; it has: AAPL, 100,"
    )


def test_a_header_with_many_foreign_columns_is_shown_shortened() -> None:
    names = [f"c{number}" for number in range(30)] + ["x" * 1000]
    message = refusal(",".join(names) + "\n1\n")
    assert "c19, …. Name" in message
    assert "c20" not in message


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("ticker,Symbol,quantity", "The columns 'ticker' and 'Symbol' both mean ticker: keep one of them."),
        ("Qty,price,qty", "The columns 'Qty' and 'qty' both mean quantity: keep one of them."),
    ],
)
def test_a_column_that_is_there_twice_is_refused(header: str, message: str) -> None:
    assert refusal(f"{header}\n1,2,3\n") == message


def test_foreign_columns_may_repeat() -> None:
    assert parsed("ticker,quantity,entry_price,entry_date,x,x\nA,1,1,2025-01-02,,\n").ignored == ("x", "x")


def test_ten_thousand_rows_are_read_and_one_more_is_refused() -> None:
    rows = [f"T{number},1,225,2025-01-02,\n" for number in range(10_001)]
    assert parsed(HEADER + "".join(rows[:10_000])).totals.ok == 10_000
    assert refusal(HEADER + "".join(rows)) == (
        "The file has 10,001 rows; at most 10,000 can be imported at once: split it."
    )


def test_a_file_of_endless_lines_is_refused() -> None:
    for content in (HEADER + "\n" * 100_000 + "x", "\n" * 100_000 + HEADER):
        assert refusal(content) == (
            "The file has more than 100,000 lines, blank ones counted; at most 10,000 rows can be imported at once: "
            "split it."
        )


def test_ten_megabytes_are_read_and_more_is_refused() -> None:
    notes = b"\nAAPL,1,225,2025-01-02," + b"x" * 100_000
    full = (b"ticker,quantity,entry_price,entry_date,note" + notes * 105)[:MAX_BYTES]
    assert len(full) == MAX_BYTES == 10_485_760
    assert parsed(full).totals.rows == 105
    for size in (MAX_BYTES + 1, 11_000_000):
        assert refusal(full + b"x" * (size - MAX_BYTES)) == (
            f"The file has {size:,} bytes; at most 10,485,760 (10 MB) can be imported at once: split it."
        )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (PLAIN.encode("utf-16"), "text in UTF-16"),
        (codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"), "text in UTF-16"),
        (b"PK\x03\x04\x14\x00", "a spreadsheet workbook or another ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old spreadsheet workbook"),
        (b"%PDF-1.7\n", "a PDF document"),
    ],
)
def test_other_kinds_of_files_are_called_by_their_names(content: bytes, what: str) -> None:
    assert refusal(content) == f"The file is {what}, not CSV: {SAVE_AS}"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (PLAIN.encode("utf-16-le"), 1),
        (PLAIN.encode() + b"AAPL,\0,1,2025-01-02,\n", 4),
        (PLAIN.replace("\n", "\r").encode() + b"\0", 4),
        (b"\x7fELF\x02\x01\x01\0\0\0", 1),
    ],
)
def test_binary_data_are_refused_with_their_line(content: bytes, line: int) -> None:
    assert refusal(content) == f"The file is not UTF-8 text: line {line} holds binary data (a NUL byte); {SAVE_AS}"


def test_another_encoding_is_refused_with_the_line_of_its_first_letter() -> None:
    content = (PLAIN + "SAP,1,1,2025-01-02,Münster\n").encode("latin-1")
    assert refusal(content) == (
        f"The file is not UTF-8 text: line 4 has the byte 0xFC, as in Latin-1 and Windows-1252; {SAVE_AS}"
    )


def test_a_quote_that_never_closes_is_refused_with_the_line_of_its_row() -> None:
    assert refusal(PLAIN + 'NVDA,1,1,2025-01-02,"open\nF,1,1,2025-01-02,\n') == (
        "The row that starts on line 4 cannot be read: a quote is opened and never closed."
    )


def test_text_after_a_closing_quote_is_refused_with_its_line() -> None:
    assert refusal(PLAIN + 'NVDA,1,1,2025-01-02,"a "quoted" word"\n') == (
        "The row that starts on line 4 cannot be read: text follows a closing quote (inside a quoted cell, a quote is "
        "written twice)."
    )


def test_a_cell_out_of_all_proportion_is_refused_with_its_line() -> None:
    limit = csv.field_size_limit()
    assert refusal(PLAIN + f"NVDA,1,1,2025-01-02,{'x' * (limit + 1)}\n") == (
        f"The row that starts on line 4 cannot be read: a cell has more than {limit:,} characters, as happens when a "
        "quote is never closed."
    )


def test_a_quote_that_never_closes_in_the_header_is_refused() -> None:
    assert refusal('"ticker,quantity\nAAPL,1\n') == (
        "The row that starts on line 1 cannot be read: a quote is opened and never closed."
    )
