"""Findings of the check, and the parts of a state that it could not check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from cache_check.model.behaviors import Behavior
from cache_check.model.decision_inputs import DecisionInputs, Kind

Severity = Literal["error", "warning"]
_POLICY_SECTIONS: dict[Kind, str] = {
    "cookie": "cookiesConfig.cookies",
    "header": "headersConfig.headers",
    "query": "queryStringsConfig.queryStrings",
}
_LEGACY_SECTIONS: dict[Kind, str] = {
    "cookie": "cookies.whitelistedNames",
    "header": "headers",
    "query": "queryStringCacheKeys",
}


@dataclass(frozen=True)
class Finding:
    """One leak: "error" if it is certain, "warning" if the state alone cannot tell.

    `urn` is that of the distribution, which tells two of the same name apart.
    """

    name: str
    severity: Severity
    distribution: str
    path_pattern: str
    explanation: str
    fix: str
    urn: str = ""

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.path_pattern}"
        return f"{self.name} ({where}): {self.explanation} Fix: {self.fix}"

    def as_json(self) -> dict[str, str]:
        """The fields under their names in JSON."""
        fields = asdict(self)
        return {{"path_pattern": "pathPattern", "fix": "mend"}.get(name, name): text for name, text in fields.items()}


@dataclass(frozen=True)
class NotChecked:
    """A part of a state that the check could not evaluate, and why. `pattern` is a behavior's, or ""."""

    distribution: str
    why: str
    fix: str = ""
    pattern: str = ""

    def __str__(self) -> str:
        where = f"{self.distribution}, path pattern {self.pattern}" if self.pattern else self.distribution
        return f"{where}: {self.why}"

    def as_json(self) -> dict[str, str]:
        pattern = {"pathPattern": self.pattern} if self.pattern else {}
        return {"distribution": self.distribution, **pattern, "why": self.why, "mend": self.fix}


def finding_at(
    behavior: Behavior,
    name: str,
    severity: Severity,
    explanation: str,
    setting: str = "",
    inputs: DecisionInputs | None = None,
    *,
    fix: str = "",
) -> Finding:
    """A finding at a behavior. `setting` fixes it where the router there has these `inputs`, or `fix` says how."""
    fix = fix or describe_fix(behavior, inputs, setting)
    return Finding(name, severity, behavior.distribution, behavior.path_pattern, explanation, fix, behavior.urn)


def describe_fix(behavior: Behavior, inputs: DecisionInputs | None, setting: str) -> str:
    """The setting and its place; for a distribution of this project's stack, the config key or command that sets it.

    `pulumi up` of this project's stack touches no distribution but its own.
    """
    if inputs is None or not inputs.manages(behavior):
        return f"in {behavior.address} of {behavior.distribution}: {setting}."
    if inputs.caching_key:
        return f"set {inputs.caching_key} to versioned or none and run `pulumi up`; the setting is {setting}."
    return f"run `pulumi up`, which puts the stack's own settings back; the setting is {setting}."


def add_to_key(behavior: Behavior, kind: Kind, name: str) -> str:
    """The setting that adds a name to the cache key."""
    if behavior.is_legacy:
        return f"{name} in forwardedValues.{_LEGACY_SECTIONS[kind]}"
    if behavior.managed_cache_policy:
        own = f"a cache policy of your own in the place of AWS's {behavior.managed_cache_policy}"
        return f"{own}, with {name} in {_POLICY_SECTIONS[kind]}"
    return f"{name} in the cache policy's {_POLICY_SECTIONS[kind]}"


def forward(behavior: Behavior, kind: Kind, name: str) -> str:
    """The setting that forwards a name to the origin triggers."""
    if behavior.is_legacy:
        return "forwardedValues.queryString true" if kind == "query" else add_to_key(behavior, kind, name)
    if kind == "query":
        return 'the origin request policy\'s queryStringsConfig.queryStringBehavior "all"'
    return f"{name} in the origin request policy's {_POLICY_SECTIONS[kind]}"


def disable_caching(behavior: Behavior) -> str:
    """The setting that disables caching, of errors too."""
    if behavior.is_legacy:
        return "minTtl, defaultTtl and maxTtl 0 with errorCachingMinTtl 0"
    return "the cache policy CachingDisabled with errorCachingMinTtl 0"


def disable_error_caching(statuses: list[int]) -> str:
    """The setting that disables the caching of errors."""
    return f"customErrorResponses with errorCachingMinTtl 0 for {', '.join(map(str, statuses))}"


def set_ttl_to_zero(behavior: Behavior, *names: str) -> str:
    """The setting of a TTL to 0, in the policy or at the behavior itself."""
    zero = f"{' and '.join(names)} 0"
    if behavior.managed_cache_policy:
        return f"a cache policy of your own in the place of AWS's {behavior.managed_cache_policy}, with {zero}"
    return zero if behavior.is_legacy else f"the cache policy's {zero}"


def policy_import(kind: str, policy_id: str) -> str:
    """The commands that import a policy into the state, and that show it."""
    command = "get-cache-policy" if kind.endswith(":CachePolicy") else "get-origin-request-policy"
    return (
        f"`pulumi import --protect=false {kind} {policy_id[:8]} {policy_id}` in the project of this state, and export"
        f" it again; `aws cloudfront {command} --id {policy_id}` shows it."
    )


def join_names(names: list[str]) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
