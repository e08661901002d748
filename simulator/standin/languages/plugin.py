"""A provider process that constructs components, started and spoken to as the engine does."""

from __future__ import annotations

import select
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import errors_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from simulator.standin.model.errors import StandInError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024
"""The limit that the engine and its SDKs set: a schema or a state may have more than gRPC's 4 MB."""
CHANNEL_OPTIONS = [("grpc.max_receive_message_length", _LARGEST_MESSAGE_BYTES)]


class Plugin:
    """The provider in `directory`, which has a PulumiPlugin.yaml and a `__main__.py`; a context manager.

    The language host for Python runs it in the folder of the program, with the engine's address as the only argument,
    and reads the port from the first line of its standard output. Errors: StandInError where it does not start, or
    refuses.
    """

    def __init__(self, directory: Path, engine: str, program: Path) -> None:
        if not (directory / "PulumiPlugin.yaml").is_file():
            raise StandInError(f"{directory} is not a plugin: it has no PulumiPlugin.yaml")
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, str(directory), engine],
            stdout=subprocess.PIPE,
            stderr=self._said,
            cwd=program,
        )
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self._port(directory)}", options=CHANNEL_OPTIONS)
        self._stub: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def schema(self) -> str:
        """Return the package's schema as JSON."""
        return self._stub.GetSchema(provider_pb2.GetSchemaRequest(version=0)).schema

    def configure(self, inputs: Any) -> None:
        """Give the provider its settings, a Struct."""
        self._stub.Configure(provider_pb2.ConfigureRequest(args=inputs, acceptSecrets=True, acceptResources=True))

    def construct(self, request: Any) -> Any:
        """Construct a component: its URN, its outputs and what they depend on."""
        try:
            return self._stub.Construct(request)
        except grpc.RpcError as error:
            message = _message(error)
            raise StandInError(f"{request.type} resource '{request.name}' has a problem: {message}") from None

    def close(self) -> None:
        """Ask the process to end, and end it."""
        with suppress(grpc.RpcError):  # it may have ended, or have nothing to cancel
            self._stub.Cancel(empty_pb2.Empty(), timeout=_STOP_SECONDS)
        self._channel.close()
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdout, self._said):
            if stream is not None:
                stream.close()

    def _port(self, directory: Path) -> int:
        """Wait for the line with the port. What a process says that ends before it is the error's text."""
        assert self._process.stdout is not None
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            if select.select([self._process.stdout], [], [], 0.1)[0]:
                line = self._process.stdout.readline().strip()
                if line.isdigit():
                    return int(line)
                break
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        self._stop()
        raise StandInError(f"the plugin in {directory} has not printed its port{f': {said}' if said else ''}")


def _message(error: Any) -> str:
    """Return the reason with each property at fault, as the engine words it, without the values."""
    lines = [str(error.details())]
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            found = errors_pb2.InputPropertiesError()
            if detail.Unpack(found):
                lines += [f"- property {one.property_path} has a problem: {one.reason}" for one in found.errors]
    return "\n".join(line for line in lines if line)
