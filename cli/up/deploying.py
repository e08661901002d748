"""One deployment to the local edge: read the config or the state once, update, and apply."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.output.errors import OperationError, UsageError
from cli.stacks.exported_state import read_exported_state
from cli.stacks.workspace import STATE, load
from cli.up import report
from cli.up.local_backends import local_backends
from cli.up.request import UpRequest
from infra.naming.edge_functions import HANDLER
from infra.settings.stack import WITHOUT_DEMO, Stack
from simulator.cloudfront import Distribution, OriginMapError, PortInUseError, StateError, UnknownRegionError
from simulator.deployment.applications import ApplicationError
from simulator.deployment.deployment import LocalDeployment, Site
from simulator.deployment.rollouts import ScheduleError
from simulator.dynamodb import EngineError, TableConflictError, TableStateError
from simulator.lambda_edge import (
    FunctionCode,
    FunctionStateError,
    PackageError,
    functions_from_state,
    read_names,
)
from simulator.standin.config.stack_config import StackConfig
from simulator.standin.model.errors import StandInError
from simulator.standin.program import run_program
from simulator.standin.state import read_state, write_state

USAGE_ERRORS = (FunctionStateError, OriginMapError, ScheduleError, StateError, TableStateError, UnknownRegionError)
OPERATION_ERRORS = (ApplicationError, EngineError, PackageError, PortInUseError, TableConflictError)
TIMEOUT_SECONDS = 30
MEMORY_MB = 128
"""For a function of which the state has the ARN only: CloudFront's longest timeout of an origin event, and Lambda's
default memory."""
Working = Callable[[str], AbstractContextManager[None]]


def no_progress(_doing: str) -> AbstractContextManager[None]:
    """Show no progress."""
    return contextlib.nullcontext()


@contextlib.contextmanager
def command_errors() -> Generator[None]:
    """Raise errors of the local deployment as UsageError or OperationError."""
    try:
        yield
    except USAGE_ERRORS as error:
        raise UsageError(str(error)) from error
    except OPERATION_ERRORS as error:
        raise OperationError(str(error)) from error


@dataclass(frozen=True)
class Source:
    """The input of one deployment: an exported state, or a stack with its config; and the addresses of origins."""

    origins: Mapping[str, str]
    state: dict[str, Any] | None = None
    config: StackConfig | None = None
    stack: Stack | None = None


def read_source(request: UpRequest) -> Source:
    """Read and check the input of a deployment, before anything is started. UsageError and errors of the config."""
    origins = request.mapped_origins()
    if request.package is not None:
        try:
            read_names(request.package)
        except PackageError as error:
            raise UsageError(f"--package {error}") from error
    if request.state is not None:
        state = read_exported_state(request.state)
        _attached_functions(request, state)
        return Source(origins, state=state)
    config = request.workspace.read_config(request.stack, (*WITHOUT_DEMO, *request.overrides))
    stack = load(request.stack, config)
    _check_names(origins, stack)
    return Source(origins, config=config, stack=stack)


def _check_names(origins: Mapping[str, str], stack: Stack) -> None:
    """Raise UsageError for an origin's name where its domain name belongs: no request would ever go there."""
    for name, url in origins.items():
        if (origin := stack.settings.origins.get(name)) is not None and origin.domain_name != name:
            raise UsageError(
                f"{name!r} is the name of an origin: write its domain name, such as --origin {origin.domain_name}={url}"
            )


async def deploy(
    request: UpRequest, deployment: LocalDeployment, working: Working = no_progress, source: Source | None = None
) -> None:
    """Run the program unless the source is a state, write the new state, and serve it."""
    source = source or read_source(request)
    if source.state is not None:
        state, site = source.state, Site(origins=source.origins)
    else:
        assert source.config is not None
        assert source.stack is not None
        state = await _update(request, source.config, deployment.dynamodb.endpoint_url, working)
        site = local_backends(source.stack, source.origins, state, request.fail_percent)
    functions = _attached_functions(request, state)
    with working("starting tables, applications, functions and the edge"):
        await deployment.apply(state, site, functions, request.distribution)


async def _update(request: UpRequest, config: StackConfig, dynamodb_url: str, working: Working) -> dict[str, Any]:
    """The stack's state after an update, with its secrets; the written state has none, as `pulumi up` leaves it."""
    path = request.workspace.directory(request.stack) / STATE
    try:
        before = read_state(path) if path.exists() else None
    except StandInError as error:
        raise OperationError(f"{error}; it is the local record of this stack: delete it to start again") from error
    with working(f"building the package and running the program of {request.stack}"):
        run = await asyncio.to_thread(
            run_program,
            request.stack,
            project=request.workspace.root,
            config=config,
            state=before,
            dynamodb_url=dynamodb_url,
        )
    write_state(path, run.state)
    report.print_update(run, is_brief=request.is_brief)
    return dict(run.state_with_secrets)


def _attached_functions(request: UpRequest, state: Mapping[str, Any]) -> tuple[FunctionCode, ...]:
    base = request.state.parent if request.state is not None else request.workspace.root
    return find_attached_functions(state, base, request.package, request.distribution)


def find_attached_functions(
    state: Mapping[str, Any], base: Path, package: Path | None, distribution: str | None = None
) -> tuple[FunctionCode, ...]:
    """Return the functions at the distribution's event types; `package` replaces those that the state does not have.

    UsageError for a missing function without a package; FunctionStateError, StateError.
    """
    behaviors = Distribution.from_state(dict(state), distribution).behaviors
    places = {
        trigger.arn: f"{event_type} at path pattern {behavior.path_pattern}"
        for behavior in behaviors
        for event_type, trigger in behavior.triggers.items()
    }
    found = functions_from_state(state, base, package, only=places.keys())
    missing = [arn for arn in places if arn not in {function.arn for function in found}]
    if missing and package is None:
        raise UsageError("\n".join(_describe_missing(arn, places[arn]) for arn in missing))
    return (*found, *(_replacement(arn, package) for arn in missing if package is not None))


def _describe_missing(arn: str, place: str) -> str:
    return (
        f"the function {arn} ({place}) is not in the state: pass a package to run instead with --package"
        " FILE.zip, or export the state of the stack that created it"
    )


def _replacement(arn: str, package: Path) -> FunctionCode:
    name, version = arn.split(":")[6:8]
    return FunctionCode(arn, name, version, package, HANDLER, TIMEOUT_SECONDS, MEMORY_MB)
