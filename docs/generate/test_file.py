"""The reference of test files and their JSON schema, from the models of acceptance/format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from acceptance.format.expect import Body, Expect, Share
from acceptance.format.request import Request, Token
from acceptance.format.step import OriginState, Session, Step, Tenant
from acceptance.format.suite import Case, Suite, Versions, Visitor
from acceptance.format.values import Condition

from .docstrings import attributes, summary
from .pages import DOCS, code, table

SCHEMA_FILE = Path("test-file.schema.json")
MODELS: Mapping[str, type[BaseModel]] = {
    "The file": Suite,
    "`versions`": Versions,
    "`visitors.<name>`": Visitor,
    "`tests[]`": Case,
    "`tests[].steps[]`": Step,
    "`request`": Request,
    "`request.token`": Token,
    "`expect`": Expect,
    "`expect.body`": Body,
    "`expect.share`": Share,
    "Conditions": Condition,
    "`session`": Session,
    "`tenant`": Tenant,
    "`origin`": OriginState,
}
"""By heading, in the order of the page."""
SHORTHANDS: Mapping[type[BaseModel], list[dict[str, Any]]] = {
    Request: [{"type": "string", "pattern": "^([A-Z]+ +)?/"}],
    Condition: [{"type": ["string", "number", "boolean"]}, {"type": "array"}],
}
_OBJECTS = {
    "Body": "object",
    "Condition": "condition",
    "Request": "request",
    "Expect": "object",
    "Step": "step",
    "Case": "test",
}
_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}


def reference() -> str:
    """Render a table for each object of a test file."""
    schema = raw_schema()
    parts: list[str] = []
    for heading, model in MODELS.items():
        properties, required = _object(schema, model)
        rows = [
            [code(key), _describe(one), _default(one, key in required), str(one["description"])]
            for key, one in properties.items()
        ]
        parts += [f"### {heading}", summary(model), table(["key", "value", "default", "meaning"], rows)]
    return "\n\n".join(parts)


def schema_text() -> str:
    """Return the JSON schema of a test file, for editors."""
    schema = raw_schema()
    for model, others in SHORTHANDS.items():
        schema["$defs"][model.__name__] = {"anyOf": [*others, schema["$defs"][model.__name__]]}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "edge-router test file",
        "description": summary(Suite),
    }
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"


def stale_schema() -> dict[Path, str]:
    """Return the file of the schema with the text that it should have, where it differs."""
    path, text = DOCS / SCHEMA_FILE, schema_text()
    is_stale = not path.exists() or path.read_text(encoding="utf-8") != text
    return {path: text} if is_stale else {}


def raw_schema() -> dict[str, Any]:
    """Return pydantic's schema with the meanings of the keys, and without what says nothing to an editor."""
    schema = cast("dict[str, Any]", _tidy(Suite.model_json_schema()))
    for model in MODELS.values():
        meanings = attributes(model)
        names = {str(field.alias): name for name, field in model.model_fields.items()}
        properties, _ = _object(schema, model)
        for key, one in properties.items():
            one["description"] = meanings[_documented_name(names[key], key)]
    return schema


def _documented_name(name: str, key: str) -> str:
    """The name below `Attributes:`: that of the field, but where Python has another word for the key."""
    return key if key in ("json", "is") else name


def _object(schema: Mapping[str, Any], model: type[BaseModel]) -> tuple[dict[str, Any], list[str]]:
    found = schema if model is Suite else schema["$defs"][model.__name__]
    return found["properties"], found.get("required", [])


def _tidy(value: Any) -> Any:
    """Without titles, and without null, which no key takes; a text may be written as a number."""
    if isinstance(value, list):
        return [_tidy(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    found = {key: _tidy(item) for key, item in cast("dict[str, Any]", value).items() if not _is_noise(key, item)}
    options = [one for one in found.pop("anyOf", []) if one != {"type": "null"}]
    if len(options) > 1:
        found["anyOf"] = options
    elif options:
        found = options[0] | found
    if "pattern" in found and isinstance(found.get("default"), float):
        found["default"] = f"{found['default']:g}s"  # a duration
    if found.get("type") == "string" and not {"pattern", "enum"} & found.keys():
        found["type"] = ["string", "number"]
    return found


def _is_noise(key: str, value: Any) -> bool:
    if key == "default":
        return value in (None, "", [], {}, False) or isinstance(value, dict)
    return key in ("title", "description") and isinstance(value, str)


def _describe(one: Mapping[str, Any]) -> str:
    """Put the schema of a value into words."""
    if "$ref" in one:
        name = str(one["$ref"]).rpartition("/")[2]
        return _OBJECTS.get(name, "object")
    if "enum" in one and "2xx" in one["enum"]:
        return "class"
    if "enum" in one:
        return " or ".join(code(json.dumps(word).strip('"')) for word in one["enum"])
    if "anyOf" in one:
        return " or ".join(dict.fromkeys(_describe(part) for part in one["anyOf"]))
    if "pattern" in one:
        return "duration"
    kind = one.get("type", "any")
    if kind == "array":
        return f"list of {_describe(cast('dict[str, Any]', one.get('items', {})))}"
    if kind == "object":
        inner: Any = one.get("additionalProperties")
        return f"map to {_describe(cast('dict[str, Any]', inner))}" if isinstance(inner, dict) else "map"
    return "text" if isinstance(kind, list) else _TYPES.get(str(kind), str(kind))


def _default(one: Mapping[str, Any], is_required: bool) -> str:
    if is_required:
        return "required"
    if "default" not in one:
        return ""
    default = one["default"]
    text = ", ".join(cast("list[str]", default)) if isinstance(default, list) else json.dumps(default)
    return code(text.strip('"').removesuffix(".0"))
