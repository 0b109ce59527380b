"""`sigmasight greeks`: the Greeks of one portfolio, by position, underlying or expiry."""

import enum
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Annotated

import typer

from sigmasight.cli.output import amount, announce, print_json, print_table
from sigmasight.cli.session import (
    AsJson,
    AsOf,
    Document,
    MethodName,
    PortfolioName,
    Session,
    UserEmail,
    opened_session,
    rounded,
)
from sigmasight.domain.books import Portfolio
from sigmasight.domain.methods import Method
from sigmasight.domain.options import PositionGreeks
from sigmasight.domain.units import money_text
from sigmasight.services.greeks import GreekGrouping, GreekLine, PositionLine, list_position_greeks, split_greeks

GREEK_PLACES = 4
_IN_SHARES = ("delta", "gamma")
_IN_DOLLARS = tuple(field.name for field in fields(PositionGreeks) if field.name not in _IN_SHARES)
_LABELS = {
    "delta": "delta, shares",
    "gamma": "gamma per $1",
    "theta_per_day": "theta per day",
    "vega_per_point": "vega per point",
    "rho_per_percent": "rho per 1 %",
    "dollar_delta": "dollar delta",
    "dollar_gamma": "dollar gamma per 1 %",
}


class By(enum.StrEnum):
    """One line for each of what."""

    POSITION = "position"
    UNDERLYING = "underlying"
    EXPIRY = "expiry"
    PORTFOLIO = "portfolio"


def run_greeks(
    portfolio: PortfolioName,
    user: UserEmail = None,
    by: Annotated[By, typer.Option("--by", help="One line for each of these.")] = By.POSITION,
    as_of: AsOf = None,
    method: MethodName = Method.DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show a portfolio's Greeks at a session's close, and what they leave out."""
    with opened_session(portfolio, user, as_of) as session:
        lines = _lines(session, by, method)
    book, day = session.book, session.day
    if as_json:
        head = {"portfolio": book.name, "market": book.market, "as_of": day.isoformat(), "method": method, "by": by}
        print_json({**head, "lines": lines})
    else:
        _print(book, day, by, method, lines)


def _lines(session: Session, by: By, method: Method) -> list[Document]:
    if by is By.POSITION:
        return [_position_document(line) for line in list_position_greeks(*session.place, method=method)]
    return [_group_document(line) for line in split_greeks(*session.place, GreekGrouping(by), method=method)]


def _greek_document(greeks: PositionGreeks | GreekLine) -> Document:
    """Money as decimal strings with cents, deltas and gammas with four places; None where not known."""
    shares = {name: rounded(getattr(greeks, name), GREEK_PLACES) for name in _IN_SHARES}
    return {**shares, **{name: money_text(float(getattr(greeks, name))) for name in _IN_DOLLARS}}


def _group_document(line: GreekLine) -> Document:
    return {
        "group": line.group,
        "positions": line.positions,
        **_greek_document(line),
        "coverage": line.coverage,
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in line.not_included],
    }


def _position_document(line: PositionLine) -> Document:
    gap = line.price - line.market_price
    return {
        "symbol": line.symbol,
        "underlying": line.underlying,
        "quantity": line.quantity,
        **_greek_document(line.greeks),
        "volatility": rounded(line.volatility, 6),
        "volatility_source": line.volatility_source,
        "model": line.model,
        "price": rounded(line.price, 6),
        "market_price": rounded(line.market_price, 6),
        "price_gap": rounded(gap, 6),
        "reasons": list(line.reasons.words),
    }


def _print(book: Portfolio, day: date, by: By, method: Method, lines: Sequence[Document]) -> None:
    title = f"{book.name}: Greeks at the close of {day}, {book.market} market, method {method}"
    name = "symbol" if by is By.POSITION else "group"
    rows = [
        [str(line[name]), *(_number(line[greek]) for greek in _IN_SHARES), *(_dollars(line[g]) for g in _IN_DOLLARS)]
        for line in lines
    ]
    columns = [by, *_LABELS.values()]
    if by is By.POSITION:
        columns += ["volatility", "from", "model", "market price", "model's gap"]
        for row, line in zip(rows, lines, strict=True):
            row += [_percent(line["volatility"]), str(line["volatility_source"] or ""), str(line["model"] or "")]
            row += [_number(line["market_price"]), _number(line["price_gap"])]
    print_table(title, columns, rows)
    for line in lines:
        _announce_doubts(line)


def _announce_doubts(line: Document) -> None:
    reasons, left_out = line.get("reasons"), line.get("not_included")
    if line["dollar_delta"] is None and isinstance(reasons, list):
        announce(f"{line['symbol']}: no dollar delta: {', '.join(reasons)}")
    for left in left_out if isinstance(left_out, list) else []:
        announce(f"{line['group']}: not included: {left['symbol']} ({left['reason']})")


def _number(value: object) -> str:
    return f"{value:,.{GREEK_PLACES}f}" if isinstance(value, float) else "n/a"


def _dollars(value: object) -> str:
    return amount(value if isinstance(value, str) else None)


def _percent(value: object) -> str:
    return f"{value:.2%}" if isinstance(value, float) else ""
