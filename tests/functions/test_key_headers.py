"""The headers of the key that a cache policy has no room for: one hash, which no viewer can choose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.deployed import Deployed
from tests.functions.events import viewer_request

KEYED = [f"x-{number}" for number in range(12)]
SECTIONS: dict[str, dict[str, Any]] = {
    "cookie-version": {"cookieVersion": {"caching": "versioned"}},
    "tier": {"tier": {"tiers": {"premium": {"domainName": "p.example.com"}}}},
    "fastest-origin": {},
}


@pytest.fixture(params=SECTIONS)
def function(request: pytest.FixtureRequest) -> Deployed:
    return Deployed(request.param, **SECTIONS[request.param], keyHeaders=KEYED)


def key_of(function: Deployed, headers: dict[str, Any], **event: str) -> str:
    return function.run(viewer_request(headers=headers, **event)).result["headers"]["x-router-key"]["value"]


def test_what_differs_in_any_of_them_has_another_key(function: Deployed) -> None:
    requests: list[dict[str, Any]] = [
        {},
        {"x-0": ""},
        {"x-0": "null"},
        {"x-0": "a"},
        {"x-1": "a"},
        {"x-0": "a", "x-1": "a"},
        {"x-0": ["a", "b"]},
        {"x-0": "a, b"},
        {"x-0": 'a"}, {"value": "b'},
        {"x-11": "é"},
    ]
    assert len({key_of(function, headers) for headers in requests}) == len(requests)


def test_what_is_none_of_them_makes_no_difference_and_the_key_cannot_be_chosen(function: Deployed) -> None:
    plain = key_of(function, {"x-3": "a"})
    assert len(plain) == 64
    assert key_of(function, {"x-3": "a", "x-router-key": "0" * 64, "foo": "bar"}, request_id="another") == plain


def test_they_reach_the_origin(function: Deployed) -> None:
    headers = function.run(viewer_request(headers={"x-3": ["a", "b"], "foo": "bar"})).result["headers"]
    assert [value["value"] for value in headers["x-3"]["multiValue"]] == ["a", "b"]


def test_without_such_headers_there_is_no_key_of_ours() -> None:
    function = Deployed("cookie-version", **SECTIONS["cookie-version"])
    assert "x-router-key" not in function.run(viewer_request()).result["headers"]
    assert "x-router-key" not in function.code


@pytest.mark.parametrize("strategy", ["cookie-version", "tier"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_a_read_has_no_condition_whose_refusal_could_be_kept(strategy: str, method: str) -> None:
    function = Deployed(strategy, **SECTIONS[strategy])
    event = viewer_request(headers={"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"})
    event["request"]["method"] = method
    assert ("if-unmodified-since" in function.run(event).result["headers"]) is (method == "PUT")
