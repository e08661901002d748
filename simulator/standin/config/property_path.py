"""The path syntax of `pulumi config set --path`: dots, ["quoted names"] and [0] indexes."""

import re

Path = list[str | int]


def parse_path(text: str) -> Path:
    """The steps of a path, as the CLI's ParsePropertyPathStrict reads it. Errors: ValueError says what is wrong."""
    if text.startswith("."):
        raise ValueError("must start with a name or an index")
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
                raise ValueError("needs a name after '.'")
        name = re.match(r"[^.\[]*", rest)
        step = name.group() if name else ""
        steps.append(step)
        rest = rest[len(step) :]
    return steps


def _bracket(text: str) -> tuple[str | int, str]:
    if text.startswith('["'):
        quoted = re.match(r'\["((?:\\"|[^"])*)"(\]?)', text)
        if quoted is None:
            raise ValueError("misses the closing quote of a name")
        if not quoted.group(2):
            raise ValueError("misses the closing bracket of a name")
        return quoted.group(1).replace('\\"', '"'), text[quoted.end() :]
    inner, bracket, rest = text[1:].partition("]")
    if not bracket:
        raise ValueError("misses the closing bracket of an index")
    if not re.fullmatch(r"[+-]?\d+", inner):
        raise ValueError(f"has the index {inner!r}, which is no number")
    return int(inner), rest


def set_at(root: object, path: Path, value: object) -> object:
    """`root` with `value` at `path`; containers are made on the way, a list grows by one at most.

    Errors: ValueError where a step does not fit what is there. `root` itself is not changed.
    """
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if root is not None and not isinstance(root, dict):
            raise ValueError(f"{_describe(root)} has no key {step!r}")
        inside = dict(root or {})
        inside[step] = set_at(inside.get(step), rest, value)
        return inside
    if root is not None and not isinstance(root, list):
        raise ValueError(f"{_describe(root)} has no index {step}")
    items: list[object] = list(root or [])
    if not 0 <= step <= len(items):
        raise ValueError(f"index {step} is out of range: the list has {len(items)}")
    items[step:] = [set_at(items[step] if step < len(items) else None, rest, value), *items[step + 1 :]]
    return items


def _describe(value: object) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else f"{value!r}"


def parse_value(text: str) -> object:
    """A value given on the command line inside a path: true, false and whole numbers are typed, the rest is text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text.startswith("0"):
        return text
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) and -(2**63) <= int(text) < 2**64 else text
