"""What every answer carries: a request id, a line in the log, and headers that keep browsers careful."""

import time
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sigmasight.api.entity_tags import EntityTags
from sigmasight.wiring.settings import Settings

_log = structlog.get_logger()
_REQUEST_ID = b"x-request-id"
_LONGEST_ID = 100
_CAREFUL = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}


def add_middleware(app: FastAPI, settings: Settings) -> None:
    """Wrap an application; what is added last is the outermost."""
    app.add_middleware(EntityTags)
    origins = [each.strip() for each in settings.cors_origins.split(",") if each.strip()]
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key"],
            expose_headers=["ETag", "X-Request-ID"],
        )
    app.add_middleware(Envelope)


class Envelope:
    """Gives each request an id, and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        started, status = time.perf_counter(), 500

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                named = {name.lower() for name, _ in message["headers"]}
                careful = [(name, value) for name, value in _CAREFUL.items() if name not in named]
                message["headers"] = [*message["headers"], *careful, (_REQUEST_ID, request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, sealed)
            seconds = round(time.perf_counter() - started, 4)
            _log.info("request", method=scope["method"], path=scope["path"], status=status, seconds=seconds)


def _request_id(scope: Scope) -> str:
    """The caller's own id, where it is short and printable, else a new one."""
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        if name == _REQUEST_ID and len(text) <= _LONGEST_ID and text.isascii() and text.isprintable():
            return str(text)
    return str(uuid4())
