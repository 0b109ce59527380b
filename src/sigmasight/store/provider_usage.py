"""What asking providers cost, by day, at rest."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.usage import Usage
from sigmasight.store.tables import provider_usage

_COUNTERS = ("calls", "errors", "bytes", "credits", "cost")


def add_usage(conn: Connection, day: date, spent: Mapping[str, Usage]) -> None:
    """Add to a day's counters of some providers."""
    rows = [{"day": day, "provider": provider, **asdict(usage)} for provider, usage in spent.items()]
    if not rows:
        return
    arriving = upsert(provider_usage)
    grown = {name: provider_usage.c[name] + arriving.excluded[name] for name in _COUNTERS}
    conn.execute(arriving.on_conflict_do_update(index_elements=["day", "provider"], set_=grown), rows)


def usage_between(conn: Connection, first: date, last: date) -> dict[str, Usage]:
    """What was spent from one day to another, by provider."""
    sums = (func.sum(provider_usage.c[name]) for name in _COUNTERS)
    rows = conn.execute(
        select(provider_usage.c.provider, *sums)
        .where(provider_usage.c.day.between(first, last))
        .group_by(provider_usage.c.provider)
    )
    return {
        provider: Usage(int(calls), int(errors), int(size), float(credits_), float(cost))
        for provider, calls, errors, size, credits_, cost in rows
    }


def usage_by_day(conn: Connection, first: date, last: date) -> list[tuple[date, str, Usage]]:
    """Counters from one day to another, newest first."""
    rows = conn.execute(
        select(provider_usage)
        .where(provider_usage.c.day.between(first, last))
        .order_by(provider_usage.c.day.desc(), provider_usage.c.provider)
    )
    return [(row.day, row.provider, Usage(row.calls, row.errors, row.bytes, row.credits, row.cost)) for row in rows]
