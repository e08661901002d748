"""Inputs that a component refuses: names that cannot be, and settings of a distribution that is the caller's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from infra.config.errors import format_value
from infra.inputs.reading import START, InputsError
from infra.naming.resource_names import prefix_error
from infra.settings.model import Settings
from infra.settings.stack import Stack

NAME_PREFIX = "namePrefix"
"""The input that is not a setting of a stack file: the beginning of physical names."""
DISTRIBUTION_ID = "distributionId"
"""The input of CanaryRouting that is not a setting either."""
ABOUT_THE_DISTRIBUTION: Mapping[str, tuple[Callable[[Settings], bool], str]] = {
    "domain": (
        lambda settings: settings.domain is not None,
        "set aliases and viewerCertificate there",
    ),
    "staticPaths": (
        lambda settings: bool(settings.static_paths),
        "add orderedCacheBehaviors there, with the target origin stable and without functions",
    ),
    "failover": (
        lambda settings: settings.failover is not None,
        "only EdgeRouter makes origin groups that its router knows",
    ),
    "skew.mode": (
        lambda settings: settings.skew is not None and settings.skew.mode == "fallback",
        "fallback needs the origin groups of EdgeRouter; leave it out, or set it to build",
    ),
    "priceClass": (
        lambda settings: "price_class" in settings.model_fields_set,
        "set priceClass there",
    ),
    "security.webAclArn": (
        lambda settings: bool(settings.security.web_acl_arn),
        "set webAclId there",
    ),
    "security.responseHeaders": (
        lambda settings: "response_headers" in settings.security.model_fields_set,
        "set responseHeadersPolicyId of its behaviors there",
    ),
    "accessLogs": (
        lambda settings: settings.access_logs != "none",
        "set up its logs there",
    ),
    "validator": (
        lambda settings: settings.validator.function,
        "only EdgeRouter has a function that validates it",
    ),
}
"""Settings that are about a distribution, whether they are given, and what to do in place of each.

Of those without a dot, every key is about it.
"""
_DISTRIBUTION_ID = re.compile(r"[A-Z0-9]{1,64}")


def check_prefix(given: object) -> str:
    """Return the input namePrefix, "" where there is none. InputsError."""
    if given is None:
        return ""
    if not isinstance(given, str):
        raise InputsError([f"{START}{NAME_PREFIX} has to be plain text: resources are named after it"])
    if text := prefix_error(given):
        raise InputsError([f"{START}{NAME_PREFIX} {text}"])
    return given


def check_distribution_id(given: object) -> str:
    """Return the input distributionId, which is a part of ARNs and of alarms. InputsError."""
    if isinstance(given, str) and _DISTRIBUTION_ID.fullmatch(given):
        return given
    text = f"is {format_value(given)}: the ID of a distribution has capital letters and digits, such as E1ABCDEFGHIJKL"
    raise InputsError([f"{START}{DISTRIBUTION_ID} {text}"])


def distribution_errors(stack: Stack, *, is_known: bool) -> Iterator[str]:
    """Yield the errors in settings that are about the distribution, which is the caller's; `is_known` is its ID."""
    settings = stack.settings
    for path, (is_given, instead) in ABOUT_THE_DISTRIBUTION.items():
        if is_given(settings):
            yield f"{stack.key(path)} is about the distribution, which is not this component's: {instead}"
    for name, one in settings.origins.items():
        if one.attach_policy and not is_known and settings.has_access_control:
            yield (
                f"{stack.key(f'origins.{name}.attachPolicy')} is true, and {DISTRIBUTION_ID} is not set: the policy"
                " names the distribution for which CloudFront signs requests"
            )
