"""A decision: which origin, and why."""

from __future__ import annotations

from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from router.dynamodb.table import Reading
    from router.model.origin import Origin

DEFAULT_ORIGIN = "stable"
"""Where everything goes that fails."""


@record
class Decision:
    """Where one request goes. `origin` is a configured name, or an Origin that the strategy found elsewhere.

    `reason` is a short kebab-case word or two that a person can read in the log; it never holds a value that came with
    the request. `is_fallback` marks a decision made because something failed. `visitor` is hashed before it is logged.
    """

    origin: str | Origin
    reason: str
    bucket: int | None = None
    visitor: str = ""
    reading: Reading | None = None
    is_fallback: bool = False


def fallback(reason: str) -> Decision:
    """The default origin, because something failed."""
    return Decision(DEFAULT_ORIGIN, reason, is_fallback=True)
