"""The origin map, and origins over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from simulator.cloudfront import Distribution, Edge, OriginMap, OriginMapError, ViewerResponse
from tests.simulator.cloudfront.fakes import ALL_VIEWER, FakeFunctions, behavior, custom_origin, request, state


def test_port_wins_over_no_port_and_an_exact_name_over_a_wildcard() -> None:
    places = OriginMap(
        {
            "api.example.com": "http://127.0.0.1:1/",
            "api.example.com:8443": "http://127.0.0.1:2",
            "*.example.com": "http://127.0.0.1:3",
        }
    )
    assert places.base_url("API.example.com.", 443) == "http://127.0.0.1:1"
    assert places.base_url("api.example.com", 8443) == "http://127.0.0.1:2"
    assert places.base_url("a.b.example.com", 443) == "http://127.0.0.1:3"
    assert places.base_url("example.com", 443) is None
    assert places.resolves("a.example.com")
    assert not places.resolves("example.com")


def test_name_with_other_ports_resolves_but_nothing_listens() -> None:
    places = OriginMap({"api.example.com:8443": "http://127.0.0.1:2"})
    assert places.resolves("api.example.com")
    assert places.base_url("api.example.com", 443) is None


def test_entries_are_parsed_from_text() -> None:
    assert OriginMap.parse(["v1.example.com=http://127.0.0.1:8001"]).base_urls == {
        "v1.example.com": "http://127.0.0.1:8001"
    }


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            "v1.example.com",
            "--origin is 'v1.example.com': write DOMAIN=URL, for instance v1.example.com=http://127.0.0.1:8001",
        ),
        (
            "https://v1.example.com=http://127.0.0.1:1",
            'origin "https://v1.example.com": the name must be a domain name, "*.domain" or "domain:port", '
            "without scheme or path",
        ),
        (
            "v1.example.com=127.0.0.1:1",
            'origin "v1.example.com": "127.0.0.1:1" is not an http or https URL, such as http://127.0.0.1:8001',
        ),
        (
            "v1.example.com=http://127.0.0.1:1/?a",
            'origin "v1.example.com": "http://127.0.0.1:1/?a" must not have a query or a fragment',
        ),
    ],
)
def test_wrong_entries_are_named(entry: str, message: str) -> None:
    with pytest.raises(OriginMapError) as raised:
        OriginMap.parse([entry])
    assert str(raised.value) == message


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """A raw TCP server; its base URL. Every connection is over when the block ends."""
    connections: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())  # type: ignore[arg-type]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.gather(*connections)


async def ask(
    url: str,
    console: list[str],
    *,
    method: str = "GET",
    target: str = "/",
    body: bytes = b"",
    limit_seconds: int = 60,
) -> ViewerResponse:
    origin = custom_origin(config={"originReadTimeout": limit_seconds}, responseCompletionTimeout=limit_seconds)
    deployed = state(default=behavior(originRequestPolicyId=ALL_VIEWER), origins=[origin])
    edge = Edge(
        Distribution.from_state(deployed), FakeFunctions(), OriginMap({"v1.example.com": url}), console=console.append
    )
    try:
        return await edge.serve(request(target, method=method, body=body), "us-east-1")
    finally:
        await edge.close()


def through(handler: Handler, **settings: object) -> tuple[ViewerResponse, list[str]]:
    console: list[str] = []

    async def scenario() -> ViewerResponse:
        async with listening(handler) as url:
            return await ask(url, console, **settings)  # type: ignore[arg-type]

    return asyncio.run(scenario()), console


def test_raw_path_and_body_cross_the_wire_unchanged() -> None:
    heads: list[bytes] = []

    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        body = await reader.readexactly(3)
        writer.write(b"HTTP/1.1 201 Fine\r\nX-App: 1\r\nContent-Length: 3\r\n\r\n" + body)
        await writer.drain()

    answer, _ = through(origin, method="POST", target="/a/../b//%7Ec?x=%20", body=b"abc")
    assert heads[0].startswith(b"POST /a/../b//%7Ec?x=%20 HTTP/1.1\r\n")
    assert heads[0].lower().count(b"content-length:") == 1
    assert heads[0].lower().count(b"host:") == 1
    assert (answer.status, answer.headers.get("x-app"), answer.body) == (201, "1", b"abc")


def test_compressed_answer_stays_compressed() -> None:
    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"4\r\n\x1f\x8bxx\r\n0\r\n\r\n")
        await writer.drain()

    answer, _ = through(origin)
    assert answer.body == b"\x1f\x8bxx"
    assert answer.headers.get("content-encoding") == "gzip"
    assert answer.headers.get("content-length") == "4"
    assert "transfer-encoding" not in answer.headers


@pytest.mark.long
def test_bodies_of_more_than_20_megabytes_pass_both_ways() -> None:
    size = 21 * 1024 * 1024

    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(size)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body)
        await writer.drain()

    sent = bytes(1024) * (size // 1024)
    answer, _ = through(origin, method="POST", body=sent)
    assert (answer.status, len(answer.body)) == (200, size)


def test_refused_connection_is_a_502_after_three_attempts() -> None:
    console: list[str] = []

    async def scenario() -> ViewerResponse:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await ask(f"http://127.0.0.1:{port}", console)

    assert asyncio.run(scenario()).status == 502
    assert console[0].startswith("502 GET /: the origin v1.example.com at http://127.0.0.1:")
    assert console[0].endswith("(AWS page http-502-bad-gateway)")


def test_dropped_connection_is_a_502() -> None:
    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    assert through(origin)[0].status == 502


@pytest.mark.parametrize(("method", "expected"), [("GET", (200, 2)), ("POST", (502, 1))])
def test_a_kept_connection_that_ends_as_it_is_used_again_is_replaced(method: str, expected: tuple[int, int]) -> None:
    connections: list[int] = []

    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")  # and then it ends

    async def scenario() -> int:
        async with listening(origin) as url:
            edge = Edge(
                Distribution.from_state(state(default=behavior(originRequestPolicyId=ALL_VIEWER))),
                FakeFunctions(),
                OriginMap({"v1.example.com": url}),
                console=lambda _: None,
            )
            try:
                assert (await edge.serve(request("/"), "us-east-1")).status == 200
                return (await edge.serve(request("/b", method=method), "us-east-1")).status
            finally:
                await edge.close()

    assert (asyncio.run(scenario()), len(connections)) == expected


def test_slow_origin_is_a_504_and_post_is_not_repeated() -> None:
    attempts: list[int] = []

    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        attempts.append(1)
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()

    answer, console = through(origin, method="POST", limit_seconds=1)
    assert (answer.status, len(attempts)) == (504, 1)
    assert console[0].startswith("504 POST /: the origin v1.example.com did not ")
    assert console[0].endswith(" within 1 s (AWS page http-504-gateway-timeout)")


def test_answer_that_never_ends_stops_at_the_completion_timeout() -> None:
    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"1\r\nx\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    answer, console = through(origin, method="POST", limit_seconds=1)
    assert answer.status == 504
    assert console == [
        "504 POST /: the origin v1.example.com did not finish within 1 s (AWS page http-504-gateway-timeout)"
    ]


def test_error_of_the_origin_is_passed_on() -> None:
    async def origin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
        await writer.drain()

    answer, console = through(origin)
    assert (answer.status, answer.body, console) == (503, b"busy", [])
