"""Which option contracts are listed: expiries by the exchange's rule, strikes on a fixed grid."""

from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.errors import NotFoundError
from sigmasight.domain.instruments import OptionTerms
from sigmasight.market.simulated.timeline import ORIGIN
from sigmasight.market.simulated.volatility import SMILES, VIX

_MONTHLY_REACH = timedelta(days=280)  # how long before its expiry a monthly contract is listed
_JANUARY_REACH = timedelta(days=900)  # the long-dated ones expire in January
_JANUARY = 1
_FRIDAY = 4
_BEFORE_NEXT_EXPIRY = timedelta(days=30)  # VIX options expire so long before the share options of the next month
_GRID = (  # strikes below a level are multiples of a step; every level is a multiple of both steps that meet there
    (Decimal(25), Decimal("0.5")),
    (Decimal(100), Decimal(1)),
    (Decimal(200), Decimal("2.5")),
    (Decimal(400), Decimal(5)),
    (Decimal(800), Decimal(10)),
)
_WIDEST_STEP = Decimal(20)
_VIX_STEP = Decimal(1)


def standard_expiry_nearest(underlying: str, day: date, calendar: TradingCalendar) -> date:
    """The standard monthly expiry nearest to a day, the earlier of two equally near.

    Raises:
        NotFoundError: If no options are listed on the underlying.
        CalendarRangeError: If the calendar does not reach the expiries around that day.
    """
    _require_options(underlying)
    months = (_month_after(day, offset) for offset in (-1, 0, 1))
    expiries = [_expiry(underlying, _deciding_friday(underlying, *month), calendar) for month in months]
    return min(expiries, key=lambda expiry: (abs(expiry - day), expiry))


def listed_strike_nearest(underlying: str, level: float | Decimal) -> Decimal:
    """The strike on the underlying's grid nearest to a level, the higher of two equally near.

    Raises:
        NotFoundError: If no options are listed on the underlying.
        ValueError: If the level is not positive.
    """
    _require_options(underlying)
    wanted = Decimal(str(level))
    if not wanted > 0:
        raise ValueError(f"a strike is positive, not {level}")
    step = _step(underlying, wanted)
    return max(step, (wanted / step).quantize(Decimal(1), ROUND_HALF_UP) * step)


def strikes_between(underlying: str, lowest: float, highest: float) -> list[Decimal]:
    """Every strike of the grid from ``lowest`` to ``highest``."""
    start = Decimal(str(lowest))
    step = _step(underlying, start)
    strike = max(step, (start / step).quantize(Decimal(1), ROUND_CEILING) * step)
    strikes = []
    while strike <= highest:
        strikes.append(strike)
        strike += _step(underlying, strike)
    return strikes


def first_listed_day(underlying: str, expiry: date) -> date:
    """The day from which contracts of an expiry are listed."""
    long_dated = expiry.month == _JANUARY and underlying != VIX
    return expiry - (_JANUARY_REACH if long_dated else _MONTHLY_REACH)


def listed_expiries(underlying: str, day: date, calendar: TradingCalendar) -> list[date]:
    """The expiries listed on a day, ascending; those beyond the calendar's end are not known and not listed."""
    months = (_month_after(day, offset) for offset in range(_JANUARY_REACH.days // 30))
    fridays = (_deciding_friday(underlying, *month) for month in months)
    expiries = [_expiry(underlying, friday, calendar) for friday in fridays if friday <= calendar.last]
    return [expiry for expiry in expiries if first_listed_day(underlying, expiry) <= day <= expiry]


def is_listed(terms: OptionTerms, calendar: TradingCalendar) -> bool:
    """Whether a contract ever exists: a listed underlying, a standard expiry from ORIGIN on, a strike on the grid."""
    if terms.underlying not in SMILES or terms.expiry < ORIGIN or terms.strike <= 0:
        return False
    friday = _deciding_friday(terms.underlying, terms.expiry.year, terms.expiry.month)
    if friday > calendar.last or _expiry(terms.underlying, friday, calendar) != terms.expiry:
        return False
    return terms.strike % _step(terms.underlying, terms.strike) == 0


def _require_options(underlying: str) -> None:
    if underlying not in SMILES:
        raise NotFoundError(
            f"the simulated market lists no options on {underlying!r}; it does on {', '.join(sorted(SMILES))}"
        )


def _step(underlying: str, level: Decimal) -> Decimal:
    if underlying == VIX:
        return _VIX_STEP
    return next((step for below, step in _GRID if level < below), _WIDEST_STEP)


def _month_after(day: date, months: int) -> tuple[int, int]:
    """Year and month so many months after a day's."""
    count = day.year * 12 + day.month - 1 + months
    return count // 12, count % 12 + 1


def _deciding_friday(underlying: str, year: int, month: int) -> date:
    """The third Friday that decides a month's expiry: its own, or for the VIX the next month's."""
    return _third_friday(*_month_after(date(year, month, 1), 1)) if underlying == VIX else _third_friday(year, month)


def _expiry(underlying: str, friday: date, calendar: TradingCalendar) -> date:
    shares_expire = _on_session(friday, calendar)
    return _on_session(shares_expire - _BEFORE_NEXT_EXPIRY, calendar) if underlying == VIX else shares_expire


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def _on_session(day: date, calendar: TradingCalendar) -> date:
    return day if calendar.is_trading_day(day) else calendar.previous_session(day)
