"""What SigmaSight answers to the rows of the tables about correlations: their headings in, their headings out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.instruments import Instrument
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import Correlations
from sigmasight.engines.clusters import cluster_by_average, cluster_by_components
from sigmasight.engines.correlation import correlate
from sigmasight.engines.diversification import measure_diversification
from sigmasight.risk.correlations import correlate_names, correlate_portfolios
from spec.page import Row, read_series
from spec.small_market import PRICE
from spec.small_past import A, B, C, D, Lot, Past, past_of

Answers = Mapping[str, float | str]

WINDOW = 90
NAMES = (A, B, C, D)
WAVES = np.array([[1.0 if (at // step) % 2 == 0 else -1.0 for at in range(WINDOW)] for step in (1, 2, 4, 8, 16, 32)])
"""Up and down by turns of 1, 2, 4 ... sessions: hardly any of them has anything in common with another."""

PERCENT = 0.01


def two(row: Row) -> Answers:
    """Two names over a few sessions."""
    returns = {name: _percent(row[f"{name.symbol}, %"]) for name in (A, B)}
    sessions = len(returns[A])
    plan = CorrelationPlan(window_sessions=sessions, min_obs=2)
    past = _past([1e5, 1e5], returns)
    names = correlate_names(past.held, past.history, past.tags, plan, 0)
    matrix = names.correlation.matrix
    return {
        "correlation": matrix[0, 1].item(),
        "volatility of A": names.correlation.volatility[0].item(),
        "sessions": names.correlation.sessions,
    }


def three(row: Row) -> Answers:
    """Three names with holes: on common sessions, and pair by pair."""
    first = {"A": [1, -1, 1, -1], "B": [1, 1, -1, -1], "C": [1, -1, -1, 1]}
    twos = {name: read_series(row[f"{name}'s twos" if name == "A" else f"{name}'s"]) for name in "ABC"}
    sessions = [[*first[name], *(each for two in twos[name] for each in (two, -two))] for name in "ABC"]
    logs = np.log1p(np.array(sessions).T * PERCENT)
    found = correlate(logs, min_obs=2)
    by_pair = np.eye(3)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        by_pair[i, j] = by_pair[j, i] = correlate(logs[:, [i, j]], min_obs=2).matrix[0, 1]
    return {
        "sessions": found.sessions,
        "A, B": found.matrix[0, 1].item(),
        "lowest": np.linalg.eigvalsh(found.matrix)[0].item(),
        "A, B by pair": by_pair[0, 1].item(),
        "lowest by pair": np.linalg.eigvalsh(by_pair)[0].item(),
    }


def taking_part(row: Row) -> Answers:
    """Who of A, B and C takes part, whose exposures are 30,000, 20,000 and 10,000."""
    returns = {name: _known(WAVES[at] * PERCENT, str(row[name.symbol])) for at, name in enumerate((A, B, C))}
    found = _found([30_000.0, 20_000.0, 10_000.0], returns, CorrelationPlan(method=Method(str(row["method"]))))
    return {
        "names": _names(found),
        "sessions": found.sessions,
        "data": found.data_quality.value,
        "left out": "; ".join(f"{each.symbol}: {each.reason}" for each in found.not_included) or "nothing",
        "marks": ", ".join(found.marks.words) or "none",
    }


def filtered(row: Row) -> Answers:
    """Which of A, B and C pass the filter."""
    exposures = [float(row[name]) for name in "ABC"]
    plan = CorrelationPlan(mode=FilterMode(str(row["filter"])), view=View(str(row["view"])))
    found = _found(exposures, {name: WAVES[at] * PERCENT for at, name in enumerate((A, B, C))}, plan)
    return {"names": _names(found), "coverage": found.coverage}


def pair(row: Row) -> Answers:
    """Whether two names are one cluster, by both rules."""
    matrix = np.array([[1.0, float(row["correlation"])], [float(row["correlation"]), 1.0]])
    default = cluster_by_average(matrix)
    return {
        "distance": default.merges[0, 2].item(),
        "default": "together" if default.label[0] == default.label[1] else "apart",
        "classic": "together" if len(set(cluster_by_components(matrix).tolist())) == 1 else "apart",
    }


def triple(row: Row) -> Answers:
    """Three names, by both rules."""
    ab, bc, ac = (float(row[name]) for name in ("A, B", "B, C", "A, C"))
    matrix = np.array([[1.0, ab, ac], [ab, 1.0, bc], [ac, bc, 1.0]])
    threshold = float(row["threshold"])
    return {
        "default": _grouped(cluster_by_average(matrix, threshold=threshold).label),
        "classic": _grouped(cluster_by_components(matrix, threshold=threshold)),
    }


def named(row: Row) -> Answers:
    """A and B move alike, and so do C and D: what the cluster of A and B is called and weighs."""
    returns = {name: (WAVES[at // 2] + 0.3 * WAVES[2 + at]) * PERCENT for at, name in enumerate(NAMES)}
    exposures = [float(row[name]) for name in "ABCD"]
    tags = [_words(row["A's tags"]), _words(row["B's tags"]), *[_words("oil" if row["C"] == 60_000.0 else "none")] * 2]
    sectors = [row["A's sector"], row["B's sector"], "none", "none"]
    found = _found(exposures, returns, CorrelationPlan(), tags=tags, sectors=[str(each) for each in sectors])
    (mine,) = (each for each in found.clusters if "A" in each.symbols)
    return {
        "nickname": mine.nickname,
        "gross": mine.gross_weight,
        "net": mine.net_weight,
        "correlation": mine.average_correlation,
        "concentration": found.concentration,
    }


def diversification(row: Row) -> Answers:
    """Two names."""
    rho = float(row["correlation"])
    found = measure_diversification(
        np.array([[1.0, rho], [rho, 1.0]]),
        np.array([float(row["A"]), float(row["B"])]),
        np.array([float(row["σ of A"]), float(row["of B"])]),
    )
    return {
        "effective": found.effective,
        "equal weights": found.effective_classic,
        "by weight": found.effective_by_weight,
        "ratio squared": found.ratio_squared,
    }


def alike(row: Row) -> Answers:
    """So many names of one weight, each pair of them with one correlation."""
    count = int(row["names"])
    matrix = np.full((count, count), float(row["correlation"]))
    np.fill_diagonal(matrix, 1.0)
    found = measure_diversification(matrix, np.ones(count), np.ones(count))
    return {
        "effective": found.effective,
        "by weight": found.effective_by_weight,
        "average": found.average_correlation,
    }


def missing(row: Row) -> Answers:
    """Books whose numbers are not all known."""
    young = np.where(np.arange(WINDOW) < WINDOW - 30, np.nan, WAVES[1] * PERCENT)
    first, second = WAVES[0] * PERCENT, WAVES[1] * PERCENT
    exposures, returns = {
        "A and B": ([20_000.0, 20_000.0], {A: first, B: second}),
        "A, and B that moves alike, short": ([20_000.0, -20_000.0], {A: first, B: first}),
        "A alone": ([20_000.0], {A: first}),
        "A, and B of 30 sessions": ([20_000.0, 20_000.0], {A: first, B: young}),
        "A of $9,000": ([9_000.0], {A: first}),
        "nothing": ([], {A: first}),
    }[str(row["held"])]
    found = _found(exposures, returns, CorrelationPlan())
    return {
        "effective": found.effective_positions,
        "why": _why(found, "effective_positions"),
        "average": found.average_correlation,
        "why not": _why(found, "average_correlation"),
        "data": found.data_quality.value,
    }


def _found(
    exposures: Sequence[float],
    returns: Mapping[Instrument, FloatArray],
    plan: CorrelationPlan,
    *,
    tags: Sequence[frozenset[str]] | None = None,
    sectors: Sequence[str] = (),
) -> Correlations:
    past = _past(exposures, returns)
    told = {name.symbol: None if sector == "none" else sector for name, sector in zip(NAMES, sectors, strict=False)}
    instruments = [replace(each, sector=told.get(each.symbol)) for each in past.instruments]
    (found,) = correlate_portfolios(past.held, past.history, instruments, tags or past.tags, plan)
    return found


def _past(exposures: Sequence[float], returns: Mapping[Instrument, FloatArray]) -> Past:
    return past_of([Lot(name, usd / PRICE) for name, usd in zip(NAMES, exposures, strict=False)], returns)


def _known(returns: FloatArray, which: str) -> FloatArray:
    """``last 70``, ``first 70``, ``none``; ``still`` is what never moves."""
    if which in {"still", "none"}:
        return np.full(len(returns), 0.0 if which == "still" else np.nan)
    end, count = which.split()
    at = np.arange(len(returns))
    known = at >= len(returns) - int(count) if end == "last" else at < int(count)
    return np.where(known, returns, np.nan)


def _percent(cell: float | str) -> FloatArray:
    return np.array(read_series(cell)) * PERCENT


def _names(found: Correlations) -> str:
    return " ".join(sorted(found.symbols)) or "none"


def _grouped(label: IntArray) -> str:
    groups = ("".join(name for name, mine in zip("ABC", label, strict=True) if mine == each) for each in range(3))
    return ", ".join(group for group in groups if group)


def _words(cell: float | str) -> frozenset[str]:
    return frozenset() if cell == "none" else frozenset(str(cell).split(", "))


def _why(found: Correlations, name: str) -> str:
    return ", ".join(found.reasons.get(name, Reason.NONE).words) or "none"
