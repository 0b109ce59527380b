"""`sigmasight import`: good files are taken whole, bad ones refused whole, and nothing is ever half there."""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from support.databases import LAST_SESSION, DatabaseCopies, run_command
from support.results import Rows, row_versions

from .conftest import Command

BOOK = "Balanced Individual Investor"
INTO = ("--portfolio", BOOK)
HEADER = b"ticker,quantity,entry_price,entry_date,tags\n"
GOOD = HEADER + b'AAPL,10,180.50,2026-01-05,"Core Holdings,New"\nXOM,-20,110,2026-02-03,\n'
TODAY = LAST_SESSION


def saved(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "positions.csv"
    file.write_bytes(content)
    return str(file)


@pytest.fixture(scope="session")
def with_book(databases: DatabaseCopies, migrated: str) -> str:
    """The name of a database with an empty book and three instruments."""
    with psycopg.connect(databases.make("with_book", migrated)) as conn:
        conn.execute(
            "INSERT INTO instruments (symbol, kind, name) SELECT s, 'stock', s FROM unnest(%s::text[]) AS s",
            (["AAPL", "MSFT", "XOM"],),
        )
        conn.execute("INSERT INTO users (email, name, password_hash) VALUES ('somebody@example.com', 'Somebody', 'x')")
        conn.execute(
            "INSERT INTO portfolios (user_id, name, market, opened_on) SELECT id, %s, 'live', %s FROM users",
            (BOOK, TODAY),
        )
    return "with_book"


@pytest.fixture
def book_url(databases: DatabaseCopies, with_book: str) -> Iterator[str]:
    """The address of a database of the test's own, with an empty book."""
    with databases.copy(with_book) as url:
        yield url


@pytest.fixture(scope="module")
def plain_url(databases: DatabaseCopies, with_book: str) -> Iterator[str]:
    """The address of a database with an empty book, for the tests that leave nothing in it."""
    with databases.copy(with_book) as url:
        yield url


@pytest.fixture(scope="module")
def plain(plain_url: str) -> Rows:
    """All of its rows, before any test."""
    return row_versions(plain_url)


def imported(url: str) -> list[tuple[object, ...]]:
    """What imports have brought in: symbol, quantity, price, date, tags."""
    query = """
        SELECT i.symbol, p.quantity, p.entry_price, p.entry_date::text,
            array_remove(array_agg(t.name ORDER BY t.name), NULL)
        FROM positions p JOIN instruments i ON i.id = p.instrument_id
        LEFT JOIN position_tags l ON l.position_id = p.id LEFT JOIN tags t ON t.id = l.tag_id
        WHERE p.import_id IS NOT NULL GROUP BY p.id, i.symbol ORDER BY i.symbol, p.entry_date"""
    with psycopg.connect(url) as conn:
        return conn.execute(query).fetchall()


def test_a_good_file_is_taken_with_its_tags_and_is_in_the_snapshot(
    command: Command, demo_url: str, tmp_path: Path
) -> None:
    ended = command(demo_url, "import", saved(tmp_path, GOOD), *INTO, "--json")
    document = json.loads(ended.out)
    assert ended.code == 0, ended.err
    assert (document["file"], document["portfolio"], document["committed"]) == ("positions.csv", BOOK, True)
    assert document["totals"] == {"rows": 2, "ok": 2, "warnings": 0, "errors": 0, "taken": 2, "known": 0}
    assert [(row["line"], row["verdict"], row["fate"], row["ticker"], row["quantity"]) for row in document["rows"]] == [
        (2, "ok", "take", "AAPL", "10"),
        (3, "ok", "take", "XOM", "-20"),
    ]
    assert imported(demo_url) == [
        ("AAPL", Decimal(10), Decimal("180.50"), "2026-01-05", ["Core Holdings", "New"]),
        ("XOM", Decimal(-20), Decimal(110), "2026-02-03", []),
    ]
    with psycopg.connect(demo_url) as conn:
        query = (
            "SELECT positions, short_positions, flows <> 0 FROM portfolio_snapshots s "
            "JOIN portfolios p ON p.id = s.portfolio_id WHERE p.name = %s AND as_of = %s"
        )
        assert conn.execute(query, (BOOK, TODAY)).fetchone() == (18, 1, True)
        assert conn.execute("SELECT action, detail->>'positions' FROM audit_log").fetchall() == [
            ("positions imported", "2")
        ]


def test_the_same_file_twice_adds_nothing(command: Command, demo_url: str, tmp_path: Path) -> None:
    file = saved(tmp_path, GOOD)
    assert command(demo_url, "import", file, *INTO).code == 0
    before = row_versions(demo_url)
    again = command(demo_url, "import", file, *INTO, "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["totals"]["known"] == 2
    assert json.loads(again.out)["totals"]["taken"] == 0
    assert row_versions(demo_url) == before


def test_a_file_with_one_more_row_adds_that_row(command: Command, demo_url: str, tmp_path: Path) -> None:
    assert command(demo_url, "import", saved(tmp_path, GOOD), *INTO).code == 0
    more = saved(tmp_path, GOOD + b"JNJ,5,150,2026-03-04,\n")
    document = json.loads(command(demo_url, "import", more, *INTO, "--json").out)
    assert [row["fate"] for row in document["rows"]] == ["known", "known", "take"]
    assert len(imported(demo_url)) == 3


def test_a_dry_run_shows_every_verdict_and_saves_nothing(command: Command, demo_url: str, tmp_path: Path) -> None:
    before = row_versions(demo_url)
    file = saved(tmp_path, GOOD + b"NOSUCH,1,5,2026-03-04,\nJNJ,0,150,2026-03-04,\n")
    ended = command(demo_url, "import", file, *INTO, "--dry-run", "--json")
    document = json.loads(ended.out)
    assert document["committed"] is False
    assert [row["verdict"] for row in document["rows"]] == ["ok", "ok", "warning", "error"]
    assert [row["fate"] for row in document["rows"]] == ["take", "take", "take", "refuse"]
    assert ended.code == 5
    new = ("--portfolio", "New", "--create", "--user", "demo_hnw@sigmasight.com")
    created = command(demo_url, "import", file, *new, "--dry-run", "--only-good")
    assert created.code == 0, created.err
    assert row_versions(demo_url) == before


BEGINNING = b"ticker,quantity,entry_price,entry_date\n"
TAKEN = {
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, 2),
    "line ends of Windows": (GOOD.replace(b"\n", b"\r\n"), 2),
    "semicolons": (b"ticker;quantity;entry_price;entry_date;tags\nAAPL;10;180.5;2026-01-05;Core,New\n", 1),
    "a quoted line break": (HEADER + b'AAPL,10,180.5,2026-01-05,"one\ntwo"\nXOM,1,100,2026-01-05,\n', 2),
    "thousands separators": (BEGINNING + b'AAPL,"1,250","1,180.50",2026-01-05\n', 1),
    "another order, other names, more columns": (
        b"Trade Date,Notes,QTY,Symbol,Price\n2026-01-05,hello,3,MSFT,400\n",
        1,
    ),
    "an option": (BEGINNING + b"AAPL  270115C00200000,2,11.5,2026-01-05\n", 1),
}


@pytest.mark.parametrize(("content", "rows"), TAKEN.values(), ids=TAKEN.keys())
def test_what_spreadsheets_write_is_taken(
    command: Command, book_url: str, tmp_path: Path, content: bytes, rows: int
) -> None:
    ended = command(book_url, "import", saved(tmp_path, content), *INTO)
    assert ended.code == 0, ended.err
    assert len(imported(book_url)) == rows
    assert all(symbol in {"AAPL", "XOM", "MSFT", "AAPL270115C00200000"} for symbol, *_ in imported(book_url))


def row_of(ticker: str = "AAPL", quantity: str = "1", price: str = "5", day: str = "2026-01-05") -> bytes:
    return f"{ticker},{quantity},{price},{day}\n".encode()


BAD_ROWS = {
    "NaN quantity": (row_of(quantity="NaN"), "quantity"),
    "infinite quantity": (row_of(quantity="inf"), "quantity"),
    "NaN price": (row_of(price="nan"), "entry_price"),
    "infinite price": (row_of(price="Infinity"), "entry_price"),
    "a quantity beyond all numbers": (row_of(quantity="1e400"), "quantity"),
    "a price beyond all numbers": (row_of(price="1e400"), "entry_price"),
    "zero quantity": (row_of(quantity="0"), "quantity"),
    "negative price": (row_of(price="-5"), "entry_price"),
    "zero price": (row_of(price="0"), "entry_price"),
    "future date": (row_of(day="2026-11-21"), "entry_date"),
    "impossible date": (row_of(day="2026-02-30"), "entry_date"),
    "malformed option": (row_of(ticker="AAPL271315C00200000"), "ticker"),
    "unreadable ticker": (row_of(ticker="A APL!"), "ticker"),
    "a row twice": (row_of("MSFT") + row_of("MSFT"), "ticker"),
}


@pytest.mark.parametrize(("rows", "column"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_bad_row_refuses_the_file_and_is_named_with_line_and_column(
    command: Command, plain_url: str, plain: Rows, tmp_path: Path, rows: bytes, column: str
) -> None:
    file = saved(tmp_path, BEGINNING + row_of("XOM") + rows)
    ended = command(plain_url, "import", file, *INTO)
    assert (ended.code, ended.out) == (5, "")
    assert f"line 3, {column}: error: " in ended.err
    assert "nothing was imported" in ended.err
    assert row_versions(plain_url) == plain


@pytest.mark.parametrize(("rows", "column"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_the_good_rows_beside_a_bad_one_are_taken_where_that_is_asked_for(
    command: Command, book_url: str, tmp_path: Path, rows: bytes, column: str
) -> None:
    file = saved(tmp_path, BEGINNING + row_of("XOM") + rows)
    ended = command(book_url, "import", file, *INTO, "--only-good", "--json")
    document = json.loads(ended.out)
    assert ended.code == 0, ended.err
    assert [row["fate"] for row in document["rows"]] == ["take"] + ["refuse"] * rows.count(b"\n")
    assert {issue["column"] for row in document["rows"] for issue in row["issues"]} == {column}
    assert [symbol for symbol, *_ in imported(book_url)] == ["XOM"]


def many(rows: Iterable[bytes]) -> bytes:
    return BEGINNING + b"".join(rows)


BAD_FILES = {
    "empty": (b"", "empty"),
    "blank": (b"\n \n\n", "empty"),
    "no rows": (BEGINNING, "no rows"),
    "a missing column": (b"ticker,quantity,entry_date\nAAPL,1,2026-01-05\n", "entry_price"),
    "no header": (row_of() + row_of("MSFT"), "ticker"),
    "binary junk": (bytes(range(256)) * 40, "UTF-8"),
    "a workbook": (b"PK\x03\x04" + bytes(200), "spreadsheet"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "Latin-1": (HEADER + "AAPL,1,5,2026-01-05,Größe\n".encode("latin-1"), "0xF6"),
    "an open quote": (HEADER + b'AAPL,1,5,2026-01-05,"never closed\n', "quote"),
    "10,001 rows": (many(row_of(f"T{at}") for at in range(10_001)), "10,001 rows; at most 10,000"),
    "11 MB": (many([row_of()] * 600_000), "at most 10,485,760"),
}


@pytest.mark.parametrize(("content", "told"), BAD_FILES.values(), ids=BAD_FILES.keys())
@pytest.mark.parametrize("mode", [(), ("--only-good",), ("--dry-run", "--json")], ids=["whole", "good", "dry"])
def test_a_file_that_cannot_be_read_is_refused_with_one_message(
    command: Command, plain_url: str, plain: Rows, tmp_path: Path, content: bytes, told: str, mode: tuple[str, ...]
) -> None:
    ended = command(plain_url, "import", saved(tmp_path, content), *INTO, *mode)
    assert (ended.code, ended.out) == (5, "")
    assert ended.err.count("Error: ") == 1
    assert told in ended.err
    assert row_versions(plain_url) == plain


def test_a_file_whose_rows_are_all_bad_is_refused_also_where_good_ones_would_do(
    command: Command, plain_url: str, plain: Rows, tmp_path: Path
) -> None:
    ended = command(plain_url, "import", saved(tmp_path, many([row_of(quantity="0")])), *INTO, "--only-good")
    assert (ended.code, ended.out) == (5, "")
    assert "No row of the file can be imported" in ended.err
    assert row_versions(plain_url) == plain


def test_ten_thousand_rows_are_taken(command: Command, book_url: str, tmp_path: Path) -> None:
    days = [
        f"20{year:02}-{month:02}-{day:02}" for year in range(10, 25) for month in range(1, 13) for day in range(1, 29)
    ]
    content = many(row_of(ticker, day=day) for ticker in ("AAPL", "MSFT") for day in days[:5000])
    ended = command(book_url, "import", saved(tmp_path, content), *INTO)
    assert ended.code == 0, ended.err
    assert len(imported(book_url)) == 10_000


def test_lots_of_one_ticker_and_date_are_taken_where_the_user_says_so(
    command: Command, book_url: str, tmp_path: Path
) -> None:
    file = saved(tmp_path, many([row_of(), row_of(), row_of(price="6")]))
    assert command(book_url, "import", file, *INTO).code == 5
    ended = command(book_url, "import", file, *INTO, "--lots", "--json")
    assert (ended.code, json.loads(ended.out)["totals"]["taken"]) == (0, 3)
    again = command(book_url, "import", file, *INTO, "--lots", "--json")
    assert (again.code, json.loads(again.out)["totals"]["known"]) == (0, 3)


def test_an_unknown_ticker_is_kept_with_a_warning_and_has_no_price_in_the_next_night(
    command: Command, demo_url: str, tmp_path: Path
) -> None:
    ended = command(demo_url, "import", saved(tmp_path, many([row_of("NOSUCH", "1000", "50")])), *INTO)
    assert ended.code == 0
    assert "line 2, ticker: warning: " in ended.err
    night = command(demo_url, "night", "--as-of", TODAY, "--json")
    assert night.code == 0, night.err
    (outcome,) = json.loads(night.out)["nights"]
    assert {"market": "simulated", "symbol": "NOSUCH", "reason": "no_price"} in outcome["errors"]
    shown = json.loads(command(demo_url, "demo", "--json", "--no-serve").out)["portfolios"][0]
    assert shown["not_included"] == [{"symbol": "NOSUCH", "reason": "no_price"}]


def test_a_portfolio_is_made_where_that_is_asked_for(command: Command, demo_url: str, tmp_path: Path) -> None:
    whose = ("--portfolio", "New", "--user", "Demo_HNW@sigmasight.com")
    file = saved(tmp_path, GOOD)
    refused = command(demo_url, "import", file, *whose)
    assert refused.code == 1
    assert "'New'" in refused.err
    assert "--create" in refused.err
    assert command(demo_url, "import", file, *whose, "--create", "--simulated").code == 0
    assert command(demo_url, "import", file, *whose, "--create", "--simulated").code == 0
    assert command(demo_url, "night", "--as-of", TODAY).code == 0
    with psycopg.connect(demo_url) as conn:
        query = (
            "SELECT market, opened_on::text, s.positions, s.coverage, s.daily_pnl FROM portfolios p "
            "JOIN portfolio_snapshots s ON s.portfolio_id = p.id WHERE name = 'New'"
        )
        assert conn.execute(query).fetchall() == [("simulated", TODAY, 2, 1.0, 0.0)]


def test_a_portfolio_of_the_live_market_is_valued_without_prices(
    command: Command, demo_url: str, tmp_path: Path
) -> None:
    whose = ("--portfolio", "Real", "--user", "demo_hnw@sigmasight.com", "--create")
    assert command(demo_url, "import", saved(tmp_path, GOOD), *whose).code == 0
    night = command(demo_url, "night", "--as-of", TODAY, "--json")
    assert night.code == 0, night.err
    with psycopg.connect(demo_url) as conn:
        query = (
            "SELECT market, s.positions, s.coverage, s.nav, s.reasons->'nav' FROM portfolios p "
            "JOIN portfolio_snapshots s ON s.portfolio_id = p.id WHERE name = 'Real'"
        )
        assert conn.execute(query).fetchall() == [("live", 2, 0.0, None, ["no_price"])]


REFUSED = {
    "no such portfolio": (("--portfolio", "Nowhere"), "There is no portfolio 'Nowhere'"),
    "no such user": (("--portfolio", BOOK, "--user", "nobody@example.com"), "nobody@example.com"),
    "another user's portfolio": (("--portfolio", BOOK, "--user", "demo_hnw@sigmasight.com"), f"'{BOOK}'"),
    "a new portfolio of nobody": (("--portfolio", "Nowhere", "--create"), "--user"),
}


@pytest.mark.parametrize(("target", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_target_that_is_not_there_is_named(
    command: Command, demo_url: str, tmp_path: Path, target: tuple[str, ...], told: str
) -> None:
    before = row_versions(demo_url)
    ended = command(demo_url, "import", saved(tmp_path, GOOD), *target)
    assert (ended.code, ended.out) == (1, "")
    assert told in ended.err
    assert row_versions(demo_url) == before


def test_a_name_that_two_users_have_needs_the_user(command: Command, demo_url: str, tmp_path: Path) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute(
            "INSERT INTO portfolios (user_id, name, market, opened_on) SELECT id, %s, 'live', %s FROM users "
            "WHERE email LIKE '%%hnw%%'",
            (BOOK, TODAY),
        )
    ended = command(demo_url, "import", saved(tmp_path, GOOD), *INTO)
    assert ended.code == 1
    assert "--user" in ended.err
    assert (
        command(demo_url, "import", saved(tmp_path, GOOD), *INTO, "--user", "demo_individual@sigmasight.com").code == 0
    )


def test_a_file_that_is_not_there_or_no_file_is_named(command: Command, demo_url: str, tmp_path: Path) -> None:
    absent = command(demo_url, "import", str(tmp_path / "absent.csv"), *INTO)
    assert (absent.code, absent.out) == (5, "")
    assert "absent.csv cannot be read: No such file or directory" in absent.err
    directory = command(demo_url, "import", str(tmp_path), *INTO)
    assert directory.code == 5
    assert "cannot be read: Is a directory" in directory.err


def test_the_command_itself_refuses_with_a_code_of_its_own(demo_url: str, tmp_path: Path) -> None:
    before = row_versions(demo_url)
    ended = run_command(demo_url, "import", saved(tmp_path, GOOD + b"JNJ,0,1,2026-01-05,\n"), *INTO)
    assert (ended.returncode, ended.stdout) == (5, "")
    assert "line 4, quantity: error: " in ended.stderr
    assert "Traceback" not in ended.stderr
    assert row_versions(demo_url) == before


def greeks_of(command: Command, url: str, symbol: str) -> dict[str, object]:
    ended = command(url, "greeks", "--portfolio", BOOK, "--json")
    assert ended.code == 0, ended.err
    (line,) = [line for line in json.loads(ended.out)["lines"] if line["symbol"] == symbol]
    return dict(line)


def test_an_option_that_nothing_quotes_has_greeks_when_estimates_are_allowed_and_none_when_not(
    command: Command, demo_url: str, tmp_path: Path
) -> None:
    option = "JNJ270115C00160000"
    file = saved(tmp_path, HEADER + f"{option},2,8.10,{TODAY},\n".encode())
    assert command(demo_url, "import", file, *INTO).code == 0
    unknown = greeks_of(command, demo_url, option)
    assert unknown["delta"] is None
    assert command(demo_url, "import", file, *INTO, "--estimates").code == 0
    estimated = greeks_of(command, demo_url, option)
    assert isinstance(estimated["delta"], float)
    assert 0.0 < estimated["delta"] < 200.0
    assert command(demo_url, "import", file, *INTO, "--no-estimates").code == 0
    assert greeks_of(command, demo_url, option) == unknown
