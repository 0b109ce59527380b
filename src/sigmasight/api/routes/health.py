"""Whether the process lives, and whether it can serve."""

from datetime import date
from http import HTTPStatus

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from sigmasight.api.site import SiteDep
from sigmasight.domain.errors import DatabaseError
from sigmasight.store.migrate import HEAD, level_of
from sigmasight.store.runs import last_finished

router = APIRouter(prefix="/health", tags=["system"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "ok"


class Ready(BaseModel):
    """What the process needs to serve."""

    status: str = Field(description="ok, or what is missing.")
    database: bool
    migration_level: str | None
    wanted_level: str
    last_night: date | None = Field(description="The last session whose night has ended; None before the first.")
    last_completed_session: date


@router.get("/live")
async def live() -> Alive:
    """Whether the process answers; it looks at nothing else."""
    return Alive()


@router.get("/ready")
def ready(site: SiteDep, response: Response) -> Ready:
    """Whether database and schema are there, and how old the last night is; 503 where they are not."""
    completed = site.application.last_completed
    try:
        with site.application.db.read() as conn:
            level, last = level_of(conn), last_finished(conn)
    except DatabaseError:
        level, last, status = None, None, "no database"
    else:
        status = "ok" if level == HEAD else "schema of another version"
    if status != "ok":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    return Ready(
        status=status,
        database=level is not None,
        migration_level=level,
        wanted_level=HEAD,
        last_night=last,
        last_completed_session=completed,
    )
