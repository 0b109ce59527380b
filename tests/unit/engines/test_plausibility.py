"""How far from the ordinary shocks are: by hand, by whitening, and what must be true of any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray
from sigmasight.engines.plausibility import HORIZON_SESSIONS, measure_plausibility

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=60, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def make_moves(seed: int = 0, sessions: int = 252, variables: int = 3) -> FloatArray:
    rng = np.random.default_rng(seed)
    mixed = np.eye(variables) + rng.uniform(-0.6, 0.6, (variables, variables))
    return np.asarray(rng.normal(0.0003, 0.01, (sessions, variables)) @ mixed)


def measure(moves: FloatArray, shock: list[float], horizon: int = HORIZON_SESSIONS) -> tuple[float, float]:
    found = measure_plausibility(moves, np.array([shock]), horizon_sessions=horizon)
    return float(found.distance[0]), float(found.share_beyond[0])


def by_whitening(moves: FloatArray, shock: FloatArray, horizon: int) -> tuple[float, float]:
    """Turned to axes on which nothing has anything in common, each in its own standard deviations."""
    variance, axes = np.linalg.eigh(np.cov(moves, rowvar=False) * horizon)
    distance = float(np.linalg.norm(shock @ axes / np.sqrt(variance)))
    windows = [moves[at : at + horizon].sum(axis=0) for at in range(len(moves) - horizon + 1)]
    seen = [float(np.linalg.norm(window @ axes / np.sqrt(variance))) for window in windows]
    return distance, sum(far > distance for far in seen) / len(seen)


def test_the_usual_horizon_is_a_month() -> None:
    assert HORIZON_SESSIONS == 21


def test_one_variable_by_hand() -> None:
    """Days of +1 and -1 %, 4 each in turn: variance 8/7 of 1 square per cent, over 2 days twice that."""
    moves = 0.01 * np.array([[1.0], [1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0], [-1.0]])
    distance, beyond = measure(moves, [-0.015], horizon=2)
    assert distance == pytest.approx(1.5 / np.sqrt(16 / 7), rel=1e-13)
    assert beyond == 6 / 7  # of seven pairs three rise and three fall by 2 %, one by 0
    assert measure(moves, [0.03], horizon=2)[1] == 0.0
    assert measure(moves, [0.0], horizon=2) == (0.0, 6 / 7)


def test_a_shock_of_one_deviation_of_the_horizon_has_distance_one() -> None:
    moves = make_moves(variables=1)
    deviation = float(moves.std(ddof=1) * np.sqrt(21))
    assert measure(moves, [deviation])[0] == pytest.approx(1.0, rel=1e-12)
    assert measure(moves, [-3 * deviation])[0] == pytest.approx(3.0, rel=1e-12)


@EXAMPLES
@given(seed=seeds, horizon=st.sampled_from([1, 5, 21, 63]), size=st.floats(0.001, 0.5))
def test_distances_and_shares_are_those_on_axes_of_their_own(seed: int, horizon: int, size: float) -> None:
    moves, shock = make_moves(seed), size * np.random.default_rng(seed + 1).normal(size=3)
    distance, beyond = measure(moves, shock.tolist(), horizon)
    expected = by_whitening(moves, shock, horizon)
    assert distance == pytest.approx(expected[0], rel=1e-9)
    assert beyond == pytest.approx(expected[1], abs=1e-12)


@EXAMPLES
@given(seed=seeds, shock=st.lists(st.floats(-0.9, 0.9), min_size=3, max_size=3), more=st.floats(1.0, 10.0))
def test_a_larger_shock_is_further_out_and_seen_no_more_often(seed: int, shock: list[float], more: float) -> None:
    moves = make_moves(seed)
    near, often = measure(moves, shock)
    far, rarely = measure(moves, [more * size for size in shock])
    assert far == pytest.approx(more * near, rel=1e-12)
    assert 0.0 <= rarely <= often <= 1.0


@EXAMPLES
@given(seed=seeds, units=st.lists(st.sampled_from([-1.0, 0.05, 1.0, 100.0]), min_size=3, max_size=3))
def test_units_do_not_matter(seed: int, units: list[float]) -> None:
    """Nor signs: returns beside yields, and the opposite of a shock of what is the opposite."""
    moves, shock = make_moves(seed), np.array([-0.1, 0.05, 0.2])
    expected = measure(moves, shock.tolist())
    found = measure(moves * units, (shock * units).tolist())
    assert found[0] == pytest.approx(expected[0], rel=1e-10)
    assert found[1] == pytest.approx(expected[1], abs=1e-12)


@EXAMPLES
@given(seed=seeds)
def test_other_names_for_the_same_moves_do_not_matter(seed: int) -> None:
    """Styles whole or beyond the market."""
    moves, shock = make_moves(seed), np.array([-0.1, 0.05, 0.2])
    turn = np.array([[1.0, -0.9, -1.2], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found, expected = measure(moves @ turn, (shock @ turn).tolist()), measure(moves, shock.tolist())
    assert found[0] == pytest.approx(expected[0], rel=1e-9)
    assert found[1] == pytest.approx(expected[1], abs=1e-12)


def test_a_shock_against_the_usual_company_is_further_out_than_one_with_it() -> None:
    together = np.random.default_rng(0).normal(0.0, 0.01, (252, 1))
    moves = together + np.random.default_rng(1).normal(0.0, 0.003, (252, 2))
    assert measure(moves, [-0.1, 0.1])[0] > 3 * measure(moves, [-0.1, -0.1])[0]


# What counts


def test_only_what_is_shocked_counts() -> None:
    moves = make_moves()
    expected = measure(moves[:, [0, 2]], [-0.1, 0.05])
    assert measure(moves, [-0.1, NAN, 0.05]) == expected
    moves[::2, 1] = NAN
    assert measure(moves, [-0.1, NAN, 0.05]) == expected


def test_a_session_on_which_a_shocked_variable_is_not_known_counts_for_nobody() -> None:
    moves = make_moves()
    expected = measure(np.delete(moves, [3, 100], axis=0), [-0.1, 0.1, 0.05])
    moves[3, 0] = moves[100, 2] = NAN
    assert measure(moves, [-0.1, 0.1, 0.05]) == pytest.approx(expected, rel=1e-12)


def test_a_scenario_without_shocks_has_no_place() -> None:
    assert np.isnan(measure(make_moves(), [NAN, NAN, NAN])).all()


@pytest.mark.parametrize(("sessions", "known"), [(0, False), (23, False), (24, False), (25, True)])
def test_more_sessions_than_the_horizon_and_the_variables_are_needed(sessions: int, *, known: bool) -> None:
    assert np.isfinite(measure(make_moves(sessions=sessions), [0.1, 0.1, 0.1])).all() == known


def test_variables_that_are_one_have_no_distance() -> None:
    moves = make_moves()
    moves[:, 1] = 2.0 * moves[:, 0] - moves[:, 2]
    assert np.isnan(measure(moves, [0.1, 0.1, 0.1])).all()
    assert np.isfinite(measure(moves, [0.1, NAN, 0.1])).all()


def test_a_variable_that_stands_still_has_no_distance() -> None:
    moves = make_moves()
    moves[:, 1] = 0.0
    assert np.isnan(measure(moves, [NAN, 0.1, NAN])).all()
    assert np.isnan(measure(moves, [0.1, 0.1, NAN])).all()


def test_a_variable_that_grows_steadily_has_no_distance() -> None:
    for daily in (0.001, -0.00037, 0.01, 0.1, 1 / 3):
        assert np.isnan(measure(np.full((252, 1), daily), [0.1])).all(), daily


def test_scenarios_do_not_know_each_other() -> None:
    moves = make_moves()
    shocks = np.array([[0.1, NAN, NAN], [NAN, NAN, NAN], [-0.3, 0.2, 0.1]])
    found = measure_plausibility(moves, shocks)
    for at in (0, 2):
        assert (found.distance[at], found.share_beyond[at]) == measure(moves, shocks[at].tolist())
    assert measure_plausibility(moves, np.empty((0, 3))).distance.shape == (0,)
