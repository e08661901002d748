"""The effect of a change of settings on a stack's visitors, in sentences that hold for the router's decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.effect.known import known_lines, token_line
from cli.effect.line import Draw, Line, percentage
from controller.analysis.plan import settle_seconds
from infra.config.base_model import section_name
from infra.settings.groups import has_baseline
from infra.settings.model import CoreSettings
from infra.settings.origins import ROUTED, OriginSettings
from router.model.assignment import Assignment
from strategies.options import camel_case
from strategies.registry import STRATEGIES

WITHOUT_EFFECT = frozenset(
    {
        *("log_salt", "override", "key_headers", "price_class", "domain", "public_host", "forwarded_header", "rollout"),
        *("rewrite_redirects", "security", "access_logs", "alarms", "function", "keep_versions", "table_reads"),
        *("tables", "logs", "demo", "validator"),
    }
)
"""Settings that decide about no visitor's version."""
LIVE = frozenset({"canary_percent", "pin", "release"})
"""Settings that the control table holds (docs/control.md)."""
JUDGED = LIVE | {"strategy", "holdout", "origins", "static_paths"}


@dataclass(frozen=True)
class Effect:
    """The sentences, the keys that changed without an effect on versions, and those whose effect was not judged."""

    lines: tuple[Line, ...]
    without_effect: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "lines": [line.as_json() for line in self.lines],
            "withoutEffect": list(self.without_effect),
            "notJudged": list(self.not_judged),
        }


def find_effect(before: CoreSettings | None, after: CoreSettings) -> Effect:
    """The effect of a change; `before` is None for a stack that is new."""
    if before is None:
        return Effect((Line("everybody", "The stack is new: it has no visitors yet."), *_state(after)))
    changed = _changed_settings(before, after)
    known, unjudged = known_lines(before, after)
    judged, inside = JUDGED | WITHOUT_EFFECT | {after.section}, _inside_origins(before, after)
    builds = [key for key in inside if key.endswith(".build")]  # by which skew finds the origin of an open page
    others = [camel_case(name) for name in changed if name not in judged and not _is_of_other_strategy(name, after)]
    others += builds
    if has_baseline(before) != has_baseline(after):
        others.append("rollout.baseline")
    lines = [*_lines(before, after, known), *_origins(before, after), *_static(before, after)]
    if not lines and not unjudged and not others:
        lines = [Line("everybody", "Nobody moves: nothing changes that decides about a visitor.", moved=0)]
    idle = [camel_case(name) for name in changed if name in WITHOUT_EFFECT or _is_of_other_strategy(name, after)]
    idle += [key for key in inside if key not in builds]
    return Effect(tuple(lines), tuple(idle), (*unjudged, *others))


def _lines(before: CoreSettings, after: CoreSettings, known: list[Line]) -> Iterator[Line]:
    yield from _pin(before, after)
    if before.strategy != after.strategy:
        text = (
            f"The strategy is {after.strategy}, before it was {before.strategy}: it decides for everybody from then on."
        )
        yield Line("everybody", text)
    if after.pin != "none":
        yield from _in_force(before, after)
        return
    if after.needs.by_percentage:
        is_new_way = before.strategy != after.strategy or before.pin != "none"
        if is_new_way or Draw.of(before).share != Draw.of(after).share:
            yield from _new(before if not is_new_way else None, after)
        yield from known
        yield from _subrequests(before, after)
        yield from _rollout(before, after)
    else:
        yield from known
        yield from _without_draw(before, after)
    yield from _in_force(before, after)


def _state(after: CoreSettings) -> Iterator[Line]:
    """Return the lines about visitors of a new stack."""
    if after.pin != "none":
        yield Line("everybody", f"Everybody goes to {name_origin(after, after.pin)}: the pin says so.")
    elif after.strategy == "jwt-iat":
        yield token_line(after)
    elif after.needs.by_percentage:
        yield from _new(None, after)


def _new(before: CoreSettings | None, after: CoreSettings) -> Iterator[Line]:
    """Visitors of whom nothing is known, who are drawn one by one. With jwt-iat nobody is drawn without a token."""
    if after.strategy == "jwt-iat":
        return
    draw = Draw.of(after)
    former = Draw.of(before) if before is not None else None
    of = f"{percentage(draw.percent)} of those outside of the holdout"
    held = f", {of}" if draw.holdout_percent else ""
    was = f" (before: {percentage(former.share)})" if former and former.share != draw.share else ""
    text = f"{percentage(draw.share)} of new visitors go to {name_origin(after, 'canary')}{held}{was}."
    yield Line("new", text, before=former.share if former else None, after=draw.share)


def _without_draw(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    """Yield the line about percentage and release where the strategy assigns nobody."""
    names = [name for name in ("canary_percent", "release") if getattr(before, name) != getattr(after, name)]
    if names and before.strategy == after.strategy:
        verb = "decides" if len(names) == 1 else "decide"
        told = f"{' and '.join(map(camel_case, names))} {verb} nothing with {after.strategy}."
        yield Line("everybody", told, moved=0)


def _subrequests(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    """A page's own requests without an identity are not drawn: the percentage says where all of them go."""
    old, new = (Assignment(one.release, one.canary_percent).majority for one in (before, after))
    are_together = not any(getattr(one.options, "assign_subrequests", True) for one in (before, after))
    if old != new and are_together and before.pin == "none":
        why = "canaryPercent is above 50" if new == "canary" else "canaryPercent is 50 or less"
        yield Line("requests", f"Subrequests without an identity go to {new}, for {why}; before, to {old}.")


def _pin(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    if before.pin == after.pin:
        if after.pin != "none":
            text = f"Everybody stays on {name_origin(after, after.pin)}: the pin says so, whatever else changes."
            yield Line("everybody", text, moved=0)
        return
    if after.pin != "none":
        yield Line(
            "everybody",
            f"Everybody goes to {name_origin(after, after.pin)}, whatever they were assigned to: the pin says so."
            " Cookies and tokens stay as they are, for the time after it.",
            after=100.0 if after.pin == "canary" else 0.0,
        )
        return
    yield Line("everybody", f"The pin on {before.pin} ends: the strategy decides for everybody again.")


def _rollout(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    """The control table's rollout has precedence over the config's percentage (docs/control.md)."""
    is_live = before.control.is_live and after.control.is_live
    if not is_live or all(getattr(before, name) == getattr(after, name) for name in LIVE):
        return
    if before.release != after.release:
        yield Line("condition", "A rollout of the former release no longer counts.")
    else:
        yield Line(
            "condition",
            "If a rollout of this release is running or paused, its percentage stands, and the config's counts after"
            " it. If a finished rollout left a percentage or a withdrawn canary in effect, this change ends it.",
        )


def _in_force(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    steers = LIVE if after.needs.by_percentage else {"pin"}
    changed = set(_changed_settings(before, after))
    if changed & steers and changed <= LIVE and after.reads_control_table:
        seconds = settle_seconds(after.control.refresh_seconds)
        yield Line("condition", f"It takes effect within {seconds:g} s of `pulumi up`, without a new function.")


def _origins(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    for name in sorted({*before.origins, *after.origins}):
        old, new = before.origins.get(name), after.origins.get(name)
        if old is None:
            yield Line("origin", f"There is a new origin, {name_origin(after, name)}.")
        elif new is None:
            again = ": who has a version cookie for it is drawn again" if after.strategy == "cookie-version" else ""
            yield Line("origin", f"The origin {name} is gone{again}.")
        elif old.routed_fields() != new.routed_fields():
            hosts = f"{old.domain_name} becomes {new.domain_name}" if old.domain_name != new.domain_name else "settings"
            what = "another origin" if hosts != "settings" else "reached in another way"
            told = f": {hosts}" if hosts != "settings" else ""
            yield Line("origin", f"The origin {name} is {what}{told}. It is so for everybody who is on {name}.")


def _inside_origins(before: CoreSettings, after: CoreSettings) -> list[str]:
    """Return the keys that changed inside of origins, but for those by which a request reaches one."""
    names = [*OriginSettings.model_fields.keys() - ROUTED - {"bucket", "region", "function_url"}]
    return [
        f"origins.{origin}.{camel_case(name)}"
        for origin in sorted(before.origins.keys() & after.origins.keys())
        for name in sorted(names)
        if getattr(before.origins[origin], name) != getattr(after.origins[origin], name)
    ]


def _static(before: CoreSettings, after: CoreSettings) -> Iterator[Line]:
    old, new = set(before.static_paths), set(after.static_paths)
    if added := sorted(new - old):
        yield Line("requests", f"Requests for {', '.join(added)} go to stable from then on, without the router.")
    if gone := sorted(old - new):
        yield Line("requests", f"Requests for {', '.join(gone)} are routed from then on; before, all went to stable.")


def name_origin(settings: CoreSettings, name: str) -> str:
    """`canary (v2.example.com)`."""
    origin = settings.origins.get(name)
    return f"{name} ({origin.domain_name})" if origin is not None and origin.domain_name else name


def _changed_settings(before: CoreSettings, after: CoreSettings) -> list[str]:
    fields: Mapping[str, Any] = type(after).model_fields
    return sorted(name for name in fields if getattr(before, name, None) != getattr(after, name, None))


def _is_of_other_strategy(name: str, settings: CoreSettings) -> bool:
    """Return whether a field is the section of a strategy that the stack does not use."""
    return name in {section_name(one) for one in STRATEGIES} - {settings.section}
