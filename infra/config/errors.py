"""Mistakes in settings, in words: the full key, its value (unless it is secret) and what is allowed."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic import AfterValidator, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST_SHOWN_CHARACTERS = 80

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
_SECRET_KEY = re.compile(r"secret(?!Header)|salt|password|signingKeys|jwks|privateKey|publicKey", re.IGNORECASE)
_PLAIN_KEY = re.compile(r"[\w-]+")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")

Location = tuple[int | str, ...]


class SettingsError(Exception):
    """Settings that cannot work: all mistakes, each one line with its full key."""

    def __init__(self, problems: Sequence[str]) -> None:
        count = f"{len(problems)} settings do" if len(problems) > 1 else "one setting does"
        super().__init__("\n".join([f"{count} not work:", *(f"  {problem}" for problem in problems)]))
        self.problems = list(problems)


def problem(text: str, *location: int | str, value: object = None) -> InitErrorDetails:
    """One mistake below the key that is being validated; `text` goes on after the key ("is 5: allowed is …")."""
    return InitErrorDetails(type=PydanticCustomError("setting", "{text}", {"text": text}), loc=location, input=value)


def raise_problems(problems: list[InitErrorDetails]) -> None:
    """Report mistakes to pydantic, which puts its own location before theirs."""
    if problems:
        raise ValidationError.from_exception_data("settings", problems)


def problems_of(error: ValidationError) -> list[InitErrorDetails]:
    """An error's mistakes in our words, ready to be reported together with others."""
    return [problem(words(entry), *entry["loc"], value=entry["input"]) for entry in error.errors(include_url=False)]


def rule(check: Callable[[Any], str]) -> AfterValidator:
    """A rule of router.model.names or its like, which returns "" or what is wrong and what is allowed."""

    def validate(value: Any) -> Any:
        if text := check(value):
            raise PydanticCustomError("setting", "{text}", {"text": text})
        return value

    return AfterValidator(validate)


def one_of(*allowed: str) -> AfterValidator:
    """One of a few words."""
    return rule(lambda value: "" if value in allowed else f"is {value!r}: {suggestion(value, allowed)}")


def suggestion(word: str, allowed: Iterable[str]) -> str:
    """`did you mean X? Allowed: X, Y`, or only what is allowed."""
    names = sorted(allowed)
    close = difflib.get_close_matches(word.lower(), {name.lower(): name for name in names}, n=1)
    meant = next((name for name in names if close and name.lower() == close[0]), "")
    listed = ", ".join(names) or "nothing"
    return f"did you mean {meant}? Allowed: {listed}" if meant else f"allowed: {listed}"


def words(entry: ErrorDetails) -> str:
    """What pydantic found, the way the rules say it."""
    kind = entry["type"]
    if kind == "setting":
        return str(entry.get("ctx", {})["text"])
    if kind == "missing":
        return "is missing: it is required"
    expected = _EXPECTED.get(kind.partition("_")[0], entry["msg"])
    return f"is {shown(entry['input'])}: expected {expected}"


def shown(value: object) -> str:
    """A value as it stands in a message."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_SHOWN_CHARACTERS else f"{text[:LONGEST_SHOWN_CHARACTERS]}…"


def told(error: ValidationError, project: str, raw: object, secret_keys: Container[str]) -> list[str]:
    """One line per mistake in the whole tree; `raw` is what was validated, `secret_keys` are names without project."""
    lines: list[str] = []
    for entry in error.errors(include_url=False):
        location, text = entry["loc"], words(entry)
        if location and (str(location[0]) in secret_keys or any(_SECRET_KEY.search(str(part)) for part in location)):
            text = _redacted(text, [entry["input"], raw])
        lines.append(f"{key_of(project, location)} {text}")
    return list(dict.fromkeys(lines))


def key_of(project: str, location: Location) -> str:
    """The full key as `pulumi config set --path` takes it: `edge-router:stickySession.replicas[1]`."""
    path = "".join(_step(part) for part in location)
    return f"{project}:{path.removeprefix('.')}"


def _step(part: int | str) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _PLAIN_KEY.fullmatch(part) else f'["{part}"]'


def _redacted(text: str, values: list[object]) -> str:
    """Without any quoted part that stands in one of the values."""
    leaves = [repr(leaf)[1:-1] for leaf in _strings(values)]
    return _QUOTED.sub(lambda found: _or_hidden(found[0], leaves), text)


def _or_hidden(quoted: str, leaves: list[str]) -> str:
    content = quoted[1:-1]
    return "[secret]" if any(content in leaf or leaf in content for leaf in leaves if leaf) else quoted


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value)
        for item in items.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in cast("Sequence[object]", value):
            yield from _strings(item)
