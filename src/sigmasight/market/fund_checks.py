"""The door for what funds report to hold."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from math import isfinite, nan

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.market.checks import RefusedRow

LARGEST_WEIGHT = 5.0
"""Of a fund's net assets: what is levered or short stays far below; a weight above it was told in percent."""


def check_holdings(
    reports: Mapping[str, FundHoldings], *, funds: Collection[str], today: date
) -> tuple[dict[str, FundHoldings], list[RefusedRow]]:
    """Take reports of funds that were asked for, each line on its own.

    A line without a weight that can be is refused; shares and values that cannot be are taken as not known. A report
    of the future is refused whole, and so is one of which no line is left. One whose weights do not add up to
    90-100 % is kept: ``FundHoldings.is_whole`` flags it.
    """
    taken: dict[str, FundHoldings] = {}
    refused: list[RefusedRow] = []
    for fund, report in reports.items():
        if report.as_of > today:
            refused.append(RefusedRow(fund, report.as_of, "holdings", nan, "the report's day lies in the future"))
        elif fund in funds:
            lines = tuple(_plausible(line) for line in report.lines if _has_weight(line))
            refused += [_refusal(report, line) for line in report.lines if not _has_weight(line)]
            if lines:
                taken[fund] = replace(report, lines=lines)
    return taken, refused


def _has_weight(line: Holding) -> bool:
    return isfinite(line.weight) and abs(line.weight) <= LARGEST_WEIGHT


def _refusal(report: FundHoldings, line: Holding) -> RefusedRow:
    why = f"{line.symbol or line.name}: a weight is a fraction of the fund's net assets"
    return RefusedRow(report.fund, report.as_of, "weight", line.weight, why)


def _plausible(line: Holding) -> Holding:
    shares = line.shares if isfinite(line.shares) else nan
    return replace(line, shares=shares, market_value=line.market_value if isfinite(line.market_value) else nan)
