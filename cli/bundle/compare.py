"""Differences between a package or a function's code and what is built here, without values that may be secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from cli.bundle.opened import Opened
from infra.package.bundle import CONFIG_NAME

HEADER_BYTES = 16
"""Of a .pyc: magic number, flags and the hash of its source (PEP 552)."""
MAGIC_BYTES = 4
SHOWN_TEXTS = frozenset({"domain_name", "home_region", "name", "path", "pin", "protocol", "release", "strategy"})
"""The keys of config.json whose texts no setting calls a secret; numbers, true and false are shown of every key."""
_LITERAL = re.compile(r"const \w+ ?= ?(?=\{)")


@dataclass(frozen=True)
class Difference:
    """`kind`: added, missing or changed (a file), config (a baked key), code, bytecode or function (a setting)."""

    kind: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f': {self.detail}' if self.detail else ''}"

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "name": self.name, "detail": self.detail}


@dataclass
class Comparison:
    """`differences` make it another package, `undecided` might, `notes` change nothing that runs."""

    differences: list[Difference] = field(default_factory=list[Difference])
    undecided: list[Difference] = field(default_factory=list[Difference])
    notes: list[str] = field(default_factory=list[str])


def compare_packages(there: Opened, here: Opened) -> Comparison:
    """Compare two packages by the content of their files."""
    found = Comparison([Difference("changed", name, why) for name, why in there.oddities.items()])
    names = {name for name in {*there.files, *here.files} if not _is_bytecode(name)}
    differing: set[str] = set()
    for name in sorted(names):
        one, other = there.files.get(name), here.files.get(name)
        if one == other:
            continue
        differing.add(name)
        if one is not None and other is not None and name == CONFIG_NAME:
            _compare_configs(one, other, found)
        else:
            found.differences.append(Difference(_kind(one, other), name))
    _compare_bytecode(there.files, here.files, differing, found)
    if not found.differences and not found.undecided and not found.notes:
        found.notes.append("only the zip itself differs: times, modes, order or compression")
    return found


def compare_codes(there: bytes, here: bytes) -> Comparison:
    """Compare the codes of two CloudFront Functions: their config by its keys, and all else as one."""
    (config, rest), (own, own_rest) = _split(there.decode(errors="replace")), _split(here.decode())
    found = Comparison(list(_compare_values(config, own, "")))
    if rest != own_rest:
        sizes = f"{len(rest.encode()):,} bytes without its config, {len(own_rest.encode()):,} here"
        found.differences.append(Difference("code", "the function", sizes))
    if not found.differences:
        found.notes.append("the config in it is written otherwise, and has the same values")
    return found


def _kind(there: bytes | None, here: bytes | None) -> str:
    return "missing" if there is None else "added" if here is None else "changed"


def _is_bytecode(name: str) -> bool:
    """Return whether Python reads a file beside its source; one elsewhere is a module of its own."""
    path = PurePosixPath(name)
    return path.suffix == ".pyc" and path.parent.name == "__pycache__"


def _source_path(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.parent.parent / f"{path.name.partition('.')[0]}.py")


def _compare_bytecode(
    there: Mapping[str, bytes], here: Mapping[str, bytes], differing: set[str], found: Comparison
) -> None:
    """Judge bytecode, which runs in place of its source. That of a source that differs is not named besides."""
    own = {name: content for name, content in here.items() if _is_bytecode(name)}
    magic = next((content[:MAGIC_BYTES] for content in own.values()), b"")
    tags = {PurePosixPath(name).suffixes[0] for name in own}
    lacking, foreign = 0, 0
    for name in sorted(name for name in {*there, *own} if _is_bytecode(name)):
        one, other = there.get(name), own.get(name)
        if one == other or _source_path(name) in differing:
            continue
        if one is None:
            lacking += 1
        elif not own:
            found.undecided.append(Difference("bytecode", name, "no Python of the function's version is here"))
        elif PurePosixPath(name).suffixes[:1] != list(tags) or one[:MAGIC_BYTES] != magic:
            foreign += 1
        elif other is None:
            found.differences.append(Difference("added", name))
        elif one[:HEADER_BYTES] != other[:HEADER_BYTES]:
            found.differences.append(Difference("bytecode", name, "made of another source"))
        else:
            found.undecided.append(Difference("bytecode", name, "by another release of Python 3.13, or changed"))
    if lacking:
        found.notes.append(
            f"files without bytecode there: {lacking}; Lambda compiles their sources, which are the same"
        )
    if foreign:
        found.notes.append(f"files with bytecode of another Python: {foreign}; the function's does not read them")


def _compare_configs(there: bytes, here: bytes, found: Comparison) -> None:
    try:
        one: object = json.loads(there)
    except (ValueError, RecursionError):
        found.differences.append(Difference("changed", CONFIG_NAME, "is not JSON"))
        return
    differences = list(_compare_values(one, json.loads(here), ""))
    found.differences += differences
    if not differences:
        found.notes.append(f"{CONFIG_NAME} is written otherwise, and has the same values")


def _compare_values(there: object, here: object, path: str) -> Iterator[Difference]:
    """Yield the keys that differ, by their paths."""
    given = there, here  # which no type checker narrows
    if isinstance(there, dict) and isinstance(here, dict):
        one, other = cast("dict[str, object]", there), cast("dict[str, object]", here)
        for key in sorted({*one, *other}):
            inner = f"{path}.{key}" if path else key
            if key not in other:
                yield Difference("config", inner, "is there, and not here")
            elif key not in one:
                yield Difference("config", inner, "is here, and not there")
            else:
                yield from _compare_values(one[key], other[key], inner)
        return
    if isinstance(there, list) and isinstance(here, list):
        listed, own = cast("list[object]", there), cast("list[object]", here)
        if len(listed) == len(own):
            for index, pair in enumerate(zip(listed, own, strict=True)):
                yield from _compare_values(*pair, f"{path}[{index}]")
            return
    one, other = given
    if one != other or isinstance(one, bool) != isinstance(other, bool):
        shown = _show(one, path), _show(other, path)
        yield Difference("config", path, f"{shown[0]} there, {shown[1]} here" if all(shown) else "differs")


def _show(value: object, path: str) -> str:
    """Return a value as JSON, "" where it may be a secret."""
    is_plain = value is None or isinstance(value, bool | int | float)
    is_known = isinstance(value, str) and path.rpartition(".")[2] in SHOWN_TEXTS
    return json.dumps(value) if is_plain or is_known else ""


def _split(code: str) -> tuple[dict[str, Any], str]:
    """Return the config in the code of a function, {} where there is none, and the code without it."""
    for found in _LITERAL.finditer(code):
        try:
            config, end = json.JSONDecoder().raw_decode(code, found.end())
        except (ValueError, RecursionError):
            continue
        if isinstance(config, dict):
            return cast("dict[str, Any]", config), code[: found.end()] + code[end:]
    return {}, code
