"""SigmaSight: self-hosted portfolio risk, every number right and explained.

As a library, with no database and no account: ``import sigmasight as ss``, then ``ss.greeks(...)`` and
``ss.implied_volatility(...)``. What is named here is loaded when it is first used.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigmasight.library import Greeks, ImpliedVolatility, greeks, implied_volatility

__all__ = ["Greeks", "ImpliedVolatility", "__version__", "greeks", "implied_volatility"]

__version__ = version("sigmasight")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name in __all__:
        return getattr(import_module("sigmasight.library"), name)
    raise AttributeError(f"module 'sigmasight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
