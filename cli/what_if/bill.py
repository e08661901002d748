"""The month's cost at the traffic of a log, before and after, by the estimate of `edge-router cost`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from cli.cost.items import HOURS, Estimate, estimate
from cli.cost.traffic import Traffic
from infra.settings.stack import Stack
from what_if.findings import Findings
from what_if.rules import BESIDE_ROUTER, CONDITIONAL

KILOBYTE = 1024
FULL = 100


@dataclass(frozen=True)
class Bill:
    """Two estimates: as it is, and at most with the other percentage.

    `traffic` is the first one's; the second has more misses where the cache keeps each version apart, and the hours of
    a rollout.
    """

    traffic: Traffic
    now: Estimate
    then: Estimate

    @property
    def difference(self) -> Decimal:
        """Dollars a month, at most."""
        return self.then.total() - self.now.total()

    def changes(self) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Yield the items that differ: name, dollars before and after."""
        now = {(item.group, item.what): item.dollars or Decimal(0) for item in self.now.items}
        for item in self.then.items:
            before, after = now[item.group, item.what], item.dollars or Decimal(0)
            if before != after:
                yield item.what, before, after


def make_bill(
    stack: Stack, findings: Findings, *, duration_ms: float, rollout_hours: float, is_offline: bool
) -> Bill | None:
    """Return the month's bill, the log taken for a part of it; None for a log without times."""
    if not findings.hours:
        return None
    total, rules = findings.total, findings.rules
    others = [counts for reason, counts in findings.reasons.items() if reason in BESIDE_ROUTER]
    routed = total.requests - sum(counts.requests for counts in others)
    hit_percent = FULL * (total.hits - sum(counts.hits for counts in others)) / routed if routed else 0.0
    session_percent = FULL * findings.requests_by(CONDITIONAL) / routed if routed and rules.session_cookie else FULL
    traffic = Traffic(
        requests=round(routed * HOURS / findings.hours),
        response_kb=round(total.bytes / total.requests / KILOBYTE, 3),
        hit_percent=round(min(hit_percent, FULL), 3),
        duration_ms=duration_ms,
        session_percent=round(min(session_percent, FULL), 3),
        rollout_hours=0,
    )
    # A cache that had one version has two now: every object is fetched once more, at most.
    had_one, has_two = rules.before in (0, FULL), 0 < rules.after < FULL
    misses = 2 if rules.is_cacheable and had_one and has_two else 1
    then = replace(
        traffic,
        hit_percent=max(0.0, FULL - misses * (FULL - traffic.hit_percent)) if misses > 1 else traffic.hit_percent,
        rollout_hours=min(rollout_hours, HOURS),
    )
    [before], [after] = (estimate([stack], one, is_offline=is_offline) for one in (traffic, then))
    return Bill(traffic, before, after)
