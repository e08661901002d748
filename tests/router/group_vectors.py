"""Writes group_vectors.json anew: `python -m tests.router.group_vectors`. Always the same visitors.

The group of each visitor at each percentage of a rollout, by the definition and not by the router's code: the canary
has the lowest buckets, the baseline as many of the highest ones, and above 50 % all that the canary leaves.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from router.model.assignment import BUCKETS, bucket

FILE = Path(__file__).with_name("group_vectors.json")
RELEASE, HOLDOUT = "2026-11", "2026-h2"
PERCENTS = ("0", "0.01", "1", "5", "12.5", "49.99", "50", "50.01", "75", "99.99", "100")
EDGES = (0, 1, 99, 100, 499, 500, 1_249, 1_250, 4_998, 4_999, 5_000, 5_001, 7_499, 7_500, 8_750, 9_499, 9_500)
LAST_EDGES = (9_899, 9_900, 9_998, 9_999)
MOST = 400_000


def visitors() -> list[str]:
    """One for each bucket at an edge, and some from anywhere."""
    wanted = {*EDGES, *LAST_EDGES}
    found: dict[int, str] = {}
    for number in range(MOST):
        name = f"visitor-{number}"
        found.setdefault(bucket(RELEASE, name), name)
        if wanted <= found.keys():
            break
    return [found[number] for number in sorted(wanted)] + [f"anybody-{number}" for number in range(6)]


def group_at(number: int, percent: str) -> str:
    """The group by the definition."""
    size = int(Decimal(percent) * 100)
    if number in range(size):
        return "canary"
    return "baseline" if number in range(max(size, BUCKETS - size), BUCKETS) else "stable"


def text() -> str:
    """A visitor in a line."""
    rows = {
        visitor: {
            "bucket": bucket(RELEASE, visitor),
            "holdoutBucket": bucket(f"holdout\0{HOLDOUT}", visitor),
            "groups": {percent: group_at(bucket(RELEASE, visitor), percent) for percent in PERCENTS},
        }
        for visitor in visitors()
    }
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
