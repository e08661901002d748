"""The base class of strategies: options, needs, and one method that chooses."""

from __future__ import annotations

from abc import ABC, abstractmethod

from router.model.record import field, record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar

    from router.dynamodb.table import Table
    from router.model.assignment import Assignment
    from router.model.decision import Decision, Origin
    from router.model.request import Request
    from router.model.response import Response


VERSION_HEADER = "x-router-version"
"""Written at viewer-request (functions/*.js), part of the cache key, and obeyed at origin-request."""

MEMO_HEADER = "x-router-memo"
"""Brings a decision's memo from origin-request to `respond`, by way of the origin; a viewer's own is removed."""


@record
class TableSpec:
    """A DynamoDB table that a strategy reads. Keys are strings; `name` "" stands for the stack's own table name.

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
    """The needs of a strategy; the infrastructure provides exactly these.

    cookies, headers, query: names that the decision depends on: forwarded to the function, and in the cache key.
    body: the request body decides (origin-request with include body, caching off).
    origin_response: `respond` sets a cookie. varies: False where all viewers of a Region get the same origin.
    origins: configured origin names it may choose besides "stable". packages: required third-party wheels.
    origin_request: False where nothing runs on Lambda. viewer_function: the file in functions/ (without .js) that runs
    at `function_triggers`, with `function_config` in its code and `key_values` in its key-value store.
    by_percentage: canaryPercent assigns new visitors, so that a rollout can raise it.
    longest_wait_ms: the longest a decision may wait, tables aside; the router's deadline has to lie above it.
    version_header: the header of that function's version. With one, responses may be cached.
    key_cookies: the only cookies that reach the origin behind a cache, as part of its key; None: all do.
    cookie_domain: the Domain of the version cookie, "" where it is host-only; the stack's names have to lie in it.
    parts: keys of config.json for what these options ask of the strategy: imports marked `# only with <part>`.
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
    parts: frozenset[str] = frozenset()

    @property
    def is_cacheable(self) -> bool:
        """True where viewers may share cached responses: their origin is in the key, or the same for all."""
        return bool(self.version_header) or not self.varies


@record
class Edge:
    """The surroundings of a strategy. Nothing here needs AWS, so a unit test makes its own."""

    clock: Callable[[], float]
    random_bytes: Callable[[int], bytes]
    origins: Mapping[str, Origin] = field(default_factory=dict[str, "Origin"])
    table: Table | None = None


class OptionsError(ValueError):
    """Invalid options: (field in camelCase, the error and what is allowed), one entry per error."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors))
        self.errors = errors


class Strategy(ABC):
    """One way to choose an origin. `name` is the config's; `Options`, a frozen dataclass, checks itself."""

    name: ClassVar[str]
    Options: ClassVar[type]

    def __init__(self, options: Any, edge: Edge) -> None:
        self.options = options
        self.edge = edge

    @classmethod
    @abstractmethod
    def needs(cls, options: Any) -> Needs:
        """Return the needs of these options; a pure function."""

    @classmethod
    def warnings(cls, options: Any) -> list[str]:  # noqa: ARG003  strategies with warnings read them
        """Return warnings for preview: options that work but are rarely meant."""
        return []

    @abstractmethod
    def choose(self, request: Request, assignment: Assignment, /) -> Decision:
        """Choose the origin. `assignment` is in force for this request. An error sends it to the stable origin."""

    def respond(self, request: Request, response: Response, assignment: Assignment, /) -> None:  # noqa: B027
        """Add cookies to the response; called only with `origin_response` among the needs. Most strategies add none."""
