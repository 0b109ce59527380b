"""What funds hold, at rest."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, delete, func, select

from sigmasight.domain.funds import FundHoldings, Holding
from sigmasight.domain.instruments import Kind
from sigmasight.domain.market_data import Market
from sigmasight.store.bulk import add_rows, among, instrument_days, number, number_column
from sigmasight.store.tables import fund_holdings, instruments

_FUNDS = (Kind.ETF, Kind.MUTUAL_FUND)
_COLUMNS = (
    *("market", "instrument_id", "as_of", "line", "symbol", "name"),
    *("weight", "shares", "market_value", "source"),
)


def save_holdings(conn: Connection, market: Market, reports: Mapping[int, FundHoldings], source: str) -> int:
    """Store reports by fund; one of a fund and day gives way only to one of more lines. Returns how many are new."""
    fund, day = fund_holdings.c.instrument_id, fund_holdings.c.as_of
    mine = (fund_holdings.c.market == market, among(fund, reports))
    counted = conn.execute(select(fund, day, func.count()).where(*mine).group_by(fund, day))
    there = {(fund, day): lines for fund, day, lines in counted}
    fresh = {fund: each for fund, each in reports.items() if len(each.lines) > there.get((fund, each.as_of), 0)}
    for key, report in fresh.items():
        conn.execute(delete(fund_holdings).where(*mine, fund == key, day == report.as_of))
    rows = (
        (
            *(market.value, key, report.as_of, at, line.symbol, line.name),
            *(line.weight, number(line.shares), number(line.market_value), source),
        )
        for key, report in fresh.items()
        for at, line in enumerate(report.lines)
    )
    add_rows(conn, fund_holdings, _COLUMNS, rows)
    return len(fresh)


def load_holdings(conn: Connection, market: Market, funds: Collection[int], on: date) -> dict[int, FundHoldings]:
    """Each fund's last report of a day or before; absent where there is none."""
    mine = (fund_holdings.c.market == market, among(fund_holdings.c.instrument_id, funds), fund_holdings.c.as_of <= on)
    last = (
        select(fund_holdings.c.instrument_id, func.max(fund_holdings.c.as_of).label("as_of"))
        .where(*mine)
        .group_by(fund_holdings.c.instrument_id)
        .subquery()
    )
    listed = fund_holdings.join(
        last, (fund_holdings.c.instrument_id == last.c.instrument_id) & (fund_holdings.c.as_of == last.c.as_of)
    )
    rows = conn.execute(
        select(fund_holdings, instruments.c.symbol.label("fund"))
        .select_from(listed.join(instruments, instruments.c.id == fund_holdings.c.instrument_id))
        .where(fund_holdings.c.market == market)
        .order_by(fund_holdings.c.instrument_id, fund_holdings.c.line)
    ).all()
    lines: dict[int, list[Holding]] = {}
    heads = {row.instrument_id: (row.fund, row.as_of) for row in rows}
    for row in rows:
        shares, value = number_column([row.shares, row.market_value]).tolist()
        lines.setdefault(row.instrument_id, []).append(Holding(row.symbol, row.name, row.weight, shares, value))
    return {fund: FundHoldings(*heads[fund], tuple(listed)) for fund, listed in lines.items()}


def load_sources(conn: Connection, market: Market, reports: Mapping[int, FundHoldings]) -> dict[int, str]:
    """Who gave reports that are stored, by fund."""
    wanted = instrument_days({(fund, report.as_of) for fund, report in reports.items()})
    same = (fund_holdings.c.instrument_id == wanted.c.instrument_id) & (fund_holdings.c.as_of == wanted.c.day)
    rows = conn.execute(
        select(fund_holdings.c.instrument_id, fund_holdings.c.source)
        .join(wanted, same)
        .where(fund_holdings.c.market == market)
        .distinct()
    )
    return {fund: source for fund, source in rows}


def funds_among(conn: Connection, ids: Collection[int]) -> dict[int, str]:
    """The ETFs and mutual funds among some instruments, and those that options among them are written on."""
    parents = select(instruments.c.underlying_id).where(among(instruments.c.id, ids))
    rows = conn.execute(
        select(instruments.c.id, instruments.c.symbol).where(
            instruments.c.kind.in_(_FUNDS), among(instruments.c.id, ids) | instruments.c.id.in_(parents)
        )
    )
    return {instrument_id: symbol for instrument_id, symbol in rows}
