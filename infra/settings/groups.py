"""The sections `holdout` and `bots`, and who may have a same-age baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from infra.config.base_model import Section, Text
from infra.config.errors import format_value, setting_error
from infra.config.rules import Percentage, no_duplicates, rule
from infra.settings.release import Release
from router.groups import BASELINE

if TYPE_CHECKING:
    from pydantic_core import InitErrorDetails

    from infra.settings.model import CoreSettings

EVERYBODY, MAX_TOKENS = 100, 16
LEAST_CHARACTERS, MOST_CHARACTERS = 3, 64
_BROWSERS = (
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/146.0.0.0 safari/537.36"
    " edg/146.0.0.0",
    "mozilla/5.0 (iphone; cpu iphone os 18_7 like mac os x) applewebkit/605.1.15 (khtml, like gecko) version/26.0"
    " mobile/15e148 safari/604.1",
    "mozilla/5.0 (x11; linux x86_64; rv:147.0) gecko/20100101 firefox/147.0",
    "mozilla/5.0 (linux; android 10; k) applewebkit/537.36 (khtml, like gecko) chrome/146.0.0.0 mobile safari/537.36",
)
"""User agents of common browsers, in lower case."""


def _token_error(token: str) -> str:
    allowed = (
        f"a part of a User-Agent has {LEAST_CHARACTERS} to {MOST_CHARACTERS} printable ASCII characters and no |,"
        " such as acme-monitor"
    )
    if (
        not LEAST_CHARACTERS <= len(token) <= MOST_CHARACTERS
        or not (token.isascii() and token.isprintable())
        or "|" in token
    ):
        return f"is {format_value(token)}: {allowed}"
    if any(token.lower() in agent for agent in _BROWSERS):
        return f"is {format_value(token)}: visitors' browsers send that, too, and no visitor would be assigned"
    return ""


def _tokens_error(tokens: tuple[str, ...]) -> str:
    return f"has {len(tokens)} entries: at most {MAX_TOKENS}" if len(tokens) > MAX_TOKENS else ""


def _lower(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(token.lower() for token in tokens)


class HoldoutSettings(Section):
    """Visitors who stay on stable through a series of releases, to be compared with all others.

    Attributes:
        percent: Share of the visitors. A higher one only adds visitors, a lower one only takes some away.
        name: The salt by which they are chosen: the same visitors as long as it is the same.
    """

    percent: Percentage
    name: Release


class BotSettings(Section):
    """Bots and prefetches are not assigned: they are sent to stable and not counted.

    Attributes:
        enabled: Whether bots are told apart, where the section is set.
        extra: Parts of user agents, besides [the list](groups.md#bots): your own monitoring, for instance.
    """

    enabled: bool = True
    extra: Annotated[
        tuple[Annotated[Text, rule(_token_error)], ...],
        AfterValidator(_lower),
        no_duplicates("every part once"),
        rule(_tokens_error),
    ] = ()


def has_baseline(settings: CoreSettings) -> bool:
    """True where the function tells the baseline apart, and a controller compares it."""
    return settings.has_rollout and settings.rollout is not None and settings.rollout.baseline


def bot_tokens(settings: CoreSettings) -> tuple[str, ...] | None:
    """The additional parts of user agents; None where bots are visitors like all others."""
    bots = settings.bots
    return bots.extra if bots is not None and bots.enabled and settings.needs.by_percentage else None


def baked_groups(settings: CoreSettings) -> dict[str, Any]:
    """Return what router.groups reads: nothing where no visitors are told apart."""
    if not settings.needs.by_percentage:
        return {}
    groups: dict[str, Any] = {"baseline": True} if has_baseline(settings) else {}
    if settings.holdout is not None:
        groups["holdout"] = settings.holdout.model_dump()
    tokens = bot_tokens(settings)
    if tokens is None:
        return {"groups": groups} if groups else {}
    return {"groups": {"baseline": False, **groups}, "bots": {"extra": list(tokens)}}


def group_errors(settings: CoreSettings) -> list[InitErrorDetails]:
    """Return errors about a baseline that nobody could remember, or whose name is an origin's."""
    if settings.rollout is None or not settings.rollout.baseline or not settings.needs.by_percentage:
        return []
    errors: list[InitErrorDetails] = []
    if settings.needs.table is not None and not settings.needs.version_header:
        text = (
            f"is true, but {settings.strategy} keeps visitors where the application's table says, and the table does"
            f" not say who came in the same minutes as the canary: set {settings.section}.caching to versioned, whose"
            " version cookie says so, or the strategy to cookie-version or jwt-iat"
        )
        errors.append(setting_error(text, "rollout", "baseline", value=True))
    if BASELINE in settings.origins:
        text = f"is the name of a group of visitors while rollout.{BASELINE} is true: give the origin another one"
        errors.append(setting_error(text, "origins", BASELINE, value=BASELINE))
    return errors


def group_warnings(settings: CoreSettings) -> list[str]:
    """Return warnings about groups that have no effect, or leave none for the others."""
    if settings.needs.by_percentage:
        is_all = settings.holdout is not None and settings.holdout.percent >= EVERYBODY
        text = f"holdout.percent is {EVERYBODY}: all new visitors stay on stable, whatever the percentage"
        return [text] if is_all else []
    given = {"holdout": settings.holdout is not None, "bots": settings.bots is not None}
    return [
        f"{key}: has no effect with {settings.strategy}, which does not assign visitors by a percentage"
        for key, is_given in given.items()
        if is_given
    ]
