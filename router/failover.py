"""The second attempt of an origin group: to the origin that takes over, never back to the one that has just failed.

Where the first attempt fails, CloudFront runs origin-request again, with the group's secondary origin in the event
("Optimize high availability with CloudFront origin failover": Use origin failover with Lambda@Edge functions). The
secondary is known by a custom header that only it has. AWS does not say whether the second event has the headers that
the function wrote into the first, so nothing is left there: both attempts decide by the same request.
"""

from __future__ import annotations

from router import event as events
from router.cache_control import forbid_caching
from router.control.precedence import CANARY
from router.model.decision import DEFAULT_ORIGIN, Decision
from router.model.record import is_object
from router.routing import Router

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from router.model.assignment import Live
    from router.model.request import Request
    from router.model.response import Response

ATTEMPT_HEADER = "x-router-attempt"
"""A custom header of each group's secondary origin; its value is the group's name."""


class FailoverRouter(Router):
    """A router behind origin groups.

    `groups` has them by name: `to`, the origin that takes over from each, `is_cached`, whether the response of a
    second attempt may stay in the cache, under the key of the version that failed, and `to_withdrawn`, whether a
    canary may take over that a rollback or a pin keeps visitors from.
    """

    def __init__(self, groups: Mapping[str, Mapping[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = groups
        self._group: Mapping[str, Any] | None = None

    def handle(self, event: object) -> object:
        """Route any trigger's event. Never raises."""
        self._group = None
        try:
            request = events.read_cf(event)["request"]
            self._group = self._groups.get(events.custom_headers(request)[ATTEMPT_HEADER][0]["value"])
        except (events.EventError, LookupError, TypeError, AttributeError):
            pass
        return super().handle(event)

    def _decide(self, request: Request) -> tuple[Decision, Live]:
        """At a second attempt, the origin that takes over from the one that the same request was sent to before.

        An origin from which none takes over is asked again: it may have failed once, and a group belongs to a path
        and not to a version. So is the stable origin where only a canary could take over that was rolled back, or
        that a pin keeps everybody from.
        """
        decision, live = super()._decide(request)
        if self._group is None:
            return decision, live
        failed = decision.origin
        origin = self._group["to"].get(failed if isinstance(failed, str) else failed.name, failed)
        is_out = live.is_withdrawn or live.pin == DEFAULT_ORIGIN
        if origin == CANARY and is_out and not self._group["to_withdrawn"]:
            origin = failed
        # Without the bucket, by whose lines assignments are counted: this is none.
        took_over = Decision(origin, "failover", None, decision.visitor, decision.reading, decision.is_fallback)
        return took_over, live

    def _respond(self, request: Request, response: Response) -> None:
        """Nobody is assigned to the origin that took over."""
        if self._group is None:
            super()._respond(request, response)

    def _guard_cache(self, cf: events.Cf, kind: str) -> None:
        """Besides, keep the response of another version out of the cache, where it has the key of the one that failed.

        As soon as that recovers, its own responses come again.
        """
        super()._guard_cache(cf, kind)
        response = cf.get("response")
        if self._group is None or self._guard is None or self._group["is_cached"] or not is_object(response):
            return
        response["headers"] = forbid_caching(response.get("headers") or {})
