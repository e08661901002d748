"""A test file as a whole: the stack it is for, its visitors, and its tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails

from acceptance.format.expect import SAME
from acceptance.format.request import Cookies, HeaderName, Headers, Host
from acceptance.format.step import Settings, Step
from acceptance.format.values import Part, choice
from infra.config.base_model import Text
from infra.config.errors import raise_errors, setting_error, suggestion
from infra.config.rules import rule


class Versions(Part):
    """Names of the header and the cookie by which a response names its version.

    Attributes:
        header: Response header with the code of the version.
        codes: The codes, by the name of the version's origin.
        cookie: A cookie whose value begins with the name of the origin, as that of cookie-version does; it counts where
            the header is missing.
    """

    header: HeaderName = "x-app-version"
    codes: dict[str, Text] = Field(default_factory=lambda: {"stable": "1", "canary": "2"})
    cookie: Text = ""


class Visitor(Part):
    """A named visitor: headers and cookies of every request.

    Attributes:
        headers: Headers, by name.
        cookies: Cookies that the visitor has from the start.
    """

    headers: Headers = Field(default_factory=dict[str, str])
    cookies: Cookies = Field(default_factory=dict[str, str])


class Case(Part):
    """A test: steps in order; each begins with the file's settings and with visitors who are new.

    Attributes:
        name: Name of the test, in reports and for `--filter`.
        only: Where the test runs: `local`, the local edge only, or `address`, with `--url` only. The default is both.
        set: Settings of the stack for this test, besides the file's.
        steps: The steps. The first that fails ends the test.
    """

    name: Annotated[Text, rule(lambda value: "" if value.strip() else "is empty")]
    only: Annotated[Text, *choice("local", "address")] | None = None
    set: Settings = Field(default_factory=dict)
    steps: tuple[Step, ...] = Field(json_schema_extra={"minItems": 1})

    @model_validator(mode="after")
    def _require_steps(self) -> Self:
        if not any(step.request for step in self.steps):
            raise_errors([setting_error("sends no request: a test has a step with request", "steps")])
        return self


class Suite(Part):
    """A test file.

    Attributes:
        name: Name of the file in reports. The default is its path.
        stack: Stack that the local edge serves, unless `--stack` names one.
        set: Settings of the stack for all tests of the file, besides those of its file, as `--set KEY=VALUE`.
        host: The Host header of requests. The default is the address.
        versions: How a response tells which version it is of.
        origin_header: Response header that names the origin, for `origin` at an address.
        visitors: Named visitors who bring something along, by name.
        tests: The tests.
    """

    name: Text = ""
    stack: Text = "local"
    set: Settings = Field(default_factory=dict)
    host: Host = ""
    versions: Versions = Field(default_factory=Versions)
    origin_header: HeaderName | None = None
    visitors: dict[str, Visitor] = Field(default_factory=dict[str, Visitor])
    tests: tuple[Case, ...] = Field(json_schema_extra={"minItems": 1})

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        counts = Counter(case.name for case in self.tests)
        errors = [
            setting_error(f"is {case.name!r}, the name of another test too", "tests", index, "name")
            for index, case in enumerate(self.tests)
            if counts[case.name] > 1
        ]
        if not self.tests:
            errors.append(setting_error("is empty: a file has at least one test", "tests"))
        raise_errors([*errors, *self._version_errors()])
        return self

    def _version_errors(self) -> Iterator[InitErrorDetails]:
        known = [*self.versions.codes, SAME]
        for index, case in enumerate(self.tests):
            for number, step in enumerate(case.steps):
                place = ("tests", index, "steps", number)
                share = step.expect.share if step.expect else None
                named = {
                    (*place, "expect", "version"): step.expect.version if step.expect else "",
                    (*place, "draw"): step.draw,
                    (*place, "expect", "share", "version"): share.version if share else "",
                }
                for key, version in named.items():
                    allowed = known if key[-1] == "version" and key[-2] == "expect" else known[:-1]
                    if version and version not in allowed:
                        yield setting_error(f"is {version!r}: {suggestion(version, allowed)}", *key)
