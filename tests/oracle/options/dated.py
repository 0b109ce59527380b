"""Contracts on what pays dividends on known dates."""

from collections.abc import Sequence

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.option_models import Contracts
from support.option_cases import DAYS_PER_YEAR, OptionCases

Dividends = Sequence[Sequence[tuple[float, float]]]  # of each contract: days to the ex-date, USD


def contracts_of(
    *,
    spot: FloatArray,
    strike: FloatArray,
    days: FloatArray,
    rate: FloatArray,
    is_call: np.ndarray,
    american: bool,
    dividends: Dividends,
    dividend_yield: FloatArray | None = None,
) -> Contracts:
    """One contract for each row, all of one style; times in days."""
    flat = [(at, days_to, amount) for at, row in enumerate(dividends) for days_to, amount in row]
    return Contracts(
        spot=spot,
        strike=strike,
        tau_years=days / DAYS_PER_YEAR,
        rate=rate,
        dividend_yield=np.zeros(len(spot)) if dividend_yield is None else dividend_yield,
        is_call=is_call,
        american=np.full(len(spot), american),
        dividend_contract=np.array([at for at, _, _ in flat], dtype=np.int64),
        dividend_tau=np.array([days_to for _, days_to, _ in flat]) / DAYS_PER_YEAR,
        dividend_amount=np.array([amount for _, _, amount in flat], dtype=np.float64),
    )


def dated_contracts(cases: OptionCases, *, american: bool) -> Contracts:
    """The contracts of a file."""
    return contracts_of(
        spot=cases["S"],
        strike=cases["K"],
        days=cases["days"],
        rate=cases["r"],
        is_call=cases.is_call,
        american=american,
        dividends=cases.dividends,
    )
