"""The gRPC server on loopback that a program, its language host and its plugins connect to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc
from pulumi.runtime.proto.codegen import loader_pb2

from simulator.standin.config.stack_config import StackConfig
from simulator.standin.deployment import Deployment
from simulator.standin.languages.aws_schema import aws_schema
from simulator.standin.languages.plugin import CHANNEL_OPTIONS, Plugin
from simulator.standin.languages.served_monitor import ServedMonitor
from simulator.standin.model.errors import ProgramError, StandInError
from simulator.standin.monitor import Engine

_THREADS = 32
"""Calls at a time. A remote component's waits until all that its provider registers have been answered."""


@dataclass(frozen=True)
class Server:
    """What a running server listens to, what was logged, and what was refused: the first is why a program failed."""

    address: str
    engine: Engine
    refusals: list[str]


class _Loader:
    """Hands out schemas, which the language host of YAML types its programs with."""

    def __init__(self, packages: Mapping[str, Path], plugin: Callable[[str], Plugin]) -> None:
        self._packages, self._plugin = packages, plugin

    def GetSchema(self, request: Any) -> Any:  # noqa: N802  the name in Pulumi's service
        """Return a package's schema: the plugin's own, or one of what the stand-in models."""
        if request.package in self._packages:
            return loader_pb2.GetSchemaResponse(schema=self._plugin(request.package).schema().encode())
        if request.package != "aws":
            raise StandInError(f"there is no schema of the package {request.package}")
        return loader_pb2.GetSchemaResponse(schema=aws_schema(request.version).encode())


@contextmanager
def serve(deployment: Deployment, root: Path, config: StackConfig, packages: Mapping[str, Path]) -> Generator[Server]:
    """Serve a deployment to the program in `root`, with the plugins that its components come from, by package.

    A plugin is started when it is first needed, and is ended with the server.
    """
    refusals: list[str] = []
    engine = Engine()
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=CHANNEL_OPTIONS)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    with ExitStack() as plugins:
        started: dict[str, Plugin] = {}
        starting = threading.Lock()

        def plugin(package: str) -> Plugin:
            with starting:
                if package not in started:
                    started[package] = plugins.enter_context(Plugin(packages[package], address))
                return started[package]

        monitor = ServedMonitor(deployment, root, config, plugin)
        monitor.address = address
        loader = _Loader(packages, plugin)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(
            _servicer(resource_pb2_grpc.ResourceMonitorServicer, monitor, refusals), server
        )
        engine_pb2_grpc.add_EngineServicer_to_server(
            _servicer(engine_pb2_grpc.EngineServicer, engine, refusals), server
        )
        server.add_generic_rpc_handlers((_loader_service(loader, refusals),))
        server.start()
        try:
            yield Server(address, engine, refusals)
        finally:
            server.stop(grace=None).wait()


def _servicer(base: type, answers: object, refusals: list[str]) -> Any:
    """A gRPC service that asks `answers`; what that has no method for stays unimplemented."""
    names = [name for name in vars(base) if not name.startswith("_") and hasattr(answers, name)]
    methods = {name: staticmethod(_answered(getattr(answers, name), refusals)) for name in names}
    return type(base.__name__, (base,), methods)()


def _loader_service(loader: _Loader, refusals: list[str]) -> grpc.GenericRpcHandler:
    """The service for schemas, whose own module in the SDK cannot be imported (it looks for pulumi.codegen)."""
    method = grpc.unary_unary_rpc_method_handler(
        _answered(loader.GetSchema, refusals),
        request_deserializer=loader_pb2.GetSchemaRequest.FromString,
        response_serializer=loader_pb2.GetSchemaResponse.SerializeToString,
    )
    return grpc.method_handlers_generic_handler("codegen.Loader", {"GetSchema": method})


def _answered(call: Callable[[Any], Any], refusals: list[str]) -> Callable[[Any, grpc.ServicerContext], Any]:
    """Call and, where the stand-in refuses, answer with the reason."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(request)
        except (StandInError, ProgramError) as refused:
            refusals.append(str(refused))
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))

    return answer
