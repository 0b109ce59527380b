"""`sigmasight data-quality`: what of a portfolio can be computed, what not, and what data it stands on."""

from math import isfinite

from sigmasight.cli.output import announce, print_json, print_table
from sigmasight.cli.session import AsJson, AsOf, Document, PortfolioName, UserEmail, opened_session, percent
from sigmasight.domain.books import Portfolio
from sigmasight.services.data_quality import AssetQuality, DataQualityReport, EngineQuality, report_data_quality
from sigmasight.store.quarantine import Quarantined

_SHOWN = 30
_SHOWN_REFUSED = 10


def run_data_quality(
    portfolio: PortfolioName, user: UserEmail = None, as_of: AsOf = None, as_json: AsJson = False
) -> None:
    """Show coverage by engine and over time, the age and source of each price, and what was kept aside."""
    with opened_session(portfolio, user, as_of) as session:
        report = report_data_quality(*session.place)
    if as_json:
        print_json(_document(session.book, report))
    else:
        _print(session.book, report)


def quarantined_document(row: Quarantined) -> Document:
    """A row that was kept aside, for JSON."""
    return {
        "symbol": row.symbol,
        "day": row.day.isoformat() if row.day else None,
        "field": row.field,
        "value": row.value,
        "why": row.why,
        "source": row.source,
        "times": row.times,
        "last_at": row.last_at.isoformat(),
    }


def quarantined_line(row: Quarantined) -> str:
    """A row that was kept aside, in words."""
    return f"kept aside: {row.symbol} {row.day or 'no day'} {row.field} {row.value} of {row.source}: {row.why}"


def _document(book: Portfolio, report: DataQualityReport) -> Document:
    return {
        "portfolio": book.name,
        "market": book.market,
        "as_of": report.as_of.isoformat(),
        "window_sessions": report.window_sessions,
        "engines": [_engine(each) for each in report.engines],
        "instruments": [_asset(each) for each in report.assets],
        "kept_aside": [quarantined_document(row) for row in report.refused],
        "coverage_over_time": [{"as_of": day.isoformat(), "coverage": found} for day, found in report.trend],
    }


def _engine(each: EngineQuality) -> Document:
    return {
        "engine": each.engine,
        "coverage": each.coverage,
        "not_included": [{"symbol": left.symbol, "reason": left.reason} for left in each.not_included],
    }


def _asset(each: AssetQuality) -> Document:
    return {
        "symbol": each.symbol,
        "kind": each.kind,
        "last_price_on": each.last_day.isoformat() if each.last_day else None,
        "age_sessions": each.age_sessions,
        "source": each.source,
        "sessions": each.sessions,
        "beta_sessions": each.beta_sessions,
        "kept_aside": each.refused,
    }


def _print(book: Portfolio, report: DataQualityReport) -> None:
    title = f"{book.name}: what the night of {report.as_of} could compute, {book.market} market"
    rows = [[each.engine, _share(each.coverage), str(len(each.not_included))] for each in report.engines]
    print_table(title, ["engine", "covers of gross", "marked or left out"], rows)
    shown = report.assets[:_SHOWN]
    title = f"Prices, the oldest first: {len(shown)} of {len(report.assets)}"
    columns = [
        "symbol",
        "kind",
        "last price",
        "source",
        "age",
        f"of {report.window_sessions + 1}",
        "for betas",
        "kept aside",
    ]
    print_table(title, columns, [_row(each) for each in shown], text_columns=4)
    if report.trend:
        first, last = report.trend[0], report.trend[-1]
        worst = min(report.trend, key=lambda night: night[1])
        announce(
            f"coverage from {first[0]} to {last[0]}, {len(report.trend)} nights: lowest {worst[1]:.1%} on {worst[0]}, "
            f"last {last[1]:.1%}"
        )
    for row in report.refused[:_SHOWN_REFUSED]:
        announce(quarantined_line(row))


def _row(each: AssetQuality) -> list[str]:
    return [
        each.symbol,
        each.kind.value,
        str(each.last_day or "none"),
        each.source or "nobody",
        "n/a" if each.age_sessions is None else str(each.age_sessions),
        str(each.sessions),
        "" if each.beta_sessions is None else str(each.beta_sessions),
        str(each.refused),
    ]


def _share(coverage: float | None) -> str:
    return "no result" if coverage is None or not isfinite(coverage) else percent(coverage)
