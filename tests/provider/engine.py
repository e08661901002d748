"""An engine for one provider: its monitor is the stand-in's, and the provider is asked over gRPC, as Pulumi asks it."""

# ruff: noqa: N802  the names of Pulumi's gRPC services

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    errors_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
    status_pb2,
)

from provider.server import start
from simulator.standin.deployment import Deployment
from simulator.standin.model.wire import to_struct
from simulator.standin.monitor import Engine, Monitor

PROJECT, STACK = "shop", "dev"
ROOT_URN = f"urn:pulumi:{STACK}::{PROJECT}::pulumi:pulumi:Stack::{PROJECT}-{STACK}"
NOW = "2026-11-28T12:00:00Z"


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The stand-in's monitor, behind gRPC."""

    def __init__(self, deployment: Deployment, root: Path) -> None:
        monitor = Monitor(deployment, root)
        self._monitor, self._deployment = monitor, deployment
        for name in ("GetDeploymentInfo", "SupportsFeature", "RegisterResource", "RegisterResourceOutputs"):
            setattr(self, name, _without_context(getattr(monitor, name)))

    def Invoke(self, request: Any, context: Any) -> Any:
        """Answer for the engine itself where the SDK asks it for a resource, such as a provider of the caller's."""
        if request.tok != "pulumi:pulumi:getResource":
            return self._monitor.Invoke(request)
        urn = request.args.fields["urn"].string_value
        found = {"urn": urn, "id": self._deployment.resources[urn]["id"], "state": {}}
        return resource_pb2.ResourceInvokeResponse(**{"return": to_struct(found)})


def _without_context(answer: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda request, _context: answer(request)


class _Engine(engine_pb2_grpc.EngineServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Log(self, request: Any, context: Any) -> Any:
        return self._engine.Log(request)


@dataclass
class RefusedError(Exception):
    """What the engine prints of a refused Construct: the message, and the reasons by property."""

    message: str
    properties: Mapping[str, str]


@dataclass
class Provider:
    """A running provider, and where its engine is."""

    stub: provider_pb2_grpc.ResourceProviderStub
    root: Path
    log: Engine

    def construct(
        self,
        inputs: Struct | Mapping[str, Any],
        *,
        name: str = "edge",
        deployment: Deployment | None = None,
        **request: Any,
    ) -> provider_pb2.ConstructResponse:
        """Ask for a component, an EdgeRouter unless `request` says otherwise; RefusedError where it is."""
        deployment = deployment or new_deployment()
        with _serve(lambda server: _add_monitor(server, deployment, self.root)) as address:
            asked = {"type": "edge-router:index:EdgeRouter", "parent": ROOT_URN, **request}
            try:
                answer = self.stub.Construct(
                    provider_pb2.ConstructRequest(
                        project=PROJECT,
                        stack=STACK,
                        dryRun=deployment.is_preview,
                        monitorEndpoint=address,
                        name=name,
                        inputs=inputs if isinstance(inputs, Struct) else to_struct(inputs),
                        **asked,
                    )
                )
            except grpc.RpcError as error:
                raise _read_refusal(error) from None
            assert self.log.errors == []
            return answer


def new_deployment(*, preview: bool = False) -> Deployment:
    return Deployment(STACK, PROJECT, {}, {"region": "us-east-1"}, NOW, is_preview=preview)


@contextmanager
def running_provider(root: Path) -> Iterator[Provider]:
    """Run the provider on a loop of its own; `root` is where the program of its caller is."""
    loop, log = asyncio.new_event_loop(), Engine()
    thread = threading.Thread(target=loop.run_forever, name="provider")
    thread.start()
    with _serve(lambda server: engine_pb2_grpc.add_EngineServicer_to_server(_Engine(log), server)) as engine:
        server, port = asyncio.run_coroutine_threadsafe(start(engine), loop).result()
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Provider(provider_pb2_grpc.ResourceProviderStub(channel), root, log)
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(None), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


@contextmanager
def _serve(add: Callable[[grpc.Server], None]) -> Iterator[str]:
    """Serve what `add` adds; the address."""
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def _add_monitor(server: grpc.Server, deployment: Deployment, root: Path) -> None:
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(_Monitor(deployment, root), server)


def _read_refusal(error: Any) -> RefusedError:
    """Read the error as the engine does (rpcerror of its SDK)."""
    found: dict[str, str] = {}
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                properties = errors_pb2.InputPropertiesError()
                detail.Unpack(properties)
                found |= {one.property_path: one.reason for one in properties.errors}
    return RefusedError(error.details(), found)
