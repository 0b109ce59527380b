"""Greeks: of a portfolio and its positions, and of contracts that somebody asks about."""

import enum
from datetime import date
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from sigmasight.api.shapes.answers import (
    Answer,
    Greek,
    Left,
    Money,
    Price,
    Ratio,
    greek,
    left_of,
    money,
    price,
    ratio,
)
from sigmasight.domain.instruments import ExerciseStyle, Right
from sigmasight.domain.options import Accuracy, PositionGreeks
from sigmasight.library.options import Greeks as UnitGreeks
from sigmasight.services.greeks import GreekLine, GreekReport, PositionLine

MOST_CONTRACTS = 10_000
LONGEST_YEARS = 30.0
_LARGEST = 1e7
_IN_DOLLARS = ("theta_per_day", "vega_per_point", "rho_per_percent", "dollar_delta", "dollar_gamma")


class GreekBy(enum.StrEnum):
    """One line for each of what."""

    POSITION = "position"
    UNDERLYING = "underlying"
    EXPIRY = "expiry"


class GreekSums(BaseModel):
    """Greeks of one or more positions: unit Greek x quantity x multiplier."""

    delta: Greek = Field(description="Shares that would move as much; null over several underlyings.")
    gamma: Greek = Field(description="Change of delta per $1; null over several underlyings.")
    theta_per_day: Money = Field(description="USD per calendar day.")
    vega_per_point: Money = Field(description="USD per 1 point of volatility.")
    rho_per_percent: Money = Field(description="USD per 1 % of the rate.")
    dollar_delta: Money = Field(description="USD: what adds up across underlyings.")
    dollar_gamma: Money = Field(description="USD per 1 % move.")


class GreekGroup(GreekSums):
    """Greeks of some positions, and what they cover."""

    group: str = Field(description="An underlying, an expiry, or none: what never expires.", examples=["AAPL"])
    positions: int
    coverage: Ratio = Field(description="Share of the group's gross whose dollar delta is known.")
    not_included: list[Left]

    @classmethod
    def of(cls, line: GreekLine) -> "GreekGroup":
        """The shape of a group."""
        return cls.model_validate(
            {
                "group": line.group,
                "positions": line.positions,
                **_sums(line),
                "coverage": ratio(line.coverage),
                "not_included": left_of(line.not_included),
            }
        )


class PositionGreek(GreekSums):
    """Greeks of one position, and of an option what they stand on."""

    symbol: str = Field(examples=["AAPL250815P00200000"])
    underlying: str = Field(examples=["AAPL"])
    quantity: float = Field(description="Short below 0; contracts of options.", examples=[-100])
    volatility: Ratio = Field(description="Per year; null: no option, or not known.")
    volatility_source: str | None = Field(description="quote, smile, realised, assumed.", examples=["quote"])
    model: str | None = Field(description="european, american, tree, forward.", examples=["american"])
    price: Price = Field(description="USD per share, by the model; of a share its close.")
    market_price: Price = Field(description="USD per share: mid, else last; of a share its close.")
    price_gap: Ratio = Field(description="The model's price less the market's, USD per share.")
    reasons: list[str] = Field(description="Why a Greek is not known, or what it is marked with.")

    @classmethod
    def of(cls, line: PositionLine) -> "PositionGreek":
        """The shape of a position's Greeks."""
        return cls.model_validate(
            {
                "symbol": line.symbol,
                "underlying": line.underlying,
                "quantity": line.quantity,
                **_sums(line.greeks),
                "volatility": ratio(line.volatility),
                "volatility_source": line.volatility_source,
                "model": line.model,
                "price": price(line.price),
                "market_price": price(line.market_price),
                "price_gap": ratio(line.price - line.market_price),
                "reasons": list(line.reasons.words),
            }
        )


class Greeks(Answer):
    """Greeks at a session's close."""

    by: GreekBy
    portfolio: GreekSums
    groups: list[GreekGroup] | None = Field(description="By underlying or expiry; the largest dollar delta first.")
    positions: list[PositionGreek] | None = Field(description="By position.")

    @classmethod
    def of(cls, report: GreekReport, by: GreekBy) -> "Greeks":
        """The shape of a report."""
        alone = by is GreekBy.POSITION
        return cls(
            as_of=report.as_of,
            method=report.method,
            coverage=ratio(report.whole.coverage),
            not_included=left_of(report.whole.not_included),
            by=by,
            portfolio=GreekSums.model_validate(_sums(report.whole)),
            groups=None if alone else [GreekGroup.of(line) for line in report.groups],
            positions=[PositionGreek.of(line) for line in report.positions] if alone else None,
        )


class Contract(BaseModel):
    """A contract to be priced; its life is told by `tau_years` or by `expiry`."""

    spot: Annotated[FiniteFloat, Field(ge=0.0, le=_LARGEST, description="Of the underlying, USD.")]
    strike: Annotated[FiniteFloat, Field(ge=0.001, le=_LARGEST, description="USD.")]
    type: Right
    volatility: Annotated[FiniteFloat, Field(ge=0.0, le=10.0, description="Per year, a fraction: 0.25 is 25 %.")]
    tau_years: Annotated[FiniteFloat | None, Field(le=LONGEST_YEARS, description="Years of 365 days.")] = None
    expiry: date | None = Field(default=None, description="At 16:00 in New York, from the close of `as_of`.")
    rate: Annotated[FiniteFloat, Field(ge=-0.5, le=0.5, description="Continuous, per year, a fraction.")] = 0.0
    dividend_yield: Annotated[FiniteFloat, Field(ge=-0.5, le=0.5, description="As the rate.")] = 0.0
    style: ExerciseStyle = ExerciseStyle.AMERICAN

    @model_validator(mode="after")
    def _one_life(self) -> "Contract":
        if (self.tau_years is None) == (self.expiry is None):
            raise ValueError("say either tau_years or expiry")
        return self


class Contracts(BaseModel):
    """Contracts to be priced."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-11-20",
                    "contracts": [
                        {
                            "spot": 201.5,
                            "strike": 200.0,
                            "type": "put",
                            "volatility": 0.28,
                            "expiry": "2027-01-15",
                            "rate": 0.041,
                            "dividend_yield": 0.005,
                        }
                    ],
                }
            ]
        }
    )

    contracts: Annotated[list[Contract], Field(min_length=1, max_length=MOST_CONTRACTS)]
    as_of: date | None = Field(default=None, description="A session; without it the last completed one.")
    accuracy: Accuracy = Field(default=Accuracy.FAST, description="fast: within 2e-5 of the strike; accurate: 1e-6.")


class ContractGreeks(BaseModel):
    """A contract's price and Greeks per share; four places, the price six."""

    price: Ratio = Field(description="USD per share.", examples=[7.214853])
    delta: Greek
    gamma: Greek
    theta_per_day: Greek = Field(description="USD per calendar day.")
    vega_per_point: Greek = Field(description="USD per 1 point of volatility.")
    rho_per_percent: Greek = Field(description="USD per 1 % of the rate.")
    status: str = Field(description="ok; exercise: worth its intrinsic value; expired.", examples=["ok"])


class PricedContracts(Answer):
    """Contracts priced, in the order in which they came."""

    contracts: list[ContractGreeks]

    @classmethod
    def of(cls, found: UnitGreeks, as_of: date, accuracy: Accuracy) -> "PricedContracts":
        """The shape of what was priced."""
        names = ("delta", "gamma", "theta_per_day", "vega_per_point", "rho_per_percent")
        known = ~np.isnan(found.price)
        return cls(
            as_of=as_of,
            method=accuracy,
            coverage=ratio(float(known.mean())),
            not_included=[
                Left(symbol=f"contracts[{at}]", reason=str(found.status[at])) for at in np.flatnonzero(~known).tolist()
            ],
            contracts=[
                ContractGreeks.model_validate(
                    {
                        "price": ratio(float(found.price[at])),
                        **{name: greek(float(getattr(found, name)[at])) for name in names},
                        "status": str(found.status[at]),
                    }
                )
                for at in range(len(found.price))
            ],
        )


def _sums(greeks: GreekLine | PositionGreeks) -> dict[str, object]:
    return {
        "delta": greek(float(greeks.delta)),
        "gamma": greek(float(greeks.gamma)),
        **{name: money(float(getattr(greeks, name))) for name in _IN_DOLLARS},
    }
