"""Programs that run in a process of their own against the stand-in's server, with a component from a plugin."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.languages.hosts import Program, run
from simulator.standin.languages.plugin import Plugin
from simulator.standin.languages.project import run_project
from simulator.standin.languages.schemas import aws_schema
from simulator.standin.model.errors import ProgramError, StandInError

if TYPE_CHECKING:
    from simulator.standin.run import Run

HERE = Path(__file__).parent
deploy = partial(
    run_project,
    "dev",
    project=HERE / "program",
    packages={"front": HERE / "component"},
    now=lambda: datetime(2026, 11, 1, tzinfo=UTC),
)
POLICY = "front:index:Front$aws:cloudfront/cachePolicy:CachePolicy::by-path"
BUCKET = "aws:s3/bucket:Bucket::files"


@pytest.fixture(scope="module")
def up() -> Run:
    return deploy()


def resources(run: Run) -> dict[str, dict[str, Any]]:
    deployment: Any = run.state["deployment"]
    return {one["urn"].split("::", 2)[2]: one for one in deployment["resources"]}


@pytest.mark.long
def test_a_plugin_constructs_a_component_from_an_output_of_the_program(up: Run) -> None:
    found = resources(up)
    assert sorted(found) == [
        BUCKET,
        POLICY,
        "front:index:Front::front",
        "pulumi:providers:aws::default_7_51_1",
        "pulumi:providers:front::default",
        "pulumi:pulumi:Stack::shop-dev",
    ]
    assert found[POLICY]["inputs"]["comment"] == "for example-files.s3.us-east-1.amazonaws.com"
    assert found[POLICY]["propertyDependencies"]["comment"] == [found[BUCKET]["urn"]]
    assert found[POLICY]["parent"] == found["front:index:Front::front"]["urn"]
    assert {change.op for change in up.changes} == {"create"}


@pytest.mark.long
def test_outputs_of_a_remote_component_are_the_programs_and_secrets_stay_secret(up: Run) -> None:
    policy = resources(up)[POLICY]["id"]
    assert up.outputs == {
        "comment": "for example-files.s3.us-east-1.amazonaws.com",
        "note": "[secret]",
        "policy": policy,
    }
    assert up.warnings == ("care",)


@pytest.mark.long
def test_a_preview_leaves_open_what_only_an_update_can_tell() -> None:
    planned = deploy(preview=True)
    assert planned.outputs == {"comment": "[unknown]", "note": "[secret]", "policy": "[unknown]"}
    assert {change.op for change in planned.changes} == {"create"}


@pytest.mark.long
def test_a_second_run_changes_nothing(up: Run) -> None:
    assert {change.op for change in deploy(state=up.state).changes} == {"same"}


@pytest.mark.long
def test_a_provider_that_refuses_names_the_property() -> None:
    with pytest.raises(ProgramError) as refused:
        deploy(overrides=["extra.ttls=5"])
    assert str(refused.value) == (
        "front:index:Front resource 'front' has a problem: - property ttls has a problem: is not a setting"
    )


@pytest.mark.long
def test_what_aws_refuses_in_a_component_is_told_as_it_is_of_the_program() -> None:
    with pytest.raises(ProgramError) as refused:
        deploy(overrides=["extra.ttl=601"])
    assert str(refused.value) == (
        "aws:cloudfront/cachePolicy:CachePolicy resource 'by-path' has a problem:"
        " defaultTtl: is 601: must be from minTtl (0) to maxTtl (600)"
    )


@pytest.mark.long
def test_a_program_that_fails_says_where() -> None:
    with pytest.raises(ProgramError, match=r"(?s)unhandled exception:.*__main__.py.*KeyError: 'crash'"):
        deploy(overrides=["crash=true"])


@pytest.mark.long
def test_a_component_without_its_plugin_is_refused() -> None:
    with pytest.raises(ProgramError) as refused:
        deploy(packages={})
    assert str(refused.value) == "there is no plugin for front:index:Front ('front')"


def test_a_plugin_that_ends_before_it_serves_says_why(tmp_path: Path) -> None:
    with pytest.raises(StandInError) as refused:
        Plugin(tmp_path, "127.0.0.1:1", tmp_path)
    assert str(refused.value) == f"{tmp_path} is not a plugin: it has no PulumiPlugin.yaml"
    (tmp_path / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (tmp_path / "__main__.py").write_text("raise SystemExit('no engine')")
    with pytest.raises(StandInError) as refused:
        Plugin(tmp_path, "127.0.0.1:1", tmp_path)
    assert str(refused.value) == f"the plugin in {tmp_path} has not printed its port: no engine"


def test_a_runtime_that_nobody_knows_is_named_and_what_is_missing_has_its_command(tmp_path: Path) -> None:
    program: Any = Program(tmp_path, "dev", None, is_preview=False, address="")  # pyright: ignore[reportArgumentType]
    for runtime, message in {
        "cobol": "runtime 'cobol' is not known: there are go, nodejs, python, yaml",
        "nodejs": f"{tmp_path} has no node_modules/@pulumi/pulumi/cmd/run: run `npm install` there",
        "go": f"{tmp_path} has no bin/program: run `go build -o bin/program .` there",
    }.items():
        with pytest.raises(StandInError) as refused:
            run(runtime, program)
        assert str(refused.value) == message


def test_the_schema_of_aws_has_what_is_modelled_with_its_computed_outputs() -> None:
    schema = json.loads(aws_schema("7.40.0"))
    bucket = schema["resources"]["aws:s3/bucket:Bucket"]
    assert "bucketRegionalDomainName" in bucket["properties"].keys() - bucket["inputProperties"].keys()
    assert "aws:index/getCallerIdentity:getCallerIdentity" in schema["functions"]
