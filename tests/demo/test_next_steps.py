"""What the tour says at its end: commands that can be pasted as they stand."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cli.stacks.workspace import PROJECT, Workspace
from demo.next_steps import list_next_steps

URL = "http://127.0.0.1:8080"


def lines_for(word: str) -> tuple[str, ...]:
    return next(lines for purpose, lines in list_next_steps(Workspace().open_stack("local"), URL) if word in purpose)


def test_version_2_is_seen_by_the_override_of_the_stack():
    assert lines_for("version 2") == (
        f"curl -si -H 'x-qa-origin: canary:local-demo-override-secret' {URL}/ | head -20",
    )


@pytest.mark.parametrize(("place", "option"), [("cookie", "-b 'qa="), ("query", "-G -d 'qa=")])
def test_an_override_in_another_place_is_asked_for_there(place: str, option: str):
    settings = ("override.header=", f"override.{place}=qa")
    (_, (line,)), *_ = list_next_steps(Workspace().open_stack("local", settings), URL)
    assert f" {option}canary:local-demo-override-secret' {URL}/" in line


def test_a_rollout_is_started_given_visitors_looked_at_and_only_then_ended():
    steps = [lines for _, lines in list_next_steps(Workspace().open_stack("local"), URL)][2:5]
    command = ".venv/bin/edge-router rollout"
    assert steps == [
        (f"{command} start --stack local",),
        (f"while sleep 0.1; do curl -so /dev/null {URL}/; done",),
        (f"{command} status --stack local", f"{command} abort --stack local"),
    ]


def test_the_percentage_is_changed_in_the_stacks_file_and_nothing_else(tmp_path: Path):
    shutil.copy(PROJECT / "Pulumi.local.yaml", tmp_path)
    before = (tmp_path / "Pulumi.local.yaml").read_text()
    (line,) = lines_for("percentage: the file")
    subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    after = (tmp_path / "Pulumi.local.yaml").read_text()
    assert after == before.replace('canaryPercent: "10"', 'canaryPercent: "50"') != before
    assert [path.name for path in tmp_path.iterdir()] == ["Pulumi.local.yaml"]
