"""`sigmasight risk`: what one portfolio may lose in a day, three ways, by position, with how good that was."""

import enum
from typing import Annotated

import typer

from sigmasight.cli.output import announce, print_json, print_table
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
    percent,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, TAIL_LEVELS, TAIL_METHODS, TailMethod
from sigmasight.domain.units import money_text
from sigmasight.engines.value_at_risk_backtests import Backtest
from sigmasight.services.risk import PositionTail, RiskReport, report_risk

_PLACES = 6
_SHOWN_POSITIONS = 10


class Level(enum.StrEnum):
    """How sure one wants to be."""

    P95 = "95"
    P97_5 = "97.5"
    P99 = "99"


def run_risk(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    method: Annotated[
        TailMethod, typer.Option("--method", help="How tomorrow is simulated, for what is shown by position.")
    ] = SNAPSHOT_TAIL[0],
    level: Annotated[Level, typer.Option("--level", help="In percent, for positions and backtests.")] = Level.P99,
    horizon: Annotated[int, typer.Option("--horizon", min=1, max=252, help="Days, by the square root of time.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Show value at risk and expected shortfall at a session's close, what brings them about, and backtests."""
    with opened_session(portfolio, user, as_of) as session:
        confidence = float(level.value) / 100.0
        report = report_risk(*session.place, method=method, level=confidence, horizon=horizon)
    if as_json:
        print_json(_document(session.book, report))
    else:
        _print(session.book, report)
    announce_left_out(report.tails.not_included)


def _document(book: Portfolio, report: RiskReport) -> Document:
    tails = report.tails
    return {
        "portfolio": book.name,
        "market": book.market,
        "as_of": tails.as_of.isoformat(),
        "horizon_days": report.horizon,
        "sessions": tails.sessions,
        "coverage": tails.coverage,
        "methods": [
            {
                "method": method,
                "level": level,
                "value_at_risk": money_text(report.scale * tails.at(method, level)[0]),
                "expected_shortfall": money_text(report.scale * tails.at(method, level)[1]),
            }
            for method in TAIL_METHODS
            for level in TAIL_LEVELS
        ],
        "method": report.method,
        "level": report.level,
        "positions": [_position(each) for each in report.positions],
        "backtests": {method: _backtest(found) for method, found in report.backtests.items()},
        "backtest_of_stored_nights": _backtest(report.stored),
        "reasons": {name: list(why.words) for name, why in tails.reasons.items()},
        "marks": list(tails.marks.words),
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in tails.not_included],
    }


def _position(each: PositionTail) -> Document:
    return {
        "symbol": each.symbol,
        "dollar_delta": money_text(each.dollar_delta),
        "value_at_risk": money_text(each.value_at_risk),
        "share": rounded(each.share, _PLACES),
        "expected_shortfall": money_text(each.expected_shortfall),
        "marginal": rounded(each.marginal, _PLACES),
        "incremental": money_text(each.incremental),
        "reasons": list(each.reasons.words),
    }


def _backtest(found: Backtest | None) -> Document | None:
    if found is None:
        return None
    return {
        "forecasts": found.forecasts,
        "breaks": found.breaks,
        "kupiec_p": rounded(found.unconditional_p, _PLACES),
        "christoffersen_p": rounded(found.independent_p, _PLACES),
        "conditional_p": rounded(found.conditional_p, _PLACES),
    }


def _print(book: Portfolio, report: RiskReport) -> None:
    tails = report.tails
    days = "one day" if report.horizon == 1 else f"{report.horizon} days by the square root of time"
    title = f"{book.name}: losses of {days}, USD, after the close of {tails.as_of}, {book.market} market"
    columns = ["method", *(f"{kind} {100 * level:g} %" for kind in ("VaR", "ES") for level in TAIL_LEVELS)]
    rows = [
        [
            method.value,
            *(dollars(report.scale * tails.at(method, level)[kind]) for kind in (0, 1) for level in TAIL_LEVELS),
        ]
        for method in TAIL_METHODS
    ]
    print_table(title, columns, rows)
    announce(f"{tails.sessions} sessions; covers {percent(tails.coverage)} of gross")
    if tails.reasons:
        announce("not known: " + ", ".join(tails.reasons["value_at_risk"].words))
    shown = report.positions[:_SHOWN_POSITIONS]
    if shown:
        title = (
            f"By position, one day, {report.method}, {100 * report.level:g} %: {len(shown)} of {len(report.positions)}"
        )
        columns = ["position", "dollar delta", "VaR", "share", "ES", "incremental VaR"]
        print_table(title, columns, [_row(each) for each in shown])
    _print_backtests(report)


def _row(each: PositionTail) -> list[str]:
    return [
        each.symbol,
        dollars(each.dollar_delta),
        dollars(each.value_at_risk),
        percent(each.share),
        dollars(each.expected_shortfall),
        dollars(each.incremental),
    ]


def _print_backtests(report: RiskReport) -> None:
    found = [(f"{method.value}, today's holdings", each) for method, each in report.backtests.items()]
    found.append((f"{report.method.value}, as stored each night", report.stored))
    rows = [
        [
            name,
            str(each.forecasts),
            str(each.breaks),
            fixed(each.forecasts * (1.0 - report.level), 1),
            fixed(each.unconditional_p, 3),
            fixed(each.independent_p, 3),
        ]
        for name, each in found
        if each is not None
    ]
    if rows:
        columns = ["backtest", "days", "breaks", "expected", "p Kupiec", "p Christoffersen"]
        print_table(f"Backtests at {100 * report.level:g} %", columns, rows)
