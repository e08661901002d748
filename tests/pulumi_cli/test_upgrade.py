"""The real engine takes over the state that an earlier version made of a stack, and goes back to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.test_upgrade import NEW, SETTINGS, UPDATED, former_state

from .cli import MISSING, PulumiCli, copy_of_the_project

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
]


def planned_names(cli: PulumiCli) -> dict[str, set[str]]:
    """The logical names by operation of a preview, without what stays as it is."""
    found: dict[str, set[str]] = {}
    steps: list[dict[str, Any]] = json.loads(cli.run("preview", "--json"))["steps"]
    for step in steps:
        if step["op"] not in ("same", "read"):
            found.setdefault(step["op"], set()).add(step["urn"].rpartition("::")[2])
    return found


@pytest.mark.parametrize("version", ["0.1", "0.2"])
@pytest.mark.parametrize("strategy", NEW)
def test_no_resource_of_an_earlier_version_is_replaced(version: str, strategy: str, tmp_path: Path) -> None:
    cli = PulumiCli(copy_of_the_project(tmp_path), tmp_path)
    cli.run("stack", "init", "prod", "--secrets-provider", "passphrase")
    for setting in (f"strategy={strategy}", *SETTINGS):
        key, _, value = setting.partition("=")
        cli.run("config", "set", "--path", key, value)
    file = tmp_path / "former.json"
    file.write_text(json.dumps(former_state(version, strategy)))
    cli.run("stack", "import", "--file", str(file), "--force")
    expected = {"update": UPDATED[strategy], "create": NEW[strategy]}
    assert planned_names(cli) == {operation: names for operation, names in expected.items() if names}
