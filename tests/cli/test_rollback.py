"""A release taken back: the control table and the function in moto, the distribution in a fake of our own.

moto drops a distribution's associations and compares no ETag; of the key-value stores' API it has nothing, so that
one is botocore's Stubber over the real client.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

import cli.rollback.run
from cli.output.errors import OperationError
from cli.rollback import control as rollback_control
from cli.rollback.control import BATCH_KEYS, key_values_step, pin_step, rollout_step
from cli.rollback.versions import Deployed, version_step
from cli.stacks.control_table import AWS, Place
from controller.analysis.plan import Plan
from controller.rollout import transitions
from controller.rollout.store import ControlTable, Items
from infra.cdn.invalidation import MARK_TAG, cached_paths, format_mark
from infra.data.control_item import config_item
from tests.cli.conftest import Result
from tests.cli.fake_cloudfront import ID, FakeCloudFront, deny
from tests.cli.status_server import local_stack
from tests.infra.configs import edit_stack, shipped_stack
from tests.moto_server import create_control_table, moto_server

TABLE = "edge-router-prod-control"
PLAN = Plan(steps=(5, 25, 100), interval_seconds=600)
STORE = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555"
FASTEST = ("strategy=fastest-origin",)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def clients(moto: str) -> Iterator[Callable[[str], Any]]:
    """clients("lambda"): boto3's, each of them made once."""
    session = boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example", region_name="us-east-1")
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.client(service, endpoint_url=moto)
        return made[service]

    yield client
    for one in made.values():
        one.close()


@dataclass
class Account:
    """What there is of the stack prod: its control table, three versions of its function, and its distribution."""

    cloudfront: FakeCloudFront
    clients: Callable[[str], Any]
    function_arn: str
    outputs: Path

    @property
    def table(self) -> ControlTable:
        return ControlTable(self.clients("dynamodb"), TABLE)

    @property
    def config(self) -> dict[str, Any]:
        return self.table.read().config_item

    def put_config(self, *overrides: str) -> None:
        item = config_item(shipped_stack("prod", *overrides).settings)
        self.clients("dynamodb").put_item(TableName=TABLE, Item=item)

    def start_rollout(self) -> None:
        items = self.table.read()
        self.table.write(transitions.start(PLAN, items, 1_800_000_000), items)

    def write_outputs(self, version: int = 3, **changes: Any) -> None:
        values = {
            "distributionId": ID,
            "functionArn": f"{self.function_arn}:{version}",
            "controlTable": TABLE,
            "cachedPaths": {},
        }
        kept = {name: value for name, value in {**values, **changes}.items() if value is not None}
        self.outputs.write_text(json.dumps(kept))

    def versions(self) -> set[str]:
        return {arn.rpartition(":")[2] for arn in self.cloudfront.versions}


def package(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("handler.py", text)
    return content.getvalue()


def publish(functions: Any, name: str, text: str, description: str = "edge-router, stack prod: sticky-session") -> str:
    """A version of the function, the first one with the function; its ARN."""
    if text == "1":
        role = "arn:aws:iam::123456789012:role/edge"
        made = functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="router.handler.handler",
            Code={"ZipFile": package(text)},
            Description=description,
            Publish=True,
        )
        return made["FunctionArn"]
    functions.update_function_configuration(FunctionName=name, Description=description)
    return functions.update_function_code(FunctionName=name, ZipFile=package(text), Publish=True)["FunctionArn"]


@pytest.fixture
def account(
    moto: str,
    clients: Callable[[str], Any],
    run: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Account]:
    """After `run`, which takes every AWS_… away."""
    cloudfront = FakeCloudFront()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_ACCOUNT_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_ENDPOINT_URL": moto,
        "AWS_ENDPOINT_URL_CLOUDFRONT": cloudfront.url,
        "PATH": str(tmp_path / "bin"),
    }.items():
        monkeypatch.setenv(name, value)
    create_control_table(clients("dynamodb"), TABLE)
    _make_role(clients("iam"))
    arns = [publish(clients("lambda"), "edge-router-prod-1a2b3c4d", text) for text in ("1", "2", "3")]
    function_arn = arns[-1].removesuffix(":3")
    cloudfront.associate(f"{function_arn}:3", f"{function_arn}:3", "arn:aws:lambda:us-east-1:1:function:other:7")
    found = Account(cloudfront, clients, function_arn, tmp_path / "outputs.json")
    found.put_config("canaryPercent=25")
    found.write_outputs()
    yield found
    clients("dynamodb").delete_table(TableName=TABLE)
    clients("lambda").delete_function(FunctionName="edge-router-prod-1a2b3c4d")
    cloudfront.close()


def _make_role(iam: Any) -> None:
    if not any(role["RoleName"] == "edge" for role in iam.list_roles()["Roles"]):
        iam.create_role(RoleName="edge", AssumeRolePolicyDocument="{}")


def rolled_back(run: Callable[..., Result], account: Account, *options: str) -> Result:
    return run("rollback", "--stack", "prod", "--outputs", str(account.outputs), *options)


def states(result: Result) -> dict[str, str]:
    return {step["name"]: step["state"] for step in result.document["steps"]}


def details(result: Result) -> dict[str, str]:
    return {step["name"]: step["detail"] for step in result.document["steps"]}


def test_it_says_what_will_change_and_changes_nothing_unasked(run: Callable[..., Result], account: Account) -> None:
    account.start_rollout()
    result = rolled_back(run, account)
    assert result.exit_code == 3
    assert result.out.splitlines() == [
        "step\tstate\twhat",
        f"pin\tto do\tpin none, canaryPercent 25 -> pin stable, canaryPercent 0 in {TABLE}: effective within 12 s",
        "rollout\tto do\tthe rollout of release 2026-11 is running (step 2 of 3, 25 %) -> rolled-back",
        "config\tby hand\tpulumi is not on PATH; where it is, run: pulumi config set pin stable --stack prod",
        f"version\tto do\tversion 3 -> 2 (published {_today(account)}) on {ID}: everywhere within 15 minutes",
        "cache\tnothing to do\trouted responses are not cached",
        "nothing was changed; carry it out with --yes",
    ]
    items = account.table.read()
    assert (items.config.pin, items.config.percent) == ("none", 25)
    assert items.rollout is not None
    assert items.rollout.state == "running"
    assert account.versions() == {"3", "7"}
    assert {"UpdateDistribution", "TagResource", "CreateInvalidation"} & set(account.cloudfront.calls) == set()


def _today(account: Account) -> str:
    listed = account.clients("lambda").list_versions_by_function(FunctionName="edge-router-prod-1a2b3c4d")["Versions"]
    return next(one["LastModified"] for one in listed if one["Version"] == "2")[:10]


def test_everybody_goes_back_and_the_function_to_the_version_before(
    run: Callable[..., Result], account: Account
) -> None:
    account.start_rollout()
    result = rolled_back(run, account, "--yes")
    assert result.exit_code == 3  # pulumi is not on PATH
    assert result.err.splitlines() == [
        "prod: AWS account 123456789012, Region us-east-1",
        "pin: done",
        "rollout: done",
        "config: by hand",
        "version: done",
        "cache: nothing to do",
    ]
    assert result.out.splitlines()[-1] == (
        "Pulumi's state still has the newer version: revert the change in git before the next `pulumi up --stack prod`;"
        " with --refresh it would deploy that version again"
    )
    items = account.table.read()
    assert (items.live.pin, items.live.percent, items.live.percent_from) == ("stable", 0, "pin")
    assert items.rollout is not None
    assert (items.rollout.state, items.rollout.reason) == ("rolled-back", "aborted manually")
    assert items.rollout.config_revision == items.config_revision
    assert account.versions() == {"2", "7"}


class Terminal(io.StringIO):
    """A person who types this."""

    def isatty(self) -> bool:
        return True


@pytest.mark.long
@pytest.mark.parametrize(("typed", "code", "pin"), [("y\n", 3, "stable"), ("n\n", 3, "none"), ("\n", 3, "none")])
def test_at_a_terminal_it_asks(
    run: Callable[..., Result],
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    pin: str,
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    result = rolled_back(run, account, "--keep-version")
    assert (result.exit_code, account.config["pin"]) == (code, {"S": pin})
    assert result.err.startswith("prod: AWS account 123456789012, Region us-east-1\nCarry out the plan? [y/N]:")


@pytest.mark.long
def test_the_item_is_the_one_that_pulumi_would_write(run: Callable[..., Result], account: Account) -> None:
    """So that the next `pulumi up` with the same settings changes nothing that is in force."""
    assert rolled_back(run, account, "--yes", "--keep-version").exit_code == 3
    assert account.config == config_item(shipped_stack("prod", "pin=stable", "canaryPercent=0").settings)


@pytest.mark.long
def test_the_rest_of_the_distribution_stays_as_it_was(run: Callable[..., Result], account: Account) -> None:
    before = account.cloudfront.config
    assert rolled_back(run, account, "--yes").exit_code == 3
    changed = account.cloudfront.config
    assert changed.count(f"{account.function_arn}:2<") == 4
    for kept in ("by hand &amp; kept", "v1.example.com", "arn:aws:lambda:us-east-1:1:function:other:7"):
        assert kept in changed
        assert before.count(kept) == changed.count(kept)


@pytest.mark.long
def test_a_second_run_finds_nothing_to_do(run: Callable[..., Result], account: Account) -> None:
    """It goes by the version that Pulumi knows of, so that twice is not two versions back."""
    assert rolled_back(run, account, "--yes").exit_code == 3
    calls = len(account.cloudfront.calls)
    again = rolled_back(run, account, "--yes", "--json")
    assert again.exit_code == 3
    assert states(again) == {
        "pin": "nothing to do",
        "rollout": "nothing to do",
        "config": "by hand",
        "version": "nothing to do",
        "cache": "nothing to do",
    }
    assert account.versions() == {"2", "7"}
    assert "UpdateDistribution" not in account.cloudfront.calls[calls:]


@pytest.mark.long
def test_another_version_can_be_named(run: Callable[..., Result], account: Account) -> None:
    assert rolled_back(run, account, "--yes", "--to", "1").exit_code == 3
    assert account.versions() == {"1", "7"}
    refused = rolled_back(run, account, "--to", "9", "--yes", "--json")
    assert (refused.exit_code, details(refused)["version"]) == (1, "there is no version 9: there are 1, 2, 3")


@pytest.mark.long
def test_without_an_earlier_version_the_rest_is_done(run: Callable[..., Result], account: Account) -> None:
    account.write_outputs(version=1)
    account.cloudfront.associate(f"{account.function_arn}:1")
    result = rolled_back(run, account, "--yes", "--json")
    assert result.exit_code == 1
    assert (states(result)["pin"], states(result)["version"]) == ("done", "refused")
    assert details(result)["version"] == (
        "there is no version before 1: check out an earlier commit and run `pulumi up`"
    )


def test_a_version_of_another_strategy_is_refused(run: Callable[..., Result], account: Account) -> None:
    """Its triggers, policies and rights went with the switch."""
    functions = account.clients("lambda")
    publish(functions, "edge-router-prod-1a2b3c4d", "4", "edge-router, stack prod: cookie-version")
    account.write_outputs(version=4)
    account.cloudfront.associate(f"{account.function_arn}:4")
    result = rolled_back(run, account, "--yes", "--json")
    assert result.exit_code == 1
    assert details(result)["version"] == (
        "version 3 is 'edge-router, stack prod: sticky-session', but 'edge-router, stack prod: cookie-version' is"
        " deployed, with its triggers and policies: check out that commit and run `pulumi up`"
    )
    assert account.versions() == {"4"}


@pytest.mark.long
def test_a_distribution_that_does_not_run_the_function_is_left_alone(
    run: Callable[..., Result], account: Account
) -> None:
    account.cloudfront.associate("arn:aws:lambda:us-east-1:1:function:other:7")
    result = rolled_back(run, account, "--yes", "--json")
    assert result.exit_code == 1
    assert details(result)["version"] == f"{ID} does not run {account.function_arn}: `pulumi up` attaches it"


def test_what_is_not_allowed_is_told_and_the_rest_is_done(run: Callable[..., Result], account: Account) -> None:
    """A half-finished run is finished by the next one."""
    account.cloudfront.refusals["UpdateDistribution"] = [deny("cloudfront:UpdateDistribution")]
    first = rolled_back(run, account, "--yes", "--json")
    assert first.exit_code == 1
    assert states(first) | {"cache": ""} == {
        "pin": "done",
        "rollout": "nothing to do",
        "config": "by hand",
        "version": "failed",
        "cache": "",
    }
    assert details(first)["version"] == (
        "cannot change the distribution: arn:aws:iam::123456789012:user/releaser needs the permission"
        f" cloudfront:UpdateDistribution on arn:aws:cloudfront::123456789012:distribution/{ID} (no identity-based"
        " policy allows the cloudfront:UpdateDistribution action)"
    )
    assert account.versions() == {"3", "7"}
    second = rolled_back(run, account, "--yes", "--json")
    assert (states(second)["pin"], states(second)["version"]) == ("nothing to do", "done")
    assert account.versions() == {"2", "7"}


def test_throttling_loses_nothing(run: Callable[..., Result], account: Account) -> None:
    account.cloudfront.refusals["GetDistributionConfig"] = [("Throttling", "Rate exceeded")]
    result = rolled_back(run, account, "--yes", "--json")
    assert result.exit_code == 1
    assert details(result)["version"] == (
        "cannot read the distribution: AWS throttles GetDistributionConfig (Throttling): nothing is lost, run it"
        " again in a minute"
    )
    assert states(result)["pin"] == "done"


@pytest.mark.long
def test_a_distribution_that_was_changed_meanwhile_is_not_overwritten(account: Account) -> None:
    """Between reading and writing, by whomever."""
    step = version_step(_deployed_function(account))
    account.cloudfront.refusals["UpdateDistribution"] = [("PreconditionFailed", "The precondition is false.")]
    with pytest.raises(OperationError, match=f"^{ID} was changed at the same time: run it again$"):
        step.do()
    assert account.versions() == {"3", "7"}


def _deployed_function(account: Account) -> Deployed:
    session = boto3.Session(region_name="us-east-1")
    return Deployed(
        f"{account.function_arn}:3",
        ID,
        account.clients("lambda"),
        session.client("cloudfront", endpoint_url=account.cloudfront.url),
    )


@pytest.mark.long
def test_in_the_wrong_region_the_table_is_not_found(
    run: Callable[..., Result], account: Account, project: Path
) -> None:
    edit_stack(project, "prod", control={"mode": "live", "homeRegion": "eu-west-1"})
    result = rolled_back(run, account, "--yes", "--keep-version", "--json")
    assert result.exit_code == 1
    assert details(result)["pin"] == (
        f"there is no table {TABLE} in eu-west-1: deploy the stack with control: live, or name another"
        " stack with --stack"
    )
    assert account.config["pin"] == {"S": "none"}


@pytest.mark.long
def test_a_config_that_was_written_meanwhile_is_not_overwritten(account: Account) -> None:
    step = pin_step(shipped_stack("prod"), _control(account))
    account.put_config("canaryPercent=50")
    with pytest.raises(OperationError) as raised:
        step.do()
    assert str(raised.value) == f"{TABLE} was changed at the same time (`pulumi up`): check it, and run it again"
    assert account.config["canaryPercent"] == {"N": "50"}


@pytest.mark.long
def test_a_rollout_that_the_controller_writes_meanwhile_is_ended_all_the_same(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.start_rollout()
    step = rollout_step(_control(account))
    others = iter(["paused"])
    real = ControlTable.write

    def write(table: ControlTable, rollout: Any, read: Items) -> Items:
        """The controller comes in between once."""
        if next(others, ""):
            real(table, transitions.pause(read, 1_800_000_060), read)
        return real(table, rollout, read)

    monkeypatch.setattr(ControlTable, "write", write)
    step.do()
    rollout = account.table.read().rollout
    assert rollout is not None
    assert (rollout.state, rollout.revision) == ("rolled-back", 3)


def _control(account: Account) -> Place:
    return Place(TABLE, "us-east-1", AWS, account.clients("dynamodb"))


@pytest.mark.long
def test_baked_settings_go_back_with_the_version(run: Callable[..., Result], account: Account, project: Path) -> None:
    edit_stack(project, "prod", control="baked", rollout=None)
    account.write_outputs(controlTable=None)
    result = rolled_back(run, account, "--yes", "--json")
    assert result.exit_code == 3
    assert details(result)["pin"] == "control is baked: percentage and pin are in the function's version"
    assert account.versions() == {"2", "7"}


@pytest.mark.long
def test_what_is_cached_is_invalidated_when_the_rest_is_in_force(
    run: Callable[..., Result], account: Account, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(cli.rollback.run, "sleep", slept.append)
    cached = cached_paths(shipped_stack("prod", *FASTEST))
    edit_stack(project, "prod", strategy="fastest-origin")
    account.write_outputs(cachedPaths=cached)
    account.cloudfront.tags[MARK_TAG] = format_mark(cached)
    result = rolled_back(run, account, "--yes", "--json")
    assert (states(result)["cache"], slept) == ("done", [12])
    assert (account.cloudfront.invalidations, account.cloudfront.tags[MARK_TAG]) == ([["/*"]], format_mark(cached))
    order = [call for call in account.cloudfront.calls if call in ("TagResource", "UpdateDistribution")]
    assert order == ["TagResource", "UpdateDistribution", "TagResource"]
    again = rolled_back(run, account, "--yes", "--json")
    assert details(again)["cache"] == "no cached response is stale"


@pytest.mark.long
def test_an_invalidation_that_was_not_reached_is_made_up_for(
    run: Callable[..., Result], account: Account, monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setattr(cli.rollback.run, "sleep", lambda _seconds: None)
    cached = cached_paths(shipped_stack("prod", *FASTEST))
    edit_stack(project, "prod", strategy="fastest-origin")
    account.write_outputs(cachedPaths=cached)
    account.cloudfront.refusals["CreateInvalidation"] = [deny("cloudfront:CreateInvalidation")]
    assert states(rolled_back(run, account, "--yes", "--json"))["cache"] == "failed"
    assert account.cloudfront.tags == {MARK_TAG: "rolled-back"}
    assert states(rolled_back(run, account, "--yes", "--json")) == {
        "pin": "nothing to do",
        "rollout": "nothing to do",
        "config": "by hand",
        "version": "nothing to do",
        "cache": "done",
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("overrides", "before", "keys"),
    [
        (
            ("strategy=cookie-version", "cookieVersion.caching=versioned"),
            {"canary": '{"percent":"25","pin":"none","release":"2026-11","tag":"x"}'},
            ["canary"],
        ),
        (("strategy=tier",), {"pin": '{"pin":"none"}'}, ["pin", "tier:premium", "tier:standard"]),
    ],
)
def test_a_function_before_the_cache_reads_stable_from_its_store(
    overrides: tuple[str, ...], before: dict[str, str], keys: list[str]
) -> None:
    client, stubber = stub_client()
    listed = [{"Key": key, "Value": value} for key, value in before.items()]
    stubber.add_response("list_keys", {"Items": listed}, {"KvsARN": STORE})
    step = key_values_step(shipped_stack("prod", *overrides), STORE, client)
    assert step.detail == (
        f"{', '.join(keys)} -> stable in 11111111-2222-3333-4444-555555555555: effective within seconds"
    )
    described = {"ETag": "E1", "ItemCount": 1, "TotalSizeInBytes": 9, "KvsARN": STORE, "Created": 0}
    stubber.add_response("describe_key_value_store", described, {"KvsARN": STORE})
    stubber.add_response(
        "update_keys",
        {"ETag": "E2", "ItemCount": 1, "TotalSizeInBytes": 9},
        {"KvsARN": STORE, "IfMatch": "E1", "Puts": [{"Key": key, "Value": _stable(overrides, key)} for key in keys]},
    )
    step.do()
    stubber.assert_no_pending_responses()


def _stable(overrides: tuple[str, ...], key: str) -> str:
    from infra.cdn.javascript import build_function_code

    function = build_function_code(shipped_stack("prod", *overrides, "pin=stable", "canaryPercent=0"))
    assert function is not None
    return function.key_values[key]


def stub_client() -> tuple[Any, Stubber]:
    session = boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example", region_name="us-east-1")
    client = session.client("cloudfront-keyvaluestore")
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber


def test_a_store_that_says_stable_already_is_not_written() -> None:
    stack = shipped_stack("prod", "strategy=tier")
    client, stubber = stub_client()
    keys = ("pin", "tier:premium", "tier:standard")
    listed = [{"Key": key, "Value": '{"pin":"stable"}'} for key in keys]
    stubber.add_response("list_keys", {"Items": listed}, {"KvsARN": STORE})
    assert key_values_step(stack, STORE, client).state == "nothing to do"


def test_the_origins_of_the_override_are_left_as_they_are_in_the_store() -> None:
    """A stack that has hosts of its own still, by an earlier version of the program, has them in no config."""
    from infra.cdn.javascript import build_key_values

    settings = ("strategy=tier", "override.header=x-qa", "override.secret=0123456789abcdef")
    stack = shipped_stack("staging", *settings)
    client, stubber = stub_client()
    former = {key: value.replace("staging-v", "ec2-") for key, value in build_key_values(stack).items()}
    listed = [{"Key": key, "Value": value} for key, value in former.items()]
    stubber.add_response("list_keys", {"Items": listed}, {"KvsARN": STORE})
    step = key_values_step(stack, STORE, client)
    assert "ec2-1.example.com" in former["origin:stable"]
    assert step.detail.startswith("pin, tier:premium, tier:standard -> stable in ")


def test_many_keys_are_written_in_batches() -> None:
    client, stubber = stub_client()
    changed = {f"tier:{number:03}": "x" for number in range(BATCH_KEYS + 1)}
    described = {"ETag": "E1", "ItemCount": 1, "TotalSizeInBytes": 9, "KvsARN": STORE, "Created": 0}
    stubber.add_response("describe_key_value_store", described, {"KvsARN": STORE})
    for etag, after, start, end in (("E1", "E2", 0, BATCH_KEYS), ("E2", "E3", BATCH_KEYS, BATCH_KEYS + 1)):
        puts = [{"Key": key, "Value": "x"} for key in sorted(changed)[start:end]]
        stubber.add_response(
            "update_keys",
            {"ETag": after, "ItemCount": 1, "TotalSizeInBytes": 9},
            {"KvsARN": STORE, "IfMatch": etag, "Puts": puts},
        )
    rollback_control._put(client, STORE, changed)
    stubber.assert_no_pending_responses()


PULUMI = """\
#!/bin/sh
echo "$@" >> "{log}"
{then}
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("then", "state"), [("exit 0", "done"), ("echo 'error: no stack named prod' >&2; exit 255", "failed")]
)
def test_the_stacks_file_is_written_by_pulumi(
    run: Callable[..., Result], account: Account, tmp_path: Path, project: Path, then: str, state: str
) -> None:
    edit_stack(project, "prod", canaryPercent="25")
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text(PULUMI.format(log=tmp_path / "log", then=then))
    program.chmod(0o755)
    result = rolled_back(run, account, "--yes", "--keep-version", "--json")
    assert states(result)["config"] == state
    assert (tmp_path / "log").read_text().splitlines()[0] == (
        "config set pin stable --stack prod --non-interactive --color=never"
    )
    if state == "failed":
        assert details(result)["config"] == "pulumi config set pin stable: no stack named prod"
    kept = rolled_back(run, account, "--yes", "--keep-version", "--keep-config", "--json")
    assert "config" not in states(kept)


@pytest.mark.long
def test_the_stack_on_this_machine_goes_back_where_that_is_said(
    run: Callable[..., Result], account: Account, moto: str, project: Path
) -> None:
    account.start_rollout()
    dropped: list[Sequence[str]] = []
    status = {"url": "http://127.0.0.1:8080", "dynamodb": {"endpointUrl": moto}}
    with local_stack(project, "prod", status, invalidate=lambda patterns: dropped.append(patterns) or 0):
        unclear = rolled_back(run, account, "--yes")
        assert (unclear.exit_code, unclear.err.endswith("choose with --local or --aws\n")) == (2, True)
        assert account.table.read().live.pin == "none"
        result = run("rollback", "--stack", "prod", "--local", "--yes")
    assert result.err.splitlines() == [
        "prod: local, port 8080",
        "pin: done",
        "rollout: done",
        "config: by hand",
        "version: nothing to do",
        "cache: done",
    ]
    assert result.out.splitlines()[-1] == ("the next change of Pulumi.prod.yaml deploys its pin and percentage again")
    assert (account.table.read().live.pin, account.table.read().live.percent) == ("stable", 0)
    assert (account.versions(), dropped) == ({"3", "7"}, [["/*"]])
