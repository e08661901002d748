"""The decision inputs of a stack's router, and the associations that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cache_check.model.behaviors import Association, Behavior
from infra.naming.edge_functions import REWRITING, is_router_function_arn, is_viewer_function_arn
from infra.settings.cache_key import KEY_FUNCTION

Kind = Literal["cookie", "header", "query"]
KINDS: tuple[Kind, ...] = ("cookie", "header", "query")
SINGULARS: dict[Kind, str] = {"cookie": "cookie", "header": "header", "query": "query parameter"}
PLURALS: dict[Kind, str] = {kind: f"{noun}s" for kind, noun in SINGULARS.items()}
VIEWER_FUNCTIONS = ("canary", KEY_FUNCTION, REWRITING, "tier")
"""The files in functions/ that a stack may have as CloudFront Functions."""


@dataclass(frozen=True)
class RequiredAssociation:
    """One association. `without` is the effect of its absence; `is_vital`: the effect is wrong responses.

    `function_name` is that of a CloudFront Function: a stack may still have the one of another strategy. `output` names
    the stack's output with its ARN.
    """

    event_type: str
    is_lambda: bool
    includes_body: bool
    without: str
    is_vital: bool = True
    function_name: str = ""
    output: str = "viewerFunctionArn"

    @property
    def setting(self) -> str:
        """The entry in the list of associations of the behavior's resource."""
        if not self.is_lambda:
            entry = f"functionAssociations {{eventType: {self.event_type}, functionArn: the stack's output"
            return f"{entry} {self.output}}}"
        body = str(self.includes_body).lower()
        entry = f"lambdaFunctionAssociations {{eventType: {self.event_type}, lambdaArn: the stack's output"
        return f"{entry} functionArn, includeBody: {body}}}"


@dataclass(frozen=True)
class DecisionInputs:
    """The inputs of a router's decision, as the check compares them with a distribution.

    `cookies`, `headers` (lower-case) and `query` are the names that decide at origin-request; `body` is the request
    body. `varies`: two viewers may get different origins. `assigns_new_visitors`: by the request ID. `sets_cookie`: the
    router adds a Set-Cookie at origin-response. `version_header` is the header to which a viewer-request function
    writes the version; then it decides instead of the names; "" where none does. `removes_viewer_headers`: the router
    removes all viewer headers but `passed_headers` (lower-case), those of the stack's own cache key. `hashed_headers`
    are those of them that the key has as one hash. `caching_key` is the config key that enables versioned caching, ""
    where the strategy has none.

    `required` are the associations that the router works by. `function_prefix` begins the names of the stack's
    functions; where it is "", any function at an event counts as the stack's. `static_paths` are
    the path patterns that are meant to be without the router. `origin_hosts` are where it sends requests.
    `signed_hosts` are those for which CloudFront's origin access control signs, as the router expects; `signs`: the
    router signs requests itself.
    `attempt_header` marks the secondary origin of an origin group that the router knows, with one of `groups`.
    """

    cookies: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    body: bool = False
    varies: bool = True
    assigns_new_visitors: bool = False
    sets_cookie: bool = False
    version_header: str = ""
    removes_viewer_headers: bool = False
    passed_headers: frozenset[str] = frozenset()
    hashed_headers: frozenset[str] = frozenset()
    caching_key: str = ""
    required: tuple[RequiredAssociation, ...] = ()
    function_prefix: str = ""
    static_paths: frozenset[str] = frozenset()
    origin_hosts: tuple[str, ...] = ()
    signed_hosts: frozenset[str] = frozenset()
    signs: bool = False
    attempt_header: str = ""
    groups: tuple[str, ...] = ()

    def names(self) -> list[tuple[Kind, str]]:
        """The names that the function on origin-request has to see, ordered by kind and name."""
        kinds: dict[Kind, frozenset[str]] = {"cookie": self.cookies, "header": self.headers, "query": self.query}
        return [(kind, name) for kind, names in kinds.items() for name in sorted(names)]

    def owns(self, association: Association) -> bool:
        """Return whether the function of an association is the stack's."""
        if not self.function_prefix:
            return True
        if association.is_lambda:
            return is_router_function_arn(association.arn, self.function_prefix)
        return is_viewer_function_arn(association.arn, self.function_prefix, VIEWER_FUNCTIONS)

    def manages(self, behavior: Behavior) -> bool:
        """Return whether the stack's program created the distribution, so that `pulumi up` changes it."""
        return bool(behavior.made_by) and behavior.made_by == self.function_prefix

    def is_routed(self, behavior: Behavior) -> bool:
        """Return whether the router is on a behavior, at any event."""
        if self.function_prefix:
            return any(self.owns(one) for one in behavior.associations)
        return behavior.at("origin-request") is not None or behavior.at("viewer-request", is_lambda=False) is not None
