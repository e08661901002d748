"""The version line of bug reports."""

from __future__ import annotations

import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
DEPENDENCIES = ("pulumi", "pulumi-aws", "boto3")


def version_line() -> str:
    """Return `edge-router 0.3.0 (Python 3.11.7, pulumi 3.272.0, …; Linux x86_64)`."""
    others = [f"{name} {installed}" for name in DEPENDENCIES if (installed := _installed_version(name))]
    return (
        f"edge-router {own_version()} ({', '.join([f'Python {platform.python_version()}', *others])};"
        f" {platform.system()} {platform.machine()})"
    )


def own_version() -> str:
    """Return the version of the sources, or of the installed package where there is no pyproject.toml."""
    try:
        return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError):
        return _installed_version("edge-router") or "unknown"


def _installed_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
