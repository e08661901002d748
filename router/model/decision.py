"""A decision: which origin, and why."""

from __future__ import annotations

from router.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Item = dict[str, dict[str, object]]
    """An item in DynamoDB JSON: {"version": {"S": "2"}, "expiration": {"N": "1790000000"}}."""

DEFAULT_ORIGIN = "stable"
"""The origin of every request whose decision fails."""


@record
class Origin:
    """A custom origin of CloudFront, by its name in the stack's config.

    `host_header` is "origin" (send the origin's domain as Host), "viewer" (leave the viewer's) or a host name.
    """

    name: str
    domain_name: str
    protocol: str = "https"
    port: int = 443
    path: str = ""
    host_header: str = "origin"
    read_timeout_seconds: int = 30
    keepalive_timeout_seconds: int = 5
    ssl_protocols: tuple[str, ...] = ("TLSv1.2",)


@record
class Reading:
    """The result of a table read. `source` is the Region that responded, or "memory"; `item` None is an unknown key."""

    item: Item | None
    source: str
    elapsed_ms: float


@record
class Decision:
    """The origin of one request: a configured name, or an Origin that the strategy found elsewhere.

    `reason` is a short kebab-case word or two for the log; it never holds a value from the request. `is_fallback` marks
    a decision made because something failed. `visitor` is hashed before it is logged. `memo` reaches the strategy's
    `respond` in the header strategies.base.MEMO_HEADER.
    """

    origin: str | Origin
    reason: str
    bucket: int | None = None
    visitor: str = ""
    reading: Reading | None = None
    is_fallback: bool = False
    memo: str = ""

    def __init__(  # by hand, for every request makes one
        self,
        origin: str | Origin,
        reason: str,
        bucket: int | None = None,
        visitor: str = "",
        reading: Reading | None = None,
        is_fallback: bool = False,
        memo: str = "",
    ) -> None:
        self.__dict__.update(
            origin=origin,
            reason=reason,
            bucket=bucket,
            visitor=visitor,
            reading=reading,
            is_fallback=is_fallback,
            memo=memo,
        )


def fallback(reason: str) -> Decision:
    """The stable origin, because something failed."""
    return Decision(DEFAULT_ORIGIN, reason, is_fallback=True)
