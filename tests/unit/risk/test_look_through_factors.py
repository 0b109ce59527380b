"""Factors by look-through: betas of names where they are known, the fund's own for the rest."""

from collections.abc import Mapping, Sequence
from datetime import date
from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.look_through import FundReport, KnownFunds, find_stakes
from sigmasight.risk.look_through_factors import FactorsThrough, expose_through

DAY = date(2026, 11, 20)
OPENED: Mapping[str, Mapping[str, float]] = {
    "F": {"AAA": 0.5, "BBB": 0.3},
    "G": {"AAA": 0.4, "H": 0.6},
    "N": {"F": 0.5, "CCC": 0.5},
}
"""F leaves 20 % open; H has no report."""

Book = Sequence[tuple[str, float]]


def exposed(book: Book, betas: Mapping[str, Sequence[float]], weights: Sequence[float] = ()) -> FactorsThrough:
    reports = {
        fund: FundReport(FundHoldings(fund, DAY, tuple(Holding(name, name, w) for name, w in lines.items())), "test")
        for fund, lines in OPENED.items()
    }
    exposure = np.array([amount for _, amount in book], dtype=np.float64)
    weight = np.array(weights) if weights else np.abs(exposure)
    funds = KnownFunds(DAY, reports, {*OPENED, "H"})
    stakes = find_stakes([symbol for symbol, _ in book], exposure, weight, funds)
    known: dict[str, FloatArray] = {symbol: np.array(beta, dtype=np.float64) for symbol, beta in betas.items()}
    return expose_through(stakes, known, 2)


BETAS = {"AAA": (1.5, 0.5), "BBB": (0.5, -1.0), "F": (1.0, 0.1), "H": (0.2, 0.0), "CCC": (2.0, 1.0)}


def test_a_fund_has_the_betas_of_its_names_and_its_own_for_the_rest() -> None:
    found = exposed([("F", 1_000.0), ("CCC", -100.0)], BETAS)
    assert found.exposure == pytest.approx([500 * 1.5 + 300 * 0.5 + 200 * 1.0 - 200, 500 * 0.5 - 300 + 200 * 0.1 - 100])
    assert (found.coverage, found.by_names) == (1.0, pytest.approx(0.8))


def test_a_name_without_betas_takes_the_funds_own() -> None:
    known = {symbol: beta for symbol, beta in BETAS.items() if symbol != "BBB"}
    found = exposed([("F", 1_000.0)], known)
    assert found.exposure == pytest.approx([500 * 1.5 + 500 * 1.0, 500 * 0.5 + 500 * 0.1])
    assert (found.coverage, found.by_names) == (1.0, pytest.approx(0.5))


def test_where_no_name_has_betas_the_figure_is_the_plain_one() -> None:
    found = exposed([("F", 1_000.0), ("H", 10.0)], {"F": (1.0, 0.1), "H": (0.2, 0.0)})
    assert found.exposure == pytest.approx([1_002.0, 100.0])
    assert found.by_names == 0.0


def test_a_fund_without_betas_counts_by_what_it_holds() -> None:
    found = exposed([("F", 1_000.0)], {"AAA": (1.5, 0.5)})
    assert found.exposure == pytest.approx([750.0, 250.0])
    assert (found.coverage, found.by_names) == (pytest.approx(0.5), pytest.approx(0.5))


def test_a_closed_fund_inside_has_betas_of_its_own() -> None:
    found = exposed([("G", 100.0)], BETAS)
    assert found.exposure == pytest.approx([40 * 1.5 + 60 * 0.2, 40 * 0.5])
    assert (found.coverage, found.by_names) == (1.0, pytest.approx(1.0))


def test_what_a_fund_inside_does_not_name_has_the_betas_of_the_fund_that_is_held() -> None:
    found = exposed([("N", 1_000.0)], BETAS | {"N": (3.0, 0.0)})
    assert found.exposure == pytest.approx([250 * 1.5 + 150 * 0.5 + 500 * 2 + 100 * 3, 250 * 0.5 - 150 + 500])
    assert found.by_names == pytest.approx(0.9)


def test_a_book_without_funds_has_no_share_of_them() -> None:
    found = exposed([("AAA", 100.0)], BETAS)
    assert found.exposure.tolist() == [150.0, 50.0]
    assert isnan(found.by_names)


def test_what_is_not_known_is_left_out_and_lowers_the_coverage() -> None:
    found = exposed([("AAA", 300.0), ("DDD", 100.0), ("F", nan)], BETAS, weights=(300, 100, 200))
    assert found.exposure.tolist() == [450.0, 150.0]
    assert found.coverage == pytest.approx(300 / 600)


def test_where_nothing_is_known_there_is_no_number() -> None:
    assert np.isnan(exposed([("DDD", 100.0)], BETAS).exposure).all()
    assert np.isnan(exposed([("F", nan)], BETAS, weights=(100,)).exposure).all()
    assert exposed([("DDD", 0.0)], BETAS).exposure.tolist() == [0.0, 0.0]
    assert exposed([], BETAS).exposure.tolist() == [0.0, 0.0]


def test_a_factor_that_is_not_usable_has_no_number() -> None:
    found = exposed([("F", 1_000.0)], {symbol: (beta[0], nan) for symbol, beta in BETAS.items()})
    assert found.exposure.tolist() == pytest.approx([1_100.0, nan], nan_ok=True)


symbols = st.sampled_from(("AAA", "BBB", "CCC", "F", "G", "H"))
books = st.lists(st.tuples(symbols, st.integers(-1_000, 1_000).map(float)), max_size=8)
betas = st.fixed_dictionaries(dict.fromkeys(BETAS | {"G": ()}, st.tuples(st.floats(-3, 3), st.floats(-3, 3))))


@given(books, books, betas)
def test_exposures_are_linear(one: Book, other: Book, known: Mapping[str, tuple[float, float]]) -> None:
    both = exposed([*one, *other], known).exposure
    assert both == pytest.approx(exposed(one, known).exposure + exposed(other, known).exposure, abs=1e-8)


@given(books, betas)
def test_what_has_no_fund_is_exposure_times_beta(book: Book, known: Mapping[str, tuple[float, float]]) -> None:
    names = [(symbol, amount) for symbol, amount in book if symbol not in OPENED]
    expected = np.sum([[0.0, 0.0], *(amount * np.array(known[symbol]) for symbol, amount in names)], axis=0)
    assert exposed(names, known).exposure == pytest.approx(expected, abs=1e-8)
