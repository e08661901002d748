"""The settings page has every key of Pulumi.yaml, and shows errors as the commands print them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import yaml

from cli.stacks.workspace import Workspace
from docs.generate.keys import tables
from infra.config.errors import SettingsError
from infra.settings.model import SECTIONS_WITH_SECRETS

from .pages import ROOT, section

SECRET = re.compile(r"secret(?!Header)|salt|signingKeys|jwks|privateKey|publicKey", re.IGNORECASE)


def defaults_in(text: str) -> dict[str, str]:
    """The third cell of every row whose first one is a key."""
    return {key: default.strip() for key, default in re.findall(r"^\| `([^`]+)` \|[^|]*\|([^|]*)\|", text, re.M)}


def test_every_key_of_the_project_is_named() -> None:
    text = section("settings.md", "At the top")
    assert [key for key in yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"] if f"`{key}`" not in text] == []


def test_pulumi_asks_for_the_keys_that_are_required_and_has_the_same_defaults() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    said = defaults_in(section("settings.md", "At the top"))
    assert {key for key, text in said.items() if text == "required"} == declared.keys() - {
        key for key, one in declared.items() if "default" in one
    }
    plain = {key: one["default"] for key, one in declared.items() if one.get("default")}
    del plain["control"]  # a word for an object
    assert {key: said.get(key) for key in plain} == {
        key: f"`{str(default).lower() if default is True else default}`" for key, default in plain.items()
    }


def test_sections_with_a_secret_are_those_whose_text_no_message_shows() -> None:
    keys = [key for name, table in tables().items() if name not in {"settings", "pipeline"} for key in table]
    secret = {key.names[0] for key in keys if not key.is_shown or SECRET.search(key.names[-1])}
    assert secret == set(SECTIONS_WITH_SECRETS)


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
        said = [f"error: {text}" for text in error.errors]
    assert [_cut(real, printed) for real, printed in zip(said, output, strict=True)] == output


def _cut(real: str, printed: str) -> str:
    beginning = printed.removesuffix("…")
    return printed if beginning != printed and real.startswith(beginning) else real
