"""A rollout's figures beside what its visitors met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.analysis.plan import Timing, Window, windows
from controller.analysis.sample import CANARY, STABLE, Sample, find_sample
from controller.rollout.state import Rollout

SERVER_ERROR = 500


@dataclass(frozen=True)
class Visit:
    """One visit as its visitor met it; `request_id` is CloudFront's, which the log has too."""

    request_id: str
    status: int


@dataclass(frozen=True)
class Counted:
    """A request as the router counted it: the version it was sent to and when, in milliseconds since 1970."""

    version: str
    at_ms: int


def agree(
    rollout: Rollout, visits: Sequence[Visit], counted: Mapping[str, Counted], timing: Timing, open_: int
) -> bool:
    """Compare the last samples with what visitors met in their window, but for `open_` requests that were under way."""
    return any(_agree_in(window, rollout, visits, counted, open_) for window in _windows(rollout, timing))


def describe_figures(rollout: Rollout) -> str:
    """`stable 33 requests, 0 errors; canary 35 requests, 17 errors`."""
    found = ((version, find_sample(rollout.samples, version)) for version in (STABLE, CANARY))
    return "; ".join(f"{version} {sample.trials} requests, {sample.errors} errors" for version, sample in found)


def _windows(rollout: Rollout, timing: Timing) -> Iterator[Window]:
    """Yield the windows that the controller may have looked at last."""
    seen_at = rollout.measured_until + timing.lag_seconds
    return windows(rollout.step_started_at, rollout.plan.interval_seconds, seen_at, timing)


def _agree_in(
    window: Window, rollout: Rollout, visits: Sequence[Visit], counted: Mapping[str, Counted], open_: int
) -> bool:
    met = {version: _count(window, visits, counted, version) for version in (STABLE, CANARY)}
    return all(
        0 <= more <= open_
        for version, (requests, errors) in met.items()
        for more in _missing(find_sample(rollout.samples, version), requests, errors)
    )


def _missing(sample: Sample, requests: int, errors: int) -> tuple[int, int]:
    return requests - sample.trials, errors - sample.errors


def _count(window: Window, visits: Sequence[Visit], counted: Mapping[str, Counted], version: str) -> tuple[int, int]:
    """Requests to this version in the window, and errors among them."""
    statuses = [visit.status for visit in visits if _is_counted(counted.get(visit.request_id), window, version)]
    return len(statuses), sum(status >= SERVER_ERROR for status in statuses)


def _is_counted(counted: Counted | None, window: Window, version: str) -> bool:
    is_within = counted is not None and window.start <= counted.at_ms / 1000 < window.end
    return counted is not None and is_within and counted.version == version
