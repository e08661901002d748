"""The edge behind real HTTP: Regions by header and port, sizes, status."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from simulator.cloudfront import (
    Headers,
    PortInUseError,
    UnknownRegionError,
    ViewerRequest,
    ViewerResponse,
    ViewerServer,
    status_app,
    viewer_app,
)
from tests.simulator.cloudfront.fakes import ALL_VIEWER, CACHING_DISABLED, World, behavior, origin_request_policy, state


def world(**settings: Any) -> World:
    default = behavior(cachePolicyId=CACHING_DISABLED, originRequestPolicyId=ALL_VIEWER, **settings)
    return World(state(default=default))


def serve(used: World, scenario: Callable[[ViewerServer, httpx.AsyncClient], Awaitable[Any]], **settings: Any) -> Any:
    async def run() -> Any:
        server = ViewerServer(used.edge, port=0, **settings)
        async with server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=10) as client:
            return await scenario(server, client)

    return asyncio.run(run())


def test_request_crosses_the_edge_over_real_http() -> None:
    used = world()
    used.origin.reply = lambda got: (
        200,
        [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
        got.body,
    )

    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/a%20b//c?x=1&y=%20", content=b"body", headers={"x-app": "1", "cookie": "b=2; a=1"})

    answer = serve(used, scenario)
    got = used.origin.received[0]
    assert (got.method, got.target, got.body) == ("POST", "/a%20b//c?x=1&y=%20", b"body")
    assert got.headers.get("cookie") == "a=1; b=2"
    assert answer.content == b"body"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert answer.headers["x-cache"] == "Miss from cloudfront"
    assert answer.headers.get_list("date") == ["Tue, 14 Nov 2023 22:13:20 GMT"]
    assert "server" not in answer.headers


def test_region_is_chosen_by_header_then_by_port_then_by_default() -> None:
    used = world()

    async def scenario(server: ViewerServer, client: httpx.AsyncClient) -> list[str]:
        own = f"http://127.0.0.1:{server.region_ports['eu-west-1']}/"
        answers = [
            await client.get("/"),
            await client.get(own),
            await client.get(own, headers={"X-Simulate-Region": "ap-southeast-1"}),
        ]
        return [answer.headers["x-amz-cf-pop"][:3] for answer in answers]

    assert serve(used, scenario, region_ports={"eu-west-1": 0}) == ["IAD", "DUB", "SIN"]


def test_unknown_region_is_a_400_that_lists_those_there_are() -> None:
    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/", headers={"x-simulate-region": "mars"})

    answer = serve(world(), scenario)
    assert answer.status_code == 400
    assert answer.text.startswith('x-simulate-region: "mars" is not a Region that runs origin triggers; choose one of ')


def test_headers_of_the_simulation_reach_neither_function_nor_origin() -> None:
    policy = origin_request_policy(headers=("allViewerAndWhitelistCloudFront", ["CloudFront-Viewer-Country"]))
    triggers = ["viewer-request", "origin-request"]
    used = World(state(policy, default=behavior(originRequestPolicyId="forward", triggers=triggers)))

    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/", headers={"x-simulate-region": "eu-west-1", "x-simulate-country": "FR"})

    serve(used, scenario)
    headers = [cf["request"]["headers"] for kind in triggers for cf in used.functions.events_of(kind)]
    assert not any(name.startswith("x-simulate") for seen in headers for name in seen)
    assert used.origin.received[0].headers.get("cloudfront-viewer-country") == "FR"
    assert not any(name.lower().startswith("x-simulate") for name, _ in used.origin.received[0].headers)


def test_http_viewers_count_as_https_unless_told_otherwise() -> None:
    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> httpx.Response:
        return await client.get("/a")

    assert serve(world(), scenario).status_code == 200
    redirected = serve(world(), scenario, counts_http_as_https=False)
    assert redirected.status_code == 301
    assert redirected.headers["location"].startswith("https://127.0.0.1:")


def test_large_headers_and_urls_get_cloudfronts_statuses() -> None:
    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> list[int]:
        large = await client.get("/", headers={"x-large": "a" * 40_000})
        long = await client.get("/" + "a" * 9_000)
        return [large.status_code, long.status_code]

    assert serve(world(), scenario) == [494, 414]


def test_twenty_megabytes_pass_and_more_than_the_limit_is_a_413() -> None:
    used = world()
    used.origin.reply = lambda got: (200, [], got.body)

    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> int:
        answer = await client.post("/", content=bytes(20 * 1024 * 1024))
        return len(answer.content)

    assert serve(used, scenario) == 20 * 1024 * 1024

    async def too_large() -> httpx.Response:
        transport = httpx.ASGITransport(viewer_app(used.edge, max_body_bytes=10))
        async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
            return await client.post("/", content=b"x" * 11)

    answer = asyncio.run(too_large())
    assert (answer.status_code, answer.text) == (413, "this local edge takes bodies up to 10 bytes\n")


def test_head_has_no_body_but_its_length() -> None:
    used = world()
    used.origin.reply = lambda _: (200, [("Content-Length", "5")], b"")

    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> httpx.Response:
        return await client.head("/")

    answer = serve(used, scenario)
    assert (answer.content, answer.headers["content-length"]) == (b"", "5")


def test_many_viewers_at_once_are_all_served() -> None:
    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> set[int]:
        answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(50)))
        return {answer.status_code for answer in answers}

    assert serve(world(), scenario) == {200}


def test_answers_do_not_wait_for_delayed_acknowledgements() -> None:
    async def scenario(server: ViewerServer, client: httpx.AsyncClient) -> int:
        await client.get("/")
        [connection] = server._server.server_state.connections
        return connection.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert serve(world(), scenario) != 0


class Greeting:
    """Answers by itself; there is no distribution behind it."""

    is_closed = False

    async def serve(self, request: ViewerRequest, region: str) -> ViewerResponse:
        return ViewerResponse(200, Headers(), f"{request.uri} in {region}".encode())

    async def close(self) -> None:
        self.is_closed = True


def test_what_serves_viewers_need_not_be_an_edge() -> None:
    greeting = Greeting()

    async def run() -> str:
        async with ViewerServer(greeting, port=0) as server, httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"http://127.0.0.1:{server.port}/a")).text

    assert asyncio.run(run()) == "/a in us-east-1"
    assert greeting.is_closed


def test_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError) as raised:
            ViewerServer(world().edge, port=port)
    assert str(raised.value) == f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another port"


def test_wrong_default_region_is_refused_at_once() -> None:
    with pytest.raises(UnknownRegionError):
        viewer_app(world().edge, default_region="mars")


@pytest.mark.parametrize(
    ("asked", "status", "answer"),
    [
        ({"method": "GET", "url": "/lines?start=5&end=9"}, 200, {"events": [5, 9]}),
        ({"method": "GET", "url": "/lines"}, 200, {"events": [0, 10**15]}),
        ({"method": "GET", "url": "/lines?start=soon"}, 400, {"error": "start and end are milliseconds since 1970"}),
        ({"method": "POST", "url": "/invalidate", "json": ["/a", "/b*"]}, 200, {"dropped": 2}),
        ({"method": "POST", "url": "/invalidate", "json": ["/a", 5]}, 400, {"error": "a JSON list of path patterns"}),
        ({"method": "POST", "url": "/invalidate", "data": {"a": "/"}}, 415, {"error": "a JSON list of path patterns"}),
    ],
)
def test_status_application_answers_lines_and_drops_kept_objects(
    asked: dict[str, Any], status: int, answer: object
) -> None:
    async def scenario() -> httpx.Response:
        app = status_app(dict, lambda start, end: [start, end], len)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://status") as client:
            return await client.request(**asked)

    response = asyncio.run(scenario())
    assert (response.status_code, response.json()) == (status, answer)


def test_status_application_reports_what_the_callable_returns() -> None:
    counts = {"reads": 1}

    async def scenario() -> list[Any]:
        transport = httpx.ASGITransport(status_app(lambda: counts))
        async with httpx.AsyncClient(transport=transport, base_url="http://status") as client:
            first = await client.get("/")
            counts["reads"] = 2
            return [first.json(), (await client.get("/")).json(), first.headers["cache-control"]]

    assert asyncio.run(scenario()) == [{"reads": 1}, {"reads": 2}, "no-store"]


def test_an_upgrade_to_websocket_is_refused_in_words() -> None:
    used = world()
    upgrade = {"Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13"}

    async def scenario(_: ViewerServer, client: httpx.AsyncClient) -> list[httpx.Response]:
        refused = await client.get("/chat", headers={**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        return [refused, await client.get("/chat", headers={"Connection": "Upgrade", "Upgrade": "h2c"})]

    refused, other = serve(used, scenario)
    assert (refused.status_code, refused.text) == (
        501,
        "WebSockets are not simulated: at AWS, CloudFront passes them on\n",
    )
    assert other.status_code == 200
    assert len(used.origin.received) == 1
