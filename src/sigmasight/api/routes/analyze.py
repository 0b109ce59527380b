"""A whole book in the body, all its risk in the answer; nothing is stored."""

import numpy as np
from fastapi import APIRouter

from sigmasight.api.shapes.analyze import BookAnalysis, BookPosition, BookPrices, GivenBook
from sigmasight.api.shapes.stress import GivenShock
from sigmasight.api.site import Reader
from sigmasight.domain.errors import InvalidEntryError
from sigmasight.domain.factors import FACTORS
from sigmasight.domain.instruments import Profile
from sigmasight.domain.market_data import Dividend, Split
from sigmasight.domain.scenarios import Scenario
from sigmasight.intake.scenarios_file import parse_scenario
from sigmasight.library.analysis import analyze
from sigmasight.library.books import Position, Prices

LARGEST_BOOK = 32 * 1024 * 1024
"""Bytes. The most prices, with cents, are half of it."""

router = APIRouter(tags=["analyze"], max_body_size=LARGEST_BOOK)


@router.post("/analyze")
def analyze_book(desk: Reader, given: GivenBook) -> BookAnalysis:
    """Work out the whole risk of a book that comes with its prices; nothing is looked up or stored."""
    try:
        found = analyze(
            [_position(each) for each in given.positions],
            _prices(given.prices),
            given.as_of,
            cash=given.cash,
            unmodelled_assets=given.unmodelled_assets,
            opened_on=given.opened_on,
            allow_estimates=given.allow_estimates,
            scenarios=[_scenario(each, at) for at, each in enumerate(given.scenarios, start=1)],
            correlations=given.correlations.plan,
            calendar=desk.site.application.calendar,
        )
    except ValueError as error:  # how the library says what of a book it cannot use
        raise InvalidEntryError(str(error)) from error
    return BookAnalysis.of(found)


def _position(each: BookPosition) -> Position:
    return Position(each.symbol, each.quantity, each.entry_price, each.entry_date, tuple(each.tags))


def _scenario(each: GivenShock, number: int) -> Scenario:
    """A shock as a scenario of its own; the answer names them by number."""
    told = {"id": f"given_{number}", "category": "custom", "severity": "moderate", "active": True}
    names = [factor.name for factor in FACTORS if factor.active]
    return parse_scenario({**each.model_dump(mode="json"), **told}, factor_names=names)


def _prices(given: BookPrices) -> Prices:
    return Prices(
        days=np.array(given.days, dtype="datetime64[D]"),
        closes={symbol: np.array(column, dtype=np.float64) for symbol, column in given.closes.items()},
        yields={series: np.array(column, dtype=np.float64) for series, column in given.yields.items()},
        dividends=[Dividend(each.symbol, each.ex_date, each.amount) for each in given.dividends],
        splits=[Split(each.symbol, each.ex_date, each.new_shares, each.old_shares) for each in given.splits],
        profiles={
            symbol: Profile(
                symbol=symbol,
                kind=each.kind,
                name=each.name or symbol,
                sector=each.sector,
                currency=each.currency,
                dividend_yield=each.dividend_yield,
                option_exercise=each.option_exercise,
            )
            for symbol, each in given.profiles.items()
        },
        simulated=given.simulated,
    )
