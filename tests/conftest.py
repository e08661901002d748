"""How tests are spread over processes, and which cases `make test` leaves to `make test-long` (`long`, `long_if`)."""

from __future__ import annotations

import gc
import re
from functools import cache

import botocore.hooks
import botocore.loaders
import httpx._transports.default
import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

SHARED = {
    "infra": "program",
    "cache_check": "program",
    "delivery": "program",
    "policy": "program",
    "e2e": "edge",
    "pulumi_cli": "engine",
}
"""Folders whose tests use what one process remembers or holds: the states of the stacks, a deployment that is up."""

gc.disable()
"""Until all tests are collected: what is imported until then stays; looking at it again takes a fifth of the time."""

SLOW = (HealthCheck.too_slow,)
"""No fault of a test: a busy machine draws slowly, and so does one that measures coverage."""
settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=SLOW)
settings.register_profile("thorough", max_examples=300, deadline=None, suppress_health_check=SLOW)
settings.load_profile("quick")


def pytest_configure() -> None:
    """Do once per process what thousands of clients do: read the roots for TLS (30 ms each), read boto3's models
    (100 ms), translate botocore's names of events (5 ms)."""
    default, loader, hooks = httpx._transports.default, botocore.loaders.JSONFileLoader, botocore.hooks.EventAliaser
    default.create_ssl_context = cache(default.create_ssl_context)
    read = cache(lambda path: load(loader(), path))
    load, loader.load_file = loader.load_file, lambda _, path: read(path)
    named = cache(lambda event: alias(hooks(botocore.hooks.HierarchicalEmitter()), event))
    alias, hooks._alias_event_name = hooks._alias_event_name, lambda _, event: named(event)


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
    gc.enable()


def pytest_unconfigure() -> None:
    """Look once for what nobody closed: pytest would look at all that is left twice, the interpreter again."""
    gc.collect()
    gc.freeze()
