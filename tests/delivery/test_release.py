"""A release: the same files wherever they are made, with what is inside, published under their own tag."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.package.process import lambda_python
from release.__main__ import read_notes, read_version, write
from release.packages import Package, ReleaseError
from strategies.registry import STRATEGIES
from tests.delivery.test_workflows import ROOT, place, runs, steps, triggers, workflow

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
VERSION = read_version((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = ("infra", "router", "strategies", "functions", "controller", "validator", "stats", "simulator", "release")
LATER = "import time\nnow = time.time\ntime.time = lambda: now() + 300_000_000\n"
"""A sitecustomize with which a process begins ten years from now."""
WHEEL = {"name": "tzdata", "version": "1", "licence": "Apache-2.0", "file": "tzdata-1-any.whl", "sha256": "0" * 64}
RELEASE_PYTHON = ROOT / ".edge-router" / "release-venv" / "bin" / "python"


def with_release_tools(test: Any) -> Any:
    needed = pytest.mark.skipif(not RELEASE_PYTHON.exists(), reason="needs the environment of `make release-files`")
    return pytest.mark.long(needed(test))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "release"
    write(made, "1.2.3", "- A note.\n", [Package("a.zip", "tier", b"a", (WHEEL,)), Package("b.js", "tier", b"b")])
    return made


def test_hashes_and_the_list_are_those_of_the_packages(folder: Path) -> None:
    digests = {name: sha256(name[:1].encode()).hexdigest() for name in ("a.zip", "b.js")}
    lines = [f"{digest}  packages/{name}\n" for name, digest in digests.items()]
    assert (folder / "SHA256SUMS").read_text() == "".join(lines)
    assert json.loads((folder / "packages.json").read_text()) == {
        "version": "1.2.3",
        "packages": [
            {"name": "a.zip", "strategy": "tier", "sha256": digests["a.zip"], "wheels": [WHEEL]},
            {"name": "b.js", "strategy": "tier", "sha256": digests["b.js"], "wheels": []},
        ],
    }
    assert {path.stat().st_mode & 0o777 for path in (folder / "packages").iterdir()} == {0o600}


def test_the_notes_are_the_section_of_the_version() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- later\n\n## 1.2.3 - 2026-01-02\n\n- now\n\n## 1.2.2 - 2026-01-01\n"
    assert read_notes(changelog, "1.2.3") == "- now\n"
    for version in ("Unreleased", "1.2.2", "1.2.4", "1x2.3"):
        with pytest.raises(ReleaseError) as refused:
            read_notes(changelog, version)
        assert str(refused.value) == f"CHANGELOG.md has no section `## {version} - YYYY-MM-DD` with text"


def test_the_changelog_has_notes_of_this_version_and_a_place_for_the_next() -> None:
    assert read_notes(CHANGELOG, VERSION)
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1].startswith(f"{VERSION} - ")


def same_files(*folders: Path) -> subprocess.CompletedProcess[str]:
    command = [ROOT / ".ci" / "same-files", *folders]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_two_builds_are_compared_by_every_byte(folder: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    shutil.copytree(folder, second)
    done = same_files(folder, second)
    assert (done.returncode, done.stdout) == (0, "the same bytes in 5 files, 2 packages among them\n")
    (second / "packages" / "b.js").write_bytes(b"B")
    assert same_files(folder, second).returncode == 1
    (folder / "packages" / "b.js").write_bytes(b"B")  # the same twice, and not what the hashes say
    assert same_files(folder, second).returncode == 1
    (second / "packages" / "b.js").unlink()
    assert same_files(folder, second).returncode == 1


@pytest.mark.long_if(r"^v1.2.4|^1")
@pytest.mark.parametrize(("tag", "code"), [("v1.2.3", 0), ("v1.2.4", 1), ("1.2.3", 1)])
def test_files_are_published_under_the_tag_of_their_version_only(tag: str, code: int, folder: Path) -> None:
    programs = folder.parent / "bin"
    programs.mkdir()
    gh = programs / "gh"
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    gh.chmod(0o755)
    command = [ROOT / ".ci" / "publish-release", tag, folder]
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    assert done.returncode == code
    if code:
        assert (done.stdout, done.stderr) == ("", f"error: the tag is {tag}, and the files are of version 1.2.3\n")
    else:
        names = ("SHA256SUMS", "edge-packages.cdx.json", "python.cdx.json")
        assert done.stdout.splitlines() == [
            *("release", "create", "v1.2.3", "--verify-tag", "--title", "edge-router 1.2.3"),
            *("--notes-file", f"{folder}/NOTES.md"),
            *(f"{folder}/{name}" for name in names),
        ]


def test_a_tag_is_tested_and_made_twice_under_other_conditions_before_anything_is_attested() -> None:
    found = workflow("release")
    assert triggers(found) == {"push": {"tags": ["v*"]}}
    assert found["jobs"]["publish"]["needs"] == ["test", "types", "files"]
    assert runs(found, "test") == ["make test"]
    assert runs(found, "types") == ["make types-strict"]
    assert runs(found, "files") == ['umask "$UMASK"\nmake release-files\n']
    first, second = found["jobs"]["files"]["strategy"]["matrix"]["include"]
    assert {key for key in first if first[key] == second[key]} == set()
    order = [
        place(steps(found, "publish"), text)
        for text in ("actions/download-artifact", ".ci/same-files built/first built/second", ".ci/publish-release")
    ]
    attested = [step["with"] for step in steps(found, "publish") if "actions/attest@" in str(step.get("uses"))]
    assert order == [1, 2, 5]
    assert [("sbom-path" in given, given["subject-path"].split()) for given in attested] == [
        (False, ["built/first/packages/*", "built/first/*.cdx.json"]),
        (True, ["built/first/packages/*"]),
    ]


@with_release_tools
def test_a_bill_of_materials_names_what_is_inside_and_is_valid(folder: Path) -> None:
    done = subprocess.run(
        [RELEASE_PYTHON, "-m", "release.sbom", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "86400"},
    )
    assert (done.returncode, done.stdout) == (0, f"{folder}/edge-packages.cdx.json: valid CycloneDX 1.6\n")
    bill = json.loads((folder / "edge-packages.cdx.json").read_text())
    assert bill["metadata"]["timestamp"] == "1970-01-02T00:00:00+00:00"
    assert [(one["name"], one["version"], one["type"]) for one in bill["components"]] == [
        ("a.zip", "1.2.3", "application"),
        ("b.js", "1.2.3", "application"),
        ("tzdata", "1", "library"),
    ]
    assert [one for one in bill["dependencies"] if one["ref"] in ("a.zip", "b.js")] == [
        {"ref": "a.zip", "dependsOn": ["tzdata-1-any.whl"]},
        {"ref": "b.js"},
    ]


@with_release_tools
def test_a_bill_that_is_not_valid_ends_it(folder: Path) -> None:
    bad = {"bomFormat": "CycloneDX", "specVersion": "1.6", "komponents": []}
    (folder / "python.cdx.json").write_text(json.dumps(bad))
    command = [RELEASE_PYTHON, "-m", "release.sbom", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {folder}/python.cdx.json: is not valid CycloneDX 1.6: Additional properties")


@pytest.mark.long
@pytest.mark.skipif(not lambda_python().is_lambda_version, reason="this machine has no Python of Lambda's version")
def test_every_package_is_the_same_whatever_the_path_umask_locale_zone_seed_and_clock(tmp_path: Path) -> None:
    copy = tmp_path / "another" / "place"
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "CHANGELOG.md", "Pulumi.yaml", *(f"Pulumi.{one}.yaml" for one in ("local", "prod"))):
        shutil.copy(ROOT / name, copy)
    shutil.copy(ROOT / "Pulumi.staging.yaml", copy)
    for name in ("cache_check", "pulumi_state"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "sitecustomize.py").write_text(LATER)
    wheels = ROOT / ".edge-router" / "wheels"
    if wheels.is_dir():
        shutil.copytree(wheels, copy / ".edge-router" / "wheels")
    here = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"}
    there = {**os.environ, "LC_ALL": "POSIX", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4294967295"}
    there["PYTHONPATH"] = str(tmp_path / "later")
    made = []
    for root, environment, umask in ((ROOT, here, 0o022), (copy, there, 0o077)):
        out = tmp_path / f"made-{umask}"
        command = [sys.executable, "-m", "release", str(out)]
        subprocess.run(command, cwd=root, env=environment, umask=umask, check=True, capture_output=True)
        made.append(files_of(out))
    first, second = made
    assert {name for name in {*first, *second} if first.get(name) != second.get(name)} == set()
    routers = {name for name in first if name.startswith("packages/router-prod-")}
    assert routers == {f"packages/router-prod-{one}.zip" for one in STRATEGIES if one != "tier"}
