"""One invocation: its result, its log lines, and those that Lambda itself writes around it."""

import json
import math
import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn, cast

from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.runtime_api import MAX_ANSWER_BYTES, Answer, Job, error_message

ErrorKind = Literal["timeout", "unhandled", "init", "exit", "out-of-memory", "invalid-json", "oversize"]


@dataclass(frozen=True)
class Invocation:
    """The decoded answer, or the kind of error, with what the REPORT line says.

    `error` is None for an answer; else one of: timeout (killed at the function's time limit), unhandled (an exception
    left the handler), init (import failed, took over ten seconds or ended the process), exit (the process ended while
    it had the request), out-of-memory, invalid-json (an answer that is not JSON), oversize (over Lambda's 6 MB).
    """

    payload: object | None
    error: ErrorKind | None
    error_message: str
    duration_ms: float
    billed_ms: int
    max_memory_mb: int
    cold_start: bool
    log_lines: tuple[str, ...]
    init_duration_ms: float | None
    request_id: str


def init_start_line() -> str:
    """Once per cold start; the interpreter is the laptop's, and the line says so."""
    return f"INIT_START Runtime Version: python:{platform.python_version()}.local"


def start_line(request_id: str, function: FunctionCode) -> str:
    return f"START RequestId: {request_id} Version: {function.version}"


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of the REPORT line."""

    request_id: str
    duration_ms: float
    memory_mb: int
    max_memory_mb: int
    init_duration_ms: float | None = None
    status: str | None = None
    error_type: str | None = None

    @property
    def billed_ms(self) -> int:
        """The duration in whole milliseconds, initialization included ("Lambda pricing", since August 2025)."""
        return math.ceil(self.duration_ms + (self.init_duration_ms or 0.0))

    def lines(self) -> tuple[str, str]:
        """END and REPORT."""
        parts = [
            f"REPORT RequestId: {self.request_id}",
            f"Duration: {self.duration_ms:.2f} ms",
            f"Billed Duration: {self.billed_ms} ms",
            f"Memory Size: {self.memory_mb} MB",
            f"Max Memory Used: {self.max_memory_mb} MB",
        ]
        if self.init_duration_ms is not None:
            parts.append(f"Init Duration: {self.init_duration_ms:.2f} ms")
        if self.status is not None:
            parts.append(f"Status: {self.status}")
        if self.error_type is not None:
            parts.append(f"Error Type: {self.error_type}")
        return f"END RequestId: {self.request_id}", "\t".join(parts) + "\t"


MAX_KEPT_LINES = 10_000
"""Lines kept in one Invocation; all of them are passed on."""


class InvocationRecord:
    """The record of a running invocation; `answered` or `failed` closes it."""

    def __init__(self, function: FunctionCode, job: Job, on_line: Callable[[str], None]) -> None:
        self._function, self.job, self._on_line = function, job, on_line
        self._lines: list[str] = []
        self.init_duration_ms: float | None = None
        self._is_cold = False
        self._is_begun = False

    def begin_init(self) -> None:
        """A new execution environment is being made for this invocation."""
        self._is_cold = True
        self.print(init_start_line())

    def begin(self) -> None:
        """The event goes to a worker; said once, even if that worker turns out to be gone."""
        if not self._is_begun:
            self._is_begun = True
            self.print(start_line(self.job.request_id, self._function))

    def print(self, line: str) -> None:
        """Keep the line (the first ones) and pass it on."""
        if len(self._lines) < MAX_KEPT_LINES:
            self._lines.append(line)
        self._on_line(line)

    def answer(self, answer: Answer, max_memory_mb: int) -> Invocation:
        """The worker posted something, which may still be no answer."""
        kind, message, payload = _judge(answer)
        return self._end(kind, message, payload, answer.duration_ms, max_memory_mb)

    def fail(self, kind: str, message: str, duration_ms: float, max_memory_mb: int) -> Invocation:
        self.print(f"RequestId: {self.job.request_id} Error: {message}")
        return self._end(cast("ErrorKind", kind), message, None, duration_ms, max_memory_mb)

    def _end(
        self, kind: ErrorKind | None, message: str, payload: object, duration_ms: float, max_memory_mb: int
    ) -> Invocation:
        status = None if kind is None else "timeout" if kind == "timeout" else "error"
        report = Report(
            self.job.request_id,
            duration_ms,
            self._function.memory_mb,
            max_memory_mb,
            self.init_duration_ms,
            status,
            _ERROR_TYPES.get(kind) if kind else None,
        )
        for line in report.lines():
            self.print(line)
        return Invocation(
            payload=payload,
            error=kind,
            error_message=message,
            duration_ms=duration_ms,
            billed_ms=report.billed_ms,
            max_memory_mb=max_memory_mb,
            cold_start=self._is_cold,
            log_lines=tuple(self._lines),
            init_duration_ms=self.init_duration_ms,
            request_id=self.job.request_id,
        )


_ERROR_TYPES = {
    "exit": "Runtime.ExitError",
    "out-of-memory": "Runtime.OutOfMemory",
    "oversize": "Function.ResponseSizeTooLarge",
    "invalid-json": "Function.InvalidResponse",
}


def _judge(answer: Answer) -> tuple[ErrorKind | None, str, object]:
    if answer.kind == "error":
        return "unhandled", error_message(answer), None
    if (size := len(answer.body)) > MAX_ANSWER_BYTES:
        return (
            "oversize",
            f"Response payload size ({size} bytes) exceeded the maximum ({MAX_ANSWER_BYTES} bytes).",
            None,
        )
    try:
        return None, "", json.loads(answer.body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return "invalid-json", f"the answer is not JSON: {error}", None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
