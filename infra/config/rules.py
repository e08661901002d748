"""Rules that several sections share: one of a few words, a range, no duplicates, and endpoints that SNS delivers to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator

from infra.config.base_model import Text
from infra.config.errors import custom_error, format_value, suggestion
from router.model import names, origin_rules

_EMAIL = re.compile(r"[^@\s]{1,64}@([^@\s]+)")


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


def no_duplicates(advice: str = "") -> AfterValidator:
    """A rule for a list in which nothing is listed twice; `advice` ends the message, such as "every Region once"."""
    return rule(lambda values: duplicate_error(values, advice))


def duplicate_error(values: Sequence[str], advice: str = "") -> str:
    """Return the error of a list that has something twice, "" otherwise."""
    twice = next((value for index, value in enumerate(values) if value in values[:index]), "")
    return f"lists {format_value(twice)} twice{advice and f': {advice}'}" if twice else ""


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
