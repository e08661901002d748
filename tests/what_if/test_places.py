"""Places of logs, as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from what_if.s3 import S3Objects, is_in_s3


class Bucket:
    """A client of S3 that lists one object, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, str] = {}

    def get_paginator(self, _name: str) -> Bucket:
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        self.asked = asked
        return [{"Contents": [{"Key": "logs/a.gz", "Size": 1}]}]


@pytest.mark.parametrize("place", ["s3://Bucket/logs/", "S3://Bucket/logs/"])
def test_the_scheme_of_a_place_in_s3_has_any_case(place: str) -> None:
    bucket = Bucket()
    assert is_in_s3(place)
    assert [entry.name for entry in S3Objects(bucket, place).entries] == ["logs/a.gz"]
    assert bucket.asked == {"Bucket": "Bucket", "Prefix": "logs/"}
