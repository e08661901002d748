"""Every `edge-router …` on a page is a command that there is, with options that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app

from .pages import DOCS, ROOT

PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
COMMAND = typer.main.get_command(app)


def shown_commands(text: str) -> Iterator[list[str]]:
    """The words after `edge-router` in blocks of a console and in code within a line."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.M | re.S)
    lines = [line.partition("  #")[0] for block in blocks for line in re.split(r"(?<!\\)\n", block)]
    called = [line for line in lines if line.startswith("$ ")]
    inline = re.findall(r"(?<!`)`(edge-router [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    for line in [*called, *inline]:
        for found in re.finditer(r"(?:^|[ /])edge-router (?=[a-z])(.*?)(?=[|;]|&&|$)", line.replace("\\\n", " ")):
            yield found[1].split()


def problem(words: list[str]) -> str:
    """What is wrong with a command, "" if nothing."""
    command: Any = COMMAND
    while hasattr(command, "commands") and words:
        if words[0] not in command.commands:
            return f"no command {words[:1]} in {sorted(command.commands)}"
        command, words = command.commands[words[0]], words[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"{command.name} has no option {unknown}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_on_the_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = [(" ".join(words), found) for words in shown_commands(text) if (found := problem(words))]
    assert wrong == []


def test_commands_are_found_wherever_they_stand() -> None:
    """So that the test above cannot pass by finding nothing."""
    text = "`edge-router sweep --delete`\n\n```console\n$ cat x | .venv/bin/edge-router explain --stack s -\n```\n"
    assert list(shown_commands(text)) == [["explain", "--stack", "s", "-"], ["sweep", "--delete"]]
    assert problem(["sweep", "--delte"]) == "sweep has no option ['--delte']"
    assert problem(["swep"]).startswith("no command ['swep'] in ['builds', 'bundle',")
    everywhere = [words for page in PAGES for words in shown_commands(page.read_text(encoding="utf-8"))]
    assert len(everywhere) > 50
