"""What SigmaSight answers to the rows of the tables about options in value at risk."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from math import ceil, log10

import numpy as np

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.risk_results import TailMethod
from sigmasight.engines.tail_losses import measure_tails
from sigmasight.risk.option_losses import revalue_spots
from sigmasight.risk.option_models import Contracts
from sigmasight.risk.revaluation import revalue
from sigmasight.risk.tail_risk import measure_portfolios
from spec.page import Row
from spec.small_past import A, Lot, past_of
from spec.tail_answers import OF_A
from support.books import option
from support.option_chains import black

Answers = Mapping[str, float | str]

MAY = date(2025, 5, 16)
"""44 days after the close of the books."""

_ADRIFT = 0.2  # the widest that a window of the examples goes, either way


def european(row: Row) -> Answers:
    """What one share's option gains when its spot moves."""
    return {"P&L per share": _gained(row, float(row["spot's return"]), american=False)}


def american(row: Row) -> Answers:
    """The same where it may be exercised early, in a window from -20 to 20 %."""
    return {"P&L per share": _gained(row, float(row["spot's return"]), american=True)}


def on_forward(row: Row) -> Answers:
    """An option on a forward, which moves as much as its index, or half as much."""
    spot, forward, years, rate = (float(row[name]) for name in ("index", "forward", "years", "rate"))
    contracts = replace(
        _contract(row, spot, american=False), dividend_yield=np.array([rate - np.log(forward / spot) / years])
    )
    moved = float(row["index's return"])
    whole, half = revalue_spots(
        contracts,
        np.array([float(row["volatility"])]),
        on_forward=np.array([True]),
        spot_return=np.array([[moved, moved / 2.0]]),
    )[0].tolist()
    return {"as simulated": whole, "by half": half}


def hedged(row: Row) -> Answers:
    """100 shares at $100, options on them, or both; 44 days to live, no rate."""
    held, strike = str(row["held"]), float(row["strike"])
    right = Right.CALL if "call" in held else Right.PUT
    contract = option(9, A, right=right, strike=strike, expiry=MAY)
    terms = {"forward": 100.0, "strike": strike, "years": 44 / 365, "rate": 0.0}
    quoted = black(**terms, volatility=float(row["volatility"]), is_call=right is Right.CALL)["price"]
    lots = [Lot(A, 100.0)] if "share" in held else []
    if held != "the share":
        lots.append(Lot(contract, -1.0 if "short" in held else 1.0))
    past = past_of(lots, {A: OF_A}, prices={contract: quoted})
    (tails,) = measure_portfolios(past.held, past.history)
    exposure = past.held.shares * past.history.dollar_delta[past.held.instrument]
    by_delta = measure_tails(exposure.sum() * OF_A[None], np.array([0.99]))
    return {"value at risk": tails.at(TailMethod.HISTORICAL, 0.99)[0], "by delta": by_delta.value_at_risk.item()}


def measured(row: Row) -> Answers:
    """The gap to pricing each state directly, as a share of the strike: the power of ten that it is within."""
    count, sessions = int(row["contracts"]), int(row["sessions"])
    random = np.random.default_rng(7)
    volatility = random.uniform(0.1, 0.8, count)
    contracts = Contracts(
        spot=np.full(count, 100.0),
        strike=100.0 * np.exp(random.normal(0.0, 0.15, count)),
        tau_years=random.uniform(7.0, 730.0, count) / 365.0,
        rate=random.uniform(0.0, 0.08, count),
        dividend_yield=np.where(random.random(count) < 0.5, 0.0, random.uniform(0.0, 0.06, count)),
        is_call=random.random(count) < 0.5,
        american=np.full(count, row["style"] == "American"),
        dividend_contract=np.zeros(0, dtype=np.int64),
        dividend_tau=np.zeros(0),
        dividend_amount=np.zeros(0),
    )
    daily = random.standard_t(4, (count, sessions)) / np.sqrt(2.0) * volatility[:, None] / np.sqrt(252.0)
    states = np.clip(daily, -0.5, 0.5)
    if row["one more"] != "none":
        states[:, sessions // 2] = float(row["one more"])
    nowhere = np.zeros(count, dtype=np.bool_)
    found = revalue_spots(contracts, volatility, on_forward=nowhere, spot_return=states)
    gap = np.abs(found - _directly(contracts, volatility, states)) / contracts.strike[:, None]
    return {"nearly all within": _power(np.quantile(gap, 0.999)), "all within": _power(gap.max())}


def _power(gap: np.float64) -> float:
    return 10.0 ** ceil(log10(gap)) if gap > 0.0 else 0.0


def _directly(contracts: Contracts, volatility: FloatArray, states: FloatArray) -> FloatArray:
    still = np.zeros(states.shape[1])
    rows = [
        revalue(
            contracts.rows(np.array([at])),
            volatility[[at]],
            on_forward=np.array([False]),
            spot_return=states[[at]],
            volatility_change=still,
            yield_change=still,
        )
        for at in range(len(contracts))
    ]
    return np.concatenate(rows)


def _gained(row: Row, moved: float, *, american: bool) -> float:
    """In the first of the states that are looked at; the others are the window's lowest and highest."""
    found = revalue_spots(
        _contract(row, float(row["spot"]), american=american),
        np.array([float(row["volatility"])]),
        on_forward=np.array([False]),
        spot_return=np.array([[moved, -_ADRIFT, _ADRIFT]]),
    )
    return float(found[0, 0])


def _contract(row: Row, spot: float, *, american: bool) -> Contracts:
    return Contracts(
        spot=np.array([spot]),
        strike=np.array([float(row["strike"])]),
        tau_years=np.array([float(row["years"])]),
        rate=np.array([float(row.get("rate", 0.0))]),
        dividend_yield=np.array([float(row.get("yield", 0.0))]),
        is_call=np.array([str(row["option"]).endswith("call")]),
        american=np.array([american]),
        dividend_contract=np.zeros(0, dtype=np.int64),
        dividend_tau=np.zeros(0),
        dividend_amount=np.zeros(0),
    )
