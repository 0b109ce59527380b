"""Before numpy is there: tests work with one thread, as the command does, so that both make the same bits."""

import sys
from collections.abc import Iterator

import pytest

from sigmasight.wiring.threads import use_one_thread

use_one_thread()

pytest_plugins = ("postgres.api.desks",)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Measure coverage on worked examples only: laws and oracles run the same lines again, thousands of times.

    What is covered is the more certain for it: a line counts if somebody has thought of an example that runs it.
    """
    measured = sys.gettrace()
    if item.config.pluginmanager.hasplugin("_cov") and is_law(item):
        sys.settrace(None)
    yield
    sys.settrace(measured)


def is_law(item: pytest.Item) -> bool:
    """Whether it is true of any inputs, or says what somebody else's program says."""
    return item.get_closest_marker("hypothesis") is not None or "oracle" in item.path.parts
