"""Cache behaviors as the check sees them: cache key, forwarded values and TTLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.config.aws_hosts import BUCKET, WEBSITE, find_service
from pulumi_state.distributions import OriginPart
from pulumi_state.policies import Selection, Values

ALWAYS_FORWARDED_HEADERS = frozenset({"host", "user-agent", "x-forwarded-for", "via"})
"""There whatever the policies say, though Host and User-Agent are then CloudFront's own: no choice can depend on those
two (page RequestAndResponseBehaviorCustomOrigin)."""
LEGACY_REMOVED_HEADERS = frozenset(
    {"accept", "accept-charset", "accept-language", "authorization", "origin", "referer", "x-http-method-override"}
)
"""With forwardedValues every other header goes to the origin (same page)."""
MADE_BY_CLOUDFRONT = "cloudfront-"
"""Headers that it adds where a policy names them, and only there (page adding-cloudfront-headers)."""
ALWAYS_CACHED_ERRORS = frozenset({404, 414, 500, 501, 502, 503, 504})
"""Cached for the error caching minimum TTL whatever the origin says (page HTTPStatusCodes)."""
DEFAULT_ERROR_TTL_SECONDS = 10
_OBJECT_LAMBDA = re.compile(r"\.s3-object-lambda[.-]|--ol-s3\.s3[.-]")
"""S3 Object Lambda: an access point, and its alias, behind which a function makes the response."""
NO_CODE = "its code is not in the state"
NOT_PUBLISHED = "publish is false, so the state has the code of its stage DEVELOPMENT, and what is live may be another"
OUR_COMPONENT = "edge-router:infra:Distribution$"
"""In the URN of a distribution that this project's program made (infra.cdn.distribution)."""


@dataclass(frozen=True)
class Association:
    """A function at an event. `code` is what the state has of it, None where it has none, hides it, or has another."""

    event_type: str
    arn: str = ""
    includes_body: bool = False
    is_lambda: bool = True
    code: str | None = None
    why_without_code: str = NO_CODE

    @property
    def kind(self) -> str:
        return "Lambda@Edge function" if self.is_lambda else "CloudFront Function"

    @property
    def name(self) -> str:
        """`url-rewriter` of its ARN, or of the text in its place."""
        parts = self.arn.split(":")
        name = parts[6] if self.is_lambda and len(parts) > 6 else self.arn.rpartition("/")[2]
        return name or "one without an ARN"


@dataclass(frozen=True)
class Behavior:
    """One cache behavior of one distribution; `path_pattern` is `*` for the default one. TTLs are seconds.

    `urn` tells distributions of the same name apart; `address` is where the resource has the behavior. `key` is part
    of the cache key and therefore forwarded; `extra` is forwarded beside it. `associations` are its functions,
    `origins` those that its target stands for, of which `origin_group` is the id of a group, or "". None for `origins`
    and `aliases`: the state hides them. `error_ttls` are the configured error caching minimum TTLs by status.
    `unknown_policies` are (kind, id) that neither the state nor AWS's list explains: nothing is known of key and
    forwarding. `managed_cache_policy` is the name of AWS's, which nobody can change. `made_by` is the `project-stack`
    of this program that made the distribution, or "".
    """

    distribution: str
    path_pattern: str
    urn: str = ""
    address: str = "defaultCacheBehavior"
    key: Values = field(default_factory=Values)
    extra: Values = field(default_factory=Values)
    min_ttl: int = 0
    default_ttl: int = 0
    max_ttl: int = 0
    is_legacy: bool = False
    associations: tuple[Association, ...] = ()
    origins: tuple[OriginPart, ...] | None = ()
    origin_group: str = ""
    aliases: tuple[str, ...] | None = ()
    error_ttls: Mapping[int, int] = field(default_factory=dict[int, int])
    unknown_policies: tuple[tuple[str, str], ...] = ()
    managed_cache_policy: str = ""
    made_by: str = ""

    @property
    def is_caching(self) -> bool:
        """Responses below 400 can be cached: with a maximum TTL of 0 none is (page Expiration)."""
        return self.max_ttl > 0

    @property
    def caches_by_default(self) -> bool:
        """Responses are cached even if they have neither Cache-Control nor Expires."""
        return self.is_caching and max(self.min_ttl, self.default_ttl) > 0

    def at(self, event_type: str, *, is_lambda: bool = True) -> Association | None:
        """The function at an event; CloudFront takes one of each kind."""
        found = [one for one in self.associations if (one.event_type, one.is_lambda) == (event_type, is_lambda)]
        return found[0] if found else None

    @property
    def has_origin_trigger(self) -> bool:
        return self.at("origin-request") is not None or self.at("origin-response") is not None

    @property
    def has_viewer_request_trigger(self) -> bool:
        return any(one.event_type == "viewer-request" for one in self.associations)

    @property
    def is_s3(self) -> bool:
        """All its origins are buckets, which ignore cookies and most headers."""
        return bool(self.origins) and all(is_bucket(origin) for origin in self.origins)

    @property
    def forwards_cookies(self) -> bool:
        return not (self.key.cookies.is_empty and self.extra.cookies.is_empty)

    @property
    def forwards_whole_query(self) -> bool:
        """Origin triggers see the query string only then (page lambda-event-structure)."""
        return "all" in (self.key.query.mode, self.extra.query.mode)

    def forwards_cookie(self, name: str) -> bool:
        return self.key.cookies.takes(name) or self.extra.cookies.takes(name)

    def forwards_header(self, name: str) -> bool:
        """Return whether the viewer's value, or CloudFront's of a CloudFront-* header, reaches the origin triggers."""
        if name.startswith(MADE_BY_CLOUDFRONT):
            return _is_added(self.key.headers, name) or _is_added(self.extra.headers, name)
        return (
            self.key.headers.takes(name)
            or self.extra.headers.takes(name)
            or (self.is_legacy and name not in LEGACY_REMOVED_HEADERS | ALWAYS_FORWARDED_HEADERS)
        )

    def cached_errors(self) -> list[int]:
        """The statuses of at least 400 that are cached even where caching is disabled."""
        statuses: Iterable[int] = {*ALWAYS_CACHED_ERRORS, *self.error_ttls}
        return sorted(status for status in statuses if self.error_ttls.get(status, DEFAULT_ERROR_TTL_SECONDS) > 0)


def is_bucket(origin: OriginPart) -> bool:
    """Return whether an origin is an S3 bucket, by its own host or by its website's, and no code responds there."""
    host = (origin.domain_name or "").lower()
    return find_service(host) in (BUCKET, WEBSITE) and not _OBJECT_LAMBDA.search(host)


def _is_added(headers: Selection, name: str) -> bool:
    """Return whether a policy has CloudFront add a header of its own (page adding-cloudfront-headers)."""
    return name in (headers.names if headers.mode == "whitelist" else headers.added)


def names_beyond(these: Selection, others: Selection) -> str:
    """The names that only the first selection takes, in words; "" for none."""
    if these.is_empty or others.mode == "all":
        return ""
    if these.mode == "whitelist":
        return ", ".join(sorted(name for name in these.names if not others.takes(name)))
    if others.mode == "allExcept":
        return ", ".join(sorted(name for name in others.names if these.takes(name)))
    spared = {name for name in others.names if these.takes(name)} if others.mode == "whitelist" else set[str]()
    excepted = sorted({*spared, *(these.names if these.mode == "allExcept" else ())})
    return f"all but {', '.join(excepted)}" if excepted else "all"
