"""The section `rollout.gates`: what a step waits for after the analysis has passed."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from typing import Annotated, Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator

from controller.gates.settings import LOOPBACK, ON_FAILURE, Gates, WebhookPolicy
from controller.gates.times import DAYS, Times, is_time
from infra.config.base_model import Section, Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error
from infra.config.rules import (
    Percentage,
    absent_if_empty,
    between,
    duplicate_error,
    no_duplicates,
    one_of,
    optional_rule,
    rule,
)

MAX_URL_CHARACTERS = 512
MAX_TIMES = 14
"""All environment variables of a function have 4 KB together ("Lambda quotas")."""
SECRET_BYTES = 24, 64
"""Standard Webhooks, "Symmetric signatures"."""

_SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+={0,2}")


def _address(value: str) -> SplitResult | None:
    """Return the parts of an address that a request can be sent to; None for another."""
    try:
        url = urlsplit(value)
        is_valid = bool(url.hostname) and url.port != 0 and value.isascii() and not re.search(r"\s", value)
    except ValueError:
        return None
    return url if is_valid and not url.username and len(value) <= MAX_URL_CHARACTERS else None


def url_error(value: str) -> str:
    """Return the error in the address of a webhook, without the address, which may be secret."""
    url = _address(value)
    if url is not None and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)):
        return ""
    return (
        f"is not an https URL of at most {MAX_URL_CHARACTERS} characters without user and password; the local edge also"
        " takes http://127.0.0.1"
    )


def is_local(value: str) -> bool:
    """Return True for an address that only the local edge asks."""
    return value.startswith("http:")


def _secret_error(value: str) -> str:
    least, most = SECRET_BYTES
    try:
        size = len(b64decode(value.removeprefix("whsec_"), validate=True)) if _SECRET.fullmatch(value) else 0
    except Error:
        size = 0
    if least <= size <= most:
        return ""
    return f"is not a secret of Standard Webhooks: whsec_ and {least} to {most} random bytes in base64"


def _time_error(value: str) -> str:
    return "" if is_time(value) else f"is {format_value(value)}: a time from 00:00 to 24:00, such as 09:30, in quotes"


def _zone_error(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError):
        return f"is {format_value(value)}: the IANA name of a time zone, such as Europe/Berlin or UTC"
    return ""


def _days_error(values: tuple[str, ...]) -> str:
    return "" if values else f"is empty, so that these times never come: one or more of {', '.join(DAYS)}"


def _count_error(values: tuple[object, ...]) -> str:
    return f"has {len(values)} entries: at most {MAX_TIMES}" if len(values) > MAX_TIMES else ""


def _approval_error(values: tuple[float, ...]) -> str:
    return duplicate_error([f"{value:g}" for value in values])


class WebhookSettings(Section):
    """A webhook that is asked before a step and at the end, signed as Standard Webhooks has it.

    Attributes:
        url: Its https URL.
        secret: `whsec_` and 24 to 64 random bytes in base64, by which it verifies the signature; use `--secret`.
        timeout_seconds: Seconds to connect, and as many for the response.
        attempts: Attempts in a row without a response, with 1, 2, 4, 8 and then 16 minutes between them.
        on_failure: What happens after the last one: pause, proceed, or roll back.
    """

    url: Annotated[Text, rule(url_error)] = Field(repr=False)
    secret: Annotated[Text, rule(_secret_error)] = Field(repr=False)
    timeout_seconds: Annotated[Whole, between(1, 10, "seconds")] = 5
    attempts: Annotated[Whole, between(1, 20, "attempts")] = 5
    on_failure: Annotated[Text, one_of(*ON_FAILURE)] = "pause"


class TimesSettings(Section):
    """A part of some days.

    Attributes:
        days: Days of the week: mon, tue, wed, thu, fri, sat, sun.
        start: When it begins, such as `"09:00"`.
        end: When it ends; `"24:00"` is the end of the day.
    """

    days: Annotated[tuple[Annotated[Text, one_of(*DAYS)], ...], no_duplicates(), rule(_days_error)]
    start: Annotated[Text, rule(_time_error)] = Field(alias="from")
    end: Annotated[Text, rule(_time_error)] = Field(alias="to")

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.start >= self.end:
            text = f"is {self.end!r}: must be after from, that is {self.start!r}; past midnight is two entries"
            raise_errors([setting_error(text, "to", value=self.end)])
        return self


class GateSettings(Section):
    """The gates that a step waits for after the analysis has passed. A gate delays no rollback.

    Attributes:
        approval: Percentages of steps that begin only after `edge-router rollout approve`. The first step is the
            command's, `start`.
        webhook: A webhook that is asked before each step but the first, and at the end.
        times: The only times at which a step begins; without them, any time.
        time_zone: Their time zone.
        freeze: No step is taken, and `start` and `promote` are rejected.
    """

    approval: Annotated[tuple[Percentage, ...], rule(_approval_error)] = ()
    webhook: Annotated[WebhookSettings | None, BeforeValidator(absent_if_empty)] = None
    times: Annotated[tuple[TimesSettings, ...], rule(_count_error)] = ()
    time_zone: Annotated[Text, rule(_zone_error)] = "UTC"
    freeze: bool = False

    def step_errors(self, steps: tuple[float, ...]) -> list[str]:
        """Return the errors in percentages that no step of the plan after the first has."""
        allowed = ", ".join(f"{step:g}" for step in steps[1:]) or "none"
        return [
            f"lists {percent:g}: a step after the first has that percentage, one of {allowed}"
            for percent in self.approval
            if percent not in steps[1:]
        ]

    @property
    def controller_gates(self) -> Gates:
        """The gates as the controller reads them, without their secrets."""
        times = tuple(Times(part.days, part.start, part.end) for part in self.times)
        return Gates(self.approval, times, self.time_zone, self.freeze, self._policy)

    @property
    def _policy(self) -> WebhookPolicy:
        hook = self.webhook
        if hook is None:
            return WebhookPolicy()
        host = urlsplit(hook.url).hostname or ""
        return WebhookPolicy(host, hook.attempts, hook.timeout_seconds, hook.on_failure)

    def warnings(self) -> list[str]:
        """Return what may surprise; each begins with its key below the section `rollout`."""
        found = ["gates.freeze is true: no step is taken until it is false"] if self.freeze else []
        if self.webhook is not None and is_local(self.webhook.url):
            found.append("gates.webhook.url is http, which only the local edge asks: in AWS every attempt fails")
        return found


SlackUrl = Annotated[Text, optional_rule(url_error)]
