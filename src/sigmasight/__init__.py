"""SigmaSight: self-hosted portfolio risk, every number right and explained.

As a library, with no database and no account: ``import sigmasight as ss``, then ``ss.analyze(...)``, ``ss.demo(...)``,
``ss.greeks(...)`` and ``ss.implied_volatility(...)``. What is named here is loaded when it is first used.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigmasight.library.analysis import Analysis, PositionAnalysis, analyze
    from sigmasight.library.books import Position, Prices
    from sigmasight.library.demo import Book, demo
    from sigmasight.library.options import Greeks, ImpliedVolatility, greeks, implied_volatility

_HOMES = {
    "analysis": ("Analysis", "PositionAnalysis", "analyze"),
    "books": ("Position", "Prices"),
    "demo": ("Book", "demo"),
    "options": ("Greeks", "ImpliedVolatility", "greeks", "implied_volatility"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Analysis",
    "Book",
    "Greeks",
    "ImpliedVolatility",
    "Position",
    "PositionAnalysis",
    "Prices",
    "__version__",
    "analyze",
    "demo",
    "greeks",
    "implied_volatility",
]

__version__ = version("sigmasight")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name in _HOME_OF:
        return getattr(import_module(f"sigmasight.library.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'sigmasight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
