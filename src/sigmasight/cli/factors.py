"""`sigmasight factors`: one portfolio on the factors, and each of its positions with the errors of its betas."""

from collections.abc import Sequence
from typing import Annotated

import typer

from sigmasight.cli.output import print_json, print_table
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
    percent,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.units import money_text
from sigmasight.services.factors import FactorReport, PositionFactors, report_factors

_PLACES = 6


def run_factors(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    positions: Annotated[bool, typer.Option("--positions", help="One line for each position too.")] = False,
    method: MethodName = Method.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show a portfolio's factor exposures, betas and risk shares at a session's close, and what they leave out."""
    with opened_session(portfolio, user, as_of) as session:
        report = report_factors(*session.place, method=method)
    if as_json:
        print_json(_document(session.book, report, method, positions=positions))
    else:
        _print(session.book, report, positions=positions)
    announce_left_out(report.exposures.not_included)


def _document(book: Portfolio, report: FactorReport, method: Method, *, positions: bool) -> Document:
    exposures = report.exposures
    document: Document = {
        "portfolio": book.name,
        "market": book.market,
        "as_of": exposures.as_of.isoformat(),
        "method": method,
        "sessions": report.factors.sessions,
        "window_sessions": report.factors.window_sessions,
        "coverage": exposures.coverage,
        "volatility_per_day": money_text(exposures.volatility),
        "specific_share": rounded(exposures.specific_share, _PLACES),
        "factors": [_factor(report, at) for at in range(len(exposures.factors))],
        "reasons": {name: list(why.words) for name, why in exposures.reasons.items()},
        "marks": list(exposures.marks.words),
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in exposures.not_included],
    }
    if positions:
        document["positions"] = [_position(exposures.factors, each) for each in report.positions]
    return document


def _factor(report: FactorReport, at: int) -> Document:
    exposures, factors = report.exposures, report.factors
    document: Document = {
        "factor": exposures.factors[at],
        "proxy": factors.proxies[at],
        "exposure": money_text(float(exposures.exposure[at])),
        "dollar_exposure": money_text(float(report.dollar_exposure[at])),
        "beta": rounded(exposures.beta[at], _PLACES),
        "risk_share": rounded(exposures.risk_share[at], _PLACES),
        "market_slope": rounded(factors.market_slopes[at], _PLACES),
        "variance_inflation": rounded(factors.variance_inflation[at], _PLACES),
    }
    if report.classic_exposure is not None:
        document["classic_exposure"] = money_text(float(report.classic_exposure[at]))
    return document


def _position(names: Sequence[str], line: PositionFactors) -> Document:
    return {
        "symbol": line.symbol,
        "underlying": line.underlying,
        "dollar_delta": money_text(line.dollar_delta),
        "r_squared": rounded(line.r_squared, _PLACES),
        "residual_volatility_per_day": rounded(line.residual_volatility, _PLACES),
        "observations": line.n_obs,
        "reasons": list(line.reasons.words),
        "t_reasons": list(Reason.EXACT_FIT.words) if line.exact else [],
        "factors": [_beta(name, line, at) for at, name in enumerate(names)],
    }


def _beta(name: str, line: PositionFactors, at: int) -> Document:
    document: Document = {
        "factor": name,
        "beta": rounded(line.beta[at], _PLACES),
        "hac_error": rounded(line.hac_error[at], _PLACES),
        "t": rounded(line.t_statistic[at], _PLACES),
        "exposure": money_text(float(line.exposure[at])),
    }
    if line.classic_beta is None or line.classic_raw is None or line.capped is None:
        return document
    return {
        **document,
        "classic_beta": rounded(line.classic_beta[at], _PLACES),
        "classic_raw": rounded(line.classic_raw[at], _PLACES),
        "classic_reasons": list(Reason.CAPPED.words) if line.capped[at] else [],
    }


def _print(book: Portfolio, report: FactorReport, *, positions: bool) -> None:
    exposures, factors = report.exposures, report.factors
    classic = report.classic_exposure
    rows = [
        [
            name,
            factors.proxies[at],
            dollars(exposures.exposure[at]),
            fixed(exposures.beta[at], 3),
            percent(exposures.risk_share[at]),
            *([] if classic is None else [dollars(classic[at])]),
        ]
        for at, name in enumerate(exposures.factors)
    ]
    rows.append(["specific", "", "", "", percent(exposures.specific_share), *([] if classic is None else [""])])
    title = f"{book.name}: factors at the close of {exposures.as_of}, {book.market} market"
    columns = [
        "factor",
        "proxy",
        "exposure, USD",
        "beta",
        "share of risk",
        *([] if classic is None else ["classic, USD"]),
    ]
    print_table(title, columns, rows, text_columns=2)
    print_table(
        "Of the whole",
        ["", "value"],
        [
            ["volatility, USD a day", dollars(exposures.volatility)],
            ["covers", f"{exposures.coverage:.0%} of gross"],
            ["sessions", f"{factors.sessions} of {factors.window_sessions}"],
        ],
    )
    if positions:
        _print_positions(exposures.factors, report.positions)


def _print_positions(names: Sequence[str], lines: Sequence[PositionFactors]) -> None:
    rows = [
        [
            line.symbol,
            dollars(line.dollar_delta),
            *(f"{fixed(beta, 2)} ({fixed(error, 2)})" for beta, error in zip(line.beta, line.hac_error, strict=True)),
            fixed(line.r_squared, 2),
            str(line.n_obs),
        ]
        for line in lines
    ]
    columns = ["position", "dollar delta", *names, "R squared", "observations"]
    print_table("Betas of positions (HAC error)", columns, rows)
