"""Renders the outputs of the components, from what the schema of the component package is made of."""

from __future__ import annotations

from provider.generate.components import CANARY_ROUTING, EDGE_ROUTER, Output

from .pages import code, table

_WORDS = {"string": "text", "number": "number"}


def outputs_table() -> str:
    """Render a row for every output, with the components that have it."""
    components = (EDGE_ROUTER, CANARY_ROUTING)
    found = {name: one for component in components for name, one in component.outputs.items()}
    rows = [
        [code(name), _type(one), *(_presence(component.outputs.get(name)) for component in components), one.description]
        for name, one in found.items()
    ]
    return table(["output", "type", *(code(component.name) for component in components), "meaning"], rows)


def _presence(output: Output | None) -> str:
    if output is None:
        return ""
    return "always" if output.is_always_there else "may be"


def _type(output: Output) -> str:
    inner = output.type.get("items") or output.type.get("additionalProperties")
    if inner is None:
        return _WORDS[output.type["type"]]
    return f"{'list of' if output.type['type'] == 'array' else 'map to'} {_WORDS[inner['type']]}"
