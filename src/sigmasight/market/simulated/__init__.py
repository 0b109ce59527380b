"""A market that needs no key and no network: deterministic prices, yields and options for the demo and for tests."""

from sigmasight.market.simulated.listings import listed_strike_nearest, standard_expiry_nearest
from sigmasight.market.simulated.market import SimulatedMarket

__all__ = ["SimulatedMarket", "listed_strike_nearest", "standard_expiry_nearest"]
