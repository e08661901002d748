"""`edge-router rollout`: what a person may do, where a rollout stands, and every way it cannot work."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from controller.analysis.comparison import analyze
from controller.analysis.sample import Sample
from controller.analysis.sample_ratio import SampleRatio
from controller.gates.decision import pass_gates
from controller.gates.settings import Gates
from controller.rollout.events import iso_time
from controller.rollout.state import Rollout
from controller.rollout.store import ControlTable, Items
from tests.cli.conftest import Result, Up
from tests.cli.status_server import local_stack
from tests.cli.test_up import command
from tests.moto_server import create_control_table, moto_server
from tests.ports import refusing_url

TABLE = "edge-router-prod-control"
PLACE = "AWS account 123456789012, Region us-east-1"
CONFIG = {"canaryPercent": {"N": "0"}, "pin": {"S": "none"}, "release": {"S": "2026-11"}, "revision": {"S": "0a1b2c3d"}}
KEY = {"scope": {"S": "edge"}, "item": {"S": "config"}}
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def dynamodb(run: Run, aws_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AWS for the commands, and a client of its DynamoDB; after `run`, which takes AWS out of the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_REGION": "eu-west-1",  # the user's: the table is in its home Region all the same
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("dynamodb", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}))
    yield client
    client.close()


@pytest.fixture
def table(dynamodb: Any) -> Iterator[ControlTable]:
    """The table of stack prod as `pulumi up` leaves it."""
    create_control_table(dynamodb, TABLE)
    dynamodb.put_item(TableName=TABLE, Item={**KEY, **CONFIG})
    yield ControlTable(dynamodb, TABLE)
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def standing_here(aws_url: str, project: Path) -> Iterator[str]:
    """Stack prod is up on this machine, too, and its DynamoDB is the same; where it is."""
    status = {"url": "http://127.0.0.1:8080", "dynamodb": {"endpointUrl": aws_url}}
    with local_stack(project, "prod", status):
        yield "local, port 8080"


Changed = Callable[[Rollout, int], Rollout]
Meanwhile = Callable[[Changed], None]


def change(table: ControlTable, changed: Changed) -> Items:
    """What the controller would write."""
    items = table.read()
    assert items.rollout is not None
    return table.write(changed(items.rollout, int(time.time())), items)


def measure(rollout: Rollout, canary_errors: int = 3) -> Rollout:
    canary = Sample(600, 600, canary_errors, 600, 600 * 4.0, 600 * 16.5)
    stable = Sample(9_400, 9_400, 47, 9_400, 9_400 * 4.0, 9_400 * 16.5)
    samples = {"canary": canary, "stable": stable}
    return replace(rollout, samples=samples, tests=analyze(samples, rollout.plan, 1, 9), analyses=1)


def test_nothing_was_ever_started(run: Run, table: ControlTable) -> None:
    assert run("rollout", "status", "--stack", "prod") == Result(
        0,
        f"prod ({PLACE}): no rollout has been started; effective: 0 % of new visitors on canary (config:0a1b2c3d)\n",
        "",
    )
    document = run("rollout", "status", "--stack", "prod", "--json").document
    assert (document["where"], document["table"], document["region"]) == ("AWS", TABLE, "us-east-1")
    assert (document["rollout"], document["inForce"]["canaryPercent"]) == (None, 0)


def test_a_start_takes_the_plan_of_the_stack_along(run: Run, table: ControlTable) -> None:
    result = run("rollout", "start", "--stack", "prod", "--set", "rollout.interval=5m", "--json")
    assert (result.exit_code, result.err) == (0, "")
    document = result.document
    assert document["inForce"] == {
        "canaryPercent": 1,
        "pin": "none",
        "release": "2026-11",
        "isWithdrawn": False,
        "percentFrom": "rollout",
        "revision": "rollout:1",
    }
    assert (document["rollout"]["state"], document["rollout"]["reason"]) == ("running", "started")
    assert document["rollout"]["plan"] == {
        "steps": [1, 5, 25, 50, 100],
        "intervalSeconds": 300,
        "maxErrorRateIncrease": 1,
        "maxLatencyIncrease": 20,
        "minimumRequests": 500,
        "onInconclusive": "pause",
        "alarms": [],
        "baseline": False,
        "onSampleRatioMismatch": "hold",
        "metrics": {},
        "latencyQuantiles": {"p50": 20, "p95": 20, "p99": 10},
    }
    assert table.read().live.percent == 1


def test_a_second_start_is_refused(run: Run, table: ControlTable) -> None:
    assert run("rollout", "start", "--stack", "prod").exit_code == 0
    assert run("rollout", "start", "--stack", "prod") == Result(
        1,
        "",
        f"error: {PLACE}: a rollout of release 2026-11 is running already (step 1 of 5, 1 %); promote or"
        " abort it first\n",
    )


def test_steps_samples_tests_and_the_reason_are_shown(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    change(table, lambda rollout, now: measure(rollout.start_step(1, now - 250, "step 1 passed")))
    result = run("rollout", "status", "--stack", "prod")
    assert result == Result(
        0,
        f"prod ({PLACE}): the rollout of release 2026-11 is running\n"
        "step\tpercentage\t\n"
        "1\t1 %\tdone\n"
        "2\t5 %\tfor 4 min of 10 min\n"
        "3\t25 %\t\n"
        "4\t50 %\t\n"
        "5\t100 %\t\n"
        "version\trequests\terrors\terror rate\tlatency\n"
        "stable\t9,400\t47\t0.50 %\t54.6 ms\n"
        "canary\t600\t3\t0.50 %\t54.6 ms\n"
        "test\tcanary\tstable\tdifference\tinterval\tallowed\t\n"
        "error rate\t0.50 %\t0.50 %\t+0.00 points\t-0.63 to +2.11\t1.00 points\tpassed\n"
        "latency\t54.6 ms\t54.6 ms\t+0.0 %\t-10.9 to +12.2\t20.0 %\tpassed\n"
        "why: step 1 passed\n"
        "effective: 5 % of new visitors on canary (rollout:2)\n",
        "",
    )


@pytest.mark.long
def test_the_sample_ratio_is_shown_and_so_is_that_it_was_not_judged(run: Run, table: ControlTable) -> None:
    ratios = {"canary": SampleRatio(60, 1_000, 5, 0.2, 0.002, 0), "baseline": SampleRatio(0, 0, 5, 1, 0.002, 0)}
    run("rollout", "start", "--stack", "prod")
    change(table, lambda rollout, _: replace(measure(rollout), sample_ratio=ratios))
    assert (
        run("rollout", "status", "--stack", "prod")
        .out.partition("sample ratio")[2]
        .startswith(
            "\tnew visitors\tshare\texpected\tp\tfails at\t\n"
            "canary\t60 of 1,000\t6.00 %\t5 %\t0.2\t0.002\tpassed\n"
            "baseline\t0 of 0\t0.00 %\t5 %\t1\t0.002\tnot judged: none is counted\n"
        )
    )


def test_a_rollback_is_said_with_the_test_that_failed_and_has_an_exit_code(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    change(table, lambda rollout, now: measure(rollout, canary_errors=60).roll_back("errors: too many", now))
    result = run("rollout", "status", "--stack", "prod")
    assert result.exit_code == 3
    assert f"prod ({PLACE}): the rollout of release 2026-11 was rolled back\n" in result.out
    assert "1\t1 %\trolled-back\n2\t5 %\tnot reached\n" in result.out
    assert re.search(
        r"^error rate\t10\.00 %\t0\.50 %\t\+9\.50 points\t\S+ to \S+\t1\.00 points\tfailed$", result.out, re.MULTILINE
    )
    assert result.out.endswith(
        "why: errors: too many\neffective: everybody is on stable, the canary is withdrawn (rollout:2)\n"
    )


def test_a_person_pauses_resumes_promotes_and_aborts(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    paused = run("rollout", "pause", "--stack", "prod")
    assert (paused.exit_code, paused.out.splitlines()[-2]) == (0, "why: paused manually")
    assert run("rollout", "status", "--stack", "prod").exit_code == 3
    assert run("rollout", "pause", "--stack", "prod").err == (
        f"error: {PLACE}: the rollout is paused already (step 1 of 5, 1 %): paused manually\n"
    )
    assert "is running" in run("rollout", "resume", "--stack", "prod").out
    assert run("rollout", "resume", "--stack", "prod") == Result(
        1, "", f"error: {PLACE}: the rollout is not paused, it is running (step 1 of 5, 1 %)\n"
    )
    promoted = run("rollout", "promote", "--stack", "prod").out
    assert promoted.endswith("effective: 100 % of new visitors on canary (rollout:4)\n")
    assert "1\t1 %\tdone\n2\t5 %\tskipped\n" in promoted
    assert run("rollout", "abort", "--stack", "prod") == Result(
        1,
        "",
        f"error: {PLACE}: no rollout is running: the last one, of release 2026-11, succeeded: promoted manually\n",
    )


def test_an_abort_withdraws_the_canary(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    assert run("rollout", "abort", "--stack", "prod").exit_code == 0
    assert table.read().live.is_withdrawn


@pytest.mark.long
def test_what_the_edge_reads_in_the_tables_place_is_said(run: Run, table: ControlTable) -> None:
    """There the controller brings what is in the table, at its next look."""
    cached = ("--set", "strategy=cookie-version", "--set", "cookieVersion.caching=versioned")
    run("rollout", "start", "--stack", "prod", *cached)
    result = run("rollout", "abort", "--stack", "prod", *cached)
    assert result.out.splitlines()[-1] == (
        "effective: everybody is on stable, the canary is withdrawn (rollout:2); the edge reads its key-value store,"
        " which the controller updates within a minute"
    )
    document = run("rollout", "status", "--stack", "prod", *cached, "--json").document
    assert document["inForce"]["readFrom"] == "key-value store"


def test_a_pin_in_the_table_is_stronger(run: Run, table: ControlTable, dynamodb: Any) -> None:
    dynamodb.put_item(TableName=TABLE, Item={**KEY, **CONFIG, "pin": {"S": "stable"}})
    assert run("rollout", "start", "--stack", "prod") == Result(
        1,
        "",
        f"error: {PLACE}: pin is stable in config, which takes precedence over a rollout: set it to none and run"
        " `pulumi up`\n",
    )
    assert "effective: everybody is on stable, by pin" in run("rollout", "status", "--stack", "prod").out


@pytest.mark.long
def test_another_release_in_the_file_is_warned_of(run: Run, table: ControlTable) -> None:
    result = run("rollout", "start", "--stack", "prod", "--set", "release=2026-12")
    assert (result.exit_code, result.err) == (
        0,
        "warning: the deployed release is 2026-11, and the stack's file has 2026-12: this is a rollout of 2026-11\n",
    )


@pytest.fixture
def meanwhile(
    table: ControlTable, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Rollout, int], Rollout]], None]:
    """Change the rollout after the command has read it."""
    read = ControlTable.read

    def prepare(changed: Changed) -> None:
        def slow_read(self: ControlTable) -> Items:
            items = read(self)
            monkeypatch.setattr(ControlTable, "read", read)
            change(table, changed)
            return items

        monkeypatch.setattr(ControlTable, "read", slow_read)

    return prepare


@pytest.mark.long
def test_a_rollout_that_is_measured_meanwhile_is_changed_all_the_same(
    run: Run, table: ControlTable, meanwhile: Meanwhile
) -> None:
    run("rollout", "start", "--stack", "prod")
    meanwhile(lambda rollout, _: measure(rollout).explain("something new"))
    assert run("rollout", "abort", "--stack", "prod").exit_code == 0
    assert table.read().live.is_withdrawn


@pytest.mark.long
def test_somebody_who_was_faster_is_not_overwritten(run: Run, table: ControlTable, meanwhile: Meanwhile) -> None:
    run("rollout", "start", "--stack", "prod")
    meanwhile(lambda rollout, now: rollout.pause("paused by somebody", now))
    assert run("rollout", "abort", "--stack", "prod") == Result(
        1,
        "",
        f"error: {PLACE}: the rollout was changed at the same time: check its status and try again\n",
    )
    assert not table.read().live.is_withdrawn


def test_an_item_that_makes_no_sense_is_told(run: Run, table: ControlTable, dynamodb: Any) -> None:
    dynamodb.put_item(TableName=TABLE, Item={**KEY, "item": {"S": "rollout"}, "state": {"S": "running"}})
    assert run("rollout", "status", "--stack", "prod") == Result(
        1, "", f"error: {PLACE}: the control table's rollout item is invalid: plan is missing\n"
    )


def test_no_table_is_told(run: Run, dynamodb: Any) -> None:
    assert run("rollout", "status", "--stack", "staging") == Result(
        1,
        "",
        f"error: {PLACE}: there is no table edge-router-staging-control in us-east-1: deploy the stack with control:"
        " live, or name another stack with --stack\n",
    )


def test_nobody_at_aws_is_told(run: Run, dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_url() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        result = run("rollout", "abort", "--stack", "prod")
    assert result.exit_code == 1
    assert result.err.startswith(
        f"error: AWS, Region us-east-1: cannot read {TABLE}: no response in us-east-1: check the Region, "
    )


def test_no_credentials_are_told(run: Run, dynamodb: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert run("rollout", "status", "--stack", "prod") == Result(
        1,
        "",
        f"error: AWS, Region us-east-1: cannot read {TABLE}: there are no AWS credentials: set AWS_PROFILE, or"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n",
    )


@pytest.mark.parametrize("name", ["start", "status", "pause", "resume", "promote", "abort"])
def test_a_stack_that_has_its_percentage_in_the_package_has_no_rollout(run: Run, project: Path, name: str) -> None:
    file = project / "Pulumi.prod.yaml"
    text = file.read_text().replace("edge-router:control: live", "edge-router:control: baked")
    before, _, after = text.partition("  edge-router:rollout:\n")
    file.write_text(before + after[after.index("  # Replace:") :])
    assert run("rollout", name, "--stack", "prod") == Result(
        2,
        "",
        "error: edge-router:control is baked: a rollout moves the percentage in the control table. Set control to"
        " live and run `pulumi up`\n",
    )


@pytest.mark.parametrize("strategy", ["tier", "tenant-lookup", "fastest-origin"])
def test_a_strategy_without_a_percentage_has_no_rollout(run: Run, strategy: str) -> None:
    assert run("rollout", "start", "--stack", "prod", "--set", f"strategy={strategy}") == Result(
        2,
        "",
        f"error: edge-router:strategy is {strategy}, which does not assign visitors by a percentage: there is"
        " nothing to roll out\n",
    )


def test_a_stack_without_a_plan_starts_none(run: Run, project: Path) -> None:
    file = project / "Pulumi.prod.yaml"
    before, _, after = file.read_text().partition("  edge-router:rollout:\n")
    file.write_text(before + after[after.index("  # Replace:") :])
    assert run("rollout", "start", "--stack", "prod") == Result(
        2,
        "",
        "error: edge-router:rollout is not set: a rollout needs a plan, such as pulumi config set --path"
        " rollout.interval 10m\n",
    )


@pytest.mark.long
def test_a_stack_that_is_up_here_is_meant(up: Callable[..., Up], tree: Path) -> None:
    own = ("--set", "control.refreshSeconds=1", "--set", "rollout.interval=7m", "--set", "canaryPercent=0")
    local = up(*own, "--reconcile-seconds", "0.2")
    place = f"local, port {local.url.rpartition(':')[2]}"
    started = command(tree, "rollout", "start", "--json")
    assert (started.exit_code, started.err) == (0, "")
    assert (started.document["where"], started.document["place"]) == ("this machine", place)
    assert started.document["rollout"]["plan"]["intervalSeconds"] == 7 * 60  # as `up` was told
    local.wait_for(r"^rollout: step 1 of 4, 10 %, running: waits for the first minute of metrics$")
    assert command(tree, "rollout", "resume").err.startswith(f"error: {place}: the rollout is not paused")
    promoted = command(tree, "rollout", "promote", "--local")
    assert promoted.out.startswith(f"local ({place}): the rollout of release 2026-11 has succeeded\n")
    local.get_until(lambda answer: answer.headers["x-app-version"] == "2")
    (tree / "head").write_text("GET / HTTP/1.1\n")
    explained = json.loads(command(tree, "explain", "head", "--json").out)
    assert (explained["origin"], explained["reason"]) == ("canary", "no-session")
    assert (explained["read"]["where"], explained["read"]["place"]) == ("this machine", place)


@pytest.mark.long_if(r"start|status|resume|promote|abort")
@pytest.mark.parametrize("name", ["start", "status", "pause", "resume", "promote", "abort"])
def test_the_stack_of_this_machine_is_never_looked_for_in_aws(run: Run, dynamodb: Any, name: str) -> None:
    assert run("rollout", name) == Result(
        1, "", "error: stack local is not up: start it with `edge-router up --stack local`, or use --aws\n"
    )
    assert run("rollout", name, "--aws").err.startswith(f"error: {PLACE}: there is no table edge-router-local-control")


def test_this_machine_is_meant_where_that_is_said(run: Run, table: ControlTable) -> None:
    assert run("rollout", "status", "--stack", "prod", "--local") == Result(
        1, "", "error: stack prod is not up: start it with `edge-router up --stack prod`\n"
    )
    assert run("rollout", "status", "--stack", "prod", "--local", "--aws") == Result(
        2, "", "error: --local and --aws exclude each other\n"
    )


@pytest.mark.parametrize("name", ["status", "abort"])
def test_what_is_up_here_and_may_be_in_aws_is_asked_for(
    run: Run, table: ControlTable, standing_here: str, name: str
) -> None:
    result = run("rollout", name, "--stack", "prod")
    assert result == Result(
        2,
        "",
        f"error: stack prod is up on this machine ({standing_here}), and there are AWS credentials: choose with"
        " --local or --aws\n",
    )


@pytest.mark.long_if(r"local")
@pytest.mark.parametrize(("answer", "place"), [("aws", PLACE), ("local", "local, port 8080")])
def test_a_person_on_a_terminal_is_asked(
    run: Run, table: ControlTable, standing_here: str, answer: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(f"prod\n{answer}\n".encode()))
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    result = run("rollout", "status", "--stack", "prod")
    assert (result.exit_code, result.out.partition(":")[0]) == (0, f"prod ({place})")
    asked = f"stack prod is up on this machine ({standing_here}), and there are AWS credentials. Which one,"
    assert result.err == 2 * f"{asked} local or aws? "


@pytest.mark.long
def test_without_aws_credentials_this_machine_is_meant(
    run: Run, table: ControlTable, standing_here: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert run("rollout", "status", "--stack", "prod").out.startswith(f"prod ({standing_here}): no rollout")


def test_aws_is_meant_where_that_is_said(run: Run, table: ControlTable, standing_here: str) -> None:
    assert run("rollout", "status", "--stack", "prod", "--aws").out.startswith(f"prod ({PLACE}): no rollout has been")
    assert run("rollout", "status", "--stack", "prod", "--local").out.startswith(f"prod ({standing_here}): no rollout")


@pytest.mark.long
def test_the_status_of_a_stack_in_aws_is_what_is_in_force_there(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    result = run("status", "--stack", "prod", "--aws")
    assert (result.exit_code, result.out.splitlines()[0]) == (
        0,
        f"prod ({PLACE}): the rollout of release 2026-11 is running",
    )
    assert result.out.splitlines()[-1] == "effective: 1 % of new visitors on canary (rollout:1)"
    assert run("status", "--stack", "prod") == Result(
        1, "", "error: stack prod is not up: start it with `edge-router up --stack prod`\n"
    )


# Gates and history


def waiting(rollout: Rollout, now: int) -> Rollout:
    gates = Gates(approval=(5,))
    return pass_gates(replace(rollout, interval_started_at=now - 700), "errors: fine", now - 300, gates)


CALLER = "arn:aws:sts::123456789012:user/moto"


@pytest.mark.long
def test_a_step_that_waits_is_shown_and_approved_by_name(run: Run, table: ControlTable) -> None:
    run("rollout", "start", "--stack", "prod")
    assert run("rollout", "approve", "--stack", "prod") == Result(
        1, "", f"error: {PLACE}: nothing waits for approval (step 1 of 5, 1 %): started\n"
    )
    change(table, waiting)
    lines = run("rollout", "status", "--stack", "prod").out.splitlines()
    assert lines[-3:-1] == [
        "why: waits for approval: `edge-router rollout approve` lets 5 % begin; errors: fine",
        "waits for approval of 5 %: run `edge-router rollout approve`, or `reject`; for 5 min",
    ]
    document = run("rollout", "approve", "--stack", "prod", "--json").document
    assert document["rollout"]["reason"] == f"5 % approved by {CALLER}"
    gate = document["rollout"]["gate"]
    assert (gate["waitsFor"], gate["canaryPercent"], gate["approvedBy"]) == ("approval", 5, CALLER)
    assert gate["beganAt"] < gate["approvedAt"]
    assert run("rollout", "status", "--stack", "prod").out.splitlines()[-3:-1] == [
        f"why: 5 % approved by {CALLER}",
        "waits for the controller's next run (5 % is approved); for 5 min",
    ]
    assert run("rollout", "reject", "--stack", "prod") == Result(
        1, "", f"error: {PLACE}: 5 % is approved already, by {CALLER}\n"
    )


@pytest.mark.long
def test_a_step_that_is_rejected_is_rolled_back_and_history_has_it(run: Run, table: ControlTable) -> None:
    assert run("rollout", "history", "--stack", "prod").out == f"prod ({PLACE}): no rollout is over yet\n"
    run("rollout", "start", "--stack", "prod")
    started = change(table, waiting).rollout
    assert started is not None
    assert run("rollout", "reject", "--stack", "prod").exit_code == 0
    result = run("rollout", "history", "--stack", "prod")
    when = iso_time(started.started_at)
    assert result.out.splitlines()[:2] == [f"prod ({PLACE}): 1 former rollout", "started\trelease\tstate\ttook\twhy"]
    row = result.out.splitlines()[2].split("\t")
    assert row[:3] == [when, "2026-11", "rolled-back, up to 1 %"]
    assert row[4] == f"5 % rejected by {CALLER}"
    document = run("rollout", "history", "--stack", "prod", "--json").document
    assert (document["table"], len(document["history"]), document["history"][0]["startedAt"]) == (TABLE, 1, when)


@pytest.mark.parametrize("command_name", ["start", "promote"])
def test_a_freeze_rejects_steps_by_command_too(run: Run, table: ControlTable, command_name: str) -> None:
    assert run("rollout", command_name, "--stack", "prod", "--set", "rollout.gates.freeze=true") == Result(
        1,
        "",
        "error: edge-router:rollout.gates.freeze is true: no step is taken. Set it to false and update the stack\n",
    )
