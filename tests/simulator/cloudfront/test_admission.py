"""Answers that CloudFront gives before it looks at the cache."""

import pytest

from simulator.cloudfront import UnknownRegionError
from tests.simulator.cloudfront.fakes import World, behavior, state


def test_method_that_is_not_allowed_is_a_403() -> None:
    world = World(state(default=behavior(allowedMethods=["GET", "HEAD"])))
    answer = world.get("/", method="POST")
    assert (answer.status, answer.headers.get("x-cache")) == (403, "Error from cloudfront")
    assert b"not configured to allow the HTTP request method POST" in answer.body
    assert world.origin.received == []


def test_get_with_a_body_is_a_403() -> None:
    assert World().get("/", body=b"x").status == 403
    assert World().get("/", method="POST", body=b"x").status == 200


def test_url_of_8192_bytes_passes_and_one_more_is_a_414() -> None:
    path_bytes = 8192 - len("https://d111111abcdef8.cloudfront.net")
    assert World().get("/" + "a" * (path_bytes - 1)).status == 200
    assert World().get("/" + "a" * path_bytes).status == 414
    assert World().get("/?" + "a" * path_bytes).status == 414


def test_headers_over_32768_bytes_are_a_494() -> None:
    assert World().get("/", {"X-Large": "a" * 32_000}).status == 200
    assert World().get("/", {"X-Large": "a" * 32_768}).status == 494


@pytest.mark.parametrize(
    ("policy", "method", "status", "location"),
    [
        ("redirect-to-https", "GET", 301, "https://d111111abcdef8.cloudfront.net/a?x=1"),
        ("redirect-to-https", "POST", 307, "https://d111111abcdef8.cloudfront.net/a?x=1"),
        ("https-only", "GET", 403, None),
        ("allow-all", "GET", 200, None),
    ],
)
def test_http_viewers_meet_the_viewer_protocol_policy(
    policy: str, method: str, status: int, location: str | None
) -> None:
    world = World(state(default=behavior(viewerProtocolPolicy=policy, triggers=["viewer-request", "viewer-response"])))
    answer = world.get("/a?x=1", method=method, is_https=False)
    assert (answer.status, answer.headers.get("location")) == (status, location)
    assert bool(world.functions.calls) == (status == 200)


def test_redirect_says_so_in_x_cache() -> None:
    assert World().get("/", is_https=False).headers.get("x-cache") == "Redirect from cloudfront"


def test_unknown_region_is_named() -> None:
    with pytest.raises(UnknownRegionError) as raised:
        World().get("/", region="eu-west-9")
    assert str(raised.value).startswith('"eu-west-9" is not a Region that runs origin triggers; choose one of us-east-')
