"""The pages that people write by hand say what the code has: scenarios, tables, funds, and what was measured."""

import re
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Table

from oracle.factors.cases import FACTORS as CASE_FACTORS
from oracle.factors.cases import Inputs, read_inputs
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.reasons import Reason
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Basis, Scenario
from sigmasight.engines.classic_stress import stress_classically
from sigmasight.engines.factor_basis import build_basis
from sigmasight.engines.factor_correlation import CAP, DECAY, correlate_factors
from sigmasight.engines.regression import regress
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.risk.factor_facts import LEAST_YIELD_SESSIONS, PRIOR_STD, WINDOW_SESSIONS
from sigmasight.risk.spot_volatility_grid import SPOT_RETURNS, VOLATILITY_CHANGES
from sigmasight.store.tables import (
    factor_correlations,
    factor_exposures,
    instrument_betas,
    market_risk_scenarios,
    metadata,
    stress_test_results,
)
from sigmasight.wiring.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
FACTORS_PAGE = (DOCS / "reference" / "factors.md").read_text("utf-8")
STRESS_PAGE = (DOCS / "reference" / "stress.md").read_text("utf-8")
WHY_PAGE = (DOCS / "explanation" / "factors.md").read_text("utf-8")
HANDWRITTEN = {
    "reference/factors.md": FACTORS_PAGE,
    "reference/stress.md": STRESS_PAGE,
    "explanation/factors.md": WHY_PAGE,
}
KEYS = {"market", "instrument_id", "portfolio_id", "user_id", "as_of", "method"}


def per_cent(size: float, digits: int | None = None) -> str:
    """-0.1 as ``−10 %``; a plus only where digits are not fixed."""
    text = f"{100 * size:+.4g}" if digits is None else f"{100 * size:.{digits}f}"
    return f"{text} %".replace("-", "−")


def one_line(page: str) -> str:
    """Wherever its lines end."""
    return " ".join(page.split())


def line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("scenario", shipped_scenarios(), ids=lambda each: each.id)
def test_the_page_has_every_stress_test_with_its_shocks(scenario: Scenario) -> None:
    shocks = ", ".join(f"{shock.factor} {per_cent(shock.size)}" for shock in scenario.shocks)
    assert line(f"`{scenario.id}`", scenario.category, scenario.severity, shocks) in STRESS_PAGE
    assert scenario.basis is Basis.RELATIVE
    assert scenario.active


@pytest.mark.parametrize("replay", shipped_replays(), ids=lambda each: each.id)
def test_the_page_has_every_replay_with_its_closes(replay: Scenario) -> None:
    sizes = {shock.factor: per_cent(shock.size, 1) for shock in replay.shocks}
    cells = (f"`{replay.id}`", str(replay.first_close), str(replay.last_close), *(sizes[each] for each in CASE_FACTORS))
    assert line(*cells) in STRESS_PAGE
    assert replay.basis is Basis.TOTAL


def test_the_page_has_every_market_and_rate_scenario_and_no_other() -> None:
    told = set(re.findall(r"`([a-z0-9]+_[a-z0-9_]+)`", STRESS_PAGE)) - set(metadata.tables) - {"not_included"}
    every = (*MARKET_RISK_SCENARIOS, *shipped_scenarios(), *shipped_replays())
    words = {word for reason in Reason for word in reason.words}
    assert told - words == {each.id for each in every}


@pytest.mark.parametrize(
    "table", [factor_correlations, instrument_betas, factor_exposures], ids=lambda table: table.name
)
def test_the_page_of_factors_has_every_column(table: Table) -> None:
    assert f"`{table.name}`" in FACTORS_PAGE
    (told,) = re.findall(rf"^\| `{table.name}` \|[^|]*\|(.*)\|$", FACTORS_PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", told)) == {column.name for column in table.columns} - KEYS


@pytest.mark.parametrize("table", [market_risk_scenarios, stress_test_results], ids=lambda table: table.name)
def test_the_page_of_stress_tests_has_every_column(table: Table) -> None:
    (told,) = re.findall(r"^\| `market_risk_scenarios` \|(.*)\|$", STRESS_PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", told)) == {column.name for column in table.columns} - KEYS
    assert f"`{table.name}`" in STRESS_PAGE


def test_the_page_has_the_funds_of_the_factors() -> None:
    for factor in FACTORS:
        fund = factor.proxies[0].symbol if factor.proxies else "none"
        active = "yes" if factor.active else "no: defined, not computed"
        assert line(factor.name, fund, active) in FACTORS_PAGE


def test_the_pages_have_the_numbers_of_the_method() -> None:
    least = Settings.model_fields["least_observations"]
    for words in (
        f"the {WINDOW_SESSIONS} sessions up to",
        f"weights {DECAY}^age, capped at ±{CAP}",
        f"at least {LEAST_YIELD_SESSIONS} days",
        f"| {least.default}; the setting `{least.validation_alias}`",
    ):
        assert words in one_line(FACTORS_PAGE)
    assert f"τ = {PRIOR_STD}" in WHY_PAGE
    spot, down, up = (
        f"{100 * size:.0f}" for size in (SPOT_RETURNS[-1], -VOLATILITY_CHANGES[0], VOLATILITY_CHANGES[-1])
    )
    assert f"up to ±{spot} % and −{down} to +{up} points" in one_line(STRESS_PAGE)


@pytest.mark.parametrize("name", HANDWRITTEN)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", HANDWRITTEN[name]):
        assert ((DOCS / name).parent / target).exists(), target


@pytest.fixture(scope="module")
def year() -> Inputs:
    """The 252 sessions to 28 December 2022."""
    return read_inputs()


def test_how_alike_the_funds_are(year: Inputs) -> None:
    market = year.factors[:, 0]
    with_market = [np.corrcoef(market, style)[0, 1].item() for style in year.factors.T[1:]]
    assert f"between {min(with_market):.2f} and {max(with_market):.2f}†" in one_line(WHY_PAGE)
    assert f"inflated {build_basis(year.factors).variance_inflation[0]:.0f} times" in one_line(WHY_PAGE)


def test_market_betas_side_by_side_and_alone(year: Inputs) -> None:
    together, alone = (regress(year.stocks, x, min_obs=60).slope[:, 0] for x in (year.factors, year.factors[:, :1]))
    at = [year.symbols.index(symbol) for symbol in ("BBY", "AMD", "BAC")]
    page = one_line(WHY_PAGE)
    assert "{} for Best Buy, {} for AMD and {} for Bank of America".format(*two_places(together[at])) in page
    assert "they are {}, {} and {}†".format(*two_places(alone[at])) in page


def test_what_an_index_fund_loses_by_the_textbook(year: Inputs) -> None:
    market = year.factors[:, :1]
    exposure = [regress(market, year.factors[:, [at]], min_obs=60).slope[0, 0] for at in range(len(CASE_FACTORS))]
    correlation = correlate_factors(year.factors).capped
    lost = stress_classically(np.array([exposure]), np.array([[-0.1] + [0.0] * 6]), correlation, np.array([100.0]))
    assert f"costs it {-100 * lost.correlated.item():.0f} %†" in one_line(WHY_PAGE)
    assert lost.direct.item() == pytest.approx(-0.1)


def two_places(numbers: FloatArray) -> list[str]:
    return [f"{number:.2f}".replace("-", "−") for number in numbers]
