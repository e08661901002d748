"""A state, functions and origins for the tests of the simulated edge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.cloudfront import Distribution, Edge, Headers, OriginMap, ViewerRequest, ViewerResponse

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]


def arn(event_type: str) -> str:
    return f"arn:aws:lambda:us-east-1:123456789012:function:{event_type}:7"


def resource(resource_type: str, resource_id: str, outputs: dict[str, Any]) -> dict[str, Any]:
    name = f"{resource_type.rpartition(':')[2].lower()}-{resource_id}"
    urn = f"urn:pulumi:local::edge-router::{resource_type}::{name}"
    return {"urn": urn, "custom": True, "id": resource_id, "type": resource_type, "inputs": {}, "outputs": outputs}


def cache_policy(policy_id: str = "cache", **settings: Any) -> dict[str, Any]:
    """`headers`, `cookies`, `query` are (behavior, names); the rest is as in the state."""
    sections = {
        "headersConfig": _section("header", settings.pop("headers", ("none", []))),
        "cookiesConfig": _section("cookie", settings.pop("cookies", ("none", []))),
        "queryStringsConfig": _section("queryString", settings.pop("query", ("none", []))),
        "enableAcceptEncodingGzip": settings.pop("gzip", False),
        "enableAcceptEncodingBrotli": settings.pop("brotli", False),
    }
    outputs = {"name": policy_id, "minTtl": 0, "defaultTtl": 60, "maxTtl": 3600} | settings
    outputs["parametersInCacheKeyAndForwardedToOrigin"] = sections
    return resource("aws:cloudfront/cachePolicy:CachePolicy", policy_id, outputs)


def origin_request_policy(policy_id: str = "forward", **settings: Any) -> dict[str, Any]:
    outputs = {
        "name": policy_id,
        "headersConfig": _section("header", settings.pop("headers", ("none", []))),
        "cookiesConfig": _section("cookie", settings.pop("cookies", ("none", []))),
        "queryStringsConfig": _section("queryString", settings.pop("query", ("none", []))),
    }
    return resource("aws:cloudfront/originRequestPolicy:OriginRequestPolicy", policy_id, outputs)


def _section(kind: str, setting: tuple[str, list[str]]) -> dict[str, Any]:
    behavior, names = setting
    return {f"{kind}Behavior": behavior, f"{kind}s": {"items": names}}


def custom_origin(origin_id: str = "stable", domain: str = "v1.example.com", **settings: Any) -> dict[str, Any]:
    config = {
        "httpPort": 80,
        "httpsPort": 443,
        "originProtocolPolicy": "https-only",
        "originSslProtocols": ["TLSv1.2"],
        "originReadTimeout": 30,
        "originKeepaliveTimeout": 5,
    } | settings.pop("config", {})
    return {"originId": origin_id, "domainName": domain, "originPath": "", "customOriginConfig": config} | settings


def behavior(**settings: Any) -> dict[str, Any]:
    """`triggers` are event types, or (event type, include body)."""
    triggers = [item if isinstance(item, tuple) else (item, False) for item in settings.pop("triggers", [])]
    return {
        "targetOriginId": "stable",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ALL_METHODS,
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": "cache",
        "lambdaFunctionAssociations": [
            {"eventType": event_type, "lambdaArn": arn(event_type), "includeBody": includes_body}
            for event_type, includes_body in triggers
        ],
    } | settings


def state(*policies: dict[str, Any], default: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """A state with one distribution; a cache policy "cache" is added where none is given."""
    outputs = {
        "domainName": "d111111abcdef8.cloudfront.net",
        "enabled": True,
        "origins": [custom_origin()],
        "defaultCacheBehavior": default or behavior(),
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
    } | settings
    has_cache_policy = any(item["type"].endswith(":CachePolicy") for item in policies)
    own = [] if has_cache_policy else [cache_policy()]
    distribution = resource("aws:cloudfront/distribution:Distribution", "EDFDVBD6EXAMPLE", outputs)
    return {"version": 3, "deployment": {"manifest": {}, "resources": [*own, *policies, distribution]}}


@dataclass
class Outcome:
    payload: object = None
    error: str | None = None
    error_message: str = ""


@dataclass
class FakeFunctions:
    """Runs a Python callable for each event type; what it gets and where is kept in `calls`."""

    handlers: dict[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    async def invoke(self, arn: str, region: str, event: dict[str, Any]) -> Outcome:
        cf = event["Records"][0]["cf"]
        event_type = cf["config"]["eventType"]
        self.calls.append((arn, region, event))
        await asyncio.sleep(0)
        handler = self.handlers.get(event_type)
        result = handler(event) if handler else cf.get("response", cf["request"])
        return result if isinstance(result, Outcome) else Outcome(result)

    def events_of(self, event_type: str) -> list[dict[str, Any]]:
        """The `cf` objects of that event type, in order."""
        records = [event["Records"][0]["cf"] for _, _, event in self.calls]
        return [cf for cf in records if cf["config"]["eventType"] == event_type]


@dataclass
class Received:
    """A request as it reached an origin."""

    base_url: str
    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def host(self) -> str | None:
        return self.headers.get("host")


Reply = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class FakeOrigin(httpx.AsyncBaseTransport):
    """Stands for every local origin server: a transport that records requests and answers from `reply`."""

    reply: Callable[[Received], Reply | Exception] = lambda _: (200, [], b"hello")
    received: list[Received] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fields = Headers.of((name.decode(), value.decode()) for name, value in request.headers.raw)
        body = b"".join([chunk async for chunk in request.stream])
        base = f"{request.url.scheme}://{request.url.netloc.decode()}"
        received = Received(base, request.method, request.extensions["target"].decode(), fields, body)
        self.received.append(received)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        reply = self.reply(received)
        if isinstance(reply, Exception):
            raise reply
        status, headers, content = reply
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


class Clock:
    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class World:
    """An edge with fakes around it."""

    def __init__(
        self,
        deployed: dict[str, Any] | None = None,
        origins: dict[str, str] | None = None,
        request_id: Callable[[], str] = lambda: "request-id==",
    ) -> None:
        self.functions = FakeFunctions()
        self.origin = FakeOrigin()
        self.clock = Clock()
        self.console: list[str] = []
        locations = {"v1.example.com": "http://stable", "v2.example.com": "http://canary"}
        self.edge = Edge(
            Distribution.from_state(deployed or state()),
            self.functions,
            OriginMap(locations if origins is None else origins),
            self.clock,
            self.console.append,
            transport=self.origin,
            request_id=request_id,
        )

    def get(self, target: str = "/", headers: dict[str, str] | None = None, **settings: Any) -> ViewerResponse:
        return asyncio.run(self.ask(target, headers, **settings))

    async def ask(self, target: str = "/", headers: dict[str, str] | None = None, **settings: Any) -> ViewerResponse:
        region = settings.pop("region", "us-east-1")
        return await self.edge.serve(request(target, headers, **settings), region)


def request(target: str = "/", headers: dict[str, str] | None = None, **settings: Any) -> ViewerRequest:
    uri, _, query = target.partition("?")
    fields = {"Host": "d111111abcdef8.cloudfront.net", "User-Agent": "curl/8"} | (headers or {})
    settings = {"method": "GET", "client_ip": "203.0.113.178"} | settings
    return ViewerRequest(uri=uri, querystring=query, headers=Headers.of(fields.items()), **settings)


def replies(*answers: Reply) -> Callable[[Received], Reply]:
    """One answer after the other, the last one for ever."""
    remaining = list(answers)
    return lambda _: remaining.pop(0) if len(remaining) > 1 else remaining[0]


def with_header(name: str, value: str, status: int = 200, body: bytes = b"hello") -> Callable[[Received], Reply]:
    return lambda _: (status, [(name, value)], body)
