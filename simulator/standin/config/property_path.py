"""The path syntax of `pulumi config set --path`: dots, ["quoted names"] and [0] indexes."""

import re

from simulator.standin.config.passphrase import is_sealed

Path = list[str | int]


def parse_path(text: str) -> Path:
    """The steps of a path, as the CLI's ParsePropertyPathStrict reads it. Errors: ValueError says what is wrong."""
    if text.startswith("."):
        raise ValueError("the path must start with a name or an index")
    steps: Path = []
    rest = text
    while rest:
        if rest[0] == "[":
            step, rest = _bracket(rest)
            steps.append(step)
            continue
        if rest[0] == ".":
            rest = rest[1:]
            if not rest or rest[0] == "[":
                raise ValueError("the path needs a name after '.'")
        name = re.match(r"[^.\[]*", rest)
        step = name.group() if name else ""
        steps.append(step)
        rest = rest[len(step) :]
    return steps


def _bracket(text: str) -> tuple[str | int, str]:
    if text.startswith('["'):
        quoted = re.match(r'\["((?:\\"|[^"])*)"(\]?)', text)
        if quoted is None:
            raise ValueError("the path misses the closing quote of a name")
        if not quoted.group(2):
            raise ValueError("the path misses the closing bracket of a name")
        return quoted.group(1).replace('\\"', '"'), text[quoted.end() :]
    inner, bracket, rest = text[1:].partition("]")
    if not bracket:
        raise ValueError("the path misses the closing bracket of an index")
    if not re.fullmatch(r"[+-]?\d+", inner):
        raise ValueError(f"the path has the index {inner!r}, which is not a number")
    return int(inner), rest


def set_at(root: object, path: Path, value: object, above: Path | None = None) -> object:
    """`root` with `value` at `path`; containers are made on the way, a list grows by one at most.

    `above` is the path of `root` itself, for messages. Errors: ValueError names the path of what a step does not fit,
    never what is there: it may be a secret. `root` itself is not changed.
    """
    if not path:
        return value
    here, step, rest = above or [], path[0], path[1:]
    if isinstance(step, str):
        if root is not None and (not isinstance(root, dict) or is_sealed(root)):
            raise ValueError(f"{format_path(here)} is {_describe(root)} and has no keys")
        inside = dict(root or {})
        inside[step] = set_at(inside.get(step), rest, value, [*here, step])
        return inside
    if root is not None and not isinstance(root, list):
        raise ValueError(f"{format_path(here)} is {_describe(root)} and has no items")
    items: list[object] = list(root or [])
    if not 0 <= step <= len(items):
        raise ValueError(f"{format_path([*here, step])} is out of range: the list has {_count(len(items))}")
    inner = set_at(items[step] if step < len(items) else None, rest, value, [*here, step])
    items[step:] = [inner, *items[step + 1 :]]
    return items


def format_path(path: Path) -> str:
    """Return the text that parse_path reads as this path."""
    return "".join(_format_step(step) for step in path).removeprefix(".")


def _format_step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if re.fullmatch(r"[^.\[\]\"]+", step) else '["{}"]'.format(step.replace('"', '\\"'))


def _describe(value: object) -> str:
    if isinstance(value, dict):
        return "encrypted" if is_sealed(value) else "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, (int, float)) else "text"


def _count(items: int) -> str:
    return f"{items} item" if items == 1 else f"{items} items"


def parse_value(text: str) -> object:
    """A value given on the command line inside a path: true, false and whole numbers are typed, the rest is text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text.startswith("0"):
        return text
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) and -(2**63) <= int(text) < 2**64 else text
