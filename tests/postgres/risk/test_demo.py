"""The demo after its nights: value at risk and correlations are what slow loops make of the same prices."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest

from postgres.greeks.conftest import Fact

from .conftest import BOOKS, HIGH_NET_WORTH, INDIVIDUAL, LAST, SESSIONS, Demo
from .slow_risk import LEVELS, History, clusters, filtered, histories, normal_losses, quantile_loss, tail_loss

pytestmark = pytest.mark.xdist_group("risk-demo")

WINDOW, CORRELATION_WINDOW = 504, 90
FIRST_NIGHT = date(2026, 8, 27)
LAST_TUESDAY = date(2026, 11, 17)
HELD = """
SELECT coalesce(u.symbol, i.symbol) AS name, coalesce(u.sector, i.sector) AS sector,
    p.quantity::float8 * i.multiplier::float8 AS shares, coalesce(a.market_price, c.close) AS price,
    coalesce(a.delta * a.spot, c.close) AS dollar_delta,
    ARRAY(SELECT t.name FROM position_tags l JOIN tags t ON t.id = l.tag_id WHERE l.position_id = p.id) AS tags
FROM positions p
JOIN instruments i ON i.id = p.instrument_id LEFT JOIN instruments u ON u.id = i.underlying_id
LEFT JOIN prices c ON c.market = 'simulated' AND c.day = :day AND c.instrument_id = i.id
LEFT JOIN option_analytics a ON a.market = 'simulated' AND a.as_of = :day AND a.instrument_id = i.id
WHERE p.portfolio_id = :book
"""
"""Nothing of the demo is ever sold, or expires within its nights."""


@pytest.fixture(scope="module")
def history(demo: Demo) -> dict[str, History]:
    """What happened to every share, by symbol."""
    return histories(demo)


def tails(demo: Demo, book: str, day: date) -> Fact:
    query = "SELECT * FROM value_at_risk WHERE portfolio_id = :book AND as_of = :day"
    (row,) = demo.rows(query, book=demo.books[book].id, day=day)
    return row


def window_of(demo: Demo, day: date, sessions: int) -> tuple[date, ...]:
    """So many sessions up to a day, and the one before them."""
    calendar = demo.valuation.calendar
    return calendar.sessions_between(calendar.sessions_back(day, sessions), day)


def test_every_book_has_value_at_risk_every_night_of_all_it_holds_over_two_years(demo: Demo) -> None:
    rows = demo.rows("SELECT * FROM value_at_risk")
    assert {(row["portfolio_id"], row["as_of"]) for row in rows} == {
        (book.id, day) for book in demo.books.values() for day in demo.last_sessions(SESSIONS)
    }
    assert len(rows) == len(BOOKS) * SESSIONS
    for row in rows:
        assert (row["coverage"], row["sessions"], row["method"]) == (1.0, WINDOW, "default")
        assert (row["reasons"], row["not_included"], row["marks"]) == ({}, [], ["simulated"])


def test_what_is_expected_beyond_is_no_less_and_more_certainty_costs_more(demo: Demo) -> None:
    for row in demo.rows("SELECT value_at_risk, expected_shortfall FROM value_at_risk"):
        at_risk, shortfall = (np.array(row[name]).reshape(3, 3) for name in ("value_at_risk", "expected_shortfall"))
        assert (at_risk > 0.0).all()
        assert (shortfall >= at_risk).all()
        assert (np.diff(at_risk, axis=1) > 0.0).all()
        assert (np.diff(shortfall, axis=1) > 0.0).all()


@pytest.mark.parametrize("day", [FIRST_NIGHT, LAST], ids=["first night", "last night"])
@pytest.mark.parametrize("book", [INDIVIDUAL, HIGH_NET_WORTH])
def test_value_at_risk_of_shares_is_that_of_a_loop_over_two_years_of_prices(
    demo: Demo, history: dict[str, History], book: str, day: date
) -> None:
    days = window_of(demo, day, WINDOW)
    plain, scaled = [0.0] * WINDOW, [0.0] * WINDOW
    for row in demo.rows(HELD, book=demo.books[book].id, day=day):
        returns = history[row["name"]].returns(days)
        dollars = row["shares"] * row["price"]
        for at, (then, now) in enumerate(zip(returns, filtered(returns), strict=True)):
            plain[at] += dollars * then
            scaled[at] += dollars * now
    stored = tails(demo, book, day)
    by_law = [normal_losses(plain, level) for level in LEVELS]
    assert stored["value_at_risk"] == pytest.approx(
        [
            *(quantile_loss(plain, level) for level in LEVELS),
            *(quantile_loss(scaled, level) for level in LEVELS),
            *(at_risk for at_risk, _ in by_law),
        ],
        rel=1e-9,
    )
    assert stored["expected_shortfall"] == pytest.approx(
        [
            *(tail_loss(plain, level) for level in LEVELS),
            *(tail_loss(scaled, level) for level in LEVELS),
            *(beyond for _, beyond in by_law),
        ],
        rel=1e-9,
    )


@pytest.mark.parametrize("book", [INDIVIDUAL, HIGH_NET_WORTH])
def test_both_years_have_dividends_of_what_is_held(demo: Demo, history: dict[str, History], book: str) -> None:
    """Else the loop above would not need them."""
    days = window_of(demo, LAST, WINDOW)
    held = [history[row["name"]] for row in demo.rows(HELD, book=demo.books[book].id, day=LAST)]
    assert sum(days[0] < day <= days[-1] for each in held for day in each.dividends) > 50


def test_snapshots_show_the_markets_beta_and_the_filtered_value_at_risk_of_99_percent(demo: Demo) -> None:
    rows = demo.rows(
        "SELECT s.beta, s.value_at_risk, f.factors[1] AS factor, f.beta[1] AS market_beta,"
        " v.value_at_risk[6] AS at_risk, s.reasons, s.warnings FROM portfolio_snapshots s"
        " JOIN factor_exposures f USING (portfolio_id, as_of) JOIN value_at_risk v USING (portfolio_id, as_of)"
    )
    assert len(rows) == len(BOOKS) * SESSIONS
    for row in rows:
        assert row["factor"] == "Market"
        assert (row["beta"], row["value_at_risk"]) == (row["market_beta"], row["at_risk"])
        assert row["value_at_risk"] > 0.0
        assert (row["reasons"], [each for each in row["warnings"] if "covers" in each]) == ({}, [])


def test_correlations_are_made_on_tuesdays_and_on_no_other_night(demo: Demo) -> None:
    tuesdays = [day for day in demo.last_sessions(SESSIONS) if day.strftime("%A") == "Tuesday"]
    found = demo.rows("SELECT portfolio_id, as_of FROM correlation_calculations")
    assert len(tuesdays) == 12
    assert {(row["portfolio_id"], row["as_of"]) for row in found} == {
        (book.id, day) for book in demo.books.values() for day in tuesdays
    }
    assert len(found) == 3 * 12


class SlowNames:
    """What a book holds by underlying, the largest first, and how these moved together."""

    def __init__(self, held: list[Fact], history: Mapping[str, History], days: tuple[date, ...]) -> None:
        exposure: dict[str, float] = defaultdict(float)
        self.tags: dict[str, set[str]] = defaultdict(set)
        for row in held:
            exposure[row["name"]] += row["shares"] * row["dollar_delta"]
            self.tags[row["name"]] |= set(row["tags"])
        self.sectors = {row["name"]: row["sector"] for row in held}
        self.gross = sum(abs(each) for each in exposure.values())
        ordered = sorted(exposure.items(), key=lambda item: -abs(item[1]))
        self.exposure = {name: dollars for name, dollars in ordered if abs(dollars) >= max(10_000, 0.01 * self.gross)}
        self.left = [name for name, _ in ordered if name not in self.exposure]
        self.names = list(self.exposure)
        logs = np.log1p(np.array([history[name].returns(days) for name in self.names]))
        self.correlation, self.spread = np.corrcoef(logs), logs.std(axis=1, ddof=1)
        weight = held_weights(held)
        self.coverage = sum(weight[name] for name in self.names) / sum(weight.values())

    def effective(self, weights: list[float]) -> float:
        w = np.array(weights) / np.abs(weights).sum()
        return float(1.0 / (w @ self.correlation @ w))

    def diversification(self) -> float:
        risk = np.array(list(self.exposure.values())) * self.spread
        return float(np.abs(risk).sum() ** 2 / (risk @ self.correlation @ risk))

    def clusters(self) -> list[dict[str, object]]:
        found, taken = [], set[str]()
        groups = [[self.names[at] for at in sorted(group)] for group in clusters(self.correlation)]
        for members in sorted(groups, key=lambda names: -sum(abs(self.exposure[name]) for name in names)):
            sizes = [self.exposure[name] for name in members]
            pairs = combinations([self.names.index(name) for name in members], 2)
            nickname = next(each for each in self.nicknames(members) if each not in taken)
            taken.add(nickname)
            found.append(
                {
                    "nickname": nickname,
                    "symbols": members,
                    "gross_weight": pytest.approx(sum(map(abs, sizes)) / self.gross, rel=1e-9),
                    "net_weight": pytest.approx(sum(sizes) / self.gross, rel=1e-9),
                    "average_correlation": pytest.approx(fmean(self.correlation[a, b] for a, b in pairs), rel=1e-9),
                }
            )
        return found

    def nicknames(self, members: list[str]) -> list[str]:
        common = set.intersection(*(self.tags[name] for name in members))
        sectors = {self.sectors[name] for name in members}
        sector = [each for each in sectors if each] if len(sectors) == 1 else []
        return [*sorted(common), *sector, f"{members[0]} lookalikes"]


def held_weights(held: list[Fact]) -> dict[str, float]:
    """What is held on each name, at its price."""
    weight: dict[str, float] = defaultdict(float)
    for row in held:
        weight[row["name"]] += abs(row["shares"] * row["price"])
    return weight


@pytest.mark.parametrize("book", BOOKS)
def test_correlations_are_those_of_a_loop_over_90_sessions(demo: Demo, history: dict[str, History], book: str) -> None:
    portfolio = demo.books[book].id
    query = "SELECT * FROM correlation_calculations WHERE portfolio_id = :book AND as_of = :day"
    (stored,) = demo.rows(query, book=portfolio, day=LAST_TUESDAY)
    held = demo.rows(HELD, book=portfolio, day=LAST_TUESDAY)
    slow = SlowNames(held, history, window_of(demo, LAST_TUESDAY, CORRELATION_WINDOW))
    count = len(slow.names)
    assert dict(zip(stored["symbols"], stored["exposure"], strict=True)) == pytest.approx(slow.exposure, rel=1e-9)
    assert [(each["symbol"], each["reason"]) for each in stored["not_included"]] == [
        (name, "filtered_out") for name in slow.left
    ]
    assert {name: stored[name] for name in MEASURES} == pytest.approx(
        {
            "average_correlation": (slow.correlation.sum() - count) / (count * (count - 1)),
            "effective_positions": slow.effective(list(slow.exposure.values())),
            "effective_positions_classic": slow.effective([1.0] * count),
            "effective_positions_by_weight": sum(map(abs, slow.exposure.values())) ** 2
            / sum(each**2 for each in slow.exposure.values()),
            "diversification_ratio_squared": slow.diversification(),
            "concentration": sum(cluster["gross_weight"] for cluster in stored["clusters"]),
            "coverage": slow.coverage,
        },
        rel=1e-9,
    )
    assert stored["clusters"] == slow.clusters()
    assert len(stored["clusters"]) > 0
    assert (stored["sessions"], stored["window_sessions"], stored["data_quality"]) == (90, 90, "sufficient")
    assert (stored["reasons"], stored["marks"]) == ({}, ["simulated"])


MEASURES = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration", "coverage"),
)


def test_a_dendrogram_draws_the_names_of_a_cluster_side_by_side(demo: Demo) -> None:
    for row in demo.rows("SELECT symbols, clusters FROM correlation_calculations"):
        for cluster in row["clusters"]:
            places = sorted(row["symbols"].index(symbol) for symbol in cluster["symbols"])
            assert places == list(range(places[0], places[0] + len(places)))
