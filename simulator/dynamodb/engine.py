"""A DynamoDB engine that answers the API over HTTP: moto's in a process of its own, or one that is already there."""

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx

_START_TIMEOUT_SECONDS = 30.0


class EngineError(Exception):
    """The engine cannot be started or reached, or refused a call; the message says which and why."""


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """Status, body and the headers that belong to DynamoDB."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


class Engine:
    """Calls one engine for any Region, always with one key id: DynamoDB Local keeps tables per key id and Region."""

    def __init__(self, url: str) -> None:
        self.url = url
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=10.0, limits=limits)

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, region: str, operation: str, body: bytes) -> EngineAnswer:
        """One call as it is, whatever its answer. EngineError when there is no answer."""
        scope = f"edgerouter/20260101/{region}/dynamodb/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }
        try:
            answer = await self._client.post("/", content=body, headers=headers)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise EngineError(f"DynamoDB engine at {self.url}: {operation} in {region}: {reason}") from error
        kept = ("content-type", "x-amzn-requestid", "x-amz-crc32")
        pairs = tuple((name, answer.headers[name]) for name in kept if name in answer.headers)
        return EngineAnswer(answer.status_code, answer.content, pairs)

    async def call(self, region: str, operation: str, body: Mapping[str, object]) -> dict[str, object]:
        """One call that must succeed; EngineError with the engine's own type and message otherwise."""
        answer = await self.send(region, operation, json.dumps(body).encode())
        try:
            document = cast("dict[str, object]", json.loads(answer.body))
        except ValueError as error:
            text = answer.body[:200].decode("utf-8", "replace")
            raise EngineError(f"{operation} in {region}: {self.url} is not DynamoDB: {text!r}") from error
        if answer.status != 200:
            kind = error_kind(document)
            message = document.get("message") or document.get("Message") or ""
            raise EngineError(f"{operation} in {region}: {kind}: {message}")
        return document

    async def has_shared_tables(self) -> bool:
        """True where a table of one Region exists in every other (DynamoDB Local's -sharedDb)."""
        name = f"edge-router-probe-{uuid.uuid4().hex}"
        key = {"AttributeName": "k"}
        await self.call(
            "us-east-1",
            "CreateTable",
            {
                "TableName": name,
                "KeySchema": [key | {"KeyType": "HASH"}],
                "AttributeDefinitions": [key | {"AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        try:
            answer = await self.send("eu-west-1", "DescribeTable", json.dumps({"TableName": name}).encode())
            return answer.status == 200
        finally:
            await self.call("us-east-1", "DeleteTable", {"TableName": name})


def error_kind(document: Mapping[str, object]) -> str:
    """`ResourceNotFoundException` of `com.amazonaws…#ResourceNotFoundException`."""
    return str(document.get("__type", "UnknownError")).rpartition("#")[2]


class MotoProcess:
    """moto's DynamoDB in a process of its own, so that its CPU time is nobody else's. It ends with this process."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> str:
        """Its URL, once it answers. EngineError with what it printed otherwise."""
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.getenv("PYTHONPATH"))))}
        with tempfile.TemporaryFile() as printed:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "simulator.dynamodb.moto_engine"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=printed,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal must not end it before its time
            )
            line = await self._first_line(self._process)
            if not line:
                await self.stop()
                printed.seek(0)
                raise EngineError(f"moto's DynamoDB did not start: {printed.read().decode(errors='replace').strip()}")
        return f"http://{line}"

    async def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.returncode is None:
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()

    async def _first_line(self, process: asyncio.subprocess.Process) -> str:
        if process.stdout is None:
            return ""
        try:
            return (await asyncio.wait_for(process.stdout.readline(), _START_TIMEOUT_SECONDS)).decode().strip()
        except TimeoutError:
            return ""
