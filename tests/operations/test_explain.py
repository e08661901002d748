"""`edge-router explain`: every form of an event, every step, and clear words for what is no event."""

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from simulator.deployment.applications import free_port
from tests.operations.conftest import Result

pytestmark = pytest.mark.usefixtures("project")
HEAD = "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nCookie: a=b; app-version=canary.x\r\n\r\n"
EVENT = {
    "Records": [
        {
            "cf": {
                "config": {"eventType": "origin-request", "requestId": "request-1"},
                "request": {
                    "clientIp": "203.0.113.1",
                    "method": "GET",
                    "uri": "/",
                    "querystring": "",
                    "headers": {"cookie": [{"key": "Cookie", "value": "sessiontoken=sample-canary"}]},
                },
            }
        }
    ]
}
A_HEAD = "a head is a line such as 'GET / HTTP/1.1' and header lines"
Run = Callable[..., Result]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], str]:
    """A file with this text."""

    def write(text: str) -> str:
        (tmp_path / "event").write_text(text)
        return str(tmp_path / "event")

    return write


def test_a_decision_is_shown_with_all_its_steps(run: Run, written: Callable[[str], str]):
    result = run("explain", written(HEAD), "--set", "strategy=cookie-version", "--set", "canaryPercent=0")
    assert result == Result(
        0,
        "looked at\tfound\n"
        "cookie app-version\tforged-cookie\n"
        "stable (v1.example.com) because forged-cookie, bucket 9557 of 10,000\n",
        "",
    )


@pytest.mark.parametrize("text", [HEAD, HEAD.replace("\r\n", "\n"), HEAD.strip(), "\n" + HEAD, "\ufeff" + HEAD])
def test_line_ends_and_the_empty_line_at_the_end_do_not_matter(run: Run, written: Callable[[str], str], text: str):
    result = run("explain", written(text), "--json", "--set", "strategy=cookie-version")
    assert json.loads(result.out)["steps"] == [{"lookedAt": "cookie app-version", "found": "forged-cookie"}]


def test_one_line_is_enough_of_a_head(run: Run, written: Callable[[str], str]):
    result = run("explain", written("GET /"), "--json", "--set", "strategy=cookie-version")
    assert json.loads(result.out) == {
        "stack": "local",
        "strategy": "cookie-version",
        "region": "us-east-1",
        "origin": "stable",
        "domainName": "v1.example.com",
        "reason": "no-cookie",
        "bucket": 9557,
        "fallback": False,
        "tableSource": None,
        "tableMs": None,
        "steps": [{"lookedAt": "cookie app-version", "found": "no-cookie"}],
    }


def test_the_request_id_decides_for_a_new_visitor(run: Run, written: Callable[[str], str]):
    path, settings = written("GET /"), ("--set", "strategy=cookie-version", "--set", "canaryPercent=50", "--json")
    origins = {json.loads(run("explain", path, *settings, "--request-id", f"r{n}").out)["origin"] for n in range(12)}
    assert origins == {"stable", "canary"}


def test_what_the_function_before_the_cache_decides_is_explained_too(run: Run, written: Callable[[str], str]):
    event = written("GET / HTTP/1.1\nHost: example.com\n")
    settings = ["--set", "strategy=cookie-version", "--set", "cookieVersion.caching=versioned"]
    for percent, origin in (("0", "stable"), ("100", "canary")):
        result = run("explain", event, *settings, "--set", f"canaryPercent={percent}", "--json")
        explained = json.loads(result.out)
        assert (explained["origin"], explained["reason"]) == (origin, "no-cookie")


def test_a_tier_is_explained(run: Run, written: Callable[[str], str]):
    event = written("GET /?CTIER=Premium HTTP/1.1\nHost: example.com\n")
    explained = json.loads(run("explain", event, "--set", "strategy=tier", "--json").out)
    assert (explained["origin"], explained["domainName"], explained["reason"]) == (
        "premium",
        "premium.example.com",
        "tier",
    )


def test_standard_input_is_read(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HEAD.encode())))
    result = run("explain", "-", "--set", "pin=canary")
    assert result.out == "looked at\tfound\npin\tcanary\ncanary (v2.example.com) because pinned\n"


def test_a_mistake_in_standard_input_is_told_without_repeating_it(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"token=secret")))
    assert run("explain", "-") == Result(
        2,
        "",
        "error: standard input: neither a CloudFront event nor the head of an HTTP request (illegal request line);"
        f" {A_HEAD}\n",
    )


def test_an_override_is_explained_without_its_secret(run: Run, written: Callable[[str], str]):
    head = "GET / HTTP/1.1\nHost: a\nx-qa-origin: canary:local-demo-override-secret\n"
    result = run("explain", written(head), "--set", "canaryPercent=0")
    assert result.out == "looked at\tfound\noverride\tcanary\ncanary (v2.example.com) because override\n"


def test_without_credentials_the_decision_is_the_fallback_and_says_so(run: Run, written: Callable[[str], str]):
    result = run("explain", written(json.dumps(EVENT)))
    assert result == Result(
        0,
        "looked at\tfound\n"
        "cookie sessiontoken\tpresent\n"
        "sessions table\tfailed: no-credentials\n"
        "stable (v1.example.com) because table-no-credentials (a fallback: something failed)\n",
        "",
    )


def test_a_dynamodb_that_nobody_serves_costs_no_time(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()
    result = run("explain", written(json.dumps(EVENT)), "--json")
    assert time.monotonic() - started < 2
    assert (json.loads(result.out)["reason"], json.loads(result.out)["fallback"]) == ("table-refused", True)


def test_a_local_dynamodb_is_read_without_credentials(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    try:
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        client.create_table(
            TableName="edge-router-local-sessions",
            KeySchema=[{"AttributeName": "token", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "token", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        item = {"token": {"S": "sample-canary"}, "version": {"S": "2"}}
        client.put_item(TableName="edge-router-local-sessions", Item=item)
        client.close()
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        result = run("explain", written(json.dumps(EVENT)), "--region", "eu-west-2")
    finally:
        server.stop()
    assert result.out.splitlines()[2:] == [
        "sessions table\tsession, from eu-west-1",
        "canary (v2.example.com) because session",
    ]
    assert result.exit_code == 0


SHAPE = 'not a CloudFront event: Records[0].cf.request must be as in "Lambda@Edge event structure"'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f"is empty; {A_HEAD}"),
        (" \n\n", f"is empty; {A_HEAD}"),
        (
            "what is this",
            f"neither a CloudFront event nor the head of an HTTP request (illegal request line); {A_HEAD}",
        ),
        ("{", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        ("[1, 2]", "a CloudFront event has Records[0].cf.request; this JSON has no list Records"),
        ('{"Records": 5}', "a CloudFront event has Records[0].cf.request; this JSON has no list Records"),
        ('{"Records": []}', SHAPE),
        ('{"Records": [{"cf": {"request": {"headers": 5}}}]}', SHAPE),
        ('{"Records": [{"cf": {"request": {"headers": {"a": [5]}}}}]}', SHAPE),
        ("[" * 200_000, "not JSON that can be read: it is nested too deeply"),
    ],
)
def test_what_is_no_event_is_told_in_one_line(run: Run, written: Callable[[str], str], text: str, problem: str):
    path = written(text)
    assert run("explain", path, "--set", "strategy=cookie-version") == Result(2, "", f"error: {path}: {problem}\n")


def test_a_file_that_cannot_be_read_is_named(run: Run, tmp_path: Path):
    (tmp_path / "bytes").write_bytes(b"GET / \xff")
    for name, problem in [
        ("nowhere", "no such file"),
        ("", "cannot be read: Is a directory"),
        ("bytes", "is no UTF-8 text: invalid start byte at byte 6"),
    ]:
        path = str(tmp_path / name)
        assert run("explain", path) == Result(2, "", f"error: {path}: {problem}\n")


def test_a_region_that_does_not_exist_is_told(run: Run, written: Callable[[str], str]):
    result = run("explain", written(HEAD), "--region", "eu-wst-1")
    assert result.err.startswith("error: --region is 'eu-wst-1', which is no AWS Region: did you mean eu-west-1?")
    assert result.exit_code == 2
