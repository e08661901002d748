"""How tests are spread over processes, and which cases `make test` leaves to `make test-long` (`long`, `long_if`)."""

from __future__ import annotations

import gc
import re

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

SHARED = {"infra": "program", "cache_check": "program", "delivery": "program", "e2e": "edge", "pulumi_cli": "engine"}
"""Folders whose tests use what one process remembers or holds: the states of the stacks, a deployment that is up."""


class ByWhatIsShared(LoadScopeScheduling):
    """Sends such tests to one process and every other test to any."""

    def _split_scope(self, nodeid: str) -> str:
        return SHARED.get(nodeid.split("/")[1], nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByWhatIsShared:
    """pytest-xdist's own groups do not reach pytest 9.2, whose nodes keep their names elsewhere."""
    return ByWhatIsShared(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Add `long` to the cases whose id `long_if` matches."""
    for item in items:
        case = item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""
        if any(re.search(mark.args[0], case) for mark in item.iter_markers("long_if")):
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they import stay to the end: no collection needs to look at them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
