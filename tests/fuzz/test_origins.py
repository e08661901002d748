"""Origin groups and private origins: no event makes the router raise, and CloudFront accepts what it returns."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from infra.package.baked_config import baked_config
from router.baked import build_router
from router.failover import ATTEMPT_HEADER
from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request, origin_response
from tests.infra.configs import stack_of

BUCKET = {"bucket": "shop", "region": "eu-west-1", "path": "/v1", "pages": "app"}
ARN = "arn:aws:lambda:us-west-2:123456789012:function:shop"
FUNCTION = {"functionUrl": "abc.lambda-url.us-west-2.on.aws", "functionArn": ARN}
STACKS: dict[str, dict[str, Any]] = {
    "failover": {
        "origins": {"stable": BUCKET, "canary": FUNCTION},
        "failover": {"paths": ["/*"], "to": {"canary": "stable", "stable": "canary"}},
    },
    "versioned": {"origins": {"stable": FUNCTION, "canary": BUCKET}, "cookieVersion": {"caching": "versioned"}},
}
JUNK = (None, 7, "x", [], {}, {"custom": 7}, {"s3": {}}, {"custom": {"customHeaders": {ATTEMPT_HEADER: "x"}}})


def any_event(chance: random.Random) -> dict[str, Any]:
    one = chance.choice
    claimed = one(["X-Amz-Date", "Authorization", ATTEMPT_HEADER, "X-Router-Version"])
    mark = [{"key": ATTEMPT_HEADER, "value": one(["failover", "skew", ""])}]
    body = {"action": "read-only", "inputTruncated": one([True, False])}
    return origin_request(
        method=one(["GET", "POST", "HEAD", "OPTIONS"]),
        uri=one(["/", "/a", "/%ff", "/a.b/c", "//", "/%2e%2E/x", "/%zz"]),
        querystring=one(["", "a=1", "&&=&a", "%zz", "a=%", "q=%e9+x"]),
        cookies=[one(["", "app-version=canary", "x"])],
        headers={claimed: one(["canary", "stable", "failover"])},
        custom_headers=one([{}, {ATTEMPT_HEADER: mark}]),
        body=one([None, body | {"data": one(["", "!", "YQ=="]), "encoding": one(["base64", "text"])}]),
    )


@pytest.mark.parametrize("rounds", [300, pytest.param(20_000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", STACKS)
def test_no_event_is_turned_into_an_error(name: str, rounds: int) -> None:
    router = build_router(json.loads(json.dumps(baked_config(stack_of(**STACKS[name])))), "eu-west-1")
    chance = random.Random(rounds)
    for _ in range(rounds):
        event = any_event(chance)
        before = copy.deepcopy(event)
        assert list(validate_result(before, router.handle(event))) == []
        router.handle(origin_response(before))
        spoiled = chance.choice(["origin", "headers", "body", "uri", "querystring"])
        before["Records"][0]["cf"]["request"][spoiled] = chance.choice(JUNK)
        router.handle(before)
