"""Reports of funds at rest."""

from datetime import date

from sqlalchemy import Connection

from postgres.store.builders import FRIDAY, new_share
from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Market
from sigmasight.store.funds import load_holdings, save_holdings

OCTOBER = date(2026, 10, 31)


def report(*weights: float) -> FundHoldings:
    lines = tuple(Holding(f"S{at}", f"Share {at}", weight) for at, weight in enumerate(weights))
    return FundHoldings("FUND", OCTOBER, lines)


def test_a_report_gives_way_only_to_one_of_its_day_with_more_lines(conn: Connection) -> None:
    fund = new_share(conn, "FUND", kind=Kind.ETF)
    for arriving, kept in (
        (report(0.5, 0.3), report(0.5, 0.3)),
        (report(0.9), report(0.5, 0.3)),
        (report(0.2, 0.1), report(0.5, 0.3)),
        (report(0.5, 0.3, 0.2), report(0.5, 0.3, 0.2)),
    ):
        assert save_holdings(conn, Market.LIVE, {fund: arriving}, "one") == (arriving == kept)
        (found,) = load_holdings(conn, Market.LIVE, [fund], FRIDAY).values()
        assert [line.weight for line in found.lines] == [line.weight for line in kept.lines]
