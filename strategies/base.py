"""What a strategy is: options, what it needs, and one method that chooses."""

from __future__ import annotations

from abc import ABC, abstractmethod

from router.model.record import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar

    from router.dynamodb.table import Table
    from router.model.assignment import Assignment
    from router.model.decision import Decision
    from router.model.origin import Origin
    from router.model.request import Request
    from router.model.response import Response


VERSION_HEADER = "x-router-version"
"""Written at viewer-request (functions/*.js), in the cache key, and obeyed at origin-request."""


@record
class TableSpec:
    """A DynamoDB table that a strategy reads. Keys are strings; `name` is "" where the stack's own name shall be used.

    `purpose` ends the name ("sessions"); `attributes` are what the strategy reads; `expiry_attribute` turns on TTL.
    """

    purpose: str
    name: str
    hash_key: str
    home_region: str
    replicas: tuple[str, ...] = ()
    range_key: str = ""
    expiry_attribute: str = ""
    attributes: tuple[str, ...] = ()


@record
class Needs:
    """What a strategy needs from the infrastructure, which provides exactly this.

    cookies, headers, query: names that the decision depends on, so the trigger must see them and no cache may mix them.
    body: the request body decides (origin-request with include body, caching off).
    origin_response: `respond` sets a cookie. varies: False where all viewers of a Region get the same origin.
    origins: configured origin names it may choose besides "stable". packages: third-party wheels it cannot do without.
    origin_request: False where nothing runs on Lambda. viewer_function: the file in functions/ (without .js) that runs
    at `function_triggers`, with `function_config` in its code and `key_values` in its key-value store.
    by_percentage: canaryPercent assigns new visitors, so that a rollout can raise it.
    longest_wait_ms: what a decision may wait for, tables aside; the router's deadline has to lie above it.
    version_header: where that function says what it chose. Then the answer may be cached.
    key_cookies: the only cookies that reach the origin where answers are kept, as part of their key; None: all do.
    cookie_domain: the Domain of the cookie that is set, "" where it is host-only; viewers have to come by a name in it.
    """

    cookies: frozenset[str] = frozenset()
    headers: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    body: bool = False
    table: TableSpec | None = None
    origin_response: bool = False
    varies: bool = True
    origins: frozenset[str] = frozenset({"canary"})
    packages: tuple[str, ...] = ()
    origin_request: bool = True
    by_percentage: bool = False
    longest_wait_ms: int = 0
    viewer_function: str = ""
    function_triggers: tuple[str, ...] = ()
    function_config: Mapping[str, Any] = field(default_factory=dict[str, "Any"])
    key_values: Mapping[str, str] = field(default_factory=dict[str, str])
    version_header: str = ""
    cookie_domain: str = ""
    key_cookies: frozenset[str] | None = None

    @property
    def is_cacheable(self) -> bool:
        """Whether one viewer's answer may be kept for another: its origin is in the key, or the same for all."""
        return bool(self.version_header) or not self.varies


@record
class Edge:
    """What a strategy is handed besides its options: nothing here needs AWS, so a unit test makes its own.

    `assignment` is to be asked at each request: with live control its percentage and release change at run time.
    """

    assignment: Assignment
    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    origins: Mapping[str, Origin] = field(default_factory=dict[str, "Origin"])
    table: Table | None = None


class OptionsError(ValueError):
    """Options that cannot work: (field in camelCase, what is wrong and what is allowed), one entry per mistake."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in problems))
        self.problems = problems


class Strategy(ABC):
    """One way to choose an origin. `name` is what stack config says; `Options`, a frozen dataclass, checks itself."""

    name: ClassVar[str]
    Options: ClassVar[type]

    def __init__(self, options: Any, edge: Edge) -> None:
        self.options = options
        self.edge = edge

    @classmethod
    @abstractmethod
    def needs(cls, options: Any) -> Needs:
        """What the infrastructure must provide for these options."""

    @classmethod
    def warnings(cls, options: Any) -> list[str]:  # noqa: ARG003  a strategy with something to say reads them
        """What preview should say about options that work but are rarely meant."""
        return []

    @abstractmethod
    def choose(self, request: Request) -> Decision:
        """Where this request goes, and why. What it raises sends the request to the default origin."""

    def respond(self, request: Request, response: Response) -> None:  # noqa: B027  most strategies set no cookie
        """Add cookies to the answer; called only where `needs` says origin_response."""
