"""The stacks that the console shows, each opened where it runs: on this machine, or in AWS by the caller's rights."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cli.output.errors import OperationError
from cli.output.failures import classify
from cli.stacks.aws import client
from cli.stacks.control_table import Place, control_table
from cli.stacks.running import OWN_STACK, AwsStack, LocalStack, RunningStack, find_local
from cli.stacks.workspace import Workspace, load
from console.app import RejectedError
from infra.settings.stack import Stack


@dataclass(frozen=True)
class Opened:
    """A stack's settings, where it runs, and its control table; None with `control: baked`."""

    stack: Stack
    running: RunningStack
    place: Place | None
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])

    @property
    def here(self) -> LocalStack | None:
        """The stack on this machine; None for one in AWS."""
        return self.running if isinstance(self.running, LocalStack) else None

    @property
    def table(self) -> Place:
        """The control table. RejectedError where there is none."""
        if self.place is None:
            raise RejectedError(f"{self.stack.project}:control is baked: this stack has no control table")
        return self.place

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service in a Region, made once."""
        key = service, region
        if key not in self._clients:
            self._clients[key] = self._make_client(service, region)
        return self._clients[key]

    def _make_client(self, service: str, region: str) -> Any:
        if self.here is None:
            return client(service, region)
        from simulator.dynamodb.sdk import local_client

        if service != "dynamodb":
            raise OperationError(f"the local edge has no {service}")
        return local_client(self.here.dynamodb_url, region)

    def close(self) -> None:
        """Close its connections."""
        for one in (*self._clients.values(), *([self.place] if self.place else [])):
            one.close()


@dataclass
class Stacks:
    """Opens stacks, and keeps them open until their files change or they run elsewhere.

    A stack that is up on this machine is meant, else the one in AWS; `is_local` and `is_aws` leave one of the two.
    """

    workspace: Workspace
    names: Sequence[str]
    is_local: bool = False
    is_aws: bool = False
    _kept: dict[str, tuple[object, Opened]] = field(default_factory=dict[str, tuple[object, Opened]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, name: str) -> Opened:
        """Return the stack as it is now. OperationError where it is not up, and the errors of its settings."""
        here = None if self.is_aws else find_local(self.workspace, name)
        if here is None and (self.is_local or (name == OWN_STACK and not self.is_aws)):
            raise OperationError(f"stack {name} is not up: start it with `edge-router up --stack {name}`")
        with self._lock:
            key = self._key(name, here)
            known = self._kept.get(name)
            if known is not None and known[0] == key:
                opened = known[1] if here is None else replace(known[1], running=here)
            else:
                opened = self._open(name, here)
                if known is not None:
                    known[1].close()
            self._kept[name] = key, opened
            return opened

    def is_in_aws(self, name: str) -> bool:
        """Return True for a stack that was in AWS when it was opened last."""
        known = self._kept.get(name)
        return known is not None and known[1].here is None

    def close(self) -> None:
        """Close all connections."""
        for _, opened in self._kept.values():
            opened.close()
        self._kept.clear()

    def _open(self, name: str, here: LocalStack | None) -> Opened:
        stack = load(name, self.workspace.read_config(name, here.overrides if here is not None else ()))
        running = here or AwsStack(name, stack.settings.control.home_region)
        return Opened(stack, running, control_table(stack, running) if stack.settings.control.is_live else None)

    def _key(self, name: str, here: LocalStack | None) -> object:
        files = (self.workspace.root / file for file in ("Pulumi.yaml", f"Pulumi.{name}.yaml"))
        times = [file.stat().st_mtime_ns if file.exists() else 0 for file in files]
        return times, here and (here.dynamodb_url, tuple(here.overrides))


def describe_failure(error: Exception) -> str:
    """Return the sentence that a command would print. A bug of this program is raised again."""
    failure = classify(error)
    if failure is None:
        raise error
    return failure.text


def describe_problems(problems: Mapping[str, str]) -> str:
    """Return one sentence for all Regions that have the same problem; "" without any."""
    regions: dict[str, list[str]] = {}
    for region, problem in problems.items():
        regions.setdefault(problem, []).append(region)
    return "; ".join(f"{', '.join(names)}: {problem}" for problem, names in regions.items())


class Documents(ABC):
    """Makes a document of one stack again and again; `clock` returns seconds since 1970."""

    def __init__(self, stacks: Stacks, name: str, clock: Callable[[], float] = time.time) -> None:
        self._stacks, self._name, self._clock = stacks, name, clock

    def read(self) -> dict[str, Any]:
        """Return the document; `problem` says why there is no more of it."""
        try:
            return self._document(self._stacks.open(self._name))
        except Exception as error:  # noqa: BLE001  a bug is raised again
            return {"problem": describe_failure(error)}

    @abstractmethod
    def _document(self, opened: Opened) -> dict[str, Any]: ...
