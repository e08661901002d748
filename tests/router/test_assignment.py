"""The split: even, monotonic, and the same in every language."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from router.model.assignment import BUCKETS, Assignment, Live, bucket, sha256
from tests.router import bucket_vectors

VECTORS = json.loads(bucket_vectors.FILE.read_text())
KNOWN = [("2026-11", "", 9366), ("2026-11", "abc", 6176), ("2026-11", "é", 81), ("2026-11", "🚀", 8478)]


def test_buckets_match_the_shared_vectors() -> None:
    """tests/functions reads the same file: 10,000 keys under several salts, among them Unicode, empty and long ones.

    `python -m tests.router.bucket_vectors` writes it anew.
    """
    assert sum(map(len, VECTORS.values())) >= 10_000
    differing = [(salt, key) for salt, keys in VECTORS.items() for key in keys if bucket(salt, key) != keys[key]]
    assert differing == []


def test_the_shared_vectors_are_those_that_are_generated() -> None:
    assert bucket_vectors.FILE.read_text() == bucket_vectors.text()


@pytest.mark.parametrize(("salt", "key", "expected"), KNOWN)
def test_buckets_stay_what_they_were_in_the_first_release(salt: str, key: str, expected: int) -> None:
    """Written down by hand, for the file could be generated anew from a changed hash."""
    assert bucket(salt, key) == expected


@given(st.text(), st.text())
def test_every_key_has_a_bucket(salt: str, key: str) -> None:
    assert 0 <= bucket(salt, key) < BUCKETS


def test_salt_and_key_are_kept_apart() -> None:
    assert bucket("ab", "c") != bucket("a", "bc")


@pytest.mark.long_if(r"2026|-(0\.5|1|50)$")
@pytest.mark.parametrize("percent", [0.5, 1, 10, 50])
@pytest.mark.parametrize("release", ["2026-11", "2026-12", "ünï-🚀"])
def test_the_split_over_100_000_visitors_fits_the_percentage(percent: float, release: str) -> None:
    assignment = Assignment(release, percent)
    visitors = 100_000
    canary = sum(assignment.assign(f"visitor-{number}")[0] == "canary" for number in range(visitors))
    expected = visitors * percent / 100
    assert chisquare([canary, visitors - canary], [expected, visitors - expected]).pvalue > 0.001


def test_the_buckets_are_evenly_filled() -> None:
    counts = [0] * 100
    for number in range(100_000):
        counts[bucket("2026-11", f"v{number}") // 100] += 1
    assert chisquare(counts).pvalue > 0.001


@given(
    st.text(max_size=40),
    st.lists(st.decimals(0, 100, places=2).map(float), min_size=2, max_size=6).map(sorted),
)
def test_raising_the_percentage_only_moves_visitors_to_the_canary(key: str, ramp: list[float]) -> None:
    sides = [Assignment("release", percent).assign(key)[0] for percent in ramp]
    assert sides == sorted(sides, key=["stable", "canary"].index)


def test_none_at_zero_and_all_at_a_hundred() -> None:
    for number in range(2_000):
        assert Assignment("r", 0).assign(f"{number}")[0] == "stable"
        assert Assignment("r", 100).assign(f"{number}")[0] == "canary"


def test_a_control_snapshot_assigns_by_its_own_release_and_percentage() -> None:
    assignment = Live(40.0, "none", "2026-11").assignment
    assert (assignment.release, assignment.canary_percent, assignment.release_tag) == ("2026-11", 40.0, "05e01bd6")


@given(st.binary(max_size=300))
def test_the_lean_sha256_is_that_of_hashlib(data: bytes) -> None:
    assert sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()


def test_two_decimals_count() -> None:
    canary = [number for number in range(BUCKETS) if number < round(0.29 * BUCKETS / 100)]
    assert len(canary) == 29


def test_another_release_has_other_early_visitors() -> None:
    def early(release: str) -> set[int]:
        return {number for number in range(20_000) if Assignment(release, 10).assign(f"{number}")[0] == "canary"}

    shared = len(early("2026-11") & early("2026-12"))
    assert 120 < shared < 280, "10 % of 10 % of 20,000 is 200"
