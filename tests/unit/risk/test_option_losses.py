"""What options gain or lose in many states of their spots, against pricing each state directly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import PricingModel
from sigmasight.risk.option_losses import revalue_spots
from sigmasight.risk.option_models import Contracts, choose_models
from sigmasight.risk.revaluation import revalue
from support.option_chains import black
from unit.risk.risk_worlds import NAN

EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
FEWER = settings(EXAMPLES, max_examples=12)
BOUND, BOUND_OF_TREES = 2e-5, 1e-4
"""Of the strike."""

SPOT = 100.0


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract on a share at $100, and its market."""

    strike: float = 100.0
    days: int = 182
    rate: float = 0.045
    dividend_yield: float = 0.0
    volatility: float = 0.3
    is_call: bool = False
    american: bool = True
    paid: tuple[tuple[float, float], ...] = ()  # dated dividends: share of the life, amount


rates = st.integers(-10, 80).map(lambda n: n / 1000)
yields = st.just(0.0) | st.integers(0, 80).map(lambda n: n / 1000)
strikes = st.sampled_from((95.0, 100.0, 105.0)) | st.integers(40, 250).map(float)
lives = st.sampled_from((1, 7, 30)) | st.integers(1, 730)
volatilities = st.integers(8, 90).map(lambda n: n / 100)
payments = st.tuples(st.integers(1, 99).map(lambda n: n / 100), st.integers(1, 30).map(lambda n: n / 10))
anything = st.builds(
    Terms,
    strike=strikes,
    days=lives,
    rate=rates,
    dividend_yield=yields,
    volatility=volatilities,
    is_call=st.booleans(),
    american=st.sampled_from((True, True, True, False)),
)
paying = st.builds(
    Terms,
    strike=strikes,
    days=st.integers(7, 365),
    rate=rates,
    volatility=volatilities,
    is_call=st.booleans(),
    paid=st.lists(payments, min_size=1, max_size=2).map(tuple),
)
seeds = st.integers(0, 2**32 - 1)


def contracts_of(terms: Sequence[Terms]) -> Contracts:
    paid = [(at, share * each.days / 365, amount) for at, each in enumerate(terms) for share, amount in each.paid]
    return Contracts(
        spot=np.full(len(terms), SPOT),
        strike=np.array([each.strike for each in terms]),
        tau_years=np.array([each.days / 365 for each in terms]),
        rate=np.array([each.rate for each in terms]),
        dividend_yield=np.array([each.dividend_yield for each in terms]),
        is_call=np.array([each.is_call for each in terms]),
        american=np.array([each.american for each in terms]),
        dividend_contract=np.array([at for at, _, _ in paid], dtype=np.int64),
        dividend_tau=np.array([tau for _, tau, _ in paid]),
        dividend_amount=np.array([amount for _, _, amount in paid]),
    )


def volatility_of(terms: Sequence[Terms]) -> FloatArray:
    return np.array([each.volatility for each in terms])


def pasts_of(terms: Sequence[Terms], seed: int, *, states: int = 30) -> FloatArray:
    """Daily returns, with fat tails, of shares that move as their options' volatilities say."""
    drawn = np.random.default_rng(seed).standard_t(4, (len(terms), states))
    return np.asarray(np.clip(drawn * volatility_of(terms)[:, None] / np.sqrt(252), -1.0, 1.0))


def gained(terms: Sequence[Terms], spot_return: FloatArray, *, on_forward: BoolArray | None = None) -> FloatArray:
    nowhere = np.zeros(len(terms), dtype=np.bool_)
    return revalue_spots(
        contracts_of(terms),
        volatility_of(terms),
        on_forward=nowhere if on_forward is None else on_forward,
        spot_return=spot_return,
    )


def directly(terms: Sequence[Terms], spot_return: FloatArray) -> FloatArray:
    """Each contract priced in each of its states; one after the other, since a state is all contracts' at once."""
    nothing = np.zeros(spot_return.shape[1])
    rows = [
        revalue(
            contracts_of([each]),
            volatility_of([each]),
            on_forward=np.array([False]),
            spot_return=own[None],
            volatility_change=nothing,
            yield_change=nothing,
        )
        for each, own in zip(terms, spot_return, strict=True)
    ]
    return np.concatenate(rows)


def bounds(terms: Sequence[Terms]) -> FloatArray:
    """USD, (C, 1)."""
    tree = choose_models(contracts_of(terms)) == PricingModel.TREE
    return np.asarray((np.where(tree, BOUND_OF_TREES, BOUND) * [each.strike for each in terms])[:, None])


# Against pricing every state


@EXAMPLES
@given(st.lists(anything, min_size=1, max_size=5), seeds)
def test_a_gain_is_that_of_pricing_each_state_directly(terms: list[Terms], seed: int) -> None:
    states = pasts_of(terms, seed)
    assert (np.abs(gained(terms, states) - directly(terms, states)) <= bounds(terms)).all()


@FEWER
@given(st.lists(paying, min_size=1, max_size=3), seeds)
def test_a_gain_where_dividends_are_announced_is_that_of_the_tree_in_each_state(terms: list[Terms], seed: int) -> None:
    assert (choose_models(contracts_of(terms)) == PricingModel.TREE).all()
    states = pasts_of(terms, seed, states=12)
    assert (np.abs(gained(terms, states) - directly(terms, states)) <= bounds(terms)).all()


@EXAMPLES
@given(st.lists(anything, min_size=1, max_size=5), seeds)
def test_what_cannot_be_exercised_early_is_priced_exactly_in_each_state(terms: list[Terms], seed: int) -> None:
    european = [replace(each, american=False) for each in terms]
    states = pasts_of(terms, seed)
    np.testing.assert_array_equal(gained(european, states), directly(european, states))


def test_a_european_gain_is_that_of_the_book() -> None:
    """A call for a year on a share that falls by 10 %, and one that gains 25 %."""
    terms = Terms(days=365, dividend_yield=0.02, is_call=True, american=False)
    now, *moved = (
        black(
            forward=spot * float(np.exp(0.045 - 0.02)),
            strike=100.0,
            years=1.0,
            rate=0.045,
            volatility=0.3,
            is_call=True,
        )["price"]
        for spot in (100.0, 90.0, 125.0)
    )
    found = gained([terms], np.array([[-0.1, 0.25]]))
    np.testing.assert_allclose(found[0], np.array(moved) - now, rtol=0, atol=1e-10)


def test_an_american_put_that_is_exercised_at_once_moves_one_for_one_with_its_share() -> None:
    """With its strike at 200 it is worth the difference, now and wherever the share goes in a day."""
    states = np.array([[-0.1, -0.02, 0.0, 0.03, 0.1]])
    found = gained([Terms(strike=200.0, rate=0.08)], states)
    np.testing.assert_allclose(found, -100.0 * states, rtol=0, atol=BOUND * 200)


def test_early_exercise_is_in_it() -> None:
    """Else a deep put would gain what a bond discounts: more than the bound apart."""
    deep = Terms(strike=150.0, rate=0.08, days=730)
    states = np.array([[-0.3, 0.3]])
    apart = np.abs(gained([deep], states) - gained([replace(deep, american=False)], states))
    assert (apart > 0.01 * deep.strike).all()
    np.testing.assert_allclose(gained([deep], states), directly([deep], states), rtol=0, atol=BOUND * deep.strike)


@pytest.mark.parametrize("outlier", [-0.4, -1.0, 1.0])
def test_one_return_far_out_makes_the_others_coarser_and_no_worse_than_a_thousandth_of_the_strike(
    outlier: float,
) -> None:
    """The nodes between which early exercise is interpolated are then far apart."""
    terms = [
        Terms(strike=strike, days=days, rate=0.07, volatility=0.15)
        for strike in (90.0, 105.0, 111.0)
        for days in (20, 200)
    ]
    states = pasts_of(terms, seed=1)
    states[:, 7] = outlier
    assert (np.abs(gained(terms, states) - directly(terms, states)) <= 1e-3 * 111.0).all()


# Edges


@EXAMPLES
@given(st.lists(anything, min_size=1, max_size=5), seeds)
def test_where_the_spot_stays_nothing_is_gained(terms: list[Terms], seed: int) -> None:
    states = np.concatenate([np.zeros((len(terms), 1)), pasts_of(terms, seed, states=5)], axis=1)
    still = gained(terms, states)[:, :1]
    assert (np.abs(still) <= bounds(terms)).all()
    european = choose_models(contracts_of(terms)) == PricingModel.EUROPEAN
    assert not still[european].any()


def test_where_no_spot_ever_moves_nothing_is_gained() -> None:
    terms = [Terms(), Terms(is_call=True, dividend_yield=0.03), Terms(american=False), Terms(paid=((0.5, 1.0),))]
    np.testing.assert_allclose(gained(terms, np.zeros((4, 3))), np.zeros((4, 3)), rtol=0, atol=1e-12)


@FEWER
@given(st.lists(anything, min_size=1, max_size=4), seeds, st.integers(1, 9))
def test_a_return_that_is_not_known_costs_that_state_of_that_contract_alone(
    terms: list[Terms], seed: int, where: int
) -> None:
    states = pasts_of(terms, seed, states=10)
    states[0, where] = states[0, 0]  # so that neither the lowest nor the highest is lost with it
    whole = gained(terms, states)
    states[0, where], whole[0, where] = NAN, NAN
    np.testing.assert_array_equal(gained(terms, states), whole)


def test_a_contract_of_whose_share_no_return_is_known_has_no_gain() -> None:
    terms = [Terms(), Terms(strike=110.0), Terms(american=False)]
    states = pasts_of(terms, seed=3)
    whole = gained(terms, states)
    states[1] = NAN
    whole[1] = NAN
    np.testing.assert_array_equal(gained(terms, states), whole)


@pytest.mark.parametrize("what", ["volatility", "spot", "rate", "dividend_yield"])
def test_what_is_not_known_of_one_contract_costs_that_contract_alone(what: str) -> None:
    terms = [Terms(), Terms(strike=110.0), Terms(is_call=True, dividend_yield=0.05)]
    held, own, states = contracts_of(terms), volatility_of(terms), pasts_of(terms, seed=3)
    whole = gained(terms, states)
    whole[1] = NAN
    if what == "volatility":
        own[1] = NAN
    else:
        column = getattr(held, what).copy()
        column[1] = NAN
        held = replace(held, **{what: column})
    found = revalue_spots(held, own, on_forward=np.zeros(3, dtype=np.bool_), spot_return=states)
    np.testing.assert_array_equal(found, whole)


def test_a_contract_that_has_expired_gains_what_exercising_it_brings() -> None:
    terms = [
        Terms(strike=strike, days=days, is_call=is_call, american=american)
        for strike in (90.0, 110.0)
        for days in (0, -3)
        for is_call in (True, False)
        for american in (True, False)
    ]
    moved = np.array([-0.5, -0.08, 0.0, 0.3])
    sign = np.array([1.0 if each.is_call else -1.0 for each in terms])[:, None]
    strike = np.array([each.strike for each in terms])[:, None]
    then, now = (np.maximum(sign * (spot - strike), 0.0) for spot in (SPOT * (1.0 + moved), SPOT))
    found = gained(terms, np.tile(moved, (len(terms), 1)))
    np.testing.assert_allclose(found, then - now, rtol=0, atol=1e-12)


def test_a_share_that_is_worth_nothing_leaves_a_call_worthless_and_a_put_its_strike() -> None:
    terms = [Terms(is_call=True, dividend_yield=0.03), Terms(), Terms(is_call=True, american=False)]
    states = np.full((3, 1), -1.0)
    np.testing.assert_allclose(gained(terms, states), directly(terms, states), rtol=0, atol=BOUND * 100)
    call, put, european_call = (SPOT * (at == 1) - gained(terms, states)[at, 0] for at in range(3))
    years = 182 / 365
    terms_of_book = {"forward": 100 * float(np.exp(0.045 * years)), "strike": 100.0, "years": years, "rate": 0.045}
    book = [black(**terms_of_book, volatility=0.3, is_call=is_call)["price"] for is_call in (True, False)]
    assert european_call == pytest.approx(book[0], abs=1e-9)
    assert book[1] + 0.1 < put < book[1] + 0.5  # what early exercise is worth
    assert 0.0 < call < european_call  # its share pays


def test_a_forward_moves_in_proportion_to_the_spot() -> None:
    """With yields alone a forward would differ from other contracts: spots move both alike."""
    terms = [Terms(american=False, dividend_yield=-0.3), Terms(american=False, is_call=True, dividend_yield=0.5)]
    states = pasts_of(terms, seed=4)
    on_forward = gained(terms, states, on_forward=np.array([True, True]))
    np.testing.assert_array_equal(on_forward, directly(terms, states))


@pytest.mark.parametrize("states", [0, 1, 2])
def test_few_states_are_enough(states: int) -> None:
    terms = [Terms(), Terms(american=False), Terms(is_call=True, dividend_yield=0.04)]
    moved = np.array([[-0.07, 0.02], [0.01, 0.03], [0.3, -0.02]])[:, :states]
    found = gained(terms, moved)
    assert found.shape == (3, states)
    np.testing.assert_allclose(found, directly(terms, moved), rtol=0, atol=BOUND * 100)


# Company


@FEWER
@given(st.lists(anything, min_size=2, max_size=5), seeds, st.randoms(use_true_random=False))
def test_the_bits_of_a_contract_depend_neither_on_company_nor_on_order(
    terms: list[Terms],
    seed: int,
    random: Random,
) -> None:
    states = pasts_of(terms, seed)
    whole = gained(terms, states)
    order = list(range(len(terms)))
    random.shuffle(order)
    np.testing.assert_array_equal(gained([terms[at] for at in order], states[order]), whole[order])
    for at, each in enumerate(terms):
        np.testing.assert_array_equal(gained([each], states[[at]]), whole[[at]])


def test_neither_do_they_where_there_are_more_than_are_worked_at_a_time() -> None:
    """Every kind among them, in four states of their own; each twentieth takes a tree."""
    kinds = [Terms(), Terms(is_call=True, dividend_yield=0.05), Terms(american=False), Terms(days=0)]
    trees = [
        Terms(rate=-0.005, is_call=True),
        Terms(paid=((0.3, 1.5),)),
        Terms(paid=((0.2, 0.5), (0.7, 0.5)), is_call=True, days=90),
    ]
    mixed = [kinds[at % 4] if at % 20 else trees[at // 20 % 3] for at in range(141)]
    terms = [replace(each, strike=70.0 + at % 60, volatility=0.1 + at % 11 / 20) for at, each in enumerate(mixed)]
    states = pasts_of(terms, seed=5, states=4)
    whole = gained(terms, states)
    assert np.isfinite(whole).all()
    for at in (0, 1, 20, 40, 63, 64, 65, 66, 127, 128, 129, 130, 140):
        np.testing.assert_array_equal(gained([terms[at]], states[[at]]), whole[[at]])
