"""Random books with random markets: whatever may be missing is missing sometimes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from hypothesis import strategies as st

import sigmasight as ss
from sigmasight.domain.instruments import ExerciseStyle, Kind, Profile
from sigmasight.domain.market_data import TREASURY_SERIES, Dividend, Split
from sigmasight.market.exchange import build_nyse_calendar

AS_OF = date(2026, 11, 20)
SESSIONS = 520
PROXIES = ("SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV")
SHARES = ("AAA", "BBB", "CCC", "DDD")
FUND, INDEX, GHOST = "FUND", "VVV", "GHOST"
CALL, PUT, NEAR = "AAA270115C00100000", "BBB270115P00095000", "AAA261120C00090000"
ON_INDEX, PARTNER = "VVV270120C00100000", "VVV270120P00100000"
HELD = (*SHARES, "SPY", FUND, GHOST, CALL, PUT, NEAR, ON_INDEX)
PROFILES = {
    "AAA": Profile("AAA", Kind.STOCK, "AAA", sector="Energy"),
    "BBB": Profile("BBB", Kind.STOCK, "BBB", sector="Energy", dividend_yield=0.02),
    FUND: Profile(FUND, Kind.MUTUAL_FUND, FUND, industry="Intermediate Core Bond"),
    INDEX: Profile(INDEX, Kind.INDEX, INDEX, option_exercise=ExerciseStyle.EUROPEAN),
}

_histories = st.sampled_from(("whole", "whole", "whole", "short", "young", "holes", "stale", "halted", "still", "none"))
_quotes = st.sampled_from(("quoted", "quoted", "silent", "absurd"))
_quantities = st.integers(-400, 400).filter(bool)


@dataclass(frozen=True, slots=True)
class RandomBook:
    """What ``analyze`` is given."""

    positions: tuple[ss.Position, ...]
    prices: ss.Prices
    cash: float
    unmodelled_assets: float
    opened_on: date
    allow_estimates: bool

    def analyze(self) -> ss.Analysis:
        return ss.analyze(
            self.positions,
            self.prices,
            AS_OF,
            cash=self.cash,
            unmodelled_assets=self.unmodelled_assets,
            opened_on=self.opened_on,
            allow_estimates=self.allow_estimates,
        )


@cache
def sessions() -> np.ndarray:
    calendar = build_nyse_calendar(date(1990, 1, 1), date(2027, 12, 31))
    return np.array(
        calendar.sessions_between(calendar.sessions_back(AS_OF, SESSIONS - 1), AS_OF), dtype="datetime64[D]"
    )


@cache
def _tape() -> Mapping[str, np.ndarray]:
    """Closes of everything, whole: seven factors, shares and a fund that follow them, an index against them."""
    random = np.random.default_rng(20261120)
    market = random.standard_t(5, SESSIONS) * 0.008
    returns = {"SPY": market} | {name: 0.9 * market + random.normal(0, 0.004, SESSIONS) for name in PROXIES[1:]}
    returns |= {name: 1.1 * market + random.normal(0, 0.015, SESSIONS) for name in SHARES}
    returns |= {FUND: 0.1 * market + random.normal(0, 0.002, SESSIONS), INDEX: -3.0 * market}
    return {name: 100.0 * np.cumprod(1.0 + each) / np.prod(1.0 + each) for name, each in returns.items()}


@st.composite
def random_books(draw: st.DrawFn) -> RandomBook:
    closes = {name: _spoiled(column, draw(_histories)) for name, column in _tape().items()}
    for proxy in draw(st.sets(st.sampled_from(PROXIES), max_size=2)):
        closes[proxy] = _spoiled(_tape()[proxy], draw(_histories))
    for contract in (CALL, PUT, NEAR, ON_INDEX, PARTNER):
        closes[contract] = _quote(draw(_quotes))
    held = draw(st.lists(st.sampled_from(HELD), max_size=8))
    return RandomBook(
        positions=tuple(
            ss.Position(symbol, draw(_quantities), 90.0, tags=tuple(draw(st.sets(st.sampled_from("xy")))))
            for symbol in held
        ),
        prices=ss.Prices(
            sessions(),
            {name: column for name, column in closes.items() if not np.isnan(column).all()},
            yields={series: _yield(draw(_histories)) for series in TREASURY_SERIES},
            dividends=draw(st.sampled_from(((), (Dividend("AAA", date(2026, 11, 20), 0.5),)))),
            splits=draw(
                st.sampled_from(
                    ((), (Split("BBB", date(2026, 11, 19), 2, 1),), (Split("AAA", date(2026, 11, 18), 3, 2),))
                )
            ),
            profiles=PROFILES,
        ),
        cash=draw(st.sampled_from((0.0, 1e5, -1e5, 1e6))),
        unmodelled_assets=draw(st.sampled_from((0.0, 5e4))),
        opened_on=draw(st.sampled_from((AS_OF, date(2026, 11, 19), date(2026, 11, 14), date(2026, 10, 30)))),
        allow_estimates=draw(st.booleans()),
    )


def _spoiled(column: np.ndarray, how: str) -> np.ndarray:
    spoiled = column.copy()
    if how == "short":
        spoiled[:-300] = np.nan
    elif how == "young":
        spoiled[:-40] = np.nan
    elif how == "holes":
        spoiled[7::9] = np.nan
    elif how == "stale":
        spoiled[-3:] = np.nan
    elif how == "halted":
        spoiled[-30:] = np.nan
    elif how == "still":
        spoiled[:] = 50.0
    elif how == "none":
        spoiled[:] = np.nan
    return spoiled


def _quote(how: str) -> np.ndarray:
    column = np.full(SESSIONS, np.nan)
    if how != "silent":
        column[-30:] = 6.0 if how == "quoted" else 950.0
    return column


def _yield(how: str) -> np.ndarray:
    steps = np.random.default_rng(3).normal(0.0, 0.0005, SESSIONS)
    return _spoiled(0.04 + np.cumsum(steps), how if how != "still" else "whole")
