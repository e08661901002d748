"""Sticky session: the application writes the session's version into a DynamoDB table."""

from __future__ import annotations

from router.dynamodb.responses import parse_number
from router.dynamodb.table import TableError
from router.model import names
from router.model.decision import Decision
from router.model.record import field, record
from strategies.base import VERSION_HEADER, Needs, Strategy, TableSpec
from strategies.options import (
    caching_error,
    cookie_errors,
    first_of,
    key_cookies_error,
    require,
    same_site_warnings,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from router.model.assignment import Assignment
    from router.model.decision import Item, Reading
    from router.model.request import Request

MAX_TOKEN_CHARACTERS = 1_024
"""A longer token is malformed; a DynamoDB partition key has at most 2,048 bytes anyway."""
VERSION_COOKIE_SECONDS = 604_800


@record
class Options:
    """The session table and cookie, and how responses are cached.

    Attributes:
        cookie: Name of the session cookie.
        table_name: Physical name of the table; by default `<project>-<stack>-sessions`.
        key_attribute: The table's partition key, a string: the cookie's value.
        version_attribute: Attribute with the version code, a string or number.
        expiry_attribute: Attribute with the expiry in epoch seconds; it also turns on TTL. `""`: sessions never
            expire.
        versions: Version codes to origin names.
        home_region: Region of the table, which is read when the nearest replica has no such session.
        replicas: Regions of the replicas.
        caching: `versioned`: responses are cached, each version apart ([below](#versioned-caching)).
        version_cookie: With `versioned`, required: the cookie with the session hint, such as `app-version`.
        application_cookies: With `versioned`: the cookies that reach the application besides the session's.
        path: Path attribute of the version cookie, as [cookie-version](cookie-version.md#what-browsers-refuse) has it.
        same_site: SameSite attribute of the version cookie.
        partitioned: Partitioned attribute of the version cookie (CHIPS).
    """

    cookie: str = "sessiontoken"
    table_name: str = ""
    key_attribute: str = "token"
    version_attribute: str = "version"
    expiry_attribute: str = "expiration"
    versions: dict[str, str] = field(default_factory=lambda: {"1": "stable", "2": "canary"})
    home_region: str = "us-east-1"
    replicas: tuple[str, ...] = ()
    caching: str = "none"
    version_cookie: str = ""
    application_cookies: tuple[str, ...] = ()
    path: str = "/"
    same_site: str = "Lax"
    partitioned: bool = False

    def __post_init__(self) -> None:
        dropped = cookie_errors(self.version_cookie, self.path, self.same_site)
        require(
            cookie=names.cookie_name(self.cookie),
            table_name=self.table_name and names.table_name(self.table_name),
            key_attribute=names.attribute_name(self.key_attribute),
            version_attribute=first_of(
                names.attribute_name(self.version_attribute),
                f"is {self.version_attribute!r}: that is the key attribute already"
                if self.version_attribute == self.key_attribute
                else "",
            ),
            expiry_attribute=self.expiry_attribute and names.attribute_name(self.expiry_attribute),
            versions="" if self.versions else "is empty: it maps version codes to origin names, such as {'1': stable}",
            caching=caching_error(self.caching),
            version_cookie=first_of(self._version_cookie_error(), dropped["cookie"]),
            application_cookies=key_cookies_error(self.application_cookies, self.version_cookie),
            path=dropped["path"],
            same_site=dropped["same_site"],
        )

    def _version_cookie_error(self) -> str:
        if not self.version_cookie:
            missing = "is missing: caching: versioned needs a cookie for the version, such as app-version"
            return missing if self.caching == "versioned" else ""
        is_same = f"is {self.version_cookie!r}: that is the session's cookie already"
        return first_of(names.cookie_name(self.version_cookie), is_same if self.version_cookie == self.cookie else "")


class StickySession(Strategy):
    """Keeps every session on the version that began it. Choose it when the application already stores sessions.

    A session that no replica has, that has expired or that names an unknown version is a new visitor, assigned by token
    (so that the outcome is the same each time) and release.

    Reasons:
        session: the session's version
        no-session: by percentage, key: the request id
        malformed-session: by percentage, key: the request id; the cookie is longer than 1,024 characters, and the table
            is not asked
        unknown-session, expired-session, unknown-version: by percentage, key: the session token, so the visitor lands
            on the same side each time
        table-<reason>: `stable`, fallback: no replica answered ([reasons](../logs.md#reasons)); with `home-` before the
            reason where home failed as the second opinion
    """

    name: ClassVar[str] = "sticky-session"
    Options: ClassVar[type] = Options
    options: Options

    @classmethod
    def needs(cls, options: Options) -> Needs:
        version: dict[str, Any] = {}
        application_cookies: tuple[str, ...] = ()
        if options.caching == "versioned":
            from strategies.canary_function import version_needs  # here, because nobody asks for needs at the edge

            version = version_needs(
                options.version_cookie,
                VERSION_COOKIE_SECONDS,
                path=options.path,
                same_site=options.same_site,
                partitioned=options.partitioned,
                session=options.cookie,
            )
            application_cookies = tuple(options.application_cookies)
            version["key_cookies"] = frozenset({options.cookie, *application_cookies})
        return Needs(
            cookies=frozenset({options.cookie, *application_cookies}),
            origins=frozenset({"canary", *options.versions.values()}),
            table=TableSpec(
                purpose="sessions",
                name=options.table_name,
                hash_key=options.key_attribute,
                home_region=options.home_region,
                replicas=tuple(options.replicas),
                expiry_attribute=options.expiry_attribute,
                attributes=tuple(filter(None, (options.version_attribute, options.expiry_attribute))),
            ),
            by_percentage=True,
            **version,
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        return same_site_warnings(options.same_site, options.partitioned)

    def choose(self, request: Request, assignment: Assignment, /) -> Decision:
        token = request.cookie(self.options.cookie)
        if not token:
            request.step(f"cookie {self.options.cookie}", "none")
            return self._assign(request, assignment, request.request_id, "no-session")
        if len(token) > MAX_TOKEN_CHARACTERS:
            request.step(f"cookie {self.options.cookie}", f"longer than {MAX_TOKEN_CHARACTERS} characters")
            return self._assign(request, assignment, request.request_id, "malformed-session")
        request.step(f"cookie {self.options.cookie}", "present")
        return self._by_session(request, assignment, token)

    def _by_session(self, request: Request, assignment: Assignment, token: str) -> Decision:
        assert self.edge.table is not None  # needs() asked for it
        try:
            reading = self.edge.table.read({self.options.key_attribute: token}, self._is_current)
        except TableError as error:
            request.step("sessions table", f"failed: {error.reason}")
            return Decision("stable", f"table-{error.reason}", visitor=token, is_fallback=True)
        origin, reason = self._origin_of(reading.item)
        request.step("sessions table", f"{reason}, from {reading.source}")
        if origin is None:
            return self._assign(request, assignment, token, reason, reading)
        return Decision(origin, reason, visitor=token, reading=reading)

    def _origin_of(self, item: Item | None) -> tuple[str | None, str]:
        if item is None:
            return None, "unknown-session"
        if not self._is_current(item):
            return None, "expired-session"
        version = item.get(self.options.version_attribute, {})
        code = version.get("S", version.get("N"))
        origin = self.options.versions.get(code) if isinstance(code, str) else None
        return origin, "session" if origin else "unknown-version"

    def _is_current(self, item: Item) -> bool:
        """True unless the session has expired: TTL deletes within days only ("Using time to live", DynamoDB guide).

        A session without an expiry, or with one that is no number, never expires: the application decided so.
        """
        expires = parse_number(item.get(self.options.expiry_attribute, {}).get("N"))
        return expires is None or expires > self.edge.clock()

    def _assign(
        self, request: Request, assignment: Assignment, key: str, reason: str, reading: Reading | None = None
    ) -> Decision:
        """Assign by the percentage, unless the viewer-request function has done so already."""
        if self.options.caching == "versioned" and (value := request.header(VERSION_HEADER)):
            return Decision(value.partition("?")[0], reason, visitor=key, reading=reading)
        origin, number = assignment.assign(key)
        return Decision(origin, reason, bucket=number, visitor=key, reading=reading)
