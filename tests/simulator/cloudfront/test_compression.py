"""Compression at the edge."""

import gzip

import pytest

from tests.simulator.cloudfront.fakes import CACHING_DISABLED, CACHING_OPTIMIZED, Reply, World, behavior, state

PAGE = b"<p>hello</p>" * 200


def page(content_type: str = "text/html; charset=utf-8", body: bytes = PAGE, **fields: str) -> Reply:
    headers = {"Content-Type": content_type, "Content-Length": str(len(body)), "ETag": '"1"'} | fields
    return 200, list(headers.items()), body


def world(reply: Reply, **settings: object) -> World:
    used = World(state(default=behavior(**{"compress": True, "cachePolicyId": CACHING_OPTIMIZED} | settings)))
    used.origin.reply = lambda _: reply
    return used


def test_page_is_compressed_for_viewers_that_take_gzip_and_kept_for_each_kind() -> None:
    used = world(page())
    for x_cache in ("Miss from cloudfront", "Hit from cloudfront"):
        answer = used.get("/a", {"Accept-Encoding": "gzip"})
        assert answer.headers.get("x-cache") == x_cache
        assert gzip.decompress(answer.body) == PAGE
        assert answer.headers.all("content-length") == [str(len(answer.body))]
        assert (answer.headers.get("content-encoding"), answer.headers.get("etag")) == ("gzip", 'W/"1"')
    assert used.get("/a").body == PAGE


@pytest.mark.parametrize(
    "reply",
    [
        page("image/png"),
        page(body=b"x" * 999),
        page(**{"Content-Encoding": "br"}),
        (200, [("Content-Type", "text/html")], PAGE),
        (500, page()[1], PAGE),
    ],
)
def test_object_that_does_not_qualify_stays_as_it_is(reply: Reply) -> None:
    assert world(reply).get("/a", {"Accept-Encoding": "gzip"}).body == reply[2]


@pytest.mark.parametrize("settings", [{"compress": False}, {"cachePolicyId": CACHING_DISABLED}])
def test_behavior_that_does_not_ask_for_it_leaves_the_object_as_it_is(settings: dict[str, object]) -> None:
    assert world(page(), **settings).get("/a", {"Accept-Encoding": "gzip"}).body == PAGE
