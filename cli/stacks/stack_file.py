"""A stack's file as text: a value is replaced in place, so that comments, order and encrypted values stay."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from cli.output.errors import OperationError, UsageError
from simulator.standin.config.project_file import full_key, read_project
from simulator.standin.config.stack_config import find_stack_file, named_config
from simulator.standin.config.yaml_file import load_yaml, parse_yaml

CONFIG = "config"


@dataclass(frozen=True)
class StackFile:
    """`Pulumi.<stack>.yaml`, with its text and its config by full key; secrets in it stay encrypted."""

    path: Path
    project: str
    text: str
    config: dict[str, Any]

    @classmethod
    def open(cls, root: Path, stack: str) -> StackFile:
        """Read the file of a stack. StackConfigError where there is none, or where it is no stack's file."""
        path = find_stack_file(stack, root)
        raw: Any = load_yaml(path).get(CONFIG) or {}
        project = read_project(root / "Pulumi.yaml").name
        given = cast("Mapping[object, object]", raw if isinstance(raw, dict) else {})
        config = cast("dict[str, Any]", named_config(given, path))
        return cls(path, project, path.read_bytes().decode("utf-8-sig"), config)

    def section(self, name: str) -> dict[str, Any]:
        """Return an object of the config. UsageError where it is missing, empty, or encrypted as a whole."""
        full = f"{self.project}:{name}"
        value = self.config.get(full)
        if isinstance(value, dict) and "secure" in value:
            raise UsageError(f"{full} is encrypted as a whole: encrypt the secrets in it one by one, with --path")
        if not isinstance(value, dict) or not value:
            raise UsageError(f"{full} is missing in {self.path.name}: write its other keys first")
        return cast("dict[str, Any]", value)

    def set(self, section: str, key: str, value: object, lines: Sequence[str]) -> None:
        """Write a value, given as itself and as lines of YAML in flow style, to a key of a section.

        OperationError where the file would say something else afterwards; it is left as it is then.
        """
        changed = self._with(section, key, lines)
        expected = cast("Any", parse_yaml(self.text))
        own = next(
            name for name in expected[CONFIG] if full_key(str(name), self.project) == f"{self.project}:{section}"
        )
        expected[CONFIG][own][key] = value
        if not _is_same(changed, expected):
            raise OperationError(f"{self.path}: {section}.{key} cannot be written in place; use --out, and copy it")
        replace_file(self.path, changed)

    def _with(self, section: str, key: str, lines: Sequence[str]) -> str:
        """The text with these lines as the value of the key; as it is where the section is not an object."""
        root: Any = cast("Any", yaml).compose(self.text, Loader=yaml.SafeLoader)
        _, config = _find(root, lambda name: name == CONFIG)
        _, mapping = _find(config, lambda name: full_key(name, self.project) == f"{self.project}:{section}")
        if not isinstance(mapping, yaml.MappingNode):
            return self.text
        found, value = _find(mapping, lambda name: name == key)
        if found is not None:
            begin, end = found.end_mark.index, _find_end(value, self.text)
            return f"{self.text[:begin]}: {_indent(lines, found.start_mark.column)}{self.text[end:]}"
        first: Any = mapping.value[0][0]
        column, begin = first.start_mark.column, first.start_mark.index
        between = ", " if mapping.flow_style else f"\n{' ' * column}"
        return f"{self.text[:begin]}{key}: {_indent(lines, column)}{between}{self.text[begin:]}"


def replace_file(path: Path, text: str) -> None:
    """Write all of a file or nothing; a file that is there keeps its mode, and a link stays one."""
    target = path.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
        if target.exists():
            shutil.copymode(target, name)
        else:
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _find(mapping: Any, is_meant: Callable[[str], bool]) -> tuple[Any, Any]:
    """The nodes of a key and its value in a mapping, or (None, None)."""
    pairs: Sequence[tuple[Any, Any]] = mapping.value if isinstance(mapping, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if is_meant(str(key.value))), (None, None))


def _find_end(node: Any, text: str) -> int:
    """Return the position at which a value ends: a block's own end lies behind the comments that follow it."""
    children: Sequence[Any] = node.value if isinstance(node, yaml.CollectionNode) and not node.flow_style else ()
    if children:
        last: Any = children[-1]
        return _find_end(cast("Any", last[1] if isinstance(last, tuple) else last), text)
    begin, end = int(node.start_mark.index), int(node.end_mark.index)
    return begin + len(text[begin:end].rstrip())


def _indent(lines: Sequence[str], indent: int) -> str:
    return f"\n{' ' * (indent + 2)}".join(lines)


def _is_same(text: str, expected: object) -> bool:
    try:
        return parse_yaml(text) == expected
    except Exception:  # noqa: BLE001  whatever is wrong with the text, it is not what was meant
        return False
