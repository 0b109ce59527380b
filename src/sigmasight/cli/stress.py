"""`sigmasight stress`: what scenarios would do to one portfolio, direct and correlated, and by what."""

import enum
from dataclasses import asdict
from typing import Annotated

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
    dollars,
    fixed,
    opened_session,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.methods import Method
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS
from sigmasight.domain.units import money_text
from sigmasight.services.spot_grid import Grid, spot_volatility_grid
from sigmasight.services.stress import (
    Contribution,
    ScenarioLine,
    StressReport,
    active_scenarios,
    report_scenarios,
)

_PLACES = 6
_SHOWN_POSITIONS = 10
_RESULTS = ("direct, USD", "correlated, USD")


class Kind(enum.StrEnum):
    """Which scenarios."""

    STRESS = "stress"
    MARKET = "market"
    GRID = "grid"


def run_stress(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    kind: Annotated[
        Kind,
        typer.Option("--kind", help="Stress tests; the ten market and rate scenarios; spot x volatility of options."),
    ] = Kind.STRESS,
    scenario: Annotated[str | None, typer.Option("--scenario", help="One scenario, with what it is made of.")] = None,
    method: MethodName = Method.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show what scenarios would do to a portfolio at a session's close, and what they leave out."""
    with opened_session(portfolio, user, as_of) as session:
        if kind is Kind.GRID:
            _show_grid(session.book, spot_volatility_grid(*session.place), as_json=as_json)
            return
        known = MARKET_RISK_SCENARIOS if kind is Kind.MARKET else active_scenarios(session.conn, session.book.user_id)
        chosen = [each for each in known if scenario in {None, each.id}]
        report = report_scenarios(*session.place, chosen, method=method)
    if as_json:
        print_json(_document(session.book, report, kind))
    else:
        _print(session.book, report, kind)
        if scenario:
            _print_parts(report.lines[0])
    announce_left_out(report.results.not_included)


def _document(book: Portfolio, report: StressReport, kind: Kind) -> Document:
    summary = report.summary
    return {
        "portfolio": book.name,
        "market": book.market,
        "as_of": report.as_of.isoformat(),
        "kind": kind,
        "method": report.method,
        "scenarios": [_line(line) for line in report.lines],
        "summary": {
            "worst": summary.worst,
            "best": summary.best,
            "mean_effect": money_text(summary.mean_effect),
            "worst_by_category": {category: money_text(pnl) for category, pnl in summary.worst_by_category},
        },
        "marks": list(report.results.marks.words),
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in report.results.not_included],
    }


def _line(line: ScenarioLine) -> Document:
    return {
        "id": line.scenario.id,
        "name": line.scenario.name,
        "category": line.scenario.category,
        "severity": line.scenario.severity,
        "direct": money_text(line.direct),
        "correlated": money_text(line.correlated),
        "effect": money_text(line.effect),
        "raw_direct": money_text(line.raw_direct),
        "raw_correlated": money_text(line.raw_correlated),
        "own_history": _own(line),
        "by_factor": [_part(part) for part in line.by_factor],
        "by_position": [_part(part) for part in line.by_position],
        "coverage": line.coverage,
        "reasons": list(line.reasons.words),
        "distance": rounded(line.distance, _PLACES),
        "share_beyond": rounded(line.share_beyond, _PLACES),
        "plausibility": line.plausibility,
    }


def _own(line: ScenarioLine) -> Document | None:
    own = line.own_history
    return None if own is None else {"pnl": money_text(own.pnl), "coverage": rounded(own.coverage, _PLACES)}


def _part(part: Contribution) -> Document:
    return {"name": part.name, "direct": money_text(part.direct), "correlated": money_text(part.correlated)}


def _print(book: Portfolio, report: StressReport, kind: Kind) -> None:
    rows = [
        [
            line.scenario.id,
            line.scenario.category,
            line.scenario.severity,
            dollars(line.direct),
            dollars(line.correlated),
            dollars(line.effect),
            fixed(line.distance, 1),
            line.plausibility or "n/a",
        ]
        for line in report.lines
    ]
    title = (
        f"{book.name}: {kind} scenarios at the close of {report.as_of}, {book.market} market, method {report.method}"
    )
    columns = [
        "scenario",
        "category",
        "severity",
        *_RESULTS,
        "effect, USD",
        "distance",
        "plausible",
    ]
    print_table(title, columns, rows, text_columns=3)
    summary = report.summary
    if summary.worst:
        announce(f"worst: {summary.worst}; best: {summary.best}; mean effect: {dollars(summary.mean_effect)} USD")
    for line in report.lines:
        own = line.own_history
        if own and own.coverage > 0.0:
            announce(f"{line.scenario.id}: by own history {dollars(own.pnl)} USD, covers {own.coverage:.0%} of gross")
        if line.reasons:
            announce(f"{line.scenario.id}: not known in full: {', '.join(line.reasons.words)}")


def _print_parts(line: ScenarioLine) -> None:
    print_table("By factor", ["factor", *_RESULTS], [_part_row(part) for part in line.by_factor])
    largest = line.by_position[:_SHOWN_POSITIONS]
    title = f"By position: {len(largest)} of {len(line.by_position)}, the largest direct ones"
    print_table(title, ["position", *_RESULTS], [_part_row(part) for part in largest])


def _part_row(part: Contribution) -> list[str]:
    return [part.name, dollars(part.direct), dollars(part.correlated)]


def _show_grid(book: Portfolio, grid: Grid, *, as_json: bool) -> None:
    worst = grid.worst
    if as_json:
        print_json(
            {
                "portfolio": book.name,
                "market": book.market,
                "as_of": grid.as_of.isoformat(),
                "kind": Kind.GRID,
                "spot_returns": grid.spot_returns.tolist(),
                "volatility_changes": grid.volatility_changes.tolist(),
                "pnl": [[money_text(value) for value in row] for row in grid.pnl.tolist()],
                "worst": None if worst is None else {**asdict(worst), "pnl": money_text(worst.pnl)},
                "coverage": grid.coverage,
                "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in grid.not_included],
            }
        )
        return
    title = (
        f"{book.name}: every spot and every volatility moved, USD, at the close of {grid.as_of}, {book.market} market"
    )
    columns = ["spot", *(f"{100 * change:+.0f} points" for change in grid.volatility_changes)]
    rows = [
        [f"{spot:+.0%}", *(dollars(value) for value in row)]
        for spot, row in zip(grid.spot_returns, grid.pnl, strict=True)
    ]
    print_table(title, columns, rows)
    announce_left_out(grid.not_included)
    if worst is None:
        announce("nothing of it is known")
        return
    edge = "at the edge of the grid: beyond it may be worse" if worst.at_edge else "inside the grid"
    where = f"spot {worst.spot_return:+.0%}, volatility {100 * worst.volatility_change:+.0f} points"
    announce(f"worst: {dollars(worst.pnl)} USD at {where}, {edge}; covers {grid.coverage:.0%} of gross")
