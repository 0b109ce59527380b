"""Looking through funds: worked by hand, laws of any book, and reports that are no good."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import fsum, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.risk.look_through import (
    NO_REPORT,
    TOO_DEEP,
    FundReport,
    KnownFunds,
    Line,
    LineKind,
    LookThrough,
    find_stakes,
    look_through,
)

SESSION, REPORTED = date(2026, 11, 20), date(2026, 10, 31)
NAMES, FUNDS = ("AAA", "BBB", "CCC", "DDD"), ("F", "G", "H", "I", "J")
UNNAMED, CLOSED = LineKind.NOT_NAMED, LineKind.FUND

Lines = Mapping[str | None, float]
Book = Sequence[tuple[str, float]]


def report(fund: str, lines: Lines, as_of: date = REPORTED) -> FundReport:
    listed = tuple(Holding(symbol, symbol or "Bonds", weight) for symbol, weight in lines.items())
    return FundReport(FundHoldings(fund, as_of, listed), "test")


def known(*funds: str, **lines: Lines) -> KnownFunds:
    """Funds without a report by name, those with one by what it lists."""
    return KnownFunds(SESSION, {fund: report(fund, each) for fund, each in lines.items()}, {*funds, *lines})


def seen(book: Book, funds: KnownFunds, *, weights: Sequence[float] | None = None) -> LookThrough:
    exposure = np.array([amount for _, amount in book], dtype=np.float64)
    weight = np.abs(exposure) if weights is None else np.array(weights)
    return look_through(find_stakes([symbol for symbol, _ in book], exposure, weight, funds), funds)


def totals(found: LookThrough) -> dict[str, float]:
    return {line.label: line.total for line in found.lines}


def line_of(found: LookThrough, label: str) -> Line:
    (line,) = (line for line in found.lines if line.label == label)
    return line


def shares_of(*amounts: float) -> list[float]:
    whole = fsum(map(abs, amounts))
    return sorted((abs(amount) / whole for amount in amounts), reverse=True)


HALF_KNOWN: Lines = {"AAA": 0.5, "BBB": 0.3, None: 0.15}
"""5 % is not in the report."""


def test_a_book_worked_by_hand() -> None:
    # F: 2,000 held, and an option on it that counts as -400. Of G nothing is reported, of H there is no price.
    book = (("AAA", 1_000.0), ("F", 2_000.0), ("F", -400.0), ("G", -500.0), ("H", nan))
    found = seen(book, known("G", "H", F=HALF_KNOWN), weights=(1_000, 2_000, 5, 500, 600))
    assert found.lines == (
        Line(LineKind.NAME, "AAA", 1_000.0, {"F": 800.0}, ""),
        Line(CLOSED, "G", -500.0, {}, NO_REPORT),
        Line(LineKind.NAME, "BBB", 0.0, {"F": 480.0}, ""),
        Line(UNNAMED, "F", 0.0, {"F": pytest.approx(320.0)}, ""),  # type: ignore[dict-item]
    )
    assert totals(found) == pytest.approx({"AAA": 1_800.0, "G": -500.0, "BBB": 480.0, "F: not named": 320.0})
    assert (found.net, found.gross) == (2_100.0, 3_900.0)
    assert found.coverage == pytest.approx((1_000 + 0.8 * 2_400) / (3_900 + 600))
    (fund,) = found.funds
    assert (fund.symbol, fund.held, fund.inside, fund.source) == ("F", 1_600.0, 0.0, "test")
    assert (fund.as_of, fund.age_days, fund.is_whole) == (REPORTED, 20, True)
    assert (fund.total_weight, fund.named) == (pytest.approx(0.95), pytest.approx(0.8))


def test_concentration_worked_by_hand() -> None:
    book = (("AAA", 1_000.0), ("F", 2_000.0), ("F", -400.0), ("G", -500.0))
    found = seen(book, known("G", F=HALF_KNOWN)).concentration
    before, after = shares_of(1_000, 1_600, 500), shares_of(1_800, 480, 320, 500)
    assert found.hhi == pytest.approx([sum(w * w for w in each) for each in (before, after)])
    assert found.effective_positions == pytest.approx([1 / sum(w * w for w in each) for each in (before, after)])
    assert found.top_3 == pytest.approx([1.0, sum(after[:3])])
    assert found.top_10 == pytest.approx([1.0, 1.0])


symbols = st.sampled_from((*NAMES, *FUNDS))
dollars = st.integers(-10_000, 10_000).map(float)
books = st.lists(st.tuples(symbols, dollars), max_size=12)
weights = st.floats(-0.5, 1.0, allow_nan=False).map(lambda weight: round(weight, 4))
contents = st.dictionaries(symbols | st.none(), weights, max_size=5)


@st.composite
def markets(draw: st.DrawFn) -> KnownFunds:
    """Five funds, some without a report, that hold names, each other, and themselves."""
    return known(*FUNDS, **draw(st.dictionaries(st.sampled_from(FUNDS), contents)))


def gross_of(*books: Book) -> float:
    return 1.0 + fsum(abs(amount) for book in books for _, amount in book)


@given(books, markets())
def test_nothing_is_lost(book: Book, funds: KnownFunds) -> None:
    found = seen(book, funds)
    net = fsum(amount for _, amount in book)
    assert found.net == pytest.approx(net, abs=1e-12 * gross_of(book))
    assert fsum(line.total for line in found.lines) == pytest.approx(net, abs=1e-12 * gross_of(book))
    for fund in found.funds:
        brought = fsum(line.via.get(fund.symbol, 0.0) for line in found.lines)
        assert brought == pytest.approx(fund.held, abs=1e-12 * gross_of(book))
    assert 0.0 <= found.coverage <= 1.0


@given(books, books, markets(), st.integers(-4, 4))
def test_exposures_by_name_are_linear(one: Book, other: Book, funds: KnownFunds, times: int) -> None:
    here, there = totals(seen(one, funds)), totals(seen(other, funds))
    both = totals(seen([*one, *((symbol, times * amount) for symbol, amount in other)], funds))
    for label in here | there | both:
        expected = here.get(label, 0.0) + times * there.get(label, 0.0)
        assert both.get(label, 0.0) == pytest.approx(expected, abs=1e-11 * gross_of(one, other, other, other, other))


@given(books, markets())
def test_the_order_of_positions_is_of_no_account(book: Book, funds: KnownFunds) -> None:
    here, there = totals(seen(book, funds)), totals(seen(book[::-1], funds))
    assert there == pytest.approx(here, abs=1e-11 * gross_of(book))


@given(books, st.sampled_from(NAMES))
def test_a_fund_of_one_name_is_that_name(book: Book, name: str) -> None:
    only = known(**{fund: {name: 1.0} for fund in FUNDS})
    found = seen(book, only)
    plain = seen([(name if symbol in FUNDS else symbol, amount) for symbol, amount in book], known())
    zeros = dict.fromkeys(totals(found) | totals(plain), 0.0)
    assert zeros | totals(found) == pytest.approx(zeros | totals(plain), abs=1e-9)
    assert found.coverage == pytest.approx(1.0)
    for measure in ("hhi", "effective_positions", "top_3", "top_10"):
        after = getattr(plain.concentration, measure)[1]
        assert getattr(found.concentration, measure)[1] == pytest.approx(after, abs=1e-9), measure


@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 9_999).map(lambda n: n / 10_000), min_size=1), dollars)
def test_a_short_fund_and_its_names_hedge_each_other(lines: Mapping[str, float], size: float) -> None:
    whole = fsum(lines.values())
    inside: Lines = {name: weight / whole for name, weight in lines.items()}
    book = [("F", -size), *((str(name), weight * size) for name, weight in inside.items())]
    found = seen(book, known(F=inside))
    assert [line.total for line in found.lines] == pytest.approx([0.0] * len(lines), abs=1e-12 * abs(size))
    assert found.concentration.hhi[1] == 0.0
    assert found.concentration.effective_positions[1] == 0.0
    assert found.coverage == pytest.approx(1.0)


def test_what_is_not_named_is_no_hedge() -> None:
    found = seen((("F", -1_000.0), ("AAA", 500.0), ("BBB", 300.0)), known(F=HALF_KNOWN))
    assert totals(found) == pytest.approx({"AAA": 0.0, "BBB": 0.0, "F: not named": -200.0})
    assert found.concentration.hhi.tolist() == pytest.approx([(1 + 0.25 + 0.09) / 1.8**2, 1.0])


@given(contents, contents, dollars)
def test_a_fund_in_a_fund_is_what_that_holds(outer: Lines, inner: Lines, size: float) -> None:
    of_names = {symbol: weight for symbol, weight in inner.items() if symbol not in FUNDS}
    lines = {symbol: weight for symbol, weight in outer.items() if symbol not in FUNDS} | {"G": 0.25}
    nested = totals(seen([("F", size)], known(F=lines, G=of_names)))
    inside = totals(seen([("G", 0.25 * size)], known(G=of_names)))
    outside = totals(seen([("F", size)], known("G", F=lines)))
    outside.pop("G", None)
    for label in nested | inside | outside:
        expected = inside.get(label, 0.0) + outside.get(label, 0.0)
        assert nested.get(label, 0.0) == pytest.approx(expected, abs=1e-11 * (1 + abs(size)))


def test_a_fund_is_named_for_what_other_funds_bring_too() -> None:
    found = seen((("F", 1_000.0), ("G", 100.0)), known(F={"G": 0.5, "AAA": 0.5}, G={"AAA": 0.8, "BBB": 0.1}))
    assert line_of(found, "AAA").via == pytest.approx({"F": 900.0, "G": 80.0})
    assert list(line_of(found, "AAA").via) == ["F", "G"]
    assert line_of(found, "G: not named").via == pytest.approx({"F": 50.0, "G": 10.0})
    held = {fund.symbol: (fund.held, fund.inside, fund.named) for fund in found.funds}
    assert held == {"F": (1_000.0, 0.0, pytest.approx(0.95)), "G": (100.0, 500.0, pytest.approx(0.9))}


def test_a_fund_without_a_report_inside_another_is_kept_and_said() -> None:
    found = seen((("F", 1_000.0), ("G", 50.0)), known("G", F={"G": 0.9, "AAA": 0.1}))
    assert found.lines[0] == Line(CLOSED, "G", 50.0, {"F": 900.0}, NO_REPORT)
    assert found.coverage == pytest.approx(100 / 1_050)


def test_funds_are_opened_to_a_depth_of_three() -> None:
    chain = known(F={"G": 1.0}, G={"H": 1.0}, H={"I": 0.75, "AAA": 0.25}, I={"BBB": 1.0})
    found = seen((("F", 100.0), ("I", 10.0)), chain)
    assert [(line.label, line.total, line.reason) for line in found.lines] == [
        ("I", 75.0, TOO_DEEP),
        ("AAA", 25.0, ""),
        ("BBB", 10.0, ""),
    ]


@pytest.mark.parametrize("lines", [{"F": 0.1, "AAA": 0.9}, {"G": 0.1, "AAA": 0.9}])
def test_what_leads_back_to_the_fund_is_no_name(lines: Lines) -> None:
    """Its own shares, or a fund that holds nothing but it."""
    found = seen((("F", 1_000.0),), known(F=lines, G={"F": 1.0}))
    assert totals(found) == pytest.approx({"AAA": 900.0, "F: not named": 100.0})
    assert found.coverage == pytest.approx(0.9)


def test_funds_that_hold_each_other_come_to_an_end() -> None:
    everything = dict.fromkeys(FUNDS, 0.2)
    found = seen((("F", 1_000.0),), known(**dict.fromkeys(FUNDS, everything)))
    assert fsum(line.total for line in found.lines) == pytest.approx(1_000.0)
    assert {line.kind for line in found.lines} == {UNNAMED, CLOSED}


@pytest.mark.parametrize(
    ("lines", "whole", "rest"),
    [
        ({"AAA": 0.5, "BBB": 0.25}, False, 250.0),
        ({"AAA": 0.95}, True, 50.0),
        ({"AAA": 1.0}, True, 0.0),
        ({"AAA": 0.8, "BBB": 0.5}, False, -300.0),  # on credit: what is not named is owed
        ({"AAA": 1.2, "BBB": -0.3}, True, 100.0),
        ({None: 1.0}, True, 1_000.0),
    ],
)
def test_a_report_is_used_as_it_is_and_flagged_where_it_does_not_add_up(
    lines: Lines, *, whole: bool, rest: float
) -> None:
    found = seen((("F", 1_000.0),), known(F=lines))
    assert [fund.is_whole for fund in found.funds] == [whole]
    expected = {name: 1_000 * weight for name, weight in lines.items() if name} | (
        {"F: not named": rest} if rest else {}
    )
    assert totals(found) == pytest.approx(expected)


def test_longs_and_shorts_inside_a_fund_count_alike_in_coverage() -> None:
    found = seen((("F", -1_000.0),), known(F={"AAA": 1.2, "BBB": -0.3}))
    assert found.coverage == pytest.approx(1.5 / 1.6)
    assert totals(found) == pytest.approx({"AAA": -1_200.0, "BBB": 300.0, "F: not named": -100.0})


def test_a_report_of_the_future_is_refused() -> None:
    tomorrow = report("F", {"AAA": 1.0}, as_of=date(2026, 11, 21))
    with pytest.raises(ValueError, match="the report of F is of 2026-11-21, after 2026-11-20"):
        KnownFunds(SESSION, {"F": tomorrow}, {"F"})
    KnownFunds(SESSION, {"F": report("F", {"AAA": 1.0}, as_of=SESSION)}, {"F"})


def test_a_fund_without_a_price_brings_nothing_and_lowers_the_coverage() -> None:
    found = seen((("F", nan), ("AAA", 300.0)), known(F={"AAA": 1.0}), weights=(700, 300))
    assert (totals(found), found.funds, found.coverage) == ({"AAA": 300.0}, (), 0.3)
    assert (found.net, found.gross) == (300.0, 300.0)


def test_where_nothing_is_known_nothing_is_said() -> None:
    found = seen((("F", nan),), known(F={"AAA": 1.0}), weights=(700,))
    assert (found.lines, found.coverage) == ((), 0.0)
    assert np.isnan([found.net, found.gross, *found.concentration.hhi, *found.concentration.top_3]).all()


def test_an_empty_book_is_covered() -> None:
    found = seen((), known())
    assert (found.net, found.gross, found.lines, found.funds, found.coverage) == (0.0, 0.0, (), (), 1.0)
    assert found.concentration.hhi.tolist() == [0.0, 0.0]


def test_lots_that_cancel_leave_no_name() -> None:
    """0.1 + 0.2 - 0.3 is not quite 0: what is left must not become the one name of the book."""
    found = seen((("F", 0.1), ("F", 0.2), ("F", -0.3)), known(F={"AAA": 0.6, "BBB": 0.4}))
    assert set(totals(found).values()) == {0.0}
    assert found.concentration.hhi.tolist() == [0.0, 0.0]
