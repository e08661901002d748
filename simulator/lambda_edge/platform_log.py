"""The lines that Lambda itself writes around an invocation ("Log and report" in the Lambda guide)."""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass

from simulator.lambda_edge.function import FunctionCode


def init_start_line() -> str:
    """Once per cold start; the interpreter is the laptop's, and the line says so."""
    return f"INIT_START Runtime Version: python:{platform.python_version()}.local"


def start_line(request_id: str, function: FunctionCode) -> str:
    """Before the handler runs."""
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
        """Whole milliseconds, initialization included ("Lambda pricing", since August 2025)."""
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
