"""The directories of a worker: the package as /var/task has it, the runtime client as /var/runtime has it."""

import importlib.metadata
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

MAX_PACKAGE_BYTES = 50 * 1024 * 1024
"""Compressed size for origin triggers ("Quotas on Lambda@Edge")."""


class PackageError(Exception):
    """A package that Lambda would not take; the message names the file."""


def read_names(package: Path) -> list[str]:
    """The names of its files. PackageError where it is not a zip that can be read."""
    try:
        with zipfile.ZipFile(package) as archive:
            return archive.namelist()
    except OSError as error:
        raise PackageError(f"{package}: cannot be read: {error.strerror}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise PackageError(f"{package}: is not a readable zip: {error}") from error


def unzip(package: Path, task_root: Path) -> None:
    """All files of the zip under `task_root`, not writable. PackageError when it is missing, broken or over 50 MB."""
    try:
        size = package.stat().st_size
    except OSError as error:
        raise PackageError(f"{package}: cannot be read: {error.strerror}") from error
    if size > MAX_PACKAGE_BYTES:
        raise PackageError(f"{package}: {size:,} bytes; Lambda@Edge takes at most {MAX_PACKAGE_BYTES:,}")
    try:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(task_root)  # zipfile itself drops absolute names and ".."
    except (zipfile.BadZipFile, OSError) as error:
        raise PackageError(f"{package}: is not a readable zip: {error}") from error
    _make_read_only(task_root)


def _make_read_only(task_root: Path) -> None:
    for path in sorted(task_root.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else path.stat().st_mode & 0o555 | 0o444)
    task_root.chmod(0o555)


_NETWORK = Path(__file__).parent / "local_network" / "local_network.py"
_FALLBACK = Path(__file__).parent / "without_native_client" / "runtime_client.py"


def link_runtime(directory: Path, uses_native_client: bool = True) -> None:
    """Make `directory` hold awslambdaric as LAMBDA_RUNTIME_DIR does.

    awslambdaric ships its native `runtime_client` for Linux only; elsewhere (or with `uses_native_client` False) a
    module of the same interface takes its place. `local_network` lies beside it, for workers that reach local origins.
    """
    link_distributions(directory, ["awslambdaric"])
    native = list(directory.glob("runtime_client.*"))
    if not uses_native_client:
        for path in native:
            path.unlink()
        native.clear()
    if not native:
        (directory / "runtime_client.py").symlink_to(_FALLBACK)
    (directory / _NETWORK.name).symlink_to(_NETWORK)


def link_distributions(directory: Path, names: Sequence[str]) -> None:
    """Link the installed distributions and what they require into `directory`, so that it can stand on sys.path.

    PackageNotFoundError names a distribution that is not installed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for distribution in _with_requirements(names):
        for top in sorted({file.parts[0] for file in distribution.files or ()}):
            target = Path(str(distribution.locate_file(top)))
            if _is_importable(top) and target.exists() and not (directory / top).exists():
                (directory / top).symlink_to(target.resolve())


def _is_importable(top: str) -> bool:
    return top not in ("..", "__pycache__") and not top.endswith((".dist-info", ".egg-info", ".pth"))


def _with_requirements(names: Sequence[str]) -> Iterator[importlib.metadata.Distribution]:
    seen: set[str] = set()
    waiting = [(name, True) for name in names]
    while waiting:
        name, is_needed = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if is_needed:
                raise
            continue  # its marker excludes this interpreter
        yield distribution
        for requirement in distribution.requires or ():
            required, _, marker = requirement.partition(";")
            if "extra" not in marker:
                waiting.append((re.split(r"[^A-Za-z0-9._-]", required, maxsplit=1)[0], not marker))
