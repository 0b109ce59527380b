"""`sigmasight performance` and `sigmasight attribution`: how one portfolio did, and where a session's P&L came from."""

from math import isfinite
from typing import Annotated

import typer

from sigmasight.cli.output import print_json, print_table
from sigmasight.cli.session import (
    AsJson,
    AsOf,
    Document,
    PortfolioName,
    UserEmail,
    announce_left_out,
    dollars,
    fixed,
    opened_session,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.units import money_text
from sigmasight.risk.attribution import GREEK_LINES
from sigmasight.services.attribution import Attribution, By, attribute_profit
from sigmasight.services.performance import Figure, PerformanceReport, report_performance

_PLACES = 6


def run_performance(
    portfolio: PortfolioName, user: UserEmail = None, as_of: AsOf = None, as_json: AsJson = False
) -> None:
    """Show a portfolio's time-weighted returns, volatility, Sharpe and Sortino ratios and drawdown."""
    with opened_session(portfolio, user, as_of) as session:
        report = report_performance(*session.place)
    if as_json:
        print_json(_performance_document(session.book, report))
    else:
        _print_performance(session.book, report)


def run_attribution(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    by: Annotated[By, typer.Option("--by", help="What the P&L is split by.")] = By.POSITION,
    as_json: AsJson = False,
) -> None:
    """Show where a session's P&L came from; the parts add up to it."""
    with opened_session(portfolio, user, as_of) as session:
        found = attribute_profit(*session.place, by)
    if as_json:
        print_json(_attribution_document(session.book, found))
    else:
        _print_attribution(session.book, found)
    announce_left_out(found.not_included)


def _figures(report: PerformanceReport) -> dict[str, Figure]:
    return {
        **{f"return_{name.replace(' ', '_')}": figure for name, figure in report.returns},
        **{f"volatility_{count}": figure for count, figure in report.volatility},
        "sharpe": report.sharpe,
        "sortino": report.sortino,
        "max_drawdown": report.max_drawdown,
        "beta": report.beta,
    }


def _performance_document(book: Portfolio, report: PerformanceReport) -> Document:
    return {
        "portfolio": book.name,
        "market": book.market,
        "as_of": report.as_of.isoformat(),
        "first_snapshot": report.first.isoformat(),
        "figures": {
            name: {
                "value": rounded(figure.value, _PLACES),
                "sessions": figure.sessions,
                "reasons": list(figure.reasons.words),
            }
            for name, figure in _figures(report).items()
        },
    }


def _print_performance(book: Portfolio, report: PerformanceReport) -> None:
    title = f"{book.name}: performance up to the close of {report.as_of}, snapshots since {report.first}"
    plain = ("sharpe", "sortino", "beta")
    rows = [
        [
            name.replace("_", " "),
            fixed(figure.value, 2) if name in plain else _percent(figure.value, signed="volatility" not in name),
            "" if figure.sessions is None else str(figure.sessions),
            ", ".join(figure.reasons.words),
        ]
        for name, figure in _figures(report).items()
    ]
    print_table(title, ["measure", "value", "sessions", "notes"], rows)


def _percent(value: float, *, signed: bool) -> str:
    return f"{value:{'+' if signed else ''}.2%}" if isfinite(value) else "n/a"


def _attribution_document(book: Portfolio, found: Attribution) -> Document:
    return {
        "portfolio": book.name,
        "market": book.market,
        "as_of": found.as_of.isoformat(),
        "since": found.since.isoformat(),
        "by": found.by,
        "pnl": money_text(found.pnl),
        "lines": [{"name": line.name, "pnl": money_text(line.pnl)} for line in found.lines],
        "options": [
            {
                "symbol": each.symbol,
                "pnl": money_text(each.pnl),
                "parts": {part.name: money_text(part.pnl) for part in each.parts},
            }
            for each in found.options
        ],
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in found.not_included],
    }


def _print_attribution(book: Portfolio, found: Attribution) -> None:
    title = f"{book.name}: P&L from the close of {found.since} to that of {found.as_of}, by {found.by}"
    rows = [[line.name or "untagged", dollars(line.pnl)] for line in found.lines]
    print_table(title, [found.by.value, "USD"], [*rows, ["P&L", dollars(found.pnl)]])
    if found.options:
        columns = ["option", "P&L", *GREEK_LINES]
        lines = [
            [each.symbol, dollars(each.pnl), *(dollars(part.pnl) for part in each.parts)] for each in found.options
        ]
        print_table("Options, USD", columns, lines)
