"""Rules that several sections share: words, ranges, duplicates, headers, path patterns, and endpoints of SNS."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from infra.config.base_model import Text
from infra.config.errors import custom_error, format_value, raise_errors, setting_error, suggestion
from router.model import names, origin_rules

MAX_STATIC_PATHS = 24
"""CloudFront's quota is 25 cache behaviors for each distribution, the default one among them."""
OWN_PREFIX = "x-router-"
_PATH_PATTERN = re.compile(r"/[A-Za-z0-9_.*$/~\"'@:+&?-]*")
"""The characters of a path pattern ("Cache behavior settings", Path pattern), here always with the leading /."""
_EMAIL = re.compile(r"[^@\s]{1,64}@([^@\s]+)")
_PERCENTAGE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


def rule(check: Callable[[Any], str]) -> AfterValidator:
    """Turn a check, which returns "" or the error with what is allowed, into a validator."""

    def validate(value: Any) -> Any:
        if text := check(value):
            raise custom_error(text)
        return value

    return AfterValidator(validate)


def optional_rule(check: Callable[[Any], str]) -> AfterValidator:
    """A rule that "" always follows."""
    return rule(lambda value: value and check(value))


def one_of(*allowed: str) -> AfterValidator:
    """A rule for one of a few words."""
    return rule(lambda value: "" if value in allowed else f"is {value!r}: {suggestion(value, allowed)}")


def between(low: float, high: float, unit: str = "") -> AfterValidator:
    """A rule for a number in this range, ends included."""
    return rule(lambda value: names.within(value, low, high, unit))


def absent_if_empty(value: Any) -> Any:
    """Replace `{}`, the default that Pulumi.yaml must give an optional section, by no section."""
    return None if value == {} else value


def _read_percentage(value: object) -> object:
    """Accept 10, "12.5" and "0.05", but neither "10%" nor "1e1"."""
    text = str(value)
    if isinstance(value, bool) or not _PERCENTAGE.fullmatch(text) or float(text) > 100:
        text = f"is {format_value(value)}: a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5"
        raise_errors([setting_error(text, value=value)])
    return float(text)


Percentage = Annotated[float, BeforeValidator(_read_percentage)]


def no_duplicates(advice: str = "") -> AfterValidator:
    """A rule for a list in which nothing is listed twice; `advice` ends the message, such as "every Region once"."""
    return rule(lambda values: duplicate_error(values, advice))


def duplicate_error(values: Sequence[str], advice: str = "") -> str:
    """Return the error of a list that has something twice, "" otherwise."""
    twice = next((value for index, value in enumerate(values) if value in values[:index]), "")
    return f"lists {format_value(twice)} twice{advice and f': {advice}'}" if twice else ""


def own_header_error(name: str) -> str:
    """Return the error in the name of a header that only the router sets, "" otherwise."""
    return (
        f"is {name!r}: headers that begin with {OWN_PREFIX} are the router's own"
        if name.lower().startswith(OWN_PREFIX)
        else ""
    )


def header_error(name: str) -> str:
    """Return the error in the name of a header that is not the router's, "" otherwise."""
    return own_header_error(name) or names.header_name(name)


def path_pattern_error(pattern: str) -> str:
    """Return the error in a path pattern other than that of every path."""
    if not _PATH_PATTERN.fullmatch(pattern) or len(pattern) > 255:
        return (
            f"is {pattern!r}: a path pattern starts with / and has at most 255 letters, digits and _-.*$/~\"'@:+&?,"
            f" such as {_example_pattern(pattern)}"
        )
    return f"is {pattern!r}: that is every path, and the router would see none" if not pattern.strip("/*") else ""


def _example_pattern(pattern: str) -> str:
    """Return the pattern with its slash where only that is missing (`*.js`), else any."""
    meant = f"/{pattern}"
    is_likely = pattern.strip("*") and not pattern.startswith("/") and _PATH_PATTERN.fullmatch(meant)
    return meant if is_likely and len(meant) <= 255 else "/static/*"


def path_patterns_error(patterns: tuple[str, ...]) -> str:
    """Return the error in a list of path patterns."""
    if len(patterns) > MAX_STATIC_PATHS:
        return f"has {len(patterns)} entries: CloudFront has room for {MAX_STATIC_PATHS}"
    return duplicate_error(patterns, "every pattern once")


def sns_protocol(endpoint: str) -> str:
    """Return the SNS protocol of an endpoint: email or https, "" for anything else."""
    url = urlsplit(endpoint)
    if url.scheme == "https" and url.hostname and " " not in endpoint:
        return "https"
    address = _EMAIL.fullmatch(endpoint)
    return "email" if address and not origin_rules.domain_name(address[1]) else ""


def endpoint(output: str) -> AfterValidator:
    """A rule for an SNS endpoint; `output` is the stack output that names the topic for all other protocols."""
    advice = f"an email address or an https URL; anything else subscribes to the topic in the stack's output {output}"
    return rule(lambda value: "" if sns_protocol(value) else f"is {format_value(value)}: {advice}")


RolloutEndpoints = Annotated[tuple[Annotated[Text, endpoint("rolloutTopic")], ...], no_duplicates()]
AlarmEndpoints = Annotated[tuple[Annotated[Text, endpoint("alarmTopic")], ...], no_duplicates()]
