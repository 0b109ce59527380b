"""The demo's three books: who holds what, as a person would write it down."""

from dataclasses import dataclass
from decimal import Decimal

from sigmasight.domain.books import StatementKind
from sigmasight.domain.instruments import Right


@dataclass(frozen=True, slots=True)
class Holding:
    """A holding of stocks or funds."""

    symbol: str
    quantity: int  # short < 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionHolding:
    """A holding of options, at the listed strike and expiry nearest to what is stated."""

    underlying: str
    right: Right
    quantity: int  # contracts
    strike_share: Decimal  # of the spot on the day it is brought in
    days: int  # to expiry
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """A demo user and his portfolio."""

    email: str
    user_name: str
    name: str
    description: str
    nav: Decimal  # USD on the day it is brought in
    made_up_by: StatementKind  # what makes the positions up to the NAV
    holdings: tuple[Holding, ...]
    options: tuple[OptionHolding, ...] = ()


_CORE = ("Core Holdings",)
_TECH = ("Tech Growth",)
_BLUE = ("Blue Chip",)
_REAL = ("Alternative Assets", "Risk Hedge")
_LONG = ("Long Momentum",)
_SHORT = ("Short Value Traps",)
_PAIR = ("Pairs Trade",)
_OVERLAY = ("Options Overlay",)

SESSIONS_AGO = 60
"""How long before the last session they are brought in."""

INDIVIDUAL = Book(
    email="demo_individual@sigmasight.com",
    user_name="Demo Individual",
    name="Balanced Individual Investor",
    description="Core funds with a growth tilt",
    nav=Decimal(485_000),
    made_up_by=StatementKind.CASH,
    holdings=(
        Holding("AAPL", 85, _TECH + _CORE),
        Holding("MSFT", 45, _TECH + _CORE),
        Holding("AMZN", 110, _TECH + _CORE),
        Holding("GOOGL", 115, _TECH + _CORE),
        Holding("TSLA", 70, _TECH),
        Holding("NVDA", 25, _TECH),
        Holding("JNJ", 105, ("Dividend Income",)),
        Holding("JPM", 85, ("Dividend Income",)),
        Holding("V", 50),
        Holding("FXNAX", 4365, _CORE),
        Holding("FCNTX", 4853, _CORE),
        Holding("FMAGX", 3880, _CORE),
        Holding("VTIAX", 970, _CORE),
        Holding("VTI", 155, _CORE),
        Holding("BND", 315, _CORE),
        Holding("VNQ", 205, _CORE),
    ),
)

HIGH_NET_WORTH = Book(
    email="demo_hnw@sigmasight.com",
    user_name="Demo High Net Worth",
    name="Sophisticated High Net Worth",
    description="Blue chips with alternatives; private funds, real estate and bills are unmodelled assets",
    nav=Decimal(2_850_000),
    made_up_by=StatementKind.UNMODELLED_ASSETS,
    holdings=(
        Holding("SPY", 400, _BLUE),
        Holding("QQQ", 450, _BLUE),
        Holding("AAPL", 400, _BLUE),
        Holding("MSFT", 200, _BLUE),
        Holding("AMZN", 480, _BLUE),
        Holding("GOOGL", 500, _BLUE),
        Holding("BRK.B", 180, _BLUE),
        Holding("JPM", 350, _BLUE),
        Holding("JNJ", 310, _BLUE),
        Holding("NVDA", 70, _BLUE),
        Holding("META", 90, _BLUE),
        Holding("UNH", 85, _BLUE),
        Holding("V", 170, _BLUE),
        Holding("HD", 125, _BLUE),
        Holding("PG", 250, _BLUE),
        Holding("GLD", 325, _REAL),
        Holding("DJP", 1900, _REAL),
    ),
)

HEDGE_FUND = Book(
    email="demo_hedgefundstyle@sigmasight.com",
    user_name="Demo Hedge Fund Style",
    name="Long/Short Equity Hedge Fund Style",
    description="Momentum longs, value-trap shorts and an options overlay",
    nav=Decimal(3_200_000),
    made_up_by=StatementKind.CASH,
    holdings=(
        Holding("NVDA", 800, _LONG),
        Holding("MSFT", 1000, _LONG),
        Holding("AAPL", 1500, _LONG),
        Holding("GOOGL", 1800, _LONG),
        Holding("META", 1000, _LONG),
        Holding("AMZN", 1400, _LONG),
        Holding("TSLA", 800, _LONG + _PAIR),
        Holding("AMD", 1200, _LONG),
        Holding("BRK.B", 600, _LONG),
        Holding("JPM", 1000, _LONG),
        Holding("JNJ", 800, _LONG),
        Holding("UNH", 200, _LONG),
        Holding("V", 350, _LONG),
        Holding("NFLX", -600, _SHORT),
        Holding("SHOP", -1000, _SHORT),
        Holding("ZM", -2000, _SHORT),
        Holding("PTON", -3000, _SHORT),
        Holding("ROKU", -1800, _SHORT),
        Holding("XOM", -2000, _SHORT + _PAIR),
        Holding("F", -10000, _SHORT + _PAIR),
        Holding("GE", -800, _SHORT),
        Holding("C", -2000, _SHORT),
    ),
    options=(
        OptionHolding("SPY", Right.CALL, 200, Decimal("1.05"), 130, _OVERLAY),
        OptionHolding("QQQ", Right.CALL, 150, Decimal("1.05"), 130, _OVERLAY),
        OptionHolding("VIX", Right.CALL, 300, Decimal("1.35"), 130, _OVERLAY),
        OptionHolding("NVDA", Right.CALL, 50, Decimal("1.15"), 160, _OVERLAY),
        OptionHolding("AAPL", Right.PUT, -100, Decimal("0.90"), 130, _OVERLAY),
        OptionHolding("MSFT", Right.PUT, -80, Decimal("0.90"), 130, _OVERLAY),
        OptionHolding("TSLA", Right.PUT, -60, Decimal("0.85"), 130, _OVERLAY),
        OptionHolding("META", Right.PUT, -50, Decimal("0.88"), 130, _OVERLAY),
    ),
)

BOOKS = (INDIVIDUAL, HIGH_NET_WORTH, HEDGE_FUND)
STRATEGY_TAGS = frozenset({"Pairs Trade", "Options Overlay"})
