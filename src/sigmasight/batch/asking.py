"""Send requests one after the other, each answer saved in a transaction of its own."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import structlog

from sigmasight.market.checks import RefusedRow
from sigmasight.market.meters import grown
from sigmasight.market.requests import ChainRequest, Request
from sigmasight.services.market_plan import Universe
from sigmasight.services.market_sources import Failure, Sources, fetch
from sigmasight.services.market_sync import store_answers
from sigmasight.store.database import Connection, Database
from sigmasight.store.provider_usage import add_usage

_SHOWN = 20

_log = structlog.get_logger()


@dataclass(slots=True)
class Asked:
    """What became of some requests."""

    requests: int = 0
    refused: int = 0  # rows, at the door
    errors: list[Mapping[str, str]] = field(default_factory=list)  # providers that failed, and how; what was refused


def ask_all(
    db: Database,
    universe: Universe,
    requests: Sequence[Request],
    sources: Sources,
    *,
    guard: Callable[[Connection], None],
    progress: Callable[[int, int], None],
) -> Asked:
    """Ask and store; a provider that fails is named and stops nothing.

    Args:
        db: Where to.
        universe: What the requests are about.
        requests: In the order in which to ask.
        sources: Whom to ask. What they counted is stored with each answer.
        guard: Called first in each transaction; raises where it may not be saved.
        progress: Told how many requests are done, and how many there are.
    """
    asked, failures, refused = Asked(), list[Failure](), list[RefusedRow]()
    for at, request in enumerate(requests):
        progress(at, len(requests))
        answers, failed = fetch(request, sources)
        with db.write() as conn:
            guard(conn)
            rows = store_answers(conn, universe, request, answers, failed)
            add_usage(conn, sources.today or universe.as_of, grown(sources.meters))
        asked.requests += 1
        asked.refused += len(rows)
        failures += failed
        refused += _of_interest(universe, request, rows)
    asked.errors += [*_failed(universe, failures), *_refused(universe, refused)]
    return asked


def _of_interest(universe: Universe, request: Request, rows: Iterable[RefusedRow]) -> Iterable[RefusedRow]:
    """Of a chain, which lists hundreds, what is about the contracts at hand."""
    if not isinstance(request, ChainRequest):
        return rows
    at_hand = {contract.symbol for contract in universe.contracts}
    return [row for row in rows if row.symbol in at_hand]


def _failed(universe: Universe, failures: Iterable[Failure]) -> Iterable[Mapping[str, str]]:
    """Each failing provider's words, and of what it had nothing because of them."""
    subjects: dict[tuple[str, str], list[str]] = {}
    for failure in failures:
        subjects.setdefault((failure.provider, failure.said), []).extend(failure.subjects)
    for (provider, said), found in subjects.items():
        _log.warning("provider failed", provider=provider, said=said, times=len(found))
        yield {"market": universe.market, "provider": provider, "reason": said, "of": _listed(dict.fromkeys(found))}


def _refused(universe: Universe, rows: Iterable[RefusedRow]) -> Iterable[Mapping[str, str]]:
    """What rows were refused of, and the first one's reason."""
    refused: dict[str, list[RefusedRow]] = {}
    for row in rows:
        refused.setdefault(row.symbol, []).append(row)
    for symbol, found in refused.items():
        reason = f"{found[0].field} refused: {found[0].why}"
        yield {"market": universe.market, "symbol": symbol, "reason": reason, "rows": str(len(found))}


def _listed(subjects: Collection[str]) -> str:
    more = len(subjects) - _SHOWN
    return ", ".join([*islice(subjects, _SHOWN), *([f"{more} more"] if more > 0 else [])])
