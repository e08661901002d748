"""Imports of a program: its own modules, even when another copy of the project is loaded."""

import importlib
import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

_OWN_PACKAGE = __name__.partition(".")[0]


@contextmanager
def quiet_pulumi_aws() -> Generator[None]:
    """Inside, importing a part of pulumi_aws does not warn of the deprecated classes that part defines."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pulumi_aws\.")
        yield


@contextmanager
def own_modules(root: Path) -> Generator[None]:
    """Inside, `root` is first on sys.path and modules of the same names from elsewhere are set aside.

    Afterwards nothing of `root` stays loaded, unless this process can import it anyway (then once is enough).
    """
    is_own = any(Path(entry).resolve() == root for entry in sys.path if entry)
    names = _top_level_names(root)
    foreign = {name: module for name, module in _loaded_modules(names).items() if not _is_from(module, root)}
    for name in foreign:
        del sys.modules[name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(root))
    try:
        with quiet_pulumi_aws():
            yield
    finally:
        sys.path.remove(str(root))
        if foreign or not is_own:
            for name in _loaded_modules(names):
                del sys.modules[name]
            sys.modules.update(foreign)


def _top_level_names(root: Path) -> frozenset[str]:
    """Packages and modules a program there can import; the simulator, which runs it, stays as it is."""
    packages = {entry.parent.name for entry in root.glob("*/__init__.py")}
    modules = {entry.stem for entry in root.glob("*.py")} - {"__main__"}
    return frozenset(packages | modules) - {_OWN_PACKAGE}


def _loaded_modules(names: frozenset[str]) -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in names}


def _is_from(module: ModuleType, root: Path) -> bool:
    """A package without __init__.py has folders instead of a file."""
    file = getattr(module, "__file__", None)
    places = [file] if file is not None else list(getattr(module, "__path__", ()))
    return any(Path(place).is_relative_to(root) for place in places)
