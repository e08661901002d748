"""Pulumi.yaml and the shipped stacks' files."""

from __future__ import annotations

import ast
import re

import pytest
import yaml

from infra.config.base_model import section_name
from infra.config.options_model import options_model
from infra.settings.model import CoreSettings, Settings
from strategies.registry import STRATEGIES
from tests.infra.configs import BY_PERCENTAGE, ON_LAMBDA, ROOT, SET_UP, STACKS, choosing, shipped_stack

PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
every_stack = pytest.mark.parametrize("stack", STACKS)
every_strategy = pytest.mark.parametrize("strategy", STRATEGIES)


def test_the_project_file_names_the_keys_of_the_settings() -> None:
    """All of them but the sections of strategies that no stack sets up."""
    optional = {section_name(name) for name in STRATEGIES if name not in SET_UP}
    assert set(PROJECT["config"]) == set(Settings.keys()) - optional


def test_every_key_has_a_description_and_a_type_but_for_the_one_that_is_a_word_or_an_object() -> None:
    assert all("description" in declared for declared in PROJECT["config"].values())
    assert [key for key, declared in PROJECT["config"].items() if "type" not in declared] == ["control"]


def test_defaults_are_those_of_the_settings() -> None:
    """The engine fills them in; {} stands for an absent section."""
    for name, field in Settings.model_fields.items():
        declared = PROJECT["config"].get(field.alias)
        if declared is None:
            continue
        assert ("default" in declared) is not field.is_required(), name
        if name == "control":
            assert Settings.model_fields[name].get_default(call_default_factory=True).mode == declared["default"]
        elif declared["type"] in ("integer", "boolean"):
            assert declared["default"] == field.default, name
        elif declared["type"] == "string" and not field.is_required():
            assert str(declared["default"]) in {str(field.default), str(field.default).removesuffix(".0")}, name
        elif not field.is_required():
            assert declared["default"] == ([] if declared["type"] == "array" else {}), name


def test_descriptions_name_only_options_that_exist() -> None:
    """What a section's description lists in camelCase is a key of that section."""
    for name in SET_UP:
        keys = set(options_model(name).keys())
        words = set(re.findall(r"\b[a-z]+(?:[A-Z][a-z]+)+\b", PROJECT["config"][section_name(name)]["description"]))
        assert words <= keys, name
        assert {key for key in keys if re.search("[A-Z]", key)} <= words, name


def test_pulumi_installs_with_pip_into_the_virtual_environment_of_make() -> None:
    assert PROJECT["runtime"] == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_stack
@every_strategy
def test_every_stack_switches_with_one_key(stack: str, strategy: str) -> None:
    loaded = shipped_stack(stack, *choosing(strategy))
    assert loaded.settings.strategy == strategy
    assert loaded.settings.options is not None


@every_stack
@pytest.mark.parametrize(
    "overrides",
    [
        ("strategy=cookie-version", "cookieVersion.caching=versioned"),
        (
            "strategy=sticky-session",
            "stickySession.caching=versioned",
            "stickySession.versionCookie=app-version",
        ),
    ],
    ids=["cookie-version", "sticky-session"],
)
def test_every_stack_turns_versioned_caching_on_by_its_keys(stack: str, overrides: tuple[str, ...]) -> None:
    assert shipped_stack(stack, *overrides).settings.needs.version_header == "x-router-version"


@every_stack
def test_every_stack_takes_a_percentage_and_a_pin_alone(stack: str) -> None:
    settings = shipped_stack(stack, "canaryPercent=12.5", "pin=stable").settings
    assert (settings.canary_percent, settings.pin) == (12.5, "stable")


@every_stack
def test_every_stack_has_both_tables(stack: str) -> None:
    tables = shipped_stack(stack).settings.tables_by_strategy()
    assert {name: (spec.home_region, spec.replicas) for name, spec in tables.items()} == {
        "sticky-session": ("us-east-1", ("eu-west-1", "ap-southeast-1")),
        "tenant-lookup": ("us-east-1", ("eu-west-1", "ap-southeast-1")),
    }


def test_prod_keeps_its_data() -> None:
    assert shipped_stack("prod").settings.tables.model_dump() == {
        "protect": True,
        "deletion_protection": True,
        "point_in_time_recovery": True,
        "on_destroy": "retain",
    }


def test_prod_begins_with_nobody_on_the_canary() -> None:
    assert shipped_stack("prod").settings.canary_percent == 0


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_stacks_for_aws_ship_no_secret(stack: str) -> None:
    settings = shipped_stack(stack).settings
    assert settings.override is None
    assert settings.strategy_options("cookie-version").signing_keys == ()
    assert settings.strategy_options("jwt-iat").secret == ""


def test_a_section_without_its_own_model_is_a_strategys() -> None:
    assert set(Settings.keys()) - set(CoreSettings.keys()) == set(map(section_name, STRATEGIES))


def test_the_program_only_wires() -> None:
    source = (ROOT / "__main__.py").read_text()
    assert len(source.splitlines()) <= 40
    nodes = [*ast.walk(ast.parse(source))]
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in nodes)
    assert sum(isinstance(node, ast.If) for node in nodes) == 1, "a program, or else a plugin"


def test_three_of_the_strategies_set_up_assign_by_percentage_and_all_but_one_run_on_lambda() -> None:
    """What other tests ask the strategies themselves."""
    assert set(SET_UP) & set(BY_PERCENTAGE) == {"sticky-session", "cookie-version", "jwt-iat"}
    assert set(SET_UP) - set(ON_LAMBDA) == {"tier"}
