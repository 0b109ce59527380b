"""Works that start together, each in a thread of its own."""

import threading
from collections.abc import Callable


def at_once(*works: Callable[[], object]) -> list[Exception]:
    """Run works in threads that start together; returns what was raised."""
    gate, raised = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        gate.wait()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test looks at all of them
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
