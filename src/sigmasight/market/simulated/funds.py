"""What the simulated funds report: shares of the simulated market, and the rest as lines without a ticker.

A broad share fund holds every share by its market capitalisation, tilted to the fund's styles; a small-cap fund the
small ones, a sector's fund those of the sector. The simulated shares are a part of a larger market: what is left of a
fund is "Other shares". Other funds hold bonds, metals or foreign shares, which have no ticker here. Reports are of
month ends.
"""

import math
from datetime import date, timedelta

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import Kind
from sigmasight.market.simulated.universe import STYLES, Listing, universe

_INVESTED = 0.985  # of the net assets; the rest is cash
_WHOLE_MARKET = 56e12  # USD, of all listed companies; the simulated ones are a part of it
_SECTOR_SHARE = 0.8  # of a sector's fund, that its simulated companies make up
_SMALL_CAP = 20e9  # USD, below which a company is small
_SMALL_CAP_TILT = 0.4  # on Size, from which a fund holds small companies alone
_FUNDS = (Kind.ETF, Kind.MUTUAL_FUND)


def report_of(fund: str, as_of: date) -> FundHoldings | None:
    """A fund's report of the last month end before a day; None for what is no fund."""
    listing = universe().get(fund)
    if listing is None or listing.kind not in _FUNDS:
        return None
    lines = _shares(listing) if _holds_shares(listing) else []
    rest = _INVESTED - math.fsum(line.weight for line in lines)
    other = "Other shares" if lines else listing.industry
    return FundHoldings(fund, as_of.replace(day=1) - timedelta(days=1), (*lines, Holding(None, other, rest)))


def _holds_shares(fund: Listing) -> bool:
    domestic = fund.group is None or fund.sector is not None
    return domestic and fund.tenor is None and fund.market > 0.0


def _shares(fund: Listing) -> list[Holding]:
    """Weights by market capitalisation and style, largest first."""
    largest = _SMALL_CAP if fund.styles[STYLES.index("size")] >= _SMALL_CAP_TILT else math.inf
    shares = [
        share for share in universe().values() if share.kind is Kind.STOCK and fund.sector in {None, share.sector}
    ]
    mine = [share for share in shares if (share.market_cap or 0.0) < largest]
    size = {share.symbol: (share.market_cap or 0.0) * math.exp(_tilt(fund, share)) for share in mine}
    whole = math.fsum(size.values()) / _SECTOR_SHARE if fund.sector else _WHOLE_MARKET
    weights = sorted(((amount / whole, symbol) for symbol, amount in size.items() if amount), reverse=True)
    return [Holding(symbol, universe()[symbol].name, weight) for weight, symbol in weights]


def _tilt(fund: Listing, share: Listing) -> float:
    return math.fsum(a * b for a, b in zip(fund.styles, share.styles, strict=True))
