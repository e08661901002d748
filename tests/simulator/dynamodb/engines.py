"""Starts an engine for a whole test run: moto's process, or DynamoDB Local where it is unpacked."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HOME_VARIABLE = "DYNAMODB_LOCAL_HOME"
MISSING = f"{HOME_VARIABLE} does not name a directory with DynamoDBLocal-*.jar (make dynamodb-local fetches it)"


def dynamodb_local_home() -> Path | None:
    """The directory with DynamoDB Local's jars and native libraries, if there is one."""
    home = Path(os.environ.get(HOME_VARIABLE, "/nonexistent")).resolve()
    return home if any(home.glob("DynamoDBLocal-*.jar")) and shutil.which("java") else None


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """moto's engine process, by URL."""
    command = [sys.executable, "-m", "simulator.dynamodb.moto_engine"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://{process.stdout.readline().strip()}"
        finally:
            process.kill()


@contextlib.contextmanager
def dynamodb_local(home: Path, *options: str) -> Iterator[str]:
    """DynamoDB Local in memory, by URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    main_class = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
    command = ["java", "-cp", f"{home}/*", main_class, "-inMemory", "-port", str(port), *options]
    environment = {**os.environ, "DDB_LOCAL_TELEMETRY": "0"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home
    ) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    """Wait for an answer: a connection is accepted some time before there are any."""
    end = time.monotonic() + 30
    while True:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            try:
                connection.request("GET", "/")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
            else:
                return
        time.sleep(0.1)
