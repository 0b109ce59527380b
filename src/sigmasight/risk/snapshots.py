"""From the portfolio stage's arrays to one snapshot for each portfolio, with a reason for every missing number."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.market_data import FloatArray, IntArray, Market
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.snapshots import MEASURES, METHOD, Measures, NotIncluded, Snapshot
from sigmasight.domain.units import SMALLEST_BASE
from sigmasight.risk.frames import MarketFrame
from sigmasight.risk.holdings import Holdings
from sigmasight.risk.portfolios import BookStep, Close, Totals, ratio

NOT_YET_MODELLED = ("delta", "gamma", "theta", "vega", "rho", "beta", "value_at_risk")
_NEEDS_DELTA = ("delta_adjusted_exposure", "hhi", "effective_positions", "top_3", "top_10")


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
    cumulative_pnl: FloatArray,
) -> tuple[Snapshot, ...]:
    """Compose the snapshots of one session, one for each portfolio that exists on it, in the portfolios' order."""
    columns = _measures(close, step, totals, cumulative_pnl)
    flags = _price_flags(holdings, close)
    as_of: date = market.sessions.days[close.at].item()
    first = np.searchsorted(holdings.portfolio, np.arange(len(portfolios) + 1))
    short, option = holdings.units < 0, market.is_option[holdings.asset]
    live = option & ((close.positions.reasons & int(Reason.EXPIRED)) == 0)
    made = []
    for at, portfolio in enumerate(portfolios):
        if portfolio.opened_on > as_of:
            continue
        mine = slice(int(first[at]), int(first[at + 1]))
        held = close.positions.held[mine]
        measures = Measures(**{name: float(columns[name][at]) for name in MEASURES})
        prices = Reason(int(flags[at]))
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
                reasons=_reasons(
                    measures, prices, float(step.invested[at]), has_options=bool((held & live[mine]).any())
                ),
                marks=prices & ~BLOCKING | (Reason.SIMULATED if market.market is Market.SIMULATED else Reason.NONE),
                not_included=_not_included(market, holdings, close, mine),
                warnings=_warnings(market, holdings, close, mine),
            )
        )
    return tuple(made)


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
        **dict.fromkeys(NOT_YET_MODELLED, missing),
    }


def _price_flags(holdings: Holdings, close: Close) -> IntArray:
    """All reasons of the prices of what each portfolio holds, combined; (B,)."""
    flags = np.zeros(len(close.nav), dtype=np.int64)
    held = close.positions.held
    np.bitwise_or.at(flags, holdings.portfolio[held], close.positions.reasons[held])
    return flags


def _reasons(measures: Measures, prices: Reason, invested: float, *, has_options: bool) -> dict[str, Reason]:
    """Why each missing number is missing."""
    missing = [name for name in MEASURES if np.isnan(getattr(measures, name))]
    unpriced = prices & BLOCKING or Reason.NO_PRICE
    return {name: _why_missing(name, measures, unpriced, invested, has_options=has_options) for name in missing}


def _why_missing(name: str, measures: Measures, unpriced: Reason, invested: float, *, has_options: bool) -> Reason:
    if name in NOT_YET_MODELLED or (name in _NEEDS_DELTA and has_options):
        return Reason.NOT_MODELLED
    no_base = (name == "leverage" and measures.nav <= SMALLEST_BASE) or (
        name == "daily_return" and not np.isnan(measures.daily_pnl) and invested <= SMALLEST_BASE
    )
    return Reason.NAV_NOT_POSITIVE if no_base else unpriced


def _not_included(market: MarketFrame, holdings: Holdings, close: Close, mine: slice) -> tuple[NotIncluded, ...]:
    listed = []
    for asset, held, flags in zip(
        holdings.asset[mine], close.positions.held[mine], close.positions.reasons[mine], strict=True
    ):
        why = Reason(int(flags)) & BLOCKING
        if held and why:
            listed.append(NotIncluded(market.instruments[int(asset)].symbol, ",".join(why.words)))
    return tuple(dict.fromkeys(listed))


def _warnings(market: MarketFrame, holdings: Holdings, close: Close, mine: slice) -> tuple[str, ...]:
    held = close.positions.held[mine]
    listed = [] if held.any() else ["empty"]
    flags = close.positions.reasons[mine]
    for word, reason in (("stale_price", Reason.STALE_PRICE), ("expired", Reason.EXPIRED)):
        symbols = sorted(
            {market.instruments[int(a)].symbol for a in holdings.asset[mine][held & ((flags & reason) > 0)]}
        )
        listed += [f"{word}: {symbol}" for symbol in symbols]
    settled = (holdings.end[mine] == close.at) & market.is_option[holdings.asset[mine]] & ~held
    settled &= holdings.entry[mine] < close.at
    settled &= market.settled_from[holdings.asset[mine]] == close.at
    listed += [f"settled: {market.instruments[int(asset)].symbol}" for asset in holdings.asset[mine][settled]]
    return tuple(dict.fromkeys(listed))
