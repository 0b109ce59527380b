"""What the simulated market consists of: a row of universe.csv per symbol, with its loadings and reference price."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from sigmasight.domain.instruments import Kind
from sigmasight.domain.sectors import SECTORS

STYLES = ("value", "growth", "momentum", "quality", "size", "low_volatility")

GICS_SECTORS = frozenset(SECTORS)


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol of the simulated market."""

    symbol: str
    kind: Kind
    name: str
    group: str | None  # whose common noise it shares: a GICS sector or an asset class of its own
    industry: str
    exchange: str | None
    price: Decimal  # raw close on the anchor session, USD
    market: float  # return per unit of the market's
    styles: tuple[float, ...]  # per unit of each style, in the order of STYLES
    in_group: float  # per unit of its group's
    duration: float  # years: fractional loss per 1.00 of yield
    tenor: str | None  # the Treasury series the duration refers to
    own_volatility: float  # of its own noise, per year
    dividend_yield: float  # simple, per year: each payment is this over the number of payments, of the price
    payments: int  # dividends per year
    market_cap: float | None  # USD
    volume: float | None  # shares on a usual day

    @property
    def sector(self) -> str | None:
        """The GICS sector, where it has one."""
        return self.group if self.group in GICS_SECTORS else None


@cache
def universe() -> MappingProxyType[str, Listing]:
    """Every listing by its canonical symbol."""
    with (files(__package__) / "universe.csv").open(encoding="utf-8") as lines:
        return MappingProxyType({row["symbol"]: _listing(row) for row in csv.DictReader(lines)})


def _listing(row: dict[str, str]) -> Listing:
    return Listing(
        symbol=row["symbol"],
        kind=Kind(row["kind"]),
        name=row["name"],
        group=row["group"] or None,
        industry=row["industry"],
        exchange=row["exchange"] or None,
        price=Decimal(row["price"]),
        market=float(row["market"]),
        styles=tuple(float(row[style]) for style in STYLES),
        in_group=float(row["in_group"]),
        duration=float(row["duration"]),
        tenor=row["tenor"] or None,
        own_volatility=float(row["own"]),
        dividend_yield=float(row["yield"]),
        payments=int(row["payments"]),
        market_cap=float(row["cap"]) * 1e9 or None,
        volume=float(row["volume"]) * 1e6 or None,
    )
