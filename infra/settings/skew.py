"""The section `skew`: how an open page keeps the files of its build while versions change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import model_validator

from infra.config.base_model import Section, Text
from infra.config.errors import raise_errors, setting_error
from infra.config.rules import optional_rule, rule
from infra.settings.origins import REQUIRED_ORIGINS, build_error
from infra.settings.parts import path_pattern_error, path_patterns_error
from router.model import names, origin_rules
from router.skew import current_builds

if TYPE_CHECKING:
    from pydantic_core import InitErrorDetails

    from infra.settings.model import CoreSettings

PLACES = ("query", "header", "cookie")
EVERYTHING_BELOW = "/.+"
"""A path prefix marks files by itself."""


def _header_error(value: str) -> str:
    if value.lower().startswith("x-router-"):
        return f"is {value!r}: headers that begin with x-router- are the router's own"
    return names.header_name(value)


class SkewSettings(Section):
    """Where requests for files carry the build id of their page: at least one place. Of several the first counts.

    Attributes:
        path_prefix: Path prefix before the id: with `/_v`, `/_v/<id>/assets/app.js` is `/assets/app.js` of that build.
            The origin receives the path without prefix and id.
        query: Query parameter with the id, such as Next.js's `dpl`.
        header: Header with the id, such as Next.js's `x-deployment-id`.
        cookie: Cookie with the id, which the page sets: one for all tabs of a browser.
        paths: Path patterns of files whose names change with their content, such as `/assets/*`; the default is
            everything below `pathPrefix`.
    """

    path_prefix: Annotated[Text, optional_rule(origin_rules.path)] = ""
    query: Annotated[Text, optional_rule(names.query_name)] = ""
    header: Annotated[Text, optional_rule(_header_error)] = ""
    cookie: Annotated[Text, optional_rule(names.cookie_name)] = ""
    paths: Annotated[tuple[Annotated[Text, rule(path_pattern_error)], ...], rule(path_patterns_error)] = ()

    @model_validator(mode="after")
    def _has_a_place(self) -> SkewSettings:
        if not self.path_prefix and not self.places:
            text = "names no place for the build id: at least one of pathPrefix, query, header and cookie"
            raise_errors([setting_error(text)])
        if self.places and not self.paths:
            found = ", ".join(kind for kind, _ in self.places)
            text = f"is empty: with {found} it says which paths are files, such as /assets/* or /_next/static/*"
            raise_errors([setting_error(text, "paths", value=self.paths)])
        return self

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


def builds_of(settings: CoreSettings) -> dict[str, str]:
    """Return the origin of each build that the config names, by id; none without `skew`."""
    if settings.skew is None:
        return {}
    return current_builds(builds_by_origin(settings))


def builds_by_origin(settings: CoreSettings) -> dict[str, str]:
    """Return the build that each origin serves."""
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
        text = (
            f"has no effect with {settings.strategy}, which runs no router that could send a file elsewhere: remove it"
        )
        return [setting_error(text, "skew")]
    return [*_build_errors(settings), *_static_errors(settings, settings.skew)]


def _build_errors(settings: CoreSettings) -> Iterator[InitErrorDetails]:
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


def _static_errors(settings: CoreSettings, skew: SkewSettings) -> Iterator[InitErrorDetails]:
    """Reject files that go past the router."""
    given: dict[tuple[str | int, ...], str] = {}
    if skew.places:
        given |= {("paths", index): pattern for index, pattern in enumerate(skew.paths)}
    if skew.path_prefix:
        given["pathPrefix",] = skew.path_prefix
    for key, value in given.items():
        pattern = value if key[0] == "paths" else f"{value}/*"
        for static in settings.static_paths:
            if _overlap(pattern, static):
                text = f"is {value!r}, and staticPaths has {static!r}: those requests go to stable past the router"
                yield setting_error(text, "skew", *key, value=value)


def _overlap(one: str, other: str) -> bool:
    """Return whether a path that stands for one pattern matches the other."""
    return any(
        re.fullmatch(_expression(pattern), path.replace("*", "x").replace("?", "x"))
        for pattern, path in ((one, other), (other, one))
    )
