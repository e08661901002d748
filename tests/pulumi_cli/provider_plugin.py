"""`pulumi-resource-aws` and `-random` for tests: the stand-in behind the interface that the real engine speaks."""

# ruff: noqa: N802  the names of Pulumi's gRPC services

from __future__ import annotations

import fcntl
import functools
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from simulator.standin.languages.schemas import aws_schema
from simulator.standin.model.errors import StandInError
from simulator.standin.model.model import Known
from simulator.standin.model.wire import from_struct, holds_unknown, reveal, to_struct
from simulator.standin.provider import StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.struct_pb2 import Struct

ACCOUNT_FILE = "STAND_IN_ACCOUNT_FILE"
"""The environment variable that names the file all provider processes of a deployment share."""
FAULTS_FILE = "STAND_IN_FAULTS_FILE"
"""The environment variable that names a file of faults: AWS's answers by `<operation> <name>`; "hang" is not an answer.

A fault under `once` happens once and is then taken out; one under `always` stays.
"""
_KINDS = {
    "add": provider_pb2.PropertyDiff.ADD,
    "delete": provider_pb2.PropertyDiff.DELETE,
    "update": provider_pb2.PropertyDiff.UPDATE,
}


class Account(dict[tuple[str, str], Known]):
    """The resources that exist, shared through a file: the engine starts one provider process per provider resource.

    The engine calls for several resources at a time, so one thread may look through it while another one changes it.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._threads = threading.RLock()
        path.touch()

    def items(self) -> Any:
        """Return a copy of all entries at this moment."""
        with self._threads:
            return list(super().items())

    def refresh(self) -> None:
        """Take over what other processes created or deleted; what is planned in a preview stays in this one."""
        with self._lock():
            self._load()

    def _load(self) -> None:
        stored = json.loads(self._path.read_text() or "[]")
        for token, identity, inputs, outputs in stored:
            super().__setitem__((token, identity), Known(inputs, outputs))
        there = {(token, identity) for token, identity, *_ in stored}
        for key in [key for key in self if key not in there and not key[1].startswith("planned ")]:
            super().__delitem__(key)

    def __setitem__(self, key: tuple[str, str], value: Known) -> None:
        with self._changing():
            super().__setitem__(key, value)

    def pop(self, key: tuple[str, str], default: Any = None) -> Any:
        with self._changing():
            return super().pop(key, default)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with self._threads, self._path.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock():
            self._load()
            yield
            kept = [
                [*key, known.inputs, known.outputs] for key, known in self.items() if not holds_unknown(known.outputs)
            ]
            self._path.write_text(json.dumps(kept))


class Faults:
    """What goes wrong, read anew at every operation: a test writes it between two runs of the engine."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def meet(self, operation: str, urn: str) -> None:
        """StandInError with what AWS would say; a fault that hangs does so until the process is ended."""
        message = self._next(f"{operation} {urn.rpartition('::')[2]}")
        if message == "hang":
            assert self._path is not None
            self._path.with_suffix(".hangs").touch()
            threading.Event().wait()
        if message:
            raise StandInError(message)

    def _next(self, key: str) -> str:
        if self._path is None or not self._path.is_file():
            return ""
        with self._path.with_suffix(".lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            faults = json.loads(self._path.read_text())
            if message := faults.get("once", {}).pop(key, ""):
                self._path.write_text(json.dumps(faults))
            return message or faults.get("always", {}).get(key, "")


def _plain(struct: Struct) -> dict[str, object]:
    return reveal(from_struct(struct))


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _refusing(call: Callable[..., Any]) -> Callable[..., Any]:
    """What the stand-in refuses reaches the engine as an error with its message, not as a stack trace."""

    @functools.wraps(call)
    def answer_call(self: ProviderPlugin, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(self, request)
        except StandInError as refused:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))

    return answer_call


class ProviderPlugin(provider_pb2_grpc.ResourceProviderServicer):
    """One provider process. Secrets arrive unwrapped: the engine marks outputs itself when it is told so."""

    def __init__(self, package: str, stop: threading.Event) -> None:
        self._package, self._version = package, version(f"pulumi-{package}")
        path = os.environ.get(ACCOUNT_FILE)
        self._account = Account(Path(path)) if path else None
        self._dynamodb_url = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "")
        self._stand_in = StandIn(existing=self._account, dynamodb_url=self._dynamodb_url)
        self._stop = stop
        faults = os.environ.get(FAULTS_FILE)
        self._faults = Faults(Path(faults) if faults else None)

    @_refusing
    def GetSchema(self, request: Any) -> Any:
        if self._package == "aws":
            return provider_pb2.GetSchemaResponse(schema=aws_schema(self._version))
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self._package, "version": self._version}))

    @_refusing
    def GetPluginInfo(self, request: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    @_refusing
    def CheckConfig(self, request: Any) -> Any:
        failures = self._stand_in.check_config(_plain(request.news), self._package)
        return _check_response(from_struct(request.news), failures)

    @_refusing
    def DiffConfig(self, request: Any) -> Any:
        same = _plain(request.old_inputs) == _plain(request.news)
        changes = provider_pb2.DiffResponse.DIFF_NONE if same else provider_pb2.DiffResponse.DIFF_SOME
        return provider_pb2.DiffResponse(changes=changes)

    @_refusing
    def Configure(self, request: Any) -> Any:
        existing = self._stand_in.scope.existing
        self._stand_in = StandIn.configure(_plain(request.args), existing, self._dynamodb_url)
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True, acceptResources=False)

    @_refusing
    def Check(self, request: Any) -> Any:
        if self._account is not None:
            self._account.refresh()
        return _check_response(*self._stand_in.check(_token(request.urn), request.urn, _plain(request.news)))

    @_refusing
    def Diff(self, request: Any) -> Any:
        token = _token(request.urn)
        before = Known(_plain(request.old_inputs), _plain(request.olds))
        self._stand_in.remember(token, request.id, before.inputs, before.outputs)
        difference = self._stand_in.diff(token, before, _plain(request.news), tuple(request.ignoreChanges), request.urn)
        detailed = {
            change.path: provider_pb2.PropertyDiff(
                kind=_KINDS[change.kind] + (1 if change.top in difference.replaces else 0), inputDiff=True
            )
            for change in difference.paths
        }
        some = provider_pb2.DiffResponse.DIFF_SOME if detailed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            replaces=difference.replaces,
            changes=some,
            diffs=sorted({change.top for change in difference.paths}),
            detailedDiff=detailed,
            hasDetailedDiff=True,
            deleteBeforeReplace=difference.deletes_first,
        )

    @_refusing
    def Create(self, request: Any) -> Any:
        inputs = _plain(request.properties)
        if not request.preview:
            self._faults.meet("create", request.urn)
        identity, outputs = self._stand_in.create(_token(request.urn), request.urn, inputs, preview=request.preview)
        return provider_pb2.CreateResponse(id=identity, properties=to_struct(outputs))

    @_refusing
    def Read(self, request: Any) -> Any:
        self._stand_in.remember(_token(request.urn), request.id, _plain(request.inputs), _plain(request.properties))
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    @_refusing
    def Update(self, request: Any) -> Any:
        before = Known(_plain(request.old_inputs), _plain(request.olds))
        if not request.preview:
            self._faults.meet("update", request.urn)
        outputs = self._stand_in.update(
            _token(request.urn), request.urn, request.id, before, _plain(request.news), preview=request.preview
        )
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    @_refusing
    def Delete(self, request: Any) -> Any:
        self._faults.meet("delete", request.urn)
        self._stand_in.delete(_token(request.urn), request.id, _plain(request.properties))
        return empty_pb2.Empty()

    @_refusing
    def Invoke(self, request: Any) -> Any:
        answer = self._stand_in.invoke(request.tok, _plain(request.args))
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer)})

    @_refusing
    def Cancel(self, request: Any) -> Any:
        self._stop.set()
        return empty_pb2.Empty()


def _check_response(inputs: dict[str, object], failures: list[Any]) -> Any:
    found = [provider_pb2.CheckFailure(property=failure.path, reason=failure.reason) for failure in failures]
    return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=found)


def main() -> None:
    """Serve on a free loopback port, print it, and end when the engine says so or goes away."""
    stop = threading.Event()
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderPlugin(sys.argv[1], stop), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop.wait()
    server.stop(grace=1)


if __name__ == "__main__":
    main()
