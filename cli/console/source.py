"""All that the page shows and does, of the stacks that the command names."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cli.console.actions import carry_out
from cli.console.documents import StackDocuments
from cli.console.replicas import ReplicaDocuments
from cli.console.requests import Decisions, explain
from cli.console.series import SeriesDocuments
from cli.console.stacks import Opened, Stacks, describe_failure
from console.app import RejectedError
from console.feed import Job

LOCAL_SECONDS = {"stack": 1.0, "metrics": 3.0, "replicas": 3.0}
"""Between two reads of a document of the local edge."""
AWS_SECONDS = {"stack": 5.0, "metrics": 60.0, "replicas": 15.0}
_T = TypeVar("_T")


class StackSource:
    """The source of the console's documents; see console.app.Source."""

    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks
        self._decisions = {name: Decisions(stacks, name) for name in stacks.names}

    @property
    def stacks(self) -> Sequence[str]:
        return self._stacks.names

    def jobs(self) -> Sequence[Job]:
        """Return three documents for each stack: what is in effect, its metrics, its replicas."""
        return [job for name in self._stacks.names for job in self._jobs(name)]

    def _jobs(self, name: str) -> Sequence[Job]:
        readers = {
            "stack": StackDocuments(self._stacks, name).read,
            "metrics": SeriesDocuments(self._stacks, name).read,
            "replicas": ReplicaDocuments(self._stacks, name).read,
        }
        return [Job(event, name, self._seconds(event, name), read) for event, read in readers.items()]

    def _seconds(self, event: str, name: str) -> Callable[[], float]:
        return lambda: (AWS_SECONDS if self._stacks.is_in_aws(name) else LOCAL_SECONDS)[event]

    def decisions(self, stack: str, query: str) -> dict[str, Any]:
        """Return the recent decisions that have all words of the query."""
        return _rejecting(lambda: self._decisions[stack].find(query))

    def explain(self, stack: str, request: str, region: str) -> dict[str, Any]:
        """Explain where a request goes."""
        root = str(self._stacks.workspace.root)
        return self._with(stack, lambda opened: explain(opened, root, request, region))

    def act(self, stack: str, action: str, said: str) -> dict[str, Any]:
        """Carry out what the person has confirmed; `problem` says what is left to do."""
        return self._with(stack, lambda opened: {"problem": carry_out(action, said, opened, time.time())})

    def close(self) -> None:
        """Close all connections."""
        for decisions in self._decisions.values():
            decisions.close()
        self._stacks.close()

    def _with(self, stack: str, use: Callable[[Opened], _T]) -> _T:
        return _rejecting(lambda: use(self._stacks.open(stack)))


def _rejecting(ask: Callable[[], _T]) -> _T:
    """Return the answer; RejectedError with the sentence that a command would print."""
    try:
        return ask()
    except RejectedError:
        raise
    except Exception as error:
        raise RejectedError(describe_failure(error)) from error
