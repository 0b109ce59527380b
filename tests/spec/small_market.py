"""One close, a few shares at $100 and a book of them, on the night's own path with facts that a table tells."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import Reason
from sigmasight.domain.scenarios import Scenario
from sigmasight.risk.instrument_risk import assess_instruments
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.portfolio_risk import AssessedMarket, HeldRisk
from sigmasight.risk.scenarios import arrange_scenarios
from support.books import World, april, closes, portfolio, stock, world_of
from support.evenings import frozen_market
from support.facts import option_facts

PRICE = 100.0
TODAY = april(2)
STYLES = ("A", "B", "C", "D", "E", "F")


@dataclass(frozen=True, slots=True)
class Share:
    """What is known of a share; NaN where it is not."""

    loading: tuple[float, ...]  # on the market, then on each style beyond it
    residual: float = 0.0  # daily
    yield_beta: float = float("nan")


@dataclass(frozen=True, slots=True)
class Options:
    """Contracts of the frame that are priced, beside the shares."""

    contracts: tuple[Instrument, ...]
    market: OptionMarket
    facts: OptionFacts


def factors_of(
    *,
    slopes: Sequence[float] = (),
    covariance: FloatArray | None = None,
    market_yield_slope: float = float("nan"),
) -> FactorSet:
    """The market and as many styles as there are slopes on it; without a covariance nothing moves with anything.

    Args:
        slopes: Of the styles.
        covariance: Daily, of the market and the styles beyond it.
        market_yield_slope: Return per 1.00 of any yield.
    """
    size = 1 + len(slopes)
    return FactorSet(
        as_of=TODAY,
        names=("Market", *STYLES[: len(slopes)]),
        proxies=("",) * size,
        sessions=252,
        window_sessions=252,
        market_slopes=np.array([1.0, *slopes]),
        covariance=np.eye(size) * 1e-4 if covariance is None else covariance,
        variance_inflation=np.ones(size),
        condition_number=1.0,
        volatility=np.full(size, np.nan),
        correlation=np.full((size, size), np.nan),
        capped_correlation=np.full((size, size), np.nan),
        market_yield_slope=np.full(TENORS, market_yield_slope),
        yield_sessions=np.full(TENORS, 252),
    )


def world_at_close(instruments: Sequence[Instrument], prices: dict[int, float] | None = None) -> World:
    """Today's closes of some instruments, $100 where nothing else is said."""
    told = prices or {}
    each_close = (closes(each, {TODAY: told.get(each.id, PRICE)}) for each in instruments)
    marked = {key: price for close in each_close for key, price in close.items()}
    return world_of(portfolio(), instruments=tuple(instruments), prices=marked)


def hold(
    positions: Sequence[tuple[int, float]],
    shares: Sequence[Share],
    factors: FactorSet,
    scenarios: Sequence[Scenario] = (),
    *,
    nav: float = 1e6,
    like: Sequence[Instrument] = (),
    options: Options | None = None,
    prices: dict[int, float] | None = None,
    allow_estimates: bool = False,
) -> tuple[HeldRisk, AssessedMarket]:
    """A book put against a market that is assessed under scenarios.

    Args:
        positions: Number of the instrument, from 0, shares first, then contracts; and units: shares, or contracts
            times multiplier.
        shares: In the order of their instruments.
        factors: As of ``factors_of``.
        scenarios: On its factors.
        nav: Of the book, USD.
        like: What kind of instruments the shares are, where that matters.
        options: Contracts on them.
        prices: Of the shares by their numbers from 1, where not $100.
        allow_estimates: Of the book.
    """
    instruments = [*(like or [stock(number) for number in range(1, len(shares) + 1)])]
    instruments += options.contracts if options else ()
    frame = frozen_market(world_at_close(instruments, prices), TODAY, TODAY)
    strict, lenient = (
        assess_instruments(
            frame,
            frame.sessions.count - 1,
            facts=options.facts if options else option_facts([]),
            options=options.market if options else None,
            factors=factors,
            betas=betas_of(shares, len(factors.names)),
            scenarios=arrange_scenarios(scenarios, factors),
            allow_estimates=allowed,
        )
        for allowed in (False, True)
    )
    ids = np.array([each.id for each in instruments])
    assessed = AssessedMarket.of(ids, factors, arrange_scenarios(scenarios, factors), strict=strict, lenient=lenient)
    instrument, units = np.array([at for at, _ in positions]), np.array([held for _, held in positions])
    book = replace(portfolio(), allow_estimates=allow_estimates)
    price = np.nan_to_num(frame.price[-1, frame.underlying[instrument]], nan=PRICE)
    held = HeldRisk(
        portfolios=(book,),
        as_of=TODAY,
        nav=np.array([nav]),
        first=np.array([0, len(positions)]),
        portfolio=np.zeros(len(positions), dtype=np.int64),
        symbols=tuple(each.symbol for each in instruments),
        asset=instrument,
        instrument=instrument,
        row=instrument + len(ids) * allow_estimates,
        shares=units.astype(np.float64),
        weight=np.abs(units) * price,
    )
    return held, assessed


def betas_of(shares: Sequence[Share], size: int) -> Betas:
    """What the night would know of them."""
    count = len(shares)
    loading = np.array([[*each.loading, *[0.0] * (size - len(each.loading))] for each in shares])
    yield_beta = np.repeat(np.array([[each.yield_beta] for each in shares]), TENORS, axis=1)
    errors = np.full((count, size), np.nan)
    return Betas(
        instrument_id=np.arange(1, count + 1),
        loading=loading,
        posterior_error=errors,
        plain_error=errors,
        hac_error=errors,
        t_statistic=errors,
        r_squared=np.full(count, np.nan),
        residual_volatility=np.array([each.residual for each in shares]),
        n_obs=np.full(count, 252),
        lagged=np.zeros(count, dtype=np.bool_),
        exact=np.zeros(count, dtype=np.bool_),
        reasons=np.where(np.isnan(loading).any(axis=1), int(Reason.NO_HISTORY), 0),
        yield_beta=yield_beta,
        yield_error=np.full((count, TENORS), np.nan),
        yield_n_obs=np.full((count, TENORS), 252),
        yield_reasons=np.where(np.isnan(yield_beta), int(Reason.NO_HISTORY), 0),
    )
