"""The page that explains the file: its example is one, and it names every key and word."""

import re
from pathlib import Path

import pytest

from sigmasight.domain.factors import FACTORS, RATE_TENORS
from sigmasight.domain.scenarios import Basis, Category, Severity
from sigmasight.intake.scenarios_file import parse_scenarios, scenario_member, shipped_replays, shipped_scenarios

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "write-scenarios.md").read_text("utf-8")
SHOCKED = [factor.name for factor in FACTORS if factor.active]
SHIPPED = (*shipped_scenarios(), *shipped_replays())
(EXAMPLE,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_is_a_file_that_a_user_can_import() -> None:
    taken = [scenario.id for scenario in SHIPPED]
    first, second = parse_scenarios(EXAMPLE.encode(), factor_names=SHOCKED, taken_ids=taken)
    assert (first.id, first.basis, first.volatility_change) == ("oil_shock", Basis.RELATIVE, 0.12)
    assert (second.active, second.basis, second.volatility_change) == (False, Basis.TOTAL, None)


def test_the_example_has_every_key_and_the_table_explains_it() -> None:
    (first, _) = parse_scenarios(EXAMPLE.encode(), factor_names=SHOCKED)
    keys = {*scenario_member(first), "factor", "size"}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == keys


@pytest.mark.parametrize(
    "word", [*Category, *Severity, *Basis, *SHOCKED, *RATE_TENORS, *(r.id for r in shipped_replays())]
)
def test_the_page_names_every_word(word: str) -> None:
    assert f"`{word}`" in PAGE
