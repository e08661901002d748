"""Which tests `make test` leaves to `make test-long`: further cases of what another test shows, and slow ones."""

from __future__ import annotations

import re

import pytest

LONG = re.compile(
    r"""
    operations/test_up\.py::(?!test_a_change_of_the_file|test_ctrl_c_ends)
    | operations/test_teardown\.py::.*\[(?!sticky-session)
    | operations/test_logs\.py::(test_what_is_no_decision|test_every_page)
    | e2e/test_rollouts\.py::(?!test_a_good_version|test_a_bad_version)
    | e2e/test_validator\.py::(?!test_a_canary_of_30_percent)
    | e2e/test_cached_canary\.py
    | e2e/test_hosts\.py::.*\[(?!sticky-session)
    | infra/(?!test_program\.py).*\[.*(jwt-iat|fastest-origin|tenant-lookup).*-(local|staging)\]
    | infra/(?!test_program\.py).*\[(local|staging)-.*(jwt-iat|fastest-origin|tenant-lookup)
    | infra/test_(hosts|domain|access_logs|observability|destroy|program_release)\.py::.*\[.*jwt-iat
    | infra/test_(destroy|domain|access_logs|cache_leaks_stacks|least_privilege|program_release|program_functions)
      \.py::.*\[.*\b(local|staging)\b
    """,
    re.VERBOSE,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if LONG.search(item.nodeid):
            item.add_marker(pytest.mark.long)
