"""Compares one response with the expectations of a step."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from acceptance.checks.response import NO_CACHE, NO_DECISION, NO_LOG, NO_ORIGIN_HEADER, NO_VERSION, Seen
from acceptance.format.expect import SAME, Body, Expect, Share, share_counts
from acceptance.format.values import Condition, json_path
from infra.config.errors import format_value

NO_PERCENT = "the expected percentage is not known: write percent, or name the stack with --stack"
NOT_THERE = "not there"


@dataclass(frozen=True)
class Verdict:
    """One expectation: what was expected and found. `is_met` is None where it could not be judged, and `actual` says
    why."""

    expectation: str
    expected: str
    actual: str
    is_met: bool | None


def judge(expect: Expect, seen: Seen, previous: str | None = None) -> Iterator[Verdict]:
    """Yield a verdict for each expectation; `previous` is the version that the visitor got before, if any."""
    is_expected = any(_is_status(one, seen.status) for one in expect.status)
    yield Verdict("status", " or ".join(expect.status), str(seen.status), is_expected)
    if expect.version:
        yield _version(expect.version, seen, previous)
    if expect.origin:
        actual = seen.origin
        text = "none: the response is not from an origin" if actual == "" else str(actual)
        yield _equal("origin", expect.origin, actual, text, NO_ORIGIN_HEADER if seen.log is None else NO_DECISION)
    if expect.cache:
        yield _equal("cache", expect.cache, seen.cache, str(seen.cache), NO_CACHE)
    if expect.reason:
        yield _reason(expect.reason, seen)
    for name, condition in expect.log.items():
        yield _log(name, condition, seen)
    for name, condition in expect.headers.items():
        yield _texts(f"headers.{name}", condition, seen.headers.get_list(name))
    if expect.body is not None:
        yield from _body(expect.body, seen)
    if expect.url is not None:
        yield _texts("url", expect.url, [seen.target])
    if expect.within is not None:
        is_met = seen.elapsed_seconds <= expect.within
        yield Verdict("within", _milliseconds(expect.within), _milliseconds(seen.elapsed_seconds), is_met)


def judge_share(share: Share, versions: Sequence[str | None], stacks: float | None) -> Verdict:
    """Return the verdict on the versions that new visitors got; `stacks` is the percentage of the stack's settings."""
    percent = stacks if share.percent is None else share.percent
    if percent is None:
        return Verdict("share", f"the stack's own share of {share.version}", NO_PERCENT, None)
    low, high = share_counts(len(versions), percent, share.tolerance, share.confidence)
    tolerance = f" ± {share.tolerance:g}" if share.tolerance else ""
    test = f"{percent:g}{tolerance} %, exact binomial test at {share.confidence:g} %"
    expected = f"{low} to {high} of {len(versions)} visitors on {share.version} ({test})"
    if None in versions:
        return Verdict("share", expected, NO_VERSION, None)
    if (low, high) == (0, len(versions)):
        return Verdict("share", expected, "every count would be accepted: raise visitors", None)
    count = versions.count(share.version)
    return Verdict("share", expected, str(count), low <= count <= high)


def _is_status(expected: str, status: int) -> bool:
    return expected in (str(status), f"{status // 100}xx")


def _equal(key: str, expected: str, actual: str | None, text: str, unknown: str) -> Verdict:
    if actual is None:
        return Verdict(key, expected, unknown, None)
    return Verdict(key, expected, text, actual == expected)


def _version(expected: str, seen: Seen, previous: str | None) -> Verdict:
    if expected == SAME and (previous is None or seen.version is None):
        return Verdict("version", SAME, seen.version or NO_VERSION, None if seen.version is None else True)
    meant = previous if expected == SAME and previous is not None else expected
    return _equal("version", meant, seen.version, str(seen.version), NO_VERSION)


def _reason(expected: Sequence[str], seen: Seen) -> Verdict:
    wanted = " or ".join(expected)
    if seen.log is None:
        return Verdict("reason", wanted, NO_LOG, None)
    return Verdict("reason", wanted, ", ".join(seen.reasons) or NO_DECISION, not set(expected).isdisjoint(seen.reasons))


def _log(name: str, condition: Condition, seen: Seen) -> Verdict:
    key = f"log.{name}"
    if seen.log is None:
        return Verdict(key, condition.text, NO_LOG, None)
    if not seen.decision:
        return Verdict(key, condition.text, NO_DECISION, False)
    return _texts(key, condition, [_as_text(seen.decision[name])] if name in seen.decision else [])


def _body(body: Body, seen: Seen) -> Iterator[Verdict]:
    if body.equals is not None:
        yield Verdict("body.equals", format_value(body.equals), format_value(seen.text), seen.text == body.equals)
    for part in body.contains:
        yield Verdict("body.contains", format_value(part), format_value(seen.text), part in seen.text)
    for part in body.lacks:
        yield Verdict("body.lacks", format_value(part), format_value(seen.text), part not in seen.text)
    if body.matches is not None:
        is_found = re.search(body.matches, seen.text) is not None
        yield Verdict("body.matches", body.matches, format_value(seen.text), is_found)
    if body.json_paths:
        yield from _json(body, seen)


def _json(body: Body, seen: Seen) -> Iterator[Verdict]:
    try:
        document: object = json.loads(seen.body)
    except (ValueError, RecursionError):
        yield Verdict("body.json", "a JSON document", format_value(seen.text), False)
        return
    for path, condition in body.json_paths.items():
        yield _at_path(path, condition, document)


def _at_path(path: str, condition: Condition, document: object) -> Verdict:
    """The verdict on all values at a JSON path; one whose operators do not fit the document has failed."""
    key = f"body.json {path}"
    try:
        found: list[Any] = [one.value for one in json_path(path).find(document)]
        actual = ", ".join(format_value(one) for one in found) or NOT_THERE
    except Exception as error:  # noqa: BLE001  an operator raises whatever it meets in a value that it is not for
        why = str(error) or type(error).__name__
        return Verdict(key, condition.text, f"no value: the path does not fit this body: {why}", is_met=False)
    is_met = not found if condition.absent else bool(found) and all(is_json_met(condition, one) for one in found)
    return Verdict(key, condition.text, actual, is_met)


def _texts(key: str, condition: Condition, found: Sequence[str]) -> Verdict:
    """The verdict on texts of which one has to meet the condition."""
    is_met = not found if condition.absent else any(is_text_met(condition, text) for text in found)
    return Verdict(key, condition.text, ", ".join(map(format_value, found)) or NOT_THERE, is_met)


def is_text_met(condition: Condition, text: str) -> bool:
    """True where a text, such as a header, meets the condition; numbers and booleans count as their text."""
    if condition.one_of is not None:
        return text in map(_as_text, condition.one_of)
    if condition.matches is not None:
        return re.search(condition.matches, text) is not None
    if "contains" in condition.model_fields_set:
        return _as_text(condition.contains) in text
    return text == _as_text(condition.equals)


def is_json_met(condition: Condition, value: Any) -> bool:
    """True where a JSON value meets the condition; 5 and "5" are different values."""
    if condition.one_of is not None:
        return any(_is_same(one, value) for one in condition.one_of)
    if condition.matches is not None:
        return re.search(condition.matches, _as_text(value)) is not None
    if "contains" in condition.model_fields_set:
        return _contains(value, condition.contains)
    return _is_same(condition.equals, value)


def _contains(value: Any, part: Any) -> bool:
    if isinstance(value, str):
        return _as_text(part) in value
    return isinstance(value, (list, dict)) and any(_is_same(part, one) for one in cast("Iterable[Any]", value))


def _is_same(expected: Any, value: Any) -> bool:
    return isinstance(expected, bool) is isinstance(value, bool) and expected == value


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
