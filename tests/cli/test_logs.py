"""`edge-router logs`: the decisions of many Regions as one stream, and every Region that cannot be read."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.logs import reader as log_reader
from cli.logs.reader import OVERLAP_MS, Line, Reader, Source, local_reader, read_line
from cli.logs.show import follow, parse_duration, print_new
from cli.logs.stream import read_new
from cli.output.errors import OperationError, UsageError
from cli.stacks.running import LocalStack
from infra.naming.edge_functions import ANY_DECISION
from simulator.cloudwatch.lines import RecentLines
from tests.cli.conftest import Result
from tests.cli.fake_logs import FakeLogs, Refusal
from tests.cli.status_server import local_stack
from tests.moto_server import moto_server

Run = Callable[..., Result]
GROUP = "/aws/lambda/us-east-1.edge-router-staging"
ALL_REGIONS = 13
PLACE = "staging: AWS account 123456789012, "


def set_aws(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ACCOUNT_ID": "123456789012",  # the fake knows nothing but logs
        "AWS_ENDPOINT_URL": url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def written(run: Run, moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`written("eu-west-1", (time, line), …)`: moto's log group there with lines in it; gone after the test."""
    set_aws(monkeypatch, moto_url)
    clients: list[Any] = []

    def write(region: str, *events: tuple[int, str]) -> None:
        client = boto3.client("logs", region_name=region)
        clients.append(client)
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName="a")
        if events:
            sent = [{"timestamp": at, "message": text} for at, text in events]
            client.put_log_events(logGroupName=GROUP, logStreamName="a", logEvents=sent)

    yield write
    for client in clients:
        client.delete_log_group(logGroupName=GROUP)
        client.close()


@pytest.fixture
def fake(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLogs]:
    """After `run`, which takes AWS out of the environment."""
    logs = FakeLogs()
    set_aws(monkeypatch, logs.url)
    yield logs
    logs.close()


def decision(**fields: object) -> str:
    return json.dumps({"strategy": "sticky-session", "origin": "stable", "reason": "session", **fields})


def now_ms() -> int:
    return round(time.time() * 1_000)


def test_decisions_of_several_regions_come_in_time_order(run: Run, written: Callable[..., None]) -> None:
    now = now_ms()
    written("us-east-1", (now - 50_000, decision(requestId="a")), (now - 20_000, decision(requestId="d")))
    written("eu-west-1", (now - 40_000, decision(requestId="b")), (now - 10_000, decision(requestId="e")))
    written("ap-southeast-1", (now - 30_000, decision(requestId="c")))
    result = run("logs", "--stack", "staging", "--json")
    assert (result.exit_code, result.err) == (0, "")
    told = [json.loads(line) for line in result.out.splitlines()]
    assert [one["requestId"] for one in told] == ["a", "b", "c", "d", "e"]
    assert [one["logRegion"] for one in told] == ["us-east-1", "eu-west-1", "ap-southeast-1", "us-east-1", "eu-west-1"]


@pytest.mark.long
def test_what_is_no_decision_and_what_is_too_old_is_left_out(run: Run, written: Callable[..., None]) -> None:
    now = now_ms()
    written(
        "eu-west-1",
        (now - 3_600_000, decision(requestId="old")),
        (now - 5_000, "START RequestId: 1 Version: 7\n"),
        (now - 4_000, '{"strategy":"sticky-session","status":200,"Version":"stable"}'),
        (now - 3_000, decision(requestId="new")),
    )
    assert "requestId=old" not in run("logs", "--stack", "staging").out
    assert run("logs", "--stack", "staging", "--since", "2h").out.count("requestId=") == 2


def test_one_region_can_be_asked_for(run: Run, written: Callable[..., None]) -> None:
    now = now_ms()
    written("us-east-1", (now - 2_000, decision(requestId="a")))
    written("eu-west-1", (now - 1_000, decision(requestId="b")))
    result = run("logs", "--stack", "staging", "--region", "eu-west-1", "--region", "eu-west-1")
    assert (result.exit_code, result.out.count("\n")) == (0, 1)
    assert " eu-west-1 stable session requestId=b\n" in result.out


@pytest.mark.long
def test_a_region_where_nobody_was_routed_yet_may_have_no_group(run: Run, written: Callable[..., None]) -> None:
    written("eu-west-1", (now_ms() - 1_000, decision()))
    assert run("logs", "--stack", "staging").exit_code == 0


@pytest.mark.long
def test_nothing_in_any_group_is_said(run: Run, written: Callable[..., None]) -> None:
    written("eu-west-1")
    result = run("logs", "--stack", "staging", "--since", "90s")
    assert (result.exit_code, result.out, result.err) == (
        0,
        "",
        f"{PLACE}13 Regions\nno decision in the last 90s in 13 Regions\n",
    )


def test_a_stack_without_a_group_anywhere_is_not_deployed(run: Run, fake: FakeLogs) -> None:
    result = run("logs", "--stack", "staging", "--region", "eu-west-1", "--region", "us-east-1")
    assert (result.exit_code, result.out) == (1, "")
    assert result.err == (
        f"{PLACE}2 Regions\nerror: there is no log group {GROUP} in eu-west-1, us-east-1: deploy the"
        " stack, or use the credentials of its account\n"
    )


def test_cloudwatch_is_asked_for_decisions_only(run: Run, fake: FakeLogs) -> None:
    fake.events["eu-west-1"] = []
    run("logs", "--stack", "staging")
    assert len({one["region"] for one in fake.asked}) == ALL_REGIONS
    assert {(one["logGroupName"], one["filterPattern"]) for one in fake.asked} == {(GROUP, ANY_DECISION)}


@pytest.mark.long
def test_every_page_of_every_region_is_told(run: Run, fake: FakeLogs) -> None:
    now = now_ms()
    for index in range(8):
        fake.add("eu-west-1", now - 1_000 * (20 - 2 * index), reason="session", requestId=f"e{index}")
        fake.add("us-west-2", now - 1_000 * (19 - 2 * index), reason="session", requestId=f"w{index}")
    told = [json.loads(line)["requestId"] for line in run("logs", "--stack", "staging", "--json").out.splitlines()]
    assert told == [f"{place}{index}" for index in range(8) for place in "ew"]


DENIED = (
    "User: arn:aws:iam::123456789012:user/reader is not authorized to perform: logs:FilterLogEvents on resource:"
    " arn:aws:logs:eu-west-1:123456789012:log-group:x because no identity-based policy allows the"
    " logs:FilterLogEvents action"
)


@pytest.mark.long
@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (
            Refusal("AccessDeniedException", DENIED),
            "arn:aws:iam::123456789012:user/reader needs the permission logs:FilterLogEvents on"
            " arn:aws:logs:eu-west-1:123456789012:log-group:x (no identity-based policy allows the"
            " logs:FilterLogEvents action)",
        ),
        (
            Refusal("ThrottlingException", "Rate exceeded"),
            "AWS throttles FilterLogEvents in eu-west-1 (ThrottlingException): nothing is lost, run it again in a"
            " minute",
        ),
        (
            Refusal("UnrecognizedClientException", "The security token included in the request is invalid."),
            "AWS does not know these credentials (UnrecognizedClientException: The security token included in the"
            " request is invalid.): run `aws sts get-caller-identity`; a Region that is not enabled in the account"
            " responds like this too",
        ),
    ],
    ids=["denied", "throttled", "not enabled"],
)
def test_a_region_that_cannot_be_read_is_named_and_the_others_are_told(
    run: Run, fake: FakeLogs, refusal: Refusal, expected: str
) -> None:
    fake.add("us-east-1", now_ms() - 1_000, reason="session")
    fake.refusals["eu-west-1"] = refusal
    result = run("logs", "--stack", "staging")
    assert (result.exit_code, result.out.count("\n")) == (1, 1)
    assert result.err == f"{PLACE}13 Regions\nwarning: eu-west-1: {expected}\n"


def test_where_no_region_can_be_read_there_is_one_message(run: Run, fake: FakeLogs) -> None:
    fake.refusals["eu-west-1"] = Refusal("AccessDeniedException", DENIED)
    result = run("logs", "--stack", "staging", "--region", "eu-west-1")
    assert (result.exit_code, result.out) == (1, "")
    assert result.err.startswith(
        f"{PLACE}Region eu-west-1\nerror: cannot read the log: arn:aws:iam::123456789012:user/reader needs the"
        " permission"
    )


def test_without_credentials_it_says_where_they_may_come_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    result = run("logs", "--stack", "staging", "--region", "eu-west-1")
    assert (result.exit_code, result.err) == (
        1,
        "staging: AWS, Region eu-west-1\n"
        "error: cannot read the log: there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY\n",
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--since", "soon"), "error: --since 'soon': a duration from 1s to 30d, such as 90s, 15m, 6h or 2d\n"),
        (("--since", "31d"), "error: --since '31d': a duration from 1s to 30d, such as 90s, 15m, 6h or 2d\n"),
        (
            ("--region", "eu-west-9"),
            "error: --region is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3?",
        ),
        (
            ("--stack", "prd"),
            "error: there is no stack 'prd'; the stacks are local, prod, staging. Did you mean 'prod'?\n",
        ),
    ],
)
def test_what_cannot_work_is_named(run: Run, arguments: tuple[str, ...], expected: str) -> None:
    result = run("logs", "--stack", "staging", *arguments)
    assert result.exit_code == 2
    assert result.err.startswith(expected)


def test_durations_are_seconds() -> None:
    assert [parse_duration(text) for text in ("90s", "15m", "6h", "2d")] == [90, 900, 21_600, 172_800]
    with pytest.raises(UsageError):
        parse_duration("15")


def edit_strategy(project: Any, strategy: str) -> None:
    path = project / "Pulumi.staging.yaml"
    path.write_text(path.read_text().replace("strategy: sticky-session", f"strategy: {strategy}"))


def test_a_function_before_the_cache_logs_to_us_east_1(run: Run, project: Any, fake: FakeLogs) -> None:
    edit_strategy(project, "tier")
    fake.events["us-east-1"] = [(now_ms() - 1_000, 'abc== {"strategy":"tier","origin":"premium","reason":"tier"}')]
    result = run("logs", "--stack", "staging")
    assert " us-east-1 premium tier\n" in result.out
    assert [one["logGroupName"] for one in fake.asked] == ["/aws/cloudfront/function/edge-router-staging-tier"]
    other = run("logs", "--stack", "staging", "--region", "eu-west-1")
    assert (other.exit_code, other.err) == (
        2,
        "error: --region: tier has a viewer-request function only, which logs to us-east-1\n",
    )


def test_a_fallback_stands_out_and_nothing_can_steer_a_terminal(run: Run, fake: FakeLogs) -> None:
    now = now_ms()
    fake.events["eu-west-1"] = [
        (now - 2_000, decision(reason="table-timeout", fallback=True, tableMs=401.5)),
        (now - 1_000, decision(requestId="\x1b[2J")),
    ]
    lines = run("logs", "--stack", "staging").out.splitlines()
    assert lines[0].endswith(" eu-west-1 stable table-timeout FALLBACK tableMs=401.5")
    assert lines[1].endswith(r' stable session requestId="\u001b[2J"')


@pytest.mark.long
@pytest.mark.parametrize("message", ["", "{", "[1]", "5", '{"reason":5}', "START {x}"])
def test_other_lines_are_none(message: str) -> None:
    assert read_line({"message": message, "timestamp": 1, "eventId": "e"}, "eu-west-1") is None


def test_the_decisions_of_the_local_edge_are_read_with_the_same_filters(run: Run, decided: None) -> None:
    everything = run("logs", "--stack", "local")
    assert (everything.exit_code, everything.err) == (0, "local: local, port 8080\n")
    assert [line.split()[1:4] for line in everything.out.splitlines()] == [
        ["us-east-1", "stable", "no-session"],
        ["eu-west-1", "canary", "session"],
        ["us-east-1", "premium", "tier"],
    ]
    assert [json.loads(line)["requestId"] for line in run("logs", "--stack", "local", "--json").out.splitlines()] == [
        *("a", "b", "c"),
    ]
    assert run("logs", "--stack", "local", "--region", "eu-west-1").out.count("requestId=") == 1
    assert run("logs", "--stack", "local", "--since", "30s").out.count("requestId=") == 2
    assert run("logs", "--stack", "local", "--since", "2h").out.count("requestId=") == 4
    nothing = run("logs", "--stack", "local", "--local", "--region", "ap-south-1")
    assert (nothing.exit_code, nothing.out) == (0, "")
    assert nothing.err.endswith("no decision in the last 15m in local, port 8080\n")


def test_without_a_local_edge_its_log_is_not_looked_for_in_aws(run: Run, fake: FakeLogs) -> None:
    assert run("logs", "--stack", "local") == Result(
        1, "", "error: stack local is not up: start it with `edge-router up --stack local`, or use --aws\n"
    )
    assert fake.asked == []


def test_a_local_edge_that_stops_meanwhile_is_named() -> None:
    stopped = LocalStack("local", {"url": "http://127.0.0.1:8080"}, {"statusUrl": "http://127.0.0.1:9/"})
    with (
        contextlib.closing(local_reader(stopped, [], 0)) as reader,
        pytest.raises(OperationError, match=r"^stack local is not up any more \(local, port 8080\)$"),
    ):
        reader.page(1, None)


@pytest.fixture
def decided(project: Path) -> Iterator[None]:
    """Stack local is up, and has decided."""
    lines = RecentLines(clock=lambda: next(times) - 0.001)
    times = iter([time.time() - ago for ago in (3_600, 60, 20, 10)])
    lines.take("us-east-1", decision(requestId="old"))
    lines.take("us-east-1", "START RequestId: 1 Version: 7")
    lines.take("us-east-1", decision(requestId="a", reason="no-session"))
    lines.take("eu-west-1", decision(requestId="b", origin="canary"))
    lines.take("us-east-1", f"abc== {decision(requestId='c', origin='premium', reason='tier')}")
    status = {"url": "http://127.0.0.1:8080", "dynamodb": {}}
    with local_stack(project, "local", status, lines=lines.between):
        yield


class Following:
    """Readers on a clock of the test's own; `told` is what was printed."""

    def __init__(self, fake: FakeLogs, *regions: str) -> None:
        self.fake = fake
        self.now_ms = 1_790_000_000_000
        self.readers = [Reader(Source(region, GROUP, ""), self.now_ms - 900_000) for region in regions]
        self.told: list[str] = []
        fake.on_close += [reader.close for reader in self.readers]

    def clock(self) -> float:
        return self.now_ms / 1_000

    def tell(self, line: Line) -> str:
        self.told.append(str(line.fields["requestId"]))
        return ""

    def look(self) -> None:
        print_new(self.readers, self.clock, self.tell)

    def add(self, region: str, ago_ms: int, name: str) -> None:
        self.fake.add(region, self.now_ms - ago_ms, reason="session", requestId=name)

    def follow(self, *rounds: Callable[[], object]) -> None:
        """Until the rounds are over, when the person at the terminal has had enough."""
        left = list(rounds)

        def sleep(seconds: float) -> None:
            if not left:
                raise KeyboardInterrupt
            self.now_ms += round(seconds * 1_000)
            left.pop(0)()

        with pytest.raises(KeyboardInterrupt):
            follow(self.readers, self.clock, sleep, self.tell)


def test_following_tells_what_is_new_once_also_where_it_came_late(fake: FakeLogs) -> None:
    following = Following(fake, "eu-west-1", "us-east-1")
    following.add("eu-west-1", 10_000, "before")
    following.add("us-east-1", 20_000, "early")
    following.look()
    following.follow(
        lambda: following.add("us-east-1", 1_000, "new"),
        lambda: following.add("eu-west-1", 30_000, "late"),
        lambda: None,
    )
    assert following.told == ["early", "before", "new", "late"]


def test_a_region_that_comes_back_is_read_from_where_it_was(fake: FakeLogs, capfd: pytest.CaptureFixture[str]) -> None:
    following = Following(fake, "eu-west-1", "us-east-1")
    following.add("eu-west-1", 400_000, "first")
    following.add("us-east-1", 400_000, "other")
    following.look()

    def fail() -> None:
        fake.refusals["eu-west-1"] = Refusal("ThrottlingException", "Rate exceeded")

    def pass_by() -> None:
        following.now_ms += 300_000
        following.add("eu-west-1", 250_000, "meanwhile")

    following.follow(fail, pass_by, fake.refusals.clear, lambda: None)
    assert sorted(following.told) == ["first", "meanwhile", "other"]
    assert capfd.readouterr().err.count("warning: eu-west-1: AWS throttles FilterLogEvents in eu-west-1") == 1


def test_a_region_that_fails_half_way_goes_on_there(fake: FakeLogs) -> None:
    following = Following(fake, "eu-west-1")
    for index in range(9):
        following.add("eu-west-1", 900_000 - 90_000 * index, str(index))
    fake.refusals["eu-west-1"] = Refusal("InternalFailure", status=500, after=1)
    following.look()
    assert following.told == ["0", "1", "2"]
    assert following.readers[0].problem.startswith("AWS failed at FilterLogEvents in eu-west-1")
    fake.refusals.clear()
    following.look()
    assert following.told == [str(index) for index in range(9)]


def test_what_is_remembered_does_not_grow_with_the_log(fake: FakeLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reader, "MAX_SEEN", 10)
    reader = Reader(Source("eu-west-1", GROUP, ""), 0, _forget_at=10)
    for index in range(200):
        assert reader.add(Line(index * OVERLAP_MS // 4, "eu-west-1", str(index), {}))
    assert len(reader.seen) <= 11


def test_two_pages_of_a_region_are_in_memory_at_most(fake: FakeLogs) -> None:
    following = Following(fake, "eu-west-1")
    for index in range(30):
        following.add("eu-west-1", 900_000 - index, str(index))
    stream = read_new(following.readers, following.now_ms)
    next(stream)
    stream.close()
    assert len(fake.asked) <= 2
