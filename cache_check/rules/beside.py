"""What of a request reaches an origin beside the cache key, once a function at viewer-request has had it."""

from __future__ import annotations

from dataclasses import replace

from cache_check.function_code.reading import ANY, UnreadableCodeError, read_function
from cache_check.model.behaviors import Behavior, names_beyond
from cache_check.model.decision_inputs import Kind
from cache_check.rules.viewer import is_keyed
from pulumi_state.policies import Selection


def names_beside_key(behavior: Behavior, kind: Kind) -> str:
    """The names that are forwarded and not in the key, in words; "" for none."""
    return selected_beside_key(behavior, kind, forwarded(behavior, kind))


def selected_beside_key(behavior: Behavior, kind: Kind, taken: Selection) -> str:
    """Those of a selection, without what the function always writes by what is in the key, or removes."""
    replaced = _replaced_names(behavior, kind)
    if ANY in replaced:
        return ""
    if taken.mode == "whitelist":
        taken = replace(taken, names=taken.names - replaced)
    key = {"cookie": behavior.key.cookies, "header": behavior.key.headers, "query": behavior.key.query}[kind]
    return names_beyond(taken, key)


def forwarded(behavior: Behavior, kind: Kind) -> Selection:
    """What is forwarded beside the key."""
    extra = behavior.extra
    return {"cookie": extra.cookies, "header": extra.headers, "query": extra.query}[kind]


def _replaced_names(behavior: Behavior, kind: Kind) -> frozenset[str]:
    """The names of a kind whose values are the function's own; ANY for all."""
    function = behavior.at("viewer-request", is_lambda=False)
    if function is None or not function.code:
        return frozenset()
    try:
        reading = read_function(function.code)
    except UnreadableCodeError:
        return frozenset()
    if reading.unread:
        return frozenset()
    return frozenset(
        name
        for (found, name), made_of in reading.overwritten.items()
        if found == kind and all(is_keyed(behavior, source) for source in made_of)
    )


def find_made_of_host(behavior: Behavior) -> list[str]:
    """Headers beside the key that reach the origin and that a function at viewer-request makes of Host."""
    function = behavior.at("viewer-request", is_lambda=False)
    if function is None or not function.code or behavior.key.headers.takes("host"):
        return []
    try:
        written = read_function(function.code).written
    except UnreadableCodeError:
        return []  # reported by the rules about functions
    names = [name for (kind, name), made_of in written.items() if kind == "header" and ("header", "host") in made_of]
    return sorted(name for name in names if takes_beside(behavior, name))


def takes_beside(behavior: Behavior, header: str) -> bool:
    """Return whether a header is forwarded and not in the key."""
    return behavior.extra.headers.takes(header) and not behavior.key.headers.takes(header)
