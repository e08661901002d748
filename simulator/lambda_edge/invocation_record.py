"""One invocation's log lines and figures, until they are an Invocation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn, cast

from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.invocation import ErrorKind, Invocation
from simulator.lambda_edge.platform_log import Report, init_start_line, start_line
from simulator.lambda_edge.runtime_api import MAX_ANSWER_BYTES, Answer, Job, error_message

MAX_KEPT_LINES = 10_000
"""Lines kept in one Invocation; all of them are passed on."""


class InvocationRecord:
    """What is known of an invocation while it runs; `answered` or `failed` closes it."""

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

    def answered(self, answer: Answer, max_memory_mb: int) -> Invocation:
        """The worker posted something, which may still be no answer."""
        kind, message, payload = _judge(answer)
        return self._end(kind, message, payload, answer.duration_ms, max_memory_mb)

    def failed(self, kind: str, message: str, duration_ms: float, max_memory_mb: int) -> Invocation:
        """The worker posted nothing."""
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
