"""The instrument stage of options: from quotes to volatilities with their source, to prices and Greeks with reasons."""

from dataclasses import dataclass, fields, replace

import numpy as np

from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, IntArray, Market, Marks
from sigmasight.domain.options import (
    Accuracy,
    DividendSource,
    ImpliedStatus,
    OptionFacts,
    OptionValues,
    PricingModel,
    VolatilitySource,
)
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.units import per_day, per_percent, per_point
from sigmasight.engines.adjusted_closes import adjust_closes
from sigmasight.engines.realised_volatility import realised_volatility
from sigmasight.engines.smile import interpolate_smile
from sigmasight.engines.splits import split_factor
from sigmasight.risk.frames import ids_of
from sigmasight.risk.option_market import OptionMarket
from sigmasight.risk.option_models import (
    Contracts,
    choose_models,
    forward_prices,
    imply_volatilities,
    value_contracts,
    with_forward_held,
)

REALISED_SESSIONS = 63
ASSUMED_VOLATILITY = 0.25
_LEAST_RETURNS = 21


@dataclass(frozen=True, slots=True)
class Volatilities:
    """Of the C contracts of an option market, and where each comes from."""

    volatility: FloatArray  # (C,) per year; NaN where none
    source: IntArray  # (C,) VolatilitySource
    quote_at: IntArray  # (C,) index of the session of the price it has; the window's last where it has none
    stale: BoolArray  # (C,) whether it comes from a quote of an earlier session

    @property
    def missing(self) -> BoolArray:
        """Which contracts have none, (C,)."""
        return np.isnan(self.volatility)


def from_quotes(market: OptionMarket) -> Volatilities:
    """Implied by each contract's last price, in the market of that price's own session."""
    last = market.frame.sessions.count - 1
    own = np.array([~np.isnan(market.own_price(at)) for at in range(last + 1)])
    quoted = own.any(axis=0) & ~np.isnan(market.frame.price[last, market.asset])
    quote_at = np.where(quoted, last - np.argmax(own[::-1], axis=0), last)
    price = np.where(quoted, market.frame.price[quote_at, market.asset], np.nan)
    found = imply_volatilities(market.contracts(quote_at), price)
    identified = found.status == ImpliedStatus.OK
    source = np.where(identified, VolatilitySource.QUOTE, VolatilitySource.NONE).astype(np.int64)
    return Volatilities(found.volatility, source, quote_at, identified & (quote_at < last))


def from_smile(market: OptionMarket, own: Volatilities, others: OptionMarket, theirs: Volatilities) -> Volatilities:
    """Fill in what is missing from other contracts of the same underlying and expiry that have a volatility.

    Quotes of the session itself count alone where there are any. Of a call and a put on one strike, the one out of the
    money tells.
    """
    filled = own
    for stale in (False, True):
        told = ~theirs.missing & (theirs.source == VolatilitySource.QUOTE) & (theirs.stale == stale)
        filled = _filled(filled, _smile(market, others, theirs, told), VolatilitySource.SMILE, stale=stale)
    return filled


def _smile(market: OptionMarket, others: OptionMarket, theirs: Volatilities, told: BoolArray) -> FloatArray:
    known = np.flatnonzero(told)
    known = known[_outside_first(others, known)]
    return interpolate_smile(
        _log_moneyness(market),
        _expiry_key(market),
        known_log_moneyness=_log_moneyness(others)[known],
        known_volatility=theirs.volatility[known],
        known_group=_expiry_key(others)[known],
    )


def from_estimates(own: Volatilities, closes: FloatArray) -> Volatilities:
    """Fill in what is missing with what the underlying realised, else with an assumption.

    Args:
        own: What the contracts have.
        closes: Adjusted closes of each contract's underlying on the last sessions, ``REALISED_SESSIONS`` + 1 of them;
            shape (S, C), NaN where there is none.
    """
    realised = realised_volatility(closes, window_sessions=REALISED_SESSIONS, min_obs=_LEAST_RETURNS)
    some = _filled(own, np.where(realised > 0.0, realised, np.nan), VolatilitySource.REALISED)
    return _filled(some, np.full(len(own.volatility), ASSUMED_VOLATILITY), VolatilitySource.ASSUMED)


def underlying_closes(options: OptionMarket, days: DayArray, marks: Marks) -> FloatArray:
    """Adjusted closes of each contract's underlying on some sessions, the last one the market's own, (S, C).

    Worked from raw closes: a vendor's adjusted ones are on the basis of the day on which each was asked for.
    """
    frame = options.frame
    parents, place = np.unique(options.underlying, return_inverse=True)
    closes = np.full((len(days), len(parents)), np.nan)
    at = np.searchsorted(ids_of(frame.instruments)[parents], marks.instrument_id)
    closes[np.searchsorted(days, marks.day), at] = marks.price
    payer, ex_date, amount = frame.payouts
    theirs = np.isin(payer, parents) & (ex_date > days[0])
    adjusted = adjust_closes(
        closes,
        split_factor(frame.splits, parents, days[:, None]),
        session=np.searchsorted(days, ex_date[theirs]),
        asset=np.searchsorted(parents, payer[theirs]),
        amount=amount[theirs],
    )
    return np.asarray(adjusted[:, place])


def compose_facts(market: OptionMarket, volatilities: Volatilities, wanted: IntArray) -> OptionFacts:
    """Price wanted contracts (rows of the market) at the close of the window's last session.

    Where the volatility is an estimate the reason ``estimated`` says so; who does not allow it has no volatility.
    """
    last = market.frame.sessions.count - 1
    contracts = market.contracts(np.full(len(market.asset), last)).rows(wanted)
    volatility, source = volatilities.volatility[wanted], volatilities.source[wanted]
    by_parity = market.on_forward[wanted] & ~np.isnan(market.forward[last, wanted])
    reasons = _reasons(market, volatilities, wanted, contracts)
    usable = np.where(reasons & int(BLOCKING), np.nan, volatility)
    values = _valued(contracts, usable, by_parity)
    asset = market.asset[wanted]
    quote_day = market.frame.sessions.days[volatilities.quote_at[wanted]]
    market_price = market.frame.price[last, asset]
    model = np.where(by_parity, PricingModel.FORWARD, choose_models(contracts))
    return OptionFacts(
        instrument_id=ids_of(market.frame.instruments)[asset],
        as_of=np.full(len(wanted), market.frame.sessions.days[last]),
        spot=contracts.spot,
        tau_years=contracts.tau_years,
        rate=contracts.rate,
        dividend_yield=contracts.dividend_yield,
        dividend_source=np.where(by_parity, DividendSource.NONE, market.dividend_source[wanted]).astype(np.int64),
        forward=forward_prices(contracts),
        volatility=volatility,
        volatility_source=source,
        model=np.where(np.isnan(values.price), PricingModel.NONE, model).astype(np.int64),
        quote_day=np.where(np.isnan(market_price), np.datetime64("NaT"), quote_day),
        market_price=market_price,
        price=values.price,
        delta=values.delta,
        gamma=values.gamma,
        theta_per_day=per_day(values.theta, values.price),
        vega_per_point=per_point(values.vega),
        rho_per_percent=per_percent(values.rho),
        reasons=reasons,
    )


def _valued(contracts: Contracts, volatility: FloatArray, by_parity: BoolArray) -> OptionValues:
    values = value_contracts(contracts, volatility, accuracy=Accuracy.FAST)
    held = with_forward_held(values, contracts, volatility)
    columns = (
        np.where(by_parity, getattr(held, field.name), getattr(values, field.name)) for field in fields(OptionValues)
    )
    return OptionValues(*columns)


def _reasons(market: OptionMarket, volatilities: Volatilities, wanted: IntArray, contracts: Contracts) -> IntArray:
    last = market.frame.sessions.count - 1
    of_contract = market.frame.reasons[last, market.asset[wanted]]
    of_spot = market.frame.reasons[last, market.underlying[wanted]]
    source = volatilities.source[wanted]
    reasons = of_contract & int(Reason.NOT_MODELLED) | of_spot & int(BLOCKING | Reason.STALE_PRICE)
    flags = (
        (np.isnan(contracts.spot), Reason.NO_PRICE),
        (np.isnan(contracts.rate), Reason.NO_RATE),
        (np.isnan(contracts.dividend_yield) & ~np.isnan(contracts.rate + contracts.spot), Reason.NOT_MODELLED),
        (np.isnan(volatilities.volatility[wanted]), Reason.NO_VOLATILITY),
        (np.isin(source, (VolatilitySource.REALISED, VolatilitySource.ASSUMED)), Reason.ESTIMATED),
        (volatilities.stale[wanted], Reason.STALE_PRICE),
    )
    for where, reason in flags:
        reasons = reasons | np.where(where, reason, Reason.NONE)
    reasons = np.where(reasons & int(BLOCKING), reasons & ~int(Reason.ESTIMATED), reasons)
    simulated = Reason.SIMULATED if market.frame.market is Market.SIMULATED else Reason.NONE
    return np.asarray(reasons | int(simulated), dtype=np.int64)


def _filled(
    own: Volatilities, volatility: FloatArray, source: VolatilitySource, *, stale: bool = False
) -> Volatilities:
    fills = own.missing & ~np.isnan(volatility)
    return replace(
        own,
        volatility=np.where(fills, volatility, own.volatility),
        source=np.where(fills, source, own.source).astype(np.int64),
        stale=np.where(fills, stale, own.stale).astype(np.bool_),
    )


def _log_moneyness(market: OptionMarket) -> FloatArray:
    last = np.full(len(market.asset), market.frame.sessions.count - 1)
    contracts = market.contracts(last)
    return np.asarray(np.log(contracts.strike / forward_prices(contracts)))


def _expiry_key(market: OptionMarket) -> IntArray:
    """The same number for the same underlying and expiry in every market."""
    parent = ids_of(market.frame.instruments)[market.underlying]
    return np.asarray(parent * (1 << 24) + market.frame.expiry[market.asset].astype(np.int64))


def _outside_first(market: OptionMarket, rows: IntArray) -> IntArray:
    """Of some contracts, one for each expiry and strike: the one out of the money where there are two."""
    inside = np.where(market.is_call[rows], -1.0, 1.0) * _log_moneyness(market)[rows] > 0.0
    key, strike = _expiry_key(market)[rows], market.strike[-1, rows]
    order = np.lexsort((inside, strike, key))
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (key[order][1:] != key[order][:-1]) | (strike[order][1:] != strike[order][:-1])
    return np.asarray(order[fresh])
