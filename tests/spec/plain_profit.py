"""Where P&L came from once more, in plain Python: no arrays, and nothing of SigmaSight."""

from collections.abc import Mapping
from datetime import date
from math import exp, isnan, log, pi, sqrt

from spec.page import Row
from spec.plain_options import normal

Answers = Mapping[str, float | str]

LIFE = (date(2025, 5, 16) - date(2025, 4, 9)).days / 365.0
DAY = 1.0 / 365.0


def by_greek(row: Row) -> Answers:
    """One position, by Greeks that are told."""
    told = {name: float(row[name]) for name in ("delta", "gamma", "theta", "vega", "rho", "ΔS", "Δσ", "Δr", "days")}
    parts = {
        "by delta": told["delta"] * told["ΔS"],
        "by gamma": told["gamma"] * told["ΔS"] ** 2 / 2.0,
        "by vega": told["vega"] * told["Δσ"] * 100.0 if told["vega"] else 0.0,
        "by theta": told["theta"] * told["days"],
        "by rho": told["rho"] * told["Δr"] * 100.0 if told["rho"] else 0.0,
    }
    return {**parts, "residual": float(row["P&L"]) - sum(each for each in parts.values() if not isnan(each))}


def repriced(row: Row) -> Answers:
    """One call on a share, by Black-Scholes at both closes."""
    strike, units = float(row["strike"]), 100.0 * float(row["contracts"])
    spot, then, sigma, sigma_then = (float(row[name]) for name in ("spot", "then", "σ", "σ then"))
    rate = float(row["rate"])
    now, _ = _black(spot * exp(rate * LIFE), strike, LIFE, rate, sigma)
    after, _ = _black(then * exp(rate * (LIFE - DAY)), strike, LIFE - DAY, rate, sigma_then)
    upper = log(spot * exp(rate * LIFE) / strike) / (sigma * sqrt(LIFE)) + sigma * sqrt(LIFE) / 2.0
    density = exp(-upper * upper / 2.0) / sqrt(2.0 * pi)
    lower = upper - sigma * sqrt(LIFE)
    bond = strike * exp(-rate * LIFE)
    parts = {
        "delta": units * normal(upper) * (then - spot),
        "gamma": units * density / (spot * sigma * sqrt(LIFE)) * (then - spot) ** 2 / 2.0,
        "vega": units * spot * density * sqrt(LIFE) * (sigma_then - sigma),
        "theta": units * (-spot * density * sigma / (2.0 * sqrt(LIFE)) - rate * bond * normal(lower)) * DAY,
        "rho": 0.0,
    }
    pnl = units * (after - now)
    return {**parts, "residual": pnl - sum(parts.values()), "P&L": pnl}


def on_index(row: Row) -> Answers:
    """One call on an index, on its forward, by Black; its Greeks go by the index."""
    strike, sigma = float(row["strike"]), float(row["σ"])
    forward, forward_then = float(row["forward"]), float(row["forward then"])
    spot, then = float(row["index"]), float(row["then"])
    now, density = _black(forward, strike, LIFE, 0.0, sigma)
    after, _ = _black(forward_then, strike, LIFE - DAY, 0.0, sigma)
    upper = log(forward / strike) / (sigma * sqrt(LIFE)) + sigma * sqrt(LIFE) / 2.0
    carried = forward / spot
    parts = {
        "delta": 100.0 * normal(upper) * carried * (then - spot),
        "gamma": 100.0 * density / (forward * sigma * sqrt(LIFE)) * (carried * (then - spot)) ** 2 / 2.0,
        "vega": 0.0,
        "theta": -100.0 * forward * density * sigma / (2.0 * sqrt(LIFE)) * DAY,
        "rho": 0.0,
    }
    pnl = 100.0 * (after - now)
    return {**parts, "residual": pnl - sum(parts.values()), "P&L": pnl}


def of_share(row: Row) -> Answers:
    """100 shares from $100 to $103."""
    delta, dividends, trades = {
        "nothing": (300.0, 0.0, 0.0),
        "paid $1": (300.0, 100.0, 0.0),
        "split, two for one": (300.0, 0.0, 0.0),
        "bought today at $101": (0.0, 0.0, 200.0),
        "sold today at $102": (0.0, 0.0, 200.0),
    }[str(row["what happened"])]
    return {
        "delta": delta,
        "dividends": dividends,
        "trades": trades,
        "residual": 0.0,
        "P&L": delta + dividends + trades,
    }


def by_factor(row: Row) -> Answers:
    """One position on the market and a style."""
    market = float(row["market"])
    by_market = float(row["to the market"]) * market
    by_a = float(row["to A"]) * (float(row["A"]) - float(row["slope of A"]) * market)
    known = sum(each for each in (by_market, by_a) if not isnan(each))
    return {"by the market": by_market, "by A": by_a, "specific": float(row["P&L"]) - known}


def by_tag(row: Row) -> Answers:
    """A and B by their tags."""
    lines: dict[str, float] = {}
    overlap = 0.0
    for name, pnl in (("A", float(row["P&L of A"])), ("B", float(row["of B"]))):
        tags = str(row[f"{name}'s tags"]).replace("none", "untagged").split(", ")
        for tag in tags:
            lines[tag] = lines.get(tag, 0.0) + pnl
        overlap -= (len(tags) - 1) * pnl
    nan = float("nan")
    return {
        **{tag: lines.get(tag, nan) for tag in ("core", "growth", "untagged")},
        "overlap": overlap or nan,
        "P&L": float(row["P&L of A"]) + float(row["of B"]),
    }


def _black(forward: float, strike: float, years: float, rate: float, sigma: float) -> tuple[float, float]:
    """A call on a forward, and the normal density at d1."""
    spread = sigma * sqrt(years)
    upper = log(forward / strike) / spread + spread / 2.0
    price = exp(-rate * years) * (forward * normal(upper) - strike * normal(upper - spread))
    return price, exp(-upper * upper / 2.0) / sqrt(2.0 * pi)
