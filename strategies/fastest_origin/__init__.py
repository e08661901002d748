"""Fastest origin: probes all candidates at once and remembers the first healthy one for a while; no table."""

from __future__ import annotations

import time

from router.model import names
from router.model.deadline import Stopwatch
from router.model.decision import Decision
from router.model.record import record
from strategies.base import Edge, Needs, Strategy
from strategies.fastest_origin.probes import HeadProbe
from strategies.fastest_origin.race import ProbePool, Race
from strategies.options import first_error, require

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import ClassVar

    from router.model.assignment import Assignment
    from router.model.request import Request
    from strategies.fastest_origin.race import Probe

MARGIN_SECONDS = 0.05
"""A probe that takes longer than its time-out and this counts as frozen; with 900 ms the sum stays below 1 s."""
MAX_CANDIDATES = 8
MAX_PATH_CHARACTERS = 1_024
MAX_DISCARDED_REFRESHES = 3
ALL_DOWN_SECONDS = 5.0


@record
class Options:
    """The candidate origins and their probes.

    Attributes:
        candidates: Names of the candidate origins.
        path: Path of a probe, after the origin's own path.
        probe_timeout_ms: Deadline of a probe; name resolution and TLS included.
        refresh_seconds: How long a winner is fresh.
    """

    candidates: tuple[str, ...] = ("stable", "canary")
    path: str = "/"
    probe_timeout_ms: int = 800
    refresh_seconds: int = 60

    def __post_init__(self) -> None:
        require(
            candidates=_candidates_error(self.candidates),
            path=_path_error(self.path),
            probe_timeout_ms=names.within(self.probe_timeout_ms, 50, 900, "milliseconds"),
            refresh_seconds=names.within(self.refresh_seconds, 1, 86_400, "seconds"),
        )


def _candidates_error(candidates: Sequence[str]) -> str:
    twice = next((name for name in candidates if list(candidates).count(name) > 1), "")
    return first_error(
        ""
        if 2 <= len(candidates) <= MAX_CANDIDATES
        else f"has {len(candidates)} entries: 2 to {MAX_CANDIDATES} origin names can race",
        f"lists {twice!r} twice: every candidate once" if twice else "",
    )


def _path_error(path: str) -> str:
    is_printable = path.isascii() and all(" " < character < "\x7f" for character in path)
    if path.startswith("/") and is_printable and "#" not in path and len(path) <= MAX_PATH_CHARACTERS:
        return ""
    return (
        f"is {path!r}: a path starts with / and has at most {MAX_PATH_CHARACTERS} printable ASCII characters,"
        " no space and no #"
    )


class FastestOrigin(Strategy):
    """Sends a Region's visitors to the origin that responds first. Choose it for equal origins in several places.

    The first request of an instance waits for a race. Later ones get the remembered winner, also once it is stale:
    then a new race starts beside the request. Lambda freezes the environment after each request, so that race may end
    much later, or measure the freeze; such a result is discarded, and after three in a row one request waits for its
    race. So does one that finds the remembered origin down.

    Reasons:
        remembered: the winner, fresh
        stale: the winner, past `refreshSeconds`; a new race runs beside the request
        probed: the winner of the race that this request waited for
        all-down: `stable`, fallback: no candidate answered below 500 in time; given again for 5 s without probing
        probes-stuck: `stable`, fallback: no candidate could be probed, because the last probes still hang in name
            resolution
    """

    name: ClassVar[str] = "fastest-origin"
    Options: ClassVar[type] = Options
    options: Options

    def __init__(
        self,
        options: Options,
        edge: Edge,
        *,
        probe: Probe | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(options, edge)
        origins = {name: edge.origins[name] for name in options.candidates if name in edge.origins}
        self._stopwatch = Stopwatch(edge.clock, timer)
        timeout_seconds = options.probe_timeout_ms / 1000
        self._pool = ProbePool(
            origins,
            options.path,
            timeout_seconds,
            timeout_seconds + MARGIN_SECONDS,
            stopwatch=self._stopwatch,
            probe=probe or _head_probe(any(origin.protocol == "https" for origin in origins.values())),
        )
        self._choice = ""
        self._known_since = self._stopwatch.now()
        self._is_all_down = False
        self._race: Race | None = None
        self._discarded_refreshes = 0

    @classmethod
    def needs(cls, options: Options) -> Needs:
        longest_wait_ms = options.probe_timeout_ms + round(MARGIN_SECONDS * 1000)
        return Needs(varies=False, origins=frozenset(options.candidates), longest_wait_ms=longest_wait_ms)

    def choose(self, request: Request, _assignment: Assignment, /) -> Decision:
        self._adopt_refresh()
        age = self._stopwatch.elapsed(self._known_since)
        if self._choice and age < self.options.refresh_seconds:
            return self._recall(request, "remembered")
        if self._is_all_down and age < ALL_DOWN_SECONDS:
            request.step("probes", "all down a moment ago")
            return Decision("stable", "all-down", is_fallback=True)
        if not self._choice or self._must_wait():
            return self._wait(request)
        if self._race is None:
            self._race = self._pool.start()
        return self._recall(request, "stale")

    def _recall(self, request: Request, reason: str) -> Decision:
        request.step("remembered origin", reason)
        return Decision(self._choice, reason)

    def _must_wait(self) -> bool:
        """True where the stale choice is no longer good enough."""
        is_down = self._race is not None and self._choice in self._race.down
        return is_down or self._discarded_refreshes >= MAX_DISCARDED_REFRESHES

    def _adopt_refresh(self) -> None:
        """Adopt the outcome of a race beside earlier requests, once it is over."""
        race = self._race
        if race is None or not race.is_over:
            return
        race.abandon()
        self._race = None
        if not self._settle(race):
            is_down = self._choice in race.down
            self._discarded_refreshes = MAX_DISCARDED_REFRESHES if is_down else self._discarded_refreshes + 1

    def _wait(self, request: Request) -> Decision:
        """Race now, and decide by the outcome; a running race is abandoned, because it may include a freeze."""
        if self._race is not None:
            self._race.abandon()
            self._race = None
        race = self._pool.start()
        race.wait()
        for name, failure in race.down.items():
            request.step(f"probe {name}", failure)
        if self._settle(race):
            request.step("probes", self._choice or "all down")
            if self._choice:
                return Decision(self._choice, "probed")
            return Decision("stable", "all-down", is_fallback=True)
        if self._choice:  # earlier probes still hang in name resolution: there is nothing better
            return self._recall(request, "stale")
        request.step("probes", "earlier ones still under way")
        return Decision("stable", "probes-stuck", is_fallback=True)

    def _settle(self, race: Race) -> bool:
        """Remember the outcome of a race that is over, from its start on; False where it proves nothing."""
        if not race.winner and (race.discarded or not race.down):
            return False
        self._choice = race.winner
        self._is_all_down = not race.winner
        self._known_since = race.started
        self._discarded_refreshes = 0
        return True


def _head_probe(is_tls: bool) -> HeadProbe:
    probe = HeadProbe()
    if is_tls:
        probe.prepare()
    return probe
