"""What is known of option contracts: priced at an instant, and as facts of a session."""

import enum
from dataclasses import dataclass, fields

import numpy as np

from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray


class Accuracy(enum.StrEnum):
    """How exactly an American price is wanted."""

    FAST = "fast"  # within 2e-5 of the strike
    ACCURATE = "accurate"  # within 1e-6 of the strike


class PricingModel(enum.IntEnum):
    """By which model a contract was priced; the name in lower case is the word that is stored and shown."""

    NONE = 0  # not priced
    EUROPEAN = 1  # Black-Scholes-Merton
    AMERICAN = 2  # spectral collocation of the exercise boundary
    TREE = 3  # binomial: dated dividends, or a boundary on both sides
    FORWARD = 4  # Black on the forward that put-call parity implies


class VolatilitySource(enum.IntEnum):
    """Where a contract's volatility comes from; the name in lower case is the word that is stored and shown."""

    NONE = 0
    QUOTE = 1  # implied by the contract's own price
    SMILE = 2  # of the contracts of the same expiry
    REALISED = 3  # of the underlying's returns: an estimate
    ASSUMED = 4  # 25 %: an estimate


class ImpliedStatus(enum.IntEnum):
    """What became of the search for a volatility; the name in lower case is the word that is shown."""

    OK = 0
    NOT_FINITE = 1  # an input is missing
    EXPIRED = 2
    BELOW_INTRINSIC = 3  # at or below the least that the model can give
    ABOVE_MAXIMUM = 4  # at or above what any volatility gives
    LOW_VEGA = 5  # so far from the money that the price says nothing about volatility


class DividendSource(enum.IntEnum):
    """What is known of an underlying's dividends over a contract's life; stored and shown in lower case."""

    NONE = 0  # not known, or implied by the forward
    DATED = 1  # announced cash dividends
    YIELD = 2  # the instrument's yield
    TRAILING = 3  # what was paid in the last year, as a yield


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionInputs:
    """What the price of N contracts depends on; NaN in, NaN out."""

    spot: FloatArray  # (N,) USD, >= 0
    strike: FloatArray  # (N,) USD, > 0
    tau_years: FloatArray  # (N,) to expiry, > 0
    rate: FloatArray  # (N,) continuous, per year
    dividend_yield: FloatArray  # (N,) continuous, per year
    volatility: FloatArray  # (N,) per year, >= 0
    is_call: BoolArray  # (N,)

    def __len__(self) -> int:
        return len(self.spot)

    def rows(self, which: slice | IntArray | BoolArray) -> "OptionInputs":
        """Some of the contracts."""
        return OptionInputs(**{field.name: getattr(self, field.name)[which] for field in fields(self)})

    def paired(self) -> "OptionInputs":
        """The contracts, a single one twice: numpy adds up one column in another order than several."""
        return self.rows(np.zeros(2, dtype=np.int64)) if len(self) == 1 else self


@dataclass(frozen=True, slots=True)
class DatedDividends:
    """E cash dividends inside the lives of contracts."""

    contract: IntArray  # (E,) index of the contract
    tau_years: FloatArray  # (E,) to the ex-date
    amount: FloatArray  # (E,) USD per share


@dataclass(frozen=True, slots=True)
class OptionValues:
    """N contracts priced, per share and in inner units: raw derivatives, years, fractions."""

    price: FloatArray  # (N,) USD
    delta: FloatArray  # (N,) per $1 of spot
    gamma: FloatArray  # (N,) change of delta per $1
    theta: FloatArray  # (N,) USD per year that passes
    vega: FloatArray  # (N,) USD per 1.00 of volatility
    rho: FloatArray  # (N,) USD per 1.00 of the rate


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionFacts:
    """What is known of R contracts, each at one session's close: inputs, price, Greeks per share in people's units.

    NaN where not known; ``reasons`` says why. Greeks and price are NaN if and only if a reason is blocking.
    """

    instrument_id: IntArray  # (R,)
    as_of: DayArray  # (R,) session
    spot: FloatArray  # (R,) USD, of the underlying
    tau_years: FloatArray  # (R,) to expiry
    rate: FloatArray  # (R,) continuous
    dividend_yield: FloatArray  # (R,) continuous; what carries the spot to ``forward``
    dividend_source: IntArray  # (R,) DividendSource
    forward: FloatArray  # (R,) USD, at expiry
    volatility: FloatArray  # (R,)
    volatility_source: IntArray  # (R,) VolatilitySource
    model: IntArray  # (R,) PricingModel
    quote_day: DayArray  # (R,) session of the market price; NaT without one
    market_price: FloatArray  # (R,) USD per share: mid, else last
    price: FloatArray  # (R,) USD per share, by the model
    delta: FloatArray  # (R,) per share
    gamma: FloatArray  # (R,) per $1
    theta_per_day: FloatArray  # (R,) per calendar day, never more than the price
    vega_per_point: FloatArray  # (R,) per 1 point of volatility
    rho_per_percent: FloatArray  # (R,) per 1 % of the rate
    reasons: IntArray  # (R,) Reason flags, blocking and informing

    @classmethod
    def none(cls) -> "OptionFacts":
        """Facts of no contract at all."""
        days, counts = ("as_of", "quote_day"), ("dividend_source", "volatility_source", "model", "reasons")
        dtypes = dict.fromkeys(days, "datetime64[D]") | dict.fromkeys(("instrument_id", *counts), "int64")
        return cls(**{f.name: np.empty(0, dtype=dtypes.get(f.name, "float64")) for f in fields(cls)})

    def rows(self, which: IntArray) -> "OptionFacts":
        """Some of the facts."""
        return OptionFacts(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


@dataclass(frozen=True, slots=True)
class UnitGreeks:
    """Greeks of one share (or of one share under an option) of each of N instruments, in people's units."""

    delta: FloatArray  # (N,) per share; 1 for a share itself
    gamma: FloatArray  # (N,) per $1
    theta_per_day: FloatArray  # (N,) USD per calendar day
    vega_per_point: FloatArray  # (N,) USD per 1 point of volatility
    rho_per_percent: FloatArray  # (N,) USD per 1 % of the rate

    def rows(self, which: IntArray | BoolArray) -> "UnitGreeks":
        """Some of the instruments, in any order and number."""
        return UnitGreeks(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class PositionGreeks:
    """Greeks of P positions: unit Greek x quantity x multiplier; NaN where not known."""

    delta: FloatArray  # (P,) shares that would move as much
    gamma: FloatArray  # (P,) change of delta per $1
    theta_per_day: FloatArray  # (P,) USD
    vega_per_point: FloatArray  # (P,) USD
    rho_per_percent: FloatArray  # (P,) USD
    dollar_delta: FloatArray  # (P,) USD: delta x S, the one that is added across underlyings
    dollar_gamma: FloatArray  # (P,) USD: change of dollar delta's worth per 1 % move, 0.01 x gamma x S^2
