"""The explanation of one decision: the stack's own router decides one event, with every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.explain.admission import Admission, Refusal, admit
from cli.explain.edge_decision import decide, read_request
from cli.stacks.local_reads import map_origins, use_variables
from cli.stacks.view import StackView
from router.groups import group_name
from router.model.decision import DEFAULT_ORIGIN, Decision
from router.model.request import Request

TABLE_FAILED = "table-"
RACING = "fastest-origin"
STATIC_PATH = "static-path"
"""The reason where no edge function runs; the log has no line of it."""
NOT_READ = "no-credentials"
"""The router's word for a table that it did not read, in a view of the settings alone."""


@dataclass(frozen=True)
class Explanation:
    """A decision and its reason. `steps` are (looked at, found).

    `unread` lists inputs that could not be read, and `refusal` is CloudFront's own response: either makes the
    decision void.
    """

    origin: str
    domain_name: str
    reason: str
    bucket: int | None
    is_fallback: bool
    steps: tuple[tuple[str, str], ...]
    table_source: str | None
    table_ms: float | None
    group: str = ""
    unread: tuple[str, ...] = ()
    refusal: Refusal | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the fields of the decision log and the steps; null for a void decision."""
        decision = {
            "origin": self.origin,
            "domainName": self.domain_name,
            "reason": self.reason,
            "group": self.group or None,
            "bucket": self.bucket,
            "fallback": self.is_fallback,
            "tableSource": self.table_source,
            "tableMs": self.table_ms,
        }
        return {
            **(dict.fromkeys(decision) if self.unread or self.refusal else decision),
            **({"refused": self.refusal._asdict()} if self.refusal else {}),
            "unread": list(self.unread),
            "steps": [{"lookedAt": looked_at, "found": found} for looked_at, found in self.steps],
        }


def explain_event(view: StackView, event: Mapping[str, Any], region: str) -> Explanation:
    """Explain the decision that the edge makes in this Region. EventError."""
    request = read_request(view.config, event, region)
    admission = admit(request, event, view.static_paths)
    if admission.refusal or admission.static_path:
        return _without_router(view, admission)
    live = view.in_force.live
    with use_variables(view.environment), map_origins(_origins(view)):
        decision = decide(view.config, request, region, is_withdrawn=live is not None and live.is_withdrawn)
    return _explanation(view, request, decision)


def _without_router(view: StackView, admission: Admission) -> Explanation:
    """No edge function decides: CloudFront rejects the request, or its path is static."""
    pattern, domain_name = admission.static_path, view.config["origins"][DEFAULT_ORIGIN]["domain_name"]
    steps = (("path", f"static, {pattern}"),) if pattern else ()
    return Explanation(
        *(DEFAULT_ORIGIN, domain_name, STATIC_PATH, None, False, steps, None, None), refusal=admission.refusal
    )


def _origins(view: StackView) -> Mapping[str, str] | None:
    return view.origin_urls if view.config["strategy"] == RACING else None


def _explanation(view: StackView, request: Request, decision: Decision) -> Explanation:
    origin, table = decision.origin, decision.reading
    return Explanation(
        origin=origin if isinstance(origin, str) else origin.name,
        domain_name=view.config["origins"][origin]["domain_name"] if isinstance(origin, str) else origin.domain_name,
        reason=decision.reason,
        bucket=decision.bucket,
        is_fallback=decision.is_fallback,
        steps=_steps(view, request),
        table_source=table.source if table else None,
        table_ms=table.elapsed_ms if table else None,
        group=group_name(decision),
        unread=_list_unread(view, decision),
    )


def _steps(view: StackView, request: Request) -> tuple[tuple[str, str], ...]:
    """The effective control first; a step that was not read has not failed."""
    in_force = [view.in_force.step] if view.in_force.step else []
    steps = [*in_force, *request.steps]
    if view.is_final or view.place:
        return tuple(steps)
    not_read = {f"failed: {NOT_READ}": "not read", f"failed: home-{NOT_READ}": "not read"}
    return tuple((name, not_read.get(found, found)) for name, found in steps if not name.startswith("probe"))


def _list_unread(view: StackView, decision: Decision) -> tuple[str, ...]:
    if decision.reason == "override":
        return ()
    unread = list(view.in_force.unread)
    if decision.reason.startswith(TABLE_FAILED) and not view.is_final:
        reason = f" ({decision.reason.removeprefix(TABLE_FAILED)})" if view.place else ""
        unread.append(f"the {view.table} table{reason}")
    is_race = view.config["strategy"] == RACING and decision.is_fallback
    if is_race and (not view.is_final or not view.place):
        unread.append(f"the origins{' from here' if view.place else ''}")
    return tuple(unread)
