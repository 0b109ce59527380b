"""Facts of option contracts made up by a test, in the form in which the instrument stage hands them on."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from sigmasight.domain.market_data import Market
from sigmasight.domain.options import OptionFacts
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.greeks import contracts_held
from sigmasight.risk.holdings import Holdings
from support.books import GreeksOn, World

COLUMNS = {
    "delta": "delta",
    "gamma": "gamma",
    "theta_per_day": "theta",
    "vega_per_point": "vega",
    "rho_per_percent": "rho",
}
"""The columns of facts that the portfolio stage looks at, and what they are called here."""

_CODES = ("dividend_source", "volatility_source", "model")


def option_facts(told: Sequence[GreeksOn]) -> OptionFacts:
    """What is told, as facts; whatever the portfolio stage does not look at is not known."""
    blocked = np.array([bool(each.reasons & BLOCKING) for each in told], dtype=np.bool_)
    columns = {
        field.name: np.zeros(len(told), dtype=np.int64) if field.name in _CODES else np.full(len(told), np.nan)
        for field in fields(OptionFacts)
    }
    for column, name in COLUMNS.items():
        columns[column] = np.where(blocked, np.nan, [float(getattr(each, name)) for each in told])
    return OptionFacts(
        **columns
        | {
            "instrument_id": np.array([each.instrument_id for each in told], dtype=np.int64),
            "as_of": np.array([each.day for each in told], dtype="datetime64[D]"),
            "quote_day": np.full(len(told), np.datetime64("NaT"), dtype="datetime64[D]"),
            "reasons": np.array([int(each.reasons) for each in told], dtype=np.int64),
        }
    )


def facts_of_all(world: World, market: MarketFrame, _: Holdings) -> OptionFacts:
    """What is told of any contract that has not expired, held or not, as the instrument stage would say it."""
    return option_facts(_with_what_blocks(world, market))


def facts_of_what_is_held(world: World, market: MarketFrame, holdings: Holdings) -> OptionFacts:
    """What is told of the contracts that are held: the night makes facts of no others."""
    days = market.sessions.days.tolist()
    held = {(each, day) for at, day in enumerate(days) for each in contracts_held(market, holdings, at).tolist()}
    return option_facts([each for each in _with_what_blocks(world, market) if (each.instrument_id, each.day) in held])


def _with_what_blocks(world: World, market: MarketFrame) -> list[GreeksOn]:
    """The instrument stage has no Greeks for a contract that is not modelled, or whose underlying has no price."""
    session = {day: at for at, day in enumerate(market.sessions.days.tolist())}
    index = {each.id: at for at, each in enumerate(market.instruments)}
    told = []
    for each in world.greeks:
        asset, at = index[each.instrument_id], session.get(each.day)
        if at is not None and each.day < market.expiry[asset].item():
            spot = Reason(int(market.reasons[at, market.underlying[asset]]))
            contract = Reason(int(market.reasons[at, asset]))
            reasons = each.reasons | contract & Reason.NOT_MODELLED | spot & (BLOCKING | Reason.STALE_PRICE)
            if market.market is Market.SIMULATED:
                reasons |= Reason.SIMULATED
            told.append(replace(each, reasons=reasons))
    return told
