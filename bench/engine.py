"""The local DynamoDB that router and article both read: moto's server, with sessions, tenants and control in it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import boto3
from anyio.from_thread import start_blocking_portal

from simulator.dynamodb.engine import MotoProcess

SESSIONS = "bench-sessions"
TENANTS = "bench-tenants"
CONTROL = "bench-control"
NEVER = "9999999999"
CONTROL_ITEMS: list[dict[str, Any]] = [
    {
        "scope": {"S": "edge"},
        "item": {"S": "config"},
        "canaryPercent": {"N": "10"},
        "pin": {"S": "none"},
        "release": {"S": "2026-11"},
        "revision": {"S": "1a2b3c4d"},
    },
    {
        "scope": {"S": "edge"},
        "item": {"S": "rollout"},
        "state": {"S": "running"},
        "canaryPercent": {"N": "25"},
        "release": {"S": "2026-11"},
        "revision": {"N": "7"},
    },
]


@contextlib.contextmanager
def engine() -> Iterator[str]:
    """The URL of moto's server, without the simulator's front: both sides speak to the same engine."""
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    process = MotoProcess()
    with start_blocking_portal() as portal:
        url = portal.call(process.start)
        try:
            yield url
        finally:
            portal.call(process.stop)


def fill(url: str, sessions: int, tenants: int) -> None:
    """`token-0` … and `tenant-0` …: the more there are, the larger the tables that one decision reads from."""
    client = boto3.client(
        "dynamodb", region_name="us-east-1", endpoint_url=url, aws_access_key_id="bench", aws_secret_access_key="bench"
    )
    existing = client.list_tables()["TableNames"]
    for name, keys in (
        (SESSIONS, ["token"]),
        (TENANTS, ["tenantId", "accountId"]),
        (CONTROL, ["scope", "item"]),
    ):
        if name not in existing:
            client.create_table(
                TableName=name,
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                BillingMode="PAY_PER_REQUEST",
            )
    _write(client, CONTROL, CONTROL_ITEMS)
    _write(client, SESSIONS, [_session(number) for number in range(sessions)])
    _write(client, TENANTS, [_tenant(number) for number in range(tenants)])


def _session(number: int) -> dict[str, Any]:
    return {"token": {"S": f"token-{number}"}, "version": {"S": "2"}, "expiration": {"N": NEVER}}


def _tenant(number: int) -> dict[str, Any]:
    return {
        "tenantId": {"S": f"tenant-{number}"},
        "accountId": {"S": "1001"},
        "defaultBackend": {"S": "acme.tenants.example.com"},
    }


def _write(client: Any, table: str, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), 25):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        client.batch_write_item(RequestItems={table: requests})
