"""Settings that may be Outputs: which they are, what stands in for each meanwhile, and a stack before and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pulumi

from infra.config.errors import Location
from infra.settings.stack import Stack

Given = TypeVar("Given")
Made = TypeVar("Made")

Siblings = Mapping[str, Any]

_ACCOUNT = "000000000000"
_REGION_IN_URL = re.compile(r"\.lambda-url\.([a-z0-9-]+)\.")
_REGION_IN_ARN = re.compile(r"arn:[^:]*:lambda:([a-z0-9-]+):")
_SOMEWHERE = "us-east-1"


def _host(path: Location, _: Siblings) -> str:
    """Return a host for each, because two that are known later count as two."""
    return f"{_label(path)}.known-later.example"


def _label(path: Location) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(map(str, path[:-1])).lower())


def _function_url(path: Location, siblings: Siblings) -> str:
    found = _REGION_IN_ARN.match(str(siblings.get("functionArn")))
    return f"{_label(path).replace('-', '')}.lambda-url.{found[1] if found else _SOMEWHERE}.on.aws"


def _function_arn(path: Location, siblings: Siblings) -> str:
    found = _REGION_IN_URL.search(str(siblings.get("functionUrl")))
    return f"arn:aws:lambda:{found[1] if found else _SOMEWHERE}:{_ACCOUNT}:function:{_label(path)}"


def _secret(_: Location, __: Siblings) -> str:
    return "known-later-known-later-known-later"


def _url(_: Location, __: Siblings) -> str:
    return "https://known-later.example/"


def _key(path: Location, _: Siblings) -> str:
    """Return a secret for each, because a list of keys has none twice."""
    return f"known-later-known-later-known-later-{path[-1]}"


_VALUES: Mapping[str, Callable[[Location, Siblings], str]] = {
    "origins.*.domainName": _host,
    "origins.*.bucket": lambda path, _: f"{_label(path)}-known-later",
    "origins.*.region": lambda _, __: _SOMEWHERE,
    "origins.*.functionUrl": _function_url,
    "origins.*.functionArn": _function_arn,
    "tier.tiers.*.domainName": _host,
    "domain.certificateArn": lambda _, __: f"arn:aws:acm:us-east-1:{_ACCOUNT}:certificate/known-later",
    "domain.hostedZoneId": lambda _, __: "ZKNOWNLATER",
    "security.webAclArn": lambda _, __: f"arn:aws:wafv2:us-east-1:{_ACCOUNT}:global/webacl/later/{'0' * 36}",
    "rollout.alarms.*": lambda path, _: f"arn:aws:cloudwatch:us-east-1:{_ACCOUNT}:alarm:known-later-{path[-1]}",
    "logSalt": _secret,
    "override.secret": _secret,
    "security.originSecret": _secret,
    "jwtIat.secret": _secret,
    "cookieVersion.signingKeys.*": _key,
    "stickySession.signingKeys.*": _key,
    "stickySession.cookieSecrets.*": _key,
    "rollout.slack": _url,
    "rollout.gates.webhook.url": _url,
    "rollout.gates.webhook.secret": lambda _, __: f"whsec_{'A' * 32}",
}
DEFERRABLE: tuple[str, ...] = tuple(_VALUES)
"""Their paths, where * is any name or index. All other settings decide which resources there are, or what they are
called, and have to be plain."""
SECRET: frozenset[str] = frozenset(
    {
        *("logSalt", "override.secret", "security.originSecret", "jwtIat.secret"),
        *("rollout.slack", "rollout.gates.webhook.url", "rollout.gates.webhook.secret"),
        *("cookieVersion.signingKeys.*", "stickySession.signingKeys.*", "stickySession.cookieSecrets.*"),
    }
)
"""Inputs that are secrets by their nature: wherever one of them is in a state, it is one there."""
_PATTERNS = {re.compile(name.replace(".", r"\.").replace("*", r"[^.]+")): name for name in DEFERRABLE}


def deferrable(path: Location) -> str:
    """Return the entry of DEFERRABLE that a path is, "" for none."""
    text = ".".join(map(str, path))
    return next((name for pattern, name in _PATTERNS.items() if pattern.fullmatch(text)), "")


def value_until_then(path: Location, siblings: Siblings) -> str:
    """Return a value that follows the rules of a path, and that differs from those at other paths."""
    return _VALUES[deferrable(path)](path, siblings)


def apply(value: pulumi.Input[Given], make: Callable[[Given], pulumi.Input[Made]]) -> pulumi.Input[Made]:
    """Return what is made of a value: at once where it is plain, so that nothing is an Output without need."""
    if isinstance(value, pulumi.Output):
        found: pulumi.Output[Given] = cast("Any", value)
        return found.apply(lambda known: pulumi.Output.from_input(make(known)))
    return make(cast("Given", value))  # nobody gives an awaitable here


@dataclass(frozen=True)
class StackValues:
    """The stack for its resources.

    `stack` decides which resources there are: where a value is an Output, it has another value of that kind in its
    place. `settled` has all values: it is `stack` itself, or an Output. `later` are the origins with such a value.
    """

    stack: Stack
    settled: pulumi.Input[Stack]
    later: frozenset[str] = frozenset()

    @classmethod
    def plain(cls, stack: Stack) -> StackValues:
        """Return those of a stack all of whose values are known."""
        return cls(stack, stack)

    @property
    def is_plain(self) -> bool:
        """True where all values are known."""
        return self.settled is self.stack

    def apply(self, make: Callable[[Stack], pulumi.Input[Made]]) -> pulumi.Input[Made]:
        """Return what is made of the values: at once, or as an Output."""
        return apply(self.settled, make)
