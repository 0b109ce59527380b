"""Options priced again where something has moved: against the library at the moved inputs, and what must be so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import Accuracy
from sigmasight.library.options import greeks
from sigmasight.risk.option_models import Contracts, price_contracts
from sigmasight.risk.revaluation import revalue, shift_rate
from support.option_chains import black

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=40, derandomize=True)
CALLS = np.array([False, True, False, True, True, False])
EARLY = np.array([True, True, False, False, True, True])
COUNT = len(CALLS)
NO_DIVIDENDS = np.zeros(0, dtype=np.int64)


def contracts(**changed: FloatArray | BoolArray) -> Contracts:
    """Puts and calls, American and European."""
    columns = {
        "spot": np.full(COUNT, 100.0),
        "strike": np.array([100.0, 105.0, 95.0, 100.0, 60.0, 140.0]),
        "tau_years": np.array([0.5, 0.25, 1.0, 2.0, 0.1, 0.7]),
        "rate": np.full(COUNT, 0.045),
        "dividend_yield": np.array([0.0, 0.03, 0.01, 0.02, 0.06, 0.0]),
        "is_call": CALLS,
        "american": EARLY,
        "dividend_contract": NO_DIVIDENDS,
        "dividend_tau": np.zeros(0),
        "dividend_amount": np.zeros(0),
    }
    return Contracts(**(columns | changed))


def volatilities(count: int = COUNT) -> FloatArray:
    return np.linspace(0.15, 0.6, count)


def gained(
    held: Contracts,
    *,
    spot: FloatArray | float = 0.0,
    volatility: FloatArray | float = 0.0,
    yields: FloatArray | float = 0.0,
    on_forward: BoolArray | None = None,
    own: FloatArray | None = None,
) -> FloatArray:
    """What contracts gain in states; a spot's return is every contract's where it is not told for each."""
    changes, moved = np.atleast_1d(volatility), np.atleast_1d(yields)
    returns = np.atleast_1d(spot)
    states = max(len(changes), len(moved), returns.shape[-1])
    return revalue(
        held,
        volatilities(len(held)) if own is None else own,
        on_forward=np.zeros(len(held), dtype=np.bool_) if on_forward is None else on_forward,
        spot_return=np.broadcast_to(returns, (len(held), states)),
        volatility_change=np.broadcast_to(changes, (states,)),
        yield_change=np.broadcast_to(moved, (states,)),
    )


def by_library(held: Contracts, spot: float, volatility: float, yields: float) -> list[float]:
    """A new price less the price now, one contract after the other."""
    gains = []
    for at in range(len(held)):
        rate = float(held.rate[at])
        par = 2.0 * (np.exp(rate / 2.0) - 1.0) + yields
        states = greeks(
            spot=[held.spot[at], held.spot[at] * (1.0 + spot)],
            strike=held.strike[at],
            tau_years=held.tau_years[at],
            rate=[rate, 2.0 * np.log(1.0 + par / 2.0)],
            dividend_yield=held.dividend_yield[at],
            volatility=[volatilities()[at], max(volatilities()[at] + volatility, 0.0)],
            is_call=bool(held.is_call[at]),
            style="american" if held.american[at] else "european",
        )
        gains.append(float(states.price[1] - states.price[0]))
    return gains


@pytest.mark.parametrize("yields", [0.0, 0.01, -0.02, -0.06])
@pytest.mark.parametrize("volatility", [0.0, 0.2, -0.1, -0.5])
@pytest.mark.parametrize("spot", [0.0, -0.35, 0.25, -1.0])
def test_a_gain_is_the_library_s_new_price_less_its_price_now(spot: float, volatility: float, yields: float) -> None:
    found = gained(contracts(), spot=spot, volatility=volatility, yields=yields)[:, 0]
    np.testing.assert_allclose(found, by_library(contracts(), spot, volatility, yields), rtol=1e-10, atol=1e-9)


def test_a_european_gain_is_that_of_the_book() -> None:
    """A call for two years: spot -10 %, volatility + 5 points, par yields +100 basis points."""
    held = contracts()
    par = 2.0 * (np.exp(0.045 / 2.0) - 1.0)
    rates = (0.045, 2.0 * np.log(1.0 + (par + 0.01) / 2.0))
    own = volatilities()[3]
    now, moved = (
        black(
            forward=spot * float(np.exp((rate - 0.02) * 2.0)),
            strike=100.0,
            years=2.0,
            rate=rate,
            volatility=volatility,
            is_call=True,
        )["price"]
        for spot, rate, volatility in ((100.0, rates[0], own), (90.0, rates[1], own + 0.05))
    )
    assert gained(held, spot=-0.1, volatility=0.05, yields=0.01)[3, 0] == pytest.approx(moved - now, abs=1e-10)


def test_where_nothing_moves_nothing_is_gained() -> None:
    np.testing.assert_array_equal(gained(contracts()), np.zeros((COUNT, 1)))


@pytest.mark.parametrize("change", [0.0, 0.01, -0.01, 0.2])
def test_a_rate_moves_by_its_par_yield(change: float) -> None:
    """From 5 % paid twice a year, 1.025 squared a year, to so much more."""
    rate = np.array([2.0 * np.log(1.025)])
    found = shift_rate(rate, np.array([change]))
    assert np.exp(found[0]) == pytest.approx((1.025 + change / 2.0) ** 2, rel=1e-14)


def test_rates_near_nothing_and_below_it_move_as_exactly() -> None:
    rate = np.array([0.0, 1e-12, -0.01])
    np.testing.assert_array_equal(shift_rate(rate, np.zeros(3)), rate)
    np.testing.assert_allclose(shift_rate(rate, np.full(3, 1e-9)) - rate, 1e-9 * np.exp(-rate / 2.0), rtol=1e-3)


@pytest.mark.parametrize("fall", [-0.6, -0.7, -2.0])
def test_a_volatility_does_not_fall_below_nothing(fall: float) -> None:
    """Then a contract is worth what it would be if all were certain."""
    held = contracts()
    found = gained(held, volatility=np.array([fall, -10.0]))
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    now = price_contracts(held, volatilities(), accuracy=Accuracy.FAST)
    certain = price_contracts(held, np.zeros(COUNT), accuracy=Accuracy.FAST)
    np.testing.assert_array_equal(found[:, 0], certain - now)
    assert (found <= 1e-9).all()


# Forwards


def test_what_is_priced_on_its_forward_is_only_discounted_by_a_yield() -> None:
    held = contracts(american=np.zeros(COUNT, dtype=np.bool_))
    held = replace(held, dividend_yield=held.rate - np.array([0.3, -0.3, 0.0, 0.1, 0.5, 0.2]))  # of an index like VIX
    found = gained(held, yields=0.02, on_forward=np.ones(COUNT, dtype=np.bool_))[:, 0]
    now = price_contracts(held, volatilities(), accuracy=Accuracy.FAST)
    fall = shift_rate(held.rate, np.full(COUNT, 0.02)) - held.rate
    np.testing.assert_allclose(found, now * np.expm1(-fall * held.tau_years), rtol=1e-9, atol=1e-12)


def test_the_forward_moves_in_proportion_to_the_spot_and_other_contracts_are_left_alone() -> None:
    held = contracts(american=np.zeros(COUNT, dtype=np.bool_))
    some = np.array([True, False] * 3)
    moved = gained(held, spot=-0.2, yields=0.0, on_forward=some)
    np.testing.assert_array_equal(moved, gained(held, spot=-0.2, yields=0.0))
    both = gained(held, spot=-0.2, yields=0.01, on_forward=some)[:, 0]
    free = gained(held, spot=-0.2, yields=0.01)[:, 0]
    assert ((both == free) == ~some).all()


# Dividends


def paying(amount: float, tau: float = 0.05) -> Contracts:
    """With one dividend each, within every life, and another long after all of them."""
    each = np.arange(COUNT)
    return contracts(
        dividend_yield=np.zeros(COUNT),
        dividend_contract=np.concatenate([each, each]),
        dividend_tau=np.concatenate([np.full(COUNT, tau), np.full(COUNT, 9.0)]),
        dividend_amount=np.concatenate([np.full(COUNT, amount), np.full(COUNT, 50.0)]),
    )


def test_announced_dividends_stay_what_they_are_wherever_the_spot_goes() -> None:
    """European: the spot less the dividend's present value is what the book's formula is given."""
    held = paying(2.0)
    held = replace(held, american=np.zeros(COUNT, dtype=np.bool_))
    found = gained(held, spot=np.array([-0.3, 0.1]), yields=np.array([0.0, 0.01]))
    now = price_contracts(held, volatilities(), accuracy=Accuracy.FAST)
    for state, (spot, rate) in enumerate(
        ((70.0, 0.045), (110.0, float(shift_rate(np.array([0.045]), np.array([0.01]))[0])))
    ):
        for at in range(COUNT):
            years = float(held.tau_years[at])
            left = spot - 2.0 * float(np.exp(-rate * 0.05))
            price = black(
                forward=left * float(np.exp(rate * years)),
                strike=float(held.strike[at]),
                years=years,
                rate=rate,
                volatility=float(volatilities()[at]),
                is_call=bool(held.is_call[at]),
            )["price"]
            assert found[at, state] == pytest.approx(price - now[at], abs=1e-9)


def test_american_contracts_with_dividends_are_priced_by_their_tree_in_every_state() -> None:
    held = paying(2.0)
    spots, changes = (-0.3, 0.0, 0.2), (0.1, -0.05, 0.0)
    found = gained(held, spot=np.array(spots), volatility=np.array(changes))
    now = price_contracts(held, volatilities(), accuracy=Accuracy.FAST)
    for state, (spot, change) in enumerate(zip(spots, changes, strict=True)):
        there = replace(held, spot=held.spot * (1.0 + spot))
        price = price_contracts(there, volatilities() + change, accuracy=Accuracy.FAST)
        np.testing.assert_allclose(found[:, state], price - now, rtol=1e-12, atol=1e-12)


def test_a_spot_below_its_dividends_still_has_a_price() -> None:
    found = gained(paying(2.0), spot=np.array([-0.99, -1.0]))
    assert np.isfinite(found).all()
    assert (found[CALLS] <= 0.0).all()
    assert (found[~CALLS] > 0.0).all()


# Laws

spots = st.sampled_from([0.0, -0.1, 0.2, -1.0])
changes = st.sampled_from([0.0, 0.1, -0.05])
moves = st.sampled_from([0.0, 0.01])


@EXAMPLES
@given(states=st.lists(st.tuples(spots, changes, moves), min_size=1, max_size=12))
def test_states_that_repeat_are_priced_as_one_by_one(states: list[tuple[float, float, float]]) -> None:
    held = contracts()
    spot, volatility, yields = (np.array(column) for column in zip(*states, strict=True))
    found = gained(held, spot=spot, volatility=volatility, yields=yields)
    for at, (own_spot, own_volatility, own_yield) in enumerate(states):
        alone = gained(held, spot=own_spot, volatility=own_volatility, yields=own_yield)
        np.testing.assert_array_equal(found[:, at], alone[:, 0])


def test_each_contract_moves_with_its_own_underlying() -> None:
    held = contracts()
    own = np.linspace(-0.5, 0.5, COUNT)[:, None] * np.array([1.0, -1.0, 0.0])
    found = gained(held, spot=own, volatility=np.array([0.0, 0.1, 0.1]))
    for at in range(COUNT):
        row = np.array([at])
        alone = gained(held.rows(row), spot=own[row], volatility=np.array([0.0, 0.1, 0.1]), own=volatilities()[row])
        np.testing.assert_array_equal(found[at], alone[0])


@pytest.mark.parametrize("what", ["volatility", "spot", "rate", "spot_return"])
def test_what_is_not_known_of_one_contract_costs_that_contract_alone(what: str) -> None:
    held, own = contracts(), volatilities()
    spot = np.full((COUNT, 2), -0.1)
    whole = gained(held, spot=spot, volatility=np.array([0.0, 0.1]))
    if what == "volatility":
        own[2] = NAN
    elif what == "spot_return":
        spot[2, 1] = NAN
    else:
        column = getattr(held, what).copy()
        column[2] = NAN
        held = replace(held, **{what: column})
    found = gained(held, spot=spot, volatility=np.array([0.0, 0.1]), own=own)
    lost = np.zeros((COUNT, 2), dtype=np.bool_)
    lost[2, 1:] = True
    lost[2, 0] = what != "spot_return"
    np.testing.assert_array_equal(found, np.where(lost, NAN, whole))


def test_a_state_whose_volatility_nobody_knows_is_not_known_and_the_others_are() -> None:
    found = gained(contracts(), spot=-0.1, volatility=np.array([NAN, 0.1]))
    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()


def test_a_contract_that_expires_now_is_worth_what_exercising_it_brings() -> None:
    held = contracts(tau_years=np.zeros(COUNT))
    sign = np.where(CALLS, 1.0, -1.0)
    found = gained(held, spot=np.array([-0.2, 0.5]), volatility=0.3, yields=0.01)
    intrinsic = [np.maximum(sign * (spot - held.strike), 0.0) for spot in (100.0, 80.0, 150.0)]
    np.testing.assert_allclose(found, np.column_stack(intrinsic[1:]) - intrinsic[0][:, None], atol=1e-12)


def test_no_state_asked_nothing_answered() -> None:
    found = revalue(
        contracts(),
        volatilities(),
        on_forward=np.zeros(COUNT, dtype=np.bool_),
        spot_return=np.empty((COUNT, 0)),
        volatility_change=np.empty(0),
        yield_change=np.empty(0),
    )
    assert found.shape == (COUNT, 0)
