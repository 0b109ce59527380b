"""Clusters and covariances of random names, against scikit-learn; the tree of clusters, against scipy."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, dendrogram, is_valid_linkage, linkage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform
from sklearn.cluster import DBSCAN, AgglomerativeClustering
from sklearn.covariance import empirical_covariance

from oracle.risk.panels import make_log_returns
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.clusters import cluster_by_average, cluster_by_components
from sigmasight.engines.correlation import correlate

SEEDS = (1, 2, 3, 4, 5)
THRESHOLDS = (0.3, 0.5, 0.7, 0.9)
SIZES = (2, 3, 30, 80)


def make_correlation(seed: int, names: int = 30) -> FloatArray:
    return correlate(make_log_returns(seed, names=names), min_obs=60).matrix


def distance_of(correlation: FloatArray | float) -> FloatArray:
    return np.asarray(np.sqrt((1.0 - np.asarray(correlation)) / 2.0))


def together(label: IntArray) -> set[frozenset[int]]:
    """Clusters as sets of names, whatever they are numbered."""
    return {frozenset(np.flatnonzero(label == each).tolist()) for each in np.unique(label)}


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("names", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_average_linkage_is_scikit_learns(seed: int, names: int, threshold: float) -> None:
    correlation = make_correlation(seed, names)
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=float(distance_of(threshold))
    )
    expected = clustering.fit_predict(distance_of(correlation))
    assert together(cluster_by_average(correlation, threshold=threshold).label) == together(expected)


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("names", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_components_are_scikit_learns_neighbourhoods(seed: int, names: int, threshold: float) -> None:
    """DBSCAN in which one name is a neighbourhood: whoever is within reach of a member is a member."""
    correlation = make_correlation(seed, names)
    reach = DBSCAN(eps=1.0 - threshold, min_samples=1, metric="precomputed")
    expected = reach.fit_predict(1.0 - np.abs(correlation))
    assert together(cluster_by_components(correlation, threshold=threshold)) == together(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_components_are_scipys_of_half_the_pairs(seed: int) -> None:
    correlation = make_correlation(seed)
    graph = csr_array(np.triu(np.abs(correlation) >= 0.5).astype(np.int64))
    _, expected = connected_components(graph, directed=True, connection="weak")
    assert together(cluster_by_components(correlation, threshold=0.5)) == together(expected.astype(np.int64))


def test_there_is_something_to_cluster() -> None:
    """The panels above have clusters of both kinds, that are not the same, and names alone."""
    by_average = [cluster_by_average(make_correlation(seed)).label for seed in SEEDS]
    by_components = [cluster_by_components(make_correlation(seed)) for seed in SEEDS]
    for label in (*by_average, *by_components):
        assert 3 < len(together(label)) < 28
    assert all(together(a) != together(b) for a, b in zip(by_average, by_components, strict=True))


# The tree


@pytest.mark.parametrize("names", SIZES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_tree_and_its_leaves_are_scipys(seed: int, names: int) -> None:
    correlation = make_correlation(seed, names)
    found = cluster_by_average(correlation)
    expected = linkage(squareform(distance_of(correlation), checks=False), method="average")
    assert is_valid_linkage(found.merges)
    np.testing.assert_allclose(found.merges, expected, rtol=1e-12)
    assert found.leaves.tolist() == dendrogram(expected, no_plot=True)["leaves"]


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_names_are_together_where_the_tree_joins_them_below_the_cut(seed: int, threshold: float) -> None:
    found = cluster_by_average(make_correlation(seed), threshold=threshold)
    joined_at = squareform(cophenet(found.merges))
    np.testing.assert_array_equal(found.label[:, None] == found.label, joined_at <= distance_of(threshold))


def merge_by_a_loop(correlation: FloatArray, threshold: float) -> set[frozenset[int]]:
    """The two clusters with the least mean distance between their names become one, while it is small enough."""
    distance = distance_of(correlation)
    clusters = [[name] for name in range(len(correlation))]
    while len(clusters) > 1:
        pairs = [(a, b) for a in range(len(clusters)) for b in range(a)]
        apart = [distance[np.ix_(clusters[a], clusters[b])].mean() for a, b in pairs]
        nearest = int(np.argmin(apart))
        if apart[nearest] > distance_of(threshold):
            break
        a, b = pairs[nearest]
        clusters[b] += clusters.pop(a)
    return {frozenset(cluster) for cluster in clusters}


@pytest.mark.parametrize("threshold", THRESHOLDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_average_linkage_is_that_of_a_plain_loop(seed: int, threshold: float) -> None:
    correlation = make_correlation(seed, 15)
    found = cluster_by_average(correlation, threshold=threshold)
    assert together(found.label) == merge_by_a_loop(correlation, threshold)


# Covariances


@pytest.mark.parametrize("seed", SEEDS)
def test_correlations_and_volatilities_are_scikit_learns_covariance(seed: int) -> None:
    """Its divisor is the number of sessions."""
    log_returns = make_log_returns(seed)
    found = correlate(log_returns, min_obs=60)
    ours = found.matrix * np.outer(found.volatility, found.volatility) * 89 / 90
    np.testing.assert_allclose(ours, empirical_covariance(log_returns), rtol=1e-9, atol=1e-16)
