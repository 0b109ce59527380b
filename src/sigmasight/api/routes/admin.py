"""For administrators: users, nights, coverage, providers, the audit log."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from sigmasight.api.shapes.admin import (
    AddedUser,
    Audit,
    Entry,
    Night,
    Nights,
    Providers,
    Run,
    Runs,
    RunWithSteps,
    Spent,
    Step,
    User,
    UserChange,
    Users,
)
from sigmasight.api.site import Admin
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.services.market_sources import KINDS
from sigmasight.services.users import add_person, change_account
from sigmasight.store.people import load_account, load_accounts
from sigmasight.store.provider_usage import usage_between
from sigmasight.store.reference import load_audit
from sigmasight.store.runs import find_run, load_runs, nightly_coverage, steps_of
from sigmasight.wiring.passwords import hash_password

router = APIRouter(prefix="/admin", tags=["admin"])

Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many.")]
Cursor = Annotated[int | None, Query(ge=1, description="`next` of the page before.")]
Sessions = Annotated[int, Query(ge=1, le=1000, description="How many of the last sessions.")]


@router.get("/users")
def list_users(desk: Admin) -> Users:
    """All users, by e-mail address."""
    with desk.governing() as conn:
        return Users(items=[User.of(each) for each in load_accounts(conn)])


@router.post("/users", status_code=HTTPStatus.CREATED)
def create_user(desk: Admin, given: AddedUser) -> User:
    """Add a user with an empty portfolio."""
    with desk.site.hashing:
        hashed = hash_password(given.password.get_secret_value())
    with desk.governing() as conn:
        person = add_person(
            conn,
            email=given.email,
            name=given.name,
            password_hash=hashed,
            role=given.role,
            today=desk.today,
            by=desk.user_id,
        )
        return User.of(load_account(conn, person.id))


@router.patch("/users/{user_id}")
def change_user(desk: Admin, user_id: UUID, given: UserChange) -> User:
    """Change what a user is, or whether he may sign in; it ends his sessions."""
    with desk.governing() as conn:
        account = change_account(
            conn, user_id, role=given.role, active=given.active, now=desk.site.now, by=desk.user_id
        )
    return User.of(account)


@router.get("/batch/runs")
def list_runs(desk: Admin, limit: Limit = 100, cursor: Cursor = None) -> Runs:
    """Runs of nights, newest first."""
    with desk.governing() as conn:
        found = load_runs(conn, before=cursor, limit=limit)
    return Runs(items=[Run.of(run) for run in found], next=str(found[-1].id) if len(found) == limit else None)


@router.get("/batch/runs/{run_id}")
def read_run(desk: Admin, run_id: int) -> RunWithSteps:
    """One run, with what became of each job."""
    with desk.governing() as conn:
        run = find_run(conn, run_id)
        if run is None:
            raise NotFoundError("There is no such run.")
        steps = steps_of(conn, run_id)
    return RunWithSteps(**Run.of(run).model_dump(), steps=[Step.of(step) for step in steps])


@router.get("/coverage")
def read_coverage(desk: Admin, sessions: Sessions = 20) -> Nights:
    """Of the last nights what share of the held instruments had a price, and which providers failed."""
    last = desk.site.application.last_completed
    first = desk.site.application.calendar.sessions_back(last, sessions - 1)
    with desk.governing() as conn:
        return Nights(items=[Night.of(night) for night in nightly_coverage(conn, first, last)])


@router.get("/providers")
def read_providers(desk: Admin) -> Providers:
    """Who is asked for what, in which order, and what was spent today and this month."""
    sources = desk.site.application.night_plan().sources[Market.LIVE]
    with desk.governing() as conn:
        today = usage_between(conn, desk.today, desk.today)
        month = usage_between(conn, desk.today.replace(day=1), desk.today)
    return Providers(
        asked_in_order={kind: [provider.name for provider in getattr(sources, kind)] for kind in KINDS},
        today={name: Spent.of(usage) for name, usage in today.items()},
        month={name: Spent.of(usage) for name, usage in month.items()},
    )


@router.get("/audit")
def read_audit(desk: Admin, limit: Limit = 100, cursor: Cursor = None) -> Audit:
    """Who changed what, newest first."""
    with desk.governing() as conn:
        found = load_audit(conn, before=cursor, limit=limit)
    return Audit(items=[Entry.of(each) for each in found], next=str(found[-1].id) if len(found) == limit else None)
