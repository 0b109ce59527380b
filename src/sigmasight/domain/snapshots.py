"""What a portfolio's night comes to: one row for each portfolio and session."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.units import added, money

METHOD = Method.DEFAULT.value


@dataclass(frozen=True, slots=True)
class NotIncluded:
    """A position that a number leaves out, or takes with a mark, and why."""

    symbol: str
    reason: str  # words of the reasons, joined by a comma


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The numbers of a snapshot, unrounded; NaN if and only if ``reasons`` says why."""

    nav: float  # USD: cash + unmodelled assets + net exposure
    cash: float  # USD
    unmodelled_assets: float  # USD; carries no risk here
    market_value: float  # USD: sum of the absolute exposures
    gross: float  # USD: long - short
    net: float  # USD: long + short
    long: float  # USD, sum of the positive exposures
    short: float  # USD, sum of the negative exposures
    stock_exposure: float  # USD, signed: of all that is no option
    option_exposure: float  # USD, signed, at the options' own prices
    notional: float  # USD, signed
    delta_adjusted_exposure: float  # USD, signed
    leverage: float  # gross / NAV
    hhi: float  # sum of the squared concentration weights
    effective_positions: float  # 1 / HHI
    top_3: float  # share of the three largest in the sum of absolute delta-adjusted exposures
    top_10: float
    unrealised_pnl: float  # USD
    daily_pnl: float  # USD, since the session before
    cumulative_pnl: float  # USD, since the first position was brought in
    daily_return: float  # daily P&L / (NAV of the session before + flows)
    flows: float  # USD
    coverage_change: float  # USD: step of NAV because prices came or went
    dividends: float  # USD received (paid, when negative) in the step; part of the daily P&L
    delta: float  # USD: sum of dollar deltas, the only delta that can be added across underlyings
    gamma: float  # USD: sum of dollar gammas, what the dollar delta gains per 1 % that every underlying rises
    theta: float  # USD per calendar day
    vega: float  # USD per 1 point of volatility
    rho: float  # USD per 1 % of the rate
    beta: float
    value_at_risk: float  # USD, one day, positive


MEASURES = tuple(field.name for field in fields(Measures))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A portfolio at one session's close."""

    portfolio_id: UUID
    as_of: date
    method: str
    measures: Measures
    positions: int
    long_positions: int
    short_positions: int
    option_positions: int
    coverage: float  # share of gross that has a price, 0 to 1
    delta_coverage: float  # share of gross whose delta-adjusted exposure is known, 0 to 1
    reasons: dict[str, Reason]  # blocking, of every measure that is missing
    marks: Reason  # informing, of the whole row
    not_included: tuple[NotIncluded, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownExposures:
    """Exposures as faces show them, in cents: gross and net are the sums of the rounded parts, so that they add up."""

    gross: Decimal | None
    net: Decimal | None
    long: Decimal | None
    short: Decimal | None

    @classmethod
    def of(cls, long: float, short: float) -> "ShownExposures":
        """Round long and short, and add."""
        above, below = money(long), money(short)
        gross = None if above is None or below is None else above - below
        return cls(gross, added(above, below), above, below)


def shown_nav(measures: Measures) -> Decimal | None:
    """NAV as faces show it: the sum of the rounded cash, unmodelled assets, long and short; None where not known."""
    if money(measures.nav) is None:
        return None
    net = ShownExposures.of(measures.long, measures.short).net
    return added(money(measures.cash), money(measures.unmodelled_assets), net)
