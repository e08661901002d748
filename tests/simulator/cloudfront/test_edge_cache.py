"""Hits, misses, refreshes, errors: what the cache does to answers."""

import asyncio

import pytest

from tests.simulator.cloudfront.fakes import (
    ALL_VIEWER,
    CACHING_DISABLED,
    FakeOrigin,
    Received,
    Reply,
    World,
    behavior,
    cache_policy,
    custom_origin,
    replies,
    state,
    with_header,
)


def x_cache(world: World, *arguments: object, **settings: object) -> str:
    return world.get(*arguments, **settings).headers.get("x-cache") or ""  # type: ignore[arg-type]


def test_second_request_is_a_hit_with_an_age() -> None:
    world = World()
    first = world.get("/a")
    world.clock.now += 30
    second = world.get("/a")
    assert (first.headers.get("x-cache"), first.headers.get("age")) == ("Miss from cloudfront", None)
    assert (second.headers.get("x-cache"), second.headers.get("age")) == ("Hit from cloudfront", "30")
    assert second.body == b"hello"
    assert len(world.origin.received) == 1


def test_object_is_asked_for_again_after_its_ttl() -> None:
    world = World()
    world.get("/a")
    world.clock.now += 60
    assert x_cache(world, "/a") == "Miss from cloudfront"


def test_answer_names_the_edge() -> None:
    headers = World().get("/", region="eu-west-1").headers
    assert headers.get("x-amz-cf-pop") == "DUB56-C1"
    assert headers.get("x-amz-cf-id") == "request-id=="
    assert (headers.get("via") or "").startswith("1.1 ")
    assert headers.get("date") == "Tue, 14 Nov 2023 22:13:20 GMT"
    assert headers.get("content-length") == "5"


def test_regions_do_not_share_objects() -> None:
    world = World()
    world.get("/a", region="us-east-1")
    assert x_cache(world, "/a", region="eu-west-1") == "Miss from cloudfront"


def test_post_is_never_kept_and_options_only_where_configured() -> None:
    world = World()
    for method in ("POST", "OPTIONS"):
        assert [x_cache(world, "/a", method=method) for _ in range(2)] == ["Miss from cloudfront"] * 2
    caching = World(state(default=behavior(cachedMethods=["GET", "HEAD", "OPTIONS"])))
    assert [x_cache(caching, "/a", method="OPTIONS") for _ in range(2)] == [
        "Miss from cloudfront",
        "Hit from cloudfront",
    ]


def test_head_is_served_from_the_object_of_get() -> None:
    world = World()
    world.get("/a")
    answer = world.get("/a", method="HEAD")
    assert (answer.body, answer.headers.get("content-length")) == (b"", "5")
    assert answer.headers.get("x-cache") == "Hit from cloudfront"


def test_head_that_misses_does_not_become_the_object_of_get() -> None:
    world = World()
    world.origin.reply = lambda got: (200, [("Content-Length", "5")], b"" if got.method == "HEAD" else b"hello")
    head = world.get("/a", method="HEAD")
    assert head.headers.get("content-length") == "5"
    assert world.get("/a").body == b"hello"


def forwards_cookies(**settings: object) -> World:
    policy = cache_policy(cookies=("whitelist", ["session"]), **settings)
    return World(state(policy))


def test_set_cookie_is_kept_and_replayed_to_other_viewers() -> None:
    world = forwards_cookies()
    world.origin.reply = replies(
        (200, [("Set-Cookie", "session=of-the-first-viewer")], b""), (200, [("Set-Cookie", "session=other")], b"")
    )
    world.get("/a")
    assert world.get("/a").headers.all("set-cookie") == ["session=of-the-first-viewer"]


def test_no_cache_set_cookie_keeps_the_object_without_it() -> None:
    world = forwards_cookies()
    world.origin.reply = lambda _: (
        200,
        [("Set-Cookie", "session=1"), ("Cache-Control", 'no-cache="Set-Cookie"')],
        b"x",
    )
    first, second = world.get("/a"), world.get("/a")
    assert first.headers.all("set-cookie") == ["session=1"]
    assert second.headers.all("set-cookie") == []
    assert second.headers.get("x-cache") == "Hit from cloudfront"


@pytest.mark.parametrize("directive", ["no-store", "private", "no-cache"])
def test_origin_can_forbid_keeping_unless_the_minimum_ttl_is_above_zero(directive: str) -> None:
    for min_ttl, second in ((0, "Miss from cloudfront"), (5, "Hit from cloudfront")):
        world = World(state(cache_policy(minTtl=min_ttl)))
        world.origin.reply = with_header("Cache-Control", directive)
        world.get("/a")
        assert x_cache(world, "/a") == second


def test_caching_disabled_asks_the_origin_every_time() -> None:
    world = World(state(default=behavior(cachePolicyId=CACHING_DISABLED)))
    world.origin.reply = with_header("Cache-Control", "max-age=100")
    world.get("/a")
    assert x_cache(world, "/a") == "Miss from cloudfront"


def test_expired_object_is_refreshed_with_its_validators() -> None:
    world = World()
    fresh: Reply = (
        200,
        [("ETag", '"1"'), ("Last-Modified", "Tue, 14 Nov 2023 22:00:00 GMT"), ("X-Build", "1")],
        b"body",
    )
    world.origin.reply = replies(fresh, (304, [("ETag", '"1"'), ("X-Build", "2")], b""))
    world.get("/a")
    world.clock.now += 61
    answer = world.get("/a")
    assert world.origin.received[1].headers.get("if-none-match") == '"1"'
    assert world.origin.received[1].headers.get("if-modified-since") == "Tue, 14 Nov 2023 22:00:00 GMT"
    assert (answer.status, answer.body, answer.headers.get("x-build")) == (200, b"body", "2")
    assert answer.headers.get("x-cache") == "RefreshHit from cloudfront"
    assert x_cache(world, "/a") == "Hit from cloudfront"


def test_expired_object_is_not_refreshed_where_cookies_are_forwarded() -> None:
    world = forwards_cookies()
    world.origin.reply = with_header("ETag", '"1"')
    world.get("/a")
    world.clock.now += 61
    assert x_cache(world, "/a") == "Miss from cloudfront"
    assert "if-none-match" not in world.origin.received[1].headers


def test_viewers_condition_is_answered_from_the_cache() -> None:
    world = World()
    world.origin.reply = with_header("ETag", '"1"')
    world.get("/a")
    answer = world.get("/a", {"If-None-Match": 'W/"1"'})
    assert (answer.status, answer.body) == (304, b"")
    assert world.get("/a", {"If-None-Match": '"2"'}).status == 200


@pytest.mark.parametrize(
    ("asked", "status", "content_range", "body"),
    [
        ("bytes=1-2", 206, "bytes 1-2/5", b"el"),
        ("bytes=-2", 206, "bytes 3-4/5", b"lo"),
        ("bytes=3-", 206, "bytes 3-4/5", b"lo"),
        ("bytes=9-", 416, "bytes */5", b""),
        ("bytes=3-1", 200, None, b"hello"),
        ("bytes=0-0,2-3", 200, None, b"hello"),
    ],
)
def test_range_is_cut_from_a_kept_object(asked: str, status: int, content_range: str | None, body: bytes) -> None:
    world = World()
    world.get("/a")
    answer = world.get("/a", {"Range": asked})
    assert (answer.status, answer.headers.get("content-range"), answer.body) == (status, content_range, body)
    assert len(world.origin.received) == 1


def test_errors_are_kept_for_ten_seconds_even_where_caching_is_disabled() -> None:
    world = World(state(default=behavior(cachePolicyId=CACHING_DISABLED)))
    world.origin.reply = lambda _: (500, [], b"broken")
    assert x_cache(world, "/a") == "Error from cloudfront"
    world.clock.now += 9
    answer = world.get("/a")
    assert (answer.status, answer.body, answer.headers.get("age")) == (500, b"broken", "9")
    world.clock.now += 1
    world.get("/a")
    assert len(world.origin.received) == 2


def test_error_caching_minimum_can_be_zero() -> None:
    world = World(state(customErrorResponses=[{"errorCode": 500, "errorCachingMinTtl": 0}]))
    world.origin.reply = lambda _: (500, [], b"")
    world.get("/a")
    world.get("/a")
    assert len(world.origin.received) == 2


def test_expired_object_is_served_while_the_origin_fails() -> None:
    world = World()
    world.origin.reply = replies((200, [], b"good"), (503, [], b"bad"))
    world.get("/a")
    world.clock.now += 61
    assert world.get("/a").body == b"good"
    world.clock.now += 5
    assert world.get("/a").body == b"good"
    assert len(world.origin.received) == 2


def test_stale_if_error_zero_forbids_that() -> None:
    world = World()
    world.origin.reply = replies((200, [("Cache-Control", "max-age=60, stale-if-error=0")], b"good"), (503, [], b"bad"))
    world.get("/a")
    world.clock.now += 61
    assert (world.get("/a").status, world.get("/a").body) == (503, b"bad")


def test_stale_if_error_ends_after_its_seconds() -> None:
    world = World()
    kept = (200, [("Cache-Control", "max-age=60, stale-if-error=30")], b"good")
    world.origin.reply = replies(kept, (503, [], b"bad"), (503, [], b"bad"))
    world.get("/a")
    world.clock.now += 89
    assert world.get("/a").body == b"good"
    world.clock.now += 10
    assert (world.get("/a").status, len(world.origin.received)) == (503, 3)


@pytest.mark.parametrize(("max_ttl", "until"), [(3_600, 30), (10, 10)])
def test_an_expired_object_is_served_while_it_is_revalidated(max_ttl: int, until: int) -> None:
    world = World(state(cache_policy(maxTtl=max_ttl)))
    kept = [("Cache-Control", "max-age=20, stale-while-revalidate=30")]

    async def bodies() -> list[bytes]:
        found = []
        for seconds in (0, min(20, max_ttl), 0, 0):
            world.clock.now += seconds
            found.append((await world.ask("/a")).body)
            await asyncio.sleep(0.01)
        return found

    world.origin.reply = replies((200, kept, b"first"), (200, kept, b"second"))
    assert asyncio.run(bodies()) == [b"first", b"first", b"second", b"second"]
    world.origin.reply = replies((200, kept, b"third"))
    world.clock.now += min(20, max_ttl) + until
    assert world.get("/a").body == b"third"


def test_stale_if_error_ends_though_errors_are_kept_for_longer() -> None:
    world = World(state(customErrorResponses=[{"errorCode": 503, "errorCachingMinTtl": 300}]))
    kept = (200, [("Cache-Control", "max-age=60, stale-if-error=5")], b"good")
    world.origin.reply = replies(kept, (503, [], b"bad"))
    world.get("/a")
    world.clock.now += 61
    assert world.get("/a").body == b"good"
    world.clock.now += 4
    assert world.get("/a").status == 503


@pytest.mark.parametrize("validator", [[], [("ETag", '"1"')]], ids=["without a validator", "with one"])
def test_a_response_that_is_stale_at_once_is_served_while_it_is_revalidated(validator: list[tuple[str, str]]) -> None:
    world = World()
    kept = [("Cache-Control", "max-age=0, stale-while-revalidate=60"), *validator]
    world.origin.reply = replies((200, kept, b"first"), (200, kept, b"second"))

    async def bodies() -> list[bytes]:
        found = []
        for _ in range(3):
            found.append((await world.ask("/a")).body)
            await asyncio.sleep(0.01)
            world.clock.now += 5
        return found

    assert asyncio.run(bodies()) == [b"first", b"first", b"second"]


@pytest.mark.parametrize("directive", ["no-cache", "private", "max-age=1, must-revalidate"])
def test_what_may_not_be_stale_is_not_served_while_it_is_revalidated(directive: str) -> None:
    world = World(state(cache_policy(minTtl=1)))
    kept = [("Cache-Control", f"{directive}, stale-while-revalidate=60")]
    world.origin.reply = replies((200, kept, b"first"), (200, kept, b"second"))
    world.get("/a")
    world.clock.now += 2
    assert world.get("/a").body == b"second"


def test_an_invalidation_during_a_revalidation_leaves_nothing_of_it() -> None:
    world = World()
    kept = [("Cache-Control", "max-age=20, stale-while-revalidate=30")]
    world.origin.reply = replies((200, kept, b"first"))

    def second(_: Received) -> Reply:
        world.edge.invalidate("/*")
        world.origin.reply = replies((200, kept, b"third"))
        return 200, kept, b"second"

    async def visit() -> bytes:
        await world.ask("/a")
        world.clock.now += 20
        world.origin.reply = second
        await world.ask("/a")
        await asyncio.sleep(0.01)
        return (await world.ask("/a")).body

    assert asyncio.run(visit()) == b"third"


def test_a_revalidation_ends_with_the_edge() -> None:
    world = World()
    kept = [("Cache-Control", "max-age=20, stale-while-revalidate=30")]
    world.origin.reply = replies((200, kept, b"first"))

    async def visit() -> int:
        await world.ask("/a")
        world.clock.now += 20
        await world.ask("/a")
        await world.edge.close()
        return len(asyncio.all_tasks())

    assert asyncio.run(visit()) == 1


def test_a_revalidation_has_an_id_of_its_own_that_ends_with_it() -> None:
    ids = iter("abc")
    world, ends = World(request_id=lambda: next(ids)), list[str]()
    world.edge._on_end = ends.append
    kept = [("Cache-Control", "max-age=20, stale-while-revalidate=30")]
    world.origin.reply = replies((200, kept, b"first"))

    async def visit() -> list[str]:
        await world.ask("/a")
        world.clock.now += 20
        await world.ask("/a")
        before = list(ends)
        await asyncio.sleep(0.01)
        return before

    assert (asyncio.run(visit()), ends) == (["a", "b"], ["a", "b", "c"])


def test_404_of_the_origin_replaces_an_expired_object() -> None:
    world = World()
    world.origin.reply = replies((200, [], b"good"), (404, [], b"gone"))
    world.get("/a")
    world.clock.now += 61
    assert world.get("/a").status == 404


ERROR_PAGES = [
    {"errorCode": 503, "responseCode": 200, "responsePagePath": "/errors/sorry.html", "errorCachingMinTtl": 30},
    {"errorCode": 404, "responseCode": 404, "responsePagePath": "/errors/sorry.html"},
]


def with_error_pages(page: Reply) -> World:
    ordered = [behavior(pathPattern="/errors/*", targetOriginId="pages")]
    origins = [custom_origin(), custom_origin("pages", "v2.example.com")]
    world = World(state(orderedCacheBehaviors=ordered, origins=origins, customErrorResponses=ERROR_PAGES))
    world.origin.reply = lambda got: page if got.base_url == "http://canary" else (503, [], b"raw error")
    return world


def test_custom_error_page_comes_from_the_behavior_of_its_path() -> None:
    world = with_error_pages((200, [("Content-Type", "text/html")], b"sorry"))
    answer = world.get("/a")
    assert (answer.status, answer.body, answer.headers.get("content-type")) == (200, b"sorry", "text/html")
    assert answer.headers.get("x-cache") == "Error from cloudfront"
    world.clock.now += 29
    assert world.get("/a").body == b"sorry"
    assert [got.target for got in world.origin.received] == ["/a", "/errors/sorry.html"]


def test_an_error_page_that_is_missing_itself_keeps_nobody_waiting() -> None:
    pages = [{"errorCode": code, "responseCode": 200, "responsePagePath": f"/{code}.html"} for code in (404, 500)]
    world = World(state(customErrorResponses=pages))
    world.origin.reply = lambda got: (500 if got.target == "/404.html" else 404, [], b"")

    async def statuses() -> list[int]:
        asked = [world.ask(target) for target in ("/404.html", "/500.html", "/any")]
        return [answer.status for answer in await asyncio.wait_for(asyncio.gather(*asked), 5)]

    assert asyncio.run(statuses()) == [404, 500, 500]


def test_missing_error_page_gives_the_status_that_came_for_it() -> None:
    answer = with_error_pages((404, [], b"no page")).get("/a")
    assert (answer.status, answer.body) == (404, b"no page")


def test_unreachable_origin_has_its_error_page_too() -> None:
    pages = [{"errorCode": 502, "responseCode": 503, "responsePagePath": "/errors/sorry.html"}]
    ordered = [behavior(pathPattern="/errors/*", targetOriginId="pages")]
    origins = [custom_origin(), custom_origin("pages", "v2.example.com")]
    deployed = state(orderedCacheBehaviors=ordered, origins=origins, customErrorResponses=pages)
    world = World(deployed, {"v2.example.com": "http://canary"})
    assert (world.get("/a").status, world.get("/a").body) == (503, b"hello")


def test_default_root_object_is_served_for_the_root() -> None:
    world = World(state(defaultRootObject="index.html"))
    world.get("/")
    world.get("/sub/")
    assert [got.target for got in world.origin.received] == ["/index.html", "/sub/"]


def simultaneous(world: World, count: int = 5) -> FakeOrigin:
    async def scenario() -> None:
        world.origin.gate = asyncio.Event()
        asked = [asyncio.create_task(world.ask("/a")) for _ in range(count)]
        await asyncio.sleep(0.01)
        world.origin.gate.set()
        await asyncio.gather(*asked)

    asyncio.run(scenario())
    return world.origin


def test_simultaneous_misses_are_collapsed_into_one_origin_request() -> None:
    assert len(simultaneous(World()).received) == 1


def test_misses_are_not_collapsed_where_cookies_are_forwarded_or_nothing_is_kept() -> None:
    assert len(simultaneous(forwards_cookies()).received) == 5
    private = World()
    private.origin.reply = with_header("Cache-Control", "private")
    assert len(simultaneous(private).received) == 5


def test_invalidation_drops_matching_objects_in_all_regions() -> None:
    world = World()
    for region in ("us-east-1", "eu-west-1"):
        world.get("/a/1", region=region)
        world.get("/b", region=region)
    assert world.edge.invalidate("/a/*") == 2
    assert x_cache(world, "/a/1") == "Miss from cloudfront"
    assert x_cache(world, "/b") == "Hit from cloudfront"
    assert world.edge.invalidate("/*") == 3


def test_query_hazard_is_visible_one_viewers_answer_goes_to_another() -> None:
    """AllViewer forwards the query, the key leaves it out: the object of the first viewer serves all."""
    world = World(state(cache_policy(), default=behavior(originRequestPolicyId=ALL_VIEWER)))
    world.origin.reply = echo_target
    world.get("/a?user=1")
    assert world.get("/a?user=2").body == b"/a?user=1"


def echo_target(got: Received) -> Reply:
    return (200, [], got.target.encode())
