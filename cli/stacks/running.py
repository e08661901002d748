"""The running stack that a command reads or changes: on this machine, or in AWS.

Without --local and --aws, the stack `local` is always the one on this machine. Any other stack is the one in AWS,
unless it also runs here: then the command asks, and without a terminal that is an error. Without AWS credentials, it
is the one on this machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from cli.output.console import err
from cli.output.errors import OperationError, UsageError
from cli.output.outcome import set_place
from cli.output.streams import can_answer
from cli.stacks.aws import find_account, find_caller, has_credentials
from cli.stacks.workspace import Target, Workspace

if TYPE_CHECKING:
    from infra.settings.stack import Stack

ADDRESSES = "addresses.json"
"""In the directory of a stack that is up, for its owner only; cli.up.registry writes it."""
OWN_STACK = "local"
"""The stack that runs on this machine only."""


@dataclass(frozen=True)
class LocalStack:
    """A stack on this machine: the document of its status port, and the notes of `up`."""

    name: str
    status: Mapping[str, Any]
    notes: Mapping[str, Any]

    where = "this machine"

    @property
    def port(self) -> int:
        """The viewers' port."""
        return int(str(self.status["url"]).rpartition(":")[2])

    @property
    def text(self) -> str:
        """The place, for a person."""
        return f"local, port {self.port}"

    @property
    def dynamodb_url(self) -> str:
        """The endpoint of its DynamoDB."""
        return str(self.status["dynamodb"]["endpointUrl"])

    @property
    def overrides(self) -> Sequence[str]:
        """The KEY=VALUE overrides that `up` was started with."""
        return self.notes.get("overrides") or []

    def invalidate(self, *patterns: str) -> int:
        """Remove the cached objects that match path patterns; return their number. OperationError if it is not up."""
        return int(self._post("invalidate", list(patterns))["dropped"])

    def change_pairs(self, puts: Mapping[str, str], deletes: Sequence[str]) -> None:
        """Change the pairs of its key-value store. OperationError if it is not up."""
        self._post("key-values", {"puts": dict(puts), "deletes": list(deletes)})

    def metric_data(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return what CloudWatch's GetMetricData would, for a Region. OperationError if it cannot be read."""
        page = self._post("metric-data", request)
        if "error" in page:
            raise OperationError(str(page["error"]))
        return page

    def _post(self, path: str, document: object) -> dict[str, Any]:
        import httpx

        try:
            url = f"{self.notes['statusUrl']}{path}"
            answer: Any = httpx.post(url, json=document, trust_env=False, timeout=10).raise_for_status().json()
            return dict(answer)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise self.gone_error() from error

    def gone_error(self) -> OperationError:
        """Return the error for a status port that no longer responds."""
        return OperationError(f"stack {self.name} is not up any more ({self.text})")


@dataclass(frozen=True)
class AwsStack:
    """A stack in AWS; `region` is the first of the `region_count` Regions that a command reads."""

    name: str
    region: str
    region_count: int = 1

    where = "AWS"

    @cached_property
    def account(self) -> str:
        """The account ID of the credentials; "" if unknown."""
        return find_account(self.region)

    @cached_property
    def caller(self) -> str:
        """The ARN of the caller; "" if unknown."""
        return find_caller(self.region)

    @property
    def text(self) -> str:
        """The place, for a person."""
        extent = f"Region {self.region}" if self.region_count == 1 else f"{self.region_count} Regions"
        return f"AWS{f' account {self.account}' if self.account else ''}, {extent}"


RunningStack = LocalStack | AwsStack


def choose_stack(target: Target, region: str) -> RunningStack:
    """Return the running stack that a command uses; `region` is the first Region that it reads in AWS.

    OperationError if it is not up, UsageError if the choice is ambiguous.
    """
    if target.is_local and target.is_aws:
        raise UsageError("--local and --aws exclude each other")
    if target.is_aws:
        return AwsStack(target.stack, region)
    here = find_local(target.workspace, target.stack)
    is_local = target.is_local or target.stack == OWN_STACK
    if here is None and is_local:
        hint = "" if target.is_local else ", or use --aws"
        raise OperationError(
            f"stack {target.stack} is not up: start it with `edge-router up --stack {target.stack}`{hint}"
        )
    if here is not None and (is_local or not has_credentials() or not _prompt_for_aws(here)):
        return here
    return AwsStack(target.stack, region)


def open_running(
    target: Target, overrides: Sequence[str], check: Callable[[Stack], object]
) -> tuple[Stack, RunningStack]:
    """Return the settings and the running stack; a local stack has the overrides of `up` too.

    `check` raises for a stack that the command cannot be for, whether it is up or not.
    """
    here = None if target.is_aws else find_local(target.workspace, target.stack)
    local_overrides = here.overrides if here is not None else ()
    opened = target.open_stack([*local_overrides, *overrides])
    check(opened)
    running = choose_stack(target, opened.settings.control.home_region)
    if local_overrides and not isinstance(running, LocalStack):
        return open_running(replace(target, is_local=False, is_aws=True), overrides, check)
    return opened, running


def announce(running: RunningStack, *, is_json: bool = False) -> None:
    """Name the running stack on standard error, or as `place` in the JSON document."""
    if is_json:
        set_place(running.text)
    else:
        err.print(f"{running.name}: {running.text}", markup=False)


def find_local(workspace: Workspace, stack: str) -> LocalStack | None:
    """Return the stack on this machine, None if its status port does not respond."""
    try:
        notes: Any = json.loads((workspace.directory(stack) / ADDRESSES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    status = _get_status(notes)
    is_this = {"url", "dynamodb"} <= set(status) and status.get("stack", stack) == stack
    return LocalStack(stack, status, cast("dict[str, Any]", notes)) if is_this else None


def _get_status(notes: Any) -> dict[str, Any]:
    import httpx

    try:
        document = httpx.get(notes["statusUrl"], trust_env=False, timeout=5).raise_for_status().json()
    except (ValueError, KeyError, TypeError, httpx.HTTPError, httpx.InvalidURL):
        return {}  # the port is closed, or another program's
    return cast("dict[str, Any]", document) if isinstance(document, dict) else {}


def _prompt_for_aws(here: LocalStack) -> bool:
    """Prompt for local or aws; typer.prompt would write to standard output too."""
    both = f"stack {here.name} is up on this machine ({here.text}), and there are AWS credentials"
    while can_answer():
        err.print(f"{both}. Which one, local or aws? ", markup=False, end="")
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("local", "aws"):
            return answer.strip().lower() == "aws"
        if not answer:
            break
    raise UsageError(f"{both}: choose with --local or --aws")
