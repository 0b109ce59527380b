"""One close of a small world, put through the night's own path: instruments assessed once, portfolios only weighed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.factor_facts import TENORS, Betas, FactorSet
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import FactorExposures, ScenarioResults
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.holdings import freeze_accounts, freeze_holdings
from sigmasight.risk.instrument_risk import InstrumentRisk, assess_instruments
from sigmasight.risk.option_facts import REALISED_SESSIONS, compose_facts, from_estimates, from_quotes, from_smile
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.portfolio_risk import (
    AssessedMarket,
    HeldRisk,
    expose_portfolios,
    hold_risk,
    stress_portfolios,
)
from sigmasight.risk.portfolios import value_books
from sigmasight.risk.scenarios import ScenarioSet, arrange_scenarios
from support.books import World, april
from support.evenings import frozen_market
from support.facts import option_facts
from support.option_chains import option_market

NAN = np.nan
TODAY = april(10)
NAMES = tuple(factor.name for factor in FACTORS if factor.active)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the factors job tells of one instrument; without a yield beta no_history if no other reason."""

    loading: tuple[float, ...] | None = None  # on the market, then on styles beyond it; None: no_history
    residual: float = 0.01
    yield_beta: float = NAN  # on every tenor
    reasons: Reason = Reason.NONE  # informing ones of the loadings
    yield_reasons: Reason = Reason.NONE


def scenario(
    name: str = "s",
    *,
    basis: Basis = Basis.RELATIVE,
    volatility_change: float | None = None,
    shocks: Mapping[str, float],
) -> Scenario:
    """A scenario with so many shocks."""
    return Scenario(
        id=name,
        name=name,
        category=Category.CUSTOM,
        severity=Severity.MILD,
        active=True,
        basis=basis,
        shocks=tuple(Shock(factor, size) for factor, size in shocks.items()),
        volatility_change=volatility_change,
    )


def factor_set(
    *,
    slopes: Sequence[float] = (),
    covariance: FloatArray | None = None,
    market_yield_slope: float = NAN,
    correlation: FloatArray | None = None,
    unusable: Iterable[int] = (),
) -> FactorSet:
    """The market and as many styles as there are slopes on it; nothing is known of some of them."""
    size = 1 + len(slopes)
    missing = np.isin(np.arange(size), list(unusable))
    known = (np.eye(size) * 1e-4 if covariance is None else covariance).copy()
    known[missing], known[:, missing] = NAN, NAN
    related = np.eye(size) if correlation is None else correlation
    capped = np.where(np.eye(size) > 0.0, related, np.clip(related, -0.95, 0.95))
    return FactorSet(
        as_of=TODAY,
        names=NAMES[:size],
        proxies=("",) * size,
        sessions=252,
        window_sessions=252,
        market_slopes=np.where(missing, NAN, [1.0, *slopes]),
        covariance=known,
        variance_inflation=np.ones(size),
        condition_number=1.0,
        volatility=np.full(size, 0.01),
        correlation=related,
        capped_correlation=capped,
        market_yield_slope=np.full(TENORS, market_yield_slope),
        yield_sessions=np.full(TENORS, 0 if np.isnan(market_yield_slope) else 252),
    )


def betas_of(known: Mapping[int, Told], factors: FactorSet) -> Betas:
    """What is told of instruments by id, as the store hands it on."""
    ids, size = sorted(known), len(factors.names)
    rows = [known[each] for each in ids]
    loading = np.array([(*(each.loading or (NAN,) * size), *[0.0] * size)[:size] for each in rows]).reshape(-1, size)
    blocked = np.isnan(loading[:, 0]) if rows else np.zeros(0, dtype=np.bool_)
    lacking = [Reason.NO_HISTORY if np.isnan(each.yield_beta) else Reason.NONE for each in rows]
    of_yields = np.array([int(told.yield_reasons or why) for told, why in zip(rows, lacking, strict=True)], np.int64)
    unknown = np.full(loading.shape, NAN)
    return Betas(
        instrument_id=np.array(ids, dtype=np.int64),
        loading=np.where(factors.usable, loading, NAN),
        posterior_error=unknown,
        plain_error=unknown,
        hac_error=unknown,
        t_statistic=unknown,
        r_squared=np.full(len(ids), NAN),
        residual_volatility=np.where(blocked, NAN, [each.residual for each in rows]),
        n_obs=np.where(blocked, 0, 252),
        lagged=np.zeros(len(ids), dtype=np.bool_),
        exact=np.zeros(len(ids), dtype=np.bool_),
        reasons=np.where(blocked, int(Reason.NO_HISTORY), [int(each.reasons) for each in rows]).astype(np.int64),
        yield_beta=np.repeat(np.array([[each.yield_beta] for each in rows]).reshape(-1, 1), TENORS, axis=1),
        yield_error=np.full((len(ids), TENORS), NAN),
        yield_n_obs=np.full((len(ids), TENORS), 252),
        yield_reasons=np.repeat(of_yields[:, None], TENORS, axis=1),
    )


@dataclass(frozen=True)
class Scene:
    """A world at a close, with what is told of factors and betas, and scenarios on them."""

    world: World
    factors: FactorSet
    told: Mapping[int, Told]
    scenarios: tuple[Scenario, ...] = ()
    day: date = TODAY

    def __repr__(self) -> str:
        prices = {(number, str(day)): str(price) for (number, day), price in self.world.prices.items()}
        held = [(each.portfolio_id.hex[:4], each.instrument_id, str(each.quantity)) for each in self.world.positions]
        return f"Scene({prices=}, {held=}, told={self.told}, usable={self.factors.usable.tolist()})"

    def _repr_pretty_(self, printer: Any, _: object) -> None:  # noqa: ANN401 - Hypothesis's own, when a test fails
        printer.text(repr(self))

    @cached_property
    def frame(self) -> MarketFrame:
        return frozen_market(self.world, self.day, self.day)

    @property
    def at(self) -> int:
        return self.frame.sessions.count - 1

    @cached_property
    def options(self) -> OptionMarket | None:
        """As the service loads them: contracts that are alive, over the sessions from which a price may be used."""
        alive = [each for each in self.world.instruments if each.option and each.option.expiry > self.day]
        if not alive:
            return None
        shares = [each for each in self.world.instruments if each.option is None]
        kept = {each.id for each in (*shares, *alive)}
        prices = {key: price for key, price in self.world.prices.items() if key[0] in kept}
        world = replace(self.world, instruments=(*shares, *alive), prices=prices, splits=(), dividends=())
        back = self.world.calendar.sessions_back(self.day, self.world.stale_sessions - 1)
        return option_market(world, back, self.day)

    @cached_property
    def facts(self) -> OptionFacts:
        if self.options is None:
            return option_facts([])
        quoted = from_quotes(self.options)
        smiled = from_smile(self.options, quoted, self.options, quoted)
        closes = np.full((REALISED_SESSIONS + 1, len(self.options.asset)), NAN)
        return compose_facts(self.options, from_estimates(smiled, closes), np.arange(len(self.options.asset)))

    @cached_property
    def arranged(self) -> ScenarioSet:
        return arrange_scenarios(self.scenarios, self.factors)

    def risk(self, *, allow_estimates: bool) -> InstrumentRisk:
        return assess_instruments(
            self.frame,
            self.at,
            facts=self.facts,
            options=self.options,
            factors=self.factors,
            betas=betas_of(self.told, self.factors),
            scenarios=self.arranged,
            allow_estimates=allow_estimates,
        )

    @cached_property
    def assessed(self) -> AssessedMarket:
        return AssessedMarket.of(
            ids_of(self.frame.instruments),
            self.factors,
            self.arranged,
            strict=self.risk(allow_estimates=False),
            lenient=self.risk(allow_estimates=True),
        )

    @cached_property
    def held(self) -> HeldRisk:
        return self.hold(self.world)

    def hold(self, world: World) -> HeldRisk:
        """Books of a world with the same prices, put against this scene's assessed market."""
        frame = frozen_market(world, self.day, self.day)
        holdings, _ = freeze_holdings(frame, world.portfolios, world.positions)
        accounts = freeze_accounts(frame, world.portfolios, world.statements)
        *_, (close, _) = value_books(frame, holdings, accounts)
        return hold_risk(frame, world.portfolios, holdings, close, self.assessed)

    def exposures(self, world: World | None = None) -> tuple[FactorExposures, ...]:
        return expose_portfolios(self.held if world is None else self.hold(world), self.assessed)

    def results(self, world: World | None = None) -> tuple[ScenarioResults, ...]:
        held = self.held if world is None else self.hold(world)
        return stress_portfolios(held, self.assessed, self.arranged.ids)

    def one_share(self, held: Instrument, *, allow_estimates: bool = False) -> InstrumentRisk:
        """What one share of an instrument brings, (1,) rows."""
        at = [each.id for each in self.frame.instruments].index(held.id)
        row = at + len(self.frame.instruments) * allow_estimates
        return self.assessed.risk.rows(np.array([row]))


def with_books(world: World, *books: Portfolio) -> World:
    """Some of a world's books, alone: with the instruments that they hold, and nobody else's records."""
    ids = {book.id for book in books}
    positions = tuple(each for each in world.positions if each.portfolio_id in ids)
    wanted = {each.instrument_id for each in positions}
    parents = {each.underlying_id for each in world.instruments if each.id in wanted and each.underlying_id}
    instruments = tuple(each for each in world.instruments if each.id in wanted | parents)
    kept = {each.id for each in instruments}
    return replace(
        world,
        portfolios=books,
        positions=positions,
        statements=tuple(each for each in world.statements if each.portfolio_id in ids),
        instruments=instruments,
        prices={key: price for key, price in world.prices.items() if key[0] in kept},
    )


def bits(result: FactorExposures | ScenarioResults) -> tuple[object, ...]:
    """Everything in a result, numbers to the last bit."""
    values = (getattr(result, field.name) for field in fields(result))
    return tuple(_bits(value) for value in values)


def _bits(value: object) -> object:
    if isinstance(value, np.ndarray):
        return tuple(float(number).hex() for number in value)
    return value.hex() if isinstance(value, float) else value


def near(found: FloatArray, expected: FloatArray, scale: float | FloatArray = 1.0) -> BoolArray:
    """Where two arrays are the same but for rounding, that is measured by a scale; NaN is NaN's like."""
    close = np.abs(found - expected) <= 1e-11 * np.abs(scale)
    return np.asarray(close | (np.isnan(found) & np.isnan(expected)), dtype=np.bool_)
