"""`edge-router console`: what its documents say, what a person is told before an action, and the command itself."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from cli.console.actions import carry_out, plan_action
from cli.console.command import serving
from cli.console.documents import Percentages, StackDocuments
from cli.console.replicas import ReplicaDocuments
from cli.console.requests import Decisions, explain
from cli.console.series import POINTS, read_series
from cli.console.source import StackSource
from cli.console.stacks import Opened, Stacks, describe_problems
from cli.output.errors import OperationError
from cli.stacks.running import AwsStack, LocalStack, RunningStack
from cli.stacks.workspace import Workspace
from console.app import RejectedError
from controller.analysis.comparison import analyze
from controller.analysis.plan import Plan
from controller.analysis.sample import Sample
from controller.rollout.gate import APPROVAL, Gate
from controller.rollout.item import Item, to_item
from controller.rollout.state import Rollout
from controller.rollout.store import Items, parse_items
from controller.rollout.transitions import start
from infra.data.control_item import config_item
from simulator.cloudwatch import CloudWatch, metric_data
from tests.cli.conftest import ROOT, Result
from tests.cli.status_server import local_stack
from tests.moto_server import create_control_table, moto_server, use_aws_at

NOW = 1_800_000_000
STATUS = {"url": "http://127.0.0.1:8080", "dynamodb": {"endpointUrl": "http://127.0.0.1:9"}, "reconcileSeconds": 1}
PLACE = "prod (local, port 8080)"


@dataclass
class FakePlace:
    """A control table in memory."""

    config: Item
    rollout: Rollout | None = None
    former: tuple[Rollout, ...] = ()
    name: str = "edge-router-prod-control"
    store: str = ""
    history_reads: int = 0

    def read(self) -> Items:
        return parse_items([self.config, *([to_item(self.rollout)] if self.rollout else [])])

    def history(self) -> list[Rollout]:
        self.history_reads += 1
        return list(self.former)

    def write(self, rollout: Rollout, read: Items) -> Items:
        assert read == self.read()
        self.rollout = read.next_revision(rollout)
        return self.read()

    def write_config(self, item: Mapping[str, Any], read: Items) -> None:
        assert read == self.read()
        self.config = dict(item)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(ROOT)


@pytest.fixture(scope="module")
def settings(workspace: Workspace) -> Any:
    return workspace.open_stack("prod")


@pytest.fixture
def place(settings: Any) -> FakePlace:
    return FakePlace(config_item(settings.settings.model_copy(update={"canary_percent": 0.0})))


@pytest.fixture
def opened(settings: Any, place: FakePlace) -> Opened:
    return Opened(settings, LocalStack("prod", STATUS, {}), cast("Any", place))


class FakeStacks:
    """One stack, which is open already."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def open(self, _name: str) -> Opened:
        return self._opened


def documents(opened: Opened) -> StackDocuments:
    return StackDocuments(cast("Stacks", FakeStacks(opened)), "prod", lambda: NOW)


def says(name: str, opened: Opened) -> str:
    """What the action says; the reason in brackets where it is not allowed."""
    action = plan_action(name, opened, opened.table.read(), NOW)
    return f"[{action.why_not}]" if action.why_not else action.says


def measure(rollout: Rollout) -> Rollout:
    samples = {
        "canary": Sample(600, 600, 3, 600, 2_400.0, 9_900.0),
        "stable": Sample(900, 900, 4, 900, 3_600.0, 14_850.0),
    }
    tests = analyze(samples, rollout.plan, 1, 9)
    return replace(rollout, samples=samples, tests=tests, analyses=1, updated_at=NOW, measured_until=NOW - 60)


def test_before_any_rollout_it_says_what_is_in_effect_and_what_is_possible(opened: Opened) -> None:
    document = documents(opened).read()
    assert document["control"] == {
        "percent": 0,
        "pin": "none",
        "release": "2026-11",
        "isWithdrawn": False,
        "percentFrom": "config",
        "revision": document["control"]["revision"],
        "text": f"effective: 0 % of new visitors on canary ({document['control']['revision']})",
        "readFrom": "",
    }
    assert (document["rollout"], document["rollouts"], document["place"]) == (None, [], "local, port 8080")
    assert document["percentages"] == [(NOW, 0)]
    assert [one["name"] for one in document["actions"] if not one["whyNot"]] == ["start", "pin-stable", "pin-canary"]


def test_the_document_of_a_rollout_says_why_it_stands_where_it_stands(opened: Opened, place: FakePlace) -> None:
    rollout = start(Plan(), place.read(), NOW - 900).start_step(1, NOW - 250, "step 1 passed")
    place.write(measure(rollout), place.read())
    document = documents(opened).read()
    found = document["rollout"]
    assert found["steps"] == [
        {"percent": 1, "text": "done"},
        {"percent": 5, "text": ""},
        *({"percent": percent, "text": ""} for percent in (25, 50, 100)),
    ]
    assert (found["progress"], found["reason"], found["waitsFor"]) == ("step 2 of 5, 5 %", "step 1 passed", "")
    assert (found["stepEndsAt"], found["lookSeconds"]) == (NOW - 250 + 600, 1)
    error_rate = found["results"][0]
    assert (error_rate["name"], error_rate["unit"], error_rate["hasFailed"]) == ("error rate", "%", False)
    assert document["percentages"] == [(NOW - 900, 1), (NOW - 250, 5)]
    assert [event["reason"] for event in document["rollouts"][0]["history"]] == ["started", "step 1 passed"]
    assert json.loads(json.dumps(document)) == json.loads(json.dumps(documents(opened).read()))


def test_former_rollouts_are_read_once_for_each_rollout(opened: Opened, place: FakePlace) -> None:
    former = start(Plan(), place.read(), NOW - 9_000).roll_back("errors: too many", NOW - 8_000)
    place.former = (former,)
    place.write(start(Plan(), place.read(), NOW - 900), place.read())
    reader = documents(opened)
    for _ in range(3):
        document = reader.read()
    assert [(one["state"], one["reason"]) for one in document["rollouts"]] == [
        ("running", "started"),
        ("rolled-back", "errors: too many"),
    ]
    assert document["percentages"] == [(NOW - 9_000, 1), (NOW - 8_000, 0), (NOW - 900, 1)]
    assert place.history_reads == 1


def test_a_percentage_that_no_rollout_has_set_is_remembered_from_when_it_was_seen() -> None:
    percentages = Percentages()
    events = [{"history": [{"at": 10, "canaryPercent": 5}]}]
    assert percentages.points([], 0, 1) == [(1, 0)]
    assert percentages.points([], 0, 2) == [(1, 0)]
    assert percentages.points(events, 5, 12) == [(1, 0), (10, 5)]
    assert percentages.points(events, 25, 20) == [(1, 0), (10, 5), (20, 25)]


def test_every_action_says_what_will_happen_to_whom(opened: Opened, place: FakePlace) -> None:
    stays = "Who is on a version already stays there."
    assert says("start", opened) == (
        f"{PLACE}: a rollout of release 2026-11 begins. 1 % of new visitors go to canary within 12 s. The steps are 1,"
        f" 5, 25, 50, 100 %, each for at least 10 min and 500 requests of each version. {stays} Where canary is worse"
        " than the plan allows, everybody goes back to stable by itself."
    )
    rollout = start(Plan(), place.read(), NOW).start_step(2, NOW, "step 2 passed")
    place.write(rollout, place.read())
    assert says("pause", opened) == (
        f"{PLACE}: the rollout stays at step 3 of 5, 25 %: 25 % of new visitors go on to canary, until somebody resumes"
        f" it. {stays} The analysis goes on, and can still roll back."
    )
    assert says("promote", opened) == (
        f"{PLACE}: all new visitors go to canary within 12 s, instead of 25 %, without the rest of the plan. {stays}"
        " The rollout is over then: nothing goes back by itself any more."
    )
    assert says("abort", opened) == (
        f"{PLACE}: everybody goes to stable within 12 s, new visitors and those who are on canary now, whatever their"
        " session or cookie says. The canary is withdrawn until the config changes."
    )
    assert says("start", opened).startswith("[a rollout of release 2026-11 is running already")
    place.write(rollout.pause("paused manually", NOW), place.read())
    assert says("resume", opened) == (
        f"{PLACE}: the rollout goes on at step 3 of 5, 25 %. 25 % of new visitors go to canary for at least another"
        f" 10 min, then 50 %. {stays}"
    )
    assert says("approve", opened).startswith("[")


def test_a_step_that_waits_for_approval_is_approved_or_rejected(opened: Opened, place: FakePlace) -> None:
    rollout = start(Plan(), place.read(), NOW).start_step(2, NOW, "step 2 passed")
    place.write(replace(rollout, gate=Gate(APPROVAL, 50, began_at=NOW)), place.read())
    assert "approval of 50 %" in documents(opened).read()["rollout"]["waitsFor"]
    assert says("approve", opened) == (
        f"{PLACE}: the next step may begin: 50 % instead of 25 % of new visitors go to canary, as soon as the"
        " controller looks again and no other gate is closed. Who is on a version already stays there."
    )
    assert says("reject", opened) == (
        f"{PLACE}: instead of 50 % everybody goes to stable within 12 s, new visitors and those who are on canary now."
        " The canary is withdrawn until the config changes."
    )
    carry_out("approve", says("approve", opened), opened, NOW)
    assert place.rollout is not None
    assert place.rollout.gate.is_approved


def test_an_action_is_carried_out_only_as_it_was_confirmed(opened: Opened, place: FakePlace) -> None:
    place.write(start(Plan(), place.read(), NOW), place.read())
    confirmed = says("promote", opened)
    place.write(start(Plan(), replace(place.read(), rollout=None), NOW).start_step(1, NOW, "passed"), place.read())
    with pytest.raises(RejectedError) as rejected:
        carry_out("promote", confirmed, opened, NOW)
    assert str(rejected.value) == (
        f"nothing was done, because the stack has changed meanwhile. Now it would be: {says('promote', opened)}"
    )
    assert place.rollout is not None
    assert place.rollout.state == "running"
    confirmed = says("promote", opened)
    assert carry_out("promote", confirmed, opened, NOW) == ""
    assert (place.rollout.state, place.rollout.canary_percent, place.rollout.reason) == (
        "succeeded",
        100,
        "promoted manually",
    )
    with pytest.raises(RejectedError, match=r"^there is no action 'delete'$"):
        carry_out("delete", "", opened, NOW)


def test_what_the_edge_reads_is_written_too_where_that_is_the_key_value_store(
    workspace: Workspace, place: FakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = workspace.open_stack("prod", ["strategy=cookie-version", "cookieVersion.caching=versioned"])
    opened = Opened(cached, LocalStack("prod", STATUS, {}), cast("Any", place))
    place.write(start(Plan(), place.read(), NOW), place.read())
    place.store = "key-value store"
    pairs: dict[str, str] = {}
    monkeypatch.setattr(LocalStack, "change_pairs", lambda _, puts, __: pairs.update(puts))
    assert carry_out("pin-canary", says("pin-canary", opened), opened, NOW) == ""
    assert json.loads(pairs["canary"])["pin"] == "canary"
    carry_out("unpin", says("unpin", opened), opened, NOW)
    monkeypatch.undo()
    assert says("abort", opened).startswith(
        f"{PLACE}: everybody goes to stable as soon as the key-value store has propagated it, new visitors"
    )
    assert carry_out("abort", says("abort", opened), opened, NOW) == (
        "the control table has it, but the key-value store edge-router-prod-canary has not (stack prod is not up any"
        " more (local, port 8080)): the controller copies it"
    )
    assert json.loads(pairs["canary"])["pin"] == "none"


def test_a_pin_keeps_percentage_and_release_and_comes_off_again(opened: Opened, place: FakePlace) -> None:
    place.write(start(Plan(), place.read(), NOW), place.read())
    before = place.config
    assert says("unpin", opened) == "[there is no pin]"
    carry_out("pin-canary", says("pin-canary", opened), opened, NOW)
    assert place.config == {**before, "pin": {"S": "canary"}, "revision": place.config["revision"]}
    document = documents(opened).read()
    assert (document["control"]["percent"], document["control"]["pin"]) == (100, "canary")
    assert says("pin-canary", opened) == "[everybody is pinned to canary already]"
    assert says("pin-stable", opened) == (
        f"{PLACE}: everybody goes to stable within 12 s, new visitors and those who are on the other version, whatever"
        " their session or cookie says; only requests with the QA override do not. The rollout waits meanwhile."
        " Pulumi.prod.yaml still says pin none: `pulumi config set pin stable` keeps it at the next `up`."
    )
    assert says("unpin", opened) == (
        f"{PLACE}: the pin is removed. 1 % of new visitors go to canary; who has a session or a cookie goes back to the"
        " version in it."
    )
    carry_out("unpin", says("unpin", opened), opened, NOW)
    assert place.config == before


def test_a_pin_is_left_to_the_deployment_where_nothing_here_writes_what_the_edge_reads(
    opened: Opened, place: FakePlace
) -> None:
    place.store = "key-value store"
    assert not says("pin-stable", opened).startswith("[")  # the controller does
    without = opened.stack.settings.model_copy(update={"rollout": None})
    alone = replace(opened, stack=replace(opened.stack, settings=without))
    assert (
        says("pin-stable", alone)
        == "[the edge reads its key-value store, which nothing but `pulumi up` or a rollback writes here]"
    )
    assert says("start", alone).startswith("[edge-router:rollout is not set")


def test_a_stack_that_is_not_up_or_cannot_be_read_says_so(workspace: Workspace, tmp_path: Path) -> None:
    nowhere = Stacks(Workspace(tmp_path), ["local"])
    expected = {"problem": "stack local is not up: start it with `edge-router up --stack local`"}
    assert StackDocuments(nowhere, "local").read() == expected
    assert ReplicaDocuments(nowhere, "local").read() == expected
    problem = StackDocuments(Stacks(Workspace(tmp_path), ["prod"], is_aws=True), "prod").read()["problem"]
    assert "Pulumi.yaml" in problem
    same = {"us-east-1": "no response", "eu-west-1": "no response", "sa-east-1": "throttled"}
    assert describe_problems(same) == "us-east-1, eu-west-1: no response; sa-east-1: throttled"


class FakeCloudWatch:
    """Two pages of GetMetricData for eu-west-1."""

    def get_metric_data(self, **given: Any) -> dict[str, Any]:
        start_time = given["StartTime"]
        if "NextToken" not in given:
            results = [{"Id": "stable_requests", "Timestamps": [start_time], "Values": [90.0]}]
            return {"MetricDataResults": results, "NextToken": "more"}
        ids = {"canary_requests": 10.0, "canary_errors": 1.0, "canary_latencies": 9.0, "canary_logSum": 36.5}
        results = [{"Id": name, "Timestamps": [start_time], "Values": [value]} for name, value in ids.items()]
        return {"MetricDataResults": results}


def test_metrics_are_read_in_every_region_and_a_region_that_fails_is_named(settings: Any) -> None:
    regions = settings.settings.logs.regions
    clients: dict[tuple[str, str], Any] = {("cloudwatch", region): FakeCloudWatch() for region in regions}
    del clients[("cloudwatch", regions[0])]
    running: RunningStack = AwsStack("prod", "us-east-1")

    class Unreadable(FakeCloudWatch):
        def get_metric_data(self, **given: Any) -> dict[str, Any]:
            raise OperationError("no response")

    class Partial(FakeCloudWatch):
        def get_metric_data(self, **given: Any) -> dict[str, Any]:
            page = super().get_metric_data(**given)
            page["MetricDataResults"][0]["StatusCode"] = "PartialData"
            return page

    clients["cloudwatch", regions[0]] = Unreadable()
    clients["cloudwatch", regions[1]] = Partial()
    document = read_series(Opened(settings, running, None, clients), NOW + 7)
    assert document["problem"] == (f"{regions[0]}: no response; {regions[1]}: the metrics are incomplete (PartialData)")
    assert (len(document["times"]), document["times"][-1], document["periodSeconds"]) == (
        POINTS,
        NOW // 60 * 60 - 60,
        60,
    )
    assert list(document["regions"]) == list(regions[1:])
    found = document["regions"][regions[1]]
    assert {version: {name: values[:1] for name, values in one.items()} for version, one in found.items()} == {
        "stable": {"requests": [90], "errors": [], "latencies": [], "logSum": []},
        "canary": {"requests": [10], "errors": [1], "latencies": [9], "logSum": [36.5]},
    }


def test_metrics_of_the_local_edge_are_those_of_its_log_lines(project: Path) -> None:
    cloudwatch, now = CloudWatch(), 1_800_000_003
    for region, version, values in (
        ("us-east-1", "stable", {"Requests": 1}),
        ("us-east-1", "stable", {"Requests": 1}),
        ("us-east-1", "canary", {"Errors": 1, "LogLatency": 4.25}),
        ("eu-west-1", "canary", {"Requests": 1}),
    ):
        metrics = [{"Name": name} for name in values]
        directive = {"Namespace": "EdgeRouter", "Dimensions": [["Stack", "Version"]], "Metrics": metrics}
        aws = {"Timestamp": (now - 10) * 1_000, "CloudWatchMetrics": [directive]}
        line = {"_aws": aws, "Stack": "edge-router-local", "Version": version, **values}
        cloudwatch.collect(region, json.dumps(line))
    status = {**STATUS, "metricRegions": cloudwatch.regions}
    cloudwatch.unreadable.add("eu-west-1")
    with local_stack(project, "local", status, metric_data=lambda request: metric_data(cloudwatch, request)):
        stacks = Stacks(Workspace(project), ["local"])
        document = read_series(stacks.open("local"), now)
        stacks.close()
    assert document["problem"].startswith("eu-west-1: An error occurred (InternalServiceFault)")
    assert (document["periodSeconds"], document["times"][-1]) == (5, now // 5 * 5 - 5)
    [found] = document["regions"].values()
    nonzero = {
        (version, name): [(position - POINTS, value) for position, value in enumerate(values) if value]
        for version, one in found.items()
        for name, values in one.items()
        if values
    }
    assert nonzero == {
        ("stable", "requests"): [(-2, 2)],
        ("canary", "errors"): [(-2, 1)],
        ("canary", "latencies"): [(-2, 1)],
        ("canary", "logSum"): [(-2, 4.25)],
    }


def test_decisions_of_the_local_edge_are_searched_by_all_words(project: Path, tmp_path: Path) -> None:
    def lines(start_ms: int, _end_ms: int) -> list[dict[str, Any]]:
        made = [
            {"strategy": "sticky-session", "origin": origin, "reason": reason, "visitor": f"visitor{number}"}
            for number, (origin, reason) in enumerate(
                [("stable", "no-session"), ("canary", "session"), ("canary", "x")]
            )
        ]
        return [
            {"eventId": str(number), "timestamp": start_ms + 1_000, "message": json.dumps(one), "region": "eu-west-1"}
            for number, one in enumerate(made)
        ]

    with local_stack(project, "local", STATUS, lines=lines):
        stacks = Stacks(Workspace(project), ["local"])
        decisions = Decisions(stacks, "local")
        everything = decisions.find("")
        assert (everything["read"], everything["found"], everything["problem"]) == (3, 3, "")
        assert [row["reason"] for row in everything["rows"]] == ["x", "session", "no-session"]
        found = decisions.find("CANARY reason=session")
        assert [(row["origin"], row["visitor"], row["region"]) for row in found["rows"]] == [
            ("canary", "visitor1", "eu-west-1")
        ]
        assert "_aws" not in found["rows"][0]
        decisions.close()
        stacks.close()


@pytest.mark.long
def test_a_request_that_makes_no_sense_is_rejected_with_the_words_of_the_command(settings: Any) -> None:
    opened = Opened(settings, AwsStack("prod", "us-east-1"), None)
    with pytest.raises(RejectedError, match=r"^standard input: neither a CloudFront event nor an HTTP request"):
        explain(opened, str(ROOT), "\x01", "us-east-1")


def test_local_and_aws_exclude_each_other(run: Callable[..., Result]) -> None:
    assert run("console", "--local", "--aws") == Result(2, "", "error: --local and --aws exclude each other\n")
    assert run("console", "--stack", "nope").err.startswith("error: there is no stack 'nope'")


@pytest.mark.long
def test_the_command_prints_an_address_with_a_token_serves_it_and_ends(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "cli", "console", "--port", "0", "--stack", "local"]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        found = re.fullmatch(
            r"the console of local, for this machine only: (http://127\.0\.0\.1:\d+)/#([\w-]{43})\n", first
        )
        assert found, first
        url, token = found.groups()
        assert httpx.get(url, trust_env=False).status_code == 200
        assert httpx.get(f"{url}/api/events", trust_env=False).status_code == 401
        headers = {"authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{url}/api/events", headers=headers, trust_env=False) as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert next(response.iter_lines()) == "event: time"
            process.terminate()
            began = time.monotonic()
            assert process.wait(10) == 0
            assert time.monotonic() - began < 4
    finally:
        process.kill()
        process.stdout.close()


@pytest.mark.long
def test_a_stack_in_aws_is_read_and_changed_by_the_rights_of_the_caller(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, workspace: Workspace, settings: Any
) -> None:
    table, item = "edge-router-prod-control", config_item(settings.settings)
    with moto_server() as url:
        use_aws_at(url, monkeypatch)
        stacks = Stacks(workspace, ["prod"], is_aws=True)
        opened = stacks.open("prod")
        for region, revision in {"us-east-1": "0a1b2c3d", "eu-west-1": "00000000"}.items():
            client = opened.client("dynamodb", region)
            create_control_table(client, table)
            client.put_item(TableName=table, Item={**item, "revision": {"S": revision}})
        times = iter([100.0, 100.0, 103.5, 103.5])
        replicas = ReplicaDocuments(stacks, "prod", lambda: next(times))
        replicas.read()
        rows = {row["region"]: row for row in replicas.read()["regions"]}
        source = StackSource(stacks)
        document = StackDocuments(stacks, "prod").read()
        says_pause = next(one["says"] for one in document["actions"] if one["name"] == "pin-stable")
        source.act("prod", "pin-stable", says_pause)
        pinned = StackDocuments(stacks, "prod").read()["control"]["pin"]
        source.close()
    assert (rows["us-east-1"]["isHome"], rows["us-east-1"]["behindSeconds"]) == (True, 0)
    assert (rows["eu-west-1"]["revision"], rows["eu-west-1"]["behindSeconds"]) == ("config 00000000", 3.5)
    assert rows["ap-southeast-1"]["problem"] != ""
    assert document["place"] == "AWS account 123456789012, Region us-east-1"
    assert says_pause.startswith("prod (AWS account 123456789012, Region us-east-1): everybody goes to stable within")
    assert pinned == "stable"


def test_a_console_that_is_cancelled_closes_its_connections(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(StackSource, "close", lambda _: closed.append("connections"))

    async def serve(is_up: asyncio.Event) -> None:
        async with serving(workspace, ["local"]):
            is_up.set()
            await asyncio.Event().wait()

    async def interrupt() -> None:
        is_up = asyncio.Event()
        running = asyncio.create_task(serve(is_up))
        await is_up.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(interrupt())
    assert closed == ["connections"]
