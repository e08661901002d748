"""`edge-router test`: what it refuses before anything starts, and a run against an address."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Result

Run = Callable[..., Result]
SET_UP = """\
set: { pin: stable }
tests:
  - name: here
    set: { canaryPercent: 5 }
    steps:
      - session: { id: a }
      - request: { path: /, region: eu-west-1 }
      - coldStart: true
  - name: there
    only: address
    steps: [{ request: / }]
"""
SITE = """\
name: the site
tests:
  - name: stable answers
    steps:
      - request: /
        expect: { version: stable, headers: { x-a: one } }
  - name: the reason is a cookie
    steps:
      - request: /
        expect: { version: stable, reason: cookie }
  - name: canary answers
    steps:
      - request: /
        visitors: 20
        expect: { version: canary }
  - name: only here
    only: local
    steps: [{ coldStart: true }, { request: / }]
"""


class Site(BaseHTTPRequestHandler):
    """The stable version, and the other one for whoever has its cookie."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("x-app-version", "2" if "seen=1" in self.headers.get("cookie", "") else "1")
        self.send_header("set-cookie", "seen=1; Path=/")
        self.send_header("x-a", "one")
        self.send_header("x-echo", self.path)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "site.yaml").write_text(text)
        return str(tmp_path / "site.yaml")

    return write


def test_an_address_cannot_be_set_up(run: Run, written: Callable[[str], str]) -> None:
    file = written(SET_UP)
    hint = "is for the local edge only; run it without --url, or mark the test `only: local`"
    assert run("test", file, "--url", "http://127.0.0.1:9") == Result(
        2,
        "",
        f"error: {file}:1: set {hint}\n"
        f"  {file}:4: tests[0].set {hint}\n"
        f"  {file}:6: tests[0].steps[0].session {hint}\n"
        f"  {file}:7: tests[0].steps[1].request.region {hint}\n"
        f"  {file}:8: tests[0].steps[2].coldStart {hint}\n",
    )


def test_settings_that_are_none_are_told_before_anything_starts(run: Run, written: Callable[[str], str]) -> None:
    file = written(
        "tests:\n  - name: a\n    set: { pin: canari }\n    steps:\n      - set: { nothing: 1 }\n"
        "      - request: { path: /, region: eu-north-1 }\n"
    )
    result = run("test", file)
    assert (result.exit_code, result.out) == (2, "")
    first, second, *_ = result.err.splitlines()
    regions = "origin triggers run in"
    assert first.startswith(f"error: {file}:6: tests[0].steps[1].request.region is 'eu-north-1': {regions} us-east-1, ")
    assert second == f"  {file}:3: tests[0].set.pin is 'canari': did you mean canary? Allowed: canary, none, stable"
    assert f"  {file}:5: tests[0].steps[0].set.nothing is an unknown key: " in result.err


def test_a_mistake_in_the_settings_of_the_file_has_their_line(run: Run, written: Callable[[str], str]) -> None:
    file = written(
        "set:\n  canaryPercnt: 5\n  jwtIat.leewaySeconds: x\n  function: { memoryMb: 5 }\n"
        "tests:\n  - { name: a, steps: [{ request: / }] }\n  - { name: b, steps: [{ request: / }] }\n"
    )
    result = run("test", file)
    assert (result.exit_code, result.out) == (2, "")
    unknown, *others = result.err.splitlines()
    assert unknown.startswith(
        f"error: {file}:2: set.canaryPercnt is an unknown key: did you mean canaryPercent? Allowed: accessLogs, "
    )
    assert others == [
        f"  {file}:4: set.function.memoryMb is 5: allowed is 128 to 10240 MB",
        f"  {file}:3: set.jwtIat.leewaySeconds is 'x': expected a whole number",
    ]


def test_a_setting_that_fits_no_path_is_named_at_its_settings(run: Run, written: Callable[[str], str]) -> None:
    file = written("set: { override.secret.a: b }\ntests:\n  - { name: a, steps: [{ request: / }] }\n")
    error = f"error: {file}:1: set: --set override.secret.a: override.secret is text and has no keys\n"
    assert run("test", file) == Result(2, "", error)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--url", "www.example.com"), "--url www.example.com: write the address without a path, such as https://www"),
        (("--url", "https://a.example/b"), "--url https://a.example/b: write the address without a path, such as"),
        (
            ("--url", "https://a.example", "--origin", "a=b"),
            "--origin a=b: is for the local edge; --url names an",
        ),
        (("--url", "https://a.example", "--set", "pin=none"), "--set pin=none: is for the local edge; --url names an"),
        (("--junit", "nowhere/report.xml"), "--junit nowhere/report.xml: must be a file in a folder that exists"),
        (("--filter", "nothing"), "--filter nothing: no test has this in its name; --list shows all of them"),
        (
            ("--url", "http://127.0.0.1:9", "--ca-file", "nowhere"),
            "--ca-file nowhere: no certificates can be read",
        ),
    ],
)
def test_an_option_that_is_none_is_named(
    run: Run, written: Callable[[str], str], options: tuple[str, ...], error: str
) -> None:
    result = run("test", written(SITE), *options)
    assert (result.exit_code, result.out) == (2, "")
    assert result.err.startswith(f"error: {error}"), result.err


def test_tests_are_listed_and_chosen_by_their_names(run: Run, written: Callable[[str], str]) -> None:
    file = written(SITE)
    assert run("test", file, "--list").out == (
        f"{file}:3: stable answers\n{file}:7: the reason is a cookie\n{file}:11: canary answers\n"
        f"{file}:16: only here (only: local)\n"
    )
    assert run("test", file, "--list", "--filter", "ANSWERS", "--filter", "cookie", "--json").document == {
        "tests": [
            {"file": file, "line": 3, "name": "stable answers", "only": None},
            {"file": file, "line": 7, "name": "the reason is a cookie", "only": None},
            {"file": file, "line": 11, "name": "canary answers", "only": None},
        ]
    }


def without_times(text: str) -> str:
    return "\n".join(line.rpartition(" (")[0] if line.endswith(" s)") else line for line in text.splitlines())


def test_an_address_is_asked_and_what_cannot_be_seen_is_named(
    run: Run, written: Callable[[str], str], site: str, tmp_path: Path
) -> None:
    file = written(SITE)
    result = run("test", file, "--url", site, "--junit", str(tmp_path / "junit.xml"))
    assert (result.exit_code, result.err) == (1, "")
    lines = without_times(result.out).splitlines()
    assert lines[:-1] == [
        f"the site at {site}",
        "  ✓ stable answers: stable",
        "  ✓ the reason is a cookie: stable",
        "      not judged: reason: the router's log cannot be read at an address",
        "  ✗ canary answers",
        f"      {file}:13: tests[2].steps[0]",
        "        version: expected canary, found stable (GET /, visitor 1 of 20)",
        "  - only here: only: local",
    ]
    assert lines[-1].startswith("2 passed, 1 failed, 1 skipped (")
    assert lines[-1].endswith("; expectations not judged: reason")
    report = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert {name: report.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
    }


def test_strictly_what_cannot_be_judged_fails_and_the_first_failure_may_end_it(
    run: Run, written: Callable[[str], str], site: str
) -> None:
    file = written(SITE)
    result = run("test", file, "--url", site, "--strict", "--fail-fast", "--json")
    errors = json.loads(result.out)["errors"]
    assert [error["message"] for error in errors] == [
        f"{file}:9: tests[1].steps[0]: reason: expected cookie, found the router's log cannot be read at an address"
        " (GET /)"
    ]
    document = result.document
    [found] = document.pop("files")
    assert document == {"passed": 1, "failed": 1, "notJudged": 0, "skipped": 0}
    assert (found["name"], found["url"], [test["outcome"] for test in found["tests"]]) == (
        "the site",
        site,
        ["passed", "failed"],
    )
    [failure] = found["tests"][1]["failures"]
    assert failure == {
        "place": f"{file}:9: tests[1].steps[0]",
        "expectation": "reason",
        "expected": "cookie",
        "actual": "the router's log cannot be read at an address",
        "request": "GET /",
        "log": [],
    }


def test_no_form_of_the_output_shows_a_secret(
    run: Run, written: Callable[[str], str], site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", 'key-"0123456789')
    file = written(
        "tests:\n"
        "  - name: with ${SECRET}\n"
        '    steps: [{ request: { path: "/a?key=${SECRET}" }, expect: { headers: { x-echo: "${SECRET}" } } }]\n'
    )
    junit = tmp_path / "junit.xml"
    text = run("test", file, "--url", site, "--junit", str(junit))
    document = run("test", file, "--url", site, "--json")
    listed = run("test", file, "--list")
    found = "headers.x-echo: expected '${SECRET}', found '/a?key=${SECRET}' (GET /a?key=${SECRET})"
    assert (text.exit_code, text.out.splitlines()[3].strip()) == (1, found)
    assert document.document["files"][0]["tests"][0]["failures"][0]["expected"] == "'${SECRET}'"
    for output in (text.out, text.err, document.out, document.err, listed.out, junit.read_text(encoding="utf-8")):
        assert "0123456789" not in output


def test_a_mistake_in_the_settings_shows_no_secret(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "0123456789")
    file = written('tests:\n  - { name: a, set: { pin: "${SECRET}" }, steps: [{ request: / }] }\n')
    told = f"error: {file}:2: tests[0].set.pin is '${{SECRET}}': allowed: canary, none, stable\n"
    assert run("test", file) == Result(2, "", told)


def test_a_run_in_which_every_test_would_be_skipped_is_none(run: Run, written: Callable[[str], str]) -> None:
    file = written(SITE)
    told = "error: nothing to run at an address: every chosen test is `only: local`\n"
    assert run("test", file, "--url", "http://127.0.0.1:9", "--filter", "only here") == Result(2, "", told)


def test_only_a_visitor_who_comes_back_brings_the_cookies_that_were_set(
    run: Run, written: Callable[[str], str], site: str
) -> None:
    file = written(
        "tests: [{name: new, steps: [{request: /, visitors: 3, expect: {version: stable}},"
        " {request: /, visitor: anna, expect: {version: stable}},"
        " {request: /, visitor: anna, expect: {version: canary}}]}]"
    )
    result = run("test", file, "--url", site)
    assert (result.exit_code, result.err) == (0, ""), result.out


def test_an_address_where_nobody_is_fails(run: Run, written: Callable[[str], str]) -> None:
    file = written(SITE)
    result = run("test", file, "--url", "http://127.0.0.1:9", "--filter", "stable")
    assert result.exit_code == 1
    assert "  response: expected a response, found the connection was refused (GET /)" in result.out


@pytest.mark.long
@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
def test_each_sample_stack_holds_what_its_file_says(run: Run, stack: str) -> None:
    result = run("test", "demo/test_files/stack.yaml", "--stack", stack, "--strict", "--json")
    assert (result.exit_code, result.document["passed"]) == (0, 4), result.out
