"""The documentation names what is there."""

import re
from pathlib import Path

import pytest

from sigmasight.domain.snapshots import MEASURES
from sigmasight.store.embedded import ROLE_SQL

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


def test_the_operators_sql_is_what_the_code_runs() -> None:
    page = (ROOT / "docs/how-to/use-your-own-server.md").read_text("utf-8")
    assert f"```sql\n{ROLE_SQL}```" in page


def test_every_measure_of_a_snapshot_is_on_its_page() -> None:
    page = (ROOT / "docs/reference/snapshot.md").read_text("utf-8")
    assert [name for name in MEASURES if f"`{name}`" not in page] == []


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony is not None
    assert [target for target in phony[1].split() if not re.search(rf"^{target}:.*## \S", text, re.MULTILINE)] == []
