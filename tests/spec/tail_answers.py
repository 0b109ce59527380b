"""What SigmaSight answers to the rows of the tables about value at risk: their headings in, their headings out."""

from collections.abc import Mapping

import numpy as np

from sigmasight.domain.instruments import Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import TailMethod, TailRisk
from sigmasight.engines.tail_losses import measure_normal_tails, measure_tails, split_tails
from sigmasight.engines.value_at_risk_backtests import backtest
from sigmasight.engines.volatility_filter import filter_returns
from sigmasight.risk.tail_components import backtest_portfolio, split_portfolio
from sigmasight.risk.tail_risk import measure_portfolios
from sigmasight.services.risk import RiskReport
from spec.page import Row, read_series
from spec.small_market import PRICE, TODAY
from spec.small_past import A, B, C, Lot, Past, past_of
from support.books import option, portfolio

Answers = Mapping[str, float | str]

SESSIONS = 504
GRID = "Each of the 504 sessions has a return of its own: −2.51 %, −2.50 % … 2.52 %, in an order that mixes them."
"""The note of the tables that are made of ``grid``."""

PLAIN = """
The numbers are from a few lines of plain Python ([plain_tails.py](../../../tests/spec/plain_tails.py)) that know
nothing of SigmaSight."""
"""The note of the tables whose numbers are not worked in the head."""


def grid(step: int) -> FloatArray:
    """Every basis point from -251 to 252 once; ``step`` has no divisor in common with 504."""
    return np.asarray((np.arange(SESSIONS) * step % SESSIONS - 251) / 10_000.0)


OF_A, OF_B = grid(193), grid(55)


def swings(first: float, second: float) -> FloatArray:
    """Down and up in turn, by ``first`` in the first half of the window and by ``second`` in the other."""
    size = np.where(np.arange(SESSIONS) < SESSIONS // 2, first, second)
    return np.asarray(size * np.resize([-1.0, 1.0], SESSIONS))


def of_series(row: Row) -> Answers:
    """Value at risk and expected shortfall of some P&Ls."""
    rule = measure_normal_tails if row.get("method") == "normal" else measure_tails
    found = rule(np.array([read_series(row["P&L"])]), np.array([row["level"]], dtype=np.float64))
    return {
        "value at risk": found.value_at_risk.item(),
        "expected shortfall": found.expected_shortfall.item(),
    }


def bad_days(row: Row) -> Answers:
    """Of 41 sessions some that lose, and nothing on the others."""
    pnl = np.where(np.arange(41) < float(row["sessions that lose 100"]), -100.0, 0.0)
    found = measure_tails(pnl[None], np.array([0.95]))
    return {"value at risk": found.value_at_risk.item(), "expected shortfall": found.expected_shortfall.item()}


def of_share(row: Row) -> Answers:
    """One position in A, one day."""
    tails = _tails(past_of([Lot(A, float(row["exposure"]) / PRICE)], {A: OF_A}))
    at_risk, shortfall = tails.at(TailMethod(str(row["method"])), float(row["level"]))
    return {"value at risk": at_risk, "expected shortfall": shortfall}


def horizon(row: Row) -> Answers:
    """Of several days."""
    at_risk = np.full((3, 3), float(row["of one day"]))
    tails = TailRisk(
        portfolio_id=portfolio().id,
        as_of=TODAY,
        method=Method.DEFAULT,
        value_at_risk=at_risk,
        expected_shortfall=at_risk,
        sessions=SESSIONS,
        coverage=1.0,
        reasons={},
        marks=Reason.NONE,
        not_included=(),
    )
    days = int(row["days"])
    report = RiskReport(tails, TailMethod.FILTERED, 0.99, days, positions=(), backtests={}, stored=None)
    return {"value at risk": report.scale * tails.at(TailMethod.FILTERED, 0.99)[0]}


def history(row: Row) -> Answers:
    """A and B of 10,000 each, of which so many of the last sessions are known."""
    returns = {A: _young(OF_A, row["sessions of A"]), B: _young(OF_B, row["of B"])}
    return _shown(_tails(past_of([Lot(A, 100.0), Lot(B, 100.0)], returns)))


def books(row: Row) -> Answers:
    """Books of which something is not known, or nothing moves."""
    expired = option(9, A, right=Right.PUT, strike=110, expiry=TODAY)
    held = {
        "nothing": [],
        "an option on its last day": [Lot(expired, 1.0)],
        "a share without a price": [Lot(C, 100.0)],
        "A": [Lot(A, 100.0)],
        "A, and as much without a price": [Lot(A, 100.0), Lot(C, 100.0)],
        "A, bought and sold short": [Lot(A, 100.0), Lot(A, -100.0)],
        "A, and B with 96 sessions in common": [Lot(A, 100.0), Lot(B, 100.0)],
    }
    chosen = str(row["held"])
    of_a, of_b = OF_A, _young(OF_B, 300.0)
    if "in common" in chosen:
        of_a = np.where(np.arange(SESSIONS) < 300, OF_A, np.nan)
    return _shown(_tails(past_of(held[chosen], {A: of_a, B: of_b, C: OF_B}, prices={C: np.nan})))


def recursion(row: Row) -> Answers:
    """The filter over a few sessions."""
    found = filter_returns(np.array(read_series(row["returns, %"]))[:, None], decay=float(row["decay"]))
    return {
        "seed": found.own_volatility[0, 0].item(),
        "volatility to come": found.volatility.item(),
        "first": found.returns[0, 0].item(),
        "last": found.returns[-1, 0].item(),
    }


def two_halves(row: Row) -> Answers:
    """10,000 of a share that moves by so much, then by so much."""
    returns = swings(float(row["first half, ±"]), float(row["second half, ±"]))
    tails = _tails(past_of([Lot(A, 100.0)], {A: returns}))
    return {
        "historical": tails.at(TailMethod.HISTORICAL, 0.99)[0],
        "filtered": tails.at(TailMethod.FILTERED, 0.99)[0],
        "volatility to come": filter_returns(returns[:, None]).volatility.item(),
    }


def crash(row: Row) -> Answers:
    """10,000 of a share that is calm until it falls on the last session."""
    calm = float(row["calm, ±"])
    returns = swings(calm, calm)
    returns[-1] = float(row["last session"])
    past = past_of([Lot(A, 100.0)], {A: returns})
    return {
        "scaled up": filter_returns(returns[:, None]).returns[-1].item(),
        "worst scenario": 100.0 * past.history.filtered.min(),
    }


def few_parts(row: Row) -> Answers:
    """Two positions over a few sessions."""
    found = split_tails(np.array([read_series(row["P&L of A"]), read_series(row["of B"])]), float(row["level"]))
    a, b = found.value_at_risk[:, 0].tolist()
    of_a, of_b = found.expected_shortfall[:, 0].tolist()
    return {"A": a, "B": b, "together": a + b, "ES of A": of_a, "ES of B": of_b}


def parts(row: Row) -> Answers:
    """A and B over the whole window, at 99 %; of B so many of the last sessions are known."""
    method, level = TailMethod(str(row["method"])), 0.99
    returns = {A: OF_A, B: _young(OF_B, row["sessions of B"])}
    past = past_of([Lot(A, float(row["A"]) / PRICE), Lot(B, float(row["B"]) / PRICE)], returns)
    found = split_portfolio(past.held, past.history, method, level)
    return {
        "whole": _tails(past).at(method, level)[0],
        "of A": found.value_at_risk[0].item(),
        "of B": found.value_at_risk[1].item(),
        "share of B": found.share[1].item(),
        "marginal": found.marginal[1].item(),
        "incremental": found.incremental[1].item(),
    }


def breaks(row: Row) -> Answers:
    """Kupiec's test: so many breaks of so many forecasts."""
    count, level = int(row["forecasts"]), float(row["level"])
    found = backtest(np.arange(count) < float(row["breaks"]), level)
    return {"wanted": (1.0 - level) * count, "ratio": found.unconditional, "chance": found.unconditional_p}


def order(row: Row) -> Answers:
    """Christoffersen's test of when breaks came: a break is 1."""
    broken = np.array(read_series(row["breaks"])) > 0.0
    found = backtest(broken, float(row["level"]))
    before, after = broken[:-1], broken[1:]
    return {
        "after a calm day": after[~before].mean().item(),
        "after a break": after[before].mean().item() if before.any() else np.nan,
        "ratio": found.independent,
        "chance": found.independent_p,
        "of both": found.conditional_p,
    }


def holdings_today(row: Row) -> Answers:
    """10,000 of a share that moves by so much, then by so much, of which so many sessions are known."""
    returns = swings(float(row["first half, ±"]), float(row["second half, ±"]))
    past = past_of([Lot(A, 100.0)], {A: _young(returns, row["sessions"])})
    found = backtest_portfolio(past.held, past.history, TailMethod(str(row["method"])), 0.99)
    if found is None:
        return dict.fromkeys(("forecasts", "breaks", "chance"), np.nan)
    return {"forecasts": found.forecasts, "breaks": found.breaks, "chance": found.unconditional_p}


def _tails(past: Past) -> TailRisk:
    (found,) = measure_portfolios(past.held, past.history)
    return found


def _young(returns: FloatArray, known: float | str) -> FloatArray:
    """The same where only the last so many are known."""
    return np.where(np.arange(len(returns)) < len(returns) - float(known), np.nan, returns)


def _shown(tails: TailRisk) -> Answers:
    why = tails.reasons.get("value_at_risk", Reason.NONE)
    return {
        "value at risk": tails.at(TailMethod.FILTERED, 0.99)[0],
        "sessions": tails.sessions,
        "coverage": tails.coverage,
        "reason": ", ".join(why.words) or "none",
        "marks": ", ".join(tails.marks.words) or "none",
        "left out": "; ".join(f"{each.symbol}: {each.reason}" for each in tails.not_included) or "nothing",
    }
