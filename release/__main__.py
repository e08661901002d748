"""`python -m release FOLDER`: the packages of the shipped stacks, their hashes, what is inside them, and the notes."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from infra.package.archive import write_package
from infra.package.bundle import ROOT
from release.packages import Package, ReleaseError, build_packages


def main(folder: Path) -> None:
    """Write all files; SystemExit with a message where the release cannot be made."""
    version = read_version((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    try:
        notes = read_notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
        packages = sorted(build_packages(), key=lambda package: package.name)
    except ReleaseError as error:
        sys.exit(f"error: {error}")
    write(folder, version, notes, packages)
    print(f"{folder}: {len(packages)} packages of version {version}")


def write(folder: Path, version: str, notes: str, packages: Iterable[Package]) -> None:
    """Write `packages/`, `SHA256SUMS` of them, `packages.json` and `NOTES.md` into a folder that is empty or not there.

    Packages are readable by their owner only: the config in them holds the secrets of the shipped stacks.
    """
    described = [package.as_json() for package in packages]
    for package in packages:
        write_package(folder / "packages" / package.name, package.content)
    sums = "".join(f"{one['sha256']}  packages/{one['name']}\n" for one in described)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    document = {"version": version, "packages": described}
    (folder / "packages.json").write_text(f"{json.dumps(document, indent=1)}\n", encoding="utf-8")
    (folder / "NOTES.md").write_text(notes, encoding="utf-8")


def read_version(project: str) -> str:
    """Return the version in the text of pyproject.toml."""
    return str(tomllib.loads(project)["project"]["version"])


def read_notes(changelog: str, version: str) -> str:
    """Return the text of a version's section. ReleaseError where it is missing, empty or without a date."""
    found = re.search(
        rf"^## {re.escape(version)}(?P<date> - \d{{4}}-\d\d-\d\d)?\n(?P<text>.*?)(?=^## |\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    if found is None or not found["date"] or not found["text"].strip():
        raise ReleaseError(f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD` with text")
    return f"{found['text'].strip()}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
