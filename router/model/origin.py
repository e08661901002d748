"""An origin: where a request can be sent."""

from __future__ import annotations

from router.model.record import record


@record
class Origin:
    """A custom origin of CloudFront, by the name that stack config gives it.

    `host_header` is "origin" (send the origin's domain as Host), "viewer" (leave the viewer's) or a host name.
    """

    name: str
    domain_name: str
    protocol: str = "https"
    port: int = 443
    path: str = ""
    host_header: str = "origin"
    read_timeout_seconds: int = 30
    keepalive_timeout_seconds: int = 5
    ssl_protocols: tuple[str, ...] = ("TLSv1.2",)
