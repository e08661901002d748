"""The console's server: who is let in, what a response says to the browser, and what goes wrong in words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from console.app import RejectedError, console_app
from console.feed import Feed, Job, frame
from console.guard import CONTENT_SECURITY_POLICY

PORT = 8090
ADDRESS = f"http://127.0.0.1:{PORT}"
TOKEN = "a-token-of-this-test"
OWN = {"authorization": f"Bearer {TOKEN}", "origin": ADDRESS}
ASKED = "only the console's own page may ask"


class FakeSource:
    """One stack, and what was done to it."""

    stacks: Sequence[str] = ("prod",)

    def __init__(self) -> None:
        self.done: list[tuple[str, str, str]] = []

    def jobs(self) -> Sequence[Job]:
        return []

    def decisions(self, stack: str, query: str) -> dict[str, Any]:
        return {"rows": [stack, query]}

    def explain(self, stack: str, request: str, region: str) -> dict[str, Any]:
        return {"origin": "stable", "given": [stack, request, region]}

    def act(self, stack: str, action: str, said: str) -> dict[str, Any]:
        if action == "promote":
            raise RejectedError("no rollout is running")
        self.done.append((stack, action, said))
        return {"done": said}


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


class Client:
    """A browser at the console's address."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app)

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=ADDRESS) as client:
                return await client.request(method, path, **given)

        return asyncio.run(send())

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.request("POST", path, **given)


@pytest.fixture
def client(source: FakeSource) -> Client:
    app, _ = console_app(source, TOKEN, PORT)
    return Client(app)


ACTION = {"stack": "prod", "action": "pause", "said": "it stays"}


def test_the_page_itself_needs_no_token_and_every_response_has_the_headers_of_its_security(client: Client) -> None:
    for path, status in {"/": 200, "/page/main.js": 200, "/page/none.js": 404, "/api/decisions": 401}.items():
        response = client.get(path)
        assert (path, response.status_code) == (path, status)
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["referrer-policy"] == "no-referrer"
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert CONTENT_SECURITY_POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/events"),
        ("GET", "/api/decisions?stack=prod&query="),
        ("POST", "/api/explain"),
        ("POST", "/api/actions"),
    ],
)
@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", TOKEN, f"bearer {TOKEN}", f"Bearer {TOKEN}é"])
def test_without_the_token_nothing_is_told_and_nothing_done(
    client: Client, source: FakeSource, method: str, path: str, token: str
) -> None:
    headers = {"authorization": token.encode(), "origin": ADDRESS}
    response = client.request(method, path, headers=headers, json=ACTION if method == "POST" else None)
    assert (response.status_code, response.json()["error"].partition(":")[0]) == (401, "the token is not valid")
    assert source.done == []


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{PORT}", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/decisions?stack=prod&query="])
def test_under_another_name_that_resolves_to_this_machine_there_is_nothing(
    client: Client, host: str, path: str
) -> None:
    response = client.get(path, headers={**OWN, "host": host, "origin": f"http://{host}"})
    assert (response.status_code, response.json()["error"]) == (421, "the console is at the address that it printed")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8080"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": f"http://localhost:{PORT}"},
        {"origin": "null"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
        {},
    ],
)
def test_another_origin_changes_nothing_even_with_the_token(
    client: Client, source: FakeSource, headers: dict[str, str]
) -> None:
    response = client.post("/api/actions", headers={"authorization": OWN["authorization"], **headers}, json=ACTION)
    assert (response.status_code, response.json(), source.done) == (403, {"error": ASKED}, [])


def test_another_origin_reads_nothing(client: Client) -> None:
    response = client.get("/api/decisions?stack=prod&query=", headers={**OWN, "origin": "https://evil.example"})
    assert (response.status_code, response.json()) == (403, {"error": ASKED})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
def test_what_changes_something_is_posted(client: Client, source: FakeSource, method: str) -> None:
    assert client.request(method, "/api/actions", headers=OWN).status_code == 405
    assert source.done == []


def test_the_page_reads_and_does(client: Client, source: FakeSource) -> None:
    assert client.post("/api/actions", headers=OWN, json=ACTION).json() == {"done": "it stays"}
    assert source.done == [("prod", "pause", "it stays")]
    found = client.get("/api/decisions?stack=prod&query=canary", headers=OWN).json()
    assert found == {"rows": ["prod", "canary"]}
    assert json.loads(frame("stack", {"reason": "half \ud83d"}).split(b"data: ")[1]) == {"reason": "half \ud83d"}
    asked = {"stack": "prod", "request": "GET / HTTP/1.1", "region": "eu-west-1"}
    explained = client.post("/api/explain", headers=OWN, json=asked).json()
    assert explained["given"] == ["prod", "GET / HTTP/1.1", "eu-west-1"]
    local = {**OWN, "host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}
    assert client.get("/api/decisions?stack=prod&query=", headers=local).status_code == 200


def test_what_cannot_be_done_is_said(client: Client) -> None:
    refused = client.post("/api/actions", headers=OWN, json={**ACTION, "action": "promote"})
    assert (refused.status_code, refused.json()) == (409, {"error": "no rollout is running"})
    unknown = client.post("/api/actions", headers=OWN, json={**ACTION, "stack": "staging"})
    assert (unknown.status_code, unknown.json()) == (404, {"error": "there is no stack 'staging' on this page"})


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b'"x"', b"{}", b'{"stack":1,"action":"a","said":"b"}', b"[" * 100_000),
        b'{"stack":"prod","action":"a","said":"half \\ud83d"}',
    ],
)
def test_a_body_that_is_another_one_is_rejected(client: Client, source: FakeSource, body: bytes) -> None:
    response = client.post("/api/actions", headers={**OWN, "content-type": "application/json"}, content=body)
    assert (response.status_code, response.json()) == (
        409,
        {"error": "expected a JSON object with stack, action, said"},
    )
    form = client.post("/api/actions", headers={**OWN, "content-type": "text/plain"}, content=json.dumps(ACTION))
    assert (form.status_code, source.done) == (409, [])


def test_a_body_that_never_ends_is_cut(client: Client) -> None:
    headers = {**OWN, "content-type": "application/json"}
    response = client.post("/api/explain", headers=headers, content=b" " * 3_000_000)
    assert (response.status_code, response.json()) == (409, {"error": "the request is over 2 MB"})


class Clock:
    """The documents of a job, one after another, and the last one from then on."""

    def __init__(self, *documents: dict[str, Any] | Exception) -> None:
        self._documents = list(documents)
        self.reads = 0

    def read(self) -> dict[str, Any]:
        self.reads += 1
        one = self._documents.pop(0) if len(self._documents) > 1 else self._documents[0]
        if isinstance(one, Exception):
            raise one
        return one


async def collect(feed: Feed, count: int) -> list[tuple[str, Any]]:
    events: list[tuple[str, Any]] = []
    frames = feed.frames()
    async with asyncio.timeout(10):
        async for frame in frames:
            name, data = frame.decode().removesuffix("\n\n").split("\n")
            events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
            if len(events) == count:
                break
    await frames.aclose()
    return events


def test_every_change_of_a_document_is_an_event_and_what_stays_is_none() -> None:
    job = Clock({"percent": 1}, {"percent": 1}, {"percent": 1}, {"percent": 5}, {"percent": 5})
    feed = Feed([Job("stack", "prod", lambda: 0.001, job.read)], clock=lambda: 1_000.0)
    events = asyncio.run(collect(feed, 3))
    assert events == [
        ("time", 1_000.0),
        ("stack", {"stack": "prod", "percent": 1}),
        ("stack", {"stack": "prod", "percent": 5}),
    ]


def test_a_bug_in_one_document_leaves_the_others_and_is_told() -> None:
    jobs = [
        Job("stack", "prod", lambda: 60, Clock(KeyError("x")).read),
        Job("stack", "staging", lambda: 60, Clock({"percent": 5}).read),
    ]
    events = asyncio.run(collect(Feed(jobs), 3))
    documents = sorted((document for name, document in events if name == "stack"), key=lambda one: one["stack"])
    assert documents == [
        {"stack": "prod", "problem": "a bug in edge-router: KeyError: 'x'"},
        {"stack": "staging", "percent": 5},
    ]


def test_nothing_is_read_while_nobody_watches_and_an_action_is_seen_at_once() -> None:
    job = Clock({"percent": 1}, {"percent": 5})
    feed = Feed([Job("stack", "prod", lambda: 60, job.read)])

    async def watch() -> list[Any]:
        await asyncio.sleep(0.05)
        assert job.reads == 0
        seen: list[Any] = []
        async with asyncio.timeout(10):
            async for frame in feed.frames():
                seen.append(frame)
                if len(seen) == 2:
                    feed.refresh("staging")
                    feed.refresh("prod")
                if len(seen) == 3:
                    feed.close()
        await asyncio.sleep(0.05)
        return seen

    assert b'"percent": 5' in asyncio.run(watch())[2]
    assert job.reads == 2
