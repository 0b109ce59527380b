"""One contract whose inputs are moved: what finite differences and identities are made of."""

from dataclasses import asdict, dataclass, replace

import numpy as np
from hypothesis import strategies as st
from scipy.special import ndtr

import sigmasight as ss
from sigmasight.domain.market_data import FloatArray

POINTS_4 = np.array([-2.0, -1.0, 1.0, 2.0])
SLOPE_4 = np.array([1.0, -8.0, 8.0, -1.0]) / 12
POINTS_5 = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
CURVATURE_4 = np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12


@dataclass(frozen=True, slots=True)
class Contract:
    """An option without dated dividends."""

    strike: float
    log_moneyness: float  # of the spot to the strike
    tau_years: float
    rate: float
    dividend_yield: float
    volatility: float
    is_call: bool

    @property
    def spot(self) -> float:
        return self.strike * float(np.exp(self.log_moneyness))

    @property
    def arguments(self) -> dict[str, float]:
        named = asdict(self)
        del named["log_moneyness"]
        return {"spot": self.spot, **named}

    @property
    def deviation(self) -> float:
        """Of the logarithm of the spot at expiry."""
        return self.volatility * float(np.sqrt(self.tau_years))

    @property
    def intrinsic(self) -> float:
        return max((self.spot - self.strike) * (1 if self.is_call else -1), 0.0)

    @property
    def dollars(self) -> float:
        """As much as the price can be: rounding errors are a share of it."""
        return max(self.spot, self.strike) * float(np.exp(max(0.0, -self.rate, -self.dividend_yield) * self.tau_years))

    @property
    def never_exercised(self) -> bool:
        """So that the American is the European."""
        interest, paid = self.rate, self.dividend_yield
        if self.is_call:
            interest, paid = paid, interest
        return interest <= 0 and paid >= interest

    @property
    def both_boundaries(self) -> bool:
        """Held in the middle and exercised on both sides: a tree."""
        low, high = self.dividend_yield, self.rate
        if self.is_call:
            low, high = high, low
        return low < high <= 0

    def values(self, style: str, accuracy: str = "fast", **moved: FloatArray | float) -> ss.Greeks:
        """With some of the inputs moved."""
        return ss.greeks(**{**self.arguments, **moved}, style=style, accuracy=accuracy)

    def prices(self, style: str, accuracy: str = "fast", **moved: FloatArray | float) -> FloatArray:
        return self.values(style, accuracy, **moved).price

    def slope(self, name: str, step: float, style: str, accuracy: str = "fast") -> float:
        """Of the price in an input: two points on each side."""
        here = self.arguments[name]
        return float(SLOPE_4 @ self.prices(style, accuracy, **{name: here + POINTS_4 * step}) / step)

    def curvature(self, step: float, style: str, accuracy: str = "fast") -> float:
        """Of the price in the spot."""
        return float(CURVATURE_4 @ self.prices(style, accuracy, spot=self.spot + POINTS_5 * step) / step**2)


def basis_points(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda points: points / 10_000)


any_contracts = st.builds(
    Contract,
    strike=st.integers(2, 4000).map(float),
    log_moneyness=basis_points(-4000, 4000),
    tau_years=st.integers(7, 3 * 365).map(lambda days: days / 365),
    rate=basis_points(-400, 1200),
    dividend_yield=basis_points(-300, 1000),
    volatility=basis_points(600, 12_000),
    is_call=st.booleans(),
)
contracts = any_contracts.filter(lambda contract: not contract.both_boundaries)


@st.composite
def doubly_bounded(draw: st.DrawFn) -> Contract:
    """A put with q < r <= 0 or a call with r < q <= 0."""
    high = draw(basis_points(-500, 0))
    low = high - draw(basis_points(20, 500))
    contract = draw(any_contracts)
    rate, dividend_yield = (low, high) if contract.is_call else (high, low)
    return replace(contract, rate=rate, dividend_yield=dividend_yield)


def black_scholes(contract: Contract) -> float:
    """By the book, for what is not extreme."""
    sign = 1 if contract.is_call else -1
    paid = contract.spot * np.exp(-contract.dividend_yield * contract.tau_years)
    owed = contract.strike * np.exp(-contract.rate * contract.tau_years)
    d1 = np.log(paid / owed) / contract.deviation + contract.deviation / 2
    return float(sign * (paid * ndtr(sign * d1) - owed * ndtr(sign * (d1 - contract.deviation))))
