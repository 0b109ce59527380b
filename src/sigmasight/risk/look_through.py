"""A book seen through its funds: what it has in each name, by itself and by the funds that hold it. Nothing is lost."""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

import numpy as np

from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.aggregation import Concentration, add_up, concentrate, sum_known

DEEPEST = 3
"""How many funds, one inside the other, are opened; the one inside the last of them stays closed."""

NO_REPORT, TOO_DEEP = "no_report", "too_deep"
"""Why a fund stays closed."""

_CANCELLED = 1e-12  # of what was added: lots that cancel leave rounding
_ROUNDING = 1e-15  # of the weights that were added: these are decimals


class LineKind(enum.StrEnum):
    """Where exposure ends."""

    NAME = "name"  # a share, an index, whatever is no fund
    NOT_NAMED = "not_named"  # inside an opened fund: no ticker, cash, not in its report, or leading back to it
    FUND = "fund"  # a fund that stays closed


Key = tuple[LineKind, str]


@dataclass(frozen=True, slots=True)
class FundReport:
    """What a fund reported last; symbols of its lines are canonical."""

    holdings: FundHoldings
    source: str


@dataclass(frozen=True, slots=True)
class KnownFunds:
    """What is known of funds at a session.

    Raises:
        ValueError: If a report is of a later day.
    """

    as_of: date
    reports: Mapping[str, FundReport]  # each fund's last one, by canonical symbol
    symbols: Collection[str]  # of all that are funds, with a report or without

    def __post_init__(self) -> None:
        for symbol, report in self.reports.items():
            if report.holdings.as_of > self.as_of:
                raise ValueError(f"the report of {symbol} is of {report.holdings.as_of}, after {self.as_of}")

    def opens(self, symbol: str) -> bool:
        """Whether one can look into it."""
        return symbol in self.reports

    def end(self, symbol: str) -> Key:
        """Where what is in something ends, if that is not opened."""
        return (LineKind.FUND if symbol in self.symbols or self.opens(symbol) else LineKind.NAME), symbol

    def why_closed(self, key: Key) -> str:
        """Why a fund is not opened; empty for what is none."""
        kind, symbol = key
        if kind is not LineKind.FUND:
            return ""
        return TOO_DEEP if self.opens(symbol) else NO_REPORT


@dataclass(frozen=True, slots=True)
class Contents:
    """What 1 USD in a name or fund is in."""

    shares: Mapping[Key, float]  # by where they end; they add up to 1
    through: Mapping[str, float]  # by fund, what goes through its report; empty where nothing was opened

    @property
    def named(self) -> float:
        """The share that ends in names, longs and shorts inside a fund counting alike."""
        return self.part([key for key in self.shares if key[0] is LineKind.NAME])

    def part(self, keys: Iterable[Key]) -> float:
        """The share that ends in some of them, longs and shorts counting alike."""
        return fsum(abs(self.shares[key]) for key in keys) / fsum(map(abs, self.shares.values()))


@dataclass(frozen=True, slots=True)
class Stake:
    """All that a book has in one name or fund, options on it too."""

    symbol: str
    exposure: float  # USD, delta-adjusted, net; NaN where of no position it is known
    gross: float  # USD, of its positions; one whose exposure is not known counts by its weight
    known_gross: float  # USD, of those whose exposure is known
    contents: Contents

    @property
    def is_fund(self) -> bool:
        """Whether it is one, opened or closed."""
        return bool(self.contents.through) or (LineKind.FUND, self.symbol) in self.contents.shares


@dataclass(frozen=True, slots=True)
class Line:
    """One name, a closed fund, or what an opened fund does not name; delta-adjusted exposures, USD."""

    kind: LineKind
    symbol: str  # of what is not named, the fund's
    direct: float  # of positions in it, and of options on it
    via: Mapping[str, float]  # by the fund that the book holds, the largest first
    reason: str  # why a fund stays closed; else empty

    @property
    def total(self) -> float:
        """What the book has in it."""
        return fsum([self.direct, *self.via.values()])

    @property
    def label(self) -> str:
        """What a person reads."""
        return f"{self.symbol}: not named" if self.kind is LineKind.NOT_NAMED else self.symbol


@dataclass(frozen=True, slots=True)
class OpenedFund:
    """A fund whose report was used."""

    symbol: str
    held: float  # USD: the book's own exposure to it
    inside: float  # USD: that by other funds that hold it
    as_of: date  # of the report
    age_days: int  # calendar days up to the session
    source: str
    total_weight: float  # what the report's lines add up to
    is_whole: bool  # within 90-100 %; otherwise it is used as it is, and flagged
    named: float  # share of the fund that ends in names


@dataclass(frozen=True, slots=True)
class LookThrough:
    """A book by where its exposure ends; the lines add up to ``net``."""

    net: float  # USD: sum of the positions' delta-adjusted exposures; NaN where none is known
    gross: float  # USD: sum of their absolute values; likewise
    lines: tuple[Line, ...]  # the largest absolute total first
    funds: tuple[OpenedFund, ...]  # the largest absolute exposure first
    concentration: Concentration  # (2,) by name, before and after; what a fund does not name is one name
    coverage: float  # share of gross that is in names, or looked through to them


def find_stakes(
    symbols: Sequence[str], exposure: FloatArray, weight: FloatArray, funds: KnownFunds
) -> tuple[Stake, ...]:
    """Put a book's positions together by what moves them, and open the funds.

    Args:
        symbols: What each of P positions is in; of an option, its underlying.
        exposure: Delta-adjusted, USD, signed, (P,); NaN where not known.
        weight: What each counts for in coverage where its exposure is not known, USD, >= 0, (P,).
        funds: What is known of funds at the session.
    """
    distinct, place = np.unique(np.array(symbols, dtype=np.str_), return_inverse=True)
    count = len(distinct)
    size = np.abs(exposure)
    known = ~np.isnan(size)
    known_gross = add_up(size[known], place[known], count)
    gross = add_up(np.where(known, size, weight), place, count)
    net = sum_known(exposure, place, count)
    net[np.abs(net) <= _CANCELLED * known_gross] = 0.0
    return tuple(
        Stake(symbol, float(net[at]), float(gross[at]), float(known_gross[at]), open_fund(symbol, funds))
        for at, symbol in enumerate(distinct.tolist())
    )


def look_through(stakes: Sequence[Stake], funds: KnownFunds) -> LookThrough:
    """Say where a book's exposure ends, and how concentrated it is before and after."""
    known = [stake for stake in stakes if not np.isnan(stake.exposure)]
    hopeless = len(stakes) > 0 and not known
    return LookThrough(
        net=np.nan if hopeless else fsum(stake.exposure for stake in known),
        gross=np.nan if hopeless else fsum(stake.known_gross for stake in known),
        lines=_lines(known, funds),
        funds=_opened_funds(known, funds),
        concentration=_concentration(stakes),
        coverage=share_covered(stakes, [stake.contents.named for stake in stakes]),
    )


def share_covered(stakes: Sequence[Stake], covered: Sequence[float]) -> float:
    """Share of gross that is covered, given the share of each stake; 1 without gross."""
    whole = fsum(stake.gross for stake in stakes)
    part = fsum(stake.known_gross * share for stake, share in zip(stakes, covered, strict=True))
    return min(part / whole, 1.0) if whole > 0.0 else 1.0


def open_fund(symbol: str, funds: KnownFunds) -> Contents:
    """Open a fund, and the funds in it; what is no fund contains itself."""
    if not funds.opens(symbol):
        return Contents({funds.end(symbol): 1.0}, {})
    ends: dict[Key, list[float]] = {}
    through: dict[str, list[float]] = {}
    waiting: list[tuple[tuple[str, ...], float]] = [((symbol,), 1.0)]
    while waiting:
        path, share = waiting.pop()
        fund = path[-1]
        through.setdefault(fund, []).append(share)
        listed = [(line.symbol, line.weight) for line in funds.reports[fund].holdings.lines if line.symbol]
        for inside, weight in listed:
            if funds.opens(inside) and inside not in path and len(path) < DEEPEST:
                waiting.append(((*path, inside), share * weight))
            else:  # what leads back to a fund on the way is no name
                end = (LineKind.NOT_NAMED, inside) if inside in path else funds.end(inside)
                ends.setdefault(end, []).append(share * weight)
        rest = _added([1.0, *(-weight for _, weight in listed)])
        ends.setdefault((LineKind.NOT_NAMED, fund), []).append(share * rest)
    shares = {key: total for key, parts in ends.items() if (total := _added(parts))}
    return Contents(shares, {fund: fsum(parts) for fund, parts in through.items()})


def _added(parts: Sequence[float]) -> float:
    """A sum of shares; 0 where nothing but their rounding is left."""
    total = fsum(parts)
    return total if abs(total) > _ROUNDING * fsum(map(abs, parts)) else 0.0


def _lines(stakes: Iterable[Stake], funds: KnownFunds) -> tuple[Line, ...]:
    direct: dict[Key, float] = {}
    via: dict[Key, dict[str, float]] = {}
    for stake in stakes:
        for key, share in stake.contents.shares.items():
            if stake.contents.through:
                via.setdefault(key, {})[stake.symbol] = stake.exposure * share
            else:
                direct[key] = stake.exposure
    lines = (
        Line(*key, direct.get(key, 0.0), _largest_first(via.get(key, {})), funds.why_closed(key))
        for key in {**direct, **via}
    )
    return tuple(sorted(lines, key=lambda line: (-abs(line.total), line.label)))


def _largest_first(amounts: Mapping[str, float]) -> Mapping[str, float]:
    return dict(sorted(amounts.items(), key=lambda each: (-abs(each[1]), each[0])))


def _opened_funds(stakes: Sequence[Stake], funds: KnownFunds) -> tuple[OpenedFund, ...]:
    held = {stake.symbol: stake.exposure for stake in stakes}
    inside: dict[str, list[float]] = {}
    for stake in stakes:
        for fund, share in stake.contents.through.items():
            inside.setdefault(fund, []).append(0.0 if fund == stake.symbol else stake.exposure * share)
    opened = (_opened_fund(fund, held.get(fund, 0.0), fsum(parts), funds) for fund, parts in inside.items())
    return tuple(sorted(opened, key=lambda fund: (-abs(fund.held + fund.inside), fund.symbol)))


def _opened_fund(symbol: str, held: float, inside: float, funds: KnownFunds) -> OpenedFund:
    report = funds.reports[symbol]
    return OpenedFund(
        symbol=symbol,
        held=held,
        inside=inside,
        as_of=report.holdings.as_of,
        age_days=(funds.as_of - report.holdings.as_of).days,
        source=report.source,
        total_weight=report.holdings.total_weight,
        is_whole=report.holdings.is_whole,
        named=open_fund(symbol, funds).named,
    )


def _concentration(stakes: Sequence[Stake]) -> Concentration:
    """Group 0 before, group 1 after; what several stakes bring of one name is added before it counts."""
    keys: dict[Key, int] = {}
    pieces = [
        (keys.setdefault(key, len(keys)), stake.exposure * share)
        for stake in stakes
        for key, share in stake.contents.shares.items()
    ]
    both = [*((at, stake.exposure) for at, stake in enumerate(stakes)), *pieces]
    asset: IntArray = np.array([at for at, _ in both], dtype=np.int64)
    exposure: FloatArray = np.array([amount for _, amount in both], dtype=np.float64)
    return concentrate(exposure, asset, np.repeat([0, 1], [len(stakes), len(pieces)]), 2)
