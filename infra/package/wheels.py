"""Third-party wheels for Lambda's Linux, whatever this machine is: pinned, hashed, downloaded once."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile, ZipFile

LOCK_FILE = Path(__file__).with_name("requirements-edge.txt")
PYTHON_VERSION = "3.13"
GLIBC_TAGS = ("manylinux_2_34", "manylinux_2_28", "manylinux2014")
"""python3.13 runs on Amazon Linux 2023, whose glibc is 2.34 ("Lambda runtimes")."""
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
"""Lambda's name of an architecture, and that of wheels."""
DOWNLOAD_SECONDS = 300

_PIN = re.compile(r"([a-z0-9-]+)==(\S+) \\\n((?: +--hash=sha256:[0-9a-f]+(?: \\)?\n)+)((?: +#.*\n?)*)")
_NOT_AT_THE_EDGE = re.compile(r"^[^/]+\.(dist-info|data)/|(^|/)(tests?|__pycache__)/|\.(pyi|h|c|cfg)$|(^|/)py\.typed$")


class WheelError(Exception):
    """A wheel that is not available; the message names it and the fix."""


@dataclass(frozen=True)
class Pin:
    """One pinned distribution of the lock: its hashes, and the distributions that require it."""

    name: str
    version: str
    hashes: frozenset[str]
    required_by: frozenset[str]


@dataclass(frozen=True)
class Wheel:
    """A wheel file; `is_native` where it holds machine code for Lambda's platform."""

    name: str
    path: Path

    @property
    def is_native(self) -> bool:
        return not self.path.name.endswith("-none-any.whl")

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield (name in the package, content) of the files that are needed at run time."""
        with ZipFile(self.path) as archive:
            for name in sorted(archive.namelist()):
                if not name.endswith("/") and not _NOT_AT_THE_EDGE.search(name):
                    yield name, archive.read(name)


def wheels_for(
    packages: Iterable[str], cache: Path, lock: Path = LOCK_FILE, architecture: str = "x86_64"
) -> list[Wheel]:
    """Return the wheels of these packages and their dependencies, cached or downloaded; WheelError otherwise.

    `architecture` is the function's, x86_64 or arm64.
    """
    pins = _closure(set(packages), lock)
    machine = MACHINES[architecture]
    missing = [pin for pin in pins if _find_cached(pin, cache, machine) is None]
    if missing:
        _download(missing, cache, machine)
    return [Wheel(pin.name, _require_cached(pin, cache, machine, lock)) for pin in pins]


def cached_wheels(packages: Iterable[str], cache: Path, lock: Path = LOCK_FILE) -> list[Wheel] | None:
    """Return the same wheels if all are cached, else None; nothing is downloaded."""
    pins = _closure(set(packages), lock)
    paths = [(pin.name, _find_cached(pin, cache, MACHINES["x86_64"])) for pin in pins]
    found = [Wheel(name, path) for name, path in paths if path is not None]
    return found if len(found) == len(pins) else None


def read_lock(lock: Path = LOCK_FILE) -> dict[str, Pin]:
    """Return the pins of a compiled lock, whose comments name the dependents (`# via cryptography`)."""
    return {
        name: Pin(
            name,
            version,
            frozenset(re.findall(r"sha256:([0-9a-f]+)", hashes)),
            frozenset(re.findall(r"^ +#(?: +via)? +([a-z0-9-]+)$", comments, re.MULTILINE)),
        )
        for name, version, hashes, comments in _PIN.findall(lock.read_text(encoding="utf-8"))
    }


def _closure(wanted: set[str], lock: Path) -> list[Pin]:
    pins = read_lock(lock)
    if unknown := sorted(wanted - set(pins)):
        source = lock.with_suffix(".in").name
        raise WheelError(f"{', '.join(unknown)}: not in {lock.name}; add it to {source} and compile")
    while more := {name for name, pin in pins.items() if pin.required_by & wanted} - wanted:
        wanted = wanted | more
    return [pins[name] for name in sorted(wanted)]


def _find_cached(pin: Pin, cache: Path, machine: str) -> Path | None:
    """Return the file with one of the pin's hashes; its name says for which machine it is."""
    candidates = sorted(cache.glob(f"{pin.name.replace('-', '_')}-{pin.version}-*.whl"))
    fitting = [path for path in candidates if path.name.endswith(("-none-any.whl", f"_{machine}.whl"))]
    return next((path for path in fitting if sha256(path.read_bytes()).hexdigest() in pin.hashes), None)


def _require_cached(pin: Pin, cache: Path, machine: str, lock: Path) -> Path:
    path = _find_cached(pin, cache, machine)
    if path is None:
        raise WheelError(f"{pin.name} {pin.version}: pip brought no wheel with a hash of {lock.name}")
    return path


def _download(pins: list[Pin], cache: Path, machine: str) -> None:
    """Download into a temporary directory first, because another program must not see half a wheel."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        directory = Path(name)
        requirements = directory / "requirements.txt"
        requirements.write_text("".join(map(_requirement, pins)), encoding="utf-8")
        _run_pip(pins, requirements, directory, machine)
        for wheel in directory.glob("*.whl"):
            _check(wheel)
            wheel.replace(cache / wheel.name)


def _requirement(pin: Pin) -> str:
    return f"{pin.name}=={pin.version} {' '.join(f'--hash=sha256:{digest}' for digest in sorted(pin.hashes))}\n"


def _run_pip(pins: list[Pin], requirements: Path, directory: Path, machine: str) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--no-deps"]
    target = ["--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON_VERSION}"]
    platforms = [f"--platform={tag}_{machine}" for tag in GLIBC_TAGS]
    command = [sys.executable, "-m", "pip", "download", *options, *target, *platforms]
    names = ", ".join(f"{pin.name} {pin.version}" for pin in pins)
    try:
        subprocess.run(  # noqa: S603  the interpreter itself, and arguments from the hashed lock
            [*command, "--dest", str(directory), "--requirement", str(requirements)],
            check=True,
            capture_output=True,
            text=True,
            timeout=DOWNLOAD_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        reason = next((line for line in reversed(error.stderr.splitlines()) if line.strip()), "pip gave no reason")
        raise WheelError(_failure(names, reason)) from None
    except subprocess.TimeoutExpired:
        raise WheelError(_failure(names, f"pip took more than {DOWNLOAD_SECONDS} seconds")) from None


def _failure(names: str, reason: str) -> str:
    return (
        f"third-party packages cannot be downloaded for Lambda: {names}\n"
        f"  {reason}\n"
        "  They are needed once and then kept in .edge-router/wheels. Check the network and pip's index settings"
    )


def _check(wheel: Path) -> None:
    try:
        with ZipFile(wheel) as archive:
            archive.namelist()
    except BadZipFile as error:
        raise WheelError(f"{wheel.name} is not a wheel: {error}") from None
