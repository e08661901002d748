"""The command is a list of families, which import what they run when they run."""

from __future__ import annotations

import subprocess
import sys

import pytest

SLOW = {"boto3", "botocore", "httpx", "infra", "pulumi", "pydantic", "router", "simulator", "yaml"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_no_slow_package(arguments: list[str]) -> None:
    code = (
        "import sys, cli.main\n"
        "try: cli.main.main(sys.argv[1:])\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout
    assert set(done.stderr.split()) & SLOW == set()
