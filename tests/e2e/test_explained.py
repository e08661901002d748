"""`edge-router explain` says what the running edge decides: the same request, for every strategy in every state."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from cli.explain.events import read_event
from cli.explain.explanation import Explanation, explain_event
from cli.stacks.running import LocalStack
from cli.stacks.view import StackView, view_local
from cli.stacks.workspace import Workspace
from controller.analysis.plan import Plan
from controller.rollout.state import Rollout
from controller.rollout.store import ControlTable
from simulator.dynamodb.sdk import local_client
from simulator.loopback import LoopbackServer, Request, Response
from tests.e2e.conftest import CONTROL, HOME, NEAR, Stack
from tests.ports import refusing_url

pytestmark = [pytest.mark.anyio, pytest.mark.long]
HOST = "edge.example.com"
QA = {"x-qa-origin": "canary:local-demo-override-secret"}
BY_PERCENTAGE = ("fresh", "promoted", "withdrawn", "pinned")
OTHERS = ("fresh", "pinned")
PLAN = Plan(steps=(50, 100), interval_seconds=600)


@dataclass(frozen=True)
class Sent:
    """One request of a viewer."""

    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = "/health"
    body: str = ""

    def head(self, request_id: str) -> dict[str, Any]:
        lines = [f"{'POST' if self.body else 'GET'} {self.path} HTTP/1.1", f"Host: {HOST}"]
        text = "\n".join([*lines, *(f"{name}: {value}" for name, value in self.headers.items()), "", self.body])
        return read_event(text, "the test", request_id)


@dataclass(frozen=True)
class Case:
    """A strategy as it is set up, and what is sent to it in every one of these states."""

    settings: tuple[str, ...]
    states: tuple[str, ...]
    sent: tuple[Sent, ...]


def token(age_seconds: int) -> Sent:
    options: Any = Workspace().open_stack("local").settings.strategy_options("jwt-iat")
    claims = {"iat": int(time.time()) - age_seconds, "sub": "user-7", "exp": int(time.time()) + 600}
    return Sent({"Authorization": f"Bearer {jwt.encode(claims, options.secret, algorithm='HS256')}"})


def tenant(name: str) -> Sent:
    return Sent({"Content-Type": "application/json"}, body=json.dumps({"tenantId": name, "accountId": "1001"}))


NEW, TESTER = Sent(), Sent(QA)
SESSIONS = tuple(
    Sent({"Cookie": f"sessiontoken={name}"}) for name in ("sample-canary", "sample-stable", "nobody", "x" * 1_025)
)
COOKIES = tuple(Sent({"Cookie": f"app-version={value}"}) for value in ("canary", "canary.0badc0de.someone.else"))
HINTED = ("stickySession.caching=versioned", "stickySession.versionCookie=app-version")
CASES = {
    "sticky-session": Case((), BY_PERCENTAGE, (NEW, TESTER, *SESSIONS)),
    "cookie-version": Case((), BY_PERCENTAGE, (NEW, TESTER, *COOKIES)),
    "jwt-iat": Case((), BY_PERCENTAGE, (NEW, TESTER, token(60), token(10**8))),
    "tenant-lookup": Case((), OTHERS, (NEW, TESTER, tenant("acme"), tenant("nobody"), Sent(body="{"))),
    "tier": Case((), OTHERS, (NEW, TESTER, Sent(path="/health?CTIER=Premium"), Sent(path="/health?CTIER=none"))),
    "cookie-version, versioned": Case(("cookieVersion.caching=versioned",), BY_PERCENTAGE, (NEW, TESTER, *COOKIES)),
    "sticky-session, versioned": Case(
        HINTED, BY_PERCENTAGE, (NEW, TESTER, *SESSIONS, Sent({"Cookie": "app-version=canary"}))
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_says_what_the_edge_decides(stack: Stack, name: str) -> None:
    case = CASES[name]
    strategy = (f"strategy={name.partition(',')[0]}", "control.refreshSeconds=1", f"release={name.replace(', ', '-')}")
    for state in case.states:
        settings = await brought_to(stack, state, (*strategy, *case.settings))
        for sent in case.sent:
            live, explained = await decide_and_explain(stack, sent, settings)
            assert agree(live, explained), (state, sent, live, explained)


async def test_it_measures_origins_as_the_edge_does(stack: Stack) -> None:
    async def answer(_: Request) -> Response:
        return Response(200, headers=[("x-app-version", "2")])

    server = LoopbackServer(answer)
    await server.listen()
    try:
        with refusing_url() as url:
            settings = (
                *("strategy=fastest-origin", "control.refreshSeconds=1"),
                *("origins.a.domainName=v8.example.com", "origins.b.domainName=v9.example.com"),
                *("fastestOrigin.candidates[0]=a", "fastestOrigin.candidates[1]=b"),
            )
            origins = {"v8.example.com": url, "v9.example.com": f"http://{server.address}"}
            await stack.deploy(*settings, origins=origins)
            live, explained = await decide_and_explain(stack, NEW, settings)
            assert (live["origin"], live["reason"]) == (explained.origin, explained.reason) == ("b", "probed")
            assert ("probe a", "refused") in explained.steps
            await server.close()
            explained = await explained_of(stack, NEW, settings)
            assert (explained.origin, explained.reason, explained.unread) == ("stable", "all-down", ())
    finally:
        await server.close()


async def test_settings_to_try_take_the_place_of_what_is_in_force_only_where_they_name_it(stack: Stack) -> None:
    settings = await brought_to(stack, "withdrawn", ("strategy=sticky-session", "release=tried"))
    session = Sent({"Cookie": "sessiontoken=sample-canary"})
    for tried, reason in (
        ((), "canary-withdrawn"),
        (("strategy=cookie-version",), "no-cookie"),
        (("pin=none",), "session"),
    ):
        explained = await explained_of(stack, session, settings, *tried)
        assert explained.reason == reason


async def test_what_was_read_is_said_with_its_revision(stack: Stack) -> None:
    settings = await brought_to(stack, "promoted", ("strategy=sticky-session", "release=said"))
    seen = await asyncio.to_thread(view, stack, settings)
    revision = seen.in_force.live.revision if seen.in_force.live else ""
    assert revision.startswith("rollout:")
    assert seen.text == (
        f"local, port {stack.local.url.rpartition(':')[2]}, read at {seen.at}: the settings, the control table in"
        f" {HOME} ({revision}), the sessions table"
    )
    explained = await explained_of(stack, NEW, settings, region=NEAR)
    assert explained.steps[0] == ("control", f"{revision} says 100 %")


async def brought_to(stack: Stack, state: str, settings: tuple[str, ...]) -> tuple[str, ...]:
    """The stack in this state, and its settings then; no instance remembers another one."""
    settings = (*settings, "canaryPercent=50", *(["pin=canary"] if state == "pinned" else []))
    await stack.deploy(*settings)
    if state in ("promoted", "withdrawn"):
        await asyncio.to_thread(rolled_out, stack, state)
        await stack.local.rollouts.reconcile()  # for a function before the cache
    await stack.local.dynamodb.replication.settle()
    await stack.local.forget()
    return settings


def rolled_out(stack: Stack, state: str) -> None:
    """A rollout that has ended so, whatever became of an earlier one."""
    with contextlib.closing(local_client(stack.local.dynamodb.endpoint_url, HOME)) as client:
        table, now = ControlTable(client, CONTROL), int(time.time())
        items = table.read()
        rollout = Rollout(PLAN, items.config.release, "running", 50, 0, now, now, now, "started")
        ended = rollout.succeed("by hand", now, 100) if state == "promoted" else rollout.roll_back("by hand", now)
        table.write(ended, items)


async def decide_and_explain(
    stack: Stack, sent: Sent, settings: tuple[str, ...]
) -> tuple[Mapping[str, Any], Explanation]:
    """What the edge has decided, and what is explained of the same request.

    Where the function before the cache has decided, the router's line says only that it obeys.
    """
    stack.viewer.cookies.clear()
    headers = {"host": HOST, "x-simulate-region": HOME, **sent.headers}
    answer = await stack.viewer.request(
        "POST" if sent.body else "GET", sent.path, headers=headers, content=sent.body.encode() or None
    )
    request_id = answer.headers["x-amz-cf-id"]
    lines = [line for line in map(decision_in, stack.lines) if line and line.get("requestId") == request_id]
    live = [line for line in lines if line["reason"] != "assigned-version"]
    return live[-1], await explained_of(stack, sent, settings, request_id=request_id)


async def explained_of(
    stack: Stack, sent: Sent, settings: tuple[str, ...], *tried: str, region: str = HOME, request_id: str = "r"
) -> Explanation:
    """In a thread, for it asks this very loop's DynamoDB."""
    seen = await asyncio.to_thread(view, stack, settings, *tried, region=region)
    return await asyncio.to_thread(explain_event, seen, sent.head(request_id), region)


def view(stack: Stack, settings: tuple[str, ...], *tried: str, region: str = HOME) -> StackView:
    here = LocalStack("local", stack.local.status(), {"overrides": list(settings)})
    return view_local(Workspace().open_stack("local", [*settings, *tried]), here, region, tried)


def decision_in(line: str) -> dict[str, Any] | None:
    start = line.find("{")
    found = json.loads(line[start:]) if start >= 0 and '"origin"' in line else None
    return found if found and "origin" in found else None


def agree(live: Mapping[str, Any], explained: Explanation) -> bool:
    """The bucket too, where the line has one: a session's stands in the line of the function before the cache."""
    is_same = (live["origin"], live["reason"]) == (explained.origin, explained.reason)
    return is_same and not explained.unread and live.get("bucket", explained.bucket) == explained.bucket
