"""Presets against items that the real libraries write, into moto's DynamoDB.

The libraries are not dependencies of the project: `make apps` installs them. FRAMEWORKS_PYTHON is the Python that has
those of requirements-apps.txt, FRAMEWORKS_NODE the folder whose node_modules have those for Node.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from router.model.request import Request
from strategies.sticky_session import Options, StickySession
from strategies.sticky_session.presets import preset_options
from tests.moto_server import moto_server
from tests.strategies.fakes import Assigned, FakeTable, Item, make_edge

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def endpoint() -> Iterator[str]:
    """A server without tables."""
    with moto_server() as url:
        yield url


def run(command: list[str], endpoint: str, **environment: str) -> str:
    """Have a library write one session; the value of its cookie."""
    done = subprocess.run(
        command,
        env={**os.environ, **AWS, "AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python(package: str) -> str:
    """The Python that has the package; skips where there is none."""
    executable = os.environ.get("FRAMEWORKS_PYTHON", "")
    if not executable:
        pytest.skip("FRAMEWORKS_PYTHON is not set")
    if subprocess.run([executable, "-c", f"import {package}"], capture_output=True, check=False).returncode:
        pytest.skip(f"FRAMEWORKS_PYTHON has no {package}")
    return executable


def node_folder() -> str:
    folder = os.environ.get("FRAMEWORKS_NODE", "")
    if not folder or shutil.which("node") is None:
        pytest.skip("FRAMEWORKS_NODE is not set, or there is no node")
    if not Path(folder, "node_modules", "connect-dynamodb").is_dir():
        pytest.skip("FRAMEWORKS_NODE has no connect-dynamodb")
    return folder


def items(endpoint: str, table: str) -> list[Item]:
    """All of them as DynamoDB's JSON protocol has them."""
    client: Any = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    as_json: list[Item] = []
    client.meta.events.register(
        "after-call.dynamodb.Scan",
        lambda http_response, **_: as_json.extend(json.loads(http_response.content)["Items"]),
    )
    client.scan(TableName=table)
    return as_json


def decide(preset: str, cookie_value: str, found: list[Item], **given: Any) -> tuple[str, str]:
    options = Options(**preset_options({"preset": preset, **given}))
    [item] = found
    table = FakeTable({(str(item[options.key_attribute]["S"]),): item})
    clock = float(str(item.get(options.expiry_attribute, {}).get("N", "0"))) - 60
    strategy = Assigned(StickySession(options, make_edge(table=table, clock=lambda: clock)), 0)
    decision = strategy.choose(Request(headers={"cookie": f"{options.cookie}={cookie_value}"}))
    return str(decision.origin), decision.reason


@pytest.mark.parametrize("serialization", ["msgpack", "json"])
def test_a_session_of_flask(endpoint: str, serialization: str) -> None:
    command = [python("flask_session"), str(HERE / "write_flask.py")]
    value = run(command, endpoint, SERIALIZATION=serialization)
    assert decide("flask-session", value, items(endpoint, "Sessions")) == ("canary", "session")


def test_a_session_of_django(endpoint: str) -> None:
    value = run([python("dynamodb_sessions"), str(HERE / "write_django.py")], endpoint, BACKEND="dynamodb_sessions")
    assert decide("django", value, items(endpoint, "sessions")) == ("canary", "session")


def test_a_session_of_django_by_dysession(endpoint: str) -> None:
    value = run([python("dysession"), str(HERE / "write_django.py")], endpoint, BACKEND="dysession")
    assert decide("django", value, items(endpoint, "sessions"), key_attribute="PK") == ("canary", "session")


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        ((), ("canary", "session")),
        (("next", "keyboard cat"), ("canary", "session")),
        (("another",), ("stable", "forged-session")),
    ],
)
def test_a_session_of_express(endpoint: str, secrets: tuple[str, ...], expected: tuple[str, str]) -> None:
    value = run(["node", str(HERE / "write_express.cjs"), node_folder()], endpoint)
    assert decide("express", value, items(endpoint, "sessions"), cookie_secrets=secrets) == expected
