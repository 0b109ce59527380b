"""`sigmasight correlations`: how the names of one portfolio move together, in which clusters."""

from typing import Annotated

import numpy as np
import typer

from sigmasight.cli.output import announce, print_json, print_table
from sigmasight.cli.session import (
    AsJson,
    AsOf,
    Document,
    MethodName,
    PortfolioName,
    UserEmail,
    announce_left_out,
    fixed,
    opened_session,
    percent,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.methods import Method
from sigmasight.domain.risk_results import Correlations
from sigmasight.domain.units import money_text
from sigmasight.services.correlations import CorrelationReport, report_correlations

_PLACES = 6
_PLAN = CorrelationPlan()
_MEASURES = {
    "average_correlation": "average correlation of the pairs",
    "effective_positions": "effective positions",
    "effective_positions_classic": "effective positions, equal weights",
    "effective_positions_by_weight": "effective positions by weight alone",
    "diversification_ratio_squared": "diversification ratio squared",
}


def run_correlations(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    view: Annotated[View, typer.Option("--view", help="All names, or one side of the book.")] = View.PORTFOLIO,
    mode: Annotated[FilterMode, typer.Option("--filter", help="Which thresholds a name must pass.")] = FilterMode.BOTH,
    least_exposure: Annotated[
        float, typer.Option("--least-exposure", min=0.0, help="USD, delta-adjusted.")
    ] = _PLAN.least_exposure,
    least_weight: Annotated[
        float, typer.Option("--least-weight", min=0.0, max=1.0, help="Share of the delta-adjusted gross.")
    ] = _PLAN.least_weight,
    window: Annotated[int, typer.Option("--window", min=2, max=504, help="Sessions.")] = _PLAN.window_sessions,
    least: Annotated[int | None, typer.Option("--min-returns", min=2, help="60; 20 in the classic method.")] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", help="Correlation at which names form a cluster.")
    ] = _PLAN.threshold,
    method: MethodName = Method.DEFAULT,
    matrix: Annotated[bool, typer.Option("--matrix", help="The correlation matrix too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how a portfolio's names move together at a session's close, and how many positions they really are."""
    try:
        plan = CorrelationPlan(
            window_sessions=window,
            min_obs=least,
            least_exposure=least_exposure,
            least_weight=least_weight,
            mode=mode,
            threshold=threshold,
            view=view,
            method=method,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    with opened_session(portfolio, user, as_of) as session:
        report = report_correlations(*session.place, plan)
    if as_json:
        print_json(_document(session.book, report, matrix=matrix))
    else:
        _print(session.book, report, matrix=matrix)
    announce_left_out(report.correlations.not_included)


def _document(book: Portfolio, report: CorrelationReport, *, matrix: bool) -> Document:
    found = report.correlations
    document: Document = {
        "portfolio": book.name,
        "market": book.market,
        "as_of": found.as_of.isoformat(),
        "method": found.method,
        "sessions": found.sessions,
        "window_sessions": found.window_sessions,
        "data_quality": found.data_quality,
        "coverage": found.coverage,
        **{name: rounded(getattr(found, name), _PLACES) for name in _MEASURES},
        "concentration": rounded(found.concentration, _PLACES),
        "names": [
            {"symbol": symbol, "exposure": money_text(exposure)}
            for symbol, exposure in zip(found.symbols, found.exposure.tolist(), strict=True)
        ],
        "clusters": [
            {
                "nickname": each.nickname,
                "symbols": list(each.symbols),
                "gross_weight": rounded(each.gross_weight, _PLACES),
                "net_weight": rounded(each.net_weight, _PLACES),
                "average_correlation": rounded(each.average_correlation, _PLACES),
            }
            for each in found.clusters
        ],
        "reasons": {name: list(why.words) for name, why in found.reasons.items()},
        "marks": list(found.marks.words),
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in found.not_included],
    }
    if matrix:
        document["matrix"] = np.round(report.matrix, _PLACES).tolist()
    return document


def _print(book: Portfolio, report: CorrelationReport, *, matrix: bool) -> None:
    found = report.correlations
    title = f"{book.name}: correlations at the close of {found.as_of}, {book.market} market, method {found.method}"
    rows = [[label, _measure(found, name)] for name, label in _MEASURES.items()]
    rows.append(["share of gross in clusters", percent(found.concentration)])
    print_table(title, ["measure", "value"], rows)
    announce(
        f"{found.sessions} of {found.window_sessions} sessions, data {found.data_quality}; "
        f"{len(found.symbols)} names, covers {percent(found.coverage)} of gross"
    )
    if found.clusters:
        clusters = [
            [
                each.nickname,
                ", ".join(each.symbols),
                percent(each.gross_weight),
                percent(each.net_weight),
                fixed(each.average_correlation, 2),
            ]
            for each in found.clusters
        ]
        columns = ["cluster", "names", "gross", "net", "average correlation"]
        print_table("Clusters, shares of the delta-adjusted gross", columns, clusters, text_columns=2)
    if matrix:
        for symbol, line in zip(found.symbols, report.matrix.tolist(), strict=True):
            announce(f"{symbol:>10} " + " ".join(f"{value:5.2f}" for value in line))


def _measure(found: Correlations, name: str) -> str:
    why = found.reasons.get(name)
    shown = fixed(getattr(found, name), 2)
    return f"{shown} ({', '.join(why.words)})" if why else shown
