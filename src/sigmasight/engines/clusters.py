"""Clusters of names that move together, by two rules, and the order in which a dendrogram draws them."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.sparse.csgraph import connected_components

from sigmasight.domain.market_data import FloatArray, IntArray

THRESHOLD = 0.7
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Clusters:
    """N names."""

    label: IntArray  # (N,) of the cluster each is in, from 0; a name alone has one of its own
    leaves: IntArray  # (N,) names in the order of a dendrogram
    merges: FloatArray  # (N - 1, 4) scipy's linkage matrix: pairs, distance, size


def cluster_by_average(correlation: FloatArray, *, threshold: float = THRESHOLD) -> Clusters:
    """Average linkage on the distance sqrt((1 - rho) / 2), cut at the distance of the threshold.

    Args:
        correlation: (N, N), no NaN.
        threshold: The correlation at whose distance the tree is cut.

    Source:
        Lopez de Prado, Building diversified portfolios that outperform out of sample (2016), for the distance.
    """
    count = len(correlation)
    if count <= 1:
        return Clusters(np.zeros(count, dtype=np.int64), np.arange(count), np.empty((0, 4)))
    above = np.triu_indices(count, 1)
    merges = linkage(_distance(correlation[above]), method="average")
    label = fcluster(merges, float(_distance(np.array(threshold))) + _ROUNDING, criterion="distance").astype(np.int64)
    return Clusters(_in_order(label), leaves_list(merges).astype(np.int64), merges)


def cluster_by_components(correlation: FloatArray, *, threshold: float = THRESHOLD) -> IntArray:
    """Labels, (N,), of the connected components of the graph that joins names with |rho| at the threshold or above.

    Args:
        correlation: (N, N), no NaN.
        threshold: Above 0.
    """
    if not len(correlation):
        return np.zeros(0, dtype=np.int64)
    joined = np.abs(correlation) >= threshold - _ROUNDING
    return _in_order(connected_components(joined, directed=False)[1].astype(np.int64))


def _distance(correlation: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(1.0 - correlation, 0.0) / 2.0))


def _in_order(label: IntArray) -> IntArray:
    """Labels counted from 0 in the order in which they first come."""
    _, first, place = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[place]
