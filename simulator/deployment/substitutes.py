"""Native wheels for Lambda that this machine cannot load, and this machine's builds in their place."""

import platform
import sys
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.metadata import packages_distributions
from pathlib import Path

from simulator.lambda_edge import PackageError, link_distributions, read_names

IS_LAMBDAS_PLATFORM = sys.platform == "linux" and platform.machine() == "x86_64"


def substitute(package: Path, directory: Path) -> list[str]:
    """Link this machine's builds of what the package has for another platform into `directory`.

    Returns the names of the distributions, in order; PackageError when one of them is not installed here.
    """
    installed = packages_distributions()
    names: set[str] = set()
    for module in sorted(_foreign_modules(package)):
        if module not in installed:
            raise PackageError(f"{package.name}: {module} is built for another platform and is not installed here")
        names |= set(installed[module])
    if names:
        directory.mkdir(parents=True, exist_ok=True)
        link_distributions(directory, sorted(names))
    return sorted(names)


def this_machine() -> str:
    """The platform in words."""
    return f"{platform.python_implementation()} {platform.python_version()} on {platform.system()} {platform.machine()}"


def _foreign_modules(package: Path) -> set[str]:
    return {_top(name) for name in _libraries(read_names(package)) if not _loads_here(name)}


def _libraries(names: Iterable[str]) -> list[str]:
    """Extension modules; shared libraries that they bring along (`x.libs/`) follow them."""
    return [name for name in names if name.endswith((".so", ".pyd")) and ".libs/" not in name]


def _loads_here(name: str) -> bool:
    tagged = [suffix for suffix in EXTENSION_SUFFIXES if suffix != ".so"]
    return IS_LAMBDAS_PLATFORM and name.endswith(tuple(tagged))


def _top(name: str) -> str:
    return name.partition("/")[0].partition(".")[0]
