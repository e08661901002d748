"""The closest word is the one that a slip of the fingers makes of it."""

from __future__ import annotations

import pytest

from stats.edit_distance import MAX_CHARACTERS, closest, edit_distance

REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1"]


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ("", "", 0),
        ("", "ab", 2),
        ("same", "same", 0),
        ("us-esat-1", "us-east-1", 1),
        ("us-esat-1", "us-west-1", 2),
        ("canari", "canary", 1),
        ("expct", "expect", 1),
        ("kitten", "sitting", 3),
        ("ca", "abc", 3),
    ],
)
def test_swapped_neighbors_count_as_one_edit(first: str, second: str, distance: int) -> None:
    assert edit_distance(first, second) == edit_distance(second, first) == distance


@pytest.mark.parametrize(
    ("word", "name"),
    [("us-esat-1", "us-east-1"), ("US-EAST-1", "us-east-1"), ("us-wset-2", "us-west-2"), ("moon", ""), ("", "")],
)
def test_the_closest_name_is_that_of_the_fewest_edits(word: str, name: str) -> None:
    assert closest(word, REGIONS) == name


def test_a_name_is_returned_as_it_is_spelled() -> None:
    assert closest("canarypercnt", ["canaryPercent", "release"]) == "canaryPercent"


def test_nothing_is_close_to_a_text_or_among_no_names() -> None:
    assert closest("x" * (MAX_CHARACTERS + 1), ["x" * MAX_CHARACTERS]) == ""
    assert closest("word", []) == ""
