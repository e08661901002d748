"""One line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, the value, what it must be and what it was measured against."""

    name: str
    value: float
    unit: str
    must_be: str
    holds: bool
    against: str
