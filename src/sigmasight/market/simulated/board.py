"""The option board: which contracts are quoted on which sessions.

A contract on the board stays there until its expiry; on that session it is quoted at its intrinsic value, afterwards
not at all. Contracts that exist but lie outside the chain's range of strikes are quoted to those who ask for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import IntArray, OptionQuotes
from sigmasight.market.simulated.columns import locked
from sigmasight.market.simulated.listings import first_listed_day, is_listed, listed_expiries, strikes_between
from sigmasight.market.simulated.model import Cells, OptionModel
from sigmasight.market.simulated.quoting import Screen, show_quotes
from sigmasight.market.simulated.timeline import days_of
from sigmasight.market.simulated.volatility import SMILES, VIX

_REACH = (0.82, 1.2)  # the chain goes from and to these shares of the lowest and highest close since the listing
_VIX_REACH = (0.7, 1.5)


@dataclass(frozen=True, slots=True)
class OptionBoard:
    """Quotes of the listed contracts, from the vendor's model."""

    model: OptionModel

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> tuple[OptionQuotes, ...]:
        """Quotes of those contracts that exist, on the sessions from ``first`` to ``last`` on which they are listed."""
        known = [terms for terms in contracts if is_listed(terms, self.model.calendar)]
        return self._quote(known, [self._listed_sessions(terms, first, last) for terms in known])

    def chain(self, underlying: str, as_of: date) -> tuple[OptionQuotes, ...]:
        """The chain of an underlying at one session's close: expiry by expiry, strike by strike, call and put."""
        days = self._positions(as_of, as_of)
        if underlying not in SMILES or not days.size:
            return ()
        contracts = [
            OptionTerms(underlying, expiry, right, strike)
            for expiry in listed_expiries(underlying, as_of, self.model.calendar)
            for strike in strikes_between(underlying, *self._strike_range(underlying, expiry, as_of))
            for right in Right
        ]
        return self._quote(contracts, [days] * len(contracts))

    def _quote(self, contracts: Sequence[OptionTerms], days: Sequence[IntArray]) -> tuple[OptionQuotes, ...]:
        """Quote each contract on its own days, all priced at once."""
        if not contracts:
            return ()
        counts = [len(positions) for positions in days]
        rows = [terms for terms, count in zip(contracts, counts, strict=True) for _ in range(count)]
        cells = Cells(rows, np.concatenate(days))
        ordinals = self.model.sessions[cells.at]
        screen = show_quotes(cells, prices=self.model.prices(cells), spots=self.model.spots(cells), ordinals=ordinals)
        ends = np.cumsum(counts).tolist()
        parts = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
        return tuple(
            _option_quotes(terms, ordinals, screen, part) for terms, part in zip(contracts, parts, strict=True)
        )

    def _listed_sessions(self, terms: OptionTerms, first: date, last: date) -> IntArray:
        listed = first_listed_day(terms.underlying, terms.expiry)
        return self._positions(max(first, listed), min(last, terms.expiry))

    def _strike_range(self, underlying: str, expiry: date, as_of: date) -> tuple[float, float]:
        """Only ever wider as time goes by, so that no contract leaves the chain before its expiry."""
        seen = self.model.closes(underlying)[self._positions(first_listed_day(underlying, expiry), as_of)]
        down, up = _VIX_REACH if underlying == VIX else _REACH
        return float(seen.min()) * down, float(seen.max()) * up

    def _positions(self, first: date, last: date) -> IntArray:
        """Positions of the sessions from ``first`` to ``last``."""
        sessions = self.model.sessions
        return np.arange(
            np.searchsorted(sessions, first.toordinal()), np.searchsorted(sessions, last.toordinal(), side="right")
        )


def _option_quotes(terms: OptionTerms, ordinals: IntArray, screen: Screen, part: slice) -> OptionQuotes:
    columns = (screen.bid, screen.ask, screen.last, screen.volume, screen.open_interest)
    return OptionQuotes(terms, locked(days_of(ordinals[part])), *(locked(column[part]) for column in columns))
