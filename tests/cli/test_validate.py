"""`edge-router validate`: what it is told, where its expectations come from, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cli.output.progress import counting
from cli.stacks.running import LocalStack
from cli.stacks.workspace import Workspace
from cli.validate.run import expectations
from tests.cli.conftest import ROOT, Result
from tests.validator.sites import SECRET, Shop, serve

Run = Callable[..., Result]
LOCAL_SECRET = "local-demo-override-secret"
SMALL = ("--visitors", "40", "--sticky-visitors", "2", "--requests-per-visitor", "2", "--rate", "1000")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, no progress is due in this process: what is on standard error is compared."""
    monkeypatch.setattr("cli.validate.run.counting", partial(counting, quiet_seconds=300))


def test_what_is_proven_is_printed_with_its_evidence(run: Run):
    with serve(Shop()) as url:
        result = run("validate", url, *SMALL, "--percent", "30")
    assert (result.exit_code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line for line in lines if not line.startswith("    ")] == [
        "✓ passed answers: 53 requests, all with the expected response",
        "✓ passed split: 12 of 40 visitors on the canary; 30 % would be 4 to 22 (p = 1, exact binomial test,"
        " two-sided, 99.9 %: 10.3 % to 57.05 %)",
        "✓ passed stickiness: 2 visitors × 2 requests: all visitors stayed on the first version",
        "- skipped override: no QA override is given",
        "- skipped pin: no pin is expected",
        "✓ passed cached-cookies: 45 visitors got 45 cookies, none of them twice, none replayed by a cache",
        "✓ passed cached-versions: 6 requests in turn, 0 hits, none of another version",
        "- skipped varied-headers: no cached response names a header in Vary",
        "- skipped origin-hosts: no hosts of origins are given",
        lines[-1],
    ]
    assert lines[-1].startswith(f"{url}: passed (53 requests in ")
    assert "    believedCounts: 4, 22" in lines
    assert any(
        line.startswith("    sample: 200 canary /, Miss from cloudfront, ") and ", x-amz-cf-id request-" in line
        for line in lines
    )


@pytest.mark.long
def test_what_is_not_proven_ends_with_exit_code_1(run: Run):
    with serve(Shop(is_anonymous=True)) as url:
        inconclusive = run("validate", url, *SMALL, "--percent", "30")
    with serve(Shop()) as url:
        failed = run("validate", url, *SMALL, "--percent", "90", "--json")
    assert (inconclusive.exit_code, inconclusive.err) == (1, "")
    assert "? inconclusive split: 40 of 40 visitors got no known version: no header x-app-version\n" in inconclusive.out
    assert (failed.exit_code, failed.err) == (1, "")
    document = failed.document
    assert (document["passed"], document["url"]) == (False, url)
    assert [check["verdict"] for check in document["checks"] if check["check"] == "split"] == ["failed"]


@pytest.mark.long
def test_the_report_goes_to_a_file_too(run: Run, tmp_path: Path):
    with serve(Shop()) as url:
        result = run("validate", url, *SMALL, "--json", "--report", str(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text()) == result.document


@pytest.mark.long
def test_expectations_come_from_the_stack_and_the_secret_is_never_printed(run: Run, tmp_path: Path):
    shop = Shop(secret=LOCAL_SECRET)
    settings = ("--stack", "local", "--set", "strategy=cookie-version", "--set", "canaryPercent=30")
    with serve(shop) as url:
        result = run("validate", url, *SMALL, *settings, "--json")
    document = result.document
    assert (result.exit_code, document["plan"]["percent"]) == (0, 30)
    assert document["plan"]["override"] == {"header": "x-qa-origin"}
    assert [check["verdict"] for check in document["checks"] if check["check"] == "override"] == ["passed"]
    assert LOCAL_SECRET not in result.out


AS_VERSIONED = ("--stack", "local", "--set", "strategy=cookie-version", "--set", "cookieVersion.caching=versioned")
STORED = json.dumps({"percent": 0, "pin": "none", "release": "r", "withdrawn": True})


@pytest.mark.long
@pytest.mark.long_if("False")
@pytest.mark.parametrize(
    ("is_up", "settings", "source"),
    [
        (
            False,
            ("canaryPercent=90",),
            "90 % is the percentage in the config of local; a rollout changes it in the control table only, which"
            " `edge-router rollout status` reads",
        ),
        (
            True,
            ("canaryPercent=100", "holdout.percent=5", "holdout.name=h"),
            "95 % is the percentage in the config of local less the holdout; the key-value store has 0 %, pin none,"
            " canary withdrawn",
        ),
    ],
)
def test_a_failed_split_says_where_the_percentage_is_from(
    run: Run, monkeypatch: pytest.MonkeyPatch, is_up: bool, settings: tuple[str, ...], source: str
):
    given = [word for setting in settings for word in ("--set", setting)]
    with serve(Shop()) as url:
        status = {"url": url.rstrip("/"), "dynamodb": {"endpointUrl": url}, "keyValues": {"store": {"canary": STORED}}}
        here = LocalStack("local", status, {}) if is_up else None
        monkeypatch.setattr("cli.stacks.running.find_local", lambda _workspace, _stack: here)
        result = run("validate", url, *SMALL, *AS_VERSIONED, *given)
        alone = run("validate", url, *SMALL, *AS_VERSIONED, *given, "--percent", "90")
    assert (result.exit_code, result.err) == (1, f"split: {source}\n")
    assert (alone.exit_code, alone.err) == (1, "")


@pytest.mark.long
def test_what_is_given_goes_before_what_the_stack_says(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(os.environ, "EDGE_ROUTER_OVERRIDE_SECRET", SECRET)
    with serve(Shop()) as url:
        pinned = ("--stack", "local", "--set", "pin=stable", "--percent", "30", "--pin", "none")
        result = run("validate", url, *SMALL, *pinned, "--json")
    document = result.document
    assert (result.exit_code, document["plan"]["pin"], document["plan"]["percent"]) == (0, "none", 30)
    assert SECRET not in result.out


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("strategy", "percent", "cookies"),
    [
        ("sticky-session", 10, ["sessiontoken"]),
        ("cookie-version", 10, ["app-version"]),
        ("jwt-iat", 0, None),
        ("tenant-lookup", 0, None),
        ("tier", 0, None),
        ("fastest-origin", None, None),
    ],
)
def test_a_stacks_strategy_says_what_newcomers_get(strategy: str, percent: int | None, cookies: list[str] | None):
    settings = (f"strategy={strategy}", "canaryPercent=10")
    expected = expectations(Workspace().open_stack("local", settings))
    assert (expected.get("percent"), expected.get("cookies")) == (percent, cookies)
    assert expected["pin"] == "none"
    assert expected["override"] == {"header": "x-qa-origin", "secret": LOCAL_SECRET}


@pytest.mark.usefixtures("project")
def test_visitors_who_are_held_out_are_not_expected_on_the_canary():
    settings = ("strategy=cookie-version", "canaryPercent=50", "holdout.percent=1", "holdout.name=2026-h2")
    assert expectations(Workspace().open_stack("local", settings))["percent"] == 49.5


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("ftp://example.com/",), "URL must begin with https:// or http:// and a host"),
        (("https://a.example/", "--percent", "101"), "--percent is 101.0: a number from 0 to 100"),
        (("https://a.example/", "--version", "canary"), "--version canary: write NAME=CODE, such as canary=2"),
        (
            ("https://a.example/", "--override", "x-qa-origin"),
            "--override x-qa-origin: write header:NAME, cookie:NAME or query:NAME",
        ),
        (
            ("https://a.example/", "--override", "header:x-qa-origin"),
            "--override has no secret: set EDGE_ROUTER_OVERRIDE_SECRET",
        ),
        (("https://a.example/", "--set", "pin=none"), "--set changes settings of a stack: name it with --stack"),
        (
            ("https://a.example/", "--report", "/no/such/folder/x"),
            "--report /no/such/folder/x: must be a file in a folder that exists",
        ),
        (("https://a.example/", "--ca-file", "/no"), "--ca-file /no: no certificates can be read from it"),
        (
            ("https://a.example/", "--timeout", "0", "--sticky-visitors", "-1"),
            "--sticky-visitors is -1: a whole number from 0 to 1000\n  --timeout is 0.0: a number from 0.1 to 60",
        ),
        (
            ("https://a.example/", "--visitors", "5000"),
            "--max-requests is 2000, but 5109 requests are planned: use fewer visitors or a higher limit",
        ),
    ],
)
def test_what_cannot_be_asked_ends_with_exit_code_2(run: Run, arguments: tuple[str, ...], problem: str):
    assert run("validate", *arguments) == Result(2, "", f"error: {problem}\n")


@pytest.mark.long
def test_a_report_that_cannot_be_written_is_told_after_it_was_shown(run: Run):
    with serve(Shop()) as url:
        result = run("validate", url, *SMALL, "--json", "--report", "/dev/full")
    assert (result.exit_code, result.err) == (
        1,
        "error: --report /dev/full: cannot be written: No space left on device\n",
    )
    assert result.document["passed"] is True


@pytest.mark.long
def test_a_bar_is_on_a_terminal_only():
    with serve(Shop()) as url:
        command = [sys.executable, "-m", "cli", "validate", url, *SMALL, "--json"]
        terminal, other_end = pty.openpty()
        with os.fdopen(other_end, "w") as stderr:
            ended = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
                stdout=subprocess.PIPE,
                stderr=stderr,
                check=False,
                timeout=60,
            )
        with os.fdopen(terminal, "rb", buffering=0) as shown:
            bar = shown.read(65_536).decode(errors="replace")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["passed"] is True
    assert "127.0.0.1" in bar
    assert "/53" in bar
