"""The demo's books on one night of the frozen simulated market: every number, as one document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from math import isnan
from pathlib import Path

import numpy as np

import sigmasight as ss
from sigmasight.domain.reasons import Reason
from sigmasight.domain.risk_results import TAIL_LEVELS, TAIL_METHODS, ScenarioResults
from sigmasight.domain.snapshots import MEASURES

AS_OF = date(2026, 11, 20)
BOOKS = ("individual", "hnw", "hedge_fund")
FILE = Path(__file__).with_name("night.json")
RELATIVE = 1e-9
"""What the last bits of another processor may do; a change of a formula is larger."""

_DIGITS = 12
_ROUNDING = 1e-13  # of the larger ones: below it a number is what their rounding left
Document = dict[str, object]
_CORRELATED = (
    *("average_correlation", "effective_positions", "effective_positions_classic", "effective_positions_by_weight"),
    *("diversification_ratio_squared", "concentration", "sessions", "coverage"),
)


def golden_night() -> Document:
    """Analyse all books."""
    document: Document = {"as_of": AS_OF.isoformat()}
    for name in BOOKS:
        book = ss.demo(name, AS_OF)
        found = ss.analyze(
            book.positions,
            book.prices,
            book.as_of,
            cash=book.cash,
            unmodelled_assets=book.unmodelled_assets,
            opened_on=book.opened_on,
        )
        document.setdefault("factors", _factors(found))
        document[name] = _book(found)
    return document


def reviewed_night() -> Document:
    """The document that was looked at and kept."""
    found: Document = json.loads(FILE.read_text("utf-8"))
    return found


def as_text(document: Document) -> str:
    """One number a line, so that a difference of two versions is one too."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def differences(reviewed: object, made: object, path: str = "") -> Iterator[str]:
    """Where two documents say different things, in words."""
    if isinstance(reviewed, dict) and isinstance(made, dict):
        for key in {**reviewed, **made}:
            yield from differences(reviewed.get(key, "nothing"), made.get(key, "nothing"), f"{path}/{key}")
    elif isinstance(reviewed, list) and isinstance(made, list) and len(reviewed) == len(made):
        for at, pair in enumerate(zip(reviewed, made, strict=True)):
            yield from differences(*pair, f"{path}/{at}")
    elif not _same(reviewed, made):
        yield f"{path}: {reviewed!s:.60} -> {made!s:.60}{_change(reviewed, made)}"


def _same(reviewed: object, made: object) -> bool:
    if isinstance(reviewed, float) and isinstance(made, float):
        return abs(made - reviewed) <= RELATIVE * max(abs(reviewed), abs(made))
    return reviewed == made


def _change(reviewed: object, made: object) -> str:
    if isinstance(reviewed, float) and isinstance(made, float) and reviewed:
        return f" ({(made - reviewed) / reviewed:+.3e})"
    return ""


def _factors(found: ss.Analysis) -> Document:
    factors = found.factors
    names = ("market_slopes", "variance_inflation", "volatility")
    return {
        "names": list(factors.names),
        "sessions": factors.sessions,
        **{name: _numbers(getattr(factors, name)) for name in names},
        "market_yield_slope": _numbers(factors.market_yield_slope),
        "covariance": [_numbers(row) for row in factors.covariance],
        "correlation": [_numbers(row) for row in factors.correlation],
    }


def _book(found: ss.Analysis) -> Document:
    snapshot, exposures, tails = found.snapshot, found.exposures, found.value_at_risk
    counts = ("positions", "long_positions", "short_positions", "option_positions", "coverage", "delta_coverage")
    by_factor = ("exposure", "beta", "risk_share")
    return {
        "snapshot": {name: _number(getattr(snapshot.measures, name)) for name in MEASURES}
        | {name: getattr(snapshot, name) for name in counts}
        | {"reasons": _reasons(snapshot.reasons), "warnings": list(snapshot.warnings)},
        "factor_exposures": {
            **{
                name: dict(zip(exposures.factors, _numbers(getattr(exposures, name)), strict=True))
                for name in by_factor
            },
            "specific_share": _number(exposures.specific_share),
            "volatility": _number(exposures.volatility),
        },
        "market_scenarios": _scenarios(found.market_scenarios.scenarios, found.market_scenarios),
        "stress": _scenarios(found.stress.scenarios, found.stress),
        "value_at_risk": {
            f"{method} {100 * level:g} %": [_number(each) for each in tails.at(method, level)]
            for method in TAIL_METHODS
            for level in TAIL_LEVELS
        },
        "correlations": {name: _number(getattr(found.correlations, name)) for name in _CORRELATED}
        | {"names": list(found.correlations.symbols)}
        | {
            "clusters": {
                each.nickname: [list(each.symbols), *map(_number, (each.gross_weight, each.net_weight))]
                for each in found.correlations.clusters
            }
        },
        "positions": {each.symbol: _position(each) for each in found.positions},
    }


def _scenarios(names: tuple[str, ...], found: ScenarioResults) -> Document:
    return dict(
        zip(names, map(list, zip(_numbers(found.direct), _numbers(found.correlated), strict=True)), strict=True)
    )


def _position(each: ss.PositionAnalysis) -> Document:
    words = ("symbol", "underlying", "reasons", "factor_exposure")
    numbers = {f.name: _number(getattr(each, f.name)) for f in fields(each) if f.name not in words}
    return {**numbers, "factor_exposure": _numbers(each.factor_exposure), "reasons": list(each.reasons.words)}


def _reasons(reasons: Mapping[str, Reason]) -> Document:
    return {name: list(reason.words) for name, reason in reasons.items()}


def _numbers(values: np.ndarray) -> list[float | None]:
    """Numbers that belong together: the largest says what rounding left of the others."""
    largest = max((abs(value) for value in values.tolist() if not isnan(value)), default=1.0)
    return [_number(value, of=largest) for value in values.tolist()]


def _number(value: float, *, of: float = 1.0) -> float | None:
    if isnan(value):
        return None
    return 0.0 if abs(value) < _ROUNDING * max(of, 1.0) else float(f"{value:.{_DIGITS}g}")
