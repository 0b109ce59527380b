"""The worked examples of value at risk once more, in plain Python: no arrays, and nothing of SigmaSight."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import exp, log, pi, sqrt
from statistics import NormalDist, fmean, stdev

from spec.page import Row, read_series

Answers = Mapping[str, float | str]

PAST = 504
LEAST = 252
DECAY = 0.94
_ROUNDING = 1e-9  # of (1 - level) x sessions, which has no finite number of binary digits
_STEPS = {"A": 193, "B": 55, "C": 317}  # none has a divisor in common with 504
_NORMAL = NormalDist()


def past(name: str) -> list[float]:
    """A share's returns: each of -2.51 %, -2.50 % ... 2.52 % once, in an order of its own."""
    return [((at * _STEPS[name]) % PAST - PAST // 2 + 1) / 10_000 for at in range(PAST)]


def halves(first: float, second: float) -> list[float]:
    """Up and down by so much in turn: 252 sessions by the first, 252 by the second."""
    return [(first if at < PAST // 2 else second) * (1.0 if at % 2 else -1.0) for at in range(PAST)]


# What every page's plain code is made of


def quantile(pnl: Sequence[float], level: float) -> float:
    """The loss that a share of 1 - level exceeds, linear between two sessions."""
    losses = sorted((-each for each in pnl), reverse=True)
    place = (1.0 - level) * (len(losses) - 1)
    at = min(int(place + _ROUNDING), len(losses) - 2) if len(losses) > 1 else 0
    beside = losses[min(at + 1, len(losses) - 1)]
    return losses[at] + (place - at) * (beside - losses[at])


def tail_mean(pnl: Sequence[float], level: float) -> float:
    """The mean of exactly a share of 1 - level of the worst; the last one counts by what is left of the share."""
    left = mass = (1.0 - level) * len(pnl)
    total = 0.0
    for loss in sorted((-each for each in pnl), reverse=True):
        part = min(1.0, left)
        total += part * loss
        left -= part
        if left <= _ROUNDING:
            break
    return total / mass


def normal_tail(pnl: Sequence[float], level: float) -> tuple[float, float]:
    """Value at risk and expected shortfall as if P&L were normal."""
    z, spread, mean = _NORMAL.inv_cdf(level), stdev(pnl), fmean(pnl)
    density = exp(-z * z / 2.0) / sqrt(2.0 * pi)
    return z * spread - mean, spread * density / (1.0 - level) - mean


def tails(pnl: Sequence[float], method: str, level: float) -> tuple[float, float]:
    """Value at risk and expected shortfall of scenarios."""
    return normal_tail(pnl, level) if method == "normal" else (quantile(pnl, level), tail_mean(pnl, level))


def forecasts(returns: Sequence[float], decay: float = DECAY) -> list[float]:
    """The variance that is expected of each session, and at the end of the one to come; NaN is no session."""
    known = [each for each in returns if each == each]  # noqa: PLR0124 - NaN is the number that is not itself
    mean = fmean(known)
    seed = fmean([(each - mean) ** 2 for each in known])
    variances = [seed if seed > mean * mean else fmean([each * each for each in known])]
    for each in returns:
        moved = max(decay * variances[-1] + (1.0 - decay) * each * each, 0.01 * variances[0])
        variances.append(variances[-1] if each != each else moved)  # noqa: PLR0124
    return variances


def filtered(returns: Sequence[float], decay: float = DECAY) -> list[float]:
    """Each session at the volatility of the one to come; nobody loses more than all."""
    *own, tomorrow = forecasts(returns, decay)
    scaled = (r * sqrt(tomorrow / v) if v > 0.0 else r for r, v in zip(returns, own, strict=True))
    return [each if each != each else max(each, -1.0) for each in scaled]  # noqa: PLR0124 - NaN stays NaN


def scenarios(returns: Sequence[float], method: str) -> list[float]:
    """What may come, by a method."""
    return filtered(returns) if method == "filtered" else list(returns)


# The rows


def of_series(row: Row) -> Answers:
    """Value at risk and expected shortfall of some P&Ls."""
    pnl, level = read_series(row["P&L"]), float(row["level"])
    at_risk, shortfall = tails(pnl, str(row.get("method", "historical")), level)
    return {"value at risk": at_risk, "expected shortfall": shortfall}


def bad_days(row: Row) -> Answers:
    """Of 41 sessions some that lose, and nothing on the others."""
    pnl = [-100.0] * int(row["sessions that lose 100"]) + [0.0] * (41 - int(row["sessions that lose 100"]))
    return {"value at risk": quantile(pnl, 0.95), "expected shortfall": tail_mean(pnl, 0.95)}


def of_share(row: Row) -> Answers:
    """One position in A, one day."""
    exposure, method, level = float(row["exposure"]), str(row["method"]), float(row["level"])
    at_risk, shortfall = tails([exposure * each for each in scenarios(past("A"), method)], method, level)
    return {"value at risk": at_risk, "expected shortfall": shortfall}


def horizon(row: Row) -> Answers:
    """Of several days."""
    return {"value at risk": float(row["of one day"]) * sqrt(float(row["days"]))}


def history(row: Row) -> Answers:
    """A and B of 10,000 each, of which so many of the last sessions are known; what is too young is left out."""
    known = [int(row["sessions of A"]), int(row["of B"])]
    included = [(name, count) for name, count in zip("AB", known, strict=True) if count >= LEAST]
    sessions = min((count for _, count in included), default=0)
    moves = [filtered(past(name)[PAST - count :])[count - sessions :] for name, count in included]
    pnl = [sum(10_000.0 * each for each in day) for day in zip(*moves, strict=True)]
    return {
        "value at risk": quantile(pnl, 0.99) if pnl else float("nan"),
        "sessions": float(sessions),
        "coverage": len(included) / 2.0,
    }


def books(row: Row) -> Answers:
    """Books of which something is not known, or nothing moves; filtered, 99 %."""
    of_a = quantile([10_000.0 * each for each in filtered(past("A"))], 0.99)
    at_risk, coverage = {
        "nothing": (0.0, 1.0),
        "an option on its last day": (0.0, 1.0),
        "a share without a price": (float("nan"), 0.0),
        "A": (of_a, 1.0),
        "A, and as much without a price": (of_a, 0.5),
        "A, bought and sold short": (0.0, 1.0),
        "A, and B with 96 sessions in common": (float("nan"), 0.0),
    }[str(row["held"])]
    return {"value at risk": at_risk, "coverage": coverage}


def recursion(row: Row) -> Answers:
    """The filter over a few sessions."""
    returns = read_series(row["returns, %"])
    variances = forecasts(returns, float(row["decay"]))
    scaled = [r * sqrt(variances[-1] / v) if v > 0.0 else r for r, v in zip(returns, variances[:-1], strict=True)]
    return {
        "seed": sqrt(variances[0]),
        "volatility to come": sqrt(variances[-1]),
        "first": scaled[0],
        "last": scaled[-1],
    }


def two_halves(row: Row) -> Answers:
    """10,000 of a share that moves by so much, then by so much."""
    returns = halves(float(row["first half, ±"]), float(row["second half, ±"]))
    return {
        "historical": quantile([10_000.0 * each for each in returns], 0.99),
        "filtered": quantile([10_000.0 * each for each in filtered(returns)], 0.99),
        "volatility to come": sqrt(forecasts(returns)[-1]),
    }


def crash(row: Row) -> Answers:
    """10,000 of a share that is calm until it falls on the last session."""
    calm, fall = float(row["calm, ±"]), float(row["last session"])
    returns = [*halves(calm, calm)[:-1], fall]
    *own, tomorrow = forecasts(returns)
    return {"scaled up": fall * sqrt(tomorrow / own[-1]), "worst scenario": 10_000.0 * min(filtered(returns))}


def few_parts(row: Row) -> Answers:
    """Two positions over a few sessions."""
    a, b, level = read_series(row["P&L of A"]), read_series(row["of B"]), float(row["level"])
    (of_a, _), (of_b, _) = (_component(part, [a, b], "historical", level) for part in (a, b))
    (_, tail_a), (_, tail_b) = (_component(part, [a, b], "historical", level) for part in (a, b))
    return {"A": of_a, "B": of_b, "together": of_a + of_b, "ES of A": tail_a, "ES of B": tail_b}


def parts(row: Row) -> Answers:
    """A and B over the whole window at 99 %; B is in it if it is old enough."""
    method, level = str(row["method"]), 0.99
    is_in = float(row["sessions of B"]) >= LEAST
    exposures = {"A": float(row["A"]), "B": float(row["B"]) if is_in else 0.0}
    pnl = {name: [usd * each for each in scenarios(past(name), method)] for name, usd in exposures.items()}
    whole = [sum(day) for day in zip(*pnl.values(), strict=True)]
    at_risk, _ = tails(whole, method, level)
    of_a, _ = _component(pnl["A"], list(pnl.values()), method, level)
    of_b, _ = _component(pnl["B"], list(pnl.values()), method, level)
    without_b, _ = tails(pnl["A"], method, level)
    of_those_in = {
        "of B": of_b,
        "share of B": of_b / at_risk,
        "marginal": of_b / float(row["B"]),
        "incremental": at_risk - without_b,
    }
    none = dict.fromkeys(of_those_in, float("nan"))
    return {"whole": at_risk, "of A": of_a, **(of_those_in if is_in else none)}


def _component(
    part: Sequence[float], every: Sequence[Sequence[float]], method: str, level: float
) -> tuple[float, float]:
    """What one part brings to value at risk and to expected shortfall."""
    whole = [sum(day) for day in zip(*every, strict=True)]
    if method == "normal":
        z, mean, centre = _NORMAL.inv_cdf(level), fmean(part), fmean(whole)
        shared = sum((x - mean) * (y - centre) for x, y in zip(part, whole, strict=True)) / (len(part) - 1)
        slope = shared / stdev(whole)
        return z * slope - mean, slope * exp(-z * z / 2.0) / sqrt(2.0 * pi) / (1.0 - level) - mean
    losses = [-part[at] for at in sorted(range(len(whole)), key=lambda at: whole[at])]
    place, left = (1.0 - level) * (len(losses) - 1), (1.0 - level) * len(losses)
    at = int(place + _ROUNDING)
    at_risk = losses[at] + (place - at) * (losses[at + 1] - losses[at])
    weights = [min(1.0, max(left - at, 0.0)) for at in range(len(losses))]
    return at_risk, sum(w * loss for w, loss in zip(weights, losses, strict=True)) / left


def breaks(row: Row) -> Answers:
    """Kupiec's test: so many breaks of so many forecasts."""
    count, broken, wanted = int(row["forecasts"]), int(row["breaks"]), 1.0 - float(row["level"])
    ratio = 2.0 * (_likelihood(broken, count, broken / count) - _likelihood(broken, count, wanted))
    return {"wanted": wanted * count, "ratio": ratio, "chance": _beyond(ratio, 1)}


def order(row: Row) -> Answers:
    """Christoffersen's test of when breaks came: a break is 1."""
    broken = [each > 0.0 for each in read_series(row["breaks"])]
    pairs = list(pairwise(broken))
    after = {state: [now for before, now in pairs if before is state] for state in (False, True)}
    apart = sum(_likelihood(sum(each), len(each), sum(each) / max(len(each), 1)) for each in after.values())
    hits = sum(now for _, now in pairs)
    ratio = 2.0 * (apart - _likelihood(hits, len(pairs), hits / len(pairs)))
    (count, wanted), total = (len(broken), 1.0 - float(row["level"])), sum(broken)
    often = 2.0 * (_likelihood(total, count, total / count) - _likelihood(total, count, wanted))
    return {
        "after a calm day": sum(after[False]) / len(after[False]),
        "after a break": sum(after[True]) / len(after[True]) if after[True] else float("nan"),
        "ratio": ratio,
        "chance": _beyond(ratio, 1),
        "of both": _beyond(ratio + often, 2),
    }


def holdings_today(row: Row) -> Answers:
    """10,000 of a share that moves by so much, then by so much: forecasts of one day, each from 252 before it."""
    method, level, count = str(row["method"]), 0.99, int(row["sessions"])
    returns = halves(float(row["first half, ±"]), float(row["second half, ±"]))[PAST - count :]
    broken = list(_broken(returns, method, level))
    if not broken:
        return dict.fromkeys(("forecasts", "breaks", "chance"), float("nan"))
    told = {"forecasts": len(broken), "breaks": sum(broken), "level": level}
    return {"forecasts": float(len(broken)), "breaks": float(sum(broken)), "chance": breaks(told)["chance"]}


def _broken(returns: Sequence[float], method: str, level: float) -> Iterator[bool]:
    own = forecasts(returns)
    for day in range(LEAST, len(returns)):
        before = range(day - LEAST, day)
        scale: Callable[[int], float] = lambda at, day=day: sqrt(own[day] / own[at]) if method == "filtered" else 1.0  # type: ignore[misc]
        yield -returns[day] > tails([returns[at] * scale(at) for at in before], method, level)[0]


def _likelihood(hits: int, count: int, share: float) -> float:
    return sum(times * log(chance) for times, chance in ((hits, share), (count - hits, 1.0 - share)) if times)


def _beyond(value: float, degrees: int) -> float:
    """The chance of more, by the chi squared law of one or two degrees of freedom."""
    return 2.0 * _NORMAL.cdf(-sqrt(max(value, 0.0))) if degrees == 1 else exp(-max(value, 0.0) / 2.0)
