"""Portfolios as sparse rows of holdings, times dense facts of instruments: sums that say what they cover.

Products of a sparse matrix run row by row in the order of the holdings, so that a portfolio's bits depend on nothing
but itself.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from sigmasight.domain.market_data import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Weighed:
    """B portfolios' sums of M facts."""

    total: FloatArray  # (B, M) NaN where a portfolio has holdings and none of their facts is known; 0 without holdings
    coverage: FloatArray  # (B, M) share of the weight whose facts are known; 1 without weight


@dataclass(frozen=True, slots=True)
class Book:
    """P holdings of B portfolios, as sparse rows."""

    units: csr_array  # (B, N) what each fact is multiplied with: shares, contracts x multiplier, USD
    weight: csr_array  # (B, N) what each holding counts for in coverage

    @classmethod
    def of(
        cls,
        units: FloatArray,
        weight: FloatArray,
        *,
        asset: IntArray,
        portfolio: IntArray,
        assets: int,
        portfolios: int,
    ) -> "Book":
        """Arrange holdings, each of shape (P,), by portfolio and asset; lots of one asset are added as they come."""
        cells, cell = np.unique(portfolio * assets + asset, return_inverse=True)
        column, first = cells % assets, np.searchsorted(cells, np.arange(portfolios + 1) * assets)
        shape = (portfolios, assets)
        summed = (np.bincount(cell, weights=each, minlength=len(cells)) for each in (units, weight))
        return cls(*(csr_array((each, column, first), shape=shape) for each in summed))


def weigh(book: Book, facts: FloatArray, inert: BoolArray | None = None) -> Weighed:
    """Multiply and sum what is known.

    Args:
        book: B portfolios of N assets.
        facts: Per unit, (N, M); NaN where not known.
        inert: Assets that nothing moves, (N,): a portfolio knows nothing because it knows them.
    """
    known = np.asarray(~np.isnan(facts), dtype=np.bool_)
    moving = np.ones(len(facts), dtype=np.bool_) if inert is None else ~inert
    total = book.units @ np.where(known, facts, 0.0)
    first, pattern = _patterns(known)
    share = 1.0 - _missing_share(book, ~known[:, first])
    held = csr_array((np.ones(len(book.units.indices)), book.units.indices, book.units.indptr), shape=book.units.shape)
    some = held @ (known[:, first] & moving[:, None]).astype(np.float64) > 0.0
    any_moves = held @ moving.astype(np.float64) > 0.0
    hopeless = any_moves[:, None] & ~some
    return Weighed(np.where(hopeless[:, pattern], np.nan, total), share[:, pattern])


def square_sums(book: Book, squares: FloatArray) -> FloatArray:
    """Sum of (units of an asset)^2 x facts, (B,): what is independent from asset to asset.

    Args:
        book: B portfolios of N assets.
        squares: (N,); what is not known is NaN and left out.
    """
    units = book.units.copy()
    units.data = units.data**2
    return np.asarray(units @ np.where(np.isnan(squares), 0.0, squares))


def _patterns(known: BoolArray) -> tuple[IntArray, IntArray]:
    """The first column of each kind of what is known, and of which kind each column is."""
    kinds: dict[bytes, int] = {}
    pattern = [kinds.setdefault(column.tobytes(), len(kinds)) for column in np.packbits(known, axis=0).T]
    return np.unique(pattern, return_index=True)[1], np.array(pattern, dtype=np.int64)


def _missing_share(book: Book, unknown: BoolArray) -> FloatArray:
    """The share of each portfolio's weight that is not known, by pattern, (B, Q); exactly 0 where all is."""
    whole = book.weight.sum(axis=1)[:, None]
    part = book.weight @ unknown.astype(np.float64)
    return np.asarray(np.where(whole > 0.0, np.minimum(part / np.where(whole > 0.0, whole, 1.0), 1.0), 0.0))
