"""`sigmasight scenarios`: the stress scenarios that there are, and a user's own ones in and out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sigmasight.cli.files import read_file
from sigmasight.cli.output import announce, console, print_json, print_table
from sigmasight.domain.factors import RATE_TENORS
from sigmasight.domain.scenarios import Scenario, Shock
from sigmasight.intake.scenarios_file import MAX_BYTES, scenario_file, scenario_member
from sigmasight.services.scenarios import ListedScenario, import_scenarios, list_scenarios, remove_scenario
from sigmasight.store.people import require_user
from sigmasight.store.scenarios import load_own_scenarios
from sigmasight.wiring.application import open_application
from sigmasight.wiring.logs import configure_logs
from sigmasight.wiring.settings import Settings

app = typer.Typer(no_args_is_help=True)

User = Annotated[str, typer.Option("--user", help="Whose scenarios: the user's e-mail.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

_COLUMNS = ("id", "from", "run", "category", "severity", "basis", "shocks")


@app.command("list")
def list_all(
    user: Annotated[str | None, typer.Option("--user", help="With this user's own ones: the e-mail.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the scenarios that come with SigmaSight, and with --user a user's own; inactive ones are marked."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.read() as conn:
        listed = list_scenarios(conn, require_user(conn, user).id if user else None)
    if as_json:
        print_json({"scenarios": [_document(each) for each in listed]})
    else:
        print_table("Stress scenarios", _COLUMNS, [_row(each) for each in listed], text_columns=len(_COLUMNS))
    for each in listed:
        if each.displaced:
            announce(f"{each.scenario.id}: {user} has it too; it is not run. Export it, give it another id, import it.")


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="A JSON file of scenarios.")],
    user: User,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove the user's scenarios that the file does not have.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a user's own scenarios: all of the file, or nothing. Those of the same id are changed."""
    settings = Settings()
    configure_logs(settings)
    content = read_file(file, max_bytes=MAX_BYTES)
    with open_application(settings, announce) as application, application.db.write() as conn:
        done = import_scenarios(conn, require_user(conn, user).id, content, replace=replace)
    counts = asdict(done)
    if as_json:
        print_json({"file": file.name, "user": user, **{what: list(ids) for what, ids in counts.items()}})
    else:
        print_table(f"{file.name}: scenarios of {user}", list(counts), [[str(len(ids)) for ids in counts.values()]])


@app.command("export")
def give_out(user: User, as_json: AsJson = False) -> None:  # noqa: ARG001 - every command takes --json; this prints nothing else
    """Print a user's own scenarios as a file that can be imported."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.read() as conn:
        own = load_own_scenarios(conn, require_user(conn, user).id)
    print_json(scenario_file(own))


@app.command("remove")
def remove(
    scenario: Annotated[str, typer.Argument(metavar="ID", help="The scenario's id.")],
    user: User,
    as_json: AsJson = False,
) -> None:
    """Remove one of a user's own scenarios."""
    settings = Settings()
    configure_logs(settings)
    with open_application(settings, announce) as application, application.db.write() as conn:
        remove_scenario(conn, require_user(conn, user).id, scenario)
    if as_json:
        print_json({"user": user, "removed": scenario})
    else:
        console.print(f"Removed {scenario}.")


def _document(listed: ListedScenario) -> dict[str, object]:
    return {"origin": str(listed.origin), "run": listed.is_run, **scenario_member(listed.scenario)}


def _row(listed: ListedScenario) -> Sequence[str]:
    scenario = listed.scenario
    return (
        scenario.id,
        listed.origin,
        _state(listed),
        scenario.category,
        scenario.severity,
        scenario.basis,
        "\n".join(_moves(scenario)),
    )


def _state(listed: ListedScenario) -> str:
    if listed.displaced:
        return "id taken"
    return "yes" if listed.scenario.active else "inactive"


def _moves(scenario: Scenario) -> list[str]:
    change = scenario.volatility_change
    volatility = [] if change is None else [f"volatilities {_scaled(change, 100)} points"]
    return [_shock(shock) for shock in scenario.shocks] + volatility


def _shock(shock: Shock) -> str:
    size = f"{_scaled(shock.size, 10_000)} bp" if shock.factor in RATE_TENORS else f"{_scaled(shock.size, 100)} %"
    return f"{shock.factor} {size}"


def _scaled(fraction: float, by: int) -> str:
    return f"{round(fraction * by, 6):+.12g}"
