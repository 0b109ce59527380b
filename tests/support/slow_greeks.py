"""Greeks of instruments worked slowly, in fractions, from what the world tells of its contracts."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sigmasight.domain.instruments import Instrument
from sigmasight.domain.reasons import BLOCKING, Reason
from support.books import GreeksOn, World
from support.slow_market import ZERO, Amount, SlowMarket, exact, times

NAMES = ("delta", "gamma", "theta", "vega", "rho")


@dataclass(frozen=True, slots=True)
class SlowGreeks:
    """Of one share, or in dollars of one position: None where not known."""

    delta: Amount
    gamma: Amount
    theta: Amount
    vega: Amount
    rho: Amount
    reasons: Reason = Reason.NONE


class SlowOptions(SlowMarket):
    """What is told of a world's contracts."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._told = {(each.instrument_id, each.day): each for each in world.greeks}

    def unit_greeks(self, held: Instrument, session: date, *, allow_estimates: bool) -> SlowGreeks:
        """Greeks per share: a share is its own delta, and nothing moves an option that has expired."""
        if held.option is None:
            return SlowGreeks(Fraction(1), ZERO, ZERO, ZERO, ZERO)
        price = self.price(held, session)
        if self.expired(held, session) and price.value is not None:
            return SlowGreeks(ZERO, ZERO, ZERO, ZERO, ZERO, Reason.EXPIRED)
        told = self._told.get((held.id, session))
        if self.expired(held, session):
            return nothing(price.reasons & Reason.NOT_MODELLED or Reason.EXPIRED | Reason.NO_PRICE)
        if told is None:
            return nothing(price.reasons & Reason.NOT_MODELLED or Reason.NO_VOLATILITY)
        reasons = told.reasons | price.reasons & Reason.NOT_MODELLED | self._reasons_of_spot(held, session)
        if Reason.ESTIMATED in reasons and not allow_estimates:
            return nothing(reasons & ~Reason.ESTIMATED | Reason.NO_VOLATILITY)
        return nothing(reasons) if reasons & BLOCKING else greeks_told(told, reasons)

    def _reasons_of_spot(self, held: Instrument, session: date) -> Reason:
        spot = self.price(self.instruments[held.underlying_id or held.id], session)
        return spot.reasons & (BLOCKING | Reason.STALE_PRICE)

    def in_dollars(self, held: Instrument, units: Fraction, unit: SlowGreeks, session: date) -> SlowGreeks:
        """What so many shares, or shares under contracts, add to a book's Greeks."""
        spot = self.price(self.instruments[held.underlying_id or held.id], session).value
        return SlowGreeks(
            delta=ZERO if unit.delta == 0 else times(unit.delta, units, spot),
            gamma=ZERO if unit.gamma == 0 else times(unit.gamma, units, spot, spot, Fraction(1, 100)),
            theta=times(unit.theta, units),
            vega=times(unit.vega, units),
            rho=times(unit.rho, units),
            reasons=unit.reasons,
        )


def nothing(reasons: Reason) -> SlowGreeks:
    """No Greeks, and why."""
    return SlowGreeks(None, None, None, None, None, reasons)


def greeks_told(told: GreeksOn, reasons: Reason) -> SlowGreeks:
    """Greeks as they were told."""
    return SlowGreeks(
        exact(told.delta), exact(told.gamma), exact(told.theta), exact(told.vega), exact(told.rho), reasons
    )
