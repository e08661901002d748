"""Parts of a request that reach an origin beside the cache key, after the viewer-request function."""

from __future__ import annotations

from dataclasses import replace

from cache_check.function_code.reading import ANY, FunctionReading, UnreadableCodeError, read_function
from cache_check.model.behaviors import Behavior, names_beyond
from cache_check.model.decision_inputs import Kind
from cache_check.rules.viewer import is_keyed
from pulumi_state.policies import Selection, Values


def names_beside_key(behavior: Behavior, kind: Kind) -> str:
    """The names that are forwarded and not in the key, in words; "" for none."""
    return selected_beside_key(behavior, kind, forwarded(behavior, kind))


def selected_beside_key(behavior: Behavior, kind: Kind, taken: Selection) -> str:
    """The names of a selection, without what the function always writes by what is in the key, or removes."""
    replaced = _replaced_names(behavior, kind)
    if ANY in replaced:
        return ""
    if taken.mode == "whitelist":
        taken = replace(taken, names=taken.names - replaced)
    return names_beyond(taken, _select(behavior.key, kind))


def forwarded(behavior: Behavior, kind: Kind) -> Selection:
    """The selection that is forwarded beside the key."""
    return _select(behavior.extra, kind)


def _select(values: Values, kind: Kind) -> Selection:
    return {"cookie": values.cookies, "header": values.headers, "query": values.query}[kind]


def _replaced_names(behavior: Behavior, kind: Kind) -> frozenset[str]:
    """The names of a kind whose values are the function's own; ANY for all."""
    reading = _read_viewer_function(behavior)
    if reading is None or reading.unread:
        return frozenset()
    return frozenset(
        name
        for (found, name), made_of in reading.overwritten.items()
        if found == kind and all(is_keyed(behavior, source) for source in made_of)
    )


def find_made_of_host(behavior: Behavior) -> list[str]:
    """Headers beside the key that reach the origin and that a function at viewer-request makes of Host."""
    reading = None if behavior.key.headers.takes("host") else _read_viewer_function(behavior)
    written = reading.written.items() if reading is not None else ()
    names = [name for (kind, name), made_of in written if kind == "header" and ("header", "host") in made_of]
    return sorted(name for name in names if takes_beside(behavior, name))


def _read_viewer_function(behavior: Behavior) -> FunctionReading | None:
    """The reading of the viewer-request function; None without one that can be read, which other rules report."""
    function = behavior.at("viewer-request", is_lambda=False)
    if function is None or not function.code:
        return None
    try:
        return read_function(function.code)
    except UnreadableCodeError:
        return None


def takes_beside(behavior: Behavior, header: str) -> bool:
    """Return whether a header is forwarded and not in the key."""
    return behavior.extra.headers.takes(header) and not behavior.key.headers.takes(header)
