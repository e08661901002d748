"""`edge-router up`: deploy, serve, and deploy again whenever the stack's file changes."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Coroutine, Sequence
from pathlib import Path
from typing import Any

from operations import report
from operations.addresses import status_served
from operations.errors import EXIT_CODES, OperationError
from operations.rollout_report import RolloutLines
from operations.serving_errors import told
from operations.site import site_of
from operations.stack import PROJECT, STATE, open_stack, work_directory
from operations.up_lock import hold_lock
from operations.up_request import UpRequest
from simulator.deployment.deployment import LocalDeployment, Site
from simulator.deployment.rollouts import OnRollout
from simulator.lambda_edge import OnLog, functions_from_state
from simulator.standin import StandInError, read_state, run_program, write_state

WATCH_SECONDS = 0.5
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    async with serving(request) as deployment:
        report.serving(request.stack, deployment.url, deployment.region_urls)
        await follow(request, deployment, seen)


async def follow(request: UpRequest, deployment: LocalDeployment, seen: Sequence[int] = ()) -> None:
    """Deploy every change of the stack's files, for ever. `seen` is when those that are deployed were changed."""
    files = _watched(request)
    deployed = list(seen) or _modified(files)
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if (now := _modified(files)) != deployed:
            deployed = now
            await _deploy_change(request, deployment)


@contextlib.asynccontextmanager
async def serving(
    request: UpRequest, on_log: OnLog = report.log_line, on_rollout: OnRollout | None = None
) -> AsyncGenerator[LocalDeployment]:
    """The stack, up, with its status on a port of its own.

    `on_log` gets what the function writes, `on_rollout` what the rollout controller does; both are printed by default.
    """
    with hold_lock(request.stack, request.port):
        async with _deployed(request, on_log, on_rollout) as deployment:
            yield deployment


@contextlib.asynccontextmanager
async def _deployed(request: UpRequest, on_log: OnLog, on_rollout: OnRollout | None) -> AsyncGenerator[LocalDeployment]:
    deployment = LocalDeployment(
        port=request.port,
        region_ports=request.ports_by_region(),
        dynamodb_url=request.dynamodb_url,
        on_log=on_log,
        console=report.edge_line,
        on_rollout=on_rollout or RolloutLines(),
        reconcile_seconds=request.reconcile_seconds,
    )
    async with deployment:
        await deploy(request, deployment)
        async with status_served(request.stack, deployment, _notes(request)):
            yield deployment


def _notes(request: UpRequest) -> dict[str, object]:
    """What `edge-router explain` needs to know of how the stack was brought up."""
    return {"overrides": list(request.overrides), "state": str(request.state) if request.state else None}


async def deploy(request: UpRequest, deployment: LocalDeployment) -> None:
    """Run the program (or read the state), write the state, and serve it."""
    origins = request.mapped_origins()
    if request.state is not None:
        state, site = read_state(request.state), Site(origins=origins)
    else:
        state = await _updated(request, deployment.dynamodb.endpoint_url)
        site = site_of(open_stack(request.stack, request.overrides), origins, state, request.fail_percent)
    base = request.state.parent if request.state is not None else PROJECT
    await deployment.apply(state, site, functions_from_state(state, base, request.package))


async def _updated(request: UpRequest, dynamodb_url: str) -> dict[str, Any]:
    """The stack's state after an update, with its secrets; what is written has none, as `pulumi up` would leave it."""
    path = work_directory(request.stack) / STATE
    try:
        before = read_state(path) if path.exists() else None
    except StandInError as error:
        raise OperationError(f"{error}; it is this machine's own record: delete it to begin anew") from error
    run = await asyncio.to_thread(
        run_program, request.stack, overrides=request.overrides, state=before, dynamodb_url=dynamodb_url
    )
    write_state(path, run.state)
    report.deployed(run, is_brief=request.is_brief)
    return dict(run.state_with_secrets)


async def _deploy_change(request: UpRequest, deployment: LocalDeployment) -> None:
    """A change that does not work is told, and what was served goes on."""
    try:
        with told():
            await deploy(request, deployment)
        report.deployed_change(request.stack)
    except tuple(EXIT_CODES) as error:
        report.not_deployed(error)


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
