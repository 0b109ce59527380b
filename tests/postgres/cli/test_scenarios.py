"""`sigmasight scenarios`: list, import, export, remove."""

import json
import re
from pathlib import Path

import psycopg
import pytest

from support.databases import run_command
from support.results import row_versions

from .conftest import Command, Ended

ALICE, BOB = "demo_individual@sigmasight.com", "demo_hnw@sigmasight.com"
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "write-scenarios.md"
EXAMPLE = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
OWN = ["oil_shock", "growth_falls_by_a_third"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The example of the page."""
    path = tmp_path / "my.json"
    path.write_text(EXAMPLE, "utf-8")
    return path


def shown(ended: Ended) -> dict[str, object]:
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def listed(command: Command, url: str, *more: str) -> list[dict[str, object]]:
    found = shown(command(url, "scenarios", "list", *more, "--json"))["scenarios"]
    assert isinstance(found, list)
    return found


def test_a_file_goes_in_is_listed_comes_out_and_is_removed(command: Command, demo_url: str, file: Path) -> None:
    common = listed(command, demo_url)
    assert len(common) == 23
    assert [each["origin"] for each in common] == ["shipped"] * 18 + ["replay"] * 5
    document = shown(command(demo_url, "scenarios", "import", str(file), "--user", ALICE.upper(), "--json"))
    assert document == {
        "file": "my.json",
        "user": ALICE.upper(),
        "added": OWN,
        "changed": [],
        "unchanged": [],
        "removed": [],
    }
    mine = listed(command, demo_url, "--user", ALICE)
    assert mine[:23] == common
    assert [(each["id"], each["origin"], each["run"]) for each in mine[23:]] == [
        (OWN[0], "own", True),
        (OWN[1], "own", False),
    ]
    assert listed(command, demo_url, "--user", BOB) == common
    exported = command(demo_url, "scenarios", "export", "--user", ALICE)
    assert shown(exported) == json.loads(EXAMPLE)
    assert command(demo_url, "scenarios", "export", "--user", ALICE, "--json").out == exported.out
    assert shown(command(demo_url, "scenarios", "export", "--user", BOB)) == {"scenarios": []}
    assert command(demo_url, "scenarios", "remove", OWN[0], "--user", ALICE).out == "Removed oil_shock.\n"
    removed = shown(command(demo_url, "scenarios", "remove", OWN[1], "--user", ALICE, "--json"))
    assert removed == {"user": ALICE, "removed": OWN[1]}
    assert listed(command, demo_url, "--user", ALICE) == common
    with psycopg.connect(demo_url) as conn:
        actions = [action for (action,) in conn.execute("SELECT action FROM audit_log ORDER BY id")]
    assert actions == ["scenarios imported", "scenario removed", "scenario removed"]


def test_what_was_exported_can_be_imported_and_changes_nothing(command: Command, demo_url: str, file: Path) -> None:
    assert command(demo_url, "scenarios", "import", str(file), "--user", ALICE).code == 0
    before = row_versions(demo_url)
    file.write_text(command(demo_url, "scenarios", "export", "--user", ALICE).out, "utf-8")
    for more in ((), ("--replace",)):
        again = shown(command(demo_url, "scenarios", "import", str(file), "--user", ALICE, *more, "--json"))
        assert again["unchanged"] == OWN
    assert row_versions(demo_url) == before


def test_replacing_removes_what_the_file_does_not_have(command: Command, demo_url: str, file: Path) -> None:
    assert command(demo_url, "scenarios", "import", str(file), "--user", ALICE).code == 0
    file.write_text(json.dumps({"scenarios": json.loads(EXAMPLE)["scenarios"][1:]}), "utf-8")
    done = shown(command(demo_url, "scenarios", "import", str(file), "--user", ALICE, "--replace", "--json"))
    assert (done["unchanged"], done["removed"]) == (OWN[1:], OWN[:1])


def test_the_tables_show_shocks_in_percent_points_and_basis_points(command: Command, demo_url: str, file: Path) -> None:
    table = command(demo_url, "scenarios", "import", str(file), "--user", ALICE)
    assert table.code == 0, table.err
    assert all(word in table.out for word in ("my.json", "added", "changed", "unchanged", "removed"))
    ended = command(demo_url, "scenarios", "list", "--user", ALICE)
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    (first,) = [line for line in lines if "oil_shock" in line]
    (second,) = [line for line in lines if "growth_falls_by_a_third" in line]
    assert all(word in first for word in ("own", "yes", "relative", "Market -18 %"))
    assert all(word in second for word in ("own", "inactive", "total", "Growth -33 %"))
    assert all(
        f" {shock} " in ended.out
        for shock in ("10Y +75 bp", "10Y +25 bp", "Quality -34.0561 %", "volatilities +12 points")
    )
    assert "…" not in command(demo_url, "scenarios", "list", COLUMNS="60").out


def test_an_inactive_shipped_one_is_listed_and_marked(command: Command, demo_url: str) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute("UPDATE stress_test_scenarios SET active = false WHERE id = 'covid_crash_2020'")
    assert [each["id"] for each in listed(command, demo_url) if not each["run"]] == ["covid_crash_2020"]
    (line,) = [each for each in command(demo_url, "scenarios", "list").out.splitlines() if "covid_crash_2020" in each]
    assert "inactive" in line


def test_an_own_one_whose_id_was_shipped_later_says_so(command: Command, demo_url: str) -> None:
    with psycopg.connect(demo_url) as conn:
        conn.execute(
            "INSERT INTO stress_test_scenarios (user_id, id, name, category, severity, shocks) "
            "SELECT u.id, s.id, 'Mine', category, severity, shocks FROM stress_test_scenarios s, users u "
            "WHERE s.id = 'rate_spike_300bp' AND u.email = %s",
            (ALICE,),
        )
    ended = command(demo_url, "scenarios", "list", "--user", ALICE)
    assert ended.code == 0
    assert "id taken" in ended.out
    assert f"rate_spike_300bp: {ALICE} has it too; it is not run" in ended.err


def test_a_name_that_looks_like_markup_is_shown_as_it_is(command: Command, demo_url: str, file: Path) -> None:
    odd = file.rename(file.with_name("[red]:apple:.json"))
    ended = command(demo_url, "scenarios", "import", str(odd), "--user", ALICE)
    assert ended.code == 0, ended.err
    assert "[red]:apple:.json" in ended.out


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        (('"size": -0.18', '"size": -1'), "scenarios[0].shocks[0].size: -1 is a loss of 100 % or more"),
        (('"factor": "Value"', '"factor": "2Y"'), "scenarios[0].shocks[2].factor: 10Y is a second Treasury yield"),
        (('"volatility": 0.12', '"volatility": 12'), "scenarios[0].volatility: 12 is not between -1 and 5"),
        (('"oil_shock"', '"market_up_10"'), "scenarios[0].id: 'market_up_10' is the id of a scenario that comes with"),
        (('"oil_shock"', '"replay_2018_q4"'), "scenarios[0].id: 'replay_2018_q4' is the id of a scenario that comes"),
        (('"scenarios"', '"scenario"'), "the file: lacks the key 'scenarios'"),
        (("{", ""), "The file is not JSON: line 2"),
    ],
)
def test_a_wrong_file_names_its_errors_and_changes_nothing(
    command: Command, demo_url: str, file: Path, changed: tuple[str, str], place: str
) -> None:
    before = row_versions(demo_url)
    file.write_text(EXAMPLE.replace(*changed, 1), "utf-8")
    ended = command(demo_url, "scenarios", "import", str(file), "--user", ALICE)
    assert (ended.code, ended.out) == (5, "")
    assert place in ended.err
    assert row_versions(demo_url) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("list", "--user", "nobody@example.com"), 1, "There is no user nobody@example.com."),
        (("export", "--user", "nobody@example.com"), 1, "There is no user nobody@example.com."),
        (("import", "my.json", "--user", "nobody@example.com"), 1, "There is no user nobody@example.com."),
        (("import", "absent.json", "--user", ALICE), 5, "absent.json cannot be read: No such file or directory"),
        (("remove", "oil_shock", "--user", ALICE), 1, "there is no own scenario 'oil_shock'"),
        (("remove", "market_up_10", "--user", ALICE), 1, "'market_up_10' comes with SigmaSight"),
        (("remove", "replay_2018_q4", "--user", ALICE), 1, "'replay_2018_q4' comes with SigmaSight"),
    ],
)
@pytest.mark.usefixtures("file")
def test_what_cannot_be_is_refused(
    command: Command, demo_url: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = command(demo_url, "scenarios", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


@pytest.mark.parametrize(
    "arguments", [("import", "my.json"), ("import", "--user", ALICE), ("export",), ("remove", "x"), ("delete", "x")]
)
def test_what_is_asked_for_wrongly_shows_the_usage(command: Command, arguments: tuple[str, ...]) -> None:
    ended = command("postgresql://nobody@127.0.0.1:1/nowhere", "scenarios", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: " in ended.err


@pytest.mark.parametrize("name", ["list", "import", "export", "remove"])
def test_every_command_has_help(command: Command, name: str) -> None:
    ended = command("postgresql://nobody@127.0.0.1:1/nowhere", "scenarios", name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "--json" in ended.out


def test_the_command_itself_takes_a_file_and_refuses_another(demo_url: str, file: Path) -> None:
    taken = run_command(demo_url, "scenarios", "import", str(file), "--user", ALICE, "--json")
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["added"] == OWN
    file.write_text("{}", "utf-8")
    refused = run_command(demo_url, "scenarios", "import", str(file), "--user", ALICE)
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "lacks the key 'scenarios'" in refused.stderr
    assert "Traceback" not in refused.stderr
