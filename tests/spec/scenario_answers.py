"""What SigmaSight answers to the rows of the tables about scenarios: their headings in, their headings out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from sigmasight.domain.factor_facts import FactorSet
from sigmasight.domain.instruments import Instrument, Kind, Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.engines.classic_stress import stress_classically
from sigmasight.engines.plausibility import measure_plausibility
from sigmasight.risk.contributions import split_scenarios
from sigmasight.risk.option_models import Contracts
from sigmasight.risk.portfolio_risk import stress_portfolios
from sigmasight.risk.revaluation import revalue, shift_rate
from sigmasight.risk.scenarios import arrange_scenarios
from spec.page import Row, read_series
from spec.small_market import STYLES, TODAY, Options, Share, factors_of, hold, world_at_close
from support.books import greeks_on, option, stock
from support.facts import option_facts
from support.option_chains import flat_yields, option_market

Answers = Mapping[str, float | str]

IN_A_YEAR = date(2026, 4, 2)


def share(row: Row) -> Answers:
    """One position of shares under one scenario."""
    exposure = float(row.get("exposure", 10_000.0))
    factors = _factors(row)
    (answers,) = _results([(0, exposure / 100.0)], [_share(row)], factors, _scenario(row))
    return {
        **answers,
        "return": float(answers["direct"]) / exposure,
        "correlated return": float(answers["correlated"]) / exposure,
    }


def two_shares(row: Row) -> Answers:
    """Two positions under a move of the market, each alone and both together."""
    shares = [Share((float(row["beta of A"]),)), Share((float(row["beta of B"]),))]
    a, b = (0, float(row["exposure of A"]) / 100.0), (1, float(row["of B"]) / 100.0)
    (of_a,), (of_b,), (both,) = (_results(held, shares, factors_of(), _scenario(row)) for held in ([a], [b], [a, b]))
    return {"A": of_a["direct"], "B": of_b["direct"], "both": both["direct"], "coverage": both["coverage"]}


def asset_class(row: Row) -> Answers:
    """What has no yield beta, in a portfolio that allows estimates and in one that does not."""
    like = replace(
        stock(1),
        kind=Kind(str(row["kind"]).replace(" ", "_")),
        industry=None if row["category"] == "none" else str(row["category"]),
        sector=None if row["sector"] == "none" else str(row["sector"]),
    )
    allowed = row["estimates"] == "allowed"
    (found,) = _results(
        [(0, 100.0)], [Share((1.0,))], factors_of(market_yield_slope=0.0), _scenario(row), like=[like], allowed=allowed
    )
    return found


def contributions(row: Row) -> Answers:
    """What the market, a style and everything else bring of a position of shares."""
    exposure = float(row.get("exposure", 10_000.0))
    held, assessed = hold([(0, exposure / 100.0)], [_share(row)], _factors(row), [_scenario(row)])
    found = split_scenarios(held, assessed, correlated=False)
    return {
        "P&L": found.position[0, 0].item(),
        **dict(zip(("by the market", "by A"), found.factor[0].tolist(), strict=False)),
        "other": found.other[0].item(),
    }


def contributions_of_option(row: Row) -> Answers:
    """The same of a contract with a year to live, at a rate of 0."""
    parent = stock(1)
    right = Right.CALL if row["option"] == "call" else Right.PUT
    contract = option(2, parent, right=right, strike=float(row["strike"]), expiry=IN_A_YEAR)
    prices = {1: float(row["spot"])}
    told = option_facts([greeks_on(contract, TODAY, delta=float(row["delta"]))])
    market = option_market(
        world_at_close([parent, contract], prices), TODAY, TODAY, yields=flat_yields(TODAY, par_yield=0.0)
    )
    options = Options((contract,), market, replace(told, volatility=np.array([float(row["volatility"])])))
    units = float(row["held"]) * 100.0
    held, assessed = hold([(1, units)], [Share((1.0,))], factors_of(), [_scenario(row)], options=options, prices=prices)
    found = split_scenarios(held, assessed, correlated=False)
    return {
        "P&L": found.position[0, 0].item(),
        "by the market": found.factor[0, 0].item(),
        "other": found.other[0].item(),
    }


def volatility_change(row: Row) -> Answers:
    """By how much every implied volatility changes, in points."""
    factors = factors_of(slopes=[1.0], market_yield_slope=float(row.get("slope on 10Y", np.nan)))
    found = arrange_scenarios([_scenario(row)], factors)
    return {
        "direct": 100.0 * found.volatility_changes(found.response.direct)[0].item(),
        "correlated": 100.0 * found.volatility_changes(found.response.correlated)[0].item(),
    }


def rate_change(row: Row) -> Answers:
    """A continuous rate before and after its par yield moves."""
    rate = 2.0 * np.log1p(np.array([float(row["par yield"])]) / 2.0)
    return {"rate": rate.item(), "rate after": shift_rate(rate, np.array([float(row["change"])])).item()}


def repriced(row: Row) -> Answers:
    """What one share's option gains or loses when spot, volatility and yields move."""
    style, kind = str(row["option"]).lower().split()
    spot, years = float(row["spot"]), float(row.get("years", 1.0))
    rate = 2.0 * np.log1p(float(row.get("par yield", 0.0)) / 2.0)
    forward = "forward" in row
    carry = rate - np.log(float(row["forward"]) / spot) / years if forward else 0.0
    found = revalue(
        Contracts(
            spot=np.array([spot]),
            strike=np.array([float(row["strike"])]),
            tau_years=np.array([years]),
            rate=np.array([rate]),
            dividend_yield=np.array([carry]),
            is_call=np.array([kind == "call"]),
            american=np.array([style == "american"]),
            dividend_contract=np.zeros(0, dtype=np.int64),
            dividend_tau=np.zeros(0),
            dividend_amount=np.zeros(0),
        ),
        np.array([float(row.get("volatility", 0.0))]),
        on_forward=np.array([forward]),
        spot_return=np.array([[float(row.get("spot's return", 0.0))]]),
        volatility_change=np.array([float(row.get("points", 0.0)) / 100.0]),
        yield_change=np.array([float(row.get("yield's change", 0.0))]),
    )
    return {"P&L per share": found.item()}


def plausibility(row: Row) -> Answers:
    """How far out a shock of one or two variables is, held against their own moves."""
    names = [name for name in ("x, %", "y, %") if name in row]
    moves = np.column_stack([read_series(row[name]) for name in names])
    shock = np.array([[float(row["shock of x, %"]), *([float(row["of y, %"])] if "of y, %" in row else [])]])
    found = measure_plausibility(moves, shock, horizon_sessions=int(row["horizon"]))
    return {"distance": found.distance.item(), "share beyond": found.share_beyond.item()}


def classic_stress(row: Row) -> Answers:
    """A portfolio on two factors, by the textbook's method."""
    rho = float(row["correlation"])
    found = stress_classically(
        np.array([[float(row["exposure to A"]), float(row["to B"])]]),
        np.array([[float(row["shock of A"]), float(row["of B"])]]),
        np.array([[1.0, rho], [rho, 1.0]]),
        np.array([float(row["NAV"])]),
    )
    return {
        "direct": found.direct.item(),
        "correlated": found.correlated.item(),
        "raw direct": found.direct_raw.item(),
        "raw correlated": found.correlated_raw.item(),
    }


def _results(
    positions: Sequence[tuple[int, float]],
    shares: Sequence[Share],
    factors: FactorSet,
    scenario: Scenario,
    *,
    like: Sequence[Instrument] = (),
    allowed: bool = False,
) -> list[Answers]:
    held, assessed = hold(positions, shares, factors, [scenario], like=like, allow_estimates=allowed)
    (found,) = stress_portfolios(held, assessed, [scenario.id])
    reasons = found.reasons.get(scenario.id)
    return [
        {
            "direct": found.direct[0].item(),
            "correlated": found.correlated[0].item(),
            "effect": found.correlated[0].item() - found.direct[0].item(),
            "coverage": found.coverage[0].item(),
            "reason": ", ".join(reasons.words) if reasons else "none",
            "marks": ", ".join(found.marks.words) or "none",
        }
    ]


def _share(row: Row) -> Share:
    """Betas by the columns that there are; without one on the market it is 1, on styles 0."""
    styles = [float(row.get(f"beta on {style}", 0.0)) for style in STYLES[: _styles(row)]]
    return Share((float(row.get("beta", 1.0)), *styles), yield_beta=float(row.get("yield beta", np.nan)))


def _styles(row: Row) -> int:
    """How many styles a row tells of."""
    if "covariance" in row:
        return len(_matrix(row["covariance"]))
    return sum(f"beta on {style}" in row for style in STYLES)


def _factors(row: Row) -> FactorSet:
    """The market and its styles, whose covariance ``4, 2; 2, 9`` is in millionths."""
    count = _styles(row)
    covariance = np.eye(1 + count) * 1e-4
    if "covariance" in row:
        covariance[1:, 1:] = _matrix(row["covariance"]) * 1e-6
    slopes = [float(row.get("slope of A", 1.0)), *[1.0] * (count - 1)][:count]
    return factors_of(
        slopes=slopes,
        covariance=covariance,
        market_yield_slope=float(row.get("slope on 10Y", 0.0)),
    )


def _matrix(cell: float | str) -> FloatArray:
    return np.array([read_series(line) for line in str(cell).split("; ")])


def _scenario(row: Row) -> Scenario:
    """Of the shocks that are told; a dash is none."""
    sizes = {"Market": row.get("market", np.nan), **{style: row.get(f"shock of {style}", np.nan) for style in STYLES}}
    sizes["10Y"] = row.get("10Y", np.nan)
    given = float(row.get("points told", np.nan)) / 100.0
    return Scenario(
        id="told",
        name="Told",
        category=Category.CUSTOM,
        severity=Severity.MILD,
        active=True,
        basis=Basis(str(row.get("reading", "relative"))),
        shocks=tuple(Shock(name, float(size)) for name, size in sizes.items() if not np.isnan(float(size))),
        volatility_change=None if np.isnan(given) else given,
    )
