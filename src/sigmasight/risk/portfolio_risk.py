"""The portfolio stage of exposures and scenarios: holdings, as sparse rows, times what one share of each brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import FactorExposures, ScenarioResults
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.risk_shares import RiskShares, share_risk
from sigmasight.engines.weighing import Book, square_sums, weigh
from sigmasight.risk.frames import MarketFrame, ids_of, rows_of
from sigmasight.risk.holdings import Holdings
from sigmasight.risk.instrument_risk import InstrumentRisk
from sigmasight.risk.portfolios import Close, ratio
from sigmasight.risk.scenarios import ScenarioSet


@dataclass(frozen=True, slots=True)
class AssessedMarket:
    """What one share of N instruments brings at a session, as each of the two kinds of portfolio takes it."""

    instrument_id: IntArray  # (N,) ascending
    factors: FactorSet
    scenarios: ScenarioSet
    risk: InstrumentRisk  # 2 N: for portfolios that allow no estimates, then for those that do

    @classmethod
    def of(
        cls,
        instrument_id: IntArray,
        factors: FactorSet,
        scenarios: ScenarioSet,
        *,
        strict: InstrumentRisk,
        lenient: InstrumentRisk,
    ) -> "AssessedMarket":
        """Put both kinds together."""
        return cls(instrument_id, factors, scenarios, strict.followed_by(lenient))


@dataclass(frozen=True, slots=True)
class HeldRisk:
    """The P positions that B portfolios hold at a session, put against an assessed market of N instruments."""

    portfolios: tuple[Portfolio, ...]
    as_of: date
    nav: FloatArray  # (B,)
    first: IntArray  # (B + 1,) where each portfolio's positions begin
    portfolio: IntArray  # (P,)
    symbols: tuple[str, ...]  # of the instruments that ``asset`` counts
    asset: IntArray  # (P,)
    instrument: IntArray  # (P,) place of the instrument in the assessed market
    row: IntArray  # (P,) that in the stacked facts: a portfolio that allows estimates has it N further down
    shares: FloatArray  # (P,) quantity x multiplier
    weight: FloatArray  # (P,) what each counts for in coverage

    def book(self, assets: int) -> Book:
        """The positions as sparse rows over the stacked facts."""
        return Book.of(
            self.shares,
            self.weight,
            asset=self.row,
            portfolio=self.portfolio,
            assets=assets,
            portfolios=len(self.portfolios),
        )

    def symbol(self, at: int) -> str:
        """What a position is in."""
        return self.symbols[int(self.asset[at])]

    def only(self, which: BoolArray) -> "HeldRisk":
        """Some of the portfolios, (B,), in their order."""
        place = np.cumsum(which) - 1
        mine = which[self.portfolio]
        return replace(
            self,
            portfolios=tuple(each for each, wanted in zip(self.portfolios, which, strict=True) if wanted),
            nav=self.nav[which],
            first=np.searchsorted(place[self.portfolio[mine]], np.arange(int(which.sum()) + 1)),
            portfolio=place[self.portfolio[mine]],
            asset=self.asset[mine],
            instrument=self.instrument[mine],
            row=self.row[mine],
            shares=self.shares[mine],
            weight=self.weight[mine],
        )


def hold_risk(
    market: MarketFrame, portfolios: Sequence[Portfolio], holdings: Holdings, close: Close, assessed: AssessedMarket
) -> HeldRisk:
    """Put what is held at a close against an assessed market of the same session.

    Raises:
        ValueError: If something is held that was not assessed.
    """
    held = np.flatnonzero(close.positions.held)
    asset, portfolio = holdings.asset[held], holdings.portfolio[held]
    instrument = rows_of(assessed.instrument_id, ids_of(market.instruments)[asset])
    allowed = np.array([each.allow_estimates for each in portfolios], dtype=np.bool_)
    return HeldRisk(
        portfolios=tuple(portfolios),
        as_of=market.sessions.days[close.at].item(),
        nav=close.nav,
        first=np.searchsorted(portfolio, np.arange(len(portfolios) + 1)),
        portfolio=portfolio,
        symbols=tuple(each.symbol for each in market.instruments),
        asset=asset,
        instrument=instrument,
        row=instrument + len(assessed.instrument_id) * allowed[portfolio],
        shares=close.positions.quantity[held] * market.multiplier[asset],
        weight=close.positions.values.weight[held],
    )


def expose_portfolios(held: HeldRisk, assessed: AssessedMarket) -> tuple[FactorExposures, ...]:
    """Factor exposures, betas and risk shares of the portfolios that exist at the session, in their order."""
    risk = assessed.risk
    weighed = weigh(held.book(len(risk.dollar_delta)), risk.dollar_delta[:, None] * risk.loading, risk.inert)
    shares = share_risk(weighed.total, assessed.factors.covariance, _specific_variance(held, assessed))
    shares = _idle_as_none(held, risk, shares)
    beta = ratio(weighed.total, held.nav[:, None])
    reasons = risk.reasons[held.row]
    flags = combined_reasons(held, reasons)
    coverage = weighed.coverage.max(axis=1, initial=0.0)
    incomplete = np.isnan(np.concatenate([beta, shares.factor], axis=1)).any(axis=1)
    made = []
    for at, portfolio in existing_portfolios(held):
        why = Reason(int(flags[at]))
        made_of = (weighed.total[at], beta[at], shares.factor[at])
        made.append(
            FactorExposures(
                portfolio_id=portfolio.id,
                as_of=held.as_of,
                method=Method.DEFAULT,
                factors=assessed.factors.names,
                exposure=weighed.total[at],
                beta=beta[at],
                risk_share=shares.factor[at],
                specific_share=float(shares.specific[at]),
                volatility=float(shares.volatility[at]),
                coverage=float(coverage[at]),
                reasons=_why_exposures(assessed.factors, made_of, why) if incomplete[at] else {},
                marks=why & ~BLOCKING,
                not_included=left_out_positions(held, reasons, at) if why & BLOCKING else (),
            )
        )
    return tuple(made)


def stress_portfolios(held: HeldRisk, assessed: AssessedMarket, wanted: Sequence[str]) -> tuple[ScenarioResults, ...]:
    """What some of the scenarios would do to the portfolios that exist at the session, in their order."""
    place = np.array([assessed.scenarios.ids.index(each) for each in wanted], dtype=np.int64)
    risk = assessed.risk
    facts = np.concatenate([risk.direct[:, place], risk.correlated[:, place]], axis=1)
    weighed = weigh(held.book(len(facts)), facts, risk.inert)
    count = len(wanted)
    coverage = np.where(
        np.isnan(weighed.total[:, count:]),
        weighed.coverage[:, :count],  # of what there is
        np.minimum(weighed.coverage[:, :count], weighed.coverage[:, count:]),
    )
    by_yield = np.bitwise_or.reduce(risk.yield_reasons[:, place], axis=1, initial=0)
    reasons = (risk.reasons | by_yield)[held.row]
    flags = combined_reasons(held, reasons)
    missing = np.isnan(weighed.total[:, :count] + weighed.total[:, count:])
    made = []
    for at, portfolio in existing_portfolios(held):
        why = Reason(int(flags[at]))
        made.append(
            ScenarioResults(
                portfolio_id=portfolio.id,
                as_of=held.as_of,
                method=Method.DEFAULT,
                scenarios=tuple(wanted),
                direct=weighed.total[at, :count],
                correlated=weighed.total[at, count:],
                coverage=coverage[at],
                reasons=_why_scenarios(assessed.scenarios, place[missing[at]], why) if missing[at].any() else {},
                marks=why & ~BLOCKING,
                not_included=left_out_positions(held, reasons, at) if why & BLOCKING else (),
            )
        )
    return tuple(made)


def _idle_as_none(held: HeldRisk, risk: InstrumentRisk, shares: RiskShares) -> RiskShares:
    """Where nothing is held that moves, there is no risk to share, and nothing is hedged."""
    moving = ~risk.inert[held.row]
    idle = np.bincount(held.portfolio[moving], minlength=len(held.portfolios)) == 0
    return RiskShares(
        factor=np.where(idle[:, None], 0.0, shares.factor),
        specific=np.where(idle, 0.0, shares.specific),
        volatility=np.where(idle, 0.0, shares.volatility),
    )


def _why_scenarios(scenarios: ScenarioSet, missing: IntArray, why: Reason) -> Mapping[str, Reason]:
    """Why scenarios, by their places, lack a result: because of themselves, or else of what is held."""
    own = {scenarios.ids[at]: Reason(int(scenarios.reasons[at])) for at in missing.tolist()}
    return {key: reason or why & BLOCKING or Reason.NO_HISTORY for key, reason in own.items()}


def _specific_variance(held: HeldRisk, assessed: AssessedMarket) -> FloatArray:
    """Of each portfolio, USD^2 a day: what is held of one underlying is added before it is squared."""
    risk, count = assessed.risk, len(assessed.instrument_id)
    exposure = held.shares * risk.dollar_delta[held.row]
    known = ~np.isnan(exposure)
    book = Book.of(
        exposure[known],
        held.weight[known],
        asset=risk.underlying[held.instrument[known]],
        portfolio=held.portfolio[known],
        assets=count,
        portfolios=len(held.portfolios),
    )
    return square_sums(book, risk.residual_variance[:count])


def combined_reasons(held: HeldRisk, reasons: IntArray) -> IntArray:
    """All reasons of what each portfolio holds, (B,)."""
    flags = np.zeros(len(held.portfolios), dtype=np.int64)
    np.bitwise_or.at(flags, held.portfolio, reasons)
    return flags


def existing_portfolios(held: HeldRisk) -> list[tuple[int, Portfolio]]:
    """The portfolios that exist at the session, with their places."""
    return [(at, each) for at, each in enumerate(held.portfolios) if each.opened_on <= held.as_of]


def left_out_positions(held: HeldRisk, reasons: IntArray, at: int) -> tuple[NotIncluded, ...]:
    """What a portfolio, by its place, holds that its reasons, (P,), block."""
    mine = np.arange(held.first[at], held.first[at + 1])
    blocked = mine[(reasons[mine] & int(BLOCKING)) > 0].tolist()
    listed = (
        NotIncluded(held.symbol(each), ",".join((Reason(int(reasons[each])) & BLOCKING).words)) for each in blocked
    )
    return tuple(dict.fromkeys(listed))


def _why_exposures(
    factors: FactorSet, made_of: tuple[FloatArray, FloatArray, FloatArray], why: Reason
) -> Mapping[str, Reason]:
    """Why each missing number of exposures, betas and risk shares is missing."""
    exposure, beta, risk_share = made_of
    of_positions = why & BLOCKING or Reason.NO_HISTORY
    reasons = {
        name: Reason.NO_HISTORY if not usable else of_positions
        for name, usable, value in zip(factors.names, factors.usable, exposure, strict=True)
        if np.isnan(value)
    }
    known = ~np.isnan(exposure)
    if known.any() and np.isnan(beta[known]).any():
        reasons["beta"] = Reason.NAV_NOT_POSITIVE
    if np.isnan(risk_share).all():
        why_none = Reason.FULLY_HEDGED if known.any() else of_positions
        reasons |= {"risk_share": why_none, "specific_share": why_none}
    if not known.any():
        reasons["volatility"] = of_positions
    return reasons
