"""Which tests `make test` leaves to `make test-long`: further cases of what another test shows, and slow ones."""

from __future__ import annotations

import gc
import re

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

LONG = re.compile(
    r"""
    cli/test_up\.py::(?!test_a_change_of_the_file|test_ctrl_c_ends)
    | cli/test_teardown\.py::.*\[(?!sticky-session)
    | cli/test_(logs|sweep|rollback)\.py::.*\[
    | cli/test_logs\.py::(test_what_is_no_decision|test_every_page)
    | cli/test_rollout\.py::test_a_stack_that_is_up_here_is_meant
    | cli/test_config_check\.py::test_the_shipped_stacks_are_in_order.*-(local|staging)\]
    | cli/test_bundle\.py::test_commands_without_a_server.*arguments1
    | e2e/test_(rollouts|live_control)\.py::(?!test_a_good_version|test_a_bad_version|test_a_new_percentage)
    | e2e/test_(cached_canary|hosts|validator)\.py::
    | e2e/test_(faults|sticky_session)\.py::.*\[(?!slow|garbage|eu-west-1-|canary)
    | fuzz/test_functions\.py::.*\[(?!canary|tier)
    | infra/test_least_privilege\.py::test_(the_table_has_no_right|every_reason_for_a_star)
    | (infra|cache_check)/(?!test_program\.py).*\[.*(jwt-iat|fastest-origin|tenant-lookup)
    | infra/test_(destroy|domain|access_logs|least_privilege|program_release|program_functions)
      \.py::.*\[.*\b(local|staging)\b
    | cache_check/test_stacks\.py::.*\[.*\b(local|staging)\b
    | infra/test_(observability|hosts)\.py::.*\[
    | infra/.*::test_(switching_keeps_all_tables|every_behavior_adds).*-(local|staging)\]
    | e2e/test_front\.py::.*\[(?!cookie-version|tier)
    | deployment/test_deployment\.py::test_(instances_begin|pairs_that|what_the_edge|a_package_that|.*_writes_nothing)
    """,
    re.VERBOSE,
)


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
    for item in items:
        if LONG.search(item.nodeid):
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they import stay to the end: no collection needs to look at them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
