"""Compile requirements.txt of the image: `python -m demo.lock`, with hashes for the image's platforms only.

A full lock would not fit into a host's user data (16 KB): pydantic-core alone has a hundred wheels.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
PYTHON = "3.13"
MACHINES = ("aarch64", "x86_64")


def compile_lock(target: Path) -> None:
    """Resolve requirements.in with every hash, to the versions that the tests run with."""
    options = ("--python-version", PYTHON, "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url")
    constraint = FOLDER.parent / "requirements-dev.txt"
    compile_ = (sys.executable, "-m", "uv", "pip", "compile", "--quiet", *options, "--constraint", constraint)
    subprocess.run([*compile_, FOLDER / "requirements.in", "--output-file", target], check=True)  # noqa: S603 - our words


def wheels(lock: Path, machine: str) -> list[dict[str, Any]]:
    """Return the wheels that pip would install on Linux on such a machine, by its installation report."""
    platforms = [f"--platform=manylinux{tag}_{machine}" for tag in ("2014", "_2_17", "_2_28")]
    options = ("--dry-run", "--ignore-installed", "--only-binary=:all:", "--require-hashes", "--report=-", "--target=.")
    install = (sys.executable, "-m", "pip", "install", "--quiet", *options, *platforms, f"--python-version={PYTHON}")
    report = subprocess.run([*install, "--requirement", lock], check=True, capture_output=True)  # noqa: S603 - our words
    return json.loads(report.stdout)["install"]


def main() -> None:
    """Write requirements.txt."""
    hashes: defaultdict[str, set[str]] = defaultdict(set)
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder, "requirements.txt")
        compile_lock(full)
        for machine in MACHINES:
            for wheel in wheels(full, machine):
                pin = "{name}=={version}".format(**wheel["metadata"])
                hashes[pin.lower().replace("_", "-")].add(wheel["download_info"]["archive_info"]["hashes"]["sha256"])
    lines = [" ".join([pin, *(f"--hash=sha256:{h}" for h in sorted(hashes[pin]))]) for pin in sorted(hashes)]
    (FOLDER / "requirements.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
