"""What asking a provider cost."""

from dataclasses import dataclass


@dataclass(slots=True)
class Usage:
    """Counters, which grow."""

    calls: int = 0
    errors: int = 0
    bytes: int = 0
    credits: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.calls + other.calls,
            self.errors + other.errors,
            self.bytes + other.bytes,
            self.credits + other.credits,
        )
