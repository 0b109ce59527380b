"""The vendor's tree against closed forms and references: it is to check an engine, so it must be right itself."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from sigmasight.domain.market_data import FloatArray
from sigmasight.market.simulated.tree import TreeContracts, price_contracts


@dataclass(frozen=True)
class Flat:
    """Options under one volatility."""

    spot: float
    strike: float
    years: float
    rate: float
    carry: float
    volatility: float

    def contracts(self, *, american: bool) -> TreeContracts:
        """A call and a put."""
        one = np.ones(2)
        return TreeContracts(
            spot=self.spot * one,
            drift=(self.rate - self.carry) * one,
            rate=self.rate * one,
            years=self.years * one,
            variance=self.volatility**2 * self.years * one,
            skew=0 * one,
            width=one,
            wings=0 * one,
            strike=self.strike * one,
            sign=np.array([1.0, -1.0]),
            american=np.array([american, american]),
        )

    def black_scholes(self) -> FloatArray:
        """Call and put in closed form."""
        forward = self.spot * np.exp((self.rate - self.carry) * self.years)
        deviation = self.volatility * np.sqrt(self.years)
        d1 = np.log(forward / self.strike) / deviation + deviation / 2
        sign = np.array([1.0, -1.0])
        inside = forward * ndtr(sign * d1) - self.strike * ndtr(sign * (d1 - deviation))
        return np.asarray(np.exp(-self.rate * self.years) * sign * inside)


CASES = [
    Flat(100, 100, 1.0, 0.05, 0.0, 0.2),
    Flat(100, 110, 0.25, 0.05, 0.02, 0.35),
    Flat(412.35, 400, 45 / 365, 0.0432, 0.0165, 0.2213),
    Flat(25, 20, 7 / 365, 0.05, 0.0, 0.8),
    Flat(530, 556.5, 130 / 365, 0.042, 0.013, 0.16),
    Flat(700, 500, 1.5, 0.04, 0.0, 0.45),
    Flat(18.5, 25, 0.35, 0.04, 0.0, 0.9),
]


@pytest.mark.parametrize("case", CASES)
def test_european_prices_converge_to_black_scholes(case: Flat) -> None:
    european = case.contracts(american=False)
    errors = [np.abs(price_contracts(european, steps=steps) - case.black_scholes()).max() for steps in (100, 200, 800)]
    assert errors[1] < 5e-5 * case.strike
    assert errors[2] < 0.3 * errors[0] + 1e-12


@pytest.mark.parametrize("case", CASES)
def test_puts_and_calls_are_in_parity(case: Flat) -> None:
    call, put = price_contracts(case.contracts(american=False))
    forward = case.spot * np.exp((case.rate - case.carry) * case.years)
    assert call - put == pytest.approx(np.exp(-case.rate * case.years) * (forward - case.strike), abs=1e-10)


@pytest.mark.parametrize(
    ("case", "call", "put"),
    [
        pytest.param(Flat(100, 100, 1.0, 0.05, 0.0, 0.2), 10.450583572185572, 6.090370606535343, id="AM01-AM23"),
        pytest.param(Flat(100, 110, 90 / 365, 0.05, 0.02, 0.35), 3.535188622056478, 12.836827407312855, id="AM03-AM25"),
        pytest.param(
            Flat(100, 90, 180 / 365, 0.03, 0.06, 0.15), 10.172741181090363, 1.0552077640164887, id="AM04-AM26"
        ),
        pytest.param(
            Flat(412.35, 400, 45 / 365, 0.0432, 0.0165, 0.2213), 20.52109911418884, 6.93024166368343, id="AM05-AM27"
        ),
        pytest.param(Flat(150, 200, 2.0, 0.045, 0.005, 0.4), 22.13363605073737, 60.81306935165659, id="AM06-AM28"),
        pytest.param(Flat(100, 100, 3.0, 0.05, 0.08, 0.25), 12.456577895227582, 18.31935592563066, id="AM12-AM34"),
        pytest.param(Flat(100, 130, 1.0, 0.1, 0.0, 0.15), 1.1535555743599701, 30.000000360757703, id="AM14-AM36"),
        pytest.param(Flat(36, 40, 1.0, 0.06, 0.0, 0.2), 2.173726448226894, 4.4866744190271275, id="AM22-AM44"),
    ],
)
def test_american_prices_are_quantlibs(case: Flat, call: float, put: float) -> None:
    """References: QuantLib 1.44, QdFp engine, high precision."""
    np.testing.assert_allclose(price_contracts(case.contracts(american=True)), [call, put], atol=1e-4 * case.strike)


flat_cases = st.builds(
    Flat,
    spot=st.floats(50, 150),
    strike=st.floats(50, 150),
    years=st.floats(0.003, 2.5),
    rate=st.floats(0.001, 0.08),
    carry=st.floats(0.0, 0.08),
    volatility=st.floats(0.05, 1.2),
)


@settings(deadline=None, max_examples=60)
@given(case=flat_cases)
def test_the_right_to_exercise_early_is_never_worth_less_than_nothing(case: Flat) -> None:
    european = price_contracts(case.contracts(american=False), steps=60)
    american = price_contracts(case.contracts(american=True), steps=60)
    assert (american >= european - 1e-12).all()
    assert american[0] >= case.spot - case.strike
    assert american[1] >= case.strike - case.spot


@settings(deadline=None, max_examples=60)
@given(case=flat_cases)
def test_american_calls_and_puts_stay_within_their_parity_bounds(case: Flat) -> None:
    call, put = price_contracts(case.contracts(american=True), steps=60)
    assert case.spot * np.exp(-case.carry * case.years) - case.strike <= call - put + 1e-9
    assert call - put <= case.spot - case.strike * np.exp(-case.rate * case.years) + 1e-9


@settings(deadline=None, max_examples=60)
@given(case=flat_cases, skew=st.floats(-0.6, 0.6), width=st.floats(0.1, 0.5), wings=st.floats(0, 0.4))
def test_a_skewed_law_keeps_forward_and_bounds(case: Flat, skew: float, width: float, wings: float) -> None:
    bent = {"skew": np.full(2, skew), "width": np.full(2, width), "wings": np.full(2, wings)}
    european = price_contracts(replace(case.contracts(american=False), **bent), steps=60)
    forward = case.spot * np.exp((case.rate - case.carry) * case.years)
    discounted = np.exp(-case.rate * case.years) * (forward - case.strike)
    assert european[0] - european[1] == pytest.approx(discounted, abs=1e-9)
    assert (european >= -1e-12).all()


def test_calls_on_what_pays_nothing_are_not_exercised_early() -> None:
    case = Flat(100, 90, 1.0, 0.05, 0.0, 0.3)
    european, american = (price_contracts(case.contracts(american=early))[0] for early in (False, True))
    assert american == pytest.approx(european, abs=1e-12)


def test_nothing_to_price_gives_nothing() -> None:
    contracts = CASES[0].contracts(american=True)
    nobody = TreeContracts(**{field.name: getattr(contracts, field.name)[:0] for field in fields(contracts)})
    assert price_contracts(nobody).shape == (0,)


def test_a_price_does_not_depend_on_its_neighbours() -> None:
    many = [case.contracts(american=True) for case in CASES * 12]
    names = [field.name for field in fields(TreeContracts)]
    together = TreeContracts(**{name: np.concatenate([getattr(one, name) for one in many]) for name in names})
    alone = np.concatenate([price_contracts(one) for one in many])
    np.testing.assert_allclose(price_contracts(together), alone, rtol=0, atol=1e-11)
