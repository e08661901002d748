"""The sample application as a process, as the local deployment starts it and as its image does."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from demo.app.sessions import dynamodb_client
from tests.moto_server import moto_server

DEMO = Path(__file__).parents[2] / "demo"
DOCKERFILE = (DEMO / "Dockerfile").read_text()
IMAGE_COMMAND = json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[-1])


def uvicorn(arguments: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *arguments],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return reserved.getsockname()[1]


@pytest.fixture(scope="module")
def endpoint(no_account: None) -> Iterator[str]:
    """A DynamoDB engine behind a real port, holding the sessions table."""
    with moto_server() as url, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        client = dynamodb_client("eu-west-1")
        client.create_table(
            TableName="SessionsTable",
            KeySchema=[{"AttributeName": "token", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "token", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        client.close()
        yield url


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts uvicorn on a free port, waits until /health answers, gives the base URL."""
    processes: list[subprocess.Popen[str]] = []

    def start(arguments: list[str], folder: Path, **environment: str) -> str:
        port = free_port()
        processes.append(uvicorn([*arguments, "--port", str(port)], folder, environment))
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and processes[-1].poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{port}/health", timeout=1)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return f"http://127.0.0.1:{port}"
        processes[-1].kill()
        pytest.fail(f"the application did not start:\n{processes[-1].communicate()[0]}")

    yield start
    for process in processes:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.long
def test_both_versions_run_side_by_side_and_share_a_session(serve: Callable[..., str], endpoint: str):
    environment = {"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "eu-west-1"}
    first, second = (serve(["demo.app.main:app"], DEMO.parent, VERSION_CODE=code, **environment) for code in "12")
    page = httpx.get(f"{first}/")
    cookie = page.headers["set-cookie"].partition(";")[0]
    moved = httpx.get(f"{second}/api/whoami", headers={"cookie": cookie})
    assert (page.headers["x-app-version"], moved.headers["x-app-version"]) == ("1", "2")
    assert moved.headers["set-cookie"].startswith(cookie)
    assert (moved.json()["visits"], moved.json()["region"]) == (2, "eu-west-1")
    head = httpx.head(f"{second}/")
    assert (head.status_code, head.content, "content-length" in head.headers) == (200, b"", False)


@pytest.mark.long
def test_the_image_serves_from_the_files_it_copies(serve: Callable[..., str], endpoint: str, tmp_path: Path):
    shutil.copytree(DEMO / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    assert IMAGE_COMMAND[:2] == ["uvicorn", "app.main:app"]
    command = [word for word in IMAGE_COMMAND[1:] if word not in ("--port", "8000", "--host", "0.0.0.0")]
    url = serve(command, tmp_path, VERSION_CODE="2", AWS_ENDPOINT_URL_DYNAMODB=endpoint, AWS_REGION="eu-west-1")
    assert "<h1>Version 2.0</h1>" in httpx.get(f"{url}/").text
    assert httpx.get(f"{url}/static/logo.svg").status_code == 200


@pytest.mark.long
def test_the_echo_back_end_gets_the_body_unchanged(serve: Callable[..., str]):
    url = serve(["demo.echo:app"], DEMO.parent, NAME="acme", STATUS="201")
    body = bytes(range(256)) * 5000
    response = httpx.post(f"{url}/a/b?c", content=body)
    assert (response.status_code, response.json()["name"], response.json()["path"]) == (201, "acme", "/a/b")
    assert response.json()["body_sha256"] == hashlib.sha256(body).hexdigest()


@pytest.mark.long
@pytest.mark.parametrize(
    ("app", "name", "value", "line"),
    [
        ("demo.app.main:app", "VERSION_CODE", "3", 'VERSION_CODE is "3"; allowed: 1, 2\n'),
        ("demo.echo:app", "STATUS", "ok", 'STATUS is "ok"; a whole number from 200 to 599\n'),
    ],
)
def test_a_wrong_setting_ends_the_process_with_one_line(app: str, name: str, value: str, line: str):
    process = uvicorn([app], DEMO.parent, {name: value})
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, line)


def test_the_image_runs_as_nobody_in_particular_on_port_8000():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert IMAGE_COMMAND[IMAGE_COMMAND.index("--port") + 1] == "8000"
    assert IMAGE_COMMAND[IMAGE_COMMAND.index("--host") + 1] == "0.0.0.0"
    images = re.findall(r"^FROM (.*)$", DOCKERFILE, re.MULTILINE)
    assert images == ["public.ecr.aws/docker/library/python:3.13-slim"]


def test_the_image_installs_the_versions_that_were_tested_each_with_a_hash():
    pins = re.findall(r"^(\S+==\S+)( --hash=sha256:[0-9a-f]{64})+$", (DEMO / "requirements.txt").read_text(), re.M)
    lines = (DEMO / "requirements.txt").read_text().splitlines()
    tested = set(re.findall(r"^(\S+==\S+)", (DEMO.parent / "requirements-dev.txt").read_text(), re.MULTILINE))
    assert len(pins) == len(lines)
    assert {pin for pin, _ in pins} <= tested
    asked = {line for line in (DEMO / "requirements.in").read_text().splitlines() if line[:1].isalpha()}
    assert asked <= {pin.partition("==")[0] for pin, _ in pins}
