"""What the vendor's model says an option is worth, from a session's closes and yields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from sigmasight.domain.calendar import NEW_YORK, REGULAR_CLOSE, TradingCalendar
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.units import SECONDS_PER_YEAR
from sigmasight.market.simulated.rates import continuous_rates
from sigmasight.market.simulated.tree import TreeContracts, price_contracts
from sigmasight.market.simulated.volatility import SMILES, VIX, total_variance, vix_forward


@dataclass(frozen=True, slots=True)
class Cells:
    """B pairs of a contract and a session not after its expiry."""

    terms: Sequence[OptionTerms]  # B of them
    at: IntArray  # (B,) positions of sessions

    def only(self, chosen: BoolArray) -> "Cells":
        """The cells that a mask of shape (B,) chooses."""
        return Cells([terms for terms, wanted in zip(self.terms, chosen, strict=True) if wanted], self.at[chosen])

    def strikes(self) -> FloatArray:
        """Strikes in USD per share, shape (B,)."""
        return np.array([float(terms.strike) for terms in self.terms])

    def signs(self) -> FloatArray:
        """1 for a call, -1 for a put, shape (B,)."""
        return np.array([1.0 if terms.right is Right.CALL else -1.0 for terms in self.terms])


@dataclass(frozen=True, slots=True)
class OptionModel:
    """What option prices depend on, on T sessions."""

    calendar: TradingCalendar
    sessions: IntArray  # (T,) date ordinals
    par_yields: FloatArray  # (T, 4) as published, in the order of TREASURY_SERIES
    closes: Callable[[str], FloatArray]  # raw closes of an underlying, (T,)
    carry: Mapping[str, float]  # continuous dividend yield of each underlying that can be held

    def prices(self, cells: Cells) -> FloatArray:
        """Unrounded prices in USD per share, shape (B,); on the session of expiry the intrinsic value."""
        prices = np.asarray(np.maximum(cells.signs() * (self.spots(cells) - cells.strikes()), 0.0))
        expiry = np.array([terms.expiry.toordinal() for terms in cells.terms], dtype=np.int64)
        alive = self.sessions[cells.at] < expiry
        prices[alive] = price_contracts(self.contracts(cells.only(alive)))
        return prices

    def spots(self, cells: Cells) -> FloatArray:
        """Closes of the underlyings, shape (B,)."""
        at = cells.at.tolist()
        return np.array([self.closes(terms.underlying)[day] for terms, day in zip(cells.terms, at, strict=True)])

    def contracts(self, cells: Cells) -> TreeContracts:
        """The cells as the tree wants them; none may be on its expiry."""
        smiles = [SMILES[terms.underlying] for terms in cells.terms]
        years, spot = self._years(cells), self.spots(cells)
        rate = continuous_rates(self.par_yields[cells.at], years)
        on_forward = np.array([terms.underlying == VIX for terms in cells.terms], dtype=np.bool_)
        carry = np.array([self.carry.get(terms.underlying, 0.0) for terms in cells.terms])
        return TreeContracts(
            spot=spot,
            drift=np.where(on_forward, np.log(vix_forward(spot, years) / spot) / years, rate - carry),
            rate=rate,
            years=years,
            variance=total_variance(smiles, self.closes(VIX)[cells.at], years),
            skew=np.array([smile.skew for smile in smiles]),
            width=np.array([smile.width for smile in smiles]),
            wings=np.array([smile.wings for smile in smiles]),
            strike=cells.strikes(),
            sign=cells.signs(),
            american=~on_forward,
        )

    def _years(self, cells: Cells) -> FloatArray:
        """Years from each session's close to 16:00 in New York on the day of expiry, shape (B,)."""
        closing = {at: self._closing(at) for at in set(cells.at.tolist())}
        expiring = {terms.expiry: _expiring(terms.expiry) for terms in cells.terms}
        ends = np.array([expiring[terms.expiry] for terms in cells.terms])
        return np.asarray((ends - np.array([closing[at] for at in cells.at.tolist()])) / SECONDS_PER_YEAR)

    def _closing(self, at: int) -> float:
        return self.calendar.close_of(date.fromordinal(int(self.sessions[at]))).timestamp()


def _expiring(expiry: date) -> float:
    return datetime.combine(expiry, REGULAR_CLOSE, tzinfo=NEW_YORK).timestamp()
