"""Greeks of a portfolio, and of contracts that nobody need hold."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, MethodName, place_of
from sigmasight.api.shapes.greeks import LONGEST_YEARS, Contract, Contracts, GreekBy, Greeks, PricedContracts
from sigmasight.api.site import Reader
from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import InvalidEntryError, NotATradingDayError
from sigmasight.domain.instruments import Right
from sigmasight.domain.methods import Method
from sigmasight.library.options import greeks
from sigmasight.services.greeks import GreekGrouping, report_greeks

router = APIRouter(tags=["greeks"])

_GROUPS = {
    GreekBy.POSITION: GreekGrouping.PORTFOLIO,
    GreekBy.UNDERLYING: GreekGrouping.UNDERLYING,
    GreekBy.EXPIRY: GreekGrouping.EXPIRY,
}


@router.get("/portfolios/{portfolio_id}/greeks")
def read_greeks(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    by: Annotated[GreekBy, Query(description="One line for each of these.")] = GreekBy.POSITION,
    method: MethodName = Method.DEFAULT,
) -> Greeks:
    """Greeks of the portfolio, and of each position, underlying or expiry."""
    with desk.reading() as conn:
        place = place_of(conn, desk, portfolio_id, as_of)
        return Greeks.of(report_greeks(*place, _GROUPS[by], method=method), by)


@router.post("/greeks")
def price_contracts(desk: Reader, given: Contracts) -> PricedContracts:
    """Price contracts with their Greeks from plain numbers; nothing is looked up or stored."""
    application = desk.site.application
    as_of, calendar = given.as_of or application.last_completed, application.calendar
    if not calendar.is_trading_day(as_of):
        raise NotATradingDayError(f"{as_of} is no trading day; contracts live from a session's close")
    rows = given.contracts
    found = greeks(
        spot=[each.spot for each in rows],
        strike=[each.strike for each in rows],
        tau_years=[_tau_years(calendar, each, as_of) for each in rows],
        rate=[each.rate for each in rows],
        dividend_yield=[each.dividend_yield for each in rows],
        volatility=[each.volatility for each in rows],
        is_call=[each.type is Right.CALL for each in rows],
        style=[each.style for each in rows],
        accuracy=given.accuracy,
    )
    return PricedContracts.of(found, as_of, given.accuracy)


def _tau_years(calendar: TradingCalendar, contract: Contract, as_of: date) -> float:
    if contract.expiry is None:
        return contract.tau_years or 0.0
    years = calendar.years_to_expiry(as_of, contract.expiry)
    if years > LONGEST_YEARS:
        raise InvalidEntryError(f"{contract.expiry} lies more than {LONGEST_YEARS:g} years after {as_of}")
    return years
