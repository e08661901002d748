"""Names that AWS would refuse are told at preview, with their length and what is allowed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.config.base_model import parse_settings
from infra.config.errors import SettingsError
from infra.naming.resource_names import LIMITS, Name
from infra.settings.stack import load_stack
from pipeline.settings import PipelineSettings, check_names
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from simulator.standin.resource_models import MODELS
from strategies.registry import STRATEGIES
from tests.infra.configs import EVERYTHING, choosing, config_of, shipped_stack
from tests.infra.test_program import VERSIONED, run

KINDS = {
    "aws:cloudfront/function:Function": "CloudFront function",
    "aws:cloudfront/keyValueStore:KeyValueStore": "key-value store",
    "aws:cloudwatch/eventRule:EventRule": "rule",
    "aws:iam/role:Role": "role",
    "aws:lambda/function:Function": "function",
}
CONFIGS = [
    *(("prod", *choosing(strategy)) for strategy in STRATEGIES),
    *(("prod", *overrides) for overrides in VERSIONED.values()),
    *(("local", *choosing(strategy), *EVERYTHING) for strategy in ("sticky-session", "tier")),
]
PIPELINE = {
    "edge-router-pipeline:connectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/"
    "11111111-2222-3333-4444-555555555555",
    "edge-router-pipeline:repository": "OWNER/edge-router",
    "edge-router-pipeline:backend": "s3://states",
    "edge-router-pipeline:passphraseSecret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:passphrase",
}


def problems_in(project: str, stack: str = "test", **changes: object) -> list[str]:
    config = {key.replace("edge-router:", f"{project}:"): value for key, value in config_of(**changes).items()}
    try:
        load_stack(config, stack, project)
    except SettingsError as error:
        return error.errors
    return []


def test_a_function_and_a_role_that_are_too_long_are_named_with_their_length() -> None:
    project = "p" * 50
    assert problems_in(project, "x" * 5) == [
        f"the function would be called '{project}-xxxxx-aaaaaaaa', which has 65 characters: Lambda takes 64. Shorten"
        " the name of the project or of the stack"
    ]
    assert problems_in(project, "x" * 4) == []
    assert problems_in(project, "x" * 4, validator={"function": True}) == [
        f"the {kind} would be called '{project}-xxxx-validator', which has 65 characters: {service} takes 64. Shorten"
        " the name of the project or of the stack"
        for kind, service in (("role", "IAM"), ("function", "Lambda"))
    ]


def test_where_there_is_no_function_none_is_too_long() -> None:
    tier = {"tiers": {"premium": {"domainName": "p.example.com"}}}
    assert problems_in("p" * 52, "x" * 6, strategy="tier", tier=tier, demo={}) == []
    assert [text[:24] for text in problems_in("p" * 52, "x" * 7, strategy="tier", tier=tier)] == [
        "the CloudFront function ",
        "the key-value store woul",
        "the CloudFront function ",
    ]


@pytest.mark.parametrize("project", ["my.router", "router v2", ""])
def test_a_projects_name_that_lambda_would_not_take_is_refused(project: str) -> None:
    assert problems_in(project)[0] == (
        f"the project's name is {project!r}: resources are named after it, so it has 1 to 100 letters, digits, - and _"
    )


@pytest.mark.long
def test_the_program_refuses_it_before_anything_is_made(project: Path) -> None:
    for file in project.glob("Pulumi*.yaml"):
        file.write_text(re.sub(r"(?m)^(\s*|name: )edge-router(:|$)", rf"\g<1>{'p' * 60}\g<2>", file.read_text()))
    with pytest.raises(
        ProgramError, match=r"the role would be called 'p+-local', which has 66 characters: IAM takes 64"
    ):
        run_program("local", project=project)


@pytest.mark.long_if(r"validator|jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: " ".join(config[:3]))
def test_every_short_name_of_a_stack_is_looked_at(config: tuple[str, ...]) -> None:
    listed = set(shipped_stack(*config).short_names())
    resources = [one for one in run(*config).state["deployment"]["resources"] if one["type"] in KINDS]
    found = {Name(KINDS[one["type"]], one["inputs"]["name"]) for one in resources}
    assert {_without_id(one) for one in listed} == {_without_id(one) for one in found}


def _without_id(name: Name) -> Name:
    return Name(name.kind, re.sub(r"-[a-z0-9]{8}$", "-id", name.name)) if name.kind == "function" else name


@pytest.mark.long_if(r"^local|jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: " ".join(config[:3]))
def test_whatever_else_is_named_after_a_stack_may_be_longer(config: tuple[str, ...]) -> None:
    """With the longest prefix that these names allow, everything else still fits."""
    longer = "p" * (64 - len("edge-router-prod"))
    for one in run(*config).state["deployment"]["resources"]:
        is_cut = "logDelivery" in one["type"]  # infra.cdn.access_logs shortens these
        rules = {} if one["type"] in KINDS or one["type"] not in MODELS or is_cut else MODELS[one["type"]].rules
        for key in ("name", "comment", "dashboardName"):
            if key in rules and "edge-router-" in str(one["inputs"].get(key)):
                assert rules[key](str(one["inputs"][key]).replace("edge-router-", f"edge-router-{longer}", 1)) == ""


def test_the_limits_are_those_of_the_models() -> None:
    for kind, ours in KINDS.items():
        assert (MODELS[kind].rules["name"]("n" * LIMITS[ours][1]), MODELS[kind].named) == ("", LIMITS[ours][1])
        assert MODELS[kind].rules["name"]("n" * (LIMITS[ours][1] + 1))


def test_a_pipelines_names_are_judged_too() -> None:
    settings = parse_settings(
        PipelineSettings, {**PIPELINE, "edge-router-pipeline:prod": '{"stack": "production"}'}, "edge-router-pipeline"
    )
    check_names(settings, "edge-router-pipeline")
    with pytest.raises(SettingsError) as refused:
        check_names(settings, "Edge-" + "x" * 49)
    assert [text.partition("'")[0] for text in refused.value.errors] == [
        "the bucket would be called ",
        "the role would be called ",
        "the bucket of the artifacts would be called ",
    ]
