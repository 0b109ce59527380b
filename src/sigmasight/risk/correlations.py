"""How the names of each portfolio move together: which take part, in which clusters, and how many they really are."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from sigmasight.domain.books import Portfolio
from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import Cluster, Correlations, DataQuality
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.engines.aggregation import add_up, share_known
from sigmasight.engines.clusters import cluster_by_average, cluster_by_components
from sigmasight.engines.correlation import Correlation, correlate
from sigmasight.engines.diversification import Diversification, measure_diversification
from sigmasight.risk.historical_pnl import HistoricalPnl
from sigmasight.risk.portfolio_risk import HeldRisk, existing_portfolios, left_out_positions

FILTERED_OUT = "filtered_out"
"""Why a name is not included that is not missing anything."""


@dataclass(frozen=True, slots=True)
class Names:
    """The U underlyings that one portfolio has something on; the largest exposure first."""

    at: IntArray  # (U,) index of the underlying in the market
    exposure: FloatArray  # (U,) delta-adjusted, USD, signed, of all that is held on it
    tags: tuple[frozenset[str], ...]  # (U,) that any position on it carries
    wanted: BoolArray  # (U,) which pass the filter


@dataclass(frozen=True, slots=True)
class CorrelatedNames:
    """One portfolio's names and their correlations, with the order of a dendrogram."""

    names: Names
    correlation: Correlation  # of those that are wanted
    kept: IntArray  # (S,) places in ``names`` of those that take part
    label: IntArray  # (S,) cluster of each
    leaves: IntArray  # (S,) their order
    merges: FloatArray  # (S - 1, 4) scipy's linkage matrix of them

    @property
    def matrix(self) -> FloatArray:
        """Correlations of those that take part, (S, S)."""
        used = self.correlation.used
        return self.correlation.matrix[np.ix_(used, used)]


def correlate_portfolios(
    held: HeldRisk,
    history: HistoricalPnl,
    instruments: Sequence[Instrument],
    tags: Sequence[frozenset[str]],
    plan: CorrelationPlan,
) -> tuple[Correlations, ...]:
    """Correlations of the portfolios that exist at the session, in their order; see correlate_with_names."""
    return tuple(made for made, _ in correlate_with_names(held, history, instruments, tags, plan))


def correlate_with_names(
    held: HeldRisk,
    history: HistoricalPnl,
    instruments: Sequence[Instrument],
    tags: Sequence[frozenset[str]],
    plan: CorrelationPlan,
) -> Iterator[tuple[Correlations, CorrelatedNames]]:
    """Correlations of the portfolios that exist at the session, in their order, each with what it was made of.

    Args:
        held: P positions.
        history: N instruments.
        instruments: (N,), for their names and sectors.
        tags: Of each position, (P,).
        plan: What correlations are made with.
    """
    reasons = history.reasons[held.row]
    for at, portfolio in existing_portfolios(held):
        found = correlate_names(held, history, tags, plan, at)
        yield _composed(portfolio, held, history, instruments, found, plan, at=at, reasons=reasons), found


def correlate_names(
    held: HeldRisk, history: HistoricalPnl, tags: Sequence[frozenset[str]], plan: CorrelationPlan, at: int
) -> CorrelatedNames:
    """Correlate the names of one portfolio, by its place."""
    names = _names(held, history, tags, plan, at)
    chosen = np.flatnonzero(names.wanted)
    with np.errstate(divide="ignore"):
        logs = np.log1p(history.returns[-plan.window_sessions :, names.at[chosen]])
    correlation = correlate(np.where(np.isfinite(logs), logs, np.nan), min_obs=plan.needed)
    kept = chosen[correlation.used]
    matrix = correlation.matrix[np.ix_(correlation.used, correlation.used)]
    clusters = cluster_by_average(matrix, threshold=plan.threshold)
    label = clusters.label
    if plan.method is Method.CLASSIC:
        label = cluster_by_components(matrix, threshold=plan.threshold)
    return CorrelatedNames(names, correlation, kept, label, clusters.leaves, clusters.merges)


def _names(
    held: HeldRisk, history: HistoricalPnl, tags: Sequence[frozenset[str]], plan: CorrelationPlan, at: int
) -> Names:
    mine = np.arange(held.first[at], held.first[at + 1])
    blocked = (history.reasons[held.row[mine]] & int(BLOCKING)) > 0
    mine = mine[~blocked & ~history.inert[held.instrument[mine]]]
    exposure = held.shares[mine] * history.dollar_delta[held.instrument[mine]]
    parents, place = np.unique(history.underlying[held.instrument[mine]], return_inverse=True)
    total = add_up(exposure, place, len(parents))
    total[np.abs(total) <= 1e-12 * add_up(np.abs(exposure), place, len(parents))] = 0.0  # hedged lots leave rounding
    order = np.argsort(-np.abs(total), kind="stable")
    carried: list[frozenset[str]] = [frozenset()] * len(parents)
    for row, position in zip(place.tolist(), mine.tolist(), strict=True):
        carried[row] = carried[row] | tags[position]
    total = total[order]
    return Names(parents[order], total, tuple(carried[each] for each in order.tolist()), _wanted(total, plan))


def _wanted(exposure: FloatArray, plan: CorrelationPlan) -> BoolArray:
    size = np.abs(exposure)
    gross = float(size.sum())
    by_value = size >= plan.least_exposure
    by_weight = size >= plan.least_weight * gross
    passes = {
        FilterMode.BOTH: by_value & by_weight,
        FilterMode.EITHER: by_value | by_weight,
        FilterMode.VALUE_ONLY: by_value,
        FilterMode.WEIGHT_ONLY: by_weight,
    }[plan.mode]
    side = {View.PORTFOLIO: size > 0.0, View.LONGS: exposure > 0.0, View.SHORTS: exposure < 0.0}[plan.view]
    return np.asarray(passes & side, dtype=np.bool_)


def _composed(
    portfolio: Portfolio,
    held: HeldRisk,
    history: HistoricalPnl,
    instruments: Sequence[Instrument],
    found: CorrelatedNames,
    plan: CorrelationPlan,
    *,
    at: int,
    reasons: IntArray,
) -> Correlations:
    names, kept, used = found.names, found.kept, found.correlation.used
    measured = measure_diversification(found.matrix, names.exposure[kept], found.correlation.volatility[used])
    clusters = _clusters(instruments, found)
    short = names.at[np.setdiff1d(np.flatnonzero(names.wanted), kept)]
    why = Reason(int(np.bitwise_or.reduce(reasons[held.first[at] : held.first[at + 1]], initial=0)))
    numbers = _numbers(measured, concentration=sum(each.gross_weight for each in clusters) if len(kept) else np.nan)
    return Correlations(
        portfolio_id=portfolio.id,
        as_of=held.as_of,
        method=plan.method,
        symbols=tuple(instruments[int(each)].symbol for each in names.at[kept][found.leaves]),
        exposure=names.exposure[kept][found.leaves],
        sessions=found.correlation.sessions,
        window_sessions=plan.window_sessions,
        **numbers,
        clusters=clusters,
        data_quality=_quality(found, plan, short=len(short) > 0),
        coverage=_coverage(held, history, names.at[kept], at, reasons),
        reasons=_why_missing(numbers, measured, Reason.NO_HISTORY if len(short) else why & BLOCKING),
        marks=why & ~BLOCKING | _short_mark(found, plan),
        not_included=(
            *(left_out_positions(held, reasons, at) if why & BLOCKING else ()),
            *(NotIncluded(instruments[int(each)].symbol, _why_short(history, int(each), plan)) for each in short),
            *(NotIncluded(instruments[int(each)].symbol, FILTERED_OUT) for each in names.at[~names.wanted]),
        ),
    )


def _numbers(measured: Diversification, *, concentration: float) -> dict[str, float]:
    return {
        "average_correlation": measured.average_correlation,
        "effective_positions": measured.effective,
        "effective_positions_classic": measured.effective_classic,
        "effective_positions_by_weight": measured.effective_by_weight,
        "diversification_ratio_squared": measured.ratio_squared,
        "concentration": concentration,
    }


def _why_missing(numbers: dict[str, float], measured: Diversification, lacking: Reason) -> dict[str, Reason]:
    """Hedged names have no effective number; fewer than two names no pair, none at all no number."""
    missing = [name for name, value in numbers.items() if np.isnan(value)]
    nothing = lacking or Reason.NOT_MODELLED
    no_names = np.isnan(measured.effective_by_weight)
    return {name: nothing if no_names or name == "average_correlation" else Reason.FULLY_HEDGED for name in missing}


def _clusters(instruments: Sequence[Instrument], found: CorrelatedNames) -> tuple[Cluster, ...]:
    """Clusters of two names or more, the largest first, each with a nickname of its own."""
    groups = [np.flatnonzero(found.label == label) for label in range(int(found.label.max(initial=-1)) + 1)]
    exposure = found.names.exposure[found.kept]
    several = sorted((group for group in groups if len(group) > 1), key=lambda group: -np.abs(exposure[group]).sum())
    gross = float(np.abs(found.names.exposure).sum())
    made: list[Cluster] = []
    for inside in several:
        places = found.kept[inside]
        members = [instruments[int(each)] for each in found.names.at[places]]
        taken = {each.nickname for each in made}
        pairs = found.matrix[np.ix_(inside, inside)][np.triu_indices(len(inside), 1)]
        made.append(
            Cluster(
                nickname=_nickname(members, found.names, places, taken),
                symbols=tuple(each.symbol for each in members),
                gross_weight=float(np.abs(exposure[inside]).sum()) / gross,
                net_weight=float(exposure[inside].sum()) / gross,
                average_correlation=float(pairs.mean()),
            )
        )
    return tuple(made)


def _nickname(members: Sequence[Instrument], names: Names, places: IntArray, taken: Collection[str]) -> str:
    """The best that is free: a tag that all carry, the sector that all are in, the largest one's name, numbered."""
    common = frozenset.intersection(*(names.tags[each] for each in places.tolist()))
    sectors = {each.sector for each in members}
    by_sector = [each for each in sectors if each] if len(sectors) == 1 else []
    alike = f"{members[0].symbol} lookalikes"
    numbered = (f"{alike} {number}" for number in count(2))
    names_in_turn: Iterable[str] = chain(sorted(common), by_sector, [alike], numbered)
    return next(each for each in names_in_turn if each not in taken)


def _why_short(history: HistoricalPnl, at: int, plan: CorrelationPlan) -> str:
    """A name that did not move has no correlation; any other that takes no part lacks sessions."""
    own = history.returns[-plan.window_sessions :, at]
    known = own[~np.isnan(own)]
    still = len(known) >= plan.needed and known.max() == known.min()
    return (Reason.NOT_MODELLED if still else Reason.NO_HISTORY).words[0]


def _quality(found: CorrelatedNames, plan: CorrelationPlan, *, short: bool) -> DataQuality:
    if len(found.kept) <= 1:
        return DataQuality.INSUFFICIENT
    whole = found.correlation.sessions == plan.window_sessions and not short
    return DataQuality.SUFFICIENT if whole else DataQuality.LIMITED


def _short_mark(found: CorrelatedNames, plan: CorrelationPlan) -> Reason:
    short = len(found.kept) > 0 and found.correlation.sessions < plan.window_sessions
    return Reason.SHORT_HISTORY if short else Reason.NONE


def _coverage(held: HeldRisk, history: HistoricalPnl, kept: IntArray, at: int, reasons: IntArray) -> float:
    """Share of the gross that can move in names that take part."""
    mine = slice(int(held.first[at]), int(held.first[at + 1]))
    known = (reasons[mine] & int(BLOCKING)) == 0
    inside = known & np.isin(history.underlying[held.instrument[mine]], kept)
    weight = np.where(history.inert[held.instrument[mine]], 0.0, held.weight[mine])
    return float(share_known(inside, weight, np.zeros(len(weight), dtype=np.int64), 1)[0])
