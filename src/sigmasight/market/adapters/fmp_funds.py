"""What Financial Modeling Prep says that funds hold.

Formats: https://site.financialmodelingprep.com/developer/docs/stable, pages holdings (etf/holdings: weights in percent;
its ``updatedAt`` is when the vendor wrote it down), disclosures-dates (funds/disclosure-dates) and
mutual-fund-disclosures (funds/disclosure: what a fund filed for a quarter, pctVal in percent). A line without a ticker
has an empty one or "N/A".
"""

from collections.abc import Callable, Mapping
from datetime import date

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.market.adapters.answers import Row, day_of, each_once, number_of, require_symbol, text_of, ticker_of

Ask = Callable[[str, Mapping[str, str]], list[Row]]
"""A page and its parameters; its rows."""

_PERCENT = 100.0


def fund_report(ask: Ask, fund: str, theirs: str, as_of: date, provider: str) -> FundHoldings | None:
    """A fund's last report that was there at a day; None where the vendor has none.

    Args:
        ask: Asks the vendor.
        fund: The fund's canonical symbol.
        theirs: As the vendor spells it.
        as_of: A report of a later day is not taken; one without a day of its own is of this one.
        provider: The vendor's name, for messages.

    Raises:
        ProviderError: If the vendor does not answer as agreed.
    """
    rows = each_once(ask("etf/holdings", {"symbol": theirs}))
    require_symbol(rows, "symbol", theirs, provider)
    if rows:
        told = [day_of(row["updatedAt"], provider) for row in rows if row.get("updatedAt")]
        return FundHoldings(fund, min([*told, as_of]), tuple(_line(row, _PAGE) for row in rows))
    return _disclosed(ask, fund, theirs, as_of, provider)


_PAGE = {"symbol": "asset", "weight": "weightPercentage", "shares": "sharesNumber", "value": "marketValue"}
_FILING = {"symbol": "symbol", "weight": "pctVal", "shares": "balance", "value": "valUsd"}


def _disclosed(ask: Ask, fund: str, theirs: str, as_of: date, provider: str) -> FundHoldings | None:
    dates = ask("funds/disclosure-dates", {"symbol": theirs})
    filed = sorted(((day_of(row["date"], provider), row) for row in dates if row.get("date")), key=lambda each: each[0])
    known = [(day, row) for day, row in filed if day <= as_of]
    if not known:
        return None
    day, row = known[-1]
    period = {"year": str(row.get("year")), "quarter": str(row.get("quarter"))}
    rows = each_once(ask("funds/disclosure", {"symbol": theirs, **period}))
    return FundHoldings(fund, day, tuple(_line(each, _FILING) for each in rows)) if rows else None


def _line(row: Row, names: Mapping[str, str]) -> Holding:
    return Holding(
        symbol=ticker_of(row.get(names["symbol"])),
        name=text_of(row.get("name")) or text_of(row.get("title")) or "not named",
        weight=number_of(row.get(names["weight"])) / _PERCENT,
        shares=number_of(row.get(names["shares"])),
        market_value=number_of(row.get(names["value"])),
    )
