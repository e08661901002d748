"""Serve a stack on this machine, and deploy every change of its file."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import Any

from cli.output import progress
from cli.output.console import print_error
from cli.output.failures import classify
from cli.output.streams import output
from cli.rollout.report import RolloutLines
from cli.up import report
from cli.up.deploying import Source, Working, command_errors, deploy, no_progress, read_source
from cli.up.registry import hold_lock, serve_status
from cli.up.request import UpRequest
from simulator.deployment.deployment import LocalDeployment
from simulator.deployment.rollouts import OnRollout
from simulator.lambda_edge import OnLog

WATCH_SECONDS = 0.5
QUIET_SECONDS = 0.5
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _working(doing: str) -> AbstractContextManager[None]:
    return progress.working(doing, quiet_seconds=QUIET_SECONDS)


def run(request: UpRequest) -> None:
    """Serve until Ctrl-C, SIGTERM, or the end of the terminal."""
    with command_errors():
        asyncio.run(until_ended(_serve(request)))


async def until_ended(work: Coroutine[Any, Any, object]) -> None:
    """Run to the end, or cancel at the first signal and wait for the clean-up."""
    task = asyncio.create_task(work)
    for number in END_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _serve(request: UpRequest) -> None:
    seen = _modification_times(_watched_files(request))  # before the first deployment, to see a change during it
    on_log = report.print_line_or_start if request.is_like_aws else report.print_log_line
    async with serving(request, on_log, working=_working) as deployment:
        report.print_address(request.stack, deployment.url, deployment.region_urls)
        report.print_functions(has_tls=request.has_tls, cpu_share=request.cpu_share, cpu_limit=deployment.cpu_limit)
        await follow(request, deployment, seen)


async def follow(request: UpRequest, deployment: LocalDeployment, seen: Sequence[int] = ()) -> None:
    """Deploy every change of the stack's files, until the output is closed.

    `seen` has the modification times of the files that are deployed.
    """
    files = _watched_files(request)
    deployed = list(seen) or _modification_times(files)
    while output.lost is None:
        await asyncio.sleep(WATCH_SECONDS)
        if (now := _modification_times(files)) != deployed:
            deployed = now
            await _deploy_change(request, deployment)


@contextlib.asynccontextmanager
async def serving(
    request: UpRequest,
    on_log: OnLog = report.print_log_line,
    on_rollout: OnRollout | None = None,
    working: Working = no_progress,
) -> AsyncGenerator[LocalDeployment]:
    """Serve the stack, with its status port.

    `on_log` receives the functions' log lines and `on_rollout` the controller's changes; the default prints both.
    `working` shows the progress of slow steps.
    """
    source = read_source(request)
    with hold_lock(request.workspace, request.stack, request.port):
        async with _deploy(request, source, on_log, on_rollout, working) as deployment:
            yield deployment


@contextlib.asynccontextmanager
async def _deploy(
    request: UpRequest, source: Source, on_log: OnLog, on_rollout: OnRollout | None, working: Working
) -> AsyncGenerator[LocalDeployment]:
    deployment = LocalDeployment(
        port=request.port,
        region_ports=request.ports_by_region(),
        dynamodb_url=request.dynamodb_url,
        on_log=on_log,
        console=report.print_edge_error,
        on_rollout=on_rollout or RolloutLines(),
        reconcile_seconds=request.reconcile_seconds,
        has_tls=request.has_tls,
        cpu_share=request.share_of_core(),
    )
    async with AsyncExitStack() as ending:
        with working("starting the local DynamoDB"):
            await ending.enter_async_context(deployment)
        await deploy(request, deployment, working, source)
        deployment.dynamodb.call_counters.reset()  # the program has read tables before they existed
        async with serve_status(request.workspace, request.stack, deployment, _notes(request)):
            yield deployment


def _notes(request: UpRequest) -> dict[str, object]:
    """The options of `up` that other commands need."""
    return {
        "overrides": [str(one) for one in request.overrides],
        "state": str(request.state) if request.state else None,
    }


async def _deploy_change(request: UpRequest, deployment: LocalDeployment) -> None:
    """Deploy a change; if that fails, print the error and go on serving the last deployment."""
    try:
        with command_errors():
            await deploy(request, deployment, _working)
        report.print_deployed(request.stack)
    except Exception as error:
        failure = classify(error)
        if failure is None:
            raise
        print_error(failure.text, "not deployed")


def _watched_files(request: UpRequest) -> list[Path]:
    root = request.workspace.root
    stack_files = [root / "Pulumi.yaml", root / f"Pulumi.{request.stack}.yaml"]
    own = [request.state] if request.state is not None else stack_files
    return own if request.origins_file is None else [*own, request.origins_file]


def _modification_times(files: list[Path]) -> list[int]:
    """The modification times in ns; 0 for a missing file: an editor may be replacing it."""
    times: list[int] = []
    for file in files:
        try:
            times.append(file.stat().st_mtime_ns)
        except OSError:
            times.append(0)
    return times
