"""Massive, formerly Polygon: option quotes and chains.

Formats: https://massive.com/docs/rest/options, pages aggregates/custom-bars (v2/aggs) and
snapshots/option-chain-snapshot (v3/snapshot/options), which comes in pages that ``next_url`` links. A snapshot has no
date: it is that of the last session. It lists adjusted contracts too, and an index's further roots (SPXW): their terms
look like a standard contract's, their ticker does not. Tickers are OCC symbols after "O:", indices stand after "I:".
What was not seen live stands in docs/reference/providers.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import inf

import numpy as np

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.domain.errors import ProviderError
from sigmasight.domain.instruments import OptionTerms, Right
from sigmasight.domain.market_data import OptionQuotes
from sigmasight.domain.symbols import has_occ_symbol, occ_symbol
from sigmasight.market.adapters.answers import Row, column, day_of, instant_of, number_of, require_symbol, rows_in
from sigmasight.market.adapters.client import Json, VendorClient
from sigmasight.market.requests import ChainRequest, QuoteRequest, Request

_INDICES = frozenset({"VIX", "SPX", "NDX", "RUT", "DJX"})
_REFUSALS = frozenset({"ERROR", "NOT_AUTHORIZED"})  # with status 200 too
_RIGHTS = {"call": Right.CALL, "put": Right.PUT}
_PAGE = 250
_MOST_BARS = 50_000


@dataclass(frozen=True, slots=True)
class Massive:
    """Fills the port Options."""

    client: VendorClient  # with the key in its headers

    @property
    def name(self) -> str:
        """As settings and rows spell it."""
        return self.client.name

    @property
    def subjects_at_once(self) -> int:
        """Each has a call of its own."""
        return 1

    def calls_for(self, request: Request) -> int:
        """How many calls a request takes; of a chain that was never asked its first page alone."""
        match request:
            case QuoteRequest(contracts):
                return len(contracts)
            case ChainRequest():
                return max(1, -(-request.listed // _PAGE))
        return 0

    def quotes(self, contracts: Sequence[OptionTerms], first: date, last: date) -> Sequence[OptionQuotes]:
        """Last prices of contracts by day; bid and ask of days gone by are not told. One call a contract."""
        found = (self._bars(terms, first, last) for terms in contracts if has_occ_symbol(terms))
        return [each for each in found if each is not None]

    def chain(self, underlying: str, as_of: date) -> Sequence[OptionQuotes]:
        """Every standard contract on an underlying, quoted at the close of a session, which must be the last one."""
        ticker = f"I:{underlying}" if underlying in _INDICES else underlying
        listed = []
        for page in self.client.pages(f"v3/snapshot/options/{ticker}", {"limit": _PAGE}):
            for row in rows_in(self._object(page).get("results") or [], self.name):
                terms = _terms(row, underlying, self.name)
                if terms is not None and terms.expiry >= as_of and _is_standard(row, terms):
                    listed.append(_quote(row, terms, as_of))
        return listed

    def _bars(self, terms: OptionTerms, first: date, last: date) -> OptionQuotes | None:
        ticker = f"O:{occ_symbol(terms)}"
        path = f"v2/aggs/ticker/{ticker}/range/1/day/{first}/{last}"
        found = self.client.get(path, {"adjusted": "false", "limit": _MOST_BARS}, missing_is_empty=True)
        page = {} if found is None else self._object(found)
        require_symbol([page], "ticker", ticker, self.name)
        rows = rows_in(page.get("results") or [], self.name)
        if not rows:
            return None
        none = np.full(len(rows), np.nan)
        days = np.array([_day_of_instant(row.get("t"), self.name) for row in rows], dtype="datetime64[D]")
        return OptionQuotes(terms, days, none, none, column(rows, "c"), column(rows, "v"), none)

    def _object(self, page: Json) -> Row:
        if not isinstance(page, dict):
            raise ProviderError(f"{self.name} answered no object")
        if str(page.get("status")) in _REFUSALS:
            raise self.client.refusal("answered", page.get("error") or page.get("message"))
        return page


def _day_of_instant(milliseconds: object, provider: str) -> date:
    """The day in New York of the instant at which a daily bar begins."""
    instant = instant_of(number_of(milliseconds) / 1000.0)
    if instant is None:
        raise ProviderError(f"{provider} answered a bar without a time")
    return instant.astimezone(NEW_YORK).date()


def _terms(row: Row, underlying: str, provider: str) -> OptionTerms | None:
    """A contract's terms; None where it is neither a call nor a put."""
    details = row.get("details")
    if not isinstance(details, dict) or "contract_type" not in details:
        raise ProviderError(f"{provider} answered a contract without its terms")
    strike = number_of(details.get("strike_price"))
    if not 0.0 < strike < inf:
        raise ProviderError(f"{provider} answered a contract without a strike")
    expiry, right = day_of(details.get("expiration_date"), provider), _RIGHTS.get(str(details["contract_type"]))
    return None if right is None else OptionTerms(underlying, expiry, right, Decimal(repr(strike)).normalize())


def _is_standard(row: Row, terms: OptionTerms) -> bool:
    """Whether a row is about the contract that its terms name, and not about an adjusted one or another root's."""
    return has_occ_symbol(terms) and _part(row, "details").get("ticker") == f"O:{occ_symbol(terms)}"


def _quote(row: Row, terms: OptionTerms, as_of: date) -> OptionQuotes:
    quote, trade, day = (_part(row, name) for name in ("last_quote", "last_trade", "day"))

    def one(part: Row, name: str) -> np.ndarray:
        return np.array([number_of(part.get(name))])

    last = one(trade, "price")
    return OptionQuotes(
        terms=terms,
        days=np.array([as_of], dtype="datetime64[D]"),
        bid=one(quote, "bid"),
        ask=one(quote, "ask"),
        last=np.where(np.isnan(last), one(day, "close"), last),
        volume=one(day, "volume"),
        open_interest=one(row, "open_interest"),
    )


def _part(row: Row, name: str) -> Row:
    part = row.get(name)
    return part if isinstance(part, dict) else {}
