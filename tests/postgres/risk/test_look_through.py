"""The demo's books seen through their funds: what a slow loop makes of the same reports, prices and deltas."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from math import fsum

import numpy as np
import pytest

from postgres.greeks.conftest import Fact
from sigmasight.services.look_through import LookThroughReport, report_look_through

from .conftest import BOOKS, HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL, LAST, Demo

pytestmark = pytest.mark.xdist_group("risk-demo")

EARLIER = date(2026, 10, 30)
FUNDS = {
    INDIVIDUAL: {"FXNAX", "FCNTX", "FMAGX", "VTIAX", "VTI", "BND", "VNQ"},
    HIGH_NET_WORTH: {"SPY", "QQQ", "GLD", "DJP"},
    HEDGE_FUND: {"SPY", "QQQ"},  # by options on them
}
HELD = """
SELECT coalesce(u.symbol, i.symbol) AS name,
    p.quantity::float8 * i.multiplier::float8 * coalesce(a.delta * a.spot, c.close) AS exposure
FROM positions p
JOIN instruments i ON i.id = p.instrument_id LEFT JOIN instruments u ON u.id = i.underlying_id
LEFT JOIN prices c ON c.market = 'simulated' AND c.day = :day AND c.instrument_id = i.id
LEFT JOIN option_analytics a ON a.market = 'simulated' AND a.as_of = :day AND a.instrument_id = i.id
WHERE p.portfolio_id = :book"""
REPORTS = """
SELECT i.symbol AS fund, h.symbol, h.weight, h.as_of, h.source FROM fund_holdings h
JOIN instruments i ON i.id = h.instrument_id
WHERE h.market = 'simulated' AND h.as_of = (
    SELECT max(as_of) FROM fund_holdings WHERE instrument_id = h.instrument_id AND as_of <= :day)"""
BETAS = """
SELECT i.symbol, b.loading FROM instrument_betas b JOIN instruments i ON i.id = b.instrument_id
WHERE b.market = 'simulated' AND b.as_of = :day"""


def report_of(demo: Demo, name: str, day: date = LAST, *, factors: bool = False) -> LookThroughReport:
    """As the API's role: the owner sees all that it needs."""
    book = demo.books[name]
    with demo.db.read(acting_as=book.user_id) as conn:
        return report_look_through(conn, demo.valuation, book.user_id, book.id, day, factors=factors)


def listed_on(demo: Demo, day: date) -> dict[str, list[Fact]]:
    """The lines of each fund's last report."""
    found = defaultdict(list)
    for row in demo.rows(REPORTS, day=day):
        found[row["fund"]].append(row)
    return dict(found)


def held_by(demo: Demo, name: str, day: date) -> dict[str, list[float]]:
    """Delta-adjusted exposures of the positions, by what they are in."""
    found = defaultdict(list)
    for row in demo.rows(HELD, book=demo.books[name].id, day=day):
        found[row["name"]].append(row["exposure"])
    return dict(found)


def looped(held: Mapping[str, list[float]], reports: Mapping[str, list[Fact]]) -> dict[str, float]:
    """Every line by its label; in the simulated market no fund holds another."""
    found: dict[str, float] = defaultdict(float)
    for name, amounts in held.items():
        if name not in reports:
            found[name] += sum(amounts)
            continue
        for line in reports[name]:
            if line["symbol"]:
                found[line["symbol"]] += sum(amounts) * line["weight"]
        rest = 1.0 - sum(line["weight"] for line in reports[name] if line["symbol"])
        found[f"{name}: not named"] += sum(amounts) * rest
    return dict(found)


@pytest.mark.parametrize("day", [EARLIER, LAST])
@pytest.mark.parametrize("book", BOOKS)
def test_what_is_in_each_name_is_that_of_a_loop(demo: Demo, book: str, day: date) -> None:
    report, reports, held = report_of(demo, book, day), listed_on(demo, day), held_by(demo, book, day)
    expected = looped(held, reports)
    found = {line.label: line.total for line in report.found.lines}
    gross = sum(abs(amount) for amounts in held.values() for amount in amounts)
    assert found == pytest.approx(expected, abs=1e-9 * gross)
    assert fsum(found.values()) == pytest.approx(fsum(map(fsum, held.values())), abs=1e-12 * gross)
    assert list(found.values()) == sorted(found.values(), key=abs, reverse=True)
    assert {fund.symbol: fund.as_of for fund in report.found.funds} == {
        fund: reports[fund][0]["as_of"] for fund in FUNDS[book]
    }
    assert {fund.source for fund in report.found.funds} == {"simulated"}
    assert all(fund.is_whole and fund.as_of <= day for fund in report.found.funds)
    assert report.not_included == ()


def test_a_later_session_stands_on_a_later_report(demo: Demo) -> None:
    earlier, later = (report_of(demo, HIGH_NET_WORTH, day).found.funds for day in (EARLIER, LAST))
    assert {fund.as_of for fund in earlier} == {date(2026, 9, 30)}
    assert {fund.as_of for fund in later} == {date(2026, 10, 31)}


@pytest.mark.parametrize("book", BOOKS)
def test_concentration_and_coverage_are_those_of_a_loop(demo: Demo, book: str) -> None:
    found, reports, held = report_of(demo, book).found, listed_on(demo, LAST), held_by(demo, book, LAST)
    for group, amounts in enumerate((map(sum, held.values()), looped(held, reports).values())):
        sizes = sorted((abs(amount) for amount in amounts), reverse=True)
        share = [size / sum(sizes) for size in sizes]
        assert found.concentration.hhi[group] == pytest.approx(sum(each**2 for each in share))
        assert found.concentration.top_3[group] == pytest.approx(sum(share[:3]))
        assert found.concentration.top_10[group] == pytest.approx(sum(share[:10]))
    covered = 0.0
    for name, amounts in held.items():
        named = sum(line["weight"] for line in reports[name] if line["symbol"]) if name in reports else 1.0
        covered += named * sum(map(abs, amounts))
    assert found.coverage == pytest.approx(covered / sum(abs(each) for amounts in held.values() for each in amounts))
    assert 0.5 < found.coverage < 1.0


@pytest.mark.parametrize("book", BOOKS)
def test_factors_are_those_of_a_loop_beside_those_of_the_night(demo: Demo, book: str) -> None:
    factors = report_of(demo, book, factors=True).factors
    assert factors is not None
    betas = {row["symbol"]: np.array(row["loading"]) for row in demo.rows(BETAS, day=LAST)}
    reports, held = listed_on(demo, LAST), held_by(demo, book, LAST)
    expected, by_names, in_funds = np.zeros(7), 0.0, 0.0
    for name, amounts in held.items():
        known = [line for line in reports.get(name, []) if line["symbol"] in betas]
        share = sum(line["weight"] for line in known)
        beta = sum((line["weight"] * betas[line["symbol"]] for line in known), (1.0 - share) * betas[name])
        expected += sum(amounts) * beta
        if name in reports:
            by_names += share * sum(map(abs, amounts))
            in_funds += sum(map(abs, amounts))
    assert factors.through.exposure == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert factors.through.by_names == pytest.approx(by_names / in_funds)
    assert factors.through.coverage == 1.0
    (stored,) = demo.rows(
        "SELECT exposure FROM factor_exposures WHERE portfolio_id = :book AND as_of = :day",
        book=demo.books[book].id,
        day=LAST,
    )
    assert factors.plain.exposure == pytest.approx(stored["exposure"], rel=1e-12)
    assert not np.allclose(factors.through.exposure, factors.plain.exposure, rtol=1e-3)
