"""AWS as moto has it, behind a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from moto.server import ThreadedMotoServer


@contextmanager
def moto_server() -> Iterator[str]:
    """Its URL, as long as this lasts; nothing of the account is left, which is one for all servers of a process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with ExitStack() as ending:
        ending.callback(server.stop)
        ending.callback(lambda: httpx.post(f"{url}/moto-api/reset", trust_env=False).raise_for_status())
        yield url


def use_aws_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let boto3 take this for AWS, with credentials, and ask once."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL": url,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)


def create_control_table(client: Any, name: str) -> None:
    """Create a control table as infra/data does, without items."""
    keys = {"scope": "HASH", "item": "RANGE"}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        BillingMode="PAY_PER_REQUEST",
    )
