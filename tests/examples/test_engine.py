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

HOSTS = {"yaml": "pulumi-language-yaml", "python": "pulumi-language-python"}
"""The languages that the engine runs as they are; the others it would install or compile anew."""
MISSING = [*MISSING_HERE, *(name for name in ("pulumi", *HOSTS.values()) if shutil.which(name) is None)]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI and its hosts: {', '.join(MISSING)}")


@pytest.mark.parametrize("language", HOSTS)
def test_the_engine_makes_what_the_stand_in_makes_and_a_second_preview_changes_nothing(
    language: str, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(EXAMPLES / language, project, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    file = project / "Pulumi.yaml"
    named = {**yaml.safe_load(file.read_text()), "runtime": language}
    named["plugins"] = {"providers": [{"name": "edge-router", "path": str(ROOT)}]}
    file.write_text(yaml.safe_dump(named, sort_keys=False))
    cli = PulumiCli(project, tmp_path)
    cli.environment |= {"PYTHONPATH": str(NEEDED["python"]), "PULUMI_PYTHON_CMD": sys.executable}
    cli.run("stack", "init", "dev")
    assert "domain        : [unknown]" in cli.run("preview")
    cli.up()
    assert comparable(cli.export()) == comparable(run(language, preview=False).state)
    assert "unchanged" in cli.run("preview", "--expect-no-changes")
