"""Small worlds with a past: what each share returned over a window, and what books at its end make of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import strategies as st

from sigmasight.domain.books import Portfolio
from sigmasight.domain.correlations import CorrelationPlan
from sigmasight.domain.instruments import Instrument, Right
from sigmasight.domain.market_data import FloatArray
from sigmasight.domain.risk_results import Correlations, TailRisk
from sigmasight.risk.correlations import CorrelatedNames, correlate_names, correlate_portfolios
from sigmasight.risk.frames import ids_of
from sigmasight.risk.historical_pnl import HistoricalPnl, simulate_history
from sigmasight.risk.return_panel import ReturnPanel
from sigmasight.risk.session_market import SessionMarket
from sigmasight.risk.tail_risk import SimulatedBooks, measure_portfolios, simulate_books
from support.books import SPRING, World, april, cash, closes, holding, option, portfolio, stock, world_of
from unit.risk.risk_strategies import SHARES, quantities, scenes
from unit.risk.risk_worlds import NAN, TODAY, Scene, Told, betas_of, factor_set, with_books

SESSIONS = 504
BOOK = portfolio()
Returns = Mapping[int, FloatArray]
"""Of each share, by id, over the window's sessions."""


@dataclass(frozen=True)
class Past:
    """A scene, with what is known of its shares' returns; those of whom nothing is told have none."""

    scene: Scene
    returns: Returns
    sessions: int = SESSIONS

    def __repr__(self) -> str:
        known = {each: int((~np.isnan(of)).sum()) for each, of in self.returns.items()}
        return f"Past({self.scene!r}, sessions with a return={known})"

    def _repr_pretty_(self, printer: Any, _: object) -> None:  # noqa: ANN401 - Hypothesis's own, when a test fails
        printer.text(repr(self))

    @cached_property
    def market(self) -> SessionMarket:
        scene = self.scene
        betas = betas_of(scene.told, scene.factors)
        return SessionMarket(scene.frame, scene.at, scene.facts, scene.options, scene.factors, betas)

    @cached_property
    def panel(self) -> ReturnPanel:
        ids = ids_of([each for each in self.scene.frame.instruments if each.option is None])
        days = np.busday_offset(np.datetime64(TODAY), np.arange(1 - self.sessions, 1))
        unknown = np.full(self.sessions, NAN)
        columns = [self.returns.get(each, unknown) for each in ids.tolist()]
        return ReturnPanel(ids, days, np.array(columns).reshape(len(ids), self.sessions).T.copy())

    @cached_property
    def history(self) -> HistoricalPnl:
        return simulate_history(self.market, self.panel)

    def row(self, held: Instrument) -> int:
        """Place of an instrument in the history."""
        return [each.id for each in self.scene.frame.instruments].index(held.id)

    def books(self, world: World | None = None) -> SimulatedBooks:
        return simulate_books(self.scene.hold(world or self.scene.world), self.history)

    def tails(self, world: World | None = None) -> tuple[TailRisk, ...]:
        return measure_portfolios(self.scene.hold(world or self.scene.world), self.history)

    def correlations(
        self,
        plan: CorrelationPlan | None = None,
        *,
        tags: Sequence[frozenset[str]] | None = None,
        world: World | None = None,
    ) -> tuple[Correlations, ...]:
        held = self.scene.hold(world or self.scene.world)
        none = [frozenset[str]()] * len(held.row)
        instruments = self.scene.frame.instruments
        return correlate_portfolios(held, self.history, instruments, tags or none, plan or CorrelationPlan())

    def names(self, plan: CorrelationPlan | None = None, at: int = 0) -> CorrelatedNames:
        held = self.scene.held
        return correlate_names(held, self.history, [frozenset()] * len(held.row), plan or CorrelationPlan(), at)

    def alone(self, *books: Portfolio) -> "Past":
        """Some of the books, in a market that holds nothing else."""
        return replace(self, scene=replace(self.scene, world=with_books(self.scene.world, *books)))


def past_of(
    *positions: tuple[float, Instrument],
    returns: Mapping[Instrument, FloatArray],
    prices: Mapping[Instrument, float],
    book: Portfolio = BOOK,
    money: float = 0.0,
    told: Mapping[int, Told] | None = None,
) -> Past:
    """One book of lots brought in on the 2nd, at today's prices; the market is what has a price or returns."""
    lots = [
        holding(book, each, units, entry_price=90, held_from=april(2), brought_in=True, label=str(at))
        for at, (units, each) in enumerate(positions)
    ]
    table: dict[tuple[int, date], Decimal] = {}
    for each, price in prices.items():
        table |= closes(each, {TODAY: price})
    instruments = tuple({each.id: each for each in (*prices, *returns, *(each for _, each in positions))}.values())
    world = world_of(book, *lots, cash(book, april(2), money), instruments=instruments, prices=table)
    by_id = {each.id: values for each, values in returns.items()}
    sessions = max((len(each) for each in returns.values()), default=SESSIONS)
    return Past(Scene(world, factor_set(), told or {}), by_id, sessions)


def noise(seed: int, *, size: float = 0.02, sessions: int = SESSIONS) -> FloatArray:
    """Returns of a share."""
    return np.random.default_rng(seed).normal(0.0005, size, sessions)


def young(returns: FloatArray, known: int) -> FloatArray:
    """The same returns where only the last ones are known."""
    return np.where(np.arange(len(returns)) < len(returns) - known, NAN, returns)


def without(returns: FloatArray, *sessions: int) -> FloatArray:
    """The same returns where some sessions have none."""
    left = returns.copy()
    left[list(sessions)] = NAN
    return left


KNOWN = (*[SESSIONS] * 6, 503, 252, 251, 60, 0)
"""How many of the last sessions a share has returns of."""


@st.composite
def pasts(draw: st.DrawFn, *, books: int = 3, most: int = 6, known: Sequence[int] = KNOWN) -> Past:
    """Some books at a close, with a past of their shares: some young, some with holes, one perhaps worthless once."""
    scene = draw(scenes(books=books, most=most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    market = rng.standard_t(4, SESSIONS) * 0.008
    returns = {}
    for share in SHARES:
        own = market * rng.uniform(-0.5, 1.5) + rng.standard_t(4, SESSIONS) * draw(st.sampled_from((0.004, 0.02)))
        holes = rng.random(SESSIONS) < draw(st.sampled_from((0.0, 0.0, 0.02)))
        own = np.where(holes, NAN, np.clip(own, -0.3, 0.3))
        returns[share.id] = young(own, draw(st.sampled_from(known)))
    return Past(scene, returns)


CROWD = tuple(
    replace(stock(30 + at, symbol), sector=sector)
    for at, (symbol, sector) in enumerate(
        zip(
            ("OIL", "GAS", "COAL", "CHIP", "SOFT", "BANK", "LOAN", "GOLD"),
            ("Energy", "Energy", "Energy", "Technology", "Technology", "Financials", "Financials", None),
            strict=True,
        )
    )
)
CONTRACTS = tuple(
    option(50 + at, CROWD[at], right=right, strike=100, expiry=date(2025, 5, 30))
    for at, right in ((0, Right.PUT), (3, Right.CALL), (7, Right.CALL))
)


@st.composite
def crowds(draw: st.DrawFn, *, books: int = 3, most: int = 12) -> Past:
    """Books of many names on a few causes, so that there are clusters and hedges; nearly all of them are known."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    causes = rng.standard_t(5, (3, SESSIONS)) * 0.01
    returns: dict[int, FloatArray] = {}
    table: dict[tuple[int, date], Decimal] = {}
    for share in CROWD:
        moved = causes[draw(st.integers(0, 2))] * draw(st.sampled_from((1.0, 1.0, 0.5, -1.0)))
        own = moved + rng.standard_t(5, SESSIONS) * draw(st.sampled_from((0.0, 0.002, 0.006, 0.02)))
        returns[share.id] = young(np.clip(own, -0.3, 0.3), draw(st.sampled_from((*[SESSIONS] * 9, 80, 40))))
        if draw(st.integers(0, 19)):
            table |= closes(share, {TODAY: draw(st.integers(40, 220))})
    for contract in CONTRACTS[: draw(st.integers(0, 3))]:
        table |= closes(contract, {TODAY: 0.01 if rng.random() < 0.3 else 5.0})  # some tell nothing
    portfolios = tuple(
        portfolio(f"book {at}", allow_estimates=draw(st.booleans())) for at in range(draw(st.integers(1, books)))
    )
    held = st.sampled_from((*CROWD, *CROWD, *CONTRACTS))
    lots = tuple(
        holding(
            book,
            each,
            draw(quantities) if each.option is None else draw(st.integers(-2, 2).filter(bool)),
            entry_price=90,
            held_from=april(2),
            brought_in=True,
            label=str(at),
        )
        for book in portfolios
        for at, each in enumerate(draw(st.lists(held, min_size=draw(st.sampled_from((0, 4, 8))), max_size=most)))
    )
    world = World(
        calendar=SPRING, instruments=(*CROWD, *CONTRACTS), prices=table, portfolios=portfolios, positions=lots
    )
    return Past(Scene(world, factor_set(), {}), returns)


def scaled(world: World, factor: int) -> World:
    """The same books with so many times as much of everything."""
    return replace(world, positions=tuple(replace(each, quantity=each.quantity * factor) for each in world.positions))


def same_volatilities(past: Past, alone: Past) -> bool:
    """Whether contracts have what they have in company: a smile needs the others, which the service always loads."""
    facts, own = past.scene.facts, alone.scene.facts
    there = dict(zip(facts.instrument_id.tolist(), facts.volatility.tolist(), strict=True))
    known = np.array([there[each] for each in own.instrument_id.tolist()])
    return bool(np.array_equal(own.volatility, known, equal_nan=True))


def bits(result: TailRisk | Correlations) -> tuple[object, ...]:
    """Everything in a result, numbers to the last bit."""
    return tuple(_bits(getattr(result, field.name)) for field in fields(result))


def _bits(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.shape, tuple(float(number).hex() for number in value.ravel())
    return value.hex() if isinstance(value, float) else value
