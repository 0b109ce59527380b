"""Short words for what the tests of store and services write down."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from math import nan

import numpy as np
from sqlalchemy import Connection

from sigmasight.domain.books import Portfolio
from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.instruments import Kind, OptionTerms, Profile, Right
from sigmasight.domain.market_data import DailyBars, DayArray, FloatArray, Market, OptionQuotes
from sigmasight.domain.options import DividendSource, OptionFacts, PricingModel, VolatilitySource
from sigmasight.domain.reasons import Reason
from sigmasight.store.instruments import find_instruments, save_profiles
from sigmasight.store.people import User, add_portfolio, add_user
from sigmasight.store.prices import save_bars

OPENED = date(2026, 11, 2)
MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
THURSDAY, FRIDAY, SATURDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
WEEK = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)
DECEMBER = date(2026, 12, 18)
"""A standard monthly expiry."""


def new_user(conn: Connection, name: str = "alice") -> User:
    return add_user(conn, email=f"{name}@example.com", name=name.title(), password_hash="a hash")  # noqa: S106


def new_book(
    conn: Connection, owner: User, name: str = "Book", *, market: Market = Market.LIVE, opened_on: date = OPENED
) -> Portfolio:
    return add_portfolio(conn, user_id=owner.id, name=name, market=market, opened_on=opened_on)


def share_profile(symbol: str, *, kind: Kind = Kind.STOCK, sector: str | None = None) -> Profile:
    return Profile(symbol=symbol, kind=kind, name=f"{symbol} Inc.", sector=sector)


def new_share(
    conn: Connection,
    symbol: str,
    closes: Mapping[date, float] | None = None,
    *,
    kind: Kind = Kind.STOCK,
    sector: str | None = None,
    market: Market = Market.LIVE,
) -> int:
    """An explained instrument with its closes; returns its id."""
    save_profiles(conn, {symbol: share_profile(symbol, kind=kind, sector=sector)}, "test")
    instrument_id = find_instruments(conn, [symbol], FRIDAY)[symbol]
    if closes:
        save_bars(conn, market, {instrument_id: bars_of(symbol, closes)}, "test")
    return instrument_id


def call(underlying: str, strike: float | str = 100, expiry: date = DECEMBER) -> OptionTerms:
    return OptionTerms(underlying, expiry, Right.CALL, Decimal(str(strike)))


def put(underlying: str, strike: float | str = 100, expiry: date = DECEMBER) -> OptionTerms:
    return OptionTerms(underlying, expiry, Right.PUT, Decimal(str(strike)))


def days(*values: date) -> DayArray:
    return np.array(values, dtype="datetime64[D]")


def column(*values: float) -> FloatArray:
    return np.array(values, dtype=np.float64)


def bars_of(symbol: str, closes: Mapping[date, float]) -> DailyBars:
    """Bars of which only the closes matter; volumes are not known."""
    close = column(*closes.values())
    return DailyBars(symbol, days(*closes), close, close, close, close, close, np.full(len(close), nan))


def quotes_of(terms: OptionTerms, rows: Sequence[tuple[date, float, float, float]]) -> OptionQuotes:
    """Quotes of a contract: day, bid, ask, last."""
    unknown = np.full(len(rows), nan)
    return OptionQuotes(
        terms=terms,
        days=days(*(row[0] for row in rows)),
        bid=column(*(row[1] for row in rows)),
        ask=column(*(row[2] for row in rows)),
        last=column(*(row[3] for row in rows)),
        volume=unknown,
        open_interest=unknown,
    )


_FACTS: dict[str, object] = {
    "spot": 101.1,
    "tau_years": 1 / 13,
    "rate": 0.04,
    "dividend_yield": -0.01,
    "dividend_source": DividendSource.TRAILING,
    "forward": 101.5,
    "volatility": 0.3,
    "volatility_source": VolatilitySource.SMILE,
    "model": PricingModel.AMERICAN,
    "quote_day": np.datetime64(THURSDAY),
    "market_price": 2.5,
    "price": 2.75,
    "delta": 0.55,
    "gamma": 0.04,
    "theta_per_day": -0.02,
    "vega_per_point": 0.11,
    "rho_per_percent": 0.04,
    "reasons": Reason.NONE,
}


def fact_of(contract: int, as_of: date, **known: object) -> OptionFacts:
    """One contract's facts at one session, with a number in every column, and what is said otherwise."""
    row = _FACTS | known | {"instrument_id": contract, "as_of": np.datetime64(as_of)}
    return OptionFacts(**{name: np.array([value]) for name, value in row.items()})


def facts_of(*each: OptionFacts) -> OptionFacts:
    """Facts put together, in the order given."""
    return OptionFacts(**{f.name: np.concatenate([getattr(one, f.name) for one in each]) for f in fields(OptionFacts)})


def factor_set_of(as_of: date, **known: object) -> FactorSet:
    """Three factors at one session, the last one not usable, with a different number in every place."""
    square = np.array([[4e-4, 1e-5, nan], [1e-5, 2e-4, nan], [nan, nan, nan]])
    row = {
        "as_of": as_of,
        "names": ("Market", "Value", "Low Volatility"),
        "proxies": ("SPY", "VTV", ""),
        "sessions": 252,
        "window_sessions": 252,
        "market_slopes": column(1.0, 0.9, nan),
        "covariance": square,
        "variance_inflation": column(1.1, 1.2, nan),
        "condition_number": 3.5,
        "volatility": column(0.01, 0.011, nan),
        "correlation": square * 1000,
        "capped_correlation": square * 900,
        "market_yield_slope": column(-3.0, -2.5, -2.0, nan),
        "yield_sessions": np.array([250, 249, 248, 0]),
    }
    return FactorSet(**row | known)  # type: ignore[arg-type]


def betas_of(*ids: int, **known: object) -> Betas:
    """Betas of instruments on three factors, with a different number in every place, and what is said otherwise."""
    count = len(ids)

    def table(start: float, width: int = 3) -> FloatArray:
        return np.arange(count * width, dtype=np.float64).reshape(count, width) / 7 + start

    row = {
        "instrument_id": np.array(ids, dtype=np.int64),
        "loading": table(1.0),
        "posterior_error": table(2.0),
        "plain_error": table(3.0),
        "hac_error": table(4.0),
        "t_statistic": table(5.0),
        "r_squared": np.full(count, 0.5),
        "residual_volatility": np.full(count, 0.0125),
        "n_obs": 200,
        "lagged": np.zeros(count, dtype=np.bool_),
        "exact": np.ones(count, dtype=np.bool_),
        "reasons": np.full(count, int(Reason.SHORT_HISTORY), dtype=np.int64),
        "yield_beta": table(-6.0, 4),
        "yield_error": table(7.0, 4),
        "yield_n_obs": np.full((count, 4), 199, dtype=np.int64),
        "yield_reasons": np.full((count, 4), int(Reason.NONE), dtype=np.int64),
    } | known
    return Betas(**row | {"n_obs": np.full(count, row["n_obs"], dtype=np.int64)})  # type: ignore[arg-type]
