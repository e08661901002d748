"""Sticky session: the application writes the session's version into a DynamoDB table."""

from __future__ import annotations

from router.dynamodb.responses import parse_number
from router.dynamodb.table import TableError
from router.model.decision import Decision
from strategies.base import MEMO_HEADER, VERSION_HEADER, Edge, Needs, Strategy, TableSpec
from strategies.sticky_session.options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from router.model.assignment import Assignment
    from router.model.decision import Item, Reading
    from router.model.request import Request
    from router.model.response import Response
    from strategies.sticky_session.remembered import VersionCookie

MAX_TOKEN_CHARACTERS = 1_024
"""A longer token is malformed; a DynamoDB partition key has at most 2,048 bytes anyway."""
VERSION_COOKIE_SECONDS = 604_800


class StickySession(Strategy):
    """Keeps every session on the version that began it. Choose it when the application already stores sessions.

    A session that no replica has, that has expired or that names an unknown version is a new visitor, assigned by token
    (so that the outcome is the same each time) and release.

    Reasons:
        session: the session's version
        session-cookie: the session's version, by the router's own cookie (`rememberInCookie`); the table is not asked
        no-session: by percentage, key: the request id
        malformed-session: by percentage, key: the request id; the cookie is longer than 1,024 characters or not what
            `decodeCookie` and `signedCookie` say, and the table is not asked
        forged-session: by percentage, key: the request id; none of `cookieSecrets` verifies the cookie's signature, and
            the table is not asked
        no-identity: of a subrequest without a token: where most new visitors go
        unknown-session, expired-session, unknown-version: by percentage, key: the session token, so the visitor lands
            on the same side each time
        table-<reason>: `stable`, fallback: no replica answered ([reasons](../logs.md#reasons)); with `home-` before the
            reason where home failed as the second opinion
    """

    name: ClassVar[str] = "sticky-session"
    Options: ClassVar[type] = Options
    options: Options

    def __init__(self, options: Options, edge: Edge) -> None:
        super().__init__(options, edge)
        self._cookie = _version_cookie(options) if options.remember_in_cookie else None
        self._identity = options.identity()

    @classmethod
    def needs(cls, options: Options) -> Needs:
        version: dict[str, Any] = {}
        remembering = (options.remember_cookie,) if options.remember_in_cookie else ()
        application_cookies: tuple[str, ...] = ()
        if options.caching == "versioned":
            from strategies.canary_function import version_needs  # only with needs: none at the edge

            version = version_needs(
                options.version_cookie,
                VERSION_COOKIE_SECONDS,
                path=options.path,
                same_site=options.same_site,
                partitioned=options.partitioned,
                session=options.cookie,
                pages=not options.assign_subrequests,
            )
            application_cookies = tuple(options.application_cookies)
            version["key_cookies"] = frozenset({options.cookie, *application_cookies})
        return Needs(
            cookies=frozenset({options.cookie, *application_cookies, *remembering}),
            origin_response=options.remember_in_cookie,
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
            parts=frozenset({"identity"} if options.identity() else ()),
            **version,
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        from strategies.canary_function import same_site_warnings  # only with needs: none at the edge

        return same_site_warnings(options.same_site, options.partitioned)

    def choose(self, request: Request, assignment: Assignment, /) -> Decision:
        token = request.cookie(self.options.cookie)
        if not token:
            request.step(f"cookie {self.options.cookie}", "none")
            return self._assign(request, assignment, "", "no-session")
        if len(token) > MAX_TOKEN_CHARACTERS:
            request.step(f"cookie {self.options.cookie}", f"longer than {MAX_TOKEN_CHARACTERS} characters")
            return self._assign(request, assignment, "", "malformed-session")
        request.step(f"cookie {self.options.cookie}", "present")
        if self._cookie is not None:
            origin = self._cookie.read(request, token, assignment, self.edge.clock(), self.edge.origins)
            request.step(f"cookie {self.options.remember_cookie}", origin or "none that counts")
            if origin:
                return Decision(origin, "session-cookie", visitor=token)
        return self._by_session(request, assignment, token)

    def respond(self, request: Request, response: Response, _assignment: Assignment, /) -> None:
        """Set the cookie that `choose` signed, if the origin in it responded."""
        value, token = request.header(MEMO_HEADER), request.cookie(self.options.cookie)
        if self._cookie is not None and value and token:
            self._cookie.set(request, response, token, value, self.edge.clock())

    def _by_session(self, request: Request, assignment: Assignment, token: str) -> Decision:
        assert self.edge.table is not None  # needs() asked for it
        key, reason = self._identity.key(token) if self._identity else (token, "")
        if reason:
            request.step(f"cookie {self.options.cookie}", reason)
            return self._assign(request, assignment, "", reason)
        try:
            reading = self.edge.table.read({self.options.key_attribute: key}, self._is_current)
        except TableError as error:
            request.step("sessions table", f"failed: {error.reason}")
            return Decision("stable", f"table-{error.reason}", visitor=token, is_fallback=True)
        origin, reason = self._item_origin(reading.item)
        request.step("sessions table", f"{reason}, from {reading.source}")
        if origin is None:
            return self._assign(request, assignment, token, reason, reading)
        return Decision(
            origin, reason, visitor=token, reading=reading, memo=self._memo(assignment, token, origin, reading)
        )

    def _memo(self, assignment: Assignment, token: str, origin: str, reading: Reading) -> str:
        """The router's own cookie for a session that the table knows; "" where it is not to be remembered."""
        if self._cookie is None or not assignment.release or reading.item is None:
            return ""
        return self._cookie.issue(token, origin, assignment, self.edge.clock(), self._expires_at(reading.item))

    def _item_origin(self, item: Item | None) -> tuple[str | None, str]:
        if item is None:
            return None, "unknown-session"
        if not self._is_current(item):
            return None, "expired-session"
        version = item.get(self.options.version_attribute, {})
        code = self._identity.code(version) if self._identity else version.get("S", version.get("N"))
        origin = self.options.versions.get(code) if isinstance(code, str) else None
        return origin, "session" if origin else "unknown-version"

    def _is_current(self, item: Item) -> bool:
        """True unless the session has expired: TTL deletes within days only ("Using time to live", DynamoDB guide).

        A session without an expiry, or with one that is not a number, never expires: the application decided so.
        """
        expires_at = self._expires_at(item)
        return expires_at is None or expires_at > self.edge.clock()

    def _expires_at(self, item: Item) -> float | None:
        return parse_number(item.get(self.options.expiry_attribute, {}).get("N"))

    def _assign(
        self, request: Request, assignment: Assignment, token: str, reason: str, reading: Reading | None = None
    ) -> Decision:
        """Assign by the percentage, unless the viewer-request function has done so already.

        Without a token by the request id, but a subrequest goes where most new visitors do.
        """
        key = token or request.request_id
        if self.options.caching == "versioned" and (value := request.header(VERSION_HEADER)):
            return Decision(value.partition("?")[0], reason, visitor=key, reading=reading)
        if not token and not self.options.assign_subrequests and request.is_subrequest:
            request.step("subrequest", "without identity")
            return Decision(assignment.majority, "no-identity")
        origin, number = assignment.assign(key)
        return Decision(origin, reason, bucket=number, visitor=key, reading=reading)


def _version_cookie(options: Options) -> VersionCookie:
    from strategies.sticky_session.remembered import VersionCookie  # only with sets_cookies: others have no cookie

    return VersionCookie(
        options.remember_cookie, options.remember_cookie_seconds, options.signing_keys, options.attributes
    )
