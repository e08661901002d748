"""`edge-router up`: deploy, serve, and deploy again whenever the stack's file changes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

from cli.output import progress
from cli.output.errors import OperationError, UsageError
from cli.output.failures import failure_of
from cli.output.streams import output
from cli.rollout.report import RolloutLines
from cli.stacks.exported_state import read_exported_state
from cli.stacks.load import PROJECT, STATE, open_stack, work_directory
from cli.up import report
from cli.up.addresses import status_served
from cli.up.local_backends import site_of
from cli.up.lock import hold_lock
from cli.up.request import UpRequest
from cli.up.serving_errors import told
from cli.up.state_functions import find_attached_functions
from simulator.deployment.deployment import LocalDeployment, Site
from simulator.deployment.rollouts import OnRollout
from simulator.lambda_edge import FunctionCode, OnLog, PackageError, read_names
from simulator.standin import StandInError, read_state, run_program, write_state

WATCH_SECONDS = 0.5
QUIET_SECONDS = 0.5
Working = Callable[[str], AbstractContextManager[None]]
STANDS_HERE = ("demo.hosts=false", "demo.tiers=false")
"""What a deployment to AWS leaves to the project demo/hosts runs on this machine, under the domains of the config."""
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _silently(_doing: str) -> AbstractContextManager[None]:
    """Nobody is watching."""
    return contextlib.nullcontext()


def _working(doing: str) -> AbstractContextManager[None]:
    return progress.working(doing, quiet_seconds=QUIET_SECONDS)


async def serve(request: UpRequest) -> None:
    """Serve until Ctrl-C (or SIGTERM, or the terminal is closed), then end all that was started."""
    await until_ended(_serve(request))


async def until_ended(work: Coroutine[Any, Any, object]) -> None:
    """Run it to its end, or cancel it at the first signal to end; what it then cleans up is waited for."""
    task = asyncio.create_task(work)
    for number in END_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _serve(request: UpRequest) -> None:
    seen = _modified(_watched(request))  # before the first deployment: a change during it counts
    async with serving(request, working=_working) as deployment:
        report.serving(request.stack, deployment.url, deployment.region_urls)
        await follow(request, deployment, seen)


async def follow(request: UpRequest, deployment: LocalDeployment, seen: Sequence[int] = ()) -> None:
    """Deploy every change of the stack's files, as long as somebody reads what is said.

    `seen` is when those that are deployed were changed.
    """
    files = _watched(request)
    deployed = list(seen) or _modified(files)
    while output.lost is None:
        await asyncio.sleep(WATCH_SECONDS)
        if (now := _modified(files)) != deployed:
            deployed = now
            await _deploy_change(request, deployment)


@contextlib.asynccontextmanager
async def serving(
    request: UpRequest,
    on_log: OnLog = report.log_line,
    on_rollout: OnRollout | None = None,
    working: Working = _silently,
) -> AsyncGenerator[LocalDeployment]:
    """The stack, up, with its status on a port of its own.

    `on_log` gets what the function writes, `on_rollout` what the rollout controller does; both are printed by default.
    `working` surrounds each step that takes time, and gets what is being done.
    """
    _refuse_early(request)
    with hold_lock(request.stack, request.port):
        async with _deployed(request, on_log, on_rollout, working) as deployment:
            yield deployment


@contextlib.asynccontextmanager
async def _deployed(
    request: UpRequest, on_log: OnLog, on_rollout: OnRollout | None, working: Working
) -> AsyncGenerator[LocalDeployment]:
    deployment = LocalDeployment(
        port=request.port,
        region_ports=request.ports_by_region(),
        dynamodb_url=request.dynamodb_url,
        on_log=on_log,
        console=report.edge_line,
        on_rollout=on_rollout or RolloutLines(),
        reconcile_seconds=request.reconcile_seconds,
    )
    async with AsyncExitStack() as ending:
        with working("starts the local DynamoDB"):
            await ending.enter_async_context(deployment)
        await deploy(request, deployment, working)
        deployment.dynamodb.call_counters.reset()  # what the program asked of tables that were not there yet
        async with status_served(request.stack, deployment, _notes(request)):
            yield deployment


def _refuse_early(request: UpRequest) -> None:
    """What cannot be read is told at once, and not after everything has been started for it."""
    request.mapped_origins()
    if request.package is not None:
        _refuse_package(request.package)
    if request.state is not None:
        _attached_functions(request, read_exported_state(request.state))
    else:
        open_stack(request.stack, request.overrides)


def _refuse_package(path: Path) -> None:
    try:
        read_names(path)
    except PackageError as error:
        raise UsageError(f"--package {error}") from error


def _notes(request: UpRequest) -> dict[str, object]:
    """What `edge-router explain` needs to know of how the stack was brought up."""
    return {"overrides": list(request.overrides), "state": str(request.state) if request.state else None}


async def deploy(request: UpRequest, deployment: LocalDeployment, working: Working = _silently) -> None:
    """Run the program (or read the state), write the state, and serve it."""
    origins = request.mapped_origins()
    if request.state is not None:
        state, site = read_exported_state(request.state), Site(origins=origins)
    else:
        state = await _updated(request, deployment.dynamodb.endpoint_url, working)
        site = site_of(open_stack(request.stack, request.overrides), origins, state, request.fail_percent)
    functions = _attached_functions(request, state)
    with working("starts tables, applications, functions and the edge"):
        await deployment.apply(state, site, functions, request.distribution)


def _attached_functions(request: UpRequest, state: Mapping[str, Any]) -> tuple[FunctionCode, ...]:
    base = request.state.parent if request.state is not None else PROJECT
    return find_attached_functions(state, base, request.package, request.distribution)


async def _updated(request: UpRequest, dynamodb_url: str, working: Working) -> dict[str, Any]:
    """The stack's state after an update, with its secrets; what is written has none, as `pulumi up` would leave it."""
    path = work_directory(request.stack) / STATE
    try:
        before = read_state(path) if path.exists() else None
    except StandInError as error:
        raise OperationError(f"{error}; it is this machine's own record: delete it to begin anew") from error
    with working(f"builds the package and runs the program of {request.stack}"):
        run = await asyncio.to_thread(
            run_program,
            request.stack,
            overrides=(*STANDS_HERE, *request.overrides),
            state=before,
            dynamodb_url=dynamodb_url,
        )
    write_state(path, run.state)
    report.deployed(run, is_brief=request.is_brief)
    return dict(run.state_with_secrets)


async def _deploy_change(request: UpRequest, deployment: LocalDeployment) -> None:
    """A change that does not work is told, whatever the file has become, and what was served goes on."""
    try:
        with told():
            await deploy(request, deployment, _working)
        report.deployed_change(request.stack)
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        report.not_deployed(failure.text)


def _watched(request: UpRequest) -> list[Path]:
    stack_files = [PROJECT / "Pulumi.yaml", PROJECT / f"Pulumi.{request.stack}.yaml"]
    own = [request.state] if request.state is not None else stack_files
    return own if request.origins_file is None else [*own, request.origins_file]


def _modified(files: list[Path]) -> list[int]:
    """When each was changed, in ns; 0 for one that is not there: an editor may be replacing it."""
    times: list[int] = []
    for file in files:
        try:
            times.append(file.stat().st_mtime_ns)
        except OSError:
            times.append(0)
    return times
