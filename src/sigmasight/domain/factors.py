"""The factors, their order on every screen, and the fund that stands for each."""

from dataclasses import dataclass
from datetime import date

RATE_TENORS = ("3M", "2Y", "10Y", "30Y")


@dataclass(frozen=True, slots=True)
class FactorProxy:
    """A fund that stands for a factor from ``valid_from`` until the day before ``valid_to``."""

    symbol: str
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class FactorDefinition:
    """A factor; one without a proxy is defined but inactive."""

    name: str
    display_order: int
    active: bool
    proxies: tuple[FactorProxy, ...] = ()
    description: str = ""


_ALWAYS = date(1990, 1, 1)

FACTORS = (
    FactorDefinition(
        "Market", 1, active=True, proxies=(FactorProxy("SPY", _ALWAYS),), description="US large-cap equity market"
    ),
    FactorDefinition(
        "Value", 2, active=True, proxies=(FactorProxy("VTV", _ALWAYS),), description="Cheap against fundamentals"
    ),
    FactorDefinition(
        "Growth", 3, active=True, proxies=(FactorProxy("VUG", _ALWAYS),), description="Fast-growing earnings"
    ),
    FactorDefinition(
        "Momentum", 4, active=True, proxies=(FactorProxy("MTUM", _ALWAYS),), description="Winners of the last year"
    ),
    FactorDefinition(
        "Quality",
        5,
        active=True,
        proxies=(FactorProxy("QUAL", _ALWAYS),),
        description="Profitable, stable, little debt",
    ),
    FactorDefinition("Size", 6, active=True, proxies=(FactorProxy("SLY", _ALWAYS),), description="Small companies"),
    FactorDefinition(
        "Low Volatility", 7, active=True, proxies=(FactorProxy("USMV", _ALWAYS),), description="Calm shares"
    ),
    FactorDefinition(
        "Short Interest",
        8,
        active=False,
        proxies=(),
        description="Heavily shorted shares; no proxy exists, so it is not computed",
    ),
)
