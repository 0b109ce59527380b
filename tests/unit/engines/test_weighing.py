"""Sparse holdings times dense facts: by a plain loop, and with bits that depend on no other portfolio."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.market_data import FloatArray, IntArray
from sigmasight.engines.weighing import Book, Weighed, square_sums, weigh

NAN = np.nan
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)


@dataclass(frozen=True, slots=True)
class Holdings:
    """P holdings of B portfolios of N assets."""

    units: FloatArray
    weight: FloatArray
    asset: IntArray
    portfolio: IntArray
    assets: int
    portfolios: int

    @property
    def book(self) -> Book:
        return Book.of(
            self.units,
            self.weight,
            asset=self.asset,
            portfolio=self.portfolio,
            assets=self.assets,
            portfolios=self.portfolios,
        )

    def of(self, first: int, last: int) -> "Holdings":
        """Those of some portfolios in a row, alone."""
        mine = (self.portfolio >= first) & (self.portfolio < last)
        return Holdings(
            self.units[mine],
            self.weight[mine],
            self.asset[mine],
            self.portfolio[mine] - first,
            self.assets,
            min(last, self.portfolios) - first,
        )

    def ordered(self, order: IntArray) -> "Holdings":
        """The same ones in another order."""
        columns = (self.units[order], self.weight[order], self.asset[order], self.portfolio[order])
        return Holdings(*columns, self.assets, self.portfolios)


def held(*rows: tuple[int, int, float], assets: int = 3, portfolios: int = 2, price: float = 1.0) -> Holdings:
    """Rows of portfolio, asset, units."""
    portfolio, asset, units = (
        (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.empty(0, int),) * 3
    )
    return Holdings(
        units.astype(np.float64), np.abs(units).astype(np.float64) * price, asset, portfolio, assets, portfolios
    )


def drawn(
    seed: int, *, portfolios: int = 9, assets: int = 12, most: int = 8, lost: float = 0.3
) -> tuple[Holdings, FloatArray]:
    """Random holdings, lots among them, and five facts of which some are not known."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, most, portfolios)
    portfolio = np.repeat(np.arange(portfolios), counts)
    count = len(portfolio)
    units = rng.normal(0, 100, count)
    weight = np.abs(units) * rng.uniform(1, 50, count)
    facts = rng.normal(0, 3, (assets, 5))
    facts[rng.random(assets) < lost] = NAN  # a fact that lacks one thing often lacks all
    facts[rng.random(assets) < lost / 2, 3:] = NAN
    return Holdings(units, weight, rng.integers(0, assets, count), portfolio, assets, portfolios), facts


def by_loop(holdings: Holdings, facts: FloatArray) -> Weighed:
    total = np.zeros((holdings.portfolios, facts.shape[1]))
    coverage = np.ones_like(total)
    for book in range(holdings.portfolios):
        for column in range(facts.shape[1]):
            mine = [at for at in range(len(holdings.units)) if holdings.portfolio[at] == book]
            known = [at for at in mine if not np.isnan(facts[holdings.asset[at], column])]
            total[book, column] = sum(holdings.units[at] * facts[holdings.asset[at], column] for at in known)
            if mine and not known:
                total[book, column] = NAN
            whole = sum(holdings.weight[at] for at in mine)
            if whole > 0:
                coverage[book, column] = sum(holdings.weight[at] for at in known) / whole
    return Weighed(total, coverage)


def assert_same_bits(found: Weighed, expected: Weighed) -> None:
    np.testing.assert_array_equal(found.total, expected.total)
    np.testing.assert_array_equal(found.coverage, expected.coverage)


def test_two_books_by_hand() -> None:
    """10 of A and -5 of B; 2 of C, whose second fact is not known."""
    facts = np.array([[1.0, 10.0], [2.0, NAN], [3.0, NAN]])
    found = weigh(held((0, 0, 10), (0, 1, -5), (1, 2, 2)).book, facts)
    np.testing.assert_array_equal(found.total, [[0.0, 100.0], [6.0, NAN]])
    np.testing.assert_allclose(found.coverage, [[1.0, 10 / 15], [1.0, 0.0]])


@EXAMPLES
@given(st.integers(0, 2**32 - 1))
def test_any_books_by_a_plain_loop(seed: int) -> None:
    holdings, facts = drawn(seed)
    found, expected = weigh(holdings.book, facts), by_loop(holdings, facts)
    np.testing.assert_allclose(found.total, expected.total, rtol=1e-11, atol=1e-9)
    np.testing.assert_allclose(found.coverage, expected.coverage, rtol=0, atol=1e-12)
    assert ((found.coverage >= 0.0) & (found.coverage <= 1.0)).all()


@EXAMPLES
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 7]))
def test_a_portfolio_s_bits_depend_neither_on_company_nor_on_shards(seed: int, width: int) -> None:
    holdings, facts = drawn(seed, portfolios=15)
    whole = weigh(holdings.book, facts)
    parts = [weigh(holdings.of(at, at + width).book, facts) for at in range(0, 15, width)]
    assert_same_bits(
        Weighed(np.concatenate([part.total for part in parts]), np.concatenate([part.coverage for part in parts])),
        whole,
    )
    squares = np.abs(facts[:, 0])
    summed = [square_sums(holdings.of(at, at + width).book, squares) for at in range(0, 15, width)]
    np.testing.assert_array_equal(np.concatenate(summed), square_sums(holdings.book, squares))


def test_the_bits_of_many_lots_depend_on_no_company_either() -> None:
    """Alone the row is in order and stays so; beside one that is not, all rows are sorted, and equals change places."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        units, asset = rng.normal(0, 100, 40), np.sort(rng.integers(0, 3, 40))
        alone = Holdings(units, np.abs(units), asset, np.zeros(40, dtype=np.int64), 3, 1)
        beside = Holdings(
            np.append(units, [1.0, 2.0]),
            np.abs(np.append(units, [1.0, 2.0])),
            np.append(asset, [2, 0]),
            np.append(np.zeros(40, dtype=np.int64), [1, 1]),
            3,
            2,
        )
        facts = np.array([[1.0], [2.0], [3.0]])
        assert weigh(alone.book, facts).total[0, 0] == weigh(beside.book, facts).total[0, 0]


@EXAMPLES
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 40))
def test_a_fact_s_bits_depend_on_no_other_fact_and_on_no_other_asset(seed: int, columns: int, more: int) -> None:
    holdings, facts = drawn(seed)
    whole = weigh(holdings.book, facts)
    some = weigh(holdings.book, facts[:, :columns])
    assert_same_bits(some, Weighed(whole.total[:, :columns], whole.coverage[:, :columns]))
    wider = Holdings(
        holdings.units, holdings.weight, holdings.asset, holdings.portfolio, holdings.assets + more, holdings.portfolios
    )
    assert_same_bits(weigh(wider.book, np.concatenate([facts, np.full((more, 5), 7.0)])), whole)


@EXAMPLES
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_holdings_of_different_assets_does_not_change_a_bit(seed: int) -> None:
    """Sums run in the order of the assets."""
    holdings, facts = drawn(seed)
    _, first = np.unique(np.column_stack([holdings.portfolio, holdings.asset]), axis=0, return_index=True)
    single = holdings.ordered(np.sort(first))
    order = np.random.default_rng(seed).permutation(len(single.units))
    assert_same_bits(weigh(single.ordered(order).book, facts), weigh(single.book, facts))


@EXAMPLES
@given(st.integers(0, 2**32 - 1))
def test_the_opposite_holdings_have_the_opposite_sums_to_the_bit(seed: int) -> None:
    holdings, facts = drawn(seed)
    opposite = Holdings(
        -holdings.units, holdings.weight, holdings.asset, holdings.portfolio, holdings.assets, holdings.portfolios
    )
    found, expected = weigh(opposite.book, facts), weigh(holdings.book, facts)
    np.testing.assert_array_equal(found.total + 0.0, -expected.total + 0.0)
    np.testing.assert_array_equal(found.coverage, expected.coverage)


def test_lots_are_added_before_anything_else_and_squares_are_of_their_sum() -> None:
    lots = held((0, 0, 3), (0, 1, 2), (0, 0, -1), (1, 2, 1))
    one = held((0, 0, 2), (0, 1, 2), (1, 2, 1))
    facts = np.array([[1.5], [2.0], [NAN]])
    np.testing.assert_array_equal(weigh(lots.book, facts).total, weigh(one.book, facts).total)
    squares = np.array([1.0, 10.0, NAN])
    assert square_sums(lots.book, squares).tolist() == square_sums(one.book, squares).tolist() == [44.0, 0.0]


def test_squares_leave_the_book_as_it_was() -> None:
    book = held((0, 0, 3), (1, 1, -2)).book
    before = book.units.toarray().tolist()
    square_sums(book, np.ones(3))
    assert book.units.toarray().tolist() == before


def test_lots_that_cancel_are_still_held() -> None:
    """What is held of an asset of which nothing is known is not known, though its sum is nothing."""
    holdings = held((0, 0, 5), (0, 0, -5), (1, 1, 1))
    found = weigh(holdings.book, np.array([[NAN], [2.0], [3.0]]))
    np.testing.assert_array_equal(found.total, [[NAN], [2.0]])
    assert found.coverage.tolist() == [[0.0], [1.0]]
    assert weigh(holdings.book, np.array([[4.0], [2.0], [3.0]])).total.tolist() == [[0.0], [2.0]]


def test_no_units_of_something_unknown_are_held_all_the_same() -> None:
    found = weigh(held((0, 0, 0.0), (1, 1, 1)).book, np.array([[NAN], [2.0], [3.0]]))
    np.testing.assert_array_equal(found.total, [[NAN], [2.0]])
    assert found.coverage.tolist() == [[1.0], [1.0]]  # it weighs nothing


def test_without_weight_everything_is_covered_and_without_holdings_the_sum_is_nothing() -> None:
    found = weigh(held((0, 0, 5), price=0.0).book, np.array([[2.0, NAN], [NAN, NAN], [1.0, 1.0]]))
    np.testing.assert_array_equal(found.total, [[10.0, NAN], [0.0, 0.0]])
    assert found.coverage.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_what_is_known_to_be_nothing_counts_as_known() -> None:
    found = weigh(held((0, 0, 5), (0, 1, 15)).book, np.array([[0.0], [NAN], [NAN]]))
    assert found.total.tolist() == [[0.0], [0.0]]
    assert found.coverage.tolist() == [[0.25], [1.0]]


def test_infinity_of_what_is_not_held_is_nobody_s() -> None:
    found = weigh(held((0, 0, 5)).book, np.array([[1.0], [np.inf], [-np.inf]]))
    assert found.total.tolist() == [[5.0], [0.0]]


def test_money_adds_up_as_a_person_adds_it() -> None:
    """Ten million cents' worth of rounding is far away: sums of decimals come back to the cent."""
    rng = np.random.default_rng(5)
    units, prices = rng.integers(1, 10_000, 500), rng.integers(1, 100_000, 500)
    holdings = Holdings(units.astype(np.float64), np.ones(500), np.arange(500), np.zeros(500, dtype=np.int64), 500, 1)
    exact = sum(int(u) * Decimal(int(p)) / 100 for u, p in zip(units, prices, strict=True))
    assert round(Decimal(float(weigh(holdings.book, prices[:, None] / 100.0).total[0, 0])), 2) == exact


@pytest.mark.parametrize(("portfolios", "assets", "facts"), [(2, 3, 0), (0, 3, 2), (2, 0, 2), (0, 0, 0)])
def test_nothing_held_or_nothing_asked(portfolios: int, assets: int, facts: int) -> None:
    found = weigh(held(assets=assets, portfolios=portfolios).book, np.ones((assets, facts)))
    assert found.total.shape == found.coverage.shape == (portfolios, facts)
    assert (found.total == 0.0).all()
    assert (found.coverage == 1.0).all()
    assert square_sums(held(assets=assets, portfolios=portfolios).book, np.ones(assets)).tolist() == [0.0] * portfolios
