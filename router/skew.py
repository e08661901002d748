"""Files of an open page: the build id in a request chooses among the builds that are known, and nothing else.

An id is a hint by the viewer and no secret. With one that nobody knows, the visitor has the files of his own version.
"""

from __future__ import annotations

import re

from router.cache_control import forbid_caching
from router.control.live import after_failure, parse_live
from router.control.precedence import Precedence
from router.decision_log import DecisionLog
from router.model import origin_rules
from router.model.decision import DEFAULT_ORIGIN, Decision, Origin
from router.model.record import is_object
from router.routing import Router

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from router.control.reader import ControlReader
    from router.event import Cf
    from router.model.assignment import Live
    from router.model.decision import Item
    from router.model.request import Request
    from router.model.response import Response

    Builds = Mapping[str, str]
    """The place of a build by its id: the name of its origin, then the path there where it is not the origin's own
    (`canary`, `stable/builds/42`); RETIRED."""

BUILD_ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""functions/canary.js has the same rule."""
BUILDS = "builds"
"""The item of the control table, and the attribute of its config item."""
RETIRED = "-"
BUILD_HEADER = "x-router-build"
"""Tells the origin, and origin-response, which build asks; a viewer's own is removed."""
NO_BUILD = "-"
"""In that header: somebody named a build, and nobody knows it."""
METHODS = ("GET", "HEAD")
DOTS = re.compile(r"(/|%2f)(\.|%2e){2}(/|%2f|$)", re.IGNORECASE)
"""A path with these could leave the folder of a build."""
REASON = "build"
STEP = "build"


def parse_builds(items: Iterable[Item]) -> dict[str, str]:
    """The builds in the items of a control table; AttributeError, KeyError or TypeError where they are malformed.

    A build that is kept explicitly is where its entry says, even if an origin of the config still has it.
    """
    found = {item.get("item", {}).get("S"): item.get(BUILDS, {}) for item in items}
    current: Any = found.get("config", {}).get("M", {})
    kept: Any = found.get(BUILDS, {}).get("L", [])
    return {
        **current_builds({origin: _text(build) for origin, build in current.items()}),
        **{_text(entry.get("id")): _text(entry.get("place")) for entry in (one.get("M", {}) for one in kept)},
    }


def current_builds(by_origin: Mapping[str, str]) -> dict[str, str]:
    """Origins by the build that they serve; of two with the same build the stable one."""
    builds: dict[str, str] = {}
    for origin, build in by_origin.items():
        if build and (origin == DEFAULT_ORIGIN or build not in builds):
            builds[build] = origin
    return builds


def _text(attribute: Any) -> str:
    return str(attribute["S"]) if attribute else ""


class Skew:
    """The places of a build id in requests: below a path prefix (`/_v/` + id), in a query parameter, header or cookie.

    `paths` is a regular expression for the paths of files, without the prefix; `places` are (kind, name) in their
    order. `builds` are those of the package, until a control table says more.
    """

    def __init__(self, prefix: str, paths: str, places: list[list[str]], builds: Builds | None = None) -> None:
        self._prefix = prefix
        self._paths = re.compile(paths)
        self._places = places
        self.builds: Builds = builds or {}

    def take(self, items: Iterable[Item]) -> Live:
        """Read the builds out of the control table's items, and the snapshot that its reader is after.

        Builds that make no sense are no reason to do without the snapshot: those before them go on.
        """
        items = [*items]
        live = parse_live(items)
        try:
            self.builds = parse_builds(items)
        except (AttributeError, KeyError, TypeError):
            return after_failure(live, "malformed-builds")
        return live

    def read_build(self, request: Request) -> str:
        """The id in a request for a file, whether it is one or not; "" where there is none, or no file is asked for."""
        build, path = self._split(request.path)
        if request.method not in METHODS or not self._paths.fullmatch(path) or DOTS.search(path):
            return ""
        for kind, name in self._places:
            build = build or getattr(request, kind)(name) or ""
        return build

    def strip(self, path: str) -> str:
        """The path that the origin knows."""
        return self._split(path)[1]

    def _split(self, path: str) -> tuple[str, str]:
        """(build id, path without the prefix); ("", path) where the path has no id."""
        if not self._prefix or not path.startswith(self._prefix):
            return "", path
        build, _, rest = path[len(self._prefix) :].partition("/")
        return (build, f"/{rest}") if rest and re.fullmatch(BUILD_ID, build) else (build, path)


class BuildPrecedence(Precedence):
    """Decides by build before all else: a page that is open asks for its files, wherever a pin sends visitors now.

    `build` is the one that has decided last, "" where none was named, and NO_BUILD where it did not decide. `mark` says
    of a decision that it is a bot's.
    """

    def __init__(
        self,
        inner: Precedence,
        skew: Skew,
        origins: Mapping[str, Origin],
        control: ControlReader | None,
        header: str,
        mark: Callable[[Request, Decision], Decision] = lambda _, decision: decision,
    ) -> None:
        super().__init__(origins)
        self._inner = inner
        self._mark = mark
        self._skew = skew
        self._by_name = origins
        self._reader = control
        self._header = header
        self.build = ""

    def forced_decision(self, request: Request, live: Live) -> tuple[Decision | None, Live]:
        if self._header:  # the viewer-request function has read the build: `<place>@<id>`
            place, asks_for_build, _ = (request.header(self._header) or "").rpartition("@")
            decision = self._at(place, "assigned-version")
            if asks_for_build and decision is None:
                self.build = NO_BUILD
            return (self._mark(request, decision), live) if decision else self._inner.forced_decision(request, live)
        build = self._skew.read_build(request)
        if build:
            self.build = NO_BUILD  # the deadline may end the read
            live = self._reader.current() if self._reader else live
            place = self._skew.builds.get(build, "")
            decision = self._at(place, REASON)
            if decision:
                request.step(STEP, place)
                self.build = build
                return self._mark(request, decision), live
            is_id = re.fullmatch(BUILD_ID, build)
            request.step(STEP, "malformed" if not is_id else "retired" if place == RETIRED else "unknown")
        return self._inner.forced_decision(request, live)

    def enforce_limits(self, decision: Decision, live: Live) -> Decision:
        return self._inner.enforce_limits(decision, live)

    def may_respond(self, request: Request, response: Response, live: Live) -> tuple[bool, Live]:
        """A file of a build says nothing about its visitor's version."""
        is_of_build = (request.header(BUILD_HEADER) or NO_BUILD) != NO_BUILD
        return (False, live) if is_of_build else self._inner.may_respond(request, response, live)

    def _at(self, place: str, reason: str) -> Decision | None:
        """The decision for a place; None where no origin is of that name, or CloudFront takes no such path."""
        name, slash, path = place.partition("/")
        if name not in self._by_name or (slash and origin_rules.path(f"/{path}")):
            return None
        fields: dict[str, Any] = {**self._by_name[name].__dict__, "path": f"/{path}"}
        return Decision(Origin(**fields) if slash else name, reason)


class BuildLog(DecisionLog):
    """Says in `buildReason` why the build that a request names did not decide: the second attempt after one that did,
    at another origin, has none."""

    def __init__(self, strategy: str, salt: str, chosen: BuildPrecedence) -> None:
        super().__init__(strategy, salt)
        self._chosen = chosen

    def write(
        self,
        request: Request,
        decision: Decision,
        elapsed_us: int,
        live: Live,
        metrics: Mapping[str, object] | None = None,
    ) -> None:
        found = dict(request.steps).get(STEP, "") if self._chosen.build == NO_BUILD else ""
        why = {"buildReason": found} if found else {}
        super().write(request, decision, elapsed_us, live, {**(metrics or {}), **why})


class SkewRouter(Router):
    """Lets another router decide by builds, takes the build out of the path, and tells the origin about it."""

    def __init__(self, inner: Router, config: Mapping[str, Any], control: ControlReader | None) -> None:
        self._inner = inner
        self._skew = Skew(**config["skew"])
        if control is not None:
            control.parse = self._skew.take
        header = config.get("version_header", "")
        precedence: Any = inner._precedence
        marks = {"mark": precedence.mark_bot} if config.get("groups") else {}
        self._chosen = BuildPrecedence(precedence, self._skew, inner._origins, control, header, **marks)
        inner._precedence, inner._log = self._chosen, BuildLog(config["strategy"], config["log_salt"], self._chosen)
        self._write, inner._write = inner._write, self._write_origin

    def handle(self, event: object) -> object:
        """Route any trigger's event. Never raises."""
        self._chosen.build = ""
        self._is_told = False
        answer = self._inner.handle(event)
        if not is_object(answer):
            return answer
        if not isinstance(answer.get("uri"), str):
            self._keep_out_of_cache(event, answer)
        elif not self._is_told:
            self._tell(answer)
        return answer

    def _write_origin(self, cf: Cf, origin: Origin, own_headers: Mapping[str, str]) -> None:
        """Write the origin of a request whose path is the one that the origin knows: it may be signed."""
        self._tell(cf["request"])
        self._write(cf, origin, own_headers)

    def _tell(self, request: dict[str, Any]) -> None:
        self._is_told = True
        request["uri"] = self._skew.strip(request["uri"])
        headers = request.get("headers")
        if is_object(headers):
            headers.pop(BUILD_HEADER, None)
            if self._chosen.build:
                headers[BUILD_HEADER] = [{"key": BUILD_HEADER, "value": self._chosen.build}]

    def _keep_out_of_cache(self, event: Any, response: dict[str, Any]) -> None:
        """A build that nobody knows may be known tomorrow, and its files have the same key then."""
        try:
            named = event["Records"][0]["cf"]["request"]["headers"][BUILD_HEADER][0]["value"]
            if named == NO_BUILD:
                response["headers"] = forbid_caching(response["headers"])
        except (AttributeError, LookupError, TypeError):
            return

    def decide(self, request: Request) -> Decision:
        return self._inner.decide(request)

    def close(self) -> None:
        self._inner.close()
