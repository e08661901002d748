"""One line of versions, for a report of a fault."""

from __future__ import annotations

import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
BESIDE = ("pulumi", "pulumi-aws", "boto3")
"""What a fault may come from as well."""


def version_line() -> str:
    """`edge-router 0.1.0 (Python 3.11.7, pulumi 3.272.0, …; Linux x86_64)`."""
    others = [f"{name} {installed}" for name in BESIDE if (installed := _installed(name))]
    return (
        f"edge-router {own_version()} ({', '.join([f'Python {platform.python_version()}', *others])};"
        f" {platform.system()} {platform.machine()})"
    )


def own_version() -> str:
    """Of the sources that run; of the installed package where they lie without their pyproject.toml."""
    try:
        return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["version"]
    except (OSError, ValueError, KeyError):
        return _installed("edge-router") or "unknown"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
