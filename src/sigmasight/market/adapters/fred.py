"""FRED, the Federal Reserve Bank of St. Louis: Treasury par yields.

Format: https://fred.stlouisfed.org/docs/api/fred/series_observations.html (file_type=json). Values come as text, in
percent; a day without one has a point. A bad key is answered with 400.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sigmasight.domain.market_data import Yields
from sigmasight.market.adapters.answers import day_of, number_of, rows_in
from sigmasight.market.adapters.client import VendorClient
from sigmasight.market.requests import RateRequest, Request

_PAGE = "series/observations"
_MISSING = "."
_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Fred:
    """Fills the port Rates."""

    client: VendorClient  # with api_key and file_type among its parameters

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return self.client.name

    @property
    def subjects_at_once(self) -> int:
        """Each has a call of its own."""
        return 1

    def calls_for(self, request: Request) -> int:
        """How many calls a request takes."""
        return len(request.series) if isinstance(request, RateRequest) else 0

    def yields(self, series: Sequence[str], first: date, last: date) -> Mapping[str, Yields]:
        """Par yields, as fractions, from ``first`` to ``last``; one call a series."""
        return {each: self._yields(each, first, last) for each in series}

    def _yields(self, series: str, first: date, last: date) -> Yields:
        span = {"observation_start": first.isoformat(), "observation_end": last.isoformat()}
        found = self.client.get(_PAGE, {"series_id": series, **span})
        if not isinstance(found, dict) or "observations" not in found:
            said = found.get("error_message") if isinstance(found, dict) else None
            raise self.client.refusal(_PAGE, said or f"no observations in the answer for {series}")
        rows = [row for row in rows_in(found["observations"], self.name) if row.get("value") != _MISSING]
        days = [day_of(row.get("date"), self.name) for row in rows]
        percent = np.array([number_of(row.get("value")) for row in rows], dtype=np.float64)
        values = np.round(percent / 100.0, _DECIMALS)  # 4.86 is 0.0486, not the float beside it
        return Yields(series, np.array(days, dtype="datetime64[D]"), values)
