"""What asking a provider cost."""

from dataclasses import dataclass


@dataclass(slots=True)
class Usage:
    """Counters, which grow."""

    calls: int = 0
    errors: int = 0
    bytes: int = 0
    credits: float = 0.0
