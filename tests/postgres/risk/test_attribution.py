"""Where the P&L of the demo's last twenty sessions came from: by position, tag, factor and Greek, to the cent."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pytest

from postgres.greeks.conftest import Fact
from sigmasight.risk.attribution import GREEK_LINES
from sigmasight.services.attribution import OVERLAP, SPECIFIC, Attribution, By, attribute_profit

from .conftest import BOOKS, HEDGE_FUND, HIGH_NET_WORTH, INDIVIDUAL, Demo
from .slow_risk import History, histories

pytestmark = pytest.mark.xdist_group("risk-demo")

COUNT = 20
CENT = 0.005
OF_SHARES = (INDIVIDUAL, HIGH_NET_WORTH)
TAYLOR = ("delta", "gamma", "vega", "theta", "rho")
ON_THE_FORWARD = "VIX"
POSITIONS = """
SELECT p.portfolio_id, i.symbol, i.kind, coalesce(u.symbol, i.symbol) AS underlying,
    p.quantity::float8 * i.multiplier::float8 AS shares,
    ARRAY(SELECT t.name FROM position_tags l JOIN tags t ON t.id = l.tag_id WHERE l.position_id = p.id) AS tags
FROM positions p JOIN instruments i ON i.id = p.instrument_id LEFT JOIN instruments u ON u.id = i.underlying_id
"""
"""What the demo's books hold on all of their sessions: nothing is bought, sold or settled after the first."""

Key = tuple[str, date]
Explain = Callable[[By], Mapping[Key, Attribution]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says of prices, contracts and positions."""

    history: Mapping[str, History]
    contracts: Mapping[Key, Fact]  # facts by the contract's symbol and day
    positions: Mapping[str, list[Fact]]  # by book

    def pnl(self, position: Fact, before: date, day: date) -> float:
        """What a position earned from one close to the next, dividends among it."""
        if position["kind"] == "option":
            then, now = (self.contracts[position["symbol"], each]["market_price"] for each in (before, day))
            return float(position["shares"] * (now - then))
        share = self.history[position["symbol"]]
        earned = share.closes[day] - share.closes[before] + share.dividends.get(day, 0.0)
        return float(position["shares"] * earned)


@pytest.fixture(scope="module")
def facts(demo: Demo) -> Facts:
    rows = demo.rows("SELECT i.symbol, a.* FROM option_analytics a JOIN instruments i ON i.id = a.instrument_id")
    names = {book.id: name for name, book in demo.books.items()}
    positions = defaultdict(list)
    for row in demo.rows(POSITIONS):
        positions[names[row["portfolio_id"]]].append(row)
    return Facts(histories(demo), {(row["symbol"], row["as_of"]): row for row in rows}, positions)


@pytest.fixture(scope="module")
def sessions(demo: Demo) -> list[tuple[date, date]]:
    """The last twenty, each with the one before it."""
    days = demo.last_sessions(COUNT + 1)
    return list(pairwise(days))


@pytest.fixture(scope="module")
def explain(demo: Demo, sessions: list[tuple[date, date]]) -> Explain:
    """Every book's P&L of each of the sessions, by something; worked out once."""
    known: dict[By, dict[Key, Attribution]] = {}

    def work_out(by: By) -> Mapping[Key, Attribution]:
        if by not in known:
            with demo.db.read() as conn:
                known[by] = {
                    (name, day): attribute_profit(conn, demo.valuation, book.user_id, book.id, day, by)
                    for name, book in demo.books.items()
                    for _, day in sessions
                }
        return known[by]

    return work_out


def parts(found: Attribution) -> dict[str, float]:
    assert len({line.name for line in found.lines}) == len(found.lines)
    return {line.name: line.pnl for line in found.lines}


@pytest.mark.parametrize("by", By)
def test_the_lines_sum_to_the_pnl_of_the_snapshot(
    demo: Demo, explain: Explain, sessions: list[tuple[date, date]], by: By
) -> None:
    query = "SELECT b.name, s.as_of, s.daily_pnl FROM portfolio_snapshots s JOIN portfolios b ON b.id = s.portfolio_id"
    stored = {(row["name"], row["as_of"]): row["daily_pnl"] for row in demo.rows(query)}
    before = {day: then for then, day in sessions}
    found = explain(by)
    assert len(found) == len(BOOKS) * COUNT
    for key, each in found.items():
        assert sum(parts(each).values()) == pytest.approx(stored[key], abs=1e-6), key
        assert each.pnl == pytest.approx(stored[key], rel=1e-12), key
        assert (each.as_of, each.since, each.by, each.not_included) == (key[1], before[key[1]], by, ())
    assert any(abs(each.pnl) > 10_000 for each in found.values())


def test_a_position_earns_its_change_of_price_and_its_dividends(
    explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    found = explain(By.POSITION)
    for name in BOOKS:
        for before, day in sessions:
            expected = {each["symbol"]: facts.pnl(each, before, day) for each in facts.positions[name]}
            assert parts(found[name, day]) == pytest.approx(expected, abs=1e-6), (name, day)
            sizes = [abs(line.pnl) for line in found[name, day].lines]
            assert sizes == sorted(sizes, reverse=True)


def test_a_tag_has_the_pnl_of_all_that_carries_it_and_what_that_counts_twice_is_a_line(
    explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    found = explain(By.TAG)
    for name in BOOKS:
        for before, day in sessions:
            expected: dict[str, float] = defaultdict(float)
            for each in facts.positions[name]:
                pnl, tags = facts.pnl(each, before, day), each["tags"] or [""]
                for tag in tags:
                    expected[tag] += pnl
                expected[OVERLAP] -= (len(tags) - 1) * pnl
            assert parts(found[name, day]) == pytest.approx(dict(expected), abs=1e-6), (name, day)


def test_a_factor_has_the_exposure_of_the_close_before_times_what_it_returned_beyond_the_market(
    demo: Demo, explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    names = {book.id: name for name, book in demo.books.items()}
    exposures = {(names[row["portfolio_id"]], row["as_of"]): row for row in demo.rows("SELECT * FROM factor_exposures")}
    markets = {row["as_of"]: row for row in demo.rows("SELECT * FROM factor_correlations")}
    found = explain(By.FACTOR)
    for name in BOOKS:
        for before, day in sessions:
            market, exposure = markets[before], exposures[name, before]
            (own, *_) = returns = [facts.history[fund].returns((before, day))[0] for fund in market["proxies"]]
            beyond = [own, *(r - s * own for r, s in zip(returns[1:], market["market_slopes"][1:], strict=True))]
            products = [dollars * moved for dollars, moved in zip(exposure["exposure"], beyond, strict=True)]
            lines = parts(found[name, day])
            specific = lines.pop(SPECIFIC)
            assert lines == pytest.approx(dict(zip(exposure["factors"], products, strict=True)), abs=1e-6), (name, day)
            pnl = sum(facts.pnl(each, before, day) for each in facts.positions[name])
            assert specific == pytest.approx(pnl - sum(products), abs=1e-6)


def expected_parts(facts: Facts, position: Fact, before: date, day: date) -> dict[str, float]:
    """Greeks of the close before, times what has moved since."""
    if position["kind"] != "option":
        share = facts.history[position["symbol"]]
        nothing = dict.fromkeys(GREEK_LINES, 0.0)
        return nothing | {
            "delta": position["shares"] * (share.closes[day] - share.closes[before]),
            "dividends": position["shares"] * share.dividends.get(day, 0.0),
        }
    then, now = (facts.contracts[position["symbol"], each] for each in (before, day))
    spot, points, percents = (
        now["spot"] - then["spot"],
        100.0 * (now["volatility"] - then["volatility"]),
        100.0 * (now["rate"] - then["rate"]),
    )
    per_share = {
        "delta": then["delta"] * spot,
        "gamma": 0.5 * then["gamma"] * spot**2,
        "vega": then["vega_per_point"] * points,
        "theta": then["theta_per_day"] * (day - before).days,
        "rho": then["rho_per_percent"] * percents,
    }
    made = {name: position["shares"] * value for name, value in per_share.items()}
    left = facts.pnl(position, before, day) - sum(made.values())
    return made | {"dividends": 0.0, "trades": 0.0, "residual": left}


def test_every_options_pnl_is_that_of_its_quotes_and_its_greek_lines_sum_to_it(
    explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    options = [each for each in facts.positions[HEDGE_FUND] if each["kind"] == "option"]
    assert len(options) == 8
    found = explain(By.GREEK)
    for before, day in sessions:
        told = {each.symbol: each for each in found[HEDGE_FUND, day].options}
        assert set(told) == {each["symbol"] for each in options}
        for each in options:
            shown = told[each["symbol"]]
            lines = {line.name: line.pnl for line in shown.parts}
            assert tuple(lines) == GREEK_LINES
            assert shown.pnl == pytest.approx(facts.pnl(each, before, day), abs=CENT), (each["symbol"], day)
            assert sum(lines.values()) == pytest.approx(shown.pnl, abs=CENT), (each["symbol"], day)
            assert lines == pytest.approx(expected_parts(facts, each, before, day), abs=1e-6), (each["symbol"], day)


def test_a_books_greek_lines_are_the_sums_over_its_positions(
    demo: Demo, explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    query = "SELECT b.name, s.as_of, s.dividends FROM portfolio_snapshots s JOIN portfolios b ON b.id = s.portfolio_id"
    paid = {(row["name"], row["as_of"]): row["dividends"] for row in demo.rows(query)}
    found = explain(By.GREEK)
    for name in BOOKS:
        for before, day in sessions:
            expected = dict.fromkeys(GREEK_LINES, 0.0)
            for each in facts.positions[name]:
                for line, value in expected_parts(facts, each, before, day).items():
                    expected[line] += value
            lines = parts(found[name, day])
            assert lines == pytest.approx(expected, abs=1e-6), (name, day)
            assert lines["dividends"] == pytest.approx(paid[name, day], abs=1e-6)
            assert lines["trades"] == 0.0
    assert sum(abs(paid[name, day]) for name in OF_SHARES for _, day in sessions) > 0.0


@pytest.mark.parametrize("name", OF_SHARES)
def test_shares_leave_nothing_over(explain: Explain, sessions: list[tuple[date, date]], name: str) -> None:
    for _, day in sessions:
        found = explain(By.GREEK)[name, day]
        lines = parts(found)
        assert abs(lines["residual"]) < 1e-6
        assert [lines[each] for each in TAYLOR[1:]] == [0.0] * 4
        assert found.options == ()


def over_the_sessions(explain: Explain, symbol: str, line: str) -> list[float]:
    """One line of a contract's P&L, session by session."""
    listed = [each for found in explain(By.GREEK).values() for each in found.options if each.symbol == symbol]
    assert len(listed) == COUNT
    return [{part.name: part.pnl for part in each.parts}[line] if line else each.pnl for each in listed]


def test_greeks_explain_all_but_a_little_of_what_options_on_shares_did(explain: Explain, facts: Facts) -> None:
    symbols = [each["symbol"] for each in facts.positions[HEDGE_FUND] if each["kind"] == "option"]
    on_shares = [symbol for symbol in symbols if not symbol.startswith(ON_THE_FORWARD)]
    assert len(on_shares) == 7
    for symbol in on_shares:
        left, pnl = (sum(map(abs, over_the_sessions(explain, symbol, line))) for line in ("residual", ""))
        assert 0.0 < left < 0.04 * pnl, symbol


def test_what_is_left_over_of_an_indexs_options_is_what_its_forward_did_beyond_the_spot(
    explain: Explain, facts: Facts, sessions: list[tuple[date, date]]
) -> None:
    """Their delta is to the spot, with which the forward does not move: the residual is there to say so."""
    (position,) = (each for each in facts.positions[HEDGE_FUND] if each["symbol"].startswith(ON_THE_FORWARD))
    left = over_the_sessions(explain, position["symbol"], "residual")
    beyond = []
    for before, day in sessions:
        then, now = (facts.contracts[position["symbol"], each] for each in (before, day))
        carried = now["forward"] * then["spot"] / then["forward"] - now["spot"]
        beyond.append(position["shares"] * then["delta"] * carried)
    rest = sum(abs(all_of_it - forward) for all_of_it, forward in zip(left, beyond, strict=True))
    assert rest < 0.1 * sum(map(abs, left))
