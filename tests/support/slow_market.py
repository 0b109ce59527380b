"""Prices, splits and settlements worked slowly, in fractions: no arrays, no cumulative factors, no keys.

Written from the definitions and sharing nothing with the code it judges. None says that an amount is not known.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.reasons import Reason
from support.books import World

Amount = Fraction | None
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Price:
    """A usable price, or why there is none."""

    value: Amount
    reasons: Reason


def exact(value: Decimal) -> Fraction:
    """A typed number as a fraction."""
    return Fraction(value)


def sum_known(amounts: Iterable[Amount]) -> Amount:
    """The sum of what is known; nothing known of something is not known; of nothing it is 0."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    return sum(known, ZERO) if known or not listed else None


def times(*factors: Amount) -> Amount:
    """A product; unknown when a factor is."""
    product = Fraction(1)
    for factor in factors:
        if factor is None:
            return None
        product *= factor
    return product


class SlowMarket:
    """Days, splits, prices and settlements of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sessions = world.calendar.sessions
        self.instruments = {instrument.id: instrument for instrument in world.instruments}
        self._marked_days: dict[int, list[date]] = {}
        for instrument_id, day in sorted(world.prices):
            self._marked_days.setdefault(instrument_id, []).append(day)
        self._prices: dict[tuple[int, date], Price] = {}

    def step_of(self, day: date) -> date | None:
        """The session that ends the step to which a day belongs; None beyond the calendar."""
        at = bisect_left(self.sessions, day)
        return self.sessions[at] if at < len(self.sessions) else None

    def session_before(self, session: date) -> date:
        return self.sessions[self.sessions.index(session) - 1]

    def session_after(self, session: date) -> date | None:
        return self.step_of(session + timedelta(days=1))

    def age(self, mark: date, day: date) -> int:
        """Sessions that closed after a mark's own session, up to a day."""
        return bisect_right(self.sessions, day) - bisect_right(self.sessions, mark)

    def splitting(self, held: Instrument) -> int:
        """Whose splits it follows."""
        return held.id if held.underlying_id is None else held.underlying_id

    def shares_become(self, held: Instrument, after: date, until: date) -> Fraction:
        """What one share of the end of one day has become by the end of another."""
        product = Fraction(1)
        for split in self.world.splits:
            if split.instrument_id == self.splitting(held) and after < split.ex_date <= until:
                product *= Fraction(split.new, split.old)
        return product

    def carried(self, held: Instrument, price: Fraction, since: date, until: date) -> Fraction:
        return price / self.shares_become(held, since, until)

    def last_mark(self, held: Instrument, day: date) -> tuple[Fraction, date] | None:
        """The last price on or before a day, on that day's split basis, and the mark's own day."""
        days = self._marked_days.get(held.id, [])
        before = bisect_right(days, day)
        if not before:
            return None
        when = days[before - 1]
        return self.carried(held, exact(self.world.prices[held.id, when]), when, day), when

    def fresh_mark(self, held: Instrument, day: date) -> Price:
        found = self.last_mark(held, day)
        if found is None or self.age(found[1], day) > self.world.stale_sessions:
            return Price(None, Reason.NO_PRICE)
        return Price(found[0], Reason.STALE_PRICE if self.age(found[1], day) else Reason.NONE)

    def has_odd_terms(self, held: Instrument, day: date) -> bool:
        """Whether an option delivers something else than listed: a split that was no whole number to one, in its life.

        What happens to the underlying after expiry does not concern a contract that is no more.
        """
        if held.option is None or held.terms_as_of is None:
            return False
        until = min(day, held.option.expiry)
        return any(
            split.instrument_id == held.underlying_id
            and held.terms_as_of < split.ex_date <= until
            and split.new % split.old
            for split in self.world.splits
        )

    def intrinsic(self, held: Instrument) -> Amount:
        """What an option is worth at its expiry, per share."""
        if held.option is None or held.terms_as_of is None or held.underlying_id is None:
            raise ValueError(f"{held.symbol} is no option")
        if held.currency != "USD" or self.has_odd_terms(held, held.option.expiry):
            return None
        spot = self.fresh_mark(self.instruments[held.underlying_id], held.option.expiry).value
        if spot is None:
            return None
        strike = self.carried(held, exact(held.option.strike), held.terms_as_of, held.option.expiry)
        return max(spot - strike if held.option.right is Right.CALL else strike - spot, ZERO)

    def expired(self, held: Instrument, day: date) -> bool:
        return held.option is not None and held.option.expiry <= day

    def price(self, held: Instrument, session: date) -> Price:
        """The price that values it at a close."""
        if (held.id, session) not in self._prices:
            self._prices[held.id, session] = self._price(held, session)
        return self._prices[held.id, session]

    def _price(self, held: Instrument, session: date) -> Price:
        if held.currency != "USD" or self.has_odd_terms(held, session):
            return Price(None, Reason.NOT_MODELLED)
        if not self.expired(held, session):
            return self.fresh_mark(held, session)
        worth = self.intrinsic(held)
        return Price(worth, Reason.EXPIRED if worth is not None else Reason.EXPIRED | Reason.NO_PRICE)

    def settled_in(self, held: Instrument) -> date | None:
        """The session in whose step an option is paid in cash."""
        if held.option is None or self.intrinsic(held) is None:
            return None
        valued = self.step_of(held.option.expiry)
        return None if valued is None else self.session_after(valued)
