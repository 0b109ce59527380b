"""One market at one session's close, with all that its instruments are assessed with: facts, frozen, read only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from sigmasight.domain.factor_facts import Betas, FactorSet
from sigmasight.domain.market_data import IntArray
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import Reason
from sigmasight.domain.scenarios import Scenario
from sigmasight.risk.frames import MarketFrame, ids_of
from sigmasight.risk.instrument_risk import InstrumentRisk, assess_instruments
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.portfolio_risk import AssessedMarket
from sigmasight.risk.scenarios import ScenarioSet, arrange_scenarios
from sigmasight.risk.states import PricedSession


@dataclass(frozen=True, slots=True)
class SessionMarket:
    """N instruments of a frame at a session."""

    frame: MarketFrame
    at: int  # index of the session
    facts: OptionFacts  # of its contracts
    options: OptionMarket | None  # the contracts with facts; None where there are none
    factors: FactorSet
    betas: Betas

    @property
    def as_of(self) -> date:
        """The session."""
        day: date = self.frame.sessions.days[self.at].item()
        return day

    def assess(self, scenarios: Sequence[Scenario]) -> AssessedMarket:
        """What one share of each instrument brings, into portfolios of either kind, under scenarios."""
        arranged = arrange_scenarios(scenarios, self.factors)
        strict = self._assessed(arranged, allow_estimates=False)
        lenient = self._assessed(arranged, allow_estimates=True) if self._has_estimates() else strict
        ids = ids_of(self.frame.instruments)
        return AssessedMarket.of(ids, self.factors, arranged, strict=strict, lenient=lenient)

    def priced(self, *, allow_estimates: bool) -> PricedSession:
        """The instruments as portfolios take them that allow estimates, or do not."""
        return PricedSession.of(self.frame, self.at, self.facts, self.options, allow_estimates=allow_estimates)

    def with_contracts(self, ids: IntArray) -> "SessionMarket":
        """The same market where of its contracts only some are priced; the others are not known."""
        return replace(self, facts=self.facts.rows(np.flatnonzero(np.isin(self.facts.instrument_id, ids))))

    def _assessed(self, scenarios: ScenarioSet, *, allow_estimates: bool) -> InstrumentRisk:
        return assess_instruments(
            self.frame,
            self.at,
            facts=self.facts,
            options=self.options,
            factors=self.factors,
            betas=self.betas,
            scenarios=scenarios,
            allow_estimates=allow_estimates,
        )

    def _has_estimates(self) -> bool:
        """Whether there is anything that portfolios of the two kinds take differently."""
        estimated = (self.facts.reasons & int(Reason.ESTIMATED)) > 0
        return bool(estimated.any() or np.isnan(self.betas.yield_beta).any())
