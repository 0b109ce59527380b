"""Interactive documentation, of files that came with the installation: it works without a network."""

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response

router = APIRouter(include_in_schema=False)
_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'"
    )
}
_PAGES, _LIBRARY = "sigmasight.api", "fastapi_offline"


@router.get("/docs")
def read_page() -> Response:
    """Show every operation, to be tried."""
    return Response(_file(_PAGES, "pages/docs.html"), media_type="text/html", headers=_POLICY)


@router.get("/docs/start.js")
def read_start() -> Response:
    """Start the page."""
    return Response(_file(_PAGES, "pages/start.js"), media_type="text/javascript")


@router.get("/docs/swagger-ui-bundle.js")
def read_library() -> Response:
    """What draws the page."""
    return Response(_file(_LIBRARY, "static/swagger-ui-bundle.js"), media_type="text/javascript")


@router.get("/docs/swagger-ui.css")
def read_style() -> Response:
    """How it looks."""
    return Response(_file(_LIBRARY, "static/swagger-ui.css"), media_type="text/css")


@cache
def _file(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()
