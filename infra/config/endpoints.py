"""Whom to tell: endpoints that SNS delivers to."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from infra.config.errors import rule, shown
from infra.config.section import Text
from router.model import names

_EMAIL = re.compile(r"[^@\s]{1,64}@([^@\s]+)")


def protocol_of(endpoint: str) -> str:
    """The SNS protocol of somebody to notify: email or https, "" for what is neither."""
    url = urlsplit(endpoint)
    if url.scheme == "https" and url.hostname and " " not in endpoint:
        return "https"
    address = _EMAIL.fullmatch(endpoint)
    return "email" if address and not names.domain_name(address[1]) else ""


def each_once(values: tuple[str, ...]) -> str:
    """What is wrong with a list in which something stands twice."""
    twice = next((value for index, value in enumerate(values) if value in values[:index]), "")
    return f"lists {shown(twice)} twice" if twice else ""


def _problem(value: str, output: str) -> str:
    if protocol_of(value):
        return ""
    return (
        f"is {shown(value)}: an email address or an https URL; anything else subscribes to the topic in the stack's"
        f" output {output}"
    )


RolloutEndpoints = Annotated[
    tuple[Annotated[Text, rule(lambda value: _problem(value, "rolloutTopic"))], ...], rule(each_once)
]
AlarmEndpoints = Annotated[
    tuple[Annotated[Text, rule(lambda value: _problem(value, "alarmTopic"))], ...], rule(each_once)
]
