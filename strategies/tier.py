"""Tier: a query parameter, header or cookie names the tier, and a key-value store has its origin; no Lambda."""

from __future__ import annotations

import json

from router.model import names, origin_rules
from router.model.decision import Decision, Origin
from router.model.record import field, record
from strategies.base import VERSION_HEADER, Needs, OptionsError, Strategy
from strategies.options import first_error, key_cookies_error, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar

    from router.model.assignment import Assignment
    from router.model.request import Request

PLACES = ("query", "header", "cookie")
MAX_TIER_CHARACTERS = 32
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_ANY_CASE = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@record
class TierOrigin:
    """The origin of a tier, with the keys of an origin.

    Attributes:
        domain_name: DNS name of the tier's origin.
        protocol: Protocol towards the origin.
        port: Port of the origin; 0 for the protocol's own, 443 or 80.
        path: Prefix of every request's path.
        host_header: Host header that the origin receives, as of [origins](../settings.md#origins).
    """

    domain_name: str
    protocol: str = "https"
    port: int = 0
    path: str = ""
    host_header: str = "origin"

    def __post_init__(self) -> None:
        require(
            domain_name=origin_rules.domain_name(self.domain_name),
            protocol=origin_rules.protocol(self.protocol),
            port=origin_rules.port(self.port) if self.port else "",
            path=origin_rules.path(self.path),
            host_header=origin_rules.host_header(self.host_header),
        )

    def origin(self, tier: str) -> Origin:
        """The router's origin under the tier's name."""
        port = self.port or (443 if self.protocol == "https" else 80)
        return Origin(tier, self.domain_name, self.protocol, port, self.path, self.host_header)

    def as_json(self, tier: str) -> str:
        """The value that functions/tier.js reads from the key-value store."""
        origin = self.origin(tier)
        fields = {
            "domainName": origin.domain_name,
            "port": origin.port,
            "protocol": origin.protocol,
            "path": origin.path,
            "hostHeader": origin.host_header,
        }
        return json.dumps(fields, separators=(",", ":"))


@record
class Options:
    """The place where a request names its tier, and the origin of each tier.

    Attributes:
        query: Query parameter that names the tier, case-sensitive; `""`: none.
        header: Header that names the tier.
        cookie: Cookie that names the tier.
        order: Which of them decides: the first that is present and not empty.
        default: The tier that stays on the stable origin.
        tiers: The tiers and their origins. A request may name a tier in capitals.
        forwarded_cookies: Cookies that reach the backends, as part of the cache key: `all`, or those `listed`.
        application_cookies: With `listed`: which ones, besides the tier's own. Without any, CloudFront removes every
            `Set-Cookie`.
    """

    query: str = "CTIER"
    header: str = ""
    cookie: str = ""
    order: tuple[str, ...] = PLACES
    default: str = "basic"
    tiers: dict[str, TierOrigin] = field(default_factory=dict[str, TierOrigin])
    forwarded_cookies: str = "all"
    application_cookies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        origins, errors = _read_tiers(self.tiers)
        try:
            require(
                query=self._query_error(),
                header=self.header and names.header_name(self.header),
                cookie=self.cookie and names.cookie_name(self.cookie),
                order=self._order_error(),
                default=_tier_error(self.default),
                tiers=self._tiers_error(),
                forwarded_cookies=self._forwarded_error(),
                application_cookies=key_cookies_error(self.application_cookies, ""),
            )
        except OptionsError as error:
            raise OptionsError(error.errors + errors) from None
        if errors:
            raise OptionsError(errors)
        self.__dict__["tiers"] = origins

    def _query_error(self) -> str:
        if not (self.query or self.header or self.cookie):
            return 'is "", and so are header and cookie: a tier has to be looked for somewhere'
        return self.query and names.query_name(self.query)

    def key_cookies(self) -> frozenset[str] | None:
        """The cookies of the cache key, the tier's among them; None stands for all."""
        is_all = self.forwarded_cookies == "all"
        # pyrefly: ignore[no-matching-overload]  filter(None, …) takes a list of str
        return None if is_all else frozenset(filter(None, [self.cookie, *self.application_cookies]))

    def _forwarded_error(self) -> str:
        if self.forwarded_cookies not in ("all", "listed"):
            return f"is {self.forwarded_cookies!r}: allowed: all, listed"
        is_idle = self.forwarded_cookies == "all" and self.application_cookies
        return "is 'all', and applicationCookies lists some: set it to listed" if is_idle else ""

    def _order_error(self) -> str:
        is_order = sorted(self.order) == sorted(PLACES)
        return "" if is_order else f"is {list(self.order)}: it has query, header and cookie, each once"

    def _tiers_error(self) -> str:
        return first_error(
            "" if self.tiers else "is empty: it maps tiers to origins, such as premium: {domainName: p.example.com}",
            f"has {self.default!r}, the default: that tier stays on the stable origin"
            if self.default in self.tiers
            else "",
            *(text and f"has a tier that {text}" for text in map(_tier_error, self.tiers)),
        )

    def places(self) -> list[tuple[str, str]]:
        """(place, name) in their order."""
        named = {"query": self.query, "header": self.header.lower(), "cookie": self.cookie}
        return [(place, named[place]) for place in self.order if named[place]]


def _read_tiers(tiers: Mapping[str, Any]) -> tuple[dict[str, TierOrigin], list[tuple[str, str]]]:
    """The tiers' origins, which baked JSON has as objects, and their errors (`tiers.<tier>.<field>`)."""
    origins: dict[str, TierOrigin] = {}
    errors: list[tuple[str, str]] = []
    for tier, given in tiers.items():
        try:
            origins[tier] = given if isinstance(given, TierOrigin) else TierOrigin(**given)
        except OptionsError as error:
            errors += [(f"tiers.{tier}.{name}", text) for name, text in error.errors]
    return origins, errors


def _tier_error(tier: str) -> str:
    if 0 < len(tier) <= MAX_TIER_CHARACTERS and _LOWER.issuperset(tier):
        return ""
    return f"is {tier!r}: a tier's name has 1 to {MAX_TIER_CHARACTERS} of a-z, 0-9 and -; requests may use capitals"


class Tier(Strategy):
    """Sends every tier of customers to its own backend. Choose it when the request itself names the tier.

    It runs as a CloudFront Function at viewer-request (functions/tier.js), without Lambda. This class decides the same
    for `edge-router explain` and for tests. The percentage plays no part.

    Reasons:
        tier: the tier's; `origin` in the line is its name
        default-tier: `stable`: it was asked for by name
        no-tier: `stable`: nowhere
        malformed-tier: `stable`: not a tier's name at all
        unknown-tier: `stable`: no such key in the store
    """

    name: ClassVar[str] = "tier"
    Options: ClassVar[type] = Options
    options: Options

    @classmethod
    def needs(cls, options: Options) -> Needs:
        return Needs(
            cookies=frozenset(filter(None, [options.cookie])),
            headers=frozenset(filter(None, [options.header.lower()])),
            query=frozenset(filter(None, [options.query])),
            origins=frozenset(),
            origin_request=False,
            viewer_function="tier",
            function_triggers=("viewer-request",),
            function_config={"places": [list(place) for place in options.places()], "default": options.default},
            key_values={f"tier:{tier}": origin.as_json(tier) for tier, origin in sorted(options.tiers.items())},
            version_header=VERSION_HEADER,
            key_cookies=options.key_cookies(),
        )

    @classmethod
    def warnings(cls, options: Options) -> list[str]:
        """Without forwarded cookies CloudFront removes every Set-Cookie ("Caching content based on cookies")."""
        if options.key_cookies() == frozenset():
            return []
        return [
            "an answer with Set-Cookie that may be kept (max-age, s-maxage) is replayed to visitors with the same"
            " cookies, because no function runs after a cache hit: backends have to send private, or forwardedCookies:"
            " listed, with no applicationCookies, keeps all cookies away from them"
        ]

    def choose(self, request: Request, _assignment: Assignment, /) -> Decision:
        for place, name in self.options.places():
            value = {"query": request.query, "header": request.header, "cookie": request.cookie}[place](name)
            if value:
                decision = self._by_tier(value)
                request.step(f"{place} {name}", decision.reason)
                return decision
            request.step(f"{place} {name}", "none")
        return Decision("stable", "no-tier")

    def _by_tier(self, value: str) -> Decision:
        if len(value) > MAX_TIER_CHARACTERS or not _ANY_CASE.issuperset(value):
            return Decision("stable", "malformed-tier")
        tier = value.lower()
        if tier == self.options.default:
            return Decision("stable", "default-tier")
        origin = self.options.tiers.get(tier)
        return Decision(origin.origin(tier), "tier") if origin else Decision("stable", "unknown-tier")
