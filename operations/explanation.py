"""Explaining one decision: the very router of the stack, asked about one event, with every step it looked at."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from operations.edge_decision import decide, read_request
from router.decision import Decision
from router.request import Request

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Explanation:
    """What was decided and why. `domain_name` is where the request would go; `steps` are (looked at, found)."""

    origin: str
    domain_name: str
    reason: str
    bucket: int | None
    is_fallback: bool
    steps: tuple[tuple[str, str], ...]
    table_source: str | None
    table_ms: float | None

    def as_json(self) -> dict[str, Any]:
        """In the words of the decision log, and the steps."""
        return {
            "origin": self.origin,
            "domainName": self.domain_name,
            "reason": self.reason,
            "bucket": self.bucket,
            "fallback": self.is_fallback,
            "tableSource": self.table_source,
            "tableMs": self.table_ms,
            "steps": [{"lookedAt": looked_at, "found": found} for looked_at, found in self.steps],
        }


def explain_event(config: Mapping[str, Any], event: Mapping[str, Any], region: str) -> Explanation:
    """The decision that the edge with this config makes in this Region. EventError for a foreign event."""
    request = read_request(config, event, region)
    _sign_for_local_engine()
    return _explanation(config, request, decide(config, request, region))


def _sign_for_local_engine() -> None:
    """A local engine checks no signature, but a request has to have one."""
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", ""))
    if endpoint.hostname in LOOPBACK_HOSTS:
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "local")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "local")


def _explanation(config: Mapping[str, Any], request: Request, decision: Decision) -> Explanation:
    origin, reading = decision.origin, decision.reading
    return Explanation(
        origin=origin if isinstance(origin, str) else origin.name,
        domain_name=config["origins"][origin]["domain_name"] if isinstance(origin, str) else origin.domain_name,
        reason=decision.reason,
        bucket=decision.bucket,
        is_fallback=decision.is_fallback,
        steps=tuple(request.steps),
        table_source=reading.source if reading else None,
        table_ms=reading.elapsed_ms if reading else None,
    )
