"""Which model prices a contract, and the contract priced by it: one door for the night, the library and the faces."""

from dataclasses import dataclass, fields, replace

import numpy as np

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.options import (
    Accuracy,
    DatedDividends,
    ImpliedStatus,
    OptionInputs,
    OptionValues,
    PricingModel,
)
from sigmasight.engines.american import price_american, value_american
from sigmasight.engines.european import price_european, value_european
from sigmasight.engines.implied_volatility import Roots, imply_volatility
from sigmasight.engines.tree import escrow_dividends, price_by_tree, value_by_tree

LEAST_VEGA = 1e-8
"""Of the spot, per 1.00 of volatility: below it a price says nothing about volatility."""

_LEAST_SPOT = 1e-250
_NO_RATE = 1e-12  # what is below it in absolute value is none: it moves no price by more than so much of the strike
_NUMBERS = ("spot", "strike", "tau_years", "rate", "dividend_yield")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """N contracts and the market they are in; NaN where something is not known."""

    spot: FloatArray  # (N,) USD
    strike: FloatArray  # (N,) USD
    tau_years: FloatArray  # (N,) to expiry; expired at 0 and below
    rate: FloatArray  # (N,) continuous, per year
    dividend_yield: FloatArray  # (N,) continuous, per year; beside dated dividends it is 0
    is_call: BoolArray  # (N,)
    american: BoolArray  # (N,)
    dividend_contract: IntArray  # (E,) dated cash dividends: of which contract's underlying
    dividend_tau: FloatArray  # (E,) years to the ex-date
    dividend_amount: FloatArray  # (E,) USD per share

    def __len__(self) -> int:
        return len(self.spot)

    def rows(self, chosen: IntArray) -> "Contracts":
        """Some of the contracts, by ascending index, with their dividends."""
        place = np.full(len(self), -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        theirs = place[self.dividend_contract] >= 0
        return Contracts(
            **{name: getattr(self, name)[chosen] for name in (*_NUMBERS, "is_call", "american")},
            dividend_contract=place[self.dividend_contract[theirs]],
            dividend_tau=self.dividend_tau[theirs],
            dividend_amount=self.dividend_amount[theirs],
        )

    def inputs(self, volatility: FloatArray) -> OptionInputs:
        """What the engines take."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return OptionInputs(**numbers, volatility=volatility, is_call=self.is_call)

    @property
    def dividends(self) -> DatedDividends:
        """Dated dividends as the engines take them."""
        return DatedDividends(self.dividend_contract, self.dividend_tau, self.dividend_amount)

    @property
    def known(self) -> BoolArray:
        """Which contracts have all that a price needs beside a volatility, (N,)."""
        return np.asarray(np.all([np.isfinite(getattr(self, name)) for name in _NUMBERS], axis=0), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class ImpliedVolatilities:
    """N searches for a volatility."""

    volatility: FloatArray  # (N,) per year; NaN where not identified
    status: IntArray  # (N,) ImpliedStatus


def choose_models(contracts: Contracts) -> IntArray:
    """By which PricingModel each contract is priced, (N,); NONE where an input is missing."""
    own, other = _own_and_other(contracts)
    early = contracts.american & ~((own <= 0.0) & (other >= own))
    paying = np.zeros(len(contracts), dtype=np.bool_)
    inside = contracts.dividend_tau <= contracts.tau_years[contracts.dividend_contract]
    paying[contracts.dividend_contract[inside & (contracts.dividend_tau > 0.0)]] = True
    model = np.where(early, np.where(own > 0.0, PricingModel.AMERICAN, PricingModel.TREE), PricingModel.EUROPEAN)
    model = np.where(contracts.american & paying, PricingModel.TREE, model)
    return np.where(contracts.known, model, PricingModel.NONE).astype(np.int64)


def price_contracts(contracts: Contracts, volatility: FloatArray, *, accuracy: Accuracy) -> FloatArray:
    """Price contracts, USD per share, (N,); intrinsic value at and after expiry, NaN where an input is missing."""
    price = _intrinsic_after_expiry(contracts)
    for model, rows in _alive(contracts, volatility):
        some = contracts.rows(rows)
        price[rows] = _price(some, volatility[rows], model, accuracy)
    return price


def value_contracts(
    contracts: Contracts, volatility: FloatArray, *, accuracy: Accuracy = Accuracy.FAST
) -> OptionValues:
    """Price contracts with their slopes; at and after expiry intrinsic value and slopes of 0, NaN without inputs."""
    price = _intrinsic_after_expiry(contracts)
    values = OptionValues(price, *(np.where(np.isnan(price), np.nan, 0.0) for _ in range(5)))
    for model, rows in _alive(contracts, volatility):
        worked = _value(contracts.rows(rows), volatility[rows], model, accuracy)
        for field in fields(OptionValues):
            getattr(values, field.name)[rows] = getattr(worked, field.name)
    return values


def forward_prices(contracts: Contracts) -> FloatArray:
    """What the underlying costs at each contract's expiry, USD, (N,)."""
    kept, bond = _legs(contracts)
    return np.asarray(contracts.strike * kept / bond)


def with_forward_held(values: OptionValues, contracts: Contracts, volatility: FloatArray) -> OptionValues:
    """Theta and rho where the forward itself is what is known, and neither time nor the rate moves it.

    Source:
        Black (1976): the price is a discounted expectation under a law that the forward alone centres.
    """
    spread = 0.5 * (volatility * contracts.spot) ** 2 * values.gamma
    return replace(values, theta=contracts.rate * values.price - spread, rho=-contracts.tau_years * values.price)


def imply_volatilities(
    contracts: Contracts, price: FloatArray, *, accuracy: Accuracy = Accuracy.FAST
) -> ImpliedVolatilities:
    """The volatility at which each contract's model gives its price, by the model that its Greeks come from."""
    status = np.full(len(contracts), ImpliedStatus.OK, dtype=np.int64)
    floor, ceiling = _floor_and_ceiling(contracts)
    status[price >= ceiling] = ImpliedStatus.ABOVE_MAXIMUM
    status[price <= floor] = ImpliedStatus.BELOW_INTRINSIC
    status[contracts.tau_years <= 0.0] = ImpliedStatus.EXPIRED
    status[~(contracts.known & np.isfinite(price))] = ImpliedStatus.NOT_FINITE
    volatility = np.full(len(contracts), np.nan)
    rows = np.flatnonzero(status == ImpliedStatus.OK)
    some = contracts.rows(rows)
    volatility[rows], status[rows] = _search(some, price[rows], accuracy)
    volatility[status != ImpliedStatus.OK] = np.nan
    return ImpliedVolatilities(volatility, status)


def _search(contracts: Contracts, price: FloatArray, accuracy: Accuracy) -> tuple[FloatArray, IntArray]:
    roots = _european_roots(contracts, price)
    volatility, at_lowest, at_highest = roots.volatility, roots.at_lowest, roots.at_highest
    vega = value_european(_escrowed(contracts, volatility)).vega
    rows = np.flatnonzero(choose_models(contracts) != PricingModel.EUROPEAN)
    if len(rows):
        early = _early_roots(contracts.rows(rows), price[rows], volatility[rows], vega[rows], accuracy)
        volatility[rows], at_lowest[rows], at_highest[rows] = early.volatility, early.at_lowest, early.at_highest
        vega[rows] = _vega(contracts.rows(rows), early.volatility, accuracy)
    status = np.full(len(contracts), ImpliedStatus.OK, dtype=np.int64)
    worthless = contracts.spot < LEAST_VEGA * contracts.strike
    status[(vega < LEAST_VEGA * contracts.spot) | worthless] = ImpliedStatus.LOW_VEGA
    status[at_highest] = ImpliedStatus.ABOVE_MAXIMUM
    status[at_lowest] = ImpliedStatus.BELOW_INTRINSIC
    return volatility, status


def _european_roots(contracts: Contracts, price: FloatArray) -> Roots:
    """As if no contract were exercised early; worked on the side out of the money, where little cancels."""
    kept, bond = _legs(contracts)
    forward_gain = np.where(contracts.is_call, kept - bond, bond - kept)
    outside = np.where(forward_gain > 0.0, ~contracts.is_call, contracts.is_call)
    wanted = np.maximum(price - np.maximum(forward_gain, 0.0), 1e-200)
    distance = np.abs(np.log(np.maximum(kept, _LEAST_SPOT) / bond))
    root = np.sqrt(contracts.tau_years)
    start = np.maximum(np.sqrt(2.0 * distance) / root, 2.5 * wanted / (np.sqrt(kept * bond) * root))
    start = np.clip(start, 0.01, 5.0)
    other_side = replace(_escrowed(contracts, start), is_call=outside)

    def time_value(at: FloatArray, rows: IntArray) -> FloatArray:
        return price_european(replace(other_side.rows(rows), volatility=at))

    first = value_european(other_side)
    slope = np.maximum(first.vega, 1e-200) / np.maximum(first.price, 1e-200)
    return imply_volatility(time_value, wanted, start, slope)


def _early_roots(
    contracts: Contracts, price: FloatArray, start: FloatArray, vega: FloatArray, accuracy: Accuracy
) -> Roots:
    """From the European volatility, which is at least as high: a contract that can be exercised early is worth more."""
    floor = _intrinsic(contracts)
    wanted = price - floor

    def time_value(at: FloatArray, rows: IntArray) -> FloatArray:
        return price_contracts(contracts.rows(rows), at, accuracy=accuracy) - floor[rows]

    return imply_volatility(time_value, wanted, start, np.maximum(vega / wanted, 1e-6))


def _vega(contracts: Contracts, volatility: FloatArray, accuracy: Accuracy) -> FloatArray:
    bump = 1e-4 * volatility
    higher = price_contracts(contracts, volatility + bump, accuracy=accuracy)
    return np.asarray((higher - price_contracts(contracts, volatility, accuracy=accuracy)) / bump)


def _alive(contracts: Contracts, volatility: FloatArray) -> list[tuple[PricingModel, IntArray]]:
    """Rows of the contracts that have not expired and have all inputs, by model."""
    model = np.where(np.isfinite(volatility) & (contracts.tau_years > 0.0), choose_models(contracts), 0)
    return [(kind, rows) for kind in PricingModel if kind and len(rows := np.flatnonzero(model == kind))]


def _price(contracts: Contracts, volatility: FloatArray, model: PricingModel, accuracy: Accuracy) -> FloatArray:
    if model is PricingModel.AMERICAN:
        return price_american(contracts.inputs(volatility), accuracy)
    european = price_european(_escrowed(contracts, volatility))
    if model is PricingModel.TREE:
        return np.maximum(price_by_tree(contracts.inputs(volatility), contracts.dividends), european)
    return european


def _value(contracts: Contracts, volatility: FloatArray, model: PricingModel, accuracy: Accuracy) -> OptionValues:
    if model is PricingModel.AMERICAN:
        return value_american(contracts.inputs(volatility), accuracy)
    if model is PricingModel.TREE:
        by_tree = value_by_tree(contracts.inputs(volatility), contracts.dividends)
        return replace(by_tree, price=_price(contracts, volatility, model, accuracy))
    values = value_european(_escrowed(contracts, volatility))
    escrow = escrow_dividends(contracts.inputs(volatility), contracts.dividends)
    return OptionValues(
        price=values.price,
        delta=values.delta,
        gamma=values.gamma,
        theta=values.theta - values.delta * contracts.rate * escrow.present_value,  # the dividends come nearer
        vega=values.vega,
        rho=values.rho + values.delta * escrow.rate_slope,
    )


def _escrowed(contracts: Contracts, volatility: FloatArray) -> OptionInputs:
    """With the spot less what it pays until expiry."""
    inputs = contracts.inputs(volatility)
    if not len(contracts.dividend_contract):
        return inputs
    spot = np.maximum(contracts.spot - escrow_dividends(inputs, contracts.dividends).present_value, 0.0)
    return replace(inputs, spot=spot)


def _own_and_other(contracts: Contracts) -> tuple[FloatArray, FloatArray]:
    """What early exercise earns and what it forgoes: rate and yield for a put, yield and rate for a call."""
    own = np.where(contracts.is_call, contracts.dividend_yield, contracts.rate)
    own = np.where(np.abs(own) < _NO_RATE, 0.0, own)
    return own, np.where(contracts.is_call, contracts.rate, contracts.dividend_yield)


def _intrinsic(contracts: Contracts) -> FloatArray:
    gain = contracts.spot - contracts.strike
    return np.asarray(np.maximum(np.where(contracts.is_call, gain, -gain), 0.0))


def _intrinsic_after_expiry(contracts: Contracts) -> FloatArray:
    expired = (contracts.tau_years <= 0.0) & np.isfinite(contracts.tau_years)
    return np.where(expired, _intrinsic(contracts), np.nan)


def _legs(contracts: Contracts) -> tuple[FloatArray, FloatArray]:
    """Present values of the share delivered at expiry and of the strike, (N,) each."""
    escrowed = _escrowed(contracts, np.zeros(len(contracts)))
    life = np.maximum(contracts.tau_years, 0.0)
    kept = escrowed.spot * np.exp(-contracts.dividend_yield * life)
    return np.asarray(kept), np.asarray(contracts.strike * np.exp(-contracts.rate * life))


def _floor_and_ceiling(contracts: Contracts) -> tuple[FloatArray, FloatArray]:
    """Below and above which no volatility gives a price, (N,) each."""
    kept, bond = _legs(contracts)
    floor = np.maximum(np.where(contracts.is_call, kept - bond, bond - kept), 0.0)
    ceiling = np.where(contracts.is_call, kept, bond)
    early_ceiling = np.maximum(ceiling, np.where(contracts.is_call, contracts.spot, contracts.strike))
    return (
        np.where(contracts.american, np.maximum(floor, _intrinsic(contracts)), floor),
        np.where(contracts.american, early_ceiling, ceiling),
    )
