"""The entry point: it starts from the baked config, and a package that cannot start still serves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from simulator.sample_events import origin_request, origin_response

ROOT = Path(__file__).parents[2]
CONFIG: dict[str, Any] = {
    "strategy": "cookie-version",
    "options": {"cookie": "app-version"},
    "origins": {"stable": {"domain_name": "v1.example.com"}, "canary": {"domain_name": "v2.example.com"}},
    "canary_percent": 100.0,
    "release": "2026-11",
    "pin": "none",
    "override": None,
    "table": None,
    "deadline_ms": 2000,
    "log_salt": "salt",
}
CALL = """
import json, sys
from router.handler import handler
events = json.load(sys.stdin)
answers = [handler(event, None) for event in events]
print("ANSWERS " + json.dumps(answers))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for folder in ("router", "strategies"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def call(package: Path, *events: object) -> tuple[list[Any], list[dict[str, Any]]]:
    """(answers, log lines) of the package run as Lambda runs it: by itself, without the project's other packages."""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(package)!r})\n{CALL}"],
        input=json.dumps(events),
        capture_output=True,
        text=True,
        check=True,
        env={"AWS_REGION": "eu-west-1"},
    )
    *lines, answers = run.stdout.splitlines()
    return json.loads(answers.removeprefix("ANSWERS ")), [json.loads(line) for line in lines]


def test_the_handler_routes_by_the_baked_config(package: Path) -> None:
    (request,), (line,) = call(package, origin_request())
    assert request["origin"]["custom"]["domainName"] == "v2.example.com"
    assert (line["strategy"], line["region"], line["reason"]) == ("cookie-version", "eu-west-1", "no-cookie")


@pytest.mark.long_if(r"change[34]")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "start-failed:FileNotFoundError"),
        ("{", "start-failed:JSONDecodeError"),
        (json.dumps(CONFIG | {"strategy": "gone"}), "start-failed:KeyError"),
        (json.dumps(CONFIG | {"options": {"cookie": "a b"}}), "start-failed:OptionsError"),
        (json.dumps(CONFIG | {"options": {"surprise": 1}}), "start-failed:TypeError"),
    ],
)
def test_a_package_that_cannot_start_lets_every_request_pass(package: Path, change: str | None, reason: str) -> None:
    config = package / "config.json"
    config.unlink() if change is None else config.write_text(change)
    request, response = origin_request(), origin_response(origin_request())
    answers, lines = call(package, request, response, {"no": "event"})
    assert answers == [
        request["Records"][0]["cf"]["request"],
        response["Records"][0]["cf"]["response"],
        {"no": "event"},
    ]
    assert [line["reason"] for line in lines] == [reason, "not-started", "not-started", "not-started"]


KEPT = {"kept": {"key_headers": ["authorization", "x-router-version"], "keeps_errors": False}}


def test_a_router_that_cannot_start_keeps_headers_and_cookies_out_of_the_cache_all_the_same(package: Path) -> None:
    """The default origin answers, and its answers are kept."""
    (package / "config.json").write_text(json.dumps(CONFIG | KEPT | {"strategy": "gone"}))
    request = origin_request(headers={"X-Forwarded-Host": "evil.example", "Authorization": "Bearer t"})
    response = origin_response(origin_request())
    response["Records"][0]["cf"]["response"]["headers"]["set-cookie"] = [{"key": "Set-Cookie", "value": "sid=1"}]
    (sent, answered), lines = call(package, request, response)
    assert set(sent["headers"]) == {"x-forwarded-for", "user-agent", "via", "host", "authorization"}
    assert answered["headers"]["cache-control"] == [{"key": "Cache-Control", "value": "private"}]
    assert [line["reason"] for line in lines] == ["start-failed:KeyError", "not-started", "not-started"]


def test_an_event_that_cannot_be_guarded_is_told(package: Path) -> None:
    (package / "config.json").write_text(json.dumps(CONFIG | KEPT | {"strategy": "gone"}))
    event = origin_request()
    del event["Records"][0]["cf"]["request"]["headers"]
    (sent,), lines = call(package, event)
    assert sent == event["Records"][0]["cf"]["request"]
    assert [line["reason"] for line in lines] == ["start-failed:KeyError", "not-started", "not-guarded:KeyError"]


PARTS = {
    "router.cache_guard",
    "router.control.reader",
    "router.dynamodb.client",
    "router.control.live",
    "router.metrics",
    "router.dynamodb.table",
}


@pytest.mark.long_if(r"change[12]")
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set[str]()),
        ({"metrics": {"namespace": "EdgeRouter", "stack": "s"}}, {"router.metrics"}),
        (KEPT, {"router.cache_guard"}),
        (
            {
                "control": {
                    "table": {"name": "control", "home_region": "us-east-1", "replicas": {}},
                    "refresh_seconds": 10,
                    "read_timeout_ms": 400,
                }
            },
            {"router.control.reader", "router.dynamodb.client", "router.control.live"},
        ),
    ],
)
def test_what_the_config_has_not_is_not_imported(package: Path, change: dict[str, Any], expected: set[str]) -> None:
    (package / "config.json").write_text(json.dumps(CONFIG | change))
    code = f"import sys; sys.path.insert(0, {str(package)!r}); import router.handler; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True, env={"AWS_REGION": "x"}
    )
    assert PARTS & set(run.stdout.split()) == expected
