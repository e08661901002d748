"""Native wheels for Lambda that this machine cannot load are replaced by this machine's builds."""

import sys
import zipfile
from pathlib import Path

import pytest

from simulator.deployment.substitutes import substitute, this_machine
from simulator.lambda_edge import PackageError

OTHER_PYTHON = 13 if sys.version_info.minor != 13 else 12
FOREIGN = f"cpython-3{OTHER_PYTHON}-x86_64-linux-gnu.so"


def package(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path / "package.zip", "w") as archive:
        for name in ("router/handler.py", *names):
            archive.writestr(name, b"")
    return path / "package.zip"


def test_a_module_for_another_python_is_replaced_by_the_installed_one_and_what_it_requires(tmp_path: Path):
    target = tmp_path / "substitutes"
    found = substitute(package(tmp_path, f"cryptography/hazmat/_rust.{FOREIGN}", f"_cffi_backend.{FOREIGN}"), target)
    assert found == ["cffi", "cryptography"]
    assert (target / "cryptography" / "__init__.py").is_file()
    assert list(target.glob("_cffi_backend*.so"))


def test_a_package_of_pure_python_needs_none(tmp_path: Path):
    assert substitute(package(tmp_path, "jwt/__init__.py"), tmp_path / "substitutes") == []
    assert not (tmp_path / "substitutes").exists()


def test_shared_libraries_beside_a_module_are_no_modules(tmp_path: Path):
    assert substitute(package(tmp_path, "x.libs/libssl.so"), tmp_path / "substitutes") == []


def test_a_module_that_is_not_installed_here_is_named(tmp_path: Path):
    with pytest.raises(PackageError) as failed:
        substitute(package(tmp_path, f"made_up/_native.{FOREIGN}"), tmp_path / "substitutes")
    assert str(failed.value) == "package.zip: made_up is built for another platform and is not installed here"


def test_this_machine_is_named_with_its_python():
    assert this_machine().startswith(f"CPython 3.{sys.version_info.minor}.")
