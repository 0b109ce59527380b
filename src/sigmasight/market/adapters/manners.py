"""How fast a vendor may be asked, and when it is left alone: the arithmetic, with time given from outside."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Manners:
    """What a vendor's tier allows, and how patient we are. All of it are settings."""

    capacity: float  # calls that may be made at once
    per_second: float  # calls that come back
    retries: int = 3  # after the first attempt
    first_wait: float = 1.0  # seconds before the first retry, doubled each time, with as much jitter
    longest_wait: float = 60.0  # seconds; a vendor that asks for more has failed
    connect_seconds: float = 5.0
    read_seconds: float = 20.0  # without a byte
    total_seconds: float = 60.0  # of one attempt, however it drips
    largest_bytes: int = 64 * 1024 * 1024
    breaker_failures: int = 5  # calls in a row, their retries among them, after which the vendor is left alone
    breaker_seconds: float = 60.0


@dataclass(slots=True)
class TokenBucket:
    """Calls that come back with time; one waits until it is allowed."""

    capacity: float
    per_second: float
    _level: float = field(init=False)
    _since: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin full.

        Raises:
            ValueError: If nothing fits, or nothing comes back.
        """
        if self.capacity <= 0.0 or self.per_second <= 0.0:
            raise ValueError("a bucket needs a capacity and a refill above 0")
        self._level = self.capacity

    def take(self, cost: float, now: float) -> float:
        """Take credits, which may leave the bucket in debt; returns the seconds to wait before they may be used.

        More than the capacity is allowed: it waits for what does not fit.
        """
        if self._since is not None:
            self._level = min(self.capacity, self._level + max(now - self._since, 0.0) * self.per_second)
        self._since = now
        self._level -= cost
        return max(-self._level, 0.0) / self.per_second


@dataclass(slots=True)
class Breaker:
    """Leaves a vendor alone for a while after several calls in a row have failed; then one call tries again."""

    failures: int
    seconds: float
    _failed: int = field(init=False, default=0)
    _open_until: float | None = field(init=False, default=None)

    def is_open(self, now: float) -> bool:
        """Whether the vendor is to be left alone."""
        return self._open_until is not None and now < self._open_until

    def succeeded(self) -> None:
        """Note a call that was answered."""
        self._failed, self._open_until = 0, None

    def failed(self, now: float) -> None:
        """Note a call that failed, its retries with it."""
        self._failed += 1
        if self._failed >= self.failures:
            self._open_until = now + self.seconds
