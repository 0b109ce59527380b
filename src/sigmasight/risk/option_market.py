"""What options are priced with, frozen: strikes, times, spots, rates, dividends and forwards at each session."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import ExerciseStyle, Instrument, Kind, Right
from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray, Payouts
from sigmasight.domain.options import DividendSource
from sigmasight.domain.reasons import Reason
from sigmasight.engines.parity import imply_forwards
from sigmasight.engines.splits import split_factor
from sigmasight.engines.yield_curve import carry_yields, continuous_rates
from sigmasight.risk.frames import MarketFrame, ids_of, rows_of
from sigmasight.risk.option_models import Contracts

OLDEST_YIELD_DAYS = 5
"""Calendar days that a Treasury yield is carried."""

TRAILING_DAYS = 365
"""What was paid in so many days stands for the yield of an instrument whose yield is not known."""

DAYS_PER_YEAR = 365.0
_LARGEST_PAYOUT = 0.9  # of the spot, in a year or announced; above it the dividends are not believed


@dataclass(frozen=True, slots=True)
class ComingDividends:
    """E dividends that may fall into the lives of contracts, one row for each contract."""

    contract: IntArray  # (E,)
    ex_date: DayArray  # (E,)
    amount: FloatArray  # (E,) USD per share as traded on the ex-date


@dataclass(frozen=True, slots=True)
class OptionMarket:
    """C option contracts of a market frame, in its order, over its T sessions."""

    frame: MarketFrame
    asset: IntArray  # (C,) index of the contract in the frame
    is_call: BoolArray  # (C,)
    american: BoolArray  # (C,)
    on_forward: BoolArray  # (C,) European on an index: priced on the forward that parity implies, where it does
    family: IntArray  # (C,) one number for each underlying and expiry, from 0
    strike: FloatArray  # (T, C) USD, on the session's split basis
    tau_years: FloatArray  # (T, C) from the session's close to 16:00 in New York of the expiry
    rate: FloatArray  # (T, C) continuous; NaN where no yield is recent enough
    carry: FloatArray  # (T, C) continuous dividend yield, beside dated dividends; NaN where not known
    dividend_source: IntArray  # (C,) DividendSource
    dividends: ComingDividends
    forward: FloatArray  # (T, C) by parity at the session, or at the last one before it that had a pair; else NaN

    @property
    def underlying(self) -> IntArray:
        """Index of each contract's underlying in the frame, (C,)."""
        return self.frame.underlying[self.asset]

    def as_european(self) -> "OptionMarket":
        """The same contracts as if none could be exercised early: Black-Scholes for every contract."""
        return replace(self, american=np.zeros(len(self.asset), dtype=np.bool_))

    def own_price(self, at: int) -> FloatArray:
        """Prices of a session itself, carried from no other day, (C,); NaN where there is none."""
        carried = (self.frame.reasons[at, self.asset] & int(Reason.STALE_PRICE)) > 0
        return np.where(carried, np.nan, self.frame.price[at, self.asset])

    def contracts(self, at: IntArray) -> Contracts:
        """Every contract as priced at the close of a session of its own, ``at`` of shape (C,)."""
        row = np.arange(len(self.asset))
        spot, tau, rate = self.frame.price[at, self.underlying], self.tau_years[at, row], self.rate[at, row]
        alive = np.where(tau > 0.0, tau, np.nan)
        implied = rate - np.log(self.forward[at, row] / spot) / alive
        day, event = self.frame.sessions.days[at], self.dividends
        basis = split_factor(self.frame.splits, self.underlying, day)
        paid_basis = split_factor(self.frame.splits, self.underlying[event.contract], event.ex_date)
        ahead = (event.ex_date - day[event.contract]).astype(np.int64) / DAYS_PER_YEAR
        ahead = np.minimum(ahead, tau[event.contract])  # an hour of summer time puts no ex-date behind the expiry
        amount = event.amount * paid_basis / basis[event.contract]
        paid_out = np.bincount(event.contract, weights=np.where(ahead > 0.0, amount, 0.0), minlength=len(spot))
        carry = np.where(paid_out < _LARGEST_PAYOUT * spot, self.carry[at, row], np.nan)  # no share pays out itself
        return Contracts(
            spot=spot,
            strike=self.strike[at, row],
            tau_years=tau,
            rate=rate,
            dividend_yield=np.where(np.isnan(implied), carry, implied),
            is_call=self.is_call,
            american=self.american,
            dividend_contract=event.contract,
            dividend_tau=ahead,
            dividend_amount=amount,
        )


def freeze_options(
    frame: MarketFrame, calendar: TradingCalendar, *, yields: tuple[DayArray, FloatArray], announced: Payouts
) -> OptionMarket:
    """Freeze what the option contracts of a frame are priced with.

    Args:
        frame: With every contract's underlying among its instruments, and for European options on an index the other
            contracts of the same expiry.
        calendar: Sessions.
        yields: Days (D,) and Treasury par yields (D, 4), from ``OLDEST_YIELD_DAYS`` before the frame's first session.
        announced: Dividends with an ex-date after the frame's last session, as far as they are known then.
    """
    asset = np.flatnonzero(frame.is_option)
    held = [frame.instruments[int(at)] for at in asset]
    parents = [frame.instruments[int(at)] for at in frame.underlying[asset]]
    american = np.array([each.exercise is ExerciseStyle.AMERICAN for each in held], dtype=np.bool_)
    tau = _tau_years(frame, calendar, held)
    dividends = _coming(frame, asset, announced)
    curve = carry_yields(*yields, frame.sessions.days, oldest_days=OLDEST_YIELD_DAYS)
    known = np.array([np.nan if p.dividend_yield is None else p.dividend_yield for p in parents])
    on_index = np.array([parent.kind is Kind.INDEX for parent in parents], dtype=np.bool_)
    market = OptionMarket(
        frame=frame,
        asset=asset,
        is_call=np.array([_right(each) is Right.CALL for each in held], dtype=np.bool_),
        american=american,
        on_forward=on_index & ~american,
        family=_families(frame, asset),
        strike=_strikes(frame, asset, held),
        tau_years=tau,
        rate=np.stack(
            [continuous_rates(np.tile(now, (len(asset), 1)), years) for now, years in zip(curve, tau, strict=True)]
        ),
        carry=_carry(
            frame, asset, np.where(on_index | ~np.isnan(known), known, _trailing_yields(frame, asset)), dividends, tau
        ),
        dividend_source=_sources(known, on_index, dividends),
        dividends=dividends,
        forward=np.full(tau.shape, np.nan),
    )
    return replace(market, forward=_forwards(market))


def _right(instrument: Instrument) -> Right | None:
    return instrument.option.right if instrument.option else None


def _tau_years(frame: MarketFrame, calendar: TradingCalendar, held: Sequence[Instrument]) -> FloatArray:
    """Years from each session's close to each contract's expiry, (T, C)."""
    expiries = sorted({each.option.expiry for each in held if each.option})
    sessions = frame.sessions.days.tolist()
    table = np.array([[calendar.years_to_expiry(day, expiry) for expiry in expiries] for day in sessions])
    place = [expiries.index(each.option.expiry) for each in held if each.option]
    return table.reshape(len(sessions), len(expiries))[:, place]


def _strikes(frame: MarketFrame, asset: IntArray, held: Sequence[Instrument]) -> FloatArray:
    """Strikes on each session's split basis, (T, C)."""
    listed = np.array([each.terms_as_of for each in held], dtype="datetime64[D]")
    strike = np.array([float(each.option.strike) for each in held if each.option])
    parent = frame.underlying[asset]
    shares = split_factor(frame.splits, parent, frame.sessions.days[:, None])
    return np.asarray(strike * split_factor(frame.splits, parent, listed) / shares)


def _families(frame: MarketFrame, asset: IntArray) -> IntArray:
    days = frame.expiry[asset].astype(np.int64)
    pairs = np.column_stack([frame.underlying[asset], days])
    return np.unique(pairs, axis=0, return_inverse=True)[1].ravel().astype(np.int64)


def _coming(frame: MarketFrame, asset: IntArray, announced: Payouts) -> ComingDividends:
    """For contracts with an announced dividend in their life: these, and what was paid since the window began."""
    first, last = frame.sessions.days[0], frame.sessions.days[-1]
    paid_asset, paid_day, paid_amount = frame.payouts
    recent = (paid_day > first) & (paid_day <= last)
    payer = np.concatenate([paid_asset[recent], rows_of(ids_of(frame.instruments), announced.instrument_id)])
    ex_date = np.concatenate([paid_day[recent], announced.ex_date])
    amount = np.concatenate([paid_amount[recent], announced.amount])
    contract, event = np.nonzero(
        (frame.underlying[asset][:, None] == payer) & (ex_date <= frame.expiry[asset][:, None])
    )
    dated = np.isin(contract, contract[ex_date[event] > last])
    return ComingDividends(contract[dated], ex_date[event[dated]], amount[event[dated]])


def _trailing_yields(frame: MarketFrame, asset: IntArray) -> FloatArray:
    """Continuous yield that leaves as much of a share as the last year's dividends did, (T, C)."""
    payer, ex_date, amount = frame.payouts
    parents, place = np.unique(frame.underlying[asset], return_inverse=True)
    days = frame.sessions.days
    then = split_factor(frame.splits, payer, ex_date)
    yields = np.empty((len(days), len(parents)))
    for at, day in enumerate(days):
        recent = (ex_date <= day) & (ex_date > day - np.timedelta64(TRAILING_DAYS, "D"))
        each = amount * then / split_factor(frame.splits, payer, days[at : at + 1])
        total = np.bincount(payer[recent], weights=each[recent], minlength=len(frame.instruments))[parents]
        spot = frame.price[at, parents]
        yields[at] = -np.log1p(-np.minimum(total / spot, _LARGEST_PAYOUT))
    return yields[:, place]


def _carry(
    frame: MarketFrame, asset: IntArray, dividend_yield: FloatArray, dividends: ComingDividends, tau: FloatArray
) -> FloatArray:
    """Yields over the part of a life that lies behind the last announced dividend, (T, C)."""
    last = np.full(len(asset), np.datetime64("0001-01-01"), dtype="datetime64[D]")
    np.maximum.at(last, dividends.contract, dividends.ex_date)
    covered = (last - frame.sessions.days[:, None]).astype(np.int64) / DAYS_PER_YEAR
    share = np.clip(1.0 - covered / np.where(tau > 0.0, tau, np.nan), 0.0, 1.0)
    return np.asarray(np.where(covered > 0.0, np.nan_to_num(share), 1.0) * dividend_yield)


def _sources(known: FloatArray, on_index: BoolArray, dividends: ComingDividends) -> IntArray:
    source = np.where(np.isnan(known), DividendSource.TRAILING, DividendSource.YIELD)
    source = np.where(np.isnan(known) & on_index, DividendSource.NONE, source)
    source[np.unique(dividends.contract)] = DividendSource.DATED
    return source.astype(np.int64)


def _forwards(market: OptionMarket) -> FloatArray:
    """Forwards by parity, at each session or the last one before it that had a pair, (T, C)."""
    families = int(market.family.max(initial=-1)) + 1
    forward = np.full(market.tau_years.shape, np.nan)
    latest = np.full(families, np.nan)
    for at in range(market.frame.sessions.count):
        implied = imply_forwards(
            price=np.where(market.on_forward, market.own_price(at), np.nan),
            strike=market.strike[at],
            growth=np.exp(market.rate[at] * market.tau_years[at]),
            is_call=market.is_call,
            group=market.family,
            groups=families,
        )
        latest = np.where(np.isnan(implied), latest, implied)
        forward[at] = np.where(market.on_forward, latest[market.family], np.nan)
    return forward
