"""Servers of the local edge: one port for all Regions, more for single Regions, and the status port."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.cloudfront.http.regions import DEFAULT_REGION
from simulator.cloudfront.viewer.viewer import AsgiApp, ServesViewers, viewer_app


class PortInUseError(OSError):
    """A port that the edge should listen on is taken. The message names it."""


class AppServer:
    """Serves an ASGI application on one port or several, without taking over signals.

    Port 0 takes a free one; `ports` are those it got, and `app_for` is asked for the application when they are known.
    """

    def __init__(self, app_for: Callable[[list[int]], AsgiApp], ports: list[int], host: str = "127.0.0.1") -> None:
        self._sockets = _bind(host, ports)
        self.host = host
        self.ports: list[int] = [item.getsockname()[1] for item in self._sockets]
        self._server = _Server(_config(app_for(self.ports)))
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once connections are accepted."""
        self._task = asyncio.create_task(self._server.serve(self._sockets))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the server ended before it began to serve")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()


class ViewerServer(AppServer):
    """Serves an edge on one port for all Regions, and optionally on one more port for each Region.

    `region_ports` is Region → port. Port 0 takes a free one: the attributes `port` and `region_ports` tell which.
    """

    def __init__(
        self,
        edge: ServesViewers,
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        region_ports: Mapping[str, int] | None = None,
        default_region: str = DEFAULT_REGION,
        counts_http_as_https: bool = True,
    ) -> None:
        wanted = region_ports or {}

        def app_for(ports: list[int]) -> AsgiApp:
            regions = dict(zip(ports[1:], wanted, strict=True))
            return viewer_app(
                edge, default_region=default_region, region_ports=regions, counts_http_as_https=counts_http_as_https
            )

        super().__init__(app_for, [port, *wanted.values()], host)
        self.port = self.ports[0]
        self.region_ports: dict[str, int] = dict(zip(wanted, self.ports[1:], strict=True))


def _config(app: AsgiApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        ws="none",  # an upgrade stays a request, which the application refuses
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # the viewer's own X-Forwarded-For is forwarded, never believed
        h11_max_incomplete_event_size=128 * 1024,  # so that too large headers get CloudFront's 494
        timeout_graceful_shutdown=5,
    )


def _bind(host: str, ports: list[int]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for port in ports:
        try:
            sockets.append(_listener(host, port))
        except OSError as error:
            for item in sockets:
                item.close()
            raise PortInUseError(
                f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}; choose another port"
            ) from error
    return sockets


def _listener(host: str, port: int) -> socket.socket:
    """Bind a socket. asyncio switches Nagle's algorithm off only where the protocol is named, unlike create_server.

    With it on, every response waits 40 ms for the viewer's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Leaves signals to the process that runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


NOT_CACHED = {"cache-control": "no-store"}
LAST_MS = 10**15


def status_app(
    report: Callable[[], object],
    lines: Callable[[int, int], object] = lambda _start_ms, _end_ms: (),
    invalidate: Callable[[Sequence[str]], int] = lambda _patterns: 0,
    change_pairs: Callable[[Mapping[str, str], Sequence[str]], None] = lambda _puts, _deletes: None,
    metric_data: Callable[[Mapping[str, Any]], object] = lambda _request: dict[str, object](),
) -> Starlette:
    """`GET /` answers what `report` returns, as JSON. It is apart from the viewer's port so that no path can clash.

    `GET /lines?start=…&end=…` answers what functions logged in between, in milliseconds since 1970. `POST /invalidate`
    takes a list of path patterns and says how many kept objects they dropped; `POST /key-values` takes `puts` and
    `deletes` of the key-value store; `POST /metric-data` answers as GetMetricData does. All of JSON only, which no page
    of another site can send without asking.
    """

    async def status(_: Request) -> Response:
        return JSONResponse(report(), headers=NOT_CACHED)

    async def recent(request: Request) -> Response:
        start, end = (request.query_params.get(name, default) for name, default in (("start", "0"), ("end", LAST_MS)))
        try:
            return JSONResponse({"events": lines(int(start), int(end))}, headers=NOT_CACHED)
        except ValueError:
            return JSONResponse({"error": "start and end are milliseconds since 1970"}, 400)

    async def drop(request: Request) -> Response:
        patterns = await _read_json(request)
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            return _refusal(request, "a JSON list of path patterns")
        return JSONResponse({"dropped": invalidate(patterns)})

    async def change(request: Request) -> Response:
        document: Any = await _read_json(request)
        try:
            change_pairs(document["puts"], document["deletes"])
        except (KeyError, TypeError):
            return _refusal(request, "a JSON object of puts and deletes")
        return JSONResponse({})

    async def measure(request: Request) -> Response:
        try:
            return JSONResponse(metric_data(await _read_json(request)), headers=NOT_CACHED)
        except (KeyError, TypeError, ValueError):
            return _refusal(request, "a JSON object of region, queries, start and end")

    routes = [
        Route("/", status),
        Route("/lines", recent),
        Route("/invalidate", drop, methods=["POST"]),
        Route("/key-values", change, methods=["POST"]),
        Route("/metric-data", measure, methods=["POST"]),
    ]
    return Starlette(routes=routes)


async def _read_json(request: Request) -> Any:
    """The body, None where it is not JSON."""
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        return await request.json()
    except ValueError:
        return None


def _refusal(request: Request, expected: str) -> Response:
    is_json = request.headers.get("content-type") == "application/json"
    return JSONResponse({"error": expected}, 400 if is_json else 415)
