"""Errors as problem+json (RFC 9457): what happened, for people and, as a code, for programs."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from sigmasight.domain.errors import (
    CalendarRangeError,
    ConflictError,
    DatabaseError,
    ForbiddenError,
    ImportRefusedError,
    InvalidEntriesError,
    InvalidEntryError,
    InvalidScenariosError,
    InvalidSymbolError,
    NightHeldError,
    NotATradingDayError,
    NotFoundError,
    NotSignedInError,
    OutdatedError,
    SigmaSightError,
    TooManyAttemptsError,
)

_log = structlog.get_logger()

_SECRETS = ("password", "token", "secret", "key")
MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[type[SigmaSightError], tuple[HTTPStatus, str]] = {
    NotSignedInError: (HTTPStatus.UNAUTHORIZED, "not_signed_in"),
    ForbiddenError: (HTTPStatus.FORBIDDEN, "forbidden"),
    TooManyAttemptsError: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts"),
    NotFoundError: (HTTPStatus.NOT_FOUND, "not_found"),
    ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    OutdatedError: (HTTPStatus.PRECONDITION_FAILED, "outdated"),
    NightHeldError: (HTTPStatus.CONFLICT, "night_held"),
    InvalidEntryError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_entry"),
    InvalidEntriesError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_entry"),
    InvalidSymbolError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_symbol"),
    InvalidScenariosError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_scenarios"),
    ImportRefusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "import_refused"),
    NotATradingDayError: (HTTPStatus.UNPROCESSABLE_ENTITY, "not_a_trading_day"),
    CalendarRangeError: (HTTPStatus.UNPROCESSABLE_ENTITY, "outside_the_calendar"),
    DatabaseError: (HTTPStatus.SERVICE_UNAVAILABLE, "no_database"),
}
_CODES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large"}
"""Codes of statuses whose names Python has changed."""


class ProblemPart(BaseModel):
    """One thing that is wrong, with its place."""

    line: int | None = Field(default=None, description="Line of a file, from 1.")
    index: int | None = Field(default=None, description="Place in a list that was sent, from 0.")
    column: str | None = Field(default=None, description="Column of a file, or where in the request.")
    value: str | None = Field(default=None, description="What stands there.")
    message: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(default="about:blank", description="Always about:blank: the code says which problem it is.")
    title: str
    status: int
    detail: str
    code: str = Field(description="For programs; does not change with the words.")
    errors: list[ProblemPart] = []


def add_problems(app: FastAPI) -> None:
    """Let an application answer every error as a problem."""

    @app.exception_handler(SigmaSightError)
    def _anticipated(_: Request, error: SigmaSightError) -> Response:
        status, code = next(found for kind, found in _STATUS.items() if isinstance(error, kind))
        headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
        if isinstance(error, TooManyAttemptsError):
            headers["Retry-After"] = str(error.wait_seconds)
        return problem(status, code, str(error), errors=[*_issues(error), *_parts(error)], headers=headers)

    @app.exception_handler(RequestValidationError)
    def _unreadable(_: Request, error: RequestValidationError) -> Response:
        parts = [
            ProblemPart(
                index=next((part for part in each["loc"] if isinstance(part, int)), None),
                column=".".join(map(str, each["loc"])),
                value=_shown(each.get("input"), at=each["loc"]),
                message=each["msg"],
            )
            for each in error.errors()
        ]
        detail = "The request is not as the documentation has it."
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, errors=parts)

    @app.exception_handler(HTTPException)
    def _of_http(_: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        code = _CODES.get(status, status.name.lower())
        return problem(status, code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    def _bug(request: Request, error: Exception) -> Response:
        _log.exception("request failed", path=request.url.path, exc_info=error)
        detail = "Something went wrong here. The request id names the line of the log that tells what."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail)


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    errors: Sequence[ProblemPart] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An answer that says what went wrong."""
    body = Problem(title=status.phrase, status=status, detail=detail, code=code, errors=list(errors))
    return Response(json.dumps(body.model_dump()), status, dict(headers or {}), MEDIA_TYPE)  # half characters escaped


def _issues(error: SigmaSightError) -> list[ProblemPart]:
    """What is wrong with each of many entries."""
    issues = error.issues if isinstance(error, InvalidEntriesError) else ()
    return [
        ProblemPart(index=issue.index, column=issue.field, value=_shown(issue.value), message=issue.message)
        for issue in issues
    ]


def _parts(error: SigmaSightError) -> list[ProblemPart]:
    """What is wrong one by one, where an error knows that."""
    faults = error.faults if isinstance(error, InvalidScenariosError) else ()
    return [ProblemPart(column=place or None, message=fault) for place, fault in faults]


def _shown(value: object, *, at: Sequence[int | str] = ()) -> str | None:
    """What stood there, if it is short, no object, and stands where no secret does."""
    if any(word in str(part) for part in at for word in _SECRETS):
        return None
    return str(value)[:100] if isinstance(value, int | float | str | bool) else None
