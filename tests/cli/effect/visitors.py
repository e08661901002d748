"""A sample of visitors, and where the router sends each by the settings before and after a change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from cli.explain.edge_decision import decide
from infra.package.baked_config import deciding_config
from infra.settings.stack import Stack
from router.baked import build_router
from router.groups import HOLDOUT_SALT
from router.model.assignment import bucket, release_tag
from router.model.decision import Reading
from router.model.request import Request
from strategies.base import Edge
from strategies.registry import load
from strategies.signing import sign

REGION, NOW = "eu-west-1", 1_800_000_000
MANY = 3_000
Requests = list[Request]


def ids(count: int = MANY) -> list[str]:
    """Ids of visitors, the same in every run."""
    drawn = random.Random(14)
    return [f"{drawn.getrandbits(96):024x}" for _ in range(count)]


def page(number: str, cookies: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> Request:
    """A request for a page, with a request id of its own."""
    text = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
    given = {"Sec-Fetch-Dest": "document", **({"Cookie": text} if text else {}), **(headers or {})}
    return Request(headers=given, request_id=f"request-{number}")


def new_visitors(prefix: str) -> Requests:
    """Each comes for the first time, and with another request id than before the change."""
    return [page(f"{prefix}-{one}") for one in ids()]


def with_cookie(stack: Stack) -> Requests:
    """Those whom the router gave its cookie by a stack's settings: each the version that he was assigned."""
    options, settings = stack.settings.options, stack.settings
    found: Requests = []
    for one in ids():
        origin = drawn(stack, one)
        value = f"{origin}.{release_tag(settings.release)}.{one}"
        value = sign(options.signing_keys, value) if options.signing_keys else value
        found.append(page(one, {options.cookie: value}))
    return found


def drawn(stack: Stack, visitor: str) -> str:
    """Where a visitor is by percentage and holdout, by the definition in docs/groups.md."""
    settings = stack.settings
    held = settings.holdout
    if held is not None and bucket(f"{HOLDOUT_SALT}{held.name}", visitor) < round(held.percent * 100):
        return "stable"
    return "canary" if bucket(settings.release, visitor) < round(settings.canary_percent * 100) else "stable"


def with_token(stack: Stack, issued_at: int) -> Requests:
    """Users with a JWT (HS256) of that time."""
    return [
        page(one, headers={"Authorization": f"Bearer {token(stack.settings.options.secret, one, issued_at)}"})
        for one in ids(1_000)
    ]


def token(secret: str, subject: str, issued_at: int) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part({'sub': subject, 'iat': issued_at})}"
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def origins(stack: Stack, requests: Iterable[Request]) -> list[str]:
    """Where the router of a stack sends each."""
    config = deciding_config(stack)
    if config["options"].get("caching") == "versioned":  # the function before the cache decides besides
        decisions = [decide(config, request, REGION) for request in requests]
    else:
        router = build_router(config, REGION)
        decisions = [router.decide(request) for request in requests]
        router.close()
    return [one.origin if isinstance(one.origin, str) else one.origin.name for one in decisions]


class Rows:
    """A table in which some rows are, each by the values of its key."""

    def __init__(self, rows: Mapping[tuple[str, ...], dict[str, Any]]) -> None:
        self._rows = rows

    def read(self, key: dict[str, str], _is_current: Callable[..., bool] | None = None) -> Reading:
        return Reading(self._rows.get(tuple(key.values())), REGION, 1)


def origins_by_table(stack: Stack, requests: Iterable[Request], rows: Mapping[tuple[str, ...], Any]) -> list[str]:
    """The same with these rows in the strategy's table: an origin's name, or the host of a tenant."""
    router = build_router(deciding_config(stack), REGION)
    edge: Any = router._strategy.edge
    router._strategy = load(stack.settings.strategy)(
        stack.settings.options, Edge(lambda: NOW, edge.random_bytes, edge.origins, cast("Any", Rows(rows)))
    )
    decisions = [router.decide(request) for request in requests]
    router.close()
    return [one.origin if isinstance(one.origin, str) else one.origin.domain_name for one in decisions]


def origins_of_sessions(stack: Stack, requests: Sequence[Request], items: dict[str, str]) -> list[str]:
    """The same with sticky-session and these sessions."""
    return origins_by_table(stack, requests, {(one,): {"version": {"S": code}} for one, code in items.items()})


def share(found: Sequence[str]) -> float:
    """The percentage on the canary."""
    return 100 * sum(one == "canary" for one in found) / len(found)


def moved_percent(before: Sequence[str], after: Sequence[str]) -> float:
    """The percentage who change sides."""
    return 100 * sum(one != other for one, other in zip(before, after, strict=True)) / len(before)
