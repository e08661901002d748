"""What a new host runs: checked by shells, run as far as it may be run here, and as small as EC2 wants it."""

from __future__ import annotations

import base64
import gzip
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from demo.hosts.settings import VERSIONS, session_environment
from demo.hosts.user_data import END_OF_FILE, MAX_USER_DATA_BYTES, encode, image_files, script
from strategies.sticky_session import Options
from tests.infra.configs import ROOT

DIGEST = "0123456789abcdef" * 4
SESSIONS = session_environment(Options(), "edge-router-staging")
ENVIRONMENT = {"VERSION_CODE": VERSIONS["canary"], **SESSIONS, "ORIGIN_SECRET_DIGEST": DIGEST}
SHELLCHECK = shutil.which("shellcheck")
NO_WAITING = 'sleep() { echo "waits $1"; }'


@pytest.fixture
def user_data(tmp_path: Path) -> Path:
    """As cloud-init has it after unpacking."""
    path = tmp_path / "user-data.sh"
    path.write_bytes(gzip.decompress(base64.b64decode(encode(script(image_files(), ENVIRONMENT)))))
    return path


def bash(user_data: Path, commands: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run commands with the script's functions at hand; sourced, it does nothing by itself."""
    text = f"source '{user_data}'\n{NO_WAITING}\n{commands}"
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=check)


def test_bash_understands_it(user_data: Path) -> None:
    subprocess.run(["bash", "-n", user_data], check=True)
    assert user_data.read_text().startswith("#!/bin/bash\n")


@pytest.mark.skipif(SHELLCHECK is None, reason="needs shellcheck on PATH")
def test_shellcheck_finds_nothing(user_data: Path) -> None:
    assert SHELLCHECK is not None
    done = subprocess.run([SHELLCHECK, user_data], capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_the_files_that_it_writes_are_those_of_the_demo_byte_for_byte(user_data: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    bash(user_data, f"write_files '{root}'")
    written = {
        path.relative_to(root / "image").as_posix(): path for path in (root / "image").rglob("*") if path.is_file()
    }
    demo = {name: ROOT / "demo" / name for name in ("Dockerfile", "requirements.txt")}
    demo |= {f"app/{path.relative_to(ROOT / 'demo/app').as_posix()}": path for path in (ROOT / "demo/app").rglob("*")}
    expected = {name: path for name, path in demo.items() if path.is_file() and "__pycache__" not in name}
    assert {"Dockerfile", "requirements.txt", "app/main.py", "app/static/style.css", "app/templates/page.html"} <= set(
        expected
    )
    assert {name: path.read_bytes() for name, path in written.items()} == {
        name: path.read_bytes() for name, path in expected.items()
    }


def test_the_image_gets_all_that_its_dockerfile_copies(user_data: Path) -> None:
    copied = [
        line.split()[1] for line in (ROOT / "demo/Dockerfile").read_text().splitlines() if line.startswith("COPY")
    ]
    assert copied == ["requirements.txt", "app"]
    assert {name.partition("/")[0] for name in image_files()} == {"Dockerfile", *copied}


def test_the_application_gets_the_stacks_own_settings(user_data: Path, tmp_path: Path) -> None:
    bash(user_data, f"write_files '{tmp_path}'")
    lines = (tmp_path / "environment").read_text().splitlines()
    assert lines == [
        "AWS_REGION=us-east-1",
        f"ORIGIN_SECRET_DIGEST={DIGEST}",
        "SESSIONS_TABLE=edge-router-staging-sessions",
        "SESSION_COOKIE=sessiontoken",
        "SESSION_EXPIRY_ATTRIBUTE=expiration",
        "SESSION_KEY_ATTRIBUTE=token",
        "SESSION_VERSION_ATTRIBUTE=version",
        "VERSION_CODE=2",
    ]


def test_it_fits_into_what_ec2_takes_with_room_for_more() -> None:
    size = len(base64.b64decode(encode(script(image_files(), ENVIRONMENT))))
    assert size < MAX_USER_DATA_BYTES - 2048


def test_it_is_the_same_text_for_the_same_application() -> None:
    """Another one would be another host."""
    files = image_files()
    backwards = dict(reversed(files.items()))
    assert encode(script(files, ENVIRONMENT)) == encode(script(backwards, dict(reversed(ENVIRONMENT.items()))))


def test_too_much_is_refused() -> None:
    noise = base64.b64encode(random.Random(1).randbytes(20_000)).decode() + "\n"
    with pytest.raises(ValueError, match=r"^the user data has 2\d,\d{3} bytes; EC2 takes 16,384$"):
        encode(script({"noise.txt": noise.encode()}, {}))


@pytest.mark.parametrize("content", [b"no end of line", b"\0\n", f"{END_OF_FILE}\n".encode()])
def test_a_file_that_would_not_come_out_as_it_is_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^app/odd cannot stand in a here-document: it has to be text that ends with"):
        script({"app/odd": content}, {})


def test_nothing_in_a_file_is_run_or_replaced(tmp_path: Path) -> None:
    odd = b"$HOME `touch never` $(touch never) \\ '\"'\n\n  EOF\n"
    path = tmp_path / "script.sh"
    path.write_text(script({"odd": odd}, {"NAME": "$(touch never)"}))
    bash(path, f"cd '{tmp_path}'; write_files here")
    assert (tmp_path / "here/image/odd").read_bytes() == odd
    assert (tmp_path / "here/environment").read_text() == "NAME=$(touch never)\n"
    assert not (tmp_path / "never").exists()


def test_what_the_internet_does_not_give_at_once_is_asked_for_again(user_data: Path) -> None:
    commands = 'tries=0; flaky() { tries=$((tries + 1)); (( tries == 3 )); }; retried flaky; echo "after $tries"'
    assert bash(user_data, commands).stdout.splitlines() == ["waits 10", "waits 20", "after 3"]


def test_what_never_comes_ends_the_script(user_data: Path) -> None:
    done = bash(user_data, "retried false; echo never", check=False)
    assert done.returncode == 1
    assert "never" not in done.stdout
    assert done.stderr.splitlines()[-1] == "attempt 6 failed: false"


def test_the_container_answers_on_the_hosts_port_and_comes_back(user_data: Path) -> None:
    done = bash(user_data, "docker() { printf '%s\\n' \"$*\"; }; run_application")
    build, run = done.stdout.splitlines()
    assert build == "build --tag sample-application /opt/sample-application/image"
    assert run == (
        "run --detach --name sample-application --restart always --publish 8080:8000"
        " --env-file /opt/sample-application/environment --read-only --cap-drop ALL --security-opt no-new-privileges"
        " --log-opt max-size=10m --log-opt max-file=3 sample-application"
    )
