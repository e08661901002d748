"""The hash in JavaScript is the one in Python."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from router.model.assignment import bucket
from simulator.cloudfront_functions import FunctionRuntime
from tests.functions.deployed import Deployed
from tests.functions.events import viewer_request
from tests.router.bucket_vectors import FILE

BATCH = 500
HARNESS = "\nfunction handler(event) { return event.pairs.map(function (p) { return bucket(p[0], p[1]); }); }\n"


def runtime() -> FunctionRuntime:
    """bucket() of the deployed code, with a handler that hashes pairs of salt and key."""
    code = Deployed("cookie-version", cookieVersion={"caching": "versioned"}).code
    assert code.count("async function handler(") == 1
    return FunctionRuntime(code.replace("async function handler(", "async function deployed(") + HARNESS)


def buckets(function: FunctionRuntime, pairs: list[tuple[str, str]]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(pairs), BATCH):
        event: dict[str, Any] = {**viewer_request(), "pairs": pairs[start : start + BATCH]}
        run = function.run(event)
        assert run.error is None, run.error_message
        found += run.result
    return found


def test_buckets_match_the_shared_vectors() -> None:
    """The keys that tests/router/test_assignment.py reads too: `python -m tests.router.bucket_vectors` makes them."""
    vectors = json.loads(FILE.read_text())
    pairs = [(salt, key) for salt, keys in vectors.items() for key in keys]
    assert len(pairs) >= 10_000
    assert buckets(runtime(), pairs) == [vectors[salt][key] for salt, key in pairs]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=50, max_size=50))
@settings(max_examples=10, deadline=None)
def test_buckets_of_any_text_are_those_of_python(pairs: list[tuple[str, str]]) -> None:
    assert buckets(runtime(), pairs) == [bucket(salt, key) for salt, key in pairs]
