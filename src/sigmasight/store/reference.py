"""Factor definitions at rest, and the audit log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.factors import FactorDefinition, FactorProxy
from sigmasight.store.tables import audit_log, factor_definitions, factor_proxies


def add_factors(conn: Connection, factors: Sequence[FactorDefinition]) -> None:
    """Add factor definitions and proxies that are not there; what an operator changed stays."""
    rows = [
        {"name": f.name, "display_order": f.display_order, "active": f.active, "description": f.description}
        for f in factors
    ]
    conn.execute(upsert(factor_definitions).on_conflict_do_nothing(), rows)
    proxies = [
        {"factor": f.name, "symbol": proxy.symbol, "valid_from": proxy.valid_from, "valid_to": proxy.valid_to}
        for f in factors
        for proxy in f.proxies
    ]
    conn.execute(upsert(factor_proxies).on_conflict_do_nothing(), proxies)


def load_factors(conn: Connection) -> tuple[FactorDefinition, ...]:
    """All factor definitions in display order."""
    proxies: dict[str, list[FactorProxy]] = {}
    for row in conn.execute(select(factor_proxies).order_by(factor_proxies.c.factor, factor_proxies.c.valid_from)):
        proxies.setdefault(row.factor, []).append(FactorProxy(row.symbol, row.valid_from, row.valid_to))
    rows = conn.execute(select(factor_definitions).order_by(factor_definitions.c.display_order))
    return tuple(
        FactorDefinition(
            row.name, row.display_order, row.active, tuple(proxies.get(row.name, ())), description=row.description
        )
        for row in rows
    )


def proxies_between(conn: Connection, first: date, last: date) -> tuple[str, ...]:
    """Symbols of the funds that stand for the active factors on any day of a range."""
    query = (
        select(factor_proxies.c.symbol)
        .join(factor_definitions, factor_definitions.c.name == factor_proxies.c.factor)
        .where(
            factor_definitions.c.active,
            factor_proxies.c.valid_from <= last,
            or_(factor_proxies.c.valid_to.is_(None), factor_proxies.c.valid_to > first),
        )
        .order_by(factor_definitions.c.display_order, factor_proxies.c.valid_from)
    )
    return tuple(dict.fromkeys(conn.execute(query).scalars()))


def write_audit(
    conn: Connection, *, user_id: UUID | None, portfolio_id: UUID | None, action: str, detail: Mapping[str, object]
) -> None:
    """Write down who changed what."""
    values = {"user_id": user_id, "portfolio_id": portfolio_id, "action": action, "detail": dict(detail)}
    conn.execute(insert(audit_log).values(values))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log."""

    id: int
    at: datetime
    user_id: UUID | None  # who did it; None: the command line, or somebody who is gone
    portfolio_id: UUID | None
    action: str
    detail: Mapping[str, object]


def load_audit(conn: Connection, *, before: int | None, limit: int) -> list[AuditEntry]:
    """The audit log, newest first, from an entry on."""
    query = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    rows = conn.execute(query if before is None else query.where(audit_log.c.id < before))
    return [AuditEntry(row.id, row.at, row.user_id, row.portfolio_id, row.action, row.detail) for row in rows]
