"""Figures of the pages that follow from the code: the number of Regions, and what there is in each."""

from __future__ import annotations

import re

from infra.config.aws_regions import EDGE_REGIONS

from .pages import read

ALARMS, METRICS, USD_OF_A_METRIC = 3, 12 + 5, 0.3
"""In each Region; the price is CloudWatch's for the first 10,000 metrics."""


def test_the_cost_of_observability_is_that_of_all_regions() -> None:
    count = len(EDGE_REGIONS)
    text = " ".join(read("observability.md").split())
    found = re.search(r"With all (\d+) Regions busy: .*? so about (\d+)\), (\d+) alarms", text)
    assert found
    assert [int(figure) for figure in found.groups()] == [
        count,
        round(count * METRICS * USD_OF_A_METRIC),
        count * ALARMS,
    ]


def test_every_region_has_a_log_group() -> None:
    assert f"| `aws:cloudwatch/logGroup:LogGroup` | {len(EDGE_REGIONS)} |" in read("deploy.md")
