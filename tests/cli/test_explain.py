"""`edge-router explain`: every form of an event, every step, and clear words for what is not an event."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.stacks.workspace import Workspace
from infra.cdn.javascript import build_function_code
from simulator.cloudfront_functions import FunctionRuntime, KeyValueStore
from simulator.sample_events import origin_request
from tests.cli.conftest import Result
from tests.moto_server import moto_server, use_aws_at
from tests.ports import refusing_url

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
EXPECTED = "expected a request line such as 'GET / HTTP/1.1', and header lines"
SETTINGS = "local: from the settings; no running stack was read\n"
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
        SETTINGS,
    )


@pytest.mark.parametrize("text", [HEAD, HEAD.replace("\r\n", "\n"), HEAD.strip(), "\n" + HEAD, "\ufeff" + HEAD])
def test_line_ends_and_the_empty_line_at_the_end_do_not_matter(run: Run, written: Callable[[str], str], text: str):
    result = run("explain", written(text), "--json", "--set", "strategy=cookie-version")
    assert result.document["steps"] == [{"lookedAt": "cookie app-version", "found": "forged-cookie"}]


def test_one_line_is_enough_of_a_head(run: Run, written: Callable[[str], str]):
    result = run("explain", written("GET /"), "--json", "--set", "strategy=cookie-version")
    document = result.document
    assert datetime.fromisoformat(document["read"].pop("at")).tzinfo is not None
    assert document == {
        "stack": "local",
        "strategy": "cookie-version",
        "region": "us-east-1",
        "read": {"where": "settings", "place": None, "what": []},
        "unread": [],
        "origin": "stable",
        "domainName": "v1.example.com",
        "reason": "no-cookie",
        "bucket": 9557,
        "group": None,
        "fallback": False,
        "tableSource": None,
        "tableMs": None,
        "steps": [{"lookedAt": "cookie app-version", "found": "no-cookie"}],
    }


GROUPS = tuple(
    part
    for setting in (
        "strategy=cookie-version",
        "rollout.baseline=true",
        "holdout.percent=30",
        "holdout.name=2026-h2",
        "bots.enabled=true",
        "canaryPercent=50",
    )
    for part in ("--set", setting)
)


@pytest.mark.parametrize(
    ("agent", "request_id", "outcome"),
    [
        ("", "r2", "stable (v1.example.com) because no-cookie, bucket 9608 of 10,000, group baseline"),
        ("", "r0", "stable (v1.example.com) because holdout"),
        ("User-Agent: Googlebot/2.1\n", "r0", "stable (v1.example.com) because bot, group bot"),
    ],
)
@pytest.mark.parametrize("caching", ["none", "versioned"])
def test_the_group_of_a_visitor_is_said(
    caching: str, agent: str, request_id: str, outcome: str, run: Run, written: Callable[[str], str]
):
    head = written(f"GET / HTTP/1.1\n{agent}")
    result = run("explain", head, *GROUPS, "--set", f"cookieVersion.caching={caching}", "--request-id", request_id)
    assert result.out.splitlines()[-1] == outcome


def test_the_request_id_decides_for_a_new_visitor(run: Run, written: Callable[[str], str]):
    path, settings = written("GET /"), ("--set", "strategy=cookie-version", "--set", "canaryPercent=50", "--json")
    origins = {run("explain", path, *settings, "--request-id", f"r{n}").document["origin"] for n in range(12)}
    assert origins == {"stable", "canary"}


def test_what_the_function_before_the_cache_decides_is_explained_too(run: Run, written: Callable[[str], str]):
    event = written("GET / HTTP/1.1\nHost: example.com\n")
    settings = ["--set", "strategy=cookie-version", "--set", "cookieVersion.caching=versioned"]
    for percent, origin in (("0", "stable"), ("100", "canary")):
        result = run("explain", event, *settings, "--set", f"canaryPercent={percent}", "--json")
        explained = result.document
        assert (explained["origin"], explained["reason"]) == (origin, "no-cookie")


HINTED = (
    "--set",
    "stickySession.caching=versioned",
    "--set",
    "stickySession.versionCookie=app-version",
    "--set",
    "canaryPercent=0",
)
STABLE = "stable (v1.example.com) because"
NO_TABLE = [
    "cookie sessiontoken\tpresent",
    "sessions table\tnot read",
    "undecided: the sessions table was not read",
]


@pytest.mark.parametrize(
    ("head", "lines"),
    [
        (
            "Cookie: sessiontoken=sample-stable; app-version=canary\n",
            ["cookie app-version\tcookie", "canary (v2.example.com) because cookie"],
        ),
        (
            "Cookie: sessiontoken=sample-canary\n",
            ["cookie app-version\tno-cookie", *NO_TABLE],
        ),
        (
            "Cookie: sessiontoken=sample-canary; app-version=canary.00000000.someone\n",
            ["cookie app-version\tother-release", *NO_TABLE],
        ),
        ("", ["cookie app-version\tno-cookie", f"{STABLE} no-cookie, bucket 9308 of 10,000"]),
        ("x-router-version: canary\n", ["cookie app-version\tno-cookie", f"{STABLE} no-cookie, bucket 9308 of 10,000"]),
        (
            f"Cookie: sessiontoken={'x' * 1_025}\n",
            ["cookie app-version\tno-cookie", f"{STABLE} no-cookie, bucket 9308 of 10,000"],
        ),
        (
            "Cookie: sessiontoken=sample-canary\nx-qa-origin: canary:wrong\n",
            [
                "override\twrong secret",
                "cookie app-version\tno-cookie",
                *NO_TABLE,
            ],
        ),
    ],
    ids=["hint", "session", "hint of another release", "neither", "forged header", "endless session", "wrong override"],
)
def test_the_hint_of_a_session_decides_before_its_table_does(
    run: Run, written: Callable[[str], str], head: str, lines: list[str]
):
    result = run("explain", written(f"GET / HTTP/1.1\nHost: example.com\n{head}"), *HINTED)
    exit_code = 3 if lines[-1] == NO_TABLE[-1] else 0
    assert result == Result(exit_code, "\n".join(["looked at\tfound", *lines, ""]), SETTINGS)


def test_the_same_is_said_as_the_function_before_the_cache_writes(run: Run, written: Callable[[str], str]):
    stack = Workspace().open_stack("local", [*HINTED[1::2], "strategy=sticky-session", "canaryPercent=50"])
    function = build_function_code(stack)
    assert function is not None
    runtime = FunctionRuntime(
        function.code, KeyValueStore("arn:aws:cloudfront::1:key-value-store/a", function.key_values)
    )
    for number in range(12):
        cookies = {"app-version": "canary.00000000.someone"} if number % 3 == 0 else {}
        event = {
            "version": "1.0",
            "context": {"eventType": "viewer-request", "requestId": f"r-{number}"},
            "viewer": {"ip": "203.0.113.1"},
            "request": {
                "method": "GET",
                "uri": "/",
                "querystring": {},
                "headers": {},
                "cookies": {name: {"value": value} for name, value in cookies.items()},
            },
        }
        said = json.loads(runtime.run(event).logs[0])
        head = "GET / HTTP/1.1\n" + "".join(f"Cookie: {name}={value}\n" for name, value in cookies.items())
        settings = (*HINTED, "--set", "canaryPercent=50", "--json", "--request-id", f"r-{number}")
        explained = run("explain", written(head), *settings).document
        assert [explained[key] for key in ("origin", "reason", "bucket")] == [
            said[key] for key in ("origin", "reason", "bucket")
        ]


def test_a_pin_is_stronger_than_a_hint_and_a_session(run: Run, written: Callable[[str], str]):
    head = "GET / HTTP/1.1\nCookie: sessiontoken=sample-canary; app-version=canary\n"
    result = run("explain", written(head), *HINTED, "--set", "pin=stable")
    assert result.out == f"looked at\tfound\npin\tstable\n{STABLE} pinned\n"


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("canary", ["header x-router-version\tcanary", "canary (v2.example.com) because assigned-version"]),
        (
            "canary?0123456789abcdef",
            [
                "header x-router-version\tcanary, unless the strategy knows better",
                *NO_TABLE,
            ],
        ),
    ],
)
def test_an_event_behind_the_cache_has_what_the_function_said(
    run: Run, written: Callable[[str], str], header: str, lines: list[str]
):
    event = origin_request(cookies=["sessiontoken=sample-canary"], headers={"x-router-version": header})
    result = run("explain", written(json.dumps(event)), *HINTED)
    assert result.out.splitlines()[1:] == lines


def test_a_tier_is_explained(run: Run, written: Callable[[str], str]):
    event = written("GET /?CTIER=Premium HTTP/1.1\nHost: example.com\n")
    explained = run("explain", event, "--set", "strategy=tier", "--json").document
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
        f"error: standard input: neither a CloudFront event nor an HTTP request (illegal request line); {EXPECTED}\n",
    )


def test_an_override_is_explained_without_its_secret(run: Run, written: Callable[[str], str]):
    head = "GET / HTTP/1.1\nHost: a\nx-qa-origin: canary:local-demo-override-secret\n"
    result = run("explain", written(head), "--set", "canaryPercent=0")
    assert result.out == "looked at\tfound\noverride\tcanary\ncanary (v2.example.com) because override\n"


def test_what_depends_on_a_table_cannot_be_told_without_a_running_stack(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    """Also with credentials: nobody has said that AWS is meant."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIAEXAMPLE")
    result = run("explain", written(json.dumps(EVENT)))
    assert result == Result(
        3,
        "looked at\tfound\n"
        "cookie sessiontoken\tpresent\n"
        "sessions table\tnot read\n"
        "undecided: the sessions table was not read\n",
        SETTINGS,
    )
    document = json.loads(run("explain", written(json.dumps(EVENT)), "--json").out)
    assert (document["origin"], document["reason"], document["fallback"]) == (None, None, None)
    assert document["unread"] == ["the sessions table"]


@pytest.mark.parametrize(
    ("strategy", "head", "unread"),
    [
        ("fastest-origin", "GET / HTTP/1.1\n", "the origins"),
        ("tenant-lookup", 'POST / HTTP/1.1\n\n{"tenantId": "acme", "accountId": "1001"}', "the tenants table"),
    ],
)
def test_what_would_have_to_be_asked_is_named_by_strategy(
    run: Run, written: Callable[[str], str], strategy: str, head: str, unread: str
):
    result = run("explain", written(head), "--set", f"strategy={strategy}")
    assert (result.exit_code, result.out.splitlines()[-1]) == (3, f"undecided: {unread} was not read")
    pinned = run("explain", written(head), "--set", f"strategy={strategy}", "--set", "pin=canary")
    assert (pinned.exit_code, pinned.out.splitlines()[-1]) == (0, "canary (v2.example.com) because pinned")


def test_a_dynamodb_that_nobody_serves_is_not_waited_for(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    with refusing_url() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        result = run("explain", written(json.dumps(EVENT)), "--json")
    assert (result.document["reason"], result.document["fallback"]) == ("table-refused", True)


def test_a_local_dynamodb_is_read_without_credentials(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
):
    with moto_server() as url:
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
    assert result.out.splitlines()[2:] == [
        "sessions table\tsession, from eu-west-1",
        "canary (v2.example.com) because session",
    ]
    assert result.exit_code == 0


CONTROL_KEYS = ({"AttributeName": "scope", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"})


@pytest.fixture
def account(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AWS as far as DynamoDB goes: a session on version 2, 10 % in the control table; its client in us-east-1."""
    with moto_server() as url:
        use_aws_at(url, monkeypatch)
        client = boto3.client("dynamodb", region_name="us-east-1")
        for table, keys in {
            "edge-router-prod-sessions": [{"AttributeName": "token", "KeyType": "HASH"}],
            "edge-router-prod-control": list(CONTROL_KEYS),
        }.items():
            defined = [{"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in keys]
            client.create_table(
                TableName=table, KeySchema=keys, AttributeDefinitions=defined, BillingMode="PAY_PER_REQUEST"
            )
        item = {"token": {"S": "sample-canary"}, "version": {"S": "2"}}
        client.put_item(TableName="edge-router-prod-sessions", Item=item)
        put_control(client)
        yield client
        for table in client.list_tables()["TableNames"]:
            client.delete_table(TableName=table)
        client.close()


def put_control(client: Any, **attributes: dict[str, str]) -> None:
    config = {"canaryPercent": {"N": "10"}, "pin": {"S": "none"}, "release": {"S": "2026-11"}, "revision": {"S": "0a"}}
    item = {"scope": {"S": "edge"}, "item": {"S": "config"}, **config, **attributes}
    client.put_item(TableName="edge-router-prod-control", Item=item)


def test_the_accounts_tables_are_read_where_that_is_said(run: Run, written: Callable[[str], str], account: Any):
    path = written(json.dumps(EVENT))
    result = run("explain", path, "--stack", "prod", "--aws")
    assert result.out.splitlines()[1:] == [
        "control\tconfig:0a says 10 %",
        "cookie sessiontoken\tpresent",
        "sessions table\tsession, from us-east-1",
        result.out.splitlines()[-1],
    ]
    assert (result.exit_code, result.out.splitlines()[-1].partition(" ")[0]) == (0, "canary")
    read = r"the settings, the control table in us-east-1 \(config:0a\), the sessions table"
    place = "prod: AWS account 123456789012, Region us-east-1"
    assert re.fullmatch(rf"{place}, read at 20\S+Z: {read}\n", result.err)
    put_control(account, pin={"S": "stable"})
    document = json.loads(run("explain", path, "--stack", "prod", "--aws", "--json").out)
    assert (document["origin"], document["reason"], document["read"]["where"]) == ("stable", "pinned", "AWS")


def test_what_the_caller_may_not_read_in_the_account_is_no_fallback_of_the_edge(
    run: Run, written: Callable[[str], str], account: Any
):
    path = written(json.dumps(EVENT))
    account.delete_table(TableName="edge-router-prod-sessions")
    result = run("explain", path, "--stack", "prod", "--aws")
    assert (result.exit_code, result.out.splitlines()[-1]) == (
        3,
        "undecided: the sessions table (no-such-table) could not be read",
    )
    account.delete_table(TableName="edge-router-prod-control")
    document = json.loads(run("explain", path, "--stack", "prod", "--aws", "--json").out)
    assert document["unread"] == [
        "the control table in us-east-1 (no-such-table)",
        "the sessions table (no-such-table)",
    ]


def test_without_credentials_aws_cannot_be_read(
    run: Run, written: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    result = run("explain", written(HEAD), "--stack", "prod", "--aws")
    assert (result.exit_code, result.err) == (
        1,
        "error: cannot read the stack in AWS: there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY\n",
    )


def test_a_local_edge_that_is_not_up_is_told(run: Run, written: Callable[[str], str]):
    assert run("explain", written(HEAD), "--local") == Result(
        1, "", "error: stack local is not up: start it with `edge-router up --stack local`\n"
    )


SHAPE = 'not a CloudFront event: Records[0].cf.request must be as in "Lambda@Edge event structure"'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", f"is empty; {EXPECTED}"),
        (" \n\n", f"is empty; {EXPECTED}"),
        (
            "what is this",
            f"neither a CloudFront event nor an HTTP request (illegal request line); {EXPECTED}",
        ),
        ("{", "not JSON: Expecting property name enclosed in double quotes at line 1, column 2"),
        ("[1, 2]", "a CloudFront event has Records[0].cf.request; this JSON has no list Records"),
        ('{"Records": 5}', "a CloudFront event has Records[0].cf.request; this JSON has no list Records"),
        ('{"Records": []}', SHAPE),
        ('{"Records": [{"cf": {"request": {"headers": 5}}}]}', SHAPE),
        ('{"Records": [{"cf": {"request": {"headers": {"a": [5]}}}}]}', SHAPE),
        ("[" * 200_000, "JSON that is nested too deeply"),
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
        ("bytes", "is not valid UTF-8: invalid start byte at byte 6"),
    ]:
        path = str(tmp_path / name)
        assert run("explain", path) == Result(2, "", f"error: {path}: {problem}\n")


def test_a_region_that_does_not_exist_is_told(run: Run, written: Callable[[str], str]):
    result = run("explain", written(HEAD), "--region", "eu-wst-1")
    assert result.err.startswith("error: --region is 'eu-wst-1', which is not an AWS Region: did you mean eu-west-1?")
    assert result.exit_code == 2


STATIC = ("--set", "strategy=cookie-version", "--set", "staticPaths[0]=/static/*", "--set", "pin=canary")


@pytest.mark.parametrize("path", ["/static/a.css", "/x/../static//a.css", "/static/?a=b"])
def test_a_static_path_goes_past_the_router(run: Run, written: Callable[[str], str], path: str):
    text = f"GET {path} HTTP/1.1\nx-qa-origin: canary:local-demo-override-secret\n"
    result = run("explain", written(text), *STATIC)
    assert result.out == "looked at\tfound\npath\tstatic, /static/*\nstable (v1.example.com) because static-path\n"


def test_what_is_no_static_path_is_decided(run: Run, written: Callable[[str], str]):
    for path in ("/statics", "/Static/a", "/static/../a"):
        assert run("explain", written(f"GET {path} HTTP/1.1\n"), *STATIC, "--json").document["reason"] == "pinned"
    behind = json.loads(json.dumps(EVENT).replace('"uri": "/"', '"uri": "/static/a"'))
    assert run("explain", written(json.dumps(behind)), *STATIC, "--json").document["reason"] == "pinned"


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("GET / HTTP/1.1\n\nbody", 403, "a GET request has no body"),
        ("CONNECT example.com:443 HTTP/1.1\n", 403, "the method CONNECT is not allowed here"),
        ("POST /static/a HTTP/1.1\n", 403, "the method POST is not allowed here"),
        (f"GET /{'a' * 8_192} HTTP/1.1\n", 414, "the URL is longer than 8,192 bytes"),
        (f"GET / HTTP/1.1\nCookie: {'a' * 32_768}\n", 494, "the headers are larger than 32,768 bytes"),
    ],
    ids=["body of GET", "method", "method of a static path", "URL", "headers"],
)
def test_what_cloudfront_refuses_is_no_decision(
    run: Run, written: Callable[[str], str], text: str, status: int, reason: str
):
    result = run("explain", written(text), *STATIC)
    assert result.exit_code == 0
    assert result.out.splitlines()[-1] == f"CloudFront responds with {status} by itself: {reason}"
    document = run("explain", written(text), *STATIC, "--json").document
    assert (document["origin"], document["reason"]) == (None, None)
    assert document["refused"] == {"status": status, "reason": reason}


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"tenantId":"a\xff"}', "not-json"), (b"\x1f\x8b\x00\xff", "not-json"), (b'{"s":"\xc3\xa9"}', "missing-tenant")],
)
def test_a_body_need_not_be_text(run: Run, tmp_path: Path, body: bytes, reason: str):
    file = tmp_path / "request"
    file.write_bytes(b"\r\nPOST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    result = run("explain", str(file), "--set", "strategy=tenant-lookup", "--json")
    assert (result.exit_code, result.document["reason"]) == (0, reason)
