"""The `sigmasight` command: translate, open the transaction, nothing else."""

import sys

import typer

from sigmasight import __version__
from sigmasight.cli import (
    backfill,
    correlations,
    data_quality,
    demo,
    factors,
    greeks,
    imports,
    look_through,
    night,
    performance,
    providers,
    risk,
    scenarios,
    serve,
    stress,
    users,
)
from sigmasight.cli.exits import guarded

app = typer.Typer(
    name="sigmasight",
    help="Self-hosted portfolio risk: every number right and explained, every night.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.run_demo)
app.command("serve")(serve.run_serve)
app.command("import")(imports.run_import)
app.command("night")(night.run_nights)
app.command("backfill")(backfill.run_backfill)
app.command("data-quality")(data_quality.run_data_quality)
app.command("greeks")(greeks.run_greeks)
app.command("factors")(factors.run_factors)
app.command("look-through")(look_through.run_look_through)
app.command("stress")(stress.run_stress)
app.command("risk")(risk.run_risk)
app.command("correlations")(correlations.run_correlations)
app.command("performance")(performance.run_performance)
app.command("attribution")(performance.run_attribution)
app.add_typer(providers.app, name="providers", help="Whom market data come from, what that costs, do they agree.")
app.add_typer(users.app, name="users", help="Add users, make administrators, close accounts.")
app.add_typer(scenarios.app, name="scenarios", help="List stress scenarios; take a user's own in and out.")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sigmasight {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Self-hosted portfolio risk: every number right and explained, every night."""


def run() -> None:
    """Run the command line and exit with its code."""
    sys.exit(guarded(app))
