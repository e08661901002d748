"""What the router of a stack inputs on: its strategy's needs and the override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cache_check.model.behaviors import Association, Behavior
from infra.naming.function_identity import is_function_arn, is_viewer_function_arn
from infra.settings.header_key import KEY_FUNCTION

Kind = Literal["cookie", "header", "query"]
VIEWER_FUNCTIONS = ("canary", KEY_FUNCTION, "tier")
"""The files in functions/ that a strategy may have before the cache."""


@dataclass(frozen=True)
class RequiredAssociation:
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


@dataclass(frozen=True)
class DecisionInputs:
    """The inputs of a router's decision, as the check compares them with a distribution.

    `cookies`, `headers` (lower-case) and `query` are the names that decide at origin-request; `body` is the request
    body. `varies`: two viewers may get different origins. `assigns_new_visitors`: who brings no version is assigned by the
    request's id. `sets_cookie`: the router adds a Set-Cookie at origin-response. `version_header` is where a function
    writes the version at viewer-request, before the cache; then it inputs instead of names, "" where none does.
    `removes_viewer_headers`: of a viewer's headers only those of the stack's own cache key, `passed_headers`
    (lower-case), get past the router. `hashed_headers` are those of them that the key has as one hash.
    `caching_key` is the config key that switches versioned caching on, "" where the strategy has none.

    `required` are the associations that the router works by. `function_prefix` begins the names of the stack's
    functions; where it is "" nobody knows them, and any function at an event counts as the stack's. `static_paths` are
    the path patterns that are meant to be without the router. `origin_hosts` are where it sends requests.
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

    def names(self) -> list[tuple[Kind, str]]:
        """What the function on origin-request has to see, in the order of kind and name."""
        kinds: dict[Kind, frozenset[str]] = {"cookie": self.cookies, "header": self.headers, "query": self.query}
        return [(kind, name) for kind, names in kinds.items() for name in sorted(names)]

    def owns(self, association: Association) -> bool:
        """Whether it is the stack's function that stands there."""
        if not self.function_prefix:
            return True
        if association.is_lambda:
            return is_function_arn(association.arn, self.function_prefix)
        return is_viewer_function_arn(association.arn, self.function_prefix, VIEWER_FUNCTIONS)

    def made(self, behavior: Behavior) -> bool:
        """Whether the stack's program made the distribution, so that its settings and `pulumi up` change it."""
        return bool(behavior.made_by) and behavior.made_by == self.function_prefix

    def is_routed(self, behavior: Behavior) -> bool:
        """Whether the router is on a behavior, at whichever event; elsewhere all answers are the default origin's."""
        if self.function_prefix:
            return any(self.owns(one) for one in behavior.associations)
        return behavior.at("origin-request") is not None or behavior.at("viewer-request", is_lambda=False) is not None
