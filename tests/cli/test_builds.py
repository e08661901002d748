"""`edge-router builds`: former builds are kept, listed and retired in the running stack, and bounded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cli.builds import kept
from cli.builds.kept import MOST_KEPT, copy_to_store
from cli.stacks.running import AwsStack
from simulator.dynamodb.sdk import local_client
from tests.cli.conftest import Result
from tests.cli.status_server import local_stack
from tests.infra.configs import BUILT, stack_of
from tests.moto_server import create_control_table, moto_server

TABLE = "edge-router-builds-of-a-test"
CONFIG = {"builds": {"M": {"canary": {"S": "B"}, "stable": {"S": "A"}}}}
SKEW = ("--set", "skew.pathPrefix=/_v", "--set", "origins.stable.build=A", "--set", "origins.canary.build=B")
OWN = ("--set", f"control.tableName={TABLE}")
"""The engine is shared by the tests of a process, and so are its tables."""
VERSIONED = (*OWN, "--set", "strategy=cookie-version", "--set", "cookieVersion.caching=versioned")
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def pairs(url: str, project: Path) -> Iterator[dict[str, str]]:
    """The stack `local`, up, by its table and its status port; the pairs of its key-value store."""
    client = local_client(url, "us-east-1")
    create_control_table(client, TABLE)
    client.put_item(TableName=TABLE, Item={"scope": {"S": "edge"}, "item": {"S": "config"}, **CONFIG})
    pairs = {"canary": "{}", "build:A": "stable", "build:B": "canary"}

    def change(puts: Any, deletes: Any) -> None:
        pairs.update(puts)
        for key in deletes:
            del pairs[key]

    status: dict[str, Any] = {
        "url": "http://127.0.0.1:8080",
        "dynamodb": {"endpointUrl": url},
        "keyValues": {"arn": pairs},
    }
    with local_stack(project, "local", status, change_pairs=change), contextlib.closing(client):
        yield pairs
        client.delete_table(TableName=TABLE)


def builds(result: Result) -> list[tuple[str, str | None, str, bool]]:
    """(build, origin, path, whether it was kept)."""
    assert (result.exit_code, result.err) == (0, "")
    return [(one["build"], one["origin"], one["path"], "addedAt" in one) for one in result.document["builds"]]


@pytest.mark.long
def test_a_former_build_is_kept_listed_and_retired_in_table_and_store(run: Run, pairs: dict[str, str]) -> None:
    given = (*SKEW, *VERSIONED, "--json")
    current = [("B", "canary", "", False), ("A", "stable", "", False)]
    assert builds(run("builds", "list", *given)) == current
    added = run("builds", "add", "old", "--origin", "stable", "--path", "/builds/old", *given)
    assert builds(added) == [*current, ("old", "stable", "/builds/old", True)]
    assert pairs == {"canary": "{}", "build:A": "stable", "build:B": "canary", "build:old": "stable/builds/old"}
    assert builds(run("builds", "list", *given)) == builds(added)

    assert builds(run("builds", "retire", "old", *given)) == current
    assert builds(run("builds", "retire", "B", *given)) == [("B", None, "", True), ("A", "stable", "", False)]
    assert pairs == {"canary": "{}", "build:A": "stable", "build:B": "-"}
    assert builds(run("builds", "add", "B", "--origin", "canary", *given)) == [("B", "canary", "", True), current[1]]
    assert pairs["build:B"] == "canary"


@pytest.mark.long
def test_the_oldest_makes_room_and_is_named(run: Run, pairs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    for build in ("one", "two"):
        assert run("builds", "add", build, "--origin", "stable", *SKEW, *VERSIONED).exit_code == 0
    result = run("builds", "add", "three", "--origin", "canary", "--path", "/3", *SKEW, *VERSIONED)
    assert result.err == "warning: one is not kept any more: it was the oldest of 2\n"
    assert result.out.splitlines() == [
        "build\torigin\tpath\tfrom",
        "B\tcanary\t\tconfig",
        "A\tstable\t\tconfig",
        "three\tcanary\t/3\tkept",
        "two\tstable\t\tkept",
    ]
    assert "build:one" not in pairs
    assert MOST_KEPT == 20


@pytest.mark.long_if(r"^words0|words[12]")
@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("add", "../x", "--origin", "stable"), 2, "'../x' is not a build id: 1 to 64 letters, digits and ._-, first"),
        (("add", "x", "--origin", "blue"), 2, "--origin 'blue': is not an origin of the stack; its origins are"),
        (("add", "x", "--origin", "stable", "--path", "x/"), 2, "--path is 'x/': a path is \"\" or starts with /"),
        (("retire", "x"), 1, "no build x is known; known are: B, A"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    run: Run, pairs: dict[str, str], words: tuple[str, ...], code: int, error: str
) -> None:
    before = dict(pairs)
    result = run("builds", *words, *SKEW, *VERSIONED)
    assert (result.exit_code, result.out, pairs) == (code, "", before)
    assert result.err.startswith(f"error: {error}")


def test_a_stack_that_keeps_none_says_what_is_missing(run: Run) -> None:
    for given, error in (
        ((), "edge-router:skew names no place for a build id in requests"),
        ((*SKEW, "--set", "control=baked"), "edge-router:control is baked: former builds are kept in"),
    ):
        result = run("builds", "list", *given)
        assert (result.exit_code, result.err.startswith(f"error: {error}")) == (2, True), result.err


def test_in_aws_the_store_gets_what_it_lacks_and_loses_what_is_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = stack_of(cookieVersion={"caching": "versioned"}, skew={"pathPrefix": "/_v"}, origins=BUILT, control="live")
    arn = "arn:aws:cloudfront::123456789012:key-value-store/0c6a5e1e-0000-4000-8000-000000000000"
    session = boto3.Session("AKIAEXAMPLE", "example", region_name="us-east-1")
    clients = {name: session.client(name) for name in ("cloudfront", "cloudfront-keyvaluestore")}
    monkeypatch.setattr(kept, "client", lambda service, _region: clients[service])
    with Stubber(clients["cloudfront"]) as cloudfront, Stubber(clients["cloudfront-keyvaluestore"]) as stores:
        described: dict[str, Any] = {"Name": "n", "Id": "i", "Comment": "", "ARN": arn, "LastModifiedTime": 0}
        cloudfront.add_response(
            "describe_key_value_store",
            {"KeyValueStore": described, "ETag": "E"},
            {"Name": "edge-router-test-canary"},
        )
        created: dict[str, Any] = {"ItemCount": 3, "TotalSizeInBytes": 9, "KvsARN": arn, "Created": 0}
        stores.add_response("describe_key_value_store", {**created, "ETag": "1"}, {"KvsARN": arn})
        stored = {"canary": "{}", "build:A": "stable", "build:gone": "stable/gone"}
        items = [{"Key": key, "Value": value} for key, value in stored.items()]
        stores.add_response("list_keys", {"Items": items}, {"KvsARN": arn})
        puts, deletes = [{"Key": "build:B", "Value": "canary"}], [{"Key": "build:gone"}]
        stores.add_response(
            "update_keys",
            {"ItemCount": 3, "TotalSizeInBytes": 9, "ETag": "2"},
            {"KvsARN": arn, "IfMatch": "1", "Puts": puts, "Deletes": deletes},
        )
        copy_to_store(stack, AwsStack("test", "us-east-1"), {"A": "stable", "B": "canary"})
        stores.assert_no_pending_responses()


def test_the_item_is_what_the_router_reads() -> None:
    known, _ = kept.Known({}).add("old", "stable/old")
    assert known.places == {"old": "stable/old"}
    assert [one["M"]["id"] for one in known.item["builds"]["L"]] == [{"S": "old"}]
