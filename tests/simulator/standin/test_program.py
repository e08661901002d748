"""The same `__main__.py` the CLI runs, in this process: state, changes, previews and failures."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.model.errors import ProgramError, StackConfigError, StandInError
from simulator.standin.program import run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from simulator.standin.program import Run

    Deploy = Callable[..., Run]

TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def resource(state: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return next(one for one in state["deployment"]["resources"] if one["type"] == kind)


def changed_types(run: Run) -> dict[str, str]:
    return {change.type: change.op for change in run.changes if change.op != "same"}


def test_the_first_run_creates_everything_the_program_registers(deploy: Deploy) -> None:
    run = deploy()
    assert {change.op for change in run.changes} == {"create"}
    assert len(run.state["deployment"]["resources"]) == len(run.changes) == 12


def test_the_stack_comes_first_and_parents_come_before_children(deploy: Deploy) -> None:
    resources = deploy().state["deployment"]["resources"]
    seen: set[str] = set()
    assert resources[0]["type"] == "pulumi:pulumi:Stack"
    for one in resources:
        assert "parent" not in one or one["parent"] in seen
        seen.add(one["urn"])


def test_equal_runs_give_equal_states_byte_for_byte(deploy: Deploy) -> None:
    assert json.dumps(deploy().state) == json.dumps(deploy().state)


def test_a_second_run_over_its_own_state_changes_nothing(deploy: Deploy) -> None:
    first = deploy()
    second = deploy(state=first.state)
    assert {change.op for change in second.changes} == {"same"}
    assert second.state == first.state


def test_outputs_are_shown_with_secrets_covered(deploy: Deploy) -> None:
    outputs = deploy("comment=confidential").outputs
    assert outputs["hidden"] == "[secret]"
    assert outputs["canaryPercent"] == 10
    assert outputs["functionVersion"] == "1"


def test_no_plain_text_of_a_secret_reaches_the_state(deploy: Deploy) -> None:
    run = deploy("comment=confidential")
    distribution = resource(run.state, DISTRIBUTION)
    assert "confidential" not in json.dumps(run.state)
    assert "hush" not in json.dumps(run.state)
    assert distribution["inputs"]["comment"]["ciphertext"] == distribution["outputs"]["comment"]["ciphertext"] == ""


def test_an_unchanged_secret_is_no_change(deploy: Deploy) -> None:
    first = deploy("comment=confidential")
    assert changed_types(deploy("comment=confidential", state=first.state)) == {}


def test_a_secret_that_is_taken_away_is_a_change(deploy: Deploy) -> None:
    first = deploy("comment=confidential")
    run = deploy(state=first.state)
    paths = [change.paths for change in run.changes if change.type == DISTRIBUTION]
    assert paths == [("comment",)]


def test_new_code_publishes_the_next_version_and_moves_the_distribution_to_it(deploy: Deploy) -> None:
    first = deploy()
    run = deploy("strategy=cookie-version", state=first.state)
    assert changed_types(run) == {FUNCTION: "update", DISTRIBUTION: "update"}
    assert run.outputs["functionVersion"] == "2"
    associations = resource(run.state, DISTRIBUTION)["outputs"]["defaultCacheBehavior"]["lambdaFunctionAssociations"]
    assert associations == [
        {
            "eventType": "origin-request",
            "includeBody": False,
            "lambdaArn": resource(run.state, FUNCTION)["outputs"]["qualifiedArn"],
        }
    ]


def test_a_preview_shows_what_only_the_update_can_tell_as_unknown(deploy: Deploy) -> None:
    run = deploy(preview=True)
    assert run.outputs["domainName"] == run.outputs["functionVersion"] == "[unknown]"
    assert run.outputs["canaryPercent"] == 10


@pytest.mark.long
def test_a_preview_of_an_update_plans_the_same_changes_as_the_update(deploy: Deploy) -> None:
    first = deploy()
    preview = deploy("timeoutSeconds=9", state=first.state, preview=True)
    assert changed_types(preview) == changed_types(deploy("timeoutSeconds=9", state=first.state))
    assert preview.outputs["functionVersion"] == "[unknown]"
    assert preview.outputs["domainName"] == first.outputs["domainName"]


def test_a_preview_does_not_fail_on_a_resource_that_does_not_exist_yet(deploy: Deploy) -> None:
    assert {change.op for change in deploy("tableName=other", preview=True).changes} == {"create"}


def test_renaming_a_table_replaces_it(deploy: Deploy) -> None:
    first = deploy("tableName=old-name")
    run = deploy("tableName=new-name", state=first.state)
    assert [(change.op, change.paths) for change in run.changes if change.type == TABLE] == [("replace", ("name",))]


def test_moving_the_provider_to_another_region_replaces_what_lives_there(deploy: Deploy) -> None:
    first = deploy()
    run = deploy("aws:region=eu-central-1", state=first.state)
    assert [(change.op, change.paths) for change in run.changes if change.type == TABLE] == [("replace", ("region",))]
    assert FUNCTION not in changed_types(run)


def test_a_protected_table_is_not_replaced(deploy: Deploy) -> None:
    first = deploy("protect=true", "tableName=old-name")
    urn = resource(first.state, TABLE)["urn"]
    with pytest.raises(ProgramError) as refused:
        deploy("protect=true", "tableName=new-name", state=first.state)
    assert str(refused.value) == (
        f'unable to replace resource "{urn}" as it is currently marked for protection (changed: name).'
        " Set protect to false and deploy first, or undo the change"
    )


def test_a_protected_table_is_not_deleted(deploy: Deploy) -> None:
    first = deploy("protect=true")
    urn = resource(first.state, TABLE)["urn"]
    with pytest.raises(ProgramError) as refused:
        deploy("table=false", state=first.state)
    assert str(refused.value) == (
        f'resource "{urn}" cannot be deleted because it is protected. Set protect to false and deploy first,'
        " or keep it in the program"
    )


def test_what_the_program_no_longer_registers_is_deleted_children_first(deploy: Deploy) -> None:
    run = deploy("table=false", state=deploy().state)
    deleted = [change.name for change in run.changes if change.op == "delete"]
    assert deleted == ["sessions", "tables"]
    assert TABLE not in {one["type"] for one in run.state["deployment"]["resources"]}


def test_what_is_retained_on_delete_is_dropped_from_the_state_only(project: Path, deploy: Deploy) -> None:
    first = deploy("retain=true")
    (project / "__main__.py").write_text("")
    run = deploy(state=first.state)
    assert changed_types(run)[FUNCTION] == "retain"
    assert [one["type"] for one in run.state["deployment"]["resources"]] == ["pulumi:pulumi:Stack"]


def test_warnings_of_the_program_are_collected(deploy: Deploy) -> None:
    assert deploy("strategy=warn").warnings == ("edge-router:strategy: care",)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("strategy=wrong", "edge-router:strategy is 'wrong': allowed are sticky-session, cookie-version"),
        ("strategy=queue", "the stand-in does not model aws:sqs/queue:Queue"),
        (
            "timeoutSeconds=31",
            "aws:cloudfront/distribution:Distribution resource 'edge' has a problem: defaultCacheBehavior"
            ".lambdaFunctionAssociations[0].lambdaArn: names a function that has a timeout of 31 s: origin events"
            " allow 30 s",
        ),
        (
            "timeoutSeconds=901",
            "aws:lambda/function:Function resource 'router' has a problem: timeout: is 901: AWS allows 1 to 900",
        ),
        ("strategy=crash", "Program failed with an unhandled exception: KeyError: 'crash' (__main__.py, line 16)"),
    ],
)
def test_a_failing_program_says_why_in_one_message(deploy: Deploy, override: str, message: str) -> None:
    with pytest.raises(ProgramError) as failed:
        deploy(override)
    assert str(failed.value) == message


def test_a_failed_run_leaves_nothing_behind_for_the_next(deploy: Deploy) -> None:
    expected = deploy().state
    with pytest.raises(ProgramError):
        deploy("strategy=queue")
    assert deploy().state == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "import pulumi_aws as aws\naws.dynamodb.Table.get('t', 'some-table')",
            "the stand-in does not model reading an existing aws:dynamodb/table:Table ('t')",
        ),
        (
            "import pulumi, pulumi_aws as aws\n"
            "aws.cloudwatch.LogGroup('g', opts=pulumi.ResourceOptions(import_='some-group'))",
            "the stand-in does not model the resource option import_ (aws:cloudwatch/logGroup:LogGroup 'g')",
        ),
        (
            "import pulumi_aws as aws\naws.get_availability_zones()",
            "the stand-in does not model aws:index/getAvailabilityZones:getAvailabilityZones",
        ),
        (
            "import pulumi\npulumi.ProviderResource('tls', 'r', {})",
            "the stand-in does not model pulumi:providers:tls",
        ),
        (
            "import pulumi_aws as aws\naws.cloudwatch.LogGroup('g')\naws.cloudwatch.LogGroup('g')",
            "Duplicate resource URN 'urn:pulumi:dev::edge-router::aws:cloudwatch/logGroup:LogGroup::g';"
            " try giving it a unique name",
        ),
        ("import pulumi\npulumi.log.error('no')", "no"),
        ("raise SystemExit(3)", "Program failed with an unhandled exception: SystemExit: 3 (__main__.py, line 1)"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(project: Path, deploy: Deploy, source: str, message: str) -> None:
    (project / "__main__.py").write_text(source)
    with pytest.raises(ProgramError) as refused:
        deploy()
    assert str(refused.value) == message


def test_a_project_without_a_program_says_so(project: Path, deploy: Deploy) -> None:
    (project / "__main__.py").unlink()
    with pytest.raises(ProgramError) as failed:
        deploy()
    assert str(failed.value) == f"unable to find main python program `__main__.py` in `{project}`"


def test_without_a_region_the_message_says_how_to_set_one(
    project: Path, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    (project / "Pulumi.dev.yaml").write_text("")
    with pytest.raises(ProgramError) as failed:
        deploy()
    assert str(failed.value) == (
        "pulumi:providers:aws resource 'default_7_51_1' has a problem:"
        " region: is missing: run `pulumi config set aws:region us-east-1`"
    )


def test_ignored_properties_stay_as_they_were(project: Path, deploy: Deploy) -> None:
    source = (
        "import pulumi, pulumi_aws as aws\naws.cloudwatch.LogGroup('g', retention_in_days={days},"
        " opts=pulumi.ResourceOptions(ignore_changes=['retentionInDays']))"
    )
    (project / "__main__.py").write_text(source.format(days=7))
    first = deploy()
    (project / "__main__.py").write_text(source.format(days=30))
    assert changed_types(deploy(state=first.state)) == {}


def test_a_renamed_resource_with_an_alias_is_kept(project: Path, deploy: Deploy) -> None:
    (project / "__main__.py").write_text("import pulumi_aws as aws\naws.cloudwatch.LogGroup('old', name='group')")
    first = deploy()
    (project / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\n"
        "alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(name='old')])\n"
        "aws.cloudwatch.LogGroup('new', name='group', opts=alias)"
    )
    run = deploy(state=first.state)
    assert changed_types(run) == {}
    assert [one["urn"].rpartition("::")[2] for one in run.state["deployment"]["resources"]][-1] == "new"


def test_what_is_in_a_component_keeps_its_place_when_the_component_has_an_alias(project: Path, deploy: Deploy) -> None:
    """The engine changes a child's name that begins with the component's (step_generator.go: inheritedChildAlias)."""
    source = (
        "import pulumi, pulumi_aws as aws\n"
        "outer = pulumi.ComponentResource('a:b:{kind}', '{name}', None, pulumi.ResourceOptions(aliases=[{alias}]))\n"
        "inner = pulumi.ComponentResource('a:b:Inner', 'inner', None, pulumi.ResourceOptions(parent=outer))\n"
        "aws.cloudwatch.LogGroup('{name}-group', name='group', opts=pulumi.ResourceOptions(parent=outer))\n"
        "aws.cloudwatch.LogGroup('other', name='other', opts=pulumi.ResourceOptions(parent=inner))"
    )
    (project / "__main__.py").write_text(source.format(kind="Former", name="old", alias=""))
    first = deploy()
    alias = "pulumi.Alias(type_='a:b:Former', name='old')"
    (project / "__main__.py").write_text(source.format(kind="Now", name="new", alias=alias))
    run = deploy(state=first.state)
    assert changed_types(run) == {}
    assert [one["urn"] for one in run.state["deployment"]["resources"] if "Former" in one["urn"]] == []


@pytest.mark.long
def test_runs_under_a_running_event_loop_and_from_several_threads(deploy: Deploy) -> None:
    expected = deploy().state
    states: list[object] = []

    async def inside() -> None:
        states.append(deploy().state)

    threads = [threading.Thread(target=lambda: states.append(deploy().state)) for _ in range(3)]
    for thread in threads:
        thread.start()
    asyncio.run(inside())
    for thread in threads:
        thread.join()
    assert states == [expected] * 4


def test_two_copies_of_a_project_each_import_their_own_modules(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "parts").mkdir(parents=True)
        (tmp_path / name / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\n")
        (tmp_path / name / "Pulumi.dev.yaml").write_text("config: {}\n")
        (tmp_path / name / "__main__.py").write_text("import pulumi, parts\npulumi.export('name', parts.NAME)")
        (tmp_path / name / "parts" / "__init__.py").write_text(f"NAME = {name!r}")
    names = [run_program("dev", project=tmp_path / name).outputs["name"] for name in ("one", "two", "one")]
    assert names == ["one", "two", "one"]


def test_settings_are_checked_before_the_program_runs(deploy: Deploy) -> None:
    with pytest.raises(StackConfigError, match=r"^stack 'dev': edge-router:timeoutSeconds must be of type integer$"):
        deploy("timeoutSeconds=1.5")


def test_a_state_that_is_none_is_refused(deploy: Deploy) -> None:
    with pytest.raises(
        StandInError, match=r"^not a state of `pulumi stack export`: needs version 3 or 4 and a deployment$"
    ):
        deploy(state={"version": 2})
