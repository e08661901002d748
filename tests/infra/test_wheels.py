"""Wheels for Lambda's Linux: pinned, hashed, cached, and a clear message where they cannot be had."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.package.wheels import LOCK_FILE, Wheel, WheelError, read_lock, wheels_for

UNREACHABLE = "http://127.0.0.1:9/simple"  # the discard port: nobody listens


def make_wheel(directory: Path, name: str) -> Path:
    path = directory / name
    with ZipFile(path, "w") as archive:
        for file in (
            "pkg/__init__.py",
            "pkg/core.pyi",
            "pkg/tests/test_x.py",
            "pkg/py.typed",
            "pkg-1.dist-info/RECORD",
        ):
            archive.writestr(file, b"#")
    return path


def make_lock(directory: Path, **hashes: str) -> Path:
    """A lock of `one` and of `two`, which `one` wants."""
    path = directory / "lock.txt"
    one = f"one==1.0 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{hashes['one']}\n    # via -r one.in\n"
    two = f"two==2.0 \\\n    --hash=sha256:{hashes['two']}\n    # via one\n"
    path.write_text(one + two)
    return path


def test_the_lock_pins_with_hashes_and_names_no_index() -> None:
    pins = read_lock()
    assert {name: pin.required_by for name, pin in pins.items()} == {
        "cffi": {"cryptography"},
        "cryptography": frozenset(),
        "pycparser": {"cffi"},
    }
    assert all(pin.hashes for pin in pins.values())
    text = LOCK_FILE.read_text()
    assert not re.search(r"https?:|--index|--extra-index|--find-links", text)
    assert text.count("==") == len(pins)


def test_dependencies_come_along_and_the_cache_is_trusted_by_hash(tmp_path: Path) -> None:
    one = make_wheel(tmp_path, "one-1.0-py3-none-any.whl")
    two = make_wheel(tmp_path, "two-2.0-cp313-cp313-manylinux_2_28_x86_64.whl")
    digests = {name: sha256(path.read_bytes()).hexdigest() for name, path in (("one", one), ("two", two))}
    lock = make_lock(tmp_path, **digests)
    wheels = wheels_for(["one"], tmp_path, lock)
    assert wheels == [Wheel("one", one), Wheel("two", two)]
    assert [wheel.is_native for wheel in wheels] == [False, True]
    assert wheels_for(["two"], tmp_path, lock) == [Wheel("two", two)]


def test_a_cached_file_for_another_machine_is_not_used(tmp_path: Path) -> None:
    """A lock has the hashes of a version's wheels for every machine."""
    intel = make_wheel(tmp_path, "two-2.0-cp313-cp313-manylinux_2_28_x86_64.whl")
    arm = make_wheel(tmp_path, "two-2.0-cp313-cp313-manylinux_2_28_aarch64.whl")
    digest = sha256(intel.read_bytes()).hexdigest()
    assert digest == sha256(arm.read_bytes()).hexdigest()
    lock = make_lock(tmp_path, one="1" * 64, two=digest)
    found = {name: wheels_for(["two"], tmp_path, lock, name) for name in ("x86_64", "arm64")}
    assert found == {"x86_64": [Wheel("two", intel)], "arm64": [Wheel("two", arm)]}


@pytest.mark.long
def test_a_cached_file_with_another_hash_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    make_wheel(tmp_path, "two-2.0-py3-none-any.whl")
    with pytest.raises(WheelError, match=r"two 2\.0"):
        wheels_for(["two"], tmp_path, make_lock(tmp_path, one="1" * 64, two="2" * 64))


def test_only_what_runs_is_taken_out_of_a_wheel(tmp_path: Path) -> None:
    wheel = Wheel("one", make_wheel(tmp_path, "one-1.0-py3-none-any.whl"))
    assert list(wheel.files()) == [("pkg/__init__.py", b"#")]


@pytest.mark.long
def test_an_impossible_download_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", UNREACHABLE)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    version = read_lock()["pycparser"].version
    with pytest.raises(WheelError) as caught:
        wheels_for(["pycparser"], tmp_path)
    first, reason, advice = str(caught.value).splitlines()
    assert first == f"third-party packages cannot be downloaded for Lambda: pycparser {version}"
    assert reason == f"  ERROR: No matching distribution found for pycparser=={version}"
    assert advice == (
        "  They are needed once and then kept in .edge-router/wheels. Check the network and pip's index settings"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_is_not_in_the_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(WheelError) as caught:
        wheels_for(["cryptography", "requests"], tmp_path)
    assert str(caught.value) == "requests: not in requirements-edge.txt; add it to requirements-edge.in and compile"
