"""The pages that people write by hand say what the code has: scenarios, tables, funds, and what was measured."""

import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Table
from typer.main import get_command

from oracle.factors.cases import FACTORS as CASE_FACTORS
from oracle.factors.cases import Inputs, read_inputs
from sigmasight.cli.main import app
from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, TAIL_LEVELS, TAIL_METHODS
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Basis, Scenario
from sigmasight.engines.classic_stress import stress_classically
from sigmasight.engines.factor_basis import build_basis
from sigmasight.engines.factor_correlation import CAP, DECAY, correlate_factors
from sigmasight.engines.regression import regress
from sigmasight.engines.volatility_filter import DECAY as FILTER_DECAY
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios
from sigmasight.market.exchange import build_nyse_calendar
from sigmasight.risk.attribution import GREEK_LINES
from sigmasight.risk.factor_facts import LEAST_YIELD_SESSIONS, PRIOR_STD, WINDOW_SESSIONS
from sigmasight.risk.historical_pnl import LEAST_SESSIONS
from sigmasight.risk.historical_pnl import WINDOW_SESSIONS as HISTORY_SESSIONS
from sigmasight.risk.option_losses import NODES
from sigmasight.risk.spot_volatility_grid import SPOT_RETURNS, VOLATILITY_CHANGES
from sigmasight.services.attribution import By
from sigmasight.services.market_frames import Valuation
from sigmasight.services.performance import PERIODS, RATIO_SESSIONS, VOLATILITY_SESSIONS
from sigmasight.services.portfolio_risk import is_correlation_day
from sigmasight.store.tables import (
    correlation_calculations,
    factor_correlations,
    factor_exposures,
    instrument_betas,
    market_risk_scenarios,
    metadata,
    stress_test_results,
    value_at_risk,
)
from sigmasight.wiring.settings import NAMES, Settings

DOCS = Path(__file__).parents[2] / "docs"
FACTORS_PAGE = (DOCS / "reference" / "factors.md").read_text("utf-8")
STRESS_PAGE = (DOCS / "reference" / "stress.md").read_text("utf-8")
RISK_PAGE = (DOCS / "reference" / "risk.md").read_text("utf-8")
CORRELATIONS_PAGE = (DOCS / "reference" / "correlations.md").read_text("utf-8")
PERFORMANCE_PAGE = (DOCS / "reference" / "performance.md").read_text("utf-8")
WHY_PAGE = (DOCS / "explanation" / "factors.md").read_text("utf-8")
HANDWRITTEN = {
    "reference/factors.md": FACTORS_PAGE,
    "reference/stress.md": STRESS_PAGE,
    "reference/risk.md": RISK_PAGE,
    "reference/correlations.md": CORRELATIONS_PAGE,
    "reference/performance.md": PERFORMANCE_PAGE,
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


@pytest.mark.parametrize(
    ("table", "page"),
    [(value_at_risk, RISK_PAGE), (correlation_calculations, CORRELATIONS_PAGE)],
    ids=["value_at_risk", "correlation_calculations"],
)
def test_the_pages_of_risk_and_correlations_have_every_column(table: Table, page: str) -> None:
    (told,) = re.findall(rf"^\| `{table.name}` \|(.*)\|$", page, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", told)) == {column.name for column in table.columns} - KEYS


@pytest.mark.parametrize(
    ("commands", "page"),
    [
        (["risk"], RISK_PAGE),
        (["correlations"], CORRELATIONS_PAGE),
        (["performance", "attribution"], PERFORMANCE_PAGE),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "page",
)
def test_the_pages_have_every_option_of_their_commands_and_no_other(commands: list[str], page: str) -> None:
    known = getattr(get_command(app), "commands")  # noqa: B009 - click's type is not that of all its commands
    options = {option for name in commands for each in known[name].params for option in each.opts}
    assert set(re.findall(r"--[a-z][a-z-]*", page)) == options
    assert all(f"`sigmasight {name} " in page for name in commands)


@pytest.mark.parametrize("page", [RISK_PAGE, CORRELATIONS_PAGE, PERFORMANCE_PAGE], ids=["risk", "correlations", "p"])
def test_the_pages_name_settings_that_there_are(page: str) -> None:
    assert set(re.findall(r"SIGMASIGHT_\w+", page)) <= set(NAMES)


def test_the_page_of_correlations_has_the_choices_and_what_else_is_done() -> None:
    plan = CorrelationPlan()
    choices = {"view": View, "filter": FilterMode, "method": Method}
    for option, kind in choices.items():
        (told,) = re.findall(rf"`--{option} ([^`]*)`", CORRELATIONS_PAGE)
        assert set(told.split("\\|")) == {each.value for each in kind}
    assert line("`--least-exposure USD`", "the one", f"{plan.least_exposure:,.0f}") in CORRELATIONS_PAGE
    assert line("`--least-weight SHARE`", "the other", f"{plan.least_weight}") in CORRELATIONS_PAGE
    assert f"| {plan.window_sessions} |" in CORRELATIONS_PAGE
    assert f"| {plan.threshold} |" in CORRELATIONS_PAGE
    classic = CorrelationPlan(method=Method.CLASSIC)
    assert f"| {plan.needed}; `classic` {classic.needed};" in CORRELATIONS_PAGE


def test_the_night_that_the_page_names_is_the_one_that_correlates() -> None:
    valuation = Valuation(build_nyse_calendar(date(2026, 1, 1), date(2028, 12, 31)), stale_sessions=5)
    nights = [
        date.fromisoformat(each) for each in re.findall(r"\| (\d{4}-\d\d-\d\d) \|$", CORRELATIONS_PAGE, re.MULTILINE)
    ]
    assert len(nights) == 2
    for night in nights:
        monday = night - timedelta(days=night.weekday())
        week = valuation.calendar.sessions_between(monday, monday + timedelta(days=4))
        assert [day for day in week if is_correlation_day(valuation, day)] == [night]
        daily = Valuation(valuation.calendar, stale_sessions=5, correlations_daily=True)
        assert all(is_correlation_day(daily, day) for day in week)


def test_the_page_of_risk_has_the_numbers_of_the_method() -> None:
    page = one_line(RISK_PAGE)
    method, level = SNAPSHOT_TAIL
    levels = [f"{100 * each:g}" for each in TAIL_LEVELS]
    for words in (
        f"in each of the {HISTORY_SESSIONS} sessions",
        f"fewer than {LEAST_SESSIONS} returns",
        f"exponentially weighted, {FILTER_DECAY}",
        f"Early exercise from {NODES} spots",
        "`--level {}`".format("\\|".join(levels)),
        "`--method {}`".format("\\|".join(TAIL_METHODS)),
        f"{method.value} at {100 * level:g} %, as `value_at_risk`",
        f"`SIGMASIGHT_HISTORY_SESSIONS` ({Settings.model_fields['history_sessions'].default})",
        f"`SIGMASIGHT_STALE_SESSIONS` ({Settings.model_fields['stale_sessions'].default})",
        f"{HISTORY_SESSIONS} returns need {HISTORY_SESSIONS + 1} closes",
    ):
        assert words in page


def test_the_page_of_performance_has_the_periods_and_the_lines() -> None:
    page = one_line(PERFORMANCE_PAGE)
    assert ", ".join(f"`{each}`" for each in PERIODS) in page
    assert "volatility over {} and {} sessions".format(*VOLATILITY_SESSIONS) in page
    assert f"maximum drawdown over {RATIO_SESSIONS}" in page
    assert ", ".join(f"`{each}`" for each in GREEK_LINES) in page
    assert {each.value for each in By} == set(re.findall(r"--by (\w+)`", PERFORMANCE_PAGE))


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
