"""The example under the real engine, where the Pulumi CLI is on PATH: the state is what the stand-in comes to."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.pulumi_cli.cli import PulumiCli, comparable

from .test_examples import EXAMPLES, NEEDED, ROOT, run
from .test_examples import MISSING as MISSING_HERE

RUNTIMES = {
    "yaml": "yaml",
    "python": "python",
    "typescript": "nodejs",
    "go": {"name": "go", "options": {"binary": str(NEEDED["go"])}},
    "canary-routing": "python",
    "yaml/canary-routing": "yaml",
}
"""By the folder of the example."""
HOSTS = [f"pulumi-language-{name}" for name in ("yaml", "python", "nodejs", "go")]
MISSING = [*MISSING_HERE, *(name for name in ("pulumi", *HOSTS) if shutil.which(name) is None)]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI and its hosts: {', '.join(MISSING)}")


@pytest.mark.parametrize("example", RUNTIMES)
def test_the_engine_makes_what_the_stand_in_makes_and_a_second_update_changes_nothing(
    example: str, tmp_path: Path
) -> None:
    project = _copy(example, tmp_path / "project")
    cli = PulumiCli(project, tmp_path)
    cli.environment |= {
        "PYTHONPATH": str(NEEDED["python"]),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_NODEJS_TRANSPILE_ONLY": "true",  # `tsc` has checked the types
    }
    cli.run("stack", "init", "dev")
    assert re.search(r"domain *: \[unknown\]", cli.run("preview"))
    cli.up()
    assert comparable(cli.export()) == comparable(run(example, preview=False).state)
    assert "unchanged" in cli.run("up", "--yes", "--skip-preview", "--expect-no-changes")


def _copy(example: str, project: Path) -> Path:
    """The example with what `make examples` has installed or compiled, and this package by its path."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "bin", "canary-routing")
    shutil.copytree(EXAMPLES / example, project, ignore=ignored)
    file = project / "Pulumi.yaml"
    named = {**yaml.safe_load(file.read_text()), "runtime": RUNTIMES[example]}
    named["plugins"] = {"providers": [{"name": "edge-router", "path": str(ROOT)}]}
    file.write_text(yaml.safe_dump(named, sort_keys=False))
    if example == "typescript":
        (project / "node_modules").symlink_to(EXAMPLES / "typescript/node_modules")
    if example == "go":
        module = project / "go.mod"
        module.write_text(module.read_text().replace(" ../../", f" {ROOT}/"))
    return project
