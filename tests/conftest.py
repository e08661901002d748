"""Which tests `make test` leaves to `make test-long`: further cases of what another test shows, and slow ones."""

from __future__ import annotations

import gc
import re

import pytest

LONG = re.compile(
    r"""
    operations/test_up\.py::(?!test_a_change_of_the_file|test_ctrl_c_ends)
    | operations/test_teardown\.py::.*\[(?!sticky-session)
    | operations/test_(logs|sweep|rollback)\.py::.*\[
    | operations/test_logs\.py::(test_what_is_no_decision|test_every_page)
    | e2e/test_(rollouts|live_control)\.py::(?!test_a_good_version|test_a_bad_version|test_a_new_percentage)
    | e2e/test_(cached_canary|hosts|validator)\.py::(?!test_a_canary_of_30_percent)
    | fuzz/test_functions\.py::.*\[(?!canary|tier)
    | infra/test_least_privilege\.py::test_the_table_has_no_right
    | infra/(?!test_program\.py).*\[.*(jwt-iat|fastest-origin|tenant-lookup)
    | infra/test_(destroy|domain|access_logs|cache_leaks_stacks|least_privilege|program_release|program_functions)
      \.py::.*\[.*\b(local|staging)\b
    | infra/test_(observability|hosts)\.py::.*\[
    """,
    re.VERBOSE,
)


GROUPS = {"infra": "program", "delivery": "program", "e2e": "edge"}
"""Folders whose tests share what one process remembers: the states of the stacks, a deployment that is up."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.parent.name
        if folder in GROUPS:
            item.add_marker(pytest.mark.xdist_group(GROUPS[folder]))
        if LONG.search(item.nodeid):
            item.add_marker(pytest.mark.long)


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they import stay to the end: no collection needs to look at them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
