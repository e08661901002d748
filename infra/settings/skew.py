"""The section `skew`: files of open pages while versions change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import model_validator

from infra.config.aws_hosts import BUCKET, WEBSITE, find_service
from infra.config.base_model import Section, Text
from infra.config.errors import raise_errors, setting_error
from infra.config.rules import (
    MAX_STATIC_PATHS,
    header_error,
    one_of,
    optional_rule,
    path_pattern_error,
    path_patterns_error,
    rule,
)
from infra.settings.failover import OriginGroup
from infra.settings.origins import REQUIRED_ORIGINS, build_error
from router.model import names, origin_rules
from router.skew import current_builds

if TYPE_CHECKING:
    from pydantic_core import InitErrorDetails

    from infra.settings.model import CoreSettings

PLACES = ("query", "header", "cookie")
EVERYTHING_BELOW = "/.+"
"""A path prefix marks files by itself."""


class SkewSettings(Section):
    """Files of open pages while versions change: by a build id in requests, or a second attempt at the other version.

    Attributes:
        mode: `build`: the id in a request names the origin. `fallback`: a file that one version does not have is tried
            once at the other, for sites that change nothing; an id still goes first where there is one.
        path_prefix: Path prefix before the id: with `/_v`, `/_v/<id>/assets/app.js` is `/assets/app.js` of that build.
            The origin receives the path without prefix and id.
        query: Query parameter with the id, such as Next.js's `dpl`.
        header: Header with the id, such as Next.js's `x-deployment-id`.
        cookie: Cookie with the id, which the page sets: one for all tabs of a browser.
        paths: Path patterns of files whose names change with their content, such as `/assets/*`; never of pages. With
            `pathPrefix` alone the default is everything below it.
    """

    mode: Annotated[Text, one_of("build", "fallback")] = "build"
    path_prefix: Annotated[Text, optional_rule(origin_rules.path)] = ""
    query: Annotated[Text, optional_rule(names.query_name)] = ""
    header: Annotated[Text, optional_rule(header_error)] = ""
    cookie: Annotated[Text, optional_rule(names.cookie_name)] = ""
    paths: Annotated[tuple[Annotated[Text, rule(path_pattern_error)], ...], rule(path_patterns_error)] = ()

    @model_validator(mode="after")
    def _has_a_place(self) -> SkewSettings:
        if self.mode == "build" and not self.names_builds:
            text = "names no place for the build id: at least one of pathPrefix, query, header and cookie"
            raise_errors([setting_error(text)])
        if not self.paths and (self.places or self.mode == "fallback"):
            found = ", ".join(kind for kind, _ in self.places) if self.mode == "build" else "mode fallback"
            text = f"is empty: with {found} it says which paths are files, such as /assets/* or /_next/static/*"
            raise_errors([setting_error(text, "paths", value=self.paths)])
        return self

    @property
    def names_builds(self) -> bool:
        """True where requests name a build."""
        return bool(self.path_prefix or self.places)

    @property
    def patterns(self) -> dict[tuple[str | int, ...], str]:
        """The path patterns of all requests for files, by key."""
        given: dict[tuple[str | int, ...], str] = {}
        if self.places or self.mode == "fallback":
            given |= {("paths", index): pattern for index, pattern in enumerate(self.paths)}
        if self.path_prefix:
            given["pathPrefix",] = f"{self.path_prefix}/*"
        return given

    @property
    def places(self) -> list[list[str]]:
        """(kind, name) besides the path, in their order."""
        named = {"query": self.query, "header": self.header.lower(), "cookie": self.cookie}
        return [[kind, named[kind]] for kind in PLACES if named[kind]]

    @property
    def for_edge(self) -> dict[str, Any]:
        """The fields of router.skew.Skew, as functions/canary.js has them too."""
        expressions = [_expression(pattern) for pattern in self.paths] or [EVERYTHING_BELOW]
        prefix = f"{self.path_prefix}/" if self.path_prefix else ""
        return {"prefix": prefix, "paths": "|".join(expressions), "places": self.places}


def _expression(pattern: str) -> str:
    """Return the regular expression of a path pattern: * is any text, ? one character."""
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)


def named_builds(settings: CoreSettings) -> SkewSettings | None:
    """Return the section where requests name builds, None where they do not."""
    return settings.skew if settings.skew is not None and settings.skew.names_builds else None


def origins_by_build(settings: CoreSettings) -> dict[str, str]:
    """Return the origin of each build that the config names, by id."""
    return current_builds(builds_by_origin(settings))


def builds_by_origin(settings: CoreSettings) -> dict[str, str]:
    """Return the build that each origin serves; none where requests name none."""
    if named_builds(settings) is None:
        return {}
    builds = {
        name: origin.build or (settings.release if name in REQUIRED_ORIGINS else "")
        for name, origin in settings.origins.items()
    }
    return {name: build for name, build in builds.items() if build}


def skew_errors(settings: CoreSettings) -> list[InitErrorDetails]:
    """Return what of the other settings does not go with `skew`."""
    if settings.skew is None:
        return []
    if not settings.needs.origin_request:
        text = f"has no effect with {settings.strategy}, which runs no router to send a file elsewhere: remove it"
        return [setting_error(text, "skew")]
    return [*_build_errors(settings), *_path_errors(settings, settings.skew)]


def fallback_group(settings: CoreSettings) -> OriginGroup | None:
    """Return the origin group that tries the other version for a file; None in another mode.

    What is found there is the file that was asked for, because its name has a hash of it: so it may be cached. A canary
    that was rolled back is asked too: its pages are still open.
    """
    skew = settings.skew
    if skew is None or skew.mode != "fallback":
        return None
    # S3 says 403 of what is not there, to whom may not list the bucket (GetObject, S3 API reference).
    is_s3 = any(find_service(origin.domain_name) in (BUCKET, WEBSITE) for origin in settings.origins.values())
    other = {**dict.fromkeys(settings.origins, "stable"), "stable": "canary"}
    paths, codes = tuple(skew.patterns.values()), (403, 404) if is_s3 else (404,)
    return OriginGroup("skew", paths, codes, other, is_cached=True, to_withdrawn=True)


def _build_errors(settings: CoreSettings) -> Iterator[InitErrorDetails]:
    if named_builds(settings) is None:
        return
    stable, canary = (settings.origins[name].build for name in REQUIRED_ORIGINS)
    if not stable and not canary:
        text = (
            f"is missing, as it is for canary: both would be the release, {settings.release}, and no id could tell"
            " their files apart"
        )
        yield setting_error(text, "origins", "stable", "build")
    elif not (stable and canary) and (text := build_error(settings.release)):
        name = "canary" if stable else "stable"
        yield setting_error(
            f"{text}; it is the build of origins.{name}, which has none of its own", "release", value=settings.release
        )


def _path_errors(settings: CoreSettings, skew: SkewSettings) -> Iterator[InitErrorDetails]:
    """Reject files that go past the router, and behaviors for which there is no room."""
    failover = settings.failover.paths if settings.failover is not None else ()
    for key, pattern in skew.patterns.items():
        value = skew.path_prefix if key[0] == "pathPrefix" else pattern
        for static in settings.static_paths:
            if _overlap(pattern, static):
                text = f"is {value!r}, and staticPaths has {static!r}: those requests go to stable past the router"
                yield setting_error(text, "skew", *key, value=value)
        if skew.mode == "fallback" and pattern in failover:
            text = f"is {value!r}, as in failover.paths: a path is in one of them"
            yield setting_error(text, "skew", *key, value=value)
    if skew.mode == "fallback" and len(skew.patterns) + len(failover) + len(settings.static_paths) > MAX_STATIC_PATHS:
        text = f"with staticPaths and failover.paths has more than {MAX_STATIC_PATHS} entries: CloudFront takes no more"
        yield setting_error(text, "skew", "paths", value=skew.paths)


@cache
def _overlap(one: str, other: str) -> bool:
    """Return whether a path can match both patterns."""
    if not one or not other:
        return not (one or other).strip("*")
    if "*" in (one[0], other[0]):
        star, rest = (one, other) if one[0] == "*" else (other, one)
        return _overlap(star[1:], rest) or _overlap(star, rest[1:])
    return (one[0] == other[0] or "?" in (one[0], other[0])) and _overlap(one[1:], other[1:])
