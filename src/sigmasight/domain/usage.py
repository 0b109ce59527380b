"""What asking a provider cost."""

from dataclasses import dataclass, replace


@dataclass(slots=True)
class Usage:
    """Counters, which grow."""

    calls: int = 0
    errors: int = 0
    bytes: int = 0
    credits: float = 0.0
    cost: float = 0.0  # USD

    def since(self, earlier: "Usage") -> "Usage":
        """What was added to some earlier counters."""
        return Usage(
            self.calls - earlier.calls,
            self.errors - earlier.errors,
            self.bytes - earlier.bytes,
            self.credits - earlier.credits,
            self.cost - earlier.cost,
        )

    def copied(self) -> "Usage":
        """These counters, as they are now."""
        return replace(self)
