"""Sums over positions: by portfolio, or by any other grouping, saying what they cover."""

from dataclasses import dataclass

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Exposures:
    """G groups, in USD. NaN where a group has positions but none of them is known; 0 where it has none."""

    gross: FloatArray  # (G,) long - short
    net: FloatArray  # (G,) long + short
    long: FloatArray  # (G,) sum of the positive exposures
    short: FloatArray  # (G,) sum of the negative exposures, <= 0
    coverage: FloatArray  # (G,) share of the weight that is known, 1 for an empty group
    positions: IntArray  # (G,) how many there are, known or not


@dataclass(frozen=True, slots=True)
class Concentration:
    """G groups. Weights: abs exposure of each asset / their sum.

    NaN where a group has positions and none is known; 0 where nothing has any exposure.
    """

    hhi: FloatArray  # (G,) sum of the squared weights, 0 to 1
    effective_positions: FloatArray  # (G,) 1 / hhi
    top_3: FloatArray  # (G,) share of the three largest
    top_10: FloatArray  # (G,)


def add_up(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Sum by group, shape (G,); sums run in the order given, so they do not depend on what other groups there are."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def sum_known(values: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Sum by group what is known.

    Args:
        values: Shape (P,), NaN where not known.
        group: Group of each, shape (P,), from 0.
        groups: G.

    Returns:
        Shape (G,): 0 for a group without members, NaN for one in which nothing is known.
    """
    known = ~np.isnan(values)
    total = add_up(values[known], group[known], groups)
    hopeless = (np.bincount(group, minlength=groups) > 0) & (np.bincount(group[known], minlength=groups) == 0)
    return np.where(hopeless, np.nan, total)


def share_known(known: BoolArray, weight: FloatArray, group: IntArray, groups: int) -> FloatArray:
    """Share of each group's weight that is known, shape (G,); 1 for a group without weight."""
    whole = add_up(weight, group, groups)
    part = add_up(weight[known], group[known], groups)
    return np.where(whole > 0, np.minimum(part / np.where(whole > 0, whole, 1.0), 1.0), 1.0)


def sum_exposures(exposure: FloatArray, weight: FloatArray, group: IntArray, groups: int) -> Exposures:
    """Long, short, gross and net by group.

    Args:
        exposure: USD, signed, shape (P,), NaN where not known.
        weight: What each counts for in coverage, >= 0, shape (P,).
        group: Group of each, shape (P,).
        groups: G.
    """
    long = sum_known(np.maximum(exposure, 0.0), group, groups)
    short = sum_known(np.minimum(exposure, 0.0), group, groups)
    return Exposures(
        gross=long - short,
        net=long + short,
        long=long,
        short=short,
        coverage=share_known(~np.isnan(exposure), weight, group, groups),
        positions=np.bincount(group, minlength=groups),
    )


def concentrate(exposure: FloatArray, asset: IntArray, group: IntArray, groups: int) -> Concentration:
    """How concentrated groups are; several lots of one asset count as one.

    Args:
        exposure: Delta-adjusted, USD, signed, shape (P,), NaN where not known.
        asset: What the position holds, shape (P,), from 0.
        group: Group of each, shape (P,).
        groups: G.
    """
    known = ~np.isnan(exposure)
    assets = int(asset.max(initial=0)) + 1
    cells, cell = np.unique(group[known] * assets + asset[known], return_inverse=True)
    size = np.abs(add_up(exposure[known], cell, len(cells)))
    size[size <= 1e-12 * add_up(np.abs(exposure[known]), cell, len(cells))] = 0.0  # lots that cancel leave rounding
    owner = cells // assets
    total = add_up(size, owner, groups)
    share = size / np.where(total > 0, total, 1.0)[owner]
    unknown = np.isnan(sum_known(exposure, group, groups))
    hhi = add_up(share * share, owner, groups)
    return Concentration(
        hhi=np.where(unknown, np.nan, hhi),
        effective_positions=np.where(unknown, np.nan, np.divide(1.0, hhi, out=np.zeros(groups), where=hhi > 0)),
        top_3=np.where(unknown, np.nan, _largest(share, owner, groups, count=3)),
        top_10=np.where(unknown, np.nan, _largest(share, owner, groups, count=10)),
    )


def tagged(membership: BoolArray, wanted: BoolArray, *, every: bool) -> BoolArray:
    """Which positions carry any (OR), or every one (AND), of the wanted tags.

    Args:
        membership: Shape (P, K): position carries tag.
        wanted: Shape (K,).
        every: AND instead of OR.
    """
    chosen = membership[:, wanted]
    return np.asarray(chosen.all(axis=1) if every else chosen.any(axis=1))


def _largest(share: FloatArray, owner: IntArray, groups: int, *, count: int) -> FloatArray:
    order = np.lexsort((-share, owner))
    ranked = owner[order]
    starts = np.searchsorted(ranked, np.arange(groups))
    rank = np.arange(len(ranked)) - starts[ranked]
    top = rank < count
    return add_up(share[order][top], ranked[top], groups)
