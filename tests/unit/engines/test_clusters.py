"""Clusters by two rules and the order of a dendrogram: by hand, at the threshold, and their laws."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.clusters import THRESHOLD, cluster_by_average, cluster_by_components

EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)
Rule = Callable[[FloatArray, float], IntArray]
seeds = st.integers(0, 2**32 - 1)
thresholds = st.sampled_from([0.2, 0.5, 0.7, 0.9])
counts = st.integers(1, 15)


def by_average(correlation: FloatArray, threshold: float) -> IntArray:
    return cluster_by_average(correlation, threshold=threshold).label


def by_components(correlation: FloatArray, threshold: float) -> IntArray:
    return cluster_by_components(correlation, threshold=threshold)


BOTH = pytest.mark.parametrize("rule", [by_average, by_components])


def make_correlation(seed: int, names: int = 12) -> FloatArray:
    """Names in groups, some of which move against theirs."""
    rng = np.random.default_rng(seed)
    groups = rng.normal(size=(200, 4)) * rng.uniform(0.3, 3.0, 4)
    signs = rng.choice([-1.0, 1.0, 1.0, 1.0], names)
    panel = groups[:, rng.integers(0, 4, names)] * signs + rng.normal(size=(200, names)) * rng.uniform(0.2, 2.0, names)
    return np.atleast_2d(np.corrcoef(panel, rowvar=False))


def of(pairs: dict[tuple[int, int], float], names: int, other: float = 0.0) -> FloatArray:
    """A matrix with given correlations, any other pair's being the same."""
    matrix = np.full((names, names), other)
    np.fill_diagonal(matrix, 1.0)
    for (a, b), rho in pairs.items():
        matrix[a, b] = matrix[b, a] = rho
    return matrix


def together(label: IntArray, names: list[int]) -> set[frozenset[int]]:
    """Clusters as sets of names."""
    return {frozenset(np.array(names)[label == each].tolist()) for each in np.unique(label)}


# By hand


@BOTH
def test_two_pairs_and_one_alone(rule: Rule) -> None:
    """Numbered as they come."""
    correlation = of({(0, 3): 0.9, (1, 4): 0.8}, 5, other=0.1)
    assert rule(correlation, 0.7).tolist() == [0, 1, 2, 0, 1]


@BOTH
def test_a_pair_at_the_threshold_is_together_and_one_below_it_is_not(rule: Rule) -> None:
    for threshold in (0.3, 0.5, 0.7, 0.9):
        assert rule(of({(0, 1): threshold}, 2), threshold).tolist() == [0, 0]
        assert rule(of({(0, 1): threshold - 1e-9}, 2), threshold).tolist() == [0, 1]


def test_a_chain_is_one_component_but_on_average_its_ends_are_too_far_apart() -> None:
    """The third is at 0.32 and 0.59 from the first two, on average at 0.45; the cut is at 0.39."""
    chain = of({(0, 1): 0.85, (1, 2): 0.8, (0, 2): 0.3}, 3)
    assert by_components(chain, 0.7).tolist() == [0, 0, 0]
    assert by_average(chain, 0.7).tolist() == [0, 0, 1]
    merges = cluster_by_average(chain, threshold=0.7).merges
    distances = [np.sqrt(0.15 / 2), (np.sqrt(0.2 / 2) + np.sqrt(0.7 / 2)) / 2]
    np.testing.assert_allclose(merges, [[0, 1, distances[0], 2], [2, 3, distances[1], 3]], rtol=1e-14)


def test_opposites_are_one_component_and_on_average_farthest_apart() -> None:
    opposites = of({(0, 1): -0.9}, 2)
    assert by_components(opposites, 0.7).tolist() == [0, 0]
    assert by_average(opposites, 0.7).tolist() == [0, 1]


def test_leaves_put_neighbours_side_by_side() -> None:
    found = cluster_by_average(of({(0, 3): 0.9, (1, 4): 0.8}, 5, other=0.1))
    order = found.leaves.tolist()
    assert abs(order.index(0) - order.index(3)) == abs(order.index(1) - order.index(4)) == 1


def test_the_usual_threshold() -> None:
    assert THRESHOLD == 0.7
    for seed in range(5):
        correlation = make_correlation(seed)
        np.testing.assert_array_equal(cluster_by_average(correlation).label, by_average(correlation, 0.7))
        np.testing.assert_array_equal(cluster_by_components(correlation), by_components(correlation, 0.7))


@BOTH
def test_no_name_has_no_cluster_and_a_single_one_its_own(rule: Rule) -> None:
    assert rule(np.empty((0, 0)), 0.7).tolist() == []
    assert rule(np.ones((1, 1)), 0.7).tolist() == [0]


@pytest.mark.parametrize("names", [0, 1])
def test_without_a_pair_there_is_no_merge(names: int) -> None:
    found = cluster_by_average(np.ones((names, names)))
    assert found.leaves.tolist() == list(range(names))
    assert found.merges.shape == (0, 4)


# Laws


@BOTH
@EXAMPLES
@given(seed=seeds, names=counts, threshold=thresholds, data=st.data())
def test_clusters_do_not_depend_on_the_order_of_the_names(
    rule: Rule, seed: int, names: int, threshold: float, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(names)))
    correlation = make_correlation(seed, names)
    plain, other = rule(correlation, threshold), rule(correlation[np.ix_(order, order)], threshold)
    assert together(other, order) == together(plain, list(range(names)))


@BOTH
@EXAMPLES
@given(seed=seeds, names=counts, threshold=thresholds)
def test_clusters_are_numbered_in_the_order_in_which_they_come(
    rule: Rule, seed: int, names: int, threshold: float
) -> None:
    label = rule(make_correlation(seed, names), threshold).tolist()
    assert list(dict.fromkeys(label)) == list(range(max(label) + 1))


@BOTH
@EXAMPLES
@given(seed=seeds, names=counts)
def test_a_higher_threshold_only_splits_clusters(rule: Rule, seed: int, names: int) -> None:
    correlation, everyone = make_correlation(seed, names), list(range(names))
    wide, narrow = (together(rule(correlation, threshold), everyone) for threshold in (0.4, 0.8))
    assert all(any(inner <= outer for outer in wide) for inner in narrow)


@EXAMPLES
@given(seed=seeds, names=counts, threshold=thresholds)
def test_leaves_are_all_names_with_each_cluster_in_one_piece(seed: int, names: int, threshold: float) -> None:
    found = cluster_by_average(make_correlation(seed, names), threshold=threshold)
    assert sorted(found.leaves.tolist()) == list(range(names))
    in_order = found.label[found.leaves]
    assert (np.diff(in_order) != 0).sum() == found.label.max()


@EXAMPLES
@given(seed=seeds, names=st.integers(2, 15))
def test_merges_go_outwards_until_all_are_one(seed: int, names: int) -> None:
    merges = cluster_by_average(make_correlation(seed, names)).merges
    assert merges.shape == (names - 1, 4)
    assert (np.diff(merges[:, 2]) >= 0.0).all()
    assert merges[-1, 3] == names
    assert sorted(merges[:, :2].ravel().tolist()) == list(range(2 * names - 2))


@EXAMPLES
@given(seed=seeds, names=counts, threshold=thresholds)
def test_names_that_are_joined_are_in_one_component_and_components_are_joined_by_nobody(
    seed: int, names: int, threshold: float
) -> None:
    correlation = make_correlation(seed, names)
    label = by_components(correlation, threshold)
    joined, same = np.abs(correlation) >= threshold, label[:, None] == label
    assert not (joined & ~same).any()
    reach = np.linalg.matrix_power(joined.astype(np.float64), names) > 0
    np.testing.assert_array_equal(same, reach)


@BOTH
@EXAMPLES
@given(seed=seeds, names=counts)
def test_a_name_that_moves_like_another_is_where_that_is(rule: Rule, seed: int, names: int) -> None:
    correlation = make_correlation(seed, names)
    twice = correlation[np.ix_([*range(names), 0], [*range(names), 0])]
    label = rule(twice, 0.9)
    assert label[-1] == label[0]


@EXAMPLES
@given(seed=seeds, names=counts, threshold=thresholds, data=st.data())
def test_components_do_not_mind_which_way_a_name_moves(
    seed: int, names: int, threshold: float, data: st.DataObject
) -> None:
    signs = np.array(data.draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=names, max_size=names)))
    correlation = make_correlation(seed, names)
    turned = by_components(correlation * np.outer(signs, signs), threshold)
    np.testing.assert_array_equal(turned, by_components(correlation, threshold))


def test_on_average_a_name_turned_around_leaves_its_cluster() -> None:
    three = of({(0, 1): 0.9, (0, 2): 0.9, (1, 2): 0.9}, 3)
    signs = np.array([1.0, 1.0, -1.0])
    assert by_average(three, 0.7).tolist() == [0, 0, 0]
    assert by_average(three * np.outer(signs, signs), 0.7).tolist() == [0, 0, 1]
