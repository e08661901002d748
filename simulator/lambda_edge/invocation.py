"""What one invocation brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
