"""From factors to prices: one symbol's bars, dividends and splits on every session.

The simulated path is one of total wealth. The raw price is what is left of it after the dividends paid and the splits
done since the anchor, where it equals the reference price. Adjusted closes are then derived from what is published (raw
closes in cents, dividends, splits), so that they agree with it to the last bit.
"""

import math
from dataclasses import dataclass

import numpy as np

from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import DailyBars, Dividend, FloatArray, Split
from sigmasight.market.simulated.actions import NEW_SHARES, OLD_SHARES, Actions, count_until, scheduled_actions
from sigmasight.market.simulated.columns import locked
from sigmasight.market.simulated.factors import MARKET_VOLATILITY, FactorPaths, decayed_sum, per_day
from sigmasight.market.simulated.randomness import fat_normals, normals, uniforms
from sigmasight.market.simulated.timeline import WEEKDAYS_PER_YEAR, Timeline, days_of
from sigmasight.market.simulated.universe import Listing
from sigmasight.market.simulated.volatility import VIX

_DRIFT, _MARKET_DRIFT = 0.035, 0.04  # log, per year: of everything, and per unit of market loading
_OWN_MEMORY = 3.0  # years
_OWN_REGIME = 0.5  # how much of the market's storms a share's own noise feels
_VIX_RANGE = 1.1  # the VIX's volatility per year, for its day's range
_RATE_RANGE = 0.0095  # of yields, per year
_OVERNIGHT = 0.6  # at most this share of a day's move has happened by the opening
_TAIL = 0.35  # size of the day's tails beyond open and close, in daily volatilities
_BUSY = 0.4  # spread of log volume


@dataclass(frozen=True, slots=True)
class Economy:
    """Everything that prices depend on, on D weekdays."""

    timeline: Timeline
    factors: FactorPaths
    yields: dict[str, FloatArray]  # (D,) unrounded, by series
    vix: FloatArray  # (D,)


@dataclass(frozen=True, slots=True)
class History:
    """One symbol on all T sessions."""

    bars: DailyBars
    dividends: tuple[Dividend, ...]
    splits: tuple[Split, ...]


def trace_history(listing: Listing, economy: Economy) -> History:
    """A symbol's prices and corporate actions on every session."""
    timeline = economy.timeline
    wealth = np.log(economy.vix) if listing.symbol == VIX else _log_wealth(listing, economy)
    actions = scheduled_actions(listing, timeline)
    log_price = wealth - wealth[timeline.anchor]
    close_path = float(listing.price) * np.exp(log_price[timeline.at_sessions] + _paid_out(listing, actions, timeline))
    close = _cents(close_path)
    payments = _payments(listing, actions, close)
    prices = (
        *_open_high_low(listing, economy, wealth, close_path),
        close,
        _adjusted(close, payments, actions, timeline),
        _volume(listing, economy),
    )
    bars = DailyBars(listing.symbol, locked(days_of(timeline.sessions)), *(locked(column) for column in prices))
    return History(bars, _dividends(listing, bars, payments), _splits(listing, bars, actions))


def _log_wealth(listing: Listing, economy: Economy) -> FloatArray:
    """Log total return since the first weekday, shape (D,)."""
    factors, timeline = economy.factors, economy.timeline
    years = (timeline.ordinals - timeline.ordinals[0]) / 365.25
    log_wealth = (_DRIFT + _MARKET_DRIFT * listing.market) * years + listing.market * factors.market
    for position, loading in enumerate(listing.styles):
        log_wealth = log_wealth + loading * factors.styles[:, position]
    if listing.group is not None:
        log_wealth = log_wealth + listing.in_group * factors.groups[listing.group]
    if listing.tenor is not None:
        log_wealth = log_wealth - listing.duration * economy.yields[listing.tenor]
    volatility = per_day(listing.own_volatility * factors.regime**_OWN_REGIME)
    own = decayed_sum(fat_normals(f"{listing.symbol}/own", timeline.ordinals) * volatility, _OWN_MEMORY)
    return np.asarray(log_wealth + own)


def _paid_out(listing: Listing, actions: Actions, timeline: Timeline) -> FloatArray:
    """Log of the share of wealth still in one share, relative to the anchor, shape (T,)."""
    kept = math.log1p(-_share_paid(listing))
    split = math.log(OLD_SHARES / NEW_SHARES)
    return kept * count_until(actions.ex_dividend, timeline) + split * count_until(actions.split, timeline)


def _share_paid(listing: Listing) -> float:
    return listing.dividend_yield / listing.payments if listing.payments else 0.0


def _payments(listing: Listing, actions: Actions, close: FloatArray) -> FloatArray:
    """Dividend per share on each session, 0 where none, shape (T,): what the price fell by, in whole units."""
    paid = _share_paid(listing)
    places = 2 if listing.kind is Kind.STOCK else 4
    payments = np.zeros_like(close)
    payments[actions.ex_dividend] = np.round(close[actions.ex_dividend] * paid / (1.0 - paid), places)
    return payments


def _adjusted(close: FloatArray, payments: FloatArray, actions: Actions, timeline: Timeline) -> FloatArray:
    """Closes whose simple returns are total returns, equal to the raw close on the anchor, shape (T,)."""
    shares = np.ones_like(close)
    shares[actions.split] = NEW_SHARES / OLD_SHARES
    held = np.cumprod((1.0 + payments / close) * shares)  # shares one has become, dividends reinvested at the close
    return np.asarray(close * (held / held[timeline.anchor_session]))


def _open_high_low(
    listing: Listing, economy: Economy, wealth: FloatArray, close: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Open, high and low in cents, each (T,); a mutual fund has one price a day."""
    if listing.kind is Kind.MUTUAL_FUND:
        return _cents(close), _cents(close), _cents(close)
    timeline, name = economy.timeline, listing.symbol
    at, days = timeline.at_sessions, timeline.sessions
    move = wealth[at] - wealth[at - 1]
    width = _daily_volatility(listing) * economy.factors.regime[at]
    opening = close * np.exp(-move * (1 - _OVERNIGHT * uniforms(f"{name}/open", days)))
    top = np.maximum(opening, close) * np.exp(_TAIL * width * np.abs(normals(f"{name}/high", days)))
    bottom = np.minimum(opening, close) * np.exp(-_TAIL * width * np.abs(normals(f"{name}/low", days)))
    return _cents(opening), _cents(top), _cents(bottom)


def _daily_volatility(listing: Listing) -> float:
    if listing.symbol == VIX:
        return _VIX_RANGE / math.sqrt(WEEKDAYS_PER_YEAR)
    parts = (listing.market * MARKET_VOLATILITY, listing.own_volatility, listing.duration * _RATE_RANGE)
    return math.hypot(*parts) / math.sqrt(WEEKDAYS_PER_YEAR)


def _volume(listing: Listing, economy: Economy) -> FloatArray:
    """Shares traded, whole, more on stormy days, shape (T,); NaN where nothing trades on an exchange."""
    timeline = economy.timeline
    if listing.volume is None:
        return np.full(len(timeline.sessions), np.nan)
    busy = _BUSY * normals(f"{listing.symbol}/volume", timeline.sessions)
    return np.round(listing.volume * economy.factors.regime[timeline.at_sessions] * np.exp(busy))


def _dividends(listing: Listing, bars: DailyBars, payments: FloatArray) -> tuple[Dividend, ...]:
    return tuple(
        Dividend(listing.symbol, day, amount)
        for day, amount in zip(bars.days.tolist(), payments.tolist(), strict=True)
        if amount > 0
    )


def _splits(listing: Listing, bars: DailyBars, actions: Actions) -> tuple[Split, ...]:
    return tuple(Split(listing.symbol, day, NEW_SHARES, OLD_SHARES) for day in bars.days[actions.split].tolist())


def _cents(prices: FloatArray) -> FloatArray:
    return np.round(prices, 2)
