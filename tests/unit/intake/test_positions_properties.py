"""What holds for every file: it parses or is refused, and what was written comes back."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from sigmasight.domain.errors import ImportRefusedError
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.symbols import occ_symbol
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.intake.verdicts import PositionRow, Verdict

TODAY = date(2026, 6, 30)
HEADER = ["ticker", "quantity", "entry_price", "entry_date", "tags"]

ROOTS = st.from_regex(r"[A-Z]{1,5}", fullmatch=True)
STRIKES = st.integers(1, 10**8 - 1).map(lambda thousandths: Decimal(thousandths) / 1000)
EXPIRIES = st.dates(TODAY, date(2099, 12, 31))
TERMS = st.builds(OptionTerms, ROOTS, EXPIRIES, st.sampled_from(Right), STRIKES)
ASSETS = st.one_of(ROOTS.map(lambda root: (root, None)), TERMS.map(lambda terms: (occ_symbol(terms), terms)))
PRICES = st.decimals(Decimal("0.000001"), Decimal(10) ** 12, places=6)
TAG_LETTERS = st.characters(categories=["L", "N", "P", "S"], exclude_characters=",")
TAGS = st.lists(st.text(TAG_LETTERS, min_size=1, max_size=60), max_size=4, unique_by=str.casefold).map(tuple)
WORDS = [*HEADER, "AAPL", "AAPL260815P00200000", "1", "-1.5", "1,000", "1e9", "2025-01-02"]
MARKS = [*',;\t\n\r"()$ \0\x85\ufeffé', '""']
NEAR_MISSES = st.lists(st.sampled_from([*WORDS, *MARKS]), max_size=60).map("".join)


@st.composite
def positions(draw: st.DrawFn) -> list[PositionRow]:
    assets = draw(st.lists(ASSETS, min_size=1, max_size=8, unique_by=lambda asset: asset[0]))
    rows = []
    for line, (symbol, option) in enumerate(assets, start=2):
        places = 0 if option else 6
        quantity = draw(st.decimals(-(10**9), 10**9, places=places).filter(lambda number: number != 0))
        day = TODAY - timedelta(days=draw(st.integers(0, 20_000)))
        rows.append(PositionRow(line, symbol, option, quantity, draw(PRICES), day, draw(TAGS)))
    return rows


def written(rows: list[PositionRow], delimiter: str, ending: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ending)
    writer.writerow(HEADER)
    for row in rows:
        writer.writerow([row.symbol, row.quantity, row.entry_price, row.entry_date, ",".join(row.tags)])
    return text.getvalue()


@given(positions(), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_what_was_written_comes_back(rows: list[PositionRow], delimiter: str, ending: str, marked: bool) -> None:  # noqa: FBT001
    content = written(rows, delimiter, ending).encode("utf-8-sig" if marked else "utf-8")
    parsed = parse_positions(content, today=TODAY)
    assert list(parsed.positions) == rows
    assert parsed.totals.ok == len(rows)


def parses_or_is_refused(content: bytes) -> None:
    try:
        rows = parse_positions(content, today=TODAY).rows
    except ImportRefusedError as error:
        event(str(error)[:20])
        return
    assert rows
    for row in rows:
        assert (row.position is None) == (row.verdict is Verdict.ERROR) == bool(row.issues)


@settings(max_examples=300)
@example(b"")
@example(b"\xff")
@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(content: bytes) -> None:
    parses_or_is_refused(content)


@settings(max_examples=300)
@given(NEAR_MISSES)
def test_any_text_that_looks_like_a_file_parses_or_is_refused(text: str) -> None:
    parses_or_is_refused(text.encode())


@settings(max_examples=300)
@given(st.lists(st.lists(st.text(max_size=25), min_size=5, max_size=5), min_size=1, max_size=4))
def test_any_cells_are_judged(cells: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *cells])
    parses_or_is_refused(text.getvalue().encode("utf-8", "replace"))
