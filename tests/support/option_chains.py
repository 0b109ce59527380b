"""Option markets of small worlds, with a flat curve of Treasury yields, and what the textbook says of an option."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import erf, exp, log, pi, sqrt

import numpy as np

from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind, Right
from sigmasight.domain.market_data import DayArray, FloatArray, Payouts
from sigmasight.risk.option_market import OptionMarket, freeze_options
from support.books import DividendOn, World, option, stock
from support.evenings import frozen_market

FIVE_PERCENT = float(2.0 * (np.exp(0.025) - 1.0))
"""The par yield whose continuous rate is 5 %."""


def paying(share: Instrument, dividend_yield: float) -> Instrument:
    """A share whose yield is known."""
    return replace(share, dividend_yield=dividend_yield)


def index(instrument_id: int, symbol: str = "") -> Instrument:
    """An index, which nobody can hold."""
    return replace(stock(instrument_id, symbol), kind=Kind.INDEX)


def european(instrument_id: int, underlying: Instrument, right: Right, strike: float, expiry: date) -> Instrument:
    """A European option, as they are listed on an index."""
    made = option(instrument_id, underlying, right=right, strike=strike, expiry=expiry)
    return replace(made, exercise=ExerciseStyle.EUROPEAN)


def flat_yields(*days: date, par_yield: float = FIVE_PERCENT) -> tuple[DayArray, FloatArray]:
    """The same yield at every tenor on some days."""
    return np.array(days, dtype="datetime64[D]"), np.full((len(days), 4), par_yield)


def option_market(
    world: World,
    first: date,
    last: date,
    *,
    yields: tuple[DayArray, FloatArray] | None = None,
    announced: Sequence[DividendOn] = (),
) -> OptionMarket:
    """The options of a world from the session before one to another; without yields of its own 5 % on every session."""
    return freeze_options(
        frozen_market(world, first, last),
        world.calendar,
        yields=flat_yields(*world.calendar.sessions) if yields is None else yields,
        announced=Payouts(
            np.array([paid.instrument_id for paid in announced], dtype=np.int64),
            np.array([paid.ex_date for paid in announced], dtype="datetime64[D]"),
            np.array([float(paid.amount) for paid in announced]),
        ),
    )


def black(
    *, forward: float, strike: float, years: float, rate: float, volatility: float, is_call: bool
) -> dict[str, float]:
    """Black (1976), out of a book: price and delta by the forward, both discounted, and the normal density at d1."""
    spread = volatility * sqrt(years)
    upper = log(forward / strike) / spread + spread / 2.0
    sign = 1.0 if is_call else -1.0
    bond = exp(-rate * years)
    return {
        "price": bond * sign * (forward * normal(sign * upper) - strike * normal(sign * (upper - spread))),
        "delta by forward": bond * sign * normal(sign * upper),
        "density": exp(-upper * upper / 2.0) / sqrt(2.0 * pi),
    }


def normal(x: float) -> float:
    """The cumulative normal distribution."""
    return (1.0 + erf(x / sqrt(2.0))) / 2.0
