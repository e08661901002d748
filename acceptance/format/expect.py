"""Expectations of the responses of a step."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from acceptance.format.request import HeaderName
from acceptance.format.values import Condition, Duration, Part, Statuses, Words, choice, json_path, pattern_error
from infra.config.base_model import Number, Text
from infra.config.errors import format_value
from infra.config.rules import Percentage, between, rule
from stats.binomial import accepted_counts

CACHE_RESULTS = ("hit", "refresh-hit", "miss", "error")
SAME = "same"
DEFAULT_STATUSES = ("2xx", "3xx")


def _json_path_error(text: str) -> str:
    if not text.startswith("$"):
        return f"is {format_value(text)}: a JSON path begins with $, such as $.items[0].name"
    try:
        json_path(text)
    except ValueError as error:
        return f"is {format_value(text)}: not a JSON path: {error}"
    return ""


class Body(Part):
    """Conditions on the body.

    Attributes:
        equals: The whole body.
        contains: A text, or several, in the body.
        lacks: A text, or several, that is not in the body.
        matches: A regular expression that is found in the body.
        json: Conditions on the JSON in the body, by JSON path (`$.items[0].name`); every value found there meets it.
    """

    equals: Text | None = None
    contains: Words = ()
    lacks: Words = ()
    matches: Annotated[Text, rule(pattern_error)] | None = None
    json_paths: dict[Annotated[str, rule(_json_path_error)], Condition] = Field(
        default_factory=dict[str, Condition], alias="json"
    )


class Share(Part):
    """The share of a version among the new visitors of a step, judged by the exact binomial test. A share is refused
    where the test would reject it, and every share within the tolerance as well.

    Attributes:
        version: The version, by the name of its origin.
        percent: The expected percentage. The default is the stack's own: `canaryPercent`, less the holdout.
        tolerance: Percentage points by which the true share may differ.
        confidence: Confidence level of the test, in percent: a stack that is in order fails once in 1,000 runs at 99.9.
    """

    version: Text = "canary"
    percent: Percentage | None = None
    tolerance: Annotated[Number, between(0, 50, "percentage points")] = 0.0
    confidence: Annotated[Number, between(80, 99.9999, "percent")] = 99.9


class Expect(Part):
    """The expectations of a step; each response has to meet all of them.

    Attributes:
        status: Status code, class (`2xx`), or a list of them.
        version: The version that responded, by the name of its origin; `same`: the one that this visitor got before in
            the test, or at first.
        origin: Name of the origin that the request was sent to. Without one (a response out of the cache, or of a
            function) the expectation fails.
        cache: `hit`, `miss`, `refresh-hit` (an object that CloudFront has had confirmed by the origin) or `error`, by
            `x-cache`, or by `age` where there is no `x-cache`.
        reason: The router's reason, or a list of which it is one; of several lines of the log one has it.
        log: Conditions on fields of the router's log line, such as `tableSource: eu-west-1`.
        headers: Conditions on headers, by name; of several headers of that name one meets it.
        body: Conditions on the body.
        url: Condition on path and query of the last response, after redirects.
        within: Time limit of each response.
        share: The share of a version among the step's new visitors.
    """

    status: Statuses = DEFAULT_STATUSES
    version: Text = ""
    origin: Text = ""
    cache: Annotated[Text, *choice(*CACHE_RESULTS)] | None = None
    reason: Words = ()
    log: dict[str, Condition] = Field(default_factory=dict[str, Condition])
    headers: dict[HeaderName, Condition] = Field(default_factory=dict[str, Condition])
    body: Body | None = None
    url: Condition | None = None
    within: Duration | None = None
    share: Share | None = None


def share_counts(size: int, percent: float, tolerance: float, confidence: float) -> tuple[int, int]:
    """Return the lowest and the highest count that a share accepts."""
    level = 1 - confidence / 100
    low, _ = accepted_counts(size, max(0.0, percent - tolerance) / 100, level)
    _, high = accepted_counts(size, min(100.0, percent + tolerance) / 100, level)
    return low, high
