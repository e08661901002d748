"""The Python in which everything is measured: Lambda's where this machine has it, with boto3 for the article."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import boto3

from infra.package.bundle import ROOT, work_directory
from infra.package.process import lambda_python
from infra.package.wheels import PYTHON_VERSION

LOCK = ROOT / "requirements-dev.txt"


@dataclass(frozen=True)
class Python:
    """An interpreter, where boto3 is for it, and what there is to say about it."""

    path: str
    site_packages: Path
    text: str


def find_python() -> Python:
    """Lambda's version with boto3 as this project locks it, in an environment of its own; else the running Python."""
    found = lambda_python().path
    if found == sys.executable:
        return _running("")
    environment = work_directory() / f"bench-python{PYTHON_VERSION}"
    try:
        _install_boto3(found, environment)
    except (OSError, subprocess.CalledProcessError) as error:
        return _running(f"; {PYTHON_VERSION} is here, but boto3 for it is not: {error}")
    site_packages = environment / "lib" / f"python{PYTHON_VERSION}" / "site-packages"
    return Python(found, site_packages, f"Python {PYTHON_VERSION}")


def _running(why: str) -> Python:
    version = "{}.{}".format(*sys.version_info)
    is_lambdas = version == PYTHON_VERSION
    note = "" if is_lambdas or why else f"; Lambda's {PYTHON_VERSION} is not here"
    return Python(sys.executable, Path(boto3.__file__).parents[1], f"Python {version}{note}{why}")


def _install_boto3(python: str, environment: Path) -> None:
    """With bytecode, as Lambda's own is. Once for each lock."""
    installed = environment / ".installed"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if installed.exists() and installed.read_text(encoding="ascii") == digest:
        return
    uv = str(Path(sys.executable).with_name("uv"))
    for arguments in (
        ["venv", "--clear", "--python", python, str(environment)],
        ["pip", "install", "--python", str(environment), "--compile-bytecode", "--constraint", str(LOCK), "boto3"],
    ):
        subprocess.run([uv, *arguments, "--quiet"], check=True, capture_output=True)
    installed.write_text(digest, encoding="ascii")
