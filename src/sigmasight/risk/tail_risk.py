"""The portfolio stage of value at risk: holdings, as sparse rows, times what one share of each would have brought."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray
from sigmasight.domain.methods import Method
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import TAIL_LEVELS, TailRisk
from sigmasight.engines.aggregation import share_known
from sigmasight.engines.tail_losses import measure_normal_tails, measure_tails
from sigmasight.engines.weighing import Book
from sigmasight.risk.historical_pnl import LEAST_SESSIONS, HistoricalPnl
from sigmasight.risk.portfolio_risk import HeldRisk, combined_reasons, existing_portfolios, left_out_positions

_LEVELS = np.array(TAIL_LEVELS)


@dataclass(frozen=True, slots=True)
class SimulatedBooks:
    """B portfolios over the T sessions of a window, were each to come again; NaN where a session is no scenario."""

    plain: FloatArray  # (B, T) USD
    filtered: FloatArray  # (B, T) USD
    sessions: IntArray  # (B,) that all that is included has in common
    few: BoolArray  # (B,) whether these are too few, so that nothing is known
    coverage: FloatArray  # (B,) share of gross that is included
    reasons: IntArray  # (P,) of each position; what is blocked is not included


def simulate_books(held: HeldRisk, history: HistoricalPnl) -> SimulatedBooks:
    """Weigh what each share would have brought; a session that something included lacks is no scenario."""
    count = len(history.history_reasons)
    books = len(held.portfolios)
    reasons = history.reasons[held.row] | history.history_reasons[held.instrument]
    known = (reasons & int(BLOCKING)) == 0
    book = Book.of(
        held.shares[known],
        held.weight[known],
        asset=held.instrument[known],
        portfolio=held.portfolio[known],
        assets=count,
        portfolios=books,
    )
    missing = _missing_sessions(book, history)
    sessions = (~missing).sum(axis=1)
    moving = ~history.inert[held.instrument]
    moves, known_moves = (np.bincount(held.portfolio[which], minlength=books) > 0 for which in (moving, moving & known))
    few = known_moves & (sessions < LEAST_SESSIONS)
    useless = moves & ~known_moves | few
    missing[useless] = True
    plain, filtered = (
        np.where(missing, np.nan, book.units @ each) for each in (history.plain_or_zero, history.filtered_or_zero)
    )
    coverage = np.where(useless, 0.0, share_known(known, held.weight, held.portfolio, books))
    return SimulatedBooks(plain, filtered, np.where(useless, 0, sessions), few, coverage, reasons)


def measure_portfolios(held: HeldRisk, history: HistoricalPnl) -> tuple[TailRisk, ...]:
    """Value at risk and expected shortfall of the portfolios that exist at the session, in their order."""
    books = simulate_books(held, history)
    tails = (
        measure_tails(books.plain, _LEVELS),
        measure_tails(books.filtered, _LEVELS),
        measure_normal_tails(books.plain, _LEVELS),
    )
    at_risk = np.stack([each.value_at_risk for each in tails], axis=1)
    shortfall = np.stack([each.expected_shortfall for each in tails], axis=1)
    flags = combined_reasons(held, books.reasons)
    made = []
    for at, portfolio in existing_portfolios(held):
        why = Reason(int(flags[at]))
        missing = bool(np.isnan(at_risk[at]).any())
        lacking = why & BLOCKING | (Reason.NO_HISTORY if books.few[at] else Reason.NONE)
        made.append(
            TailRisk(
                portfolio_id=portfolio.id,
                as_of=held.as_of,
                method=Method.DEFAULT,
                value_at_risk=at_risk[at],
                expected_shortfall=shortfall[at],
                sessions=int(books.sessions[at]),
                coverage=float(books.coverage[at]),
                reasons={"value_at_risk": lacking} if missing else {},
                marks=why & ~BLOCKING,
                not_included=left_out_positions(held, books.reasons, at) if why & BLOCKING else (),
            )
        )
    return tuple(made)


def _missing_sessions(book: Book, history: HistoricalPnl) -> BoolArray:
    """Sessions that something held lacks, (B, T); only what lacks any is looked at."""
    gaps = np.flatnonzero(history.missing.any(axis=1))
    pattern = csr_array(
        ((book.units.data != 0.0).astype(np.float64), book.units.indices, book.units.indptr), shape=book.units.shape
    )
    return np.asarray(pattern[:, gaps] @ history.missing[gaps].astype(np.float64) > 0.0)
