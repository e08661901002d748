"""Cookie version: the assigned version is in a cookie that the router sets; no table."""

from __future__ import annotations

from router.model import names, origin_rules
from router.model.decision import Decision
from router.model.record import record
from router.model.response import is_in_path, set_cookie
from router.model.visitor import visitor_id
from strategies.base import MEMO_HEADER, Needs, Strategy
from strategies.options import (
    caching_error,
    cookie_errors,
    first_error,
    key_cookies_error,
    require,
)
from strategies.signing import keys_error, sign, to_base64url, verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from router.model.assignment import Assignment
    from router.model.request import Request
    from router.model.response import Response

VISITOR_BYTES = 12
MAX_VISITOR_CHARACTERS = 64
ERRORS_CACHED_FOR_THEIR_AGE = (412, 415)
"""CloudFront caches them with a max-age, for 10 s at least, even where caching is off (page HTTPStatusCodes)."""
FRAMES = ("iframe", "frame", "embed", "object")
"""Values of Sec-Fetch-Dest for a page within a page (Fetch standard)."""
_VISITOR_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


@record
class Options:
    """The version cookie, and how responses are cached.

    Attributes:
        cookie: Name of the version cookie.
        max_age_seconds: Max-Age attribute: how long a browser keeps the cookie.
        domain: Domain attribute, such as `example.com`, to share the cookie among subdomains; one of
            [`domain.aliases`](../settings.md#domain) has to end with it. Without it the cookie is host-only.
        signing_keys: Keys of 16 or more characters. The first signs, all verify: put a new key first, drop the old one
            after `maxAgeSeconds`.
        caching: `versioned`: responses are cached, each version apart ([below](#versioned-caching)).
        application_cookies: With `versioned`: the cookies that reach the application.
        path: Path attribute: only requests below it send the cookie, and only their responses set it.
        same_site: SameSite attribute ([below](#what-browsers-refuse)).
        partitioned: Partitioned attribute: a separate cookie for every site that embeds the page (CHIPS); meant for
            `sameSite: None`.
        assign_subrequests: Subrequests without identity are assigned as new visitors too
            ([below](#requests-without-identity)): for an API or files whose pages are at another host.
    """

    cookie: str = "app-version"
    max_age_seconds: int = 604_800
    domain: str = ""
    signing_keys: tuple[str, ...] = ()
    caching: str = "none"
    application_cookies: tuple[str, ...] = ()
    path: str = "/"
    same_site: str = "Lax"
    partitioned: bool = False
    assign_subrequests: bool = False

    def __post_init__(self) -> None:
        dropped = cookie_errors(self.cookie, self.path, self.same_site, self.domain)
        require(
            cookie=first_error(names.cookie_name(self.cookie), dropped["cookie"]),
            max_age_seconds=names.within(
                self.max_age_seconds, 1, 34_560_000, "seconds (400 days, the most browsers keep)"
            ),
            domain=first_error(
                self.domain and origin_rules.domain_name(self.domain.removeprefix(".")),
                dropped["domain"],
            ),
            signing_keys=keys_error(self.signing_keys),
            caching=caching_error(self.caching),
            application_cookies=key_cookies_error(self.application_cookies, self.cookie),
            path=dropped["path"],
            same_site=dropped["same_site"],
        )

    @property
    def attributes(self) -> dict[str, Any]:
        """The cookie's attributes as router.model.response.set_cookie takes them."""
        return {
            "max_age_seconds": self.max_age_seconds,
            "domain": self.domain,
            "path": self.path,
            "same_site": self.same_site,
            "partitioned": self.partitioned,
        }


class CookieVersion(Strategy):
    """Keeps every visitor on one version with a cookie alone. Choose it when there is no session store to read.

    The cookie is `<origin>.<release tag>.<visitor id>`, with `.<signature>` where signing keys are given. A value that
    is forged, of another release or of an unknown origin is assigned again by its visitor id, or by the request id.
    Without signing keys an application may set the bare origin name itself (`app-version=canary`).

    Reasons:
        cookie: what the cookie says
        no-cookie: by percentage, key: the request id; the response sets the cookie
        forged-cookie: by percentage, as without a cookie: the signature is not ours
        malformed-cookie: by percentage, as without a cookie: it is not of this form
        no-identity: of a subrequest without a visitor id, or a request from which a browser may have held it back:
            where most new visitors go; sets no cookie
        other-release: by percentage, key: the visitor id; set in another `release`
        unknown-version: by percentage, key: the visitor id; names an origin that is not configured
    """

    name: ClassVar[str] = "cookie-version"
    Options: ClassVar[type] = Options
    options: Options

    @classmethod
    def needs(cls, options: Options) -> Needs:
        if options.caching == "versioned":
            from strategies.canary_function import version_needs  # only with needs: none at the edge

            version = version_needs(
                options.cookie,
                **options.attributes,
                signing_keys=tuple(options.signing_keys),
                pages=not options.assign_subrequests,
            )
            cookies = frozenset(options.application_cookies)
            return Needs(
                cookies=cookies, key_cookies=cookies, by_percentage=True, cookie_domain=options.domain, **version
            )
        return Needs(
            cookies=frozenset({options.cookie}),
            origin_response=True,
            by_percentage=True,
            cookie_domain=options.domain,
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        from strategies.canary_function import same_site_warnings  # only with needs: none at the edge

        return same_site_warnings(options.same_site, options.partitioned)

    def choose(self, request: Request, assignment: Assignment, /) -> Decision:
        origin, visitor, reason = self._read(request, assignment)
        request.step(f"cookie {self.options.cookie}", reason)
        if origin:
            return Decision(origin, reason, visitor=visitor)
        if self._is_unassigned(request, visitor):
            request.step("subrequest" if request.is_subrequest else "cookies held back", "without identity")
            return Decision(assignment.majority, "no-identity")
        if not visitor:  # with versioned caching the viewer-request function made the id
            is_versioned = self.options.caching == "versioned"
            visitor = visitor_id(request.request_id) if is_versioned else request.request_id
        origin, number = assignment.assign(visitor)
        return Decision(origin, reason, bucket=number, visitor=visitor, memo=assignment.release_tag)

    def respond(self, request: Request, response: Response, assignment: Assignment, /) -> None:
        """Set the cookie to the version that responded, unless the visitor already has it or the origin failed.

        Nor with an error that CloudFront may cache though caching is off; nor while the release is unknown, because the
        cookie would soon be assigned again; nor outside of the cookie's path, where no browser sends it and another one
        would take its place. Nor to a subrequest, which is not a new visitor; nor where control has changed since the
        decision: a pin has ended, or another release begun. The memo has the release, and the id that assigned him.
        """
        origin, visitor, _ = self._read(request, assignment)
        if origin or self._is_unassigned(request, visitor) or response.origin is None or not assignment.release:
            return
        if response.status >= 500 or response.status in ERRORS_CACHED_FOR_THEIR_AGE:
            return
        if not is_in_path(request.path, self.options.path):
            return
        memo = request.header(MEMO_HEADER) or ""
        tag, _, own = memo.partition(".")
        if memo and tag != assignment.release_tag:
            return
        visitor = visitor or (own if _is_visitor(own) else self._new_visitor())
        value = self._sign(f"{response.origin}.{assignment.release_tag}.{visitor}")
        response.add_cookie(set_cookie(self.options.cookie, value, **self.options.attributes))

    def _is_unassigned(self, request: Request, visitor: str) -> bool:
        if visitor or self.options.assign_subrequests:
            return False
        return request.is_subrequest or (self.options.same_site != "None" and holds_back_cookies(request))

    def _read(self, request: Request, assignment: Assignment) -> tuple[str, str, str]:
        """(origin or "", visitor id or "", reason). Of several cookies the first counts that names a version, or else
        a visitor: another site of the domain may have set one of the same name.
        """
        best: tuple[str, str, str] | None = None
        for value in filter(None, request.cookies(self.options.cookie)):
            found = self._read_value(value, assignment)
            if found[0]:
                return found
            if best is None or (found[1] and not best[1]):
                best = found
        if best is None:
            return "", "", "no-cookie"
        return best

    def _read_value(self, value: str, assignment: Assignment) -> tuple[str, str, str]:
        if not self.options.signing_keys and value in self.edge.origins:
            return value, "", "cookie"
        payload = self._verify(value)
        parts = payload.split(".")
        if len(parts) != 3 or not _is_visitor(parts[2]):
            return "", "", "forged-cookie" if self.options.signing_keys else "malformed-cookie"
        origin, tag, visitor = parts
        if tag != assignment.release_tag and assignment.release:  # any cookie may be of an unknown release
            return "", visitor, "other-release"
        if origin not in self.edge.origins:
            return "", visitor, "unknown-version"
        return origin, visitor, "cookie"

    def _new_visitor(self) -> str:
        return to_base64url(self.edge.random_bytes(VISITOR_BYTES))

    def _sign(self, payload: str) -> str:
        keys = self.options.signing_keys
        return sign(keys, payload) if keys else payload

    def _verify(self, value: str) -> str:
        """The payload of a value with a valid signature (of any value, without signing keys), else ""."""
        keys = self.options.signing_keys
        return verify(keys, value) if keys else value


def holds_back_cookies(request: Request) -> bool:
    """True where browsers send no cookie with SameSite: for what another site posts, or opens in a frame.

    Source: RFC 6265bis, §5.2; Fetch Metadata Request Headers, §2.
    """
    return request.header("sec-fetch-site") == "cross-site" and (
        request.method not in ("GET", "HEAD") or request.header("sec-fetch-dest") in FRAMES
    )


def _is_visitor(value: str) -> bool:
    """True for an id that the router may have set; it goes back into a Set-Cookie header."""
    return 0 < len(value) <= MAX_VISITOR_CHARACTERS and _VISITOR_CHARACTERS.issuperset(value)
