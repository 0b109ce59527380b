"""One portfolio's snapshot, made because its owner asks for it."""

from datetime import date
from uuid import UUID

from sigmasight.domain.errors import ConflictError
from sigmasight.domain.snapshots import Snapshot
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import make_results
from sigmasight.store.database import Connection
from sigmasight.store.people import owned_portfolio


def make_snapshot(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, last_completed: date
) -> Snapshot:
    """Make the last completed session's snapshot of a user's portfolio and all results beside it, replacing them.

    What is stored of the market is taken as it is; nobody is asked for more.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        ConflictError: If it was opened later.
    """
    portfolio = owned_portfolio(conn, user_id, portfolio_id)
    if last_completed < portfolio.opened_on:
        raise ConflictError(
            f"{portfolio.name} was opened on {portfolio.opened_on}; the last completed session is {last_completed}."
        )
    made = make_results(conn, valuation, [portfolio], {portfolio.id: {last_completed}})
    return made.snapshots[0]
