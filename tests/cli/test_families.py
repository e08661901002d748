"""The command is a list of families, which import what they run when they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEPLOYMENT = {"boto3", "dill", "grpc", "moto", "opentelemetry", "pulumi", "pulumi_aws", "pulumi_random"}
"""What the Pulumi program and the local edge import, which take longer than all that a command does."""
CLIENTS = {"botocore.client", "botocore.loaders", "botocore.session", "httpx", "urllib3"}
TABLES = {"rich.markdown", "rich.progress", "rich.table"}
ANYTHING = {"botocore", "infra", "pydantic", "rich", "router", "simulator", "strategies", "yaml"}
"""What help does not need, but that typer imports pydantic for the options of a command."""
REQUEST = "GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"

CODE = """
import sys, cli.main
try:
    cli.main.main(sys.argv[1:])
finally:
    print("modules", *sys.modules, file=sys.stderr)
"""


@pytest.mark.long
@pytest.mark.long_if(r"^bundle|^(--version|rollout|explain)")
@pytest.mark.parametrize(
    ("command", "forbidden"),
    [
        ("--help", DEPLOYMENT | CLIENTS | ANYTHING),
        ("--version", DEPLOYMENT | CLIENTS | ANYTHING),
        ("rollout --help", (DEPLOYMENT | CLIENTS | ANYTHING) - {"pydantic"}),
        ("config check --stack local", DEPLOYMENT | CLIENTS | {"rich", "validator"}),
        ("explain -", DEPLOYMENT | CLIENTS | {"rich", "validator"}),
        ("bundle --stack local --out {folder}/router.zip", DEPLOYMENT | CLIENTS | TABLES),
    ],
)
def test_a_command_imports_what_it_needs(command: str, forbidden: set[str], tmp_path: Path) -> None:
    done = run(command.format(folder=tmp_path))
    assert done.returncode == 0, done.stderr
    assert imported_modules(done) & forbidden == set()


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [
        "status --stack staging",
        "logs --stack staging --local",
        "rollout status --stack staging --local",
        "rollback --stack staging --local",
    ],
)
def test_a_command_without_a_running_stack_says_so_without_an_import_of_the_deployment(command: str) -> None:
    done = run(command)
    assert done.returncode == 1
    assert done.stderr.startswith("error: stack staging is not up: start it with `edge-router up --stack staging`")
    assert imported_modules(done) & (DEPLOYMENT | TABLES) == set()


def run(command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", CODE, *command.split()]
    return subprocess.run(words, capture_output=True, text=True, input=REQUEST, check=False)


def imported_modules(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The modules of the process when it ended, with the packages that they are in."""
    label, *names = done.stderr.splitlines()[-1].split()
    assert label == "modules", done.stderr
    return set(names)
