"""From the portfolio stage's arrays to one snapshot for each portfolio, with a reason for every missing number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import floor

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.market_data import FloatArray, IntArray, Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import SNAPSHOT_TAIL, FactorExposures, TailRisk
from sigmasight.domain.snapshots import MEASURES, METHOD, Measures, NotIncluded, Snapshot
from sigmasight.domain.units import SMALLEST_BASE
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.greeks import HeldGreeks
from sigmasight.risk.holdings import Holdings
from sigmasight.risk.portfolios import BookStep, Close, Totals, ratio

_COMPLETED_LATER = ("beta", "value_at_risk")
"""What stands on the history of returns, and is added by ``complete_snapshots``."""

_NEEDS_DELTA = ("delta_adjusted_exposure", "hhi", "effective_positions", "top_3", "top_10", "delta")
_NEEDS_GREEKS = ("gamma", "theta", "vega", "rho")


def accumulate(cumulative_pnl: FloatArray, step: BookStep) -> FloatArray:
    """Cumulative P&L one step later, (B,) USD: a day without a P&L adds nothing; NaN while no day had one."""
    both = np.nan_to_num(cumulative_pnl) + np.nan_to_num(step.pnl)
    return np.where(np.isnan(cumulative_pnl) & np.isnan(step.pnl), np.nan, both)


def compose_snapshots(
    *,
    market: MarketFrame,
    portfolios: Sequence[Portfolio],
    holdings: Holdings,
    close: Close,
    step: BookStep,
    totals: Totals,
    greeks: HeldGreeks,
    cumulative_pnl: FloatArray,
) -> tuple[Snapshot, ...]:
    """Compose the snapshots of one session, one for each portfolio that exists on it, in the portfolios' order."""
    columns = _measures(close, step, totals, cumulative_pnl)
    flags = _combined(holdings, close, close.positions.reasons)
    greek_flags = _combined(holdings, close, greeks.reasons)
    as_of: date = market.sessions.days[close.at].item()
    first = np.searchsorted(holdings.portfolio, np.arange(len(portfolios) + 1))
    short, option = holdings.units < 0, market.is_option[holdings.asset]
    made = []
    for at, portfolio in enumerate(portfolios):
        if portfolio.opened_on > as_of:
            continue
        mine = slice(int(first[at]), int(first[at + 1]))
        held = close.positions.held[mine]
        measures = Measures(**{name: float(columns[name][at]) for name in MEASURES})
        prices, of_greeks = Reason(int(flags[at])), Reason(int(greek_flags[at]))
        made.append(
            Snapshot(
                portfolio_id=portfolio.id,
                as_of=as_of,
                method=METHOD,
                measures=measures,
                positions=int(held.sum()),
                long_positions=int((held & ~short[mine]).sum()),
                short_positions=int((held & short[mine]).sum()),
                option_positions=int((held & option[mine]).sum()),
                coverage=float(close.exposures.coverage[at]),
                delta_coverage=float(totals.delta_coverage[at]),
                reasons=_reasons(measures, prices, of_greeks, float(step.invested[at])),
                marks=_marks(market, prices | of_greeks),
                not_included=_not_included(market, holdings, close, greeks, mine),
                warnings=_warnings(market, holdings, close, greeks, mine),
            )
        )
    return tuple(made)


def complete_snapshots(
    snapshots: Sequence[Snapshot], exposures: Sequence[FactorExposures], tails: Sequence[TailRisk]
) -> tuple[Snapshot, ...]:
    """Add beta and value at risk to snapshots, from the results of the same portfolios and sessions."""
    by_exposure = {(each.portfolio_id, each.as_of): each for each in exposures}
    by_tail = {(each.portfolio_id, each.as_of): each for each in tails}
    return tuple(
        _completed(each, by_exposure[each.portfolio_id, each.as_of], by_tail[each.portfolio_id, each.as_of])
        for each in snapshots
    )


def _completed(snapshot: Snapshot, exposures: FactorExposures, tail: TailRisk) -> Snapshot:
    market = exposures.factors[0]
    beta, (at_risk, _) = float(exposures.beta[0]), tail.at(*SNAPSHOT_TAIL)
    reasons = {name: why for name, why in snapshot.reasons.items() if name not in _COMPLETED_LATER}
    if np.isnan(beta):
        reasons["beta"] = exposures.reasons.get(market) or exposures.reasons["beta"]
    if np.isnan(at_risk):
        reasons["value_at_risk"] = tail.reasons["value_at_risk"]
    partial = [
        f"{name} covers {floor(1000 * coverage) / 10:.1f}% of gross"
        for name, value, coverage in (("beta", beta, exposures.coverage), ("value at risk", at_risk, tail.coverage))
        if not np.isnan(value) and coverage < 1.0
    ]
    return replace(
        snapshot,
        measures=replace(snapshot.measures, beta=beta, value_at_risk=at_risk),
        reasons=reasons,
        marks=snapshot.marks | exposures.marks | tail.marks,
        warnings=(*snapshot.warnings, *partial),
    )


def _measures(close: Close, step: BookStep, totals: Totals, cumulative_pnl: FloatArray) -> dict[str, FloatArray]:
    exposures, concentration = close.exposures, totals.concentration
    missing = np.full(len(close.nav), np.nan)
    return {
        "nav": close.nav,
        "cash": close.balances.cash,
        "unmodelled_assets": close.balances.unmodelled_assets,
        "market_value": exposures.gross,
        "gross": exposures.gross,
        "net": exposures.net,
        "long": exposures.long,
        "short": exposures.short,
        "stock_exposure": totals.stock_exposure,
        "option_exposure": totals.option_exposure,
        "notional": totals.notional,
        "delta_adjusted_exposure": totals.delta_adjusted,
        "leverage": ratio(exposures.gross, close.nav),
        "hhi": concentration.hhi,
        "effective_positions": concentration.effective_positions,
        "top_3": concentration.top_3,
        "top_10": concentration.top_10,
        "unrealised_pnl": totals.unrealised_pnl,
        "daily_pnl": step.pnl,
        "cumulative_pnl": cumulative_pnl,
        "daily_return": step.daily_return,
        "flows": step.flows,
        "coverage_change": step.coverage_change,
        "dividends": step.dividends,
        "delta": totals.delta_adjusted,
        "gamma": totals.gamma,
        "theta": totals.theta_per_day,
        "vega": totals.vega_per_point,
        "rho": totals.rho_per_percent,
        **dict.fromkeys(_COMPLETED_LATER, missing),
    }


def _combined(holdings: Holdings, close: Close, reasons: IntArray) -> IntArray:
    """All reasons of what each portfolio holds, combined; (B,)."""
    flags = np.zeros(len(close.nav), dtype=np.int64)
    held = close.positions.held
    np.bitwise_or.at(flags, holdings.portfolio[held], reasons[held])
    return flags


def _marks(market: MarketFrame, flags: Reason) -> Reason:
    return flags & ~BLOCKING | (Reason.SIMULATED if market.market is Market.SIMULATED else Reason.NONE)


def _reasons(measures: Measures, prices: Reason, of_greeks: Reason, invested: float) -> dict[str, Reason]:
    """Why each missing number is missing."""
    missing = [name for name in MEASURES if np.isnan(getattr(measures, name))]
    return {name: _why_missing(name, measures, prices & BLOCKING, of_greeks & BLOCKING, invested) for name in missing}


def _why_missing(name: str, measures: Measures, prices: Reason, of_greeks: Reason, invested: float) -> Reason:
    if name in _COMPLETED_LATER:
        return Reason.NOT_MODELLED
    if name in _NEEDS_GREEKS:
        return of_greeks
    if name in _NEEDS_DELTA:
        return of_greeks | prices
    no_base = (name == "leverage" and measures.nav <= SMALLEST_BASE) or (
        name == "daily_return" and not np.isnan(measures.daily_pnl) and invested <= SMALLEST_BASE
    )
    return Reason.NAV_NOT_POSITIVE if no_base else prices or Reason.NO_PRICE


def _not_included(
    market: MarketFrame, holdings: Holdings, close: Close, greeks: HeldGreeks, mine: slice
) -> tuple[NotIncluded, ...]:
    """What some measure leaves out: positions without a price, or without Greeks."""
    listed = []
    reasons = close.positions.reasons[mine] | greeks.reasons[mine]
    for asset, held, flags in zip(holdings.asset[mine], close.positions.held[mine], reasons, strict=True):
        why = Reason(int(flags)) & BLOCKING
        if held and why:
            listed.append(NotIncluded(market.instruments[int(asset)].symbol, ",".join(why.words)))
    return tuple(dict.fromkeys(listed))


def _warnings(
    market: MarketFrame, holdings: Holdings, close: Close, greeks: HeldGreeks, mine: slice
) -> tuple[str, ...]:
    held = close.positions.held[mine]
    listed = [] if held.any() else ["empty"]
    prices, of_greeks = close.positions.reasons[mine], greeks.reasons[mine]
    marked = ((prices, Reason.STALE_PRICE), (prices, Reason.EXPIRED), (of_greeks, Reason.ESTIMATED))
    for flags, reason in marked:
        symbols = sorted(
            {market.instruments[int(a)].symbol for a in holdings.asset[mine][held & ((flags & int(reason)) > 0)]}
        )
        listed += [f"{reason.words[0]}: {symbol}" for symbol in symbols]
    settled = (holdings.end[mine] == close.at) & market.is_option[holdings.asset[mine]] & ~held
    settled &= holdings.entry[mine] < close.at
    settled &= market.settled_from[holdings.asset[mine]] == close.at
    listed += [f"settled: {market.instruments[int(asset)].symbol}" for asset in holdings.asset[mine][settled]]
    return tuple(dict.fromkeys(listed))
