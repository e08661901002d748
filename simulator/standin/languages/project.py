"""Runs a project in whatever language it is written, as the Pulumi CLI would, against the stand-in.

A gRPC server on loopback is what the program, its language host and its plugins connect to.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from simulator.standin.config.project_file import read_project
from simulator.standin.config.stack_config import StackConfig, read_stack_config
from simulator.standin.deployment import Deployment
from simulator.standin.languages.hosts import Program, run
from simulator.standin.languages.plugin import CHANNEL_OPTIONS, Plugin
from simulator.standin.languages.schemas import Loader, loader_service
from simulator.standin.languages.served_monitor import ServedMonitor
from simulator.standin.model.errors import ProgramError, StandInError
from simulator.standin.monitor import Engine
from simulator.standin.run import Run, begin, summarize_run, utc_now

_THREADS = 32
"""Calls at a time. A remote component's waits until all that its provider registers have been answered."""


def run_project(
    stack: str,
    *,
    project: Path,
    packages: Mapping[str, Path],
    overrides: Sequence[str] = (),
    state: Mapping[str, object] | None = None,
    preview: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> Run:
    """Run a stack's program in a process of its own and bring `state` up to it; nothing is written.

    `packages` are the folders of the plugins that construct its components. What a language compiles has to be compiled
    and its SDKs installed. Errors: StackConfigError (settings), ProgramError (program, provider or engine refuse),
    StandInError (something that the language needs is missing here).
    """
    root = project.resolve()
    config = read_stack_config(stack, project=root, overrides=overrides)
    runtime = read_project(root / "Pulumi.yaml").runtime
    work = begin(stack, config, state, preview=preview, packages=frozenset(packages), now=now)
    folders = {package: folder.resolve() for package, folder in packages.items()}
    with serve(work, root, config, folders) as server:
        failure = run(runtime, Program(root, stack, config, preview, server.address))
        if server.refusals:
            raise ProgramError(server.refusals[0])  # what a program says of it afterwards repeats it
        if errors := server.engine.errors or ([failure] if failure else []):
            raise ProgramError("\n".join(errors))
        try:
            work.finish()
        except StandInError as error:
            raise ProgramError(str(error)) from error
    return summarize_run(work, server.engine.warnings)


@dataclass(frozen=True)
class Server:
    """A running server: its address, what was logged, and what was refused: the first is why a program failed."""

    address: str
    engine: Engine
    refusals: list[str]


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
                    started[package] = plugins.enter_context(Plugin(packages[package], address, root))
                return started[package]

        monitor = ServedMonitor(deployment, root, config, plugin)
        monitor.address = address
        loader = Loader(packages, plugin)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(
            _servicer(resource_pb2_grpc.ResourceMonitorServicer, monitor, refusals), server
        )
        engine_pb2_grpc.add_EngineServicer_to_server(
            _servicer(engine_pb2_grpc.EngineServicer, engine, refusals), server
        )
        server.add_generic_rpc_handlers((loader_service(_answer_refusals(loader.GetSchema, refusals)),))
        server.start()
        try:
            yield Server(address, engine, refusals)
        finally:
            server.stop(grace=None).wait()


def _servicer(base: type, answers: object, refusals: list[str]) -> Any:
    """A gRPC service that asks `answers`; what that has no method for stays unimplemented."""
    names = [name for name in vars(base) if not name.startswith("_") and hasattr(answers, name)]
    methods = {name: staticmethod(_answer_refusals(getattr(answers, name), refusals)) for name in names}
    return type(base.__name__, (base,), methods)()


def _answer_refusals(call: Callable[[Any], Any], refusals: list[str]) -> Callable[[Any, grpc.ServicerContext], Any]:
    """Call and, where the stand-in refuses, answer with the reason."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(request)
        except (StandInError, ProgramError) as refused:
            refusals.append(str(refused))
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))

    return answer
