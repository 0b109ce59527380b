"""What scenarios would do to a portfolio: the ten of market and rates, stress tests, a given shock, a grid."""

import enum
from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.place import AsOf, MethodName, place_of
from sigmasight.api.shapes.stress import GivenShock, StressGrid, StressResults
from sigmasight.api.site import Desk, Reader
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.methods import Method
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Category, Scenario
from sigmasight.services.scenarios import read_scenario
from sigmasight.services.spot_grid import spot_volatility_grid
from sigmasight.services.stress import active_scenarios, report_scenarios
from sigmasight.store.database import Connection

router = APIRouter(prefix="/portfolios/{portfolio_id}", tags=["stress"])

Positions = Annotated[
    int, Query(ge=0, le=1000, description="At most so many positions of each scenario, the largest first.")
]
_ALL = 1000
_GIVEN = {"id": "given", "category": "custom", "severity": "moderate", "active": True}


class MarketKind(enum.StrEnum):
    """What moves."""

    MARKET = "market"
    RATES = "rates"


@router.get("/scenarios")
def read_scenarios(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    kind: Annotated[MarketKind | None, Query(description="Without it, both.")] = None,
    method: MethodName = Method.DEFAULT,
    positions: Positions = _ALL,
) -> StressResults:
    """The market up and down by 5, 10 and 20 %, yields up and down by 100 and 200 basis points."""
    chosen = [each for each in MARKET_RISK_SCENARIOS if kind is None or each.category == kind.value]
    with desk.reading() as conn:
        return _results(conn, desk, portfolio_id, as_of, chosen, method, positions=positions)


@router.get("/stress")
def read_stress(
    desk: Reader,
    portfolio_id: UUID,
    as_of: AsOf = None,
    category: Annotated[Category | None, Query(description="Without it, all.")] = None,
    scenario: Annotated[str | None, Query(max_length=60, description="One scenario, by its id.")] = None,
    method: MethodName = Method.DEFAULT,
    positions: Positions = _ALL,
) -> StressResults:
    """All active stress tests, one's own too: direct, correlated, by factor and by position, how plausible."""
    with desk.reading() as conn:
        known = active_scenarios(conn, desk.user_id)
        chosen = [each for each in known if category in {None, each.category} and scenario in {None, each.id}]
        return _results(conn, desk, portfolio_id, as_of, chosen, method, positions=positions)


@router.post("/stress")
def stress_with(
    desk: Reader,
    portfolio_id: UUID,
    given: GivenShock,
    as_of: AsOf = None,
    method: MethodName = Method.DEFAULT,
    positions: Positions = _ALL,
) -> StressResults:
    """What a shock of one's own would do; nothing is stored."""
    with desk.reading() as conn:
        chosen = [read_scenario(conn, {**given.model_dump(mode="json"), **_GIVEN})]
        return _results(conn, desk, portfolio_id, as_of, chosen, method, positions=positions)


@router.get("/stress/grid")
def read_stress_grid(desk: Reader, portfolio_id: UUID, as_of: AsOf = None) -> StressGrid:
    """Every spot from -30 to +30 % against every volatility from -10 to +20 points, options priced again."""
    with desk.reading() as conn:
        return StressGrid.of(spot_volatility_grid(*place_of(conn, desk, portfolio_id, as_of)))


def _results(
    conn: Connection,
    desk: Desk,
    portfolio_id: UUID,
    as_of: date | None,
    chosen: Sequence[Scenario],
    method: Method,
    *,
    positions: int,
) -> StressResults:
    place = place_of(conn, desk, portfolio_id, as_of)
    if not chosen:
        raise NotFoundError("No active scenario is of that category and id.")
    return StressResults.of(report_scenarios(*place, chosen, method=method), positions)
