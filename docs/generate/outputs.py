"""Renders the outputs of the components, from the classes that the schema of the component package is made of."""

from __future__ import annotations

from typing import Any, NotRequired, get_args, get_origin, is_typeddict

from provider.generate.components import CANARY_ROUTING, EDGE_ROUTER, meanings, output_hints

from .keys import TYPES
from .pages import code, table


def outputs_table() -> str:
    """Render a row for every output, with the components that have it."""
    components = (EDGE_ROUTER, CANARY_ROUTING)
    hints = [output_hints(component.outputs) for component in components]
    texts = {name: text for component in components for name, text in meanings(component.outputs).items()}
    rows = [[code(name), _words(_find(name, hints)), *_presence(name, hints), text] for name, text in texts.items()]
    return table(["output", "type", *(code(component.name) for component in components), "meaning"], rows)


def _find(name: str, hints: list[dict[str, Any]]) -> Any:
    return next(found[name] for found in hints if name in found)


def _presence(name: str, hints: list[dict[str, Any]]) -> list[str]:
    always = {True: "where it is", False: "always"}
    return [always[get_origin(found[name]) is NotRequired] if name in found else "" for found in hints]


def _words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is NotRequired:
        return _words(arguments[0])
    if origin is list:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"map to {_words(arguments[1])}"
    return "object" if is_typeddict(hint) else TYPES[hint]
