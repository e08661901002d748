"""The provider's Region, and Regions that an account has to enable first."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.config.aws_regions import EDGE_REGIONS, ENABLED_BY_DEFAULT, available_regions
from infra.config.provider import missing_region_error, provider_region
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from tests.infra.configs import STACKS, shipped_stack, stack_of

MISSING = (
    "aws:region is missing: the AWS provider needs a Region, whichever; run `pulumi config set aws:region us-east-1`"
)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No Region in the environment, and a file for profiles that is empty."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    return tmp_path / "aws-config"


def without_region(project: Path, *more: str) -> None:
    for file in project.glob("Pulumi.*.yaml"):
        lines = [line for line in file.read_text().splitlines() if "aws:region" not in line]
        file.write_text("\n".join([*lines, *more, ""]))


@pytest.mark.long
@pytest.mark.parametrize("stack", STACKS)
def test_the_program_itself_refuses_a_stack_without_a_region(stack: str, project: Path, nowhere: Path) -> None:
    without_region(project)
    with pytest.raises(ProgramError) as refused:
        run_program(stack, project=project)
    assert str(refused.value) == f"1 invalid setting:\n  {MISSING}"


@pytest.mark.long
def test_it_is_told_beside_all_other_mistakes(project: Path, nowhere: Path) -> None:
    without_region(project)
    with pytest.raises(ProgramError) as refused:
        run_program("local", project=project, overrides=("pin=stabel",))
    assert str(refused.value).splitlines() == [
        "2 invalid settings:",
        f"  {MISSING}",
        "  edge-router:pin is 'stabel': did you mean stable? Allowed: canary, none, stable",
    ]


def test_an_empty_one_is_none(nowhere: Path) -> None:
    assert missing_region_error({"aws:region": ""}, {}) == MISSING


def test_it_may_be_in_config_environment_or_profile(nowhere: Path) -> None:
    nowhere.write_text("[default]\nregion = eu-west-3\n[profile work]\nregion = eu-north-1\n[profile bare]\n")
    assert provider_region({"aws:region": "eu-west-1"}, {"AWS_REGION": "us-west-2"}) == "eu-west-1"
    assert provider_region({}, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-1"}) == "us-west-2"
    assert provider_region({}, {"AWS_DEFAULT_REGION": "us-west-1"}) == "us-west-1"
    assert provider_region({}, {}) == "eu-west-3"
    assert provider_region({"aws:profile": "work"}, {}) == "eu-north-1"
    assert missing_region_error({"aws:profile": "bare"}, {}) == missing_region_error({"aws:profile": "no"}, {})
    assert missing_region_error({"aws:profile": "no"}, {}) == MISSING


def test_the_regions_enabled_by_default_are_those_with_a_number_of_old() -> None:
    """Seventeen, all of which exist; edge Regions are all among them."""
    assert len(ENABLED_BY_DEFAULT) == 17
    assert set(available_regions()) >= ENABLED_BY_DEFAULT
    assert set(EDGE_REGIONS) <= ENABLED_BY_DEFAULT


def test_every_opt_in_region_is_told_by_its_key() -> None:
    stack = stack_of(
        stickySession={"homeRegion": "me-central-1", "replicas": ["eu-west-1", "af-south-1"], "tableName": "sessions"},
        control={"replicas": ["ap-east-1"]},
        logs={"regions": ["us-east-1", "il-central-1"]},
    )
    keys = {
        "stickySession.homeRegion": "me-central-1",
        "stickySession.replicas[1]": "af-south-1",
        "control.replicas[0]": "ap-east-1",
        "logs.regions[1]": "il-central-1",
    }
    assert stack.warnings() == [
        f"{key} is {region!r}, an opt-in Region: `up` can create nothing there until the account has enabled it, by"
        f" `aws account enable-region --region-name {region}`"
        for key, region in keys.items()
    ]


def test_control_without_a_table_is_nowhere() -> None:
    assert stack_of(control={"mode": "baked", "homeRegion": "af-south-1"}).warnings() == []


@pytest.mark.parametrize("stack", STACKS)
def test_no_shipped_stack_needs_one(stack: str) -> None:
    assert not [text for text in shipped_stack(stack).warnings() if "opt-in" in text]


def test_preview_warns_of_the_providers_own(nowhere: Path) -> None:
    found = run_program("local", overrides=("aws:region=eu-south-2",), preview=True)
    assert [text for text in found.warnings if "opt-in" in text] == [
        "aws:region is 'eu-south-2', an opt-in Region: `up` can create nothing there until the account has enabled it,"
        " by `aws account enable-region --region-name eu-south-2`"
    ]
