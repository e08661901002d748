"""The state file: owner-only, whole or not at all, and refused by name when it is none."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from simulator.standin.model.errors import StandInError
from simulator.standin.state import in_order, read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path

STATE = {"version": 3, "deployment": {"manifest": {}, "resources": [{"urn": "u", "type": "t"}]}}


def test_a_written_state_reads_back_and_belongs_to_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "local.json"
    write_state(path, STATE)
    assert read_state(path) == STATE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["local.json"]


def test_a_rewritten_state_is_closed_to_others_even_if_it_was_open(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    path.write_text("{}")
    path.chmod(0o644)
    write_state(path, STATE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_state_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    write_state(path, STATE)
    with pytest.raises(TypeError):
        write_state(path, {"version": object()})
    assert read_state(path) == STATE
    assert [entry.name for entry in tmp_path.iterdir()] == ["local.json"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "not a state of `pulumi stack export`: must be a JSON object"),
        ("{}", "not a state of `pulumi stack export`: needs version 3 or 4 and a deployment"),
        (
            '{"version": 2, "deployment": {}}',
            "not a state of `pulumi stack export`: needs version 3 or 4 and a deployment; version 2 is of an old CLI:"
            " import it with a new one, and export it again",
        ),
        (
            json.dumps({"version": 3, "deployment": {"resources": [{}]}}),
            "not a state of `pulumi stack export`: every resource needs a urn and a type",
        ),
        (
            "{",
            "not a state of `pulumi stack export`: it is not JSON: Expecting property name enclosed in double quotes at"
            " line 1, column 2",
        ),
        ("# edge-router", "not a state of `pulumi stack export`: it is not JSON: Expecting value at line 1, column 1"),
        ("", "not a state of `pulumi stack export`: it is empty"),
        ("[" * 100_000, "not a state of `pulumi stack export`: it is JSON that nests too deeply"),
    ],
)
def test_a_file_that_is_no_state_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "local.json"
    path.write_text(text)
    with pytest.raises(StandInError) as refused:
        read_state(path)
    assert str(refused.value) == f"{path}: {reason}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StandInError) as refused:
        read_state(tmp_path / "local.json")
    assert str(refused.value) == f"{tmp_path / 'local.json'}: No such file or directory"


def test_an_empty_stacks_export_is_a_state(tmp_path: Path) -> None:
    path = tmp_path / "local.json"
    path.write_text(json.dumps({"version": 3, "deployment": {"manifest": {}}}))
    assert read_state(path)["version"] == 3


def test_resources_come_after_what_they_need() -> None:
    resources: dict[str, dict[str, object]] = {
        "a": {"urn": "a", "type": "t", "dependencies": ["c"], "parent": "s", "provider": "p::1"},
        "c": {"urn": "c", "type": "t", "parent": "s"},
        "p": {"urn": "p", "type": "pulumi:providers:aws"},
        "s": {"urn": "s", "type": "pulumi:pulumi:Stack"},
    }
    assert [one["urn"] for one in in_order(resources)] == ["s", "p", "c", "a"]
