"""Groups sum to the portfolio, and a stranger is told that there is none."""

from uuid import uuid4

import pytest

from sigmasight.domain.errors import NotFoundError
from sigmasight.services.exposures import Grouping, split_exposures
from sigmasight.services.greeks import GreekGrouping, list_position_greeks, split_greeks

from .conftest import FRIDAY, Desk, call, put


def test_groups_sum_to_the_portfolio(desk: Desk) -> None:
    for symbol in ("AAA", "BBB"):
        desk.live.list_share(symbol)
    contracts = (call("AAA"), put("AAA", 95), call("BBB"))
    for contract in contracts:
        desk.live.quote_at(contract, FRIDAY)
    book = desk.book("a", *((contract, at - 1.5) for at, contract in enumerate(contracts)), ("AAA", 9), on=FRIDAY)
    desk.night(FRIDAY)
    where = (desk.valuation, book.user_id, book.id, FRIDAY)
    snapshot = desk.snapshot(book)
    with desk.db.write() as conn:
        (whole,) = split_greeks(conn, *where, GreekGrouping.PORTFOLIO)
        positions = list_position_greeks(conn, *where)
        for by in GreekGrouping:
            lines = split_greeks(conn, *where, by)
            for name in ("dollar_delta", "dollar_gamma", "theta_per_day", "vega_per_point", "rho_per_percent"):
                total = sum(getattr(line, name) for line in lines)
                assert total == pytest.approx(getattr(whole, name), rel=1e-12, abs=1e-9)
                assert total == pytest.approx(sum(float(getattr(p.greeks, name)) for p in positions), rel=1e-12)
        for grouping in (Grouping.UNDERLYING, Grouping.SECTOR, Grouping.KIND, Grouping.TAG):
            total = sum(line.delta_adjusted for line in split_exposures(conn, *where, grouping))
            assert total == pytest.approx(snapshot.measures.delta_adjusted_exposure, rel=1e-12)
    assert whole.dollar_delta == pytest.approx(snapshot.measures.delta, rel=1e-12)
    assert whole.delta != whole.delta


def test_a_stranger_finds_nothing(desk: Desk) -> None:
    desk.live.list_share("AAA")
    book = desk.book("a", ("AAA", 9), on=FRIDAY)
    with desk.db.write() as conn:
        with pytest.raises(NotFoundError):
            split_greeks(conn, desk.valuation, uuid4(), book.id, FRIDAY, GreekGrouping.PORTFOLIO)
        with pytest.raises(NotFoundError):
            list_position_greeks(conn, desk.valuation, uuid4(), book.id, FRIDAY)
        with pytest.raises(NotFoundError):
            split_exposures(conn, desk.valuation, uuid4(), book.id, FRIDAY, Grouping.KIND)
