"""Which pages there are, in the order of the index."""

from pathlib import Path

from spec.page import Page
from spec.pages import (
    beta_errors,
    classic_beta,
    classic_stress,
    correlation,
    correlation_cluster,
    correlation_effect,
    delta,
    delta_adjusted_exposure,
    effective_positions,
    expected_shortfall,
    factor_beta,
    factor_contribution,
    factor_correlation,
    factor_exposure,
    filtered_returns,
    gamma,
    implied_volatility,
    option_in_value_at_risk,
    option_price,
    option_under_scenario,
    plausibility,
    position_greeks,
    profit_by_factor,
    profit_by_greek,
    r_squared,
    rho,
    risk_share,
    scenario_pnl,
    tail_component,
    theta,
    time_weighted_return,
    value_at_risk,
    value_at_risk_backtest,
    variance_inflation,
    vega,
    volatility_and_ratios,
    yield_beta,
)

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "measures"
SECTIONS: dict[str, tuple[Page, ...]] = {
    "An option, per share": (
        option_price.PAGE,
        delta.PAGE,
        gamma.PAGE,
        theta.PAGE,
        vega.PAGE,
        rho.PAGE,
        implied_volatility.PAGE,
    ),
    "A position": (position_greeks.PAGE, delta_adjusted_exposure.PAGE),
    "A share and the factors": (
        factor_beta.PAGE,
        beta_errors.PAGE,
        r_squared.PAGE,
        yield_beta.PAGE,
        classic_beta.PAGE,
    ),
    "The factors": (factor_correlation.PAGE, variance_inflation.PAGE),
    "A portfolio and the factors": (factor_exposure.PAGE, risk_share.PAGE),
    "A scenario": (
        scenario_pnl.PAGE,
        correlation_effect.PAGE,
        factor_contribution.PAGE,
        option_under_scenario.PAGE,
        plausibility.PAGE,
        classic_stress.PAGE,
    ),
    "A portfolio's losses": (
        value_at_risk.PAGE,
        expected_shortfall.PAGE,
        filtered_returns.PAGE,
        option_in_value_at_risk.PAGE,
        tail_component.PAGE,
        value_at_risk_backtest.PAGE,
    ),
    "A portfolio's names": (correlation.PAGE, correlation_cluster.PAGE, effective_positions.PAGE),
    "What a portfolio earned": (
        time_weighted_return.PAGE,
        volatility_and_ratios.PAGE,
        profit_by_greek.PAGE,
        profit_by_factor.PAGE,
    ),
}
PAGES = tuple(page for section in SECTIONS.values() for page in section)


def documents() -> dict[str, str]:
    """The text of every file of the folder, by its name."""
    pages = {f"{page.name}.md": page.markdown() for page in PAGES}
    return {name: f"{text}\n" for name, text in (pages | {"README.md": _index()}).items()}


def _index() -> str:
    lines = [
        "<!-- Written by `make docs` from tests/spec: change it there. -->",
        "",
        "# Measures",
        "",
        "One page for each number: what it is, its formula and unit, how it is computed, what it does not say, and",
        "worked examples. Each row of an example's table is a test, and the pages are written from the tests",
        "([tests/spec](../../../tests/spec)): what stands here is what the code does.",
    ]
    for section, pages in SECTIONS.items():
        lines += ["", f"## {section}", "", "| measure | what it is | unit |", "|---|---|---|"]
        lines += [f"| [{page.title}]({page.name}.md) | {page.definition} | {page.unit} |" for page in pages]
    return "\n".join(lines)
