"""Native wheels for Lambda that this machine cannot load, and this machine's builds in their place."""

import platform
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import packages_distributions
from pathlib import Path

from simulator.lambda_edge import PackageError, link_distributions, read_names

IS_LAMBDAS_PLATFORM = sys.platform == "linux" and platform.machine() == "x86_64"


def substitute(package: Path, directory: Path) -> list[str]:
    """Link this machine's builds of what the package has for another platform into `directory`.

    Returns the names of the distributions, in order; PackageError when one of them is not installed here.
    """
    names: set[str] = set()
    # Shared libraries that extension modules bring along (`x.libs/`) follow them.
    libraries = [name for name in read_names(package) if name.endswith((".so", ".pyd")) and ".libs/" not in name]
    for module in sorted({re.split("[/.]", name)[0] for name in libraries if not _loads_here(name)}):
        if module not in _distributions():
            raise PackageError(f"{package.name}: {module} is built for another platform and is not installed here")
        names |= set(_distributions()[module])
    if names:
        directory.mkdir(parents=True, exist_ok=True)
        link_distributions(directory, sorted(names))
    return sorted(names)


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return the distributions that have a module of that name; reading all their files takes longer than the rest."""
    return packages_distributions()


def this_machine() -> str:
    """The platform in words."""
    return f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"


def _loads_here(name: str) -> bool:
    tagged = [suffix for suffix in EXTENSION_SUFFIXES if suffix != ".so"]
    return IS_LAMBDAS_PLATFORM and name.endswith(tuple(tagged))
