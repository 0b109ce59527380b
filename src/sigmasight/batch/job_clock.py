"""How long the jobs of a night take."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class JobClock:
    """A stopwatch that runs from when it is made, and counts each lap as some job's."""

    seconds: dict[str, float] = field(default_factory=dict)  # by job
    _since: float = field(default_factory=time.perf_counter)

    def lap(self, job: str) -> None:
        """Count what went by since the last lap."""
        now = time.perf_counter()
        self.seconds[job] = self.seconds.get(job, 0.0) + now - self._since
        self._since = now
