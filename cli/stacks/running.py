"""Which running stack a command reads or changes: the one that is up on this machine, or the one in AWS.

Without --local and --aws: the stack `local` is this machine's, and nothing else is ever meant by it. Any other stack is
AWS's, unless it is up here: then the command asks, for both may be meant; without a terminal that is an error. Where
there are no AWS credentials, the one that is up here is meant.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, cast

import typer

from cli.output.console import err
from cli.output.errors import OperationError, UsageError
from cli.output.outcome import set_place
from cli.stacks.aws import find_account, has_credentials
from cli.stacks.load import work_directory

ADDRESSES = "addresses.json"
"""In the work directory of a stack that is up, for its owner only; see cli.up.addresses."""
OWN_STACK = "local"
"""The stack that is deployed on this machine only."""

LocalOption = Annotated[bool, typer.Option("--local", help="The stack that is up on this machine.")]
AwsOption = Annotated[bool, typer.Option("--aws", help="The stack in AWS, even while it is up on this machine.")]


@dataclass(frozen=True)
class LocalStack:
    """A stack that is up here: what its status port says, and what is written down for its owner only."""

    name: str
    status: Mapping[str, Any]
    notes: Mapping[str, Any]

    where = "this machine"

    @property
    def port(self) -> int:
        """Where viewers connect."""
        return int(str(self.status["url"]).rpartition(":")[2])

    @property
    def text(self) -> str:
        """As a person is told."""
        return f"local, port {self.port}"

    @property
    def dynamodb_url(self) -> str:
        """The endpoint of its DynamoDB."""
        return str(self.status["dynamodb"]["endpointUrl"])


@dataclass(frozen=True)
class AwsStack:
    """A stack in AWS. `region` is where a command looks, or the first of the `region_count` where it does."""

    name: str
    region: str
    region_count: int = 1

    where = "AWS"

    @cached_property
    def account(self) -> str:
        """The number of the account that the credentials are of; "" where it cannot be found out."""
        return find_account(self.region)

    @property
    def text(self) -> str:
        """As a person is told."""
        extent = f"Region {self.region}" if self.region_count == 1 else f"{self.region_count} Regions"
        return f"AWS{f' account {self.account}' if self.account else ''}, {extent}"


RunningStack = LocalStack | AwsStack


def choose_stack(stack: str, region: str, *, is_local: bool = False, is_aws: bool = False) -> RunningStack:
    """The one that is meant; `region` is where a command begins to look in AWS.

    OperationError where it is not up, UsageError where it cannot be told which is meant.
    """
    if is_local and is_aws:
        raise UsageError("--local and --aws exclude each other")
    if is_aws:
        return AwsStack(stack, region)
    here = find_local(stack)
    if here is None and (is_local or stack == OWN_STACK):
        raise not_up_error(stack, "" if is_local else ", or say --aws")
    if here is not None and (is_local or stack == OWN_STACK or not has_credentials() or not _ask(here)):
        return here
    return AwsStack(stack, region)


def announce(running: RunningStack, *, is_json: bool = False) -> None:
    """Say which stack a command acts on, where its output does not; in its JSON document as `place`."""
    if is_json:
        set_place(running.text)
    else:
        err.print(f"{running.name}: {running.text}", markup=False)


def not_up_error(stack: str, hint: str = "") -> OperationError:
    """The error of a command that needs it."""
    return OperationError(f"stack {stack} is not up: start it with `edge-router up --stack {stack}`{hint}")


def find_local(stack: str) -> LocalStack | None:
    """The stack that is up here; None where none answers: what a killed one has left behind counts for nothing."""
    try:
        notes: Any = json.loads((work_directory(stack) / ADDRESSES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    status = _ask_status(notes)
    is_this = {"url", "dynamodb"} <= set(status) and status.get("stack", stack) == stack
    return LocalStack(stack, status, cast("dict[str, Any]", notes)) if is_this else None


def _ask_status(notes: Any) -> dict[str, Any]:
    import httpx  # here: most commands find no file, and ask nobody

    try:
        answer = httpx.get(notes["statusUrl"], trust_env=False, timeout=5).raise_for_status().json()
    except (ValueError, KeyError, TypeError, httpx.HTTPError, httpx.InvalidURL):
        return {}  # its port is closed or somebody else's
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}


def _ask(here: LocalStack) -> bool:
    """Whether AWS is meant. Not typer.prompt, which writes to standard output too."""
    both = f"stack {here.name} is up on this machine ({here.text}), and there are AWS credentials"
    while sys.stdin is not None and sys.stdin.isatty():
        err.print(f"{both}. Which is meant, local or aws? ", markup=False, end="")
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("local", "aws"):
            return answer.strip().lower() == "aws"
        if not answer:
            break
    raise UsageError(f"{both}: say which is meant with --local or --aws")
