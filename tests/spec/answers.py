"""What SigmaSight answers to the rows of the tables: their headings in, their headings out."""

import re
from collections.abc import Mapping

import numpy as np

import sigmasight as ss
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.options import UnitGreeks
from sigmasight.domain.units import per_day, per_percent, per_point
from sigmasight.engines.position_greeks import weigh_greeks
from sigmasight.engines.valuation import value_positions
from sigmasight.risk.option_models import Contracts, value_contracts, with_forward_held
from spec.page import Row, read

Answers = Mapping[str, float | str]


def option(row: Row) -> Answers:
    """Price and Greeks of an option, by the library."""
    style, kind = _style_and_kind(row)
    found = ss.greeks(
        spot=row["spot"],
        strike=row["strike"],
        tau_years=row["years"],
        rate=row["rate"],
        dividend_yield=row.get("yield", 0.0),
        volatility=row["volatility"],
        is_call=kind == "call",
        style=style,
    )
    return {
        "price": found.price.item(),
        "delta": found.delta.item(),
        "gamma": found.gamma.item(),
        "theta per day": found.theta_per_day.item(),
        "vega per point": found.vega_per_point.item(),
        "rho per 1 %": found.rho_per_percent.item(),
        "status": found.status.item(),
    }


def option_with_dividends(row: Row) -> Answers:
    """Price and Greeks of an option whose underlying pays ``0.50 after 2/12, 0.50 after 5/12``."""
    style, kind = _style_and_kind(row)
    paid = re.findall(r"(\S+) after ([\d/.]+)", str(row["dividends"]))
    contracts = Contracts(
        spot=_one(row["spot"]),
        strike=_one(row["strike"]),
        tau_years=_one(row["years"]),
        rate=_one(row["rate"]),
        dividend_yield=np.zeros(1),
        is_call=np.array([kind == "call"]),
        american=np.array([style == "american"]),
        dividend_contract=np.zeros(len(paid), dtype=np.int64),
        dividend_tau=np.array([read(after) for _, after in paid]),
        dividend_amount=np.array([read(amount) for amount, _ in paid]),
    )
    found = value_contracts(contracts, _one(row["volatility"]))
    return {
        "price": found.price.item(),
        "delta": found.delta.item(),
        "gamma": found.gamma.item(),
        "theta per day": per_day(found.theta, found.price).item(),
        "vega per point": per_point(found.vega).item(),
        "rho per 1 %": per_percent(found.rho).item(),
    }


def option_on_forward(row: Row) -> Answers:
    """Price and Greeks of a European option on what nobody can hold, from the forward of its expiry."""
    _, kind = _style_and_kind(row)
    spot, years, rate = float(row["spot"]), float(row["years"]), float(row["rate"])
    contracts = Contracts(
        spot=_one(spot),
        strike=_one(row["strike"]),
        tau_years=_one(years),
        rate=_one(rate),
        dividend_yield=_one(rate - np.log(float(row["forward"]) / spot) / years),
        is_call=np.array([kind == "call"]),
        american=np.array([False]),
        dividend_contract=np.zeros(0, dtype=np.int64),
        dividend_tau=np.zeros(0),
        dividend_amount=np.zeros(0),
    )
    volatility = _one(row["volatility"])
    found = with_forward_held(value_contracts(contracts, volatility), contracts, volatility)
    return {
        "price": found.price.item(),
        "dollar delta": found.delta.item() * spot,
        "theta per day": per_day(found.theta, found.price).item(),
        "rho per 1 %": per_percent(found.rho).item(),
    }


def implied_volatility(row: Row) -> Answers:
    """The volatility that a price tells, by the library."""
    style, kind = _style_and_kind(row)
    found = ss.implied_volatility(
        price=row["price"],
        spot=row["spot"],
        strike=row["strike"],
        tau_years=row["years"],
        rate=row["rate"],
        dividend_yield=row.get("yield", 0.0),
        is_call=kind == "call",
        style=style,
    )
    return {"volatility": found.volatility.item(), "status": found.status.item()}


def position(row: Row) -> Answers:
    """Greeks of one position; a Greek without a column is 0."""
    found = weigh_greeks(
        UnitGreeks(
            delta=_one(row.get("delta", 0.0)),
            gamma=_one(row.get("gamma", 0.0)),
            theta_per_day=_one(row.get("theta per day", 0.0)),
            vega_per_point=_one(row.get("vega per point", 0.0)),
            rho_per_percent=_one(row.get("rho per 1 %", 0.0)),
        ),
        quantity=_one(row["quantity"]),
        multiplier=_one(row["multiplier"]),
        spot=_one(row.get("spot", 0.0)),
    )
    return {
        "position delta": found.delta.item(),
        "position gamma": found.gamma.item(),
        "theta": found.theta_per_day.item(),
        "vega": found.vega_per_point.item(),
        "rho": found.rho_per_percent.item(),
        "dollar delta": found.dollar_delta.item(),
        "dollar gamma": found.dollar_gamma.item(),
    }


def two_stocks(row: Row) -> Answers:
    """What the deltas and the dollar deltas of two stocks add up to."""
    each = [
        position(
            {"quantity": row[f"shares of {name}"], "multiplier": 1.0, "spot": row[f"price of {name}"], "delta": 1.0}
        )
        for name in ("A", "B")
    ]
    return {
        "shares together": sum(float(one["position delta"]) for one in each),
        "dollar delta together": sum(float(one["dollar delta"]) for one in each),
    }


def exposures(row: Row) -> Answers:
    """Exposure, notional and delta-adjusted exposure of one position."""
    price = _one(row["price"])
    found = value_positions(
        quantity=_one(row["quantity"]),
        multiplier=_one(row["multiplier"]),
        price=price,
        underlying_price=_one(row["spot"]),
        cost=np.zeros(1),
        last_known_price=price,
        entry_price=np.ones(1),
    )
    return {
        "exposure": found.exposure.item(),
        "notional": found.notional.item(),
        "delta-adjusted": position(row)["dollar delta"],
    }


def _one(value: float | str) -> FloatArray:
    return np.array([value], dtype=np.float64)


def _style_and_kind(row: Row) -> list[str]:
    """``American put`` as the two words that the library takes."""
    return str(row["option"]).lower().split()
