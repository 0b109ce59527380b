"""`sigmasight serve`: the API, on an address of one's own."""

from contextlib import suppress
from typing import Annotated

import typer
import uvicorn

from sigmasight.cli.output import announce
from sigmasight.wiring.application import open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

_APPLICATION = "sigmasight.api.app:make_app"
_PATIENCE_SECONDS = 10


def run_serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port.")] = 8000,
) -> None:
    """Serve the REST API until it is told to stop. Interactive documentation is at /docs."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce):  # keeps the embedded server for as long as this runs
        config = uvicorn.Config(
            _APPLICATION,
            factory=True,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE_SECONDS,
        )
        announce(f"Serving at http://{host}:{port}, stop with Ctrl-C")
        with suppress(KeyboardInterrupt):  # said again once everything has ended as it should
            uvicorn.Server(config).run()
    announce("Stopped.")
