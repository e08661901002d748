"""Errors in settings: the full key, its value (unless it is secret) and what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from stats.edit_distance import closest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_VALUE_CHARACTERS = 80

_EXPECTED = {
    "bool": "true or false",
    "decimal": "a number",
    "dict": "an object",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "mapping": "an object",
    "model": "an object",
    "string": "text",
    "tuple": "a list",
}
"""By the first word of pydantic's error types."""
_LIST = f": expected {_EXPECTED['list']}"
_SECRET_KEY = re.compile(r"secret(?!Header)|salt|password|signingKeys|jwks|privateKey|publicKey", re.IGNORECASE)
_PLAIN_KEY = re.compile(r"[\w-]+")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*?(?:'|…)|"(?:[^"\\]|\\.)*?(?:"|…)""")
"""A quoted part of a message, or its beginning where format_value has cut it."""

Location = tuple[int | str, ...]


class SettingsError(Exception):
    """Invalid settings: all errors, each one line with its full key."""

    def __init__(self, errors: Sequence[str]) -> None:
        count = f"{len(errors)} invalid settings" if len(errors) > 1 else "1 invalid setting"
        super().__init__("\n".join([f"{count}:", *(f"  {error}" for error in errors)]))
        self.errors = list(errors)


def custom_error(text: str) -> PydanticCustomError:
    """Return an error whose text follows the key in a message ("is 5: allowed is …")."""
    return PydanticCustomError("setting", "{text}", {"text": text})


def setting_error(text: str, *location: int | str, value: object = None) -> InitErrorDetails:
    """Return an error below the key that is being validated; `text` as for custom_error."""
    return InitErrorDetails(type=custom_error(text), loc=location, input=value)


def raise_errors(errors: list[InitErrorDetails]) -> None:
    """Report errors, if any, to pydantic, which puts its own location before theirs."""
    if errors:
        raise ValidationError.from_exception_data("settings", errors)


def errors_in(error: ValidationError) -> list[InitErrorDetails]:
    """Return pydantic's errors in this project's words, to be reported together with others."""
    return [setting_error(describe(entry), *entry["loc"], value=entry["input"]) for entry in _entries(error)]


def _entries(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False)


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """Return `did you mean X? Allowed: X, Y`, or only what is allowed."""
    names = sorted(allowed)
    meant = closest(word, names)
    listed = ", ".join(names) or "nothing"
    return f"did you mean {meant}? Allowed: {listed}" if meant else f"allowed: {listed}"


def describe(entry: ErrorDetails) -> str:
    """Return one of pydantic's errors in the words of this project's rules."""
    kind = entry["type"]
    if kind == "setting":
        return str(entry.get("ctx", {})["text"])
    if kind == "missing":
        return "is missing: it is required"
    expected = _EXPECTED.get(kind.partition("_")[0], entry["msg"])
    return f"is {format_value(entry['input'])}: expected {expected}"


def format_value(value: object) -> str:
    """Return a value for a message, cut at MAX_VALUE_CHARACTERS."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}…"


def format_errors(error: ValidationError, start: str, raw: object, secret_keys: Container[str]) -> list[str]:
    """Return one line per error; `raw` is what was validated, `start` begins every key but not `secret_keys`."""
    lines: list[str] = []
    for entry in _entries(error):
        location, text = entry["loc"], describe(entry)
        if location and (str(location[0]) in secret_keys or any(_SECRET_KEY.search(str(part)) for part in location)):
            text = _redact(text, [entry["input"], raw])
        if start.endswith(":") and isinstance(entry["input"], (str, int, float)) and text.endswith(_LIST):
            text += f"; by --set, item by item: {full_key('', location)}[0]=…"
        lines.append(f"{full_key(start, location)} {text}")
    return list(dict.fromkeys(lines))


def full_key(start: str, location: Location) -> str:
    """Return the key as `pulumi config set --path` takes it, `edge-router:stickySession.replicas[1]`, or as a
    component's caller knows it, `inputs.stickySession.replicas[1]`: `start` is `edge-router:` or `inputs.`.
    """
    path = "".join(_path_step(part) for part in location)
    return f"{start}{path.removeprefix('.')}".rstrip(".")


def _path_step(part: int | str) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f"[{json.dumps(part, ensure_ascii=False)}]"


def _redact(text: str, values: list[object]) -> str:
    """Replace every quoted part that is in one of the values."""
    leaves = [leaf for leaf in (repr(string)[1:-1] for string in _strings(values)) if leaf]

    def replace(quoted: re.Match[str]) -> str:
        content = quoted[0][1:-1]
        return "[secret]" if any(content in leaf or leaf in content for leaf in leaves) else quoted[0]

    return _QUOTED.sub(replace, text)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[object, object]", value).values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[object]", value):
            yield from _strings(item)
