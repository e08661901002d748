"""What a viewer sends to the edge, and what the edge answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.cloudfront.http.headers import Headers


@dataclass(frozen=True)
class ViewerRequest:
    """One HTTP request of a viewer.

    `uri` is the path as the viewer wrote it (percent-encoded, without the query), `querystring` has no leading `?`.
    `country` is the ISO 3166-1 code that CloudFront-Viewer-Country carries; None takes the Region's own.
    """

    method: str
    uri: str
    querystring: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    client_ip: str = "127.0.0.1"
    client_port: int = 0
    http_version: str = "1.1"
    is_https: bool = True
    country: str | None = None

    @property
    def target(self) -> str:
        return f"{self.uri}?{self.querystring}" if self.querystring else self.uri


@dataclass(frozen=True)
class OriginResponse:
    """What came back for a request: from an origin, from the cache, or made by a function."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True)
class ViewerResponse:
    """The answer to the viewer. For HEAD the body is empty and `content-length` is that of GET."""

    status: int
    headers: Headers
    body: bytes = b""
