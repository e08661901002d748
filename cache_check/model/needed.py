"""The associations that a stack's router works by, and what goes wrong where one is missing."""

from __future__ import annotations

from dataclasses import dataclass

from infra.naming.edge_functions import viewer_function_name
from infra.settings.model import Settings
from infra.settings.stack import Stack

_WITHOUT = {
    "origin-request": "no request is routed, and the distribution's own origin answers them all",
    "origin-response": "the router's cookie is never set, and nobody stays on a version",
    "viewer-request": "nothing is decided before the cache",
    "viewer-response": "the version's cookie is never set, and nobody stays on a version",
}
_UNGUARDED = "an answer that sets a visitor's cookie is kept, and replays it to others"
_UNCOUNTED = "what a rollout and alarms judge by is not counted"


@dataclass(frozen=True)
class Needed:
    """One association. `is_vital`: without it requests are answered wrongly. `without` says what happens then.

    `function_name` is that of a CloudFront Function, for a stack may still have the one of another strategy.
    """

    event_type: str
    is_lambda: bool
    includes_body: bool
    without: str
    is_vital: bool = True
    function_name: str = ""

    @property
    def setting(self) -> str:
        """The list of the behavior's resource that has it, and the entry."""
        if not self.is_lambda:
            entry = f"functionAssociations {{eventType: {self.event_type}, functionArn: the stack's output"
            return f"{entry} viewerFunctionArn}}"
        body = str(self.includes_body).lower()
        entry = f"lambdaFunctionAssociations {{eventType: {self.event_type}, lambdaArn: the stack's output"
        return f"{entry} functionArn, includeBody: {body}}}"


def _at_origin_response(settings: Settings) -> Needed:
    if settings.needs.origin_response:
        return Needed("origin-response", True, False, _WITHOUT["origin-response"])
    if settings.guards_cookies:
        return Needed("origin-response", True, False, _UNGUARDED)
    return Needed("origin-response", True, False, _UNCOUNTED, is_vital=False)


def needed_associations(stack: Stack) -> tuple[Needed, ...]:
    """As infra.cdn.distribution makes them for a distribution of the stack's own."""
    settings, needs = stack.settings, stack.settings.needs
    name = viewer_function_name(stack.prefix, needs.viewer_function)
    needed: list[Needed] = []
    if needs.origin_request:
        needed.append(Needed("origin-request", True, needs.body, _WITHOUT["origin-request"]))
    if needs.origin_request and settings.has_origin_response:
        needed.append(_at_origin_response(settings))
    before = [Needed(event, False, False, _WITHOUT[event], function_name=name) for event in needs.function_triggers]
    return (*needed, *before)
