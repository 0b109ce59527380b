"""Random books at one close: shares and options with and without prices, betas, yields and volatilities."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from sigmasight.domain.books import Portfolio, Position
from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.instruments import Kind, Right
from sigmasight.domain.reasons import Reason
from sigmasight.domain.scenarios import Basis
from support.books import SPRING, World, april, cash, closes, holding, option, portfolio, stock
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, factor_set, scenario

AAA, BBB = stock(3, "AAA"), stock(9, "BBB")
LAND = replace(stock(4, "LAND"), sector="Real Estate")
BONDS = replace(stock(5, "BONDS"), kind=Kind.ETF, industry="Intermediate Core Bond")
ABROAD = stock(2, "ABROAD", currency="CAD")
SHARES = (AAA, BBB, LAND, BONDS, ABROAD)
LATER = date(2025, 5, 30)
CALL = option(20, AAA, right=Right.CALL, strike=100, expiry=LATER)
HIGHER = option(24, AAA, right=Right.CALL, strike=110, expiry=LATER)
PUT = option(21, BBB, right=Right.PUT, strike=100, expiry=LATER, multiplier=10)
EXPIRING = option(22, AAA, right=Right.CALL, strike=90, expiry=TODAY)
GONE = option(23, BBB, right=Right.PUT, strike=90, expiry=april(3))
CONTRACTS = (CALL, HIGHER, PUT, EXPIRING, GONE)
INSTRUMENTS = (*SHARES, *CONTRACTS)

SCENARIOS = (
    scenario("fall", shocks={"Market": -0.10}),
    scenario("rally", shocks={"Market": 0.25}),
    scenario("style", shocks={"Value": 0.20}),
    scenario("whole", shocks={"Market": -0.20, "Value": -0.30}, basis=Basis.TOTAL),
    scenario("rates", shocks={"10Y": 0.01}),
    scenario("both", shocks={"2Y": -0.005, "Market": -0.05}),
    scenario("calm", shocks={"Market": -0.10}, volatility_change=0.0),
    scenario("ghost", shocks={"Market": -0.10, "Ghost": 0.05}),
)

dollars = st.integers(40, 220)
quantities = st.integers(1, 400).map(lambda n: Decimal(n) / 8) | st.integers(-400, -1).map(lambda n: Decimal(n) / 8)
loadings = st.integers(-16, 24).map(lambda n: n / 8)
PRICED_ON = (*[TODAY] * 6, april(8), april(3), date(2025, 3, 31), None)
"""When the last close was; 31 March is too long ago."""

UNUSABLE = (*[()] * 6, (1,), (2,), (0, 1, 2))


@st.composite
def price_tables(draw: st.DrawFn) -> Mapping[tuple[int, date], Decimal]:
    """The last closes of shares, and of contracts on those that have one: what they are worth at once, and more."""
    table: dict[tuple[int, date], Decimal] = {}
    spots: dict[int, int] = {}
    for share in SHARES:
        day, spots[share.id] = draw(st.sampled_from(PRICED_ON)), draw(dollars)
        if day:
            table |= closes(share, {day: spots[share.id]})
    for contract in CONTRACTS:
        terms = contract.option
        day = draw(st.sampled_from((TODAY, TODAY, TODAY, april(9), None)))
        if terms and contract.underlying_id and day and day < terms.expiry:
            sign = 1 if terms.right is Right.CALL else -1
            worth = max(sign * (spots[contract.underlying_id] - int(terms.strike)), 0)
            table |= closes(contract, {day: worth + draw(st.sampled_from((0.01, 0.5, 2, 6)))})
    return table


@st.composite
def factor_sets(draw: st.DrawFn) -> FactorSet:
    """The market and two styles, related somehow; perhaps one of them, or all, without returns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    roots = 0.01 * (np.eye(3) + rng.uniform(-0.3, 0.3, (3, 3)))
    return factor_set(
        slopes=(draw(loadings), draw(loadings)),
        covariance=roots @ roots.T,
        market_yield_slope=draw(st.sampled_from((NAN, -2.0, 4.0))),
        correlation=np.array([[1.0, 0.9, 0.3], [0.9, 1.0, -0.2], [0.3, -0.2, 1.0]]),
        unusable=draw(st.sampled_from(UNUSABLE)),
    )


@st.composite
def told_of(draw: st.DrawFn, factors: FactorSet) -> Mapping[int, Told]:
    """Betas of shares; of some no_history, of some not a word. Without yields there are no yield betas."""
    told = {}
    for share in SHARES:
        kind = draw(st.sampled_from(("full", "full", "full", "short", "none", "absent")))
        has_yields = draw(st.booleans()) and not np.isnan(factors.market_yield_slope[0])
        yield_beta = draw(st.integers(-80, 40)) / 8 if has_yields else NAN
        why = Reason.NO_RATE if np.isnan(factors.market_yield_slope[0]) else Reason.NO_HISTORY
        known = kind != "none" and factors.usable[0]
        if kind != "absent":
            told[share.id] = Told(
                loading=(draw(loadings), draw(loadings), draw(loadings)) if known else None,
                residual=draw(st.sampled_from((0.0, 0.01, 0.03))),
                yield_beta=yield_beta,
                reasons=Reason.SHORT_HISTORY if kind == "short" else Reason.NONE,
                yield_reasons=why if np.isnan(yield_beta) else Reason.NONE,
            )
    return told


@st.composite
def positions_of(draw: st.DrawFn, book: Portfolio, *, most: int) -> tuple[Position, ...]:
    """Positions brought in a while ago, several lots of one instrument among them."""
    return tuple(
        holding(
            book,
            draw(st.sampled_from(INSTRUMENTS)),
            draw(quantities),
            entry_price=draw(dollars),
            held_from=april(2),
            brought_in=True,
            label=str(at),
        )
        for at in range(draw(st.integers(0, most)))
    )


@st.composite
def scenes(draw: st.DrawFn, *, books: int = 3, most: int = 6) -> Scene:
    """Some books at a close, and everything that is known of what they hold."""
    factors = draw(factor_sets())
    portfolios = tuple(
        portfolio(f"book {at}", allow_estimates=draw(st.booleans())) for at in range(draw(st.integers(1, books)))
    )
    world = World(
        calendar=SPRING,
        instruments=INSTRUMENTS,
        prices=draw(price_tables()),
        portfolios=portfolios,
        positions=tuple(each for book in portfolios for each in draw(positions_of(book, most=most))),
        statements=tuple(cash(book, april(2), draw(st.sampled_from((0, 10_000, -30_000)))) for book in portfolios),
    )
    return Scene(world, factors, draw(told_of(factors)), SCENARIOS)
