"""The factors, their correlations, and portfolios on them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, MarketName, MethodName, place_of
from sigmasight.api.shapes.factors import FactorCorrelations, FactorExposures, Factors, FactorView
from sigmasight.api.site import Reader, SiteDep
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.domain.methods import Method
from sigmasight.services.factors import report_factors
from sigmasight.store.factor_facts import last_factor_day, load_factor_set
from sigmasight.store.reference import load_factors

router = APIRouter(tags=["factors"])


@router.get("/factors")
def list_factors(site: SiteDep) -> Factors:
    """The factors as they are defined, with the funds that stand for them. For everybody."""
    with site.application.db.read() as conn:
        return Factors.of(load_factors(conn))


@router.get("/factors/correlations")
def read_factor_correlations(
    desk: Reader,
    as_of: Annotated[date | None, Query(description="The session; without it, the last one that is stored.")] = None,
    market: MarketName = Market.LIVE,
) -> FactorCorrelations:
    """Correlations, volatilities and collinearity of the factors at a session, as its night stored them."""
    with desk.reading() as conn:
        day = as_of or last_factor_day(conn, market)
        found = None if day is None else load_factor_set(conn, market, day)
    if found is None:
        raise NotFoundError(f"No factors of {as_of or 'any session'} are stored of the {market} market.")
    return FactorCorrelations.of(market, found)


@router.get("/portfolios/{portfolio_id}/factors")
def read_factors(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    view: Annotated[FactorView, Query(description="With or without each position.")] = FactorView.PORTFOLIO,
    method: MethodName = Method.DEFAULT,
) -> FactorExposures:
    """Factor exposures, betas and risk shares of the portfolio, and betas of positions with their errors."""
    with desk.reading() as conn:
        report = report_factors(*place_of(conn, desk, portfolio_id, as_of), method=method)
    return FactorExposures.of(report, method, view)
