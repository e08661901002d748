"""`edge-router bundle`: one file, for its owner only, the same each time, without a server's packages."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.package.bytecode import NO_BYTECODE
from tests.cli.conftest import ROOT, Result

Run = Callable[..., Result]
SERVER_PACKAGES = ["uvicorn", "starlette", "fastapi", "httpx", "moto", "h11", "awslambdaric", "jinja2", "psutil"]


@pytest.mark.long
def test_the_package_is_written_for_its_owner_only(run: Run, tmp_path: Path):
    path = tmp_path / "router.zip"
    result = run("bundle", "--stack", "prod", "--out", str(path))
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert (result.exit_code, result.out) == (0, f"{path}: sticky-session, {len(content):,} bytes, sha256 {digest}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        assert {"router/handler.py", "strategies/sticky_session/__init__.py", "config.json"} <= set(archive.namelist())
        assert "strategies/jwt_iat/__init__.py" not in archive.namelist()


@pytest.mark.long
def test_an_older_package_that_others_could_read_is_replaced(run: Run, tmp_path: Path):
    path = tmp_path / "router.zip"
    path.write_text("older")
    path.chmod(0o644)
    run("bundle", "--stack", "prod", "--out", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert zipfile.is_zipfile(path)


def test_the_same_settings_give_the_same_bytes(run: Run, tmp_path: Path):
    reports = [
        run("bundle", "--stack", "prod", "--out", str(tmp_path / name), "--json", *settings).document
        for name, settings in [("a", ()), ("b", ()), ("c", ("--set", "logSalt=another"))]
    ]
    first, second, other = reports
    assert first == {
        "path": str(tmp_path / "a"),
        "sha256": hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest(),
        "bytes": (tmp_path / "a").stat().st_size,
        "strategy": "sticky-session",
        "nativePackages": [],
    }
    assert second["sha256"] == first["sha256"] != other["sha256"]


def test_a_folder_cannot_be_the_package(run: Run, tmp_path: Path):
    assert run("bundle", "--stack", "prod", "--out", str(tmp_path)) == Result(
        2, "", f"error: --out {tmp_path}: is a folder; name a file\n"
    )


@pytest.mark.parametrize("folder", ["file", "nowhere"])
def test_a_folder_that_does_not_exist_is_not_made(run: Run, tmp_path: Path, folder: str):
    (tmp_path / "file").write_text("")
    path = tmp_path / folder / "router.zip"
    assert run("bundle", "--stack", "prod", "--out", str(path)) == Result(
        2, "", f"error: --out {path}: must be a file in a folder that exists\n"
    )
    assert not (tmp_path / "nowhere").exists()


def test_a_place_that_cannot_be_written_to_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write_to_full_disk(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("cli.bundle.build.write_package", write_to_full_disk)
    path = tmp_path / "router.zip"
    assert run("bundle", "--stack", "prod", "--out", str(path)) == Result(
        1, "", f"error: --out {path}: cannot be written: No space left on device\n"
    )


def test_settings_that_do_not_work_end_it_before_anything_is_built(run: Run, tmp_path: Path):
    result = run("bundle", "--stack", "prod", "--out", str(tmp_path / "x"), "--set", "pin=both")
    assert result == Result(
        2,
        "",
        "error: 1 invalid setting:\n  edge-router:pin is 'both': allowed: canary, none, stable\n",
    )
    assert not (tmp_path / "x").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bundle", "--stack", "prod", "--out", "router.zip", "--set", "strategy=cookie-version"], ""),
        (["config", "check", "--stack", "prod"], ""),
        (
            ["explain", "event.json", "--stack", "prod", "--set", "pin=stable"],
            "prod: from the settings; no running stack was read\n",
        ),
    ],
)
def test_commands_without_a_server_do_without_its_packages(tree: Path, tmp_path: Path, arguments: list[str], told: str):
    (tmp_path / "event.json").write_text('{"Records": [{"cf": {"request": {}}}]}')
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({SERVER_PACKAGES}))\n"
        f"sys.path.insert(0, {str(tree)!r})\n"
        f"import shutil; shutil.copy({str(ROOT / 'Pulumi.prod.yaml')!r}, {str(tree)!r})\n"
        f"from cli.main import main; main({arguments})"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [line for line in ended.stderr.splitlines(keepends=True) if NO_BYTECODE not in line]
    assert (ended.returncode, "".join(lines)) == (0, told)


@pytest.mark.long
def test_a_command_that_needs_them_says_which(tmp_path: Path):
    script = (
        "import sys; sys.modules['httpx'] = None\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from cli.main import main; main(['up', '--port', '0'])"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        2,
        "error: this command needs the package httpx, which is not installed: pip install --editable '.[local]'\n",
    )
