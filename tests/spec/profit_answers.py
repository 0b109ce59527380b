"""What SigmaSight answers to the rows of the tables about where P&L came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import cast

import numpy as np

from sigmasight.domain.books import Position
from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.options import OptionFacts
from sigmasight.engines.profit_by_factor import explain_by_factor
from sigmasight.engines.profit_by_greek import explain_by_greek
from sigmasight.risk.attribution import GREEK_LINES, ExplainedStep, explain_step_by_greek
from sigmasight.risk.greeks import instrument_greeks, position_greeks
from sigmasight.risk.holdings import freeze_accounts, freeze_holdings
from sigmasight.risk.option_facts import compose_facts, from_quotes
from sigmasight.risk.portfolios import close_books, value_books
from sigmasight.services import attribution
from sigmasight.services.attribution import OVERLAP
from sigmasight.services.valuation import FrozenBooks
from sigmasight.store.database import Connection
from spec.page import Row
from support.books import DividendOn, SplitOn, World, april, closes, holding, option, portfolio, stock, world_of
from support.evenings import frozen_market
from support.facts import option_facts
from support.option_chains import black, european, index, option_market

Answers = Mapping[str, float | str]

BEFORE, AFTER = april(9), april(10)
EXPIRY = date(2025, 5, 16)
A, B = stock(1, "A"), stock(2, "B")
BOOK = portfolio()
LIVES = {BEFORE: (EXPIRY - BEFORE).days / 365.0, AFTER: (EXPIRY - AFTER).days / 365.0}
LINES = ("delta", "gamma", "vega", "theta", "rho", "residual")


def by_greek(row: Row) -> Answers:
    """One position, by Greeks that are told."""
    found = explain_by_greek(
        pnl=_one(row["P&L"]),
        delta=_one(row["delta"]),
        gamma=_one(row["gamma"]),
        theta_per_day=_one(row["theta"]),
        vega_per_point=_one(row["vega"]),
        rho_per_percent=_one(row["rho"]),
        spot_change=_one(row["ΔS"]),
        volatility_change=_one(row["Δσ"]),
        rate_change=_one(row["Δr"]),
        days=float(row["days"]),
    )
    return {f"by {name}" if name != "residual" else name: getattr(found, name).item() for name in LINES}


def repriced(row: Row) -> Answers:
    """One call on a share, quoted by the formula at both closes."""
    contract = option(9, A, right=Right.CALL, strike=float(row["strike"]), expiry=EXPIRY)
    prices = closes(A, {BEFORE: float(row["spot"]), AFTER: float(row["then"])})
    rates = dict.fromkeys((BEFORE, AFTER), float(row["rate"]))
    for day, spot, sigma in ((BEFORE, "spot", "σ"), (AFTER, "then", "σ then")):
        rate, years = rates[day], LIVES[day]
        quoted = black(
            forward=float(row[spot]) * float(np.exp(rate * years)),
            strike=float(row["strike"]),
            years=years,
            rate=rate,
            volatility=float(row[sigma]),
            is_call=True,
        )["price"]
        prices |= closes(contract, {day: quoted})
    return _told(_explained([_held(contract, float(row["contracts"]))], (A, contract), prices, rates))


def on_index(row: Row) -> Answers:
    """One call on an index that nobody can hold, quoted on its forward at both closes; no rate."""
    parent = index(1, "VIX")
    contract = european(9, parent, Right.CALL, float(row["strike"]), EXPIRY)
    pair = [european(7 + at, parent, right, 22.0, EXPIRY) for at, right in enumerate((Right.CALL, Right.PUT))]
    prices = closes(parent, {BEFORE: float(row["index"]), AFTER: float(row["then"])})
    for day, forward in ((BEFORE, "forward"), (AFTER, "forward then")):
        for each in (contract, *pair):
            terms = each.option
            if terms is not None:
                quoted = black(
                    forward=float(row[forward]),
                    strike=float(terms.strike),
                    years=LIVES[day],
                    rate=0.0,
                    volatility=float(row["σ"]),
                    is_call=terms.right is Right.CALL,
                )["price"]
                prices |= closes(each, {day: quoted})
    rates = dict.fromkeys((BEFORE, AFTER), 0.0)
    return _told(_explained([_held(contract, 1.0)], (parent, *pair, contract), prices, rates))


def of_share(row: Row) -> Answers:
    """100 shares that cost $100 at the close before, $50 after a split of two for one, and $103 or half of it now."""
    kind = str(row["what happened"])
    split = kind == "split, two for one"
    now = 51.5 if split else 103.0
    record: Position = _held(A, 100.0)
    if kind == "bought today at $101":
        record = holding(BOOK, A, 100, entry_price=101, held_from=AFTER)
    if kind == "sold today at $102":
        record = holding(
            BOOK, A, 100, entry_price=90, held_from=april(1), brought_in=True, exit_date=AFTER, exit_price=102
        )
    events: list[DividendOn | SplitOn] = [SplitOn(A.id, AFTER, 2)] if split else []
    if kind == "paid $1":
        events.append(DividendOn(A.id, AFTER, Decimal(1)))
    prices = closes(A, {BEFORE: 100.0, AFTER: now})
    found = _explained([record], (A,), prices, dict.fromkeys((BEFORE, AFTER), 0.0), events=events)
    lines = [float(found.line(name).sum()) for name in GREEK_LINES if name not in {"vega", "rho"}]
    return {
        **{name: float(found.line(name).sum()) for name in ("delta", "dividends", "trades", "residual")},
        "P&L": sum(lines),
    }


def by_factor(row: Row) -> Answers:
    """One position on the market and a style."""
    found = explain_by_factor(
        _one(row["P&L"]),
        np.array([[float(row["to the market"]), float(row["to A"])]]),
        np.array([float(row["market"]), float(row["A"])]),
        np.array([1.0, float(row["slope of A"])]),
    )
    return {
        "by the market": found.factor[0, 0].item(),
        "by A": found.factor[0, 1].item(),
        "specific": found.specific.item(),
    }


def by_tag(row: Row) -> Answers:
    """A and B, whose P&L is told; a tag without a position is no line."""
    pnl = {A: float(row["P&L of A"]), B: float(row["of B"])}
    prices = {
        key: price
        for each, usd in pnl.items()
        for key, price in closes(each, {BEFORE: 100.0, AFTER: 100.0 + usd / 100.0}).items()
    }
    records = [_held(each, 100.0) for each in (A, B)]
    world = world_of(BOOK, *records, instruments=(A, B), prices=prices)
    frame = frozen_market(world, AFTER, AFTER)
    holdings, positions = freeze_holdings(frame, [BOOK], records)
    accounts = freeze_accounts(frame, [BOOK], ())
    ((after, step),) = value_books(frame, holdings, accounts)
    books = FrozenBooks((BOOK,), positions, frame, holdings, accounts)
    told = attribution._Step(books, close_books(frame, holdings, accounts, 0), after, step)
    tags = [
        (position.id, tag)
        for position, cell in zip(records, (row["A's tags"], row["B's tags"]), strict=True)
        for tag in str(cell).split(", ")
        if tag != "none"
    ]
    lines = {line.name or "untagged": line.pnl for line in attribution._by_tag(cast("Connection", _Tags(tags)), told)}
    told_names = {"core": "core", "growth": "growth", "untagged": "untagged", "overlap": OVERLAP}
    return {
        **{shown: lines.get(name, float("nan")) for shown, name in told_names.items()},
        "P&L": sum(lines.values()),
    }


@dataclass(frozen=True, slots=True)
class _Tags:
    """A database that knows nothing but the tags of positions."""

    rows: Sequence[tuple[object, str]]

    def execute(self, _: object) -> Sequence[tuple[object, str]]:
        """Whatever is asked."""
        return self.rows


def _held(instrument: Instrument, quantity: float) -> Position:
    return holding(BOOK, instrument, quantity, entry_price=90, held_from=april(1), brought_in=True)


def _explained(
    records: Sequence[Position],
    instruments: tuple[Instrument, ...],
    prices: Mapping[tuple[int, date], Decimal],
    rates: Mapping[date, float],
    *,
    events: Sequence[DividendOn | SplitOn] = (),
) -> ExplainedStep:
    """A step of the book on the night's own path."""
    ordered = tuple(sorted(instruments, key=lambda each: each.id))
    world = world_of(BOOK, *records, *events, instruments=ordered, prices=prices)
    frame = frozen_market(world, AFTER, AFTER)
    facts = _facts(world, rates)
    holdings, _ = freeze_holdings(frame, [BOOK], records)
    ((_, step),) = value_books(frame, holdings, freeze_accounts(frame, [BOOK], ()))
    allowed = np.zeros(1, dtype=np.bool_)
    greeks = position_greeks(frame, holdings, 0, instrument_greeks(frame, 0, facts), allowed)
    return explain_step_by_greek(frame, holdings, step, greeks.greeks, facts, at=1)


def _facts(world: World, rates: Mapping[date, float]) -> OptionFacts:
    """Of the contracts at both closes, from their quotes."""
    if all(each.option is None for each in world.instruments):
        return option_facts([])
    days = np.array(list(rates), dtype="datetime64[D]")
    par = np.array([[2.0 * np.expm1(rate / 2.0)] * 4 for rate in rates.values()])
    made = []
    for day in rates:
        market = option_market(world, day, day, yields=(days, par))
        made.append(compose_facts(market, from_quotes(market), np.arange(len(market.asset))))
    columns = {
        field.name: np.concatenate([getattr(each, field.name) for each in made]) for field in fields(OptionFacts)
    }
    return OptionFacts(**columns)


def _told(found: ExplainedStep) -> Answers:
    lines: dict[str, float | str] = {name: found.line(name).item() for name in LINES}
    return {**lines, "P&L": sum(float(each) for each in lines.values())}


def _one(value: float | str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value], dtype=np.float64)
