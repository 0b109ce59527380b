"""The worked examples of correlations once more, in plain Python: no arrays, and nothing of SigmaSight."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import acos, cos, isnan, log, pi, sqrt
from statistics import correlation, fmean, stdev

from spec.page import Row, read_series

Answers = Mapping[str, float | str]

WINDOW = 90
LEAST = 60
NAN = float("nan")


def wave(step: int) -> list[float]:
    """Up and down by turns of so many sessions."""
    return [1.0 if (at // step) % 2 == 0 else -1.0 for at in range(WINDOW)]


def logs(returns: Sequence[float]) -> list[float]:
    """Log returns of returns in per cent; NaN stays."""
    return [log(1.0 + each / 100.0) for each in returns]


def common(series: Sequence[Sequence[float]]) -> list[list[float]]:
    """The sessions that all have."""
    together = [day for day in zip(*series, strict=True) if not any(map(isnan, day))]
    return [list(each) for each in zip(*together, strict=True)]


def two(row: Row) -> Answers:
    """Two names over a few sessions."""
    a, b = common([logs(read_series(row["A, %"])), logs(read_series(row["B, %"]))])
    return {"correlation": correlation(a, b), "volatility of A": stdev(a), "sessions": float(len(a))}


def three(row: Row) -> Answers:
    """Three names with holes: on common sessions, and pair by pair."""
    first = ([1.0, -1.0, 1.0, -1.0], [1.0, 1.0, -1.0, -1.0], [1.0, -1.0, -1.0, 1.0])
    twos = [read_series(row[heading]) for heading in ("A's twos", "B's", "C's")]
    series = [
        logs([*own, *(each for two in more for each in (two, -two))]) for own, more in zip(first, twos, strict=True)
    ]
    whole = common(series)
    together = [correlation(*each) for each in combinations(whole, 2)]
    by_pair = [correlation(*common(each)) for each in combinations(series, 2)]
    return {
        "sessions": float(len(whole[0])),
        "A, B": together[0],
        "lowest": lowest_eigenvalue(*together),
        "A, B by pair": by_pair[0],
        "lowest by pair": lowest_eigenvalue(*by_pair),
    }


def lowest_eigenvalue(ab: float, ac: float, bc: float) -> float:
    """Of a 3 x 3 matrix with a diagonal of 1: by the cosines of Cardano's formula."""
    size = sqrt((ab * ab + ac * ac + bc * bc) / 3.0)
    if size == 0.0:
        return 1.0
    angle = acos(max(-1.0, min(1.0, ab * ac * bc / size**3))) / 3.0
    return 1.0 + 2.0 * size * cos(angle + 2.0 * pi / 3.0)


def taking_part(row: Row) -> Answers:
    """How many sessions those have in common that take part; the smallest of the youngest leaves."""
    known: dict[str, set[int]] = {}
    for name in "ABC":
        end, _, count = str(row[name]).partition(" ")
        if end not in {"still", "none"}:
            known[name] = set(range(WINDOW - int(count), WINDOW) if end == "last" else range(int(count)))
    least = 20 if row["method"] == "classic" else LEAST
    kept = {name: days for name, days in known.items() if len(days) >= least}
    while kept and len(set.intersection(*kept.values())) < least:
        fewest = min(map(len, kept.values()))
        del kept[max(name for name, days in kept.items() if len(days) == fewest)]
    sessions = len(set.intersection(*kept.values())) if kept else 0
    return {"names": " ".join(kept) or "none", "sessions": float(sessions)}


def filtered(row: Row) -> Answers:
    """Which pass the filter, and their share of gross."""
    exposure = {name: float(row[name]) for name in "ABC"}
    gross = sum(map(abs, exposure.values()))
    kept = []
    for name, usd in exposure.items():
        large, heavy = abs(usd) >= 10_000.0, abs(usd) / gross >= 0.01
        passes = {"both": large and heavy, "either": large or heavy, "value_only": large, "weight_only": heavy}
        on_side = {"portfolio": usd != 0.0, "longs": usd > 0.0, "shorts": usd < 0.0}
        if passes[str(row["filter"])] and on_side[str(row["view"])]:
            kept.append(name)
    return {"names": " ".join(kept) or "none", "coverage": sum(abs(exposure[name]) for name in kept) / gross}


def distance(rho: float) -> float:
    """Between two names."""
    return sqrt((1.0 - rho) / 2.0)


def pair(row: Row) -> Answers:
    """Whether two names are one cluster, by both rules."""
    rho = float(row["correlation"])
    return {
        "distance": distance(rho),
        "default": "together" if distance(rho) <= distance(0.7) else "apart",
        "classic": "together" if abs(rho) >= 0.7 else "apart",
    }


def triple(row: Row) -> Answers:
    """Three names: the nearest two first, then the third by the mean of its two distances."""
    rho = {"AB": float(row["A, B"]), "BC": float(row["B, C"]), "AC": float(row["A, C"])}
    threshold = float(row["threshold"])
    nearest = max(rho, key=lambda names: rho[names])
    (third,) = set("ABC") - set(nearest)
    others = [distance(value) for names, value in rho.items() if names != nearest]
    default = "A, B, C"
    if distance(rho[nearest]) <= distance(threshold):
        default = ", ".join(sorted([nearest, third]))
    if fmean(others) <= distance(threshold):
        default = "ABC"
    links = [names for names, value in rho.items() if abs(value) >= threshold]
    if len(links) == 1:
        (outside,) = set("ABC") - set(links[0])
        return {"default": default, "classic": ", ".join(sorted([links[0], outside]))}
    return {"default": default, "classic": "ABC" if links else "A, B, C"}


def named(row: Row) -> Answers:
    """What the cluster of A and B weighs."""
    exposure = [float(row[name]) for name in "ABCD"]
    gross = sum(map(abs, exposure))
    a, b = (logs([one + 0.3 * own for one, own in zip(wave(1), wave(step), strict=True)]) for step in (4, 8))
    return {
        "gross": (abs(exposure[0]) + abs(exposure[1])) / gross,
        "net": (exposure[0] + exposure[1]) / gross,
        "correlation": correlation(a, b),
        "concentration": 1.0,
    }


def diversification(row: Row) -> Answers:
    """Two names."""
    rho, sigma = float(row["correlation"]), [float(row["σ of A"]), float(row["of B"])]
    size = abs(float(row["A"])) + abs(float(row["B"]))
    w = [float(row["A"]) / size, float(row["B"]) / size]
    risk = [each * of for each, of in zip(w, sigma, strict=True)]
    return {
        "effective": _over(1.0, _square(w, rho)),
        "equal weights": _over(1.0, _square([0.5, 0.5], rho)),
        "by weight": 1.0 / (w[0] ** 2 + w[1] ** 2),
        "ratio squared": _over((abs(risk[0]) + abs(risk[1])) ** 2, _square(risk, rho)),
    }


def alike(row: Row) -> Answers:
    """So many names of one weight, each pair of them with one correlation."""
    count, rho = float(row["names"]), float(row["correlation"])
    return {"effective": count / (1.0 + (count - 1.0) * rho), "by weight": count, "average": rho}


def missing(row: Row) -> Answers:
    """Books whose numbers are not all known."""
    rho = correlation(logs(wave(1)), logs(wave(2)))
    return {
        "A and B": {"effective": 2.0 / (1.0 + rho), "average": rho},
        "A, and B that moves alike, short": {"effective": NAN, "average": 1.0},
        "A alone": {"effective": 1.0, "average": NAN},
        "A, and B of 30 sessions": {"effective": 1.0, "average": NAN},
        "A of $9,000": {"effective": NAN, "average": NAN},
        "nothing": {"effective": NAN, "average": NAN},
    }[str(row["held"])]


def _square(w: Sequence[float], rho: float) -> float:
    return w[0] ** 2 + w[1] ** 2 + 2.0 * rho * w[0] * w[1]


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 1e-12 * part else NAN
