"""Visitors whom the router knows by cookie, session, token, tenant or tier: who stays, and who is decided for anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from cli.effect.line import Draw, Line, percentage
from infra.settings.model import CoreSettings
from strategies.options import camel_case

LOOKUP = (
    *("table_name", "key_attribute", "version_attribute", "expiry_attribute", "versions", "home_region", "preset"),
    *("decode_cookie", "signed_cookie", "cookie_secrets", "key_digest", "key_prefix", "version_path"),
)
"""The options of sticky-session by which a session is found in the table, and its version read."""
_COOKIE = {"cookie", "signing_keys"}
_KEPT = {"caching", "application_cookies", "max_age_seconds", "version_cookie", "replicas"}
"""Options that leave everybody where they are."""
_CLOCK = {"released_at"}


def known_lines(before: CoreSettings, after: CoreSettings) -> tuple[list[Line], list[str]]:
    """The lines, and the keys of the strategy's options whose effect on visitors is not judged."""
    if before.strategy != after.strategy:
        return list(_after_switch(after)), []
    changed = _changed_options(before.options, after.options)
    read = {
        "cookie-version": _by_cookie,
        "sticky-session": _by_session,
        "jwt-iat": _by_token,
        "tier": _by_tier,
    }.get(after.strategy)
    handled = {"cookie-version": _COOKIE | _KEPT, "sticky-session": {"cookie", *LOOKUP} | _KEPT, "jwt-iat": _CLOCK}
    handled |= {"tier": {"tiers"}, "tenant-lookup": {"replicas"}}
    unjudged = [
        f"{after.section}.{camel_case(name)}" for name in changed if name not in handled.get(after.strategy, ())
    ]
    if after.pin != "none" or read is None:
        return [], unjudged
    return list(read(before, after, changed)), unjudged


def _after_switch(after: CoreSettings) -> Iterator[Line]:
    if after.strategy == "cookie-version":
        text = (
            f"Visitors with a cookie {after.options.cookie} of this release, from an earlier time with cookie-version,"
            " keep its version; everybody else counts as new."
        )
        yield Line("known", text)
    elif after.strategy == "sticky-session":
        yield Line(
            "known",
            "Visitors with a session get the version that the sessions table has for them; everybody else counts as"
            " new.",
        )
    elif after.strategy == "jwt-iat":
        yield token_line(after)
    else:
        yield Line("known", f"Nobody is remembered: {after.strategy} decides at every request.")


def _by_cookie(before: CoreSettings, after: CoreSettings, changed: list[str]) -> Iterator[Line]:
    draw, old, new = Draw.of(after), before.options, after.options
    if old.cookie != new.cookie:
        text = (
            f"The version cookie is {new.cookie} from now on: nobody has it yet, and everybody counts as new."
            f" {percentage(draw.share)} of them go to canary."
        )
        yield Line("known", text, after=draw.share)
    elif not _still_reads(old.signing_keys, new.signing_keys):
        text = (
            "No signing key is left that verifies the cookies that were set: everybody counts as new."
            f" {percentage(draw.share)} of them go to canary."
        )
        yield Line("known", text, after=draw.share)
    elif before.release != after.release:
        bare = (
            "" if new.signing_keys else " A cookie that has an origin's name alone, which an application sets, stays."
        )
        text = (
            "The release is a new one: everybody with a version cookie is drawn again by the visitor's id."
            f" {percentage(draw.share)} of them are on canary then, whichever version they had.{bare}"
        )
        moved = Draw.of(before).moved_percent(draw) if before.pin == after.pin else None
        yield Line("known", text, after=draw.share, moved=moved)
    elif before.pin != after.pin:
        yield Line("known", "Visitors with a version cookie are back on its version.")
    elif gone := set(old.signing_keys) - set(new.signing_keys):
        which = "a signing key" if len(gone) == 1 else "one of the signing keys"
        yield Line(
            "known",
            f"Visitors with a version cookie stay, unless {which} that is gone signed it: then they count as new.",
        )
    elif Draw.of(before) != draw or changed:
        yield Line("known", "Visitors with a version cookie stay.", moved=0)


def _still_reads(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Return whether cookies by the first of the former keys are still read."""
    return before[0] in after if before else not after


def _by_session(before: CoreSettings, after: CoreSettings, changed: list[str]) -> Iterator[Line]:
    draw = Draw.of(after)
    if before.options.cookie != after.options.cookie:
        text = (
            f"The session's cookie is {after.options.cookie} from now on: who has {before.options.cookie} alone counts"
            f" as new. {percentage(draw.share)} of them go to canary."
        )
        yield Line("known", text, after=draw.share)
    elif lookup := [camel_case(name) for name in changed if name in LOOKUP]:
        text = (
            f"Sessions are found in another way ({', '.join(lookup)}): a session that is found goes where the table"
            f" says; of the others {percentage(draw.share)} go to canary."
        )
        yield Line("known", text, after=draw.share)
    elif before.pin != after.pin:
        yield Line("known", "Visitors with a session are back on the version that the sessions table has for them.")
    elif Draw.of(before) != draw or changed:
        yield Line(
            "known", "Visitors with a session stay on the version that the sessions table has for them.", moved=0
        )


def _by_token(before: CoreSettings, after: CoreSettings, _changed: list[str]) -> Iterator[Line]:
    old, new = Draw.of(before), Draw.of(after)
    since, was = after.options.released_at, before.options.released_at
    if since != was:
        yield Line(
            "known",
            f"The release is of {since}, before of {was}: who has a token from between goes"
            f" {'to stable' if _is_later(since, was) else f'to canary at {percentage(new.share)}'} from then on.",
        )
    if before.pin != after.pin:
        yield token_line(after)
    elif old != new:
        moved, latest = old.moved_percent(new), since if _is_later(since, was) else was
        text = (
            f"Of users with a token since {latest}, {percentage(moved)} change sides: jwt-iat remembers nobody, and"
            f" {percentage(new.share)} of them are on canary then (before: {percentage(old.share)})."
        )
        yield Line("known", text, before=old.share, after=new.share, moved=moved)


def token_line(after: CoreSettings) -> Line:
    """Return the line about users with a token, by its age."""
    draw = Draw.of(after)
    text = (
        f"Of users with a token since {after.options.released_at}, {percentage(draw.share)} are on canary; everybody"
        " else is on stable."
    )
    return Line("known", text, after=draw.share)


def _is_later(one: str, other: str) -> bool:
    from strategies.jwt_iat.claims import parse_date  # the strategy's own reader of dates

    return (parse_date(one) or 0) > (parse_date(other) or 0)


def _by_tier(before: CoreSettings, after: CoreSettings, _changed: list[str]) -> Iterator[Line]:
    old, new = before.options.tiers, after.options.tiers
    for name in sorted({*old, *new}):
        was, now = (tiers[name].domain_name if name in tiers else "stable" for tiers in (old, new))
        if was != now:
            before_it = f"; before, to {was}" if before.pin == "none" else ""  # while pinned, all went where it said
            yield Line("known", f"Requests for the tier {name} go to {now}{before_it}.")
        elif old[name] != new[name]:
            yield Line("known", f"Requests for the tier {name} reach the same host in another way.")


def _changed_options(before: Any, after: Any) -> list[str]:
    names = (field.name for field in dataclasses.fields(after))
    return [name for name in names if getattr(before, name) != getattr(after, name)]
