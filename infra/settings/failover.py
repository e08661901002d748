"""The section `failover`, and the origin groups of a stack, which CloudFront has for paths that are only read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from infra.config.base_model import Section, Text, Whole
from infra.config.errors import suggestion
from infra.config.rules import MAX_STATIC_PATHS, duplicate_error, path_pattern_error, rule

if TYPE_CHECKING:
    from infra.settings.model import CoreSettings

STATUS_CODES = (400, 403, 404, 416, 429, 500, 502, 503, 504)
"""CloudFront's choice ("Optimize high availability with CloudFront origin failover": Create an origin group)."""
FAILURES = (500, 502, 503, 504)
PAGE = "AWS page high_availability_origin_failover"


@dataclass(frozen=True)
class OriginGroup:
    """Paths whose failed requests get a second attempt.

    `to` has the origin that takes over from each; one that is not there is asked again. `is_cached`: the second
    attempt's response may stay in the cache, under the key of the version that failed. `to_withdrawn`: a canary that
    was rolled back, or that `pin: stable` keeps visitors from, takes over as well.
    """

    name: str
    paths: tuple[str, ...]
    status_codes: tuple[int, ...] = FAILURES
    to: Mapping[str, str] = field(default_factory=dict[str, str])
    is_cached: bool = False
    to_withdrawn: bool = False

    def bake(self) -> dict[str, Any]:
        """Return the group as router.failover.FailoverRouter has it."""
        return {"to": self.to, "is_cached": self.is_cached, "to_withdrawn": self.to_withdrawn}

    @property
    def second_id(self) -> str:
        """The ID of the secondary origin, which has the configuration of the origin that takes over from stable."""
        return f"{self.name}-second"


def _pattern_error(pattern: str) -> str:
    return "" if re.fullmatch(r"/\*+", pattern) else path_pattern_error(pattern)


def _paths_error(patterns: tuple[str, ...]) -> str:
    if not 0 < len(patterns) <= MAX_STATIC_PATHS:
        return (
            f"has {len(patterns)} entries: allowed are 1 to {MAX_STATIC_PATHS} path patterns that are only read, for"
            f" CloudFront takes no POST, PUT, PATCH and DELETE where there is an origin group ({PAGE})"
        )
    return duplicate_error(patterns, "every pattern once")


def _codes_error(codes: tuple[int, ...]) -> str:
    wrong = next((code for code in codes if code not in STATUS_CODES), None)
    if wrong is not None or not codes:
        found = "is empty" if wrong is None else f"has {wrong}"
        return f"{found}: allowed is any choice of {', '.join(map(str, STATUS_CODES))} ({PAGE})"
    return duplicate_error([str(code) for code in codes], "every code once")


class FailoverSettings(Section):
    """A second attempt, at another origin, for requests that fail ([more](origins.md#failover)).

    Attributes:
        paths: Path patterns that get it, such as `/assets/*`, in this order, after `staticPaths`. They take GET, HEAD
            and OPTIONS only; `/*` is every path of a site that is only read.
        status_codes: Responses that count as failed. 503 stands for an origin that cannot be connected to as well, and
            504 for one that takes too long.
        to: The origin that takes over from each. One that is not listed is asked a second time.
    """

    paths: Annotated[tuple[Annotated[Text, rule(_pattern_error)], ...], rule(_paths_error)]
    status_codes: Annotated[tuple[Whole, ...], rule(_codes_error)] = FAILURES
    to: dict[str, Text] = Field(default_factory=lambda: {"canary": "stable"})


def origin_groups(settings: CoreSettings) -> tuple[OriginGroup, ...]:
    """Return the stack's origin groups."""
    given = settings.failover
    return () if given is None else (OriginGroup("failover", given.paths, given.status_codes, given.to),)


def failover_errors(settings: CoreSettings) -> dict[tuple[str, ...], str]:
    """Return the errors of the section beside the others, by key."""
    given = settings.failover
    if given is None:
        return {}
    if not settings.needs.origin_request:
        return {
            (): f"cannot be with {settings.strategy}, which runs in a CloudFront Function only: updateRequestOrigin()"
            " changes a group's first origin and not the second (AWS page helper-functions-origin-modification)"
        }
    errors: dict[tuple[str, ...], str] = {
        ("to", failed): f"is {name!r}: {suggestion(name, settings.origins)}"
        if name not in settings.origins
        else f"is {name!r}, the origin that has failed: name another one"
        for failed, name in given.to.items()
        if name not in settings.origins or name == failed
    }
    unknown = {("to", name): f"is not an origin: {suggestion(name, settings.origins)}" for name in given.to}
    errors |= {key: text for key, text in unknown.items() if key[1] not in settings.origins}
    if settings.needs.version_header:
        text = (
            "is 'canary': with a function before the cache the router does not know whether the canary was rolled back"
            " or is pinned away; name another origin"
        )
        errors |= {("to", failed): text for failed, name in given.to.items() if name == "canary"}
    both = sorted({*given.paths} & {*settings.static_paths})
    if both:
        errors["paths",] = f"has {both[0]!r}, as staticPaths: a path is in one of them"
    if len(given.paths) + len(settings.static_paths) > MAX_STATIC_PATHS:
        errors["paths",] = f"and staticPaths have more than {MAX_STATIC_PATHS} entries, for which CloudFront has room"
    return errors
