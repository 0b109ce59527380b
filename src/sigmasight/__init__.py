"""SigmaSight: self-hosted portfolio risk, every number right and explained."""

from importlib.metadata import version

__version__ = version("sigmasight")
