"""Send requests one after the other, each answer saved in a transaction of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from sigmasight.market.meters import grown
from sigmasight.market.requests import Request
from sigmasight.services.market_plan import Universe
from sigmasight.services.market_sync import Failure, Sources, fetch, store_answers
from sigmasight.store.database import Connection, Database
from sigmasight.store.provider_usage import add_usage

_log = structlog.get_logger()


@dataclass(slots=True)
class Asked:
    """What became of some requests."""

    requests: int = 0
    refused: int = 0  # rows, at the door
    errors: list[Mapping[str, str]] = field(default_factory=list)  # providers that failed, and how


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
    asked, failures = Asked(), list[Failure]()
    for at, request in enumerate(requests):
        progress(at, len(requests))
        answers, failed = fetch(request, sources)
        with db.write() as conn:
            guard(conn)
            asked.refused += store_answers(conn, universe, request, answers, failed)
            add_usage(conn, sources.today or universe.as_of, grown(sources.meters))
        asked.requests += 1
        failures += failed
    for failure in dict.fromkeys(failures):
        _log.warning("provider failed", provider=failure.provider, said=failure.said, times=failures.count(failure))
        asked.errors.append({"market": universe.market, "provider": failure.provider, "reason": failure.said})
    return asked
