"""Snapshots as people read them: money rounded once, parts that add up, and what is left out."""

from collections.abc import Sequence

from sigmasight.cli.output import amount, announce, print_table
from sigmasight.domain.books import Portfolio
from sigmasight.domain.snapshots import ShownExposures, Snapshot, shown_nav
from sigmasight.domain.units import money_text

_LABELS = {
    "nav": "NAV",
    "day_pnl": "day P&L",
    "cumulative_pnl": "cumulative P&L",
    "unmodelled_assets": "unmodelled assets",
}

_GREEKS = {
    "delta": "dollar delta",
    "gamma": "dollar gamma per 1 %",
    "theta": "theta per day",
    "vega": "vega per point",
    "rho": "rho per 1 %",
}
_MONEY = ("nav", "gross", "net", "long", "short", "cash", "unmodelled_assets", "day_pnl", "cumulative_pnl")
_SHOWN = ("market", *_MONEY, *_GREEKS, "positions", "covers", "Greeks cover")
_SIDE_BY_SIDE = 3

Valued = tuple[Portfolio, Snapshot | None]
"""A portfolio and its snapshot; None where it has none of that session."""


def shown_documents(valued: Sequence[Valued]) -> list[dict[str, object]]:
    """One JSON object for each portfolio that has a snapshot; money as decimal strings."""
    return [
        {
            "name": portfolio.name,
            **shown_money(snapshot),
            "greeks": shown_greeks(snapshot),
            "positions": snapshot.positions,
            "coverage": snapshot.coverage,
            "delta_coverage": snapshot.delta_coverage,
            "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in snapshot.not_included],
        }
        for portfolio, snapshot in valued
        if snapshot is not None
    ]


def shown_money(snapshot: Snapshot) -> dict[str, str | None]:
    """Money as it is shown: gross, net and NAV are the sums of the rounded parts, so that what is shown adds up."""
    measures = snapshot.measures
    shown = ShownExposures.of(measures.long, measures.short)
    return {
        "nav": money_text(shown_nav(measures)),
        "gross": money_text(shown.gross),
        "net": money_text(shown.net),
        "long": money_text(shown.long),
        "short": money_text(shown.short),
        "cash": money_text(measures.cash),
        "unmodelled_assets": money_text(measures.unmodelled_assets),
        "day_pnl": money_text(measures.daily_pnl),
        "cumulative_pnl": money_text(measures.cumulative_pnl),
    }


def shown_greeks(snapshot: Snapshot) -> dict[str, str | None]:
    """The five Greeks of a portfolio, all in USD."""
    return {name: money_text(getattr(snapshot.measures, name)) for name in _GREEKS}


def print_portfolios(valued: Sequence[Valued]) -> None:
    """One column a portfolio, three side by side, and one line for what each leaves out."""
    for at in range(0, len(valued), _SIDE_BY_SIDE):
        columns = {
            portfolio.name: _column(portfolio, snapshot) for portfolio, snapshot in valued[at : at + _SIDE_BY_SIDE]
        }
        labels = _LABELS | _GREEKS
        rows = [[labels.get(name, name), *(column[name] for column in columns.values())] for name in _SHOWN]
        print_table("Portfolios", ("USD", *columns), rows)
    for portfolio, snapshot in valued:
        if snapshot is None:
            announce(f"{portfolio.name}: no snapshot of this session: it was opened later, or failed")
        elif snapshot.not_included:
            left = ", ".join(f"{left.symbol} ({left.reason})" for left in snapshot.not_included)
            announce(f"{portfolio.name}: not included: {left}")


def _column(portfolio: Portfolio, snapshot: Snapshot | None) -> dict[str, str]:
    if snapshot is None:
        return dict.fromkeys(_SHOWN, "n/a") | {"market": portfolio.market}
    money_shown = {name: amount(text) for name, text in shown_money(snapshot).items()}
    greeks_shown = {name: amount(text) for name, text in shown_greeks(snapshot).items()}
    return (
        money_shown
        | greeks_shown
        | {
            "market": portfolio.market,
            "positions": str(snapshot.positions),
            "covers": f"{snapshot.coverage:.0%} of gross",
            "Greeks cover": f"{snapshot.delta_coverage:.0%} of gross",
        }
    )
