"""The settings page has every key with its default, and shows mistakes as they are told."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import pytest
import yaml
from pydantic import BaseModel

from cli.stacks.workspace import Workspace
from infra.config.errors import SettingsError
from infra.config.section import Section
from infra.settings.alarms import AlarmSettings
from infra.settings.domain import DomainSettings
from infra.settings.model import Settings
from infra.settings.origins import OriginSettings, OverrideSettings
from infra.settings.parts import (
    DemoSettings,
    FunctionSettings,
    LogSettings,
    TableReadSettings,
    TableSettings,
    ValidatorSettings,
)
from infra.settings.release import ControlSettings
from infra.settings.rollout import RolloutSettings
from infra.settings.security import SecuritySettings

from .pages import ROOT, section

SECTIONS: dict[str, type[Section]] = {
    "Origins": OriginSettings,
    "Override": OverrideSettings,
    "Domain": DomainSettings,
    "Security": SecuritySettings,
    "Alarms": AlarmSettings,
    "Function": FunctionSettings,
    "tableReads": TableReadSettings,
    "Tables": TableSettings,
    "Logs": LogSettings,
    "Demo": DemoSettings,
    "Control": ControlSettings,
    "Rollout": RolloutSettings,
    "Validator": ValidatorSettings,
}
TOP_KEYS_WITH_A_PLAIN_DEFAULT = ("canaryPercent", "origins", "override", "pin", "priceClass", "release", "strategy")


def defaults_in(text: str) -> dict[str, str]:
    """The second cell of every row whose first one is a key."""
    return {key: default.strip() for key, default in re.findall(r"^\| `([^`]+)` \|([^|]*)\|", text, re.M)}


def spelled_default(model: type[BaseModel], key: str) -> str:
    """A default as the page writes it."""
    field = next(field for field in model.model_fields.values() if field.alias == key)
    if field.is_required():
        return "required"
    if field.default_factory is not None:
        return "see below"
    default = field.default
    if isinstance(default, tuple) and default:
        percentages = ", ".join(f"{item:g}" for item in default if isinstance(item, float))
        return f"`{percentages}`" if percentages else f"{len(default)} Regions"
    if default in (None, ()) or (default == "" and key != "path"):
        return "none"
    text = default if isinstance(default, str) else json.dumps(default).removesuffix(".0")
    return f"`{text}`" if text else '`""`'


def test_every_key_of_the_project_is_named() -> None:
    text = section("settings.md", "At the top")
    assert [key for key in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"] if f"`{key}`" not in text] == []


def test_keys_at_the_top_have_their_defaults() -> None:
    said = defaults_in(section("settings.md", "At the top"))
    for key in TOP_KEYS_WITH_A_PLAIN_DEFAULT:
        assert said[key] == spelled_default(Settings, key), key


def test_pulumi_asks_for_the_keys_that_are_required_and_has_the_same_defaults() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    said = defaults_in(section("settings.md", "At the top"))
    assert {key for key, text in said.items() if text == "required"} == declared.keys() - {
        key for key, one in declared.items() if "default" in one
    }
    plain = {key: one["default"] for key, one in declared.items() if one.get("default")}
    assert {key: said.get(key) for key in plain} == {key: f"`{default}`" for key, default in plain.items()}


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_of_a_section_has_its_default(heading: str) -> None:
    model = SECTIONS[heading]
    said = defaults_in(section("settings.md", heading))
    assert said == {key: spelled_default(model, key) for key in model.keys()}  # noqa: SIM118  a method, no dict


def test_the_regions_of_log_groups_are_listed() -> None:
    text = section("settings.md", "Logs")
    assert [region for region in LogSettings().regions if region not in text] == []


def shown_checks() -> Iterator[tuple[str, list[str]]]:
    """Each command on the page and the lines below it."""
    for block in re.findall(r"```console\n(.*?)```", section("settings.md", "What mistakes look like"), re.S):
        for shown in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *output = shown.splitlines()
            yield command, output


CHECKS = list(shown_checks())


@pytest.mark.parametrize(("command", "output"), CHECKS, ids=[command for command, _ in CHECKS])
def test_mistakes_look_as_the_page_shows_them(command: str, output: list[str]) -> None:
    """An ellipsis at the end of a line stands for the rest of it."""
    words = shlex.split(command)
    assert words[:5] == ["edge-router", "config", "check", "--stack", "local"]
    assert set(words[5::2]) == {"--set"}
    try:
        said = [
            f"warning: edge-router:{text}" for text in Workspace().open_stack("local", words[6::2]).settings.warnings()
        ]
    except SettingsError as error:
        said = [f"error: {text}" for text in error.problems]
    assert [_cut(real, printed) for real, printed in zip(said, output, strict=True)] == output


def _cut(real: str, printed: str) -> str:
    beginning = printed.removesuffix("…")
    return printed if beginning != printed and real.startswith(beginning) else real
