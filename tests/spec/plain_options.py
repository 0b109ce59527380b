"""Options in value at risk once more, in plain Python: a formula, a tree, and nothing of SigmaSight."""

from collections.abc import Mapping
from math import erfc, exp, log, sqrt

from spec.page import Row
from spec.plain_tails import past, quantile

Answers = Mapping[str, float | str]

STEPS = 400


def normal(x: float) -> float:
    """The cumulative normal distribution."""
    return 0.5 * erfc(-x / sqrt(2.0))


def black_scholes(spot: float, terms: "Terms") -> float:
    """A European option."""
    spread = terms.volatility * sqrt(terms.years)
    if spot <= 0.0:
        return 0.0 if terms.is_call else terms.strike * exp(-terms.rate * terms.years)
    upper = (log(spot / terms.strike) + (terms.rate - terms.dividends) * terms.years) / spread + spread / 2.0
    kept, bond = spot * exp(-terms.dividends * terms.years), terms.strike * exp(-terms.rate * terms.years)
    return terms.sign * (kept * normal(terms.sign * upper) - bond * normal(terms.sign * (upper - spread)))


class Terms:
    """An option's terms."""

    def __init__(self, *, strike: float, years: float, volatility: float, is_call: bool) -> None:
        self.strike, self.years, self.volatility, self.is_call = strike, years, volatility, is_call
        self.rate = self.dividends = 0.0
        self.sign = 1.0 if is_call else -1.0

    @classmethod
    def of(cls, row: Row) -> "Terms":
        """As a row tells them."""
        numbers = {name: float(row[name]) for name in ("strike", "years", "volatility")}
        terms = cls(**numbers, is_call=str(row["option"]).endswith("call"))
        terms.rate, terms.dividends = float(row.get("rate", 0.0)), float(row.get("yield", 0.0))
        return terms


def early(spot: float, terms: Terms) -> float:
    """An American option: two trees whose last step is Black-Scholes, and where they lead (Broadie, Detemple)."""
    return 2.0 * _tree(spot, terms, 2 * STEPS) - _tree(spot, terms, STEPS)


def european(row: Row) -> Answers:
    """What one share's option gains when its spot moves."""
    terms, spot = Terms.of(row), float(row["spot"])
    moved = spot * (1.0 + float(row["spot's return"]))
    return {"P&L per share": black_scholes(moved, terms) - black_scholes(spot, terms)}


def american(row: Row) -> Answers:
    """The same where it may be exercised early."""
    terms, spot = Terms.of(row), float(row["spot"])
    moved = spot * (1.0 + float(row["spot's return"]))
    return {"P&L per share": early(moved, terms) - early(spot, terms)}


def on_forward(row: Row) -> Answers:
    """An option on a forward, which moves as much as its index, or half as much."""
    terms, forward, moved = Terms.of(row), float(row["forward"]), float(row["index's return"])
    terms.dividends = terms.rate  # so that what is put in is the forward
    whole, half = (
        black_scholes(forward * (1.0 + share * moved), terms) - black_scholes(forward, terms) for share in (1.0, 0.5)
    )
    return {"as simulated": whole, "by half": half}


def hedged(row: Row) -> Answers:
    """100 shares at $100, options on them, or both; 44 days to live, no rate."""
    is_call = "call" in str(row["held"])
    terms = Terms(strike=float(row["strike"]), years=44 / 365, volatility=float(row["volatility"]), is_call=is_call)
    held = str(row["held"])
    shares = 100.0 if "share" in held else 0.0
    contracts = 0.0 if held == "the share" else -1.0 if "short" in held else 1.0
    now = black_scholes(100.0, terms)
    upper = (
        log(100.0 / terms.strike) / (terms.volatility * sqrt(terms.years)) + terms.volatility * sqrt(terms.years) / 2
    )
    delta = normal(upper) - (0.0 if is_call else 1.0)
    returns = past("A")
    priced = [shares * 100.0 * r + contracts * 100.0 * (black_scholes(100.0 * (1.0 + r), terms) - now) for r in returns]
    by_delta = [(shares + contracts * 100.0 * delta) * 100.0 * r for r in returns]
    return {"value at risk": quantile(priced, 0.99), "by delta": quantile(by_delta, 0.99)}


def _tree(spot: float, terms: Terms, steps: int) -> float:
    step = terms.years / steps
    up = exp(terms.volatility * sqrt(step))
    chance = (exp((terms.rate - terms.dividends) * step) - 1.0 / up) / (up - 1.0 / up)
    rise, fall = exp(-terms.rate * step) * chance, exp(-terms.rate * step) * (1.0 - chance)
    last = Terms(strike=terms.strike, years=step, volatility=terms.volatility, is_call=terms.is_call)
    last.rate, last.dividends = terms.rate, terms.dividends
    spots = [spot * up ** (2 * at - steps + 1) for at in range(steps)]
    worth = [max(black_scholes(each, last), terms.sign * (each - terms.strike)) for each in spots]
    for count in range(steps - 1, 0, -1):
        spots = [each * up for each in spots[:count]]
        worth = [
            max(rise * worth[at + 1] + fall * worth[at], terms.sign * (spots[at] - terms.strike)) for at in range(count)
        ]
    return worth[0]
