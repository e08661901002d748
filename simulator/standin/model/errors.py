"""Errors of a stack's settings, of its program, and of a resource."""

from collections.abc import Sequence
from typing import NamedTuple


class StandInError(Exception):
    """The stand-in refuses: something it does not model, or something AWS would not do."""


class DataSourceError(StandInError):
    """A data source has no answer: what was asked for is not there, or cannot be reached."""


class StackConfigError(Exception):
    """Pulumi.yaml, a stack's file or an override is not what the engine accepts; `key` is the key at fault, or ""."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class ProgramError(Exception):
    """The program failed, or asked for what the engine or the provider refuses; the message is for the user."""


class Failure(NamedTuple):
    """One refused input: its property path ("" for the whole resource) and the reason."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


def one_message(kind: str, name: str, failures: Sequence[Failure]) -> str:
    """All failures of one resource, the way the engine words them, without the values (they may be secret)."""
    lines = [f"{kind} resource '{name}' has a problem: {failure}" for failure in failures]
    return "\n".join(lines)
