"""`sigmasight look-through`: what one portfolio has in each name, by itself and by the funds that hold it."""

from collections.abc import Sequence
from math import fsum
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
from sigmasight.domain.units import money_text
from sigmasight.risk.look_through import DEEPEST, TOO_DEEP, Line, LineKind, LookThrough, OpenedFund
from sigmasight.services.look_through import FactorsBeside, LookThroughReport, report_look_through

_PLACES = 6
_SHOWN_FUNDS = 3
_BEFORE, _AFTER = 0, 1
_CONCENTRATION = {
    "hhi": "HHI",
    "effective_positions": "effective positions",
    "top_3": "top 3",
    "top_10": "top 10",
}
_SHARES = ("top_3", "top_10")


def run_look_through(
    portfolio: PortfolioName,
    user: UserEmail = None,
    as_of: AsOf = None,
    top: Annotated[int, typer.Option("--top", min=1, help="So many lines; with --json all.")] = 20,
    factors: Annotated[bool, typer.Option("--factors", help="Factor exposures by what funds hold too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a portfolio has in each name at a session's close, seen through the funds' last reports."""
    with opened_session(portfolio, user, as_of) as session:
        report = report_look_through(*session.place, factors=factors)
    if as_json:
        print_json(_document(session.book, report))
    else:
        _print(session.book, report, top)
    announce_left_out(report.not_included)


def _document(book: Portfolio, report: LookThroughReport) -> Document:
    found = report.found
    document: Document = {
        "portfolio": book.name,
        "market": book.market,
        "as_of": report.as_of.isoformat(),
        "delta_adjusted_exposure": money_text(found.net),
        "delta_adjusted_gross": money_text(found.gross),
        "coverage": found.coverage,
        "lines": [_line(each) for each in found.lines],
        "funds": [_fund(each) for each in found.funds],
        "concentration": {"before": _concentration(found, _BEFORE), "after": _concentration(found, _AFTER)},
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in report.not_included],
    }
    if report.factors is not None:
        document["factors"] = _factors(report.factors)
    return document


def _line(line: Line) -> Document:
    return {
        "name": line.label,
        "kind": line.kind,
        "symbol": line.symbol,
        "direct": money_text(line.direct),
        "via": [{"fund": fund, "exposure": money_text(amount)} for fund, amount in line.via.items()],
        "total": money_text(line.total),
        "reason": line.reason or None,
    }


def _fund(fund: OpenedFund) -> Document:
    return {
        "fund": fund.symbol,
        "held": money_text(fund.held),
        "inside": money_text(fund.inside),
        "named": rounded(fund.named, _PLACES),
        "as_of": fund.as_of.isoformat(),
        "age_days": fund.age_days,
        "source": fund.source,
        "total_weight": rounded(fund.total_weight, _PLACES),
        "whole": fund.is_whole,
    }


def _concentration(found: LookThrough, group: int) -> Document:
    return {name: rounded(getattr(found.concentration, name)[group], _PLACES) for name in _CONCENTRATION}


def _factors(beside: FactorsBeside) -> Document:
    return {
        "exposures": [
            {"factor": name, "exposure": money_text(float(plain)), "look_through": money_text(float(through))}
            for name, plain, through in _by_factor(beside)
        ],
        "coverage": beside.plain.coverage,
        "look_through_coverage": beside.through.coverage,
        "fund_share_by_names": rounded(beside.through.by_names, _PLACES),
        "reasons": {name: list(why.words) for name, why in beside.plain.reasons.items()},
        "marks": list(beside.plain.marks.words),
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in beside.plain.not_included],
    }


def _by_factor(beside: FactorsBeside) -> list[tuple[str, float, float]]:
    columns = (beside.plain.exposure.tolist(), beside.through.exposure.tolist())
    return list(zip(beside.plain.factors, *columns, strict=True))


def _print(book: Portfolio, report: LookThroughReport, top: int) -> None:
    found = report.found
    title = f"{book.name}: delta-adjusted exposure by name, USD, at the close of {report.as_of}, {book.market} market"
    size = fsum(abs(line.total) for line in found.lines)
    rows = [_row(line, size) for line in found.lines[:top]]
    if len(found.lines) > top:
        rows.append(_rest_row(found.lines[top:], size))
    rows.append(["sum", *_sums(found.lines), "", ""])
    print_table(title, ["name", "direct", "via funds", "total", "weight", "largest by"], rows)
    announce(f"covers {percent(found.coverage)} of delta-adjusted gross: in names, or looked through to them")
    _print_funds(found)
    _print_concentration(found)
    if report.factors is not None:
        _print_factors(report.factors)


def _row(line: Line, size: float) -> list[str]:
    return [line.label, *_sums([line]), _weight(abs(line.total), size), _largest(line)]


def _rest_row(lines: Sequence[Line], size: float) -> list[str]:
    return [f"{len(lines)} more", *_sums(lines), _weight(fsum(abs(line.total) for line in lines), size), ""]


def _sums(lines: Sequence[Line]) -> list[str]:
    direct = fsum(line.direct for line in lines)
    via = fsum(amount for line in lines for amount in line.via.values())
    return [dollars(direct), dollars(via), dollars(fsum(line.total for line in lines))]


def _weight(amount: float, size: float) -> str:
    return percent(amount / size) if size else "n/a"


def _largest(line: Line) -> str:
    named = [f"{fund} {dollars(amount)}" for fund, amount in list(line.via.items())[:_SHOWN_FUNDS]]
    more = len(line.via) - len(named)
    return ", ".join(named) + (f", {more} more" if more else "")


def _print_funds(found: LookThrough) -> None:
    rows = [
        [
            fund.symbol,
            fund.source,
            "" if fund.is_whole else "weights do not add up",
            fund.as_of.isoformat(),
            str(fund.age_days),
            dollars(fund.held),
            dollars(fund.inside),
            percent(fund.named),
            percent(fund.total_weight),
        ]
        for fund in found.funds
    ]
    if rows:
        columns = ["fund", "source", "mark", "report of", "days old", "held", "in other funds", "named", "weights"]
        print_table("Reports of funds", columns, rows, text_columns=3)
    for line in found.lines:
        if line.kind is LineKind.FUND:
            why = f"deeper than {DEEPEST} funds" if line.reason == TOO_DEEP else "no report"
            announce(f"not looked through: {line.symbol} ({why}), {dollars(line.total)} USD")


def _print_concentration(found: LookThrough) -> None:
    rows = [
        [
            label,
            *(
                percent(getattr(found.concentration, name)[group])
                if name in _SHARES
                else fixed(getattr(found.concentration, name)[group], 1 if name == "effective_positions" else 4)
                for group in (_BEFORE, _AFTER)
            ),
        ]
        for name, label in _CONCENTRATION.items()
    ]
    print_table("Concentration by name", ["", "as held", "looked through"], rows)


def _print_factors(beside: FactorsBeside) -> None:
    rows = [
        [name, dollars(plain), dollars(through), dollars(through - plain)]
        for name, plain, through in _by_factor(beside)
    ]
    print_table("Factor exposures, USD", ["factor", "funds' own betas", "looked through", "difference"], rows)
    by_names = beside.through.by_names
    announce(f"betas of names for {percent(by_names)} of what is in funds, the fund's own for the rest")
    announce(f"betas cover {percent(beside.through.coverage)} of delta-adjusted gross")
    announce_left_out(beside.plain.not_included)
