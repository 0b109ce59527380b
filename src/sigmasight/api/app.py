"""The application: routes, errors, and what is opened with it and closed again."""

import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from sigmasight import __version__
from sigmasight.api.middleware import add_middleware
from sigmasight.api.problems import Problem, add_problems
from sigmasight.api.routes import (
    admin,
    analyze,
    auth,
    correlations,
    data,
    documents,
    exposures,
    factors,
    greeks,
    health,
    imports,
    market,
    performance,
    portfolios,
    positions,
    risk,
    snapshots,
    statements,
    stress,
    stress_scenarios,
    tags,
)
from sigmasight.api.site import Site
from sigmasight.wiring.application import Application, open_application
from sigmasight.wiring.errors import SettingError
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings
from sigmasight.wiring.tokens import TokenMint

PREFIX = "/api/v1"
LARGEST_BODY = 11 * 1024 * 1024  # a file of 10 MB, and what multipart adds
_LEAST_SECRET = 32
_AREAS = (
    *(auth, portfolios, positions, tags, statements, imports, exposures, greeks, factors, stress, stress_scenarios),
    *(correlations, risk, performance, snapshots, data, market, analyze, admin),
)


def make_app() -> FastAPI:
    """The application of the settings in the environment, as a server's factory.

    Raises:
        SettingError: If a secret is missing or too short.
    """
    settings = Settings()
    configure_logs(settings)
    mint = _mint(settings)

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as stack:
            application = stack.enter_context(open_application(settings, lambda _: None))
            app.state.site = _site(application, mint)
            yield

    app = FastAPI(
        title="SigmaSight",
        version=__version__,
        summary="Portfolio risk: every number right and explained, every night.",
        docs_url=None,
        redoc_url=None,
        lifespan=opened,
        generate_unique_id_function=_operation_id,
        responses={"4XX": {"model": Problem, "description": "What is wrong with the request."}},
        max_body_size=LARGEST_BODY,
    )
    add_problems(app)
    add_middleware(app, settings)
    area = APIRouter(prefix=PREFIX)
    for each in _AREAS:
        area.include_router(each.router)
    app.include_router(area)
    app.include_router(health.router)
    app.include_router(documents.router)
    return app


def _mint(settings: Settings) -> TokenMint:
    if settings.secret_key is None and settings.environment == "production":
        raise SettingError("SIGMASIGHT_SECRET_KEY is not set: the API signs access tokens with it.")
    secret = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(_LEAST_SECRET)
    if len(secret) < _LEAST_SECRET:
        raise SettingError(f"SIGMASIGHT_SECRET_KEY is shorter than {_LEAST_SECRET} characters.")
    return TokenMint(secret, timedelta(minutes=settings.access_minutes))


def _site(application: Application, mint: TokenMint) -> Site:
    return Site(application, mint, timedelta(days=application.settings.refresh_days))


def _operation_id(route: APIRoute) -> str:
    return route.name
