"""Notes on what an answer leaves open: what the log does not tell, and what was not judged."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.stack import Stack
from what_if.findings import Findings, epoch_seconds
from what_if.rules import CERTAINTY, CONDITIONAL, EXPECTED

DAY_HOURS = 24
CLOCK_SECONDS = 3_600
"""The tolerated error of a clock; lines that lie further ahead were written by another time than UTC."""
UNKNOWN_COUNTRY = "-"


def notes(stack: Stack, findings: Findings, *, verifies: bool, now: float) -> Iterator[str]:
    """Yield the sentences. `verifies`: signatures of cookies were checked. `now` is in seconds since 1970."""
    yield from _identities(findings)
    yield from _settings(stack, verifies)
    yield from _lines(findings, now)


def _identities(findings: Findings) -> Iterator[str]:
    reasons, rules = findings.reasons, findings.rules
    if "token-not-logged" in reasons:
        yield "tokens are not in access logs: nobody is judged, and whoever has a token is assigned by its `sub`"
        return
    if sessions := findings.requests_by(CONDITIONAL):
        if_new = sum(counts.moved_if_new for counts in reasons.values())
        yield (
            f"{sessions:,} requests have a session, whose version only the sessions table knows: they stay on it. Where"
            f" the table knows none of them, {if_new:,} of these requests would move"
        )
    if not findings.has_cookies:
        yield (
            f"no cookie of {rules.strategy} is in the log: nothing is exact. Requests are assigned by their ids, which"
            " gives the right shares but not the right visitors"
        )
    elif expected := findings.requests_by(EXPECTED):
        yield (
            f"{expected:,} requests have no identity and are taken for new visitors, assigned by the request id: right"
            " for the requests of this log, a matter of chance for the next ones"
        )
    if findings.requests_by(EXPECTED):
        yield (
            "subrequests of pages without identity go where most new visitors do; the log has no Sec-Fetch-Mode, so"
            " they are among the new visitors"
        )
    if unreadable := reasons.get("unreadable-cookie"):
        yield f"{unreadable.requests:,} requests have a session cookie with characters beyond ASCII: not judged"
    if unknown := sum(
        counts.requests - counts.judged for reason, counts in reasons.items() if CERTAINTY[reason] == EXPECTED
    ):
        yield f"{unknown:,} requests have no request id in the log: not judged"


def _settings(stack: Stack, verifies: bool) -> Iterator[str]:
    settings = stack.settings
    if settings.pin != "none":
        yield f"pin is {settings.pin} in config: nobody moves until it is none, and this is what happens then"
    if settings.override is not None:
        yield "requests with the QA override are judged like all others: the log has no headers"
    if settings.skew is not None:
        yield "files of a known build stay with it (skew); here they are judged like all others"
    if not verifies and getattr(settings.options, "signing_keys", ()) and settings.strategy == "cookie-version":
        yield "signatures of version cookies were not checked: Athena keeps the text of a query, and keys with it"


def _lines(findings: Findings, now: float) -> Iterator[str]:
    for problem, number in findings.problems.items():
        yield f"{number:,} lines are not requests ({problem})"
    if not findings.minutes[0]:
        yield "no line has a time: there is no month, no peak and no course of a plan"
        return
    if without := findings.without_time:
        yield f"{without:,} requests have no valid time: they are judged, but are in no hour"
    if epoch_seconds(findings.minutes[1]) > now + CLOCK_SECONDS:
        last = findings.minutes[1]
        yield f"the log ends at {last}, which is to come: CloudFront writes UTC, is it another time zone?"
    if findings.hours < DAY_HOURS:
        yield (
            f"the log covers {findings.hours:.1f} hours: other hours of the day are taken to have their average, and"
            " the month to be like them"
        )
    if set(findings.countries) <= {UNKNOWN_COUNTRY}:
        yield "the log has no country: standard logging (v2) has the field c-country"
