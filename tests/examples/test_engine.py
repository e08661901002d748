"""The example under the real engine, where the Pulumi CLI is on PATH: the state is what the stand-in comes to."""

from __future__ import annotations

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
}
HOSTS = [f"pulumi-language-{name}" for name in ("yaml", "python", "nodejs", "go")]
MISSING = [*MISSING_HERE, *(name for name in ("pulumi", *HOSTS) if shutil.which(name) is None)]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI and its hosts: {', '.join(MISSING)}")


@pytest.mark.parametrize("language", RUNTIMES)
def test_the_engine_makes_what_the_stand_in_makes_and_a_second_preview_changes_nothing(
    language: str, tmp_path: Path
) -> None:
    project = _copied(language, tmp_path / "project")
    cli = PulumiCli(project, tmp_path)
    cli.environment |= {
        "PYTHONPATH": str(NEEDED["python"]),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_NODEJS_TRANSPILE_ONLY": "true",  # `tsc` has checked the types
    }
    cli.run("stack", "init", "dev")
    assert "domain        : [unknown]" in cli.run("preview")
    cli.up()
    assert comparable(cli.export()) == comparable(run(language, preview=False).state)
    assert "unchanged" in cli.run("preview", "--expect-no-changes")


def _copied(language: str, project: Path) -> Path:
    """The example with what `make examples` has installed or compiled, and this package by its path."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "bin", "canary-routing")
    shutil.copytree(EXAMPLES / language, project, ignore=ignored)
    file = project / "Pulumi.yaml"
    named = {**yaml.safe_load(file.read_text()), "runtime": RUNTIMES[language]}
    named["plugins"] = {"providers": [{"name": "edge-router", "path": str(ROOT)}]}
    file.write_text(yaml.safe_dump(named, sort_keys=False))
    if language == "typescript":
        (project / "node_modules").symlink_to(EXAMPLES / "typescript/node_modules")
    if language == "go":
        module = project / "go.mod"
        module.write_text(module.read_text().replace(" ../../", f" {ROOT}/"))
    return project
