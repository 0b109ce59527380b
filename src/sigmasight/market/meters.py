"""What asking a provider costs: counted as it goes, and told beforehand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sigmasight.domain.usage import Usage
from sigmasight.market.requests import Request


@dataclass(slots=True)
class Meter:
    """One provider's counters, of which it gives each part once, and its prices."""

    provider: str
    usage: Usage  # grows while the provider is asked
    calls_for: Callable[[Request], int]  # that a request takes, had the provider all of it; 0: it has no such data
    credits_per_call: float = 1.0
    cost_per_credit: float = 0.0  # USD
    per_minute: float = 0.0  # calls that its tier allows
    _told: Usage = field(default_factory=Usage)

    def grown(self) -> Usage:
        """What was spent since this was asked last."""
        spent = self.usage.since(self._told)
        self._told = self.usage.copied()
        return spent


def grown(meters: Iterable[Meter]) -> dict[str, Usage]:
    """What each provider spent since this was asked last; absent where nothing."""
    spent = {meter.provider: meter.grown() for meter in meters}
    return {provider: usage for provider, usage in spent.items() if usage.calls}
