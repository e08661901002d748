"""YAML as the Pulumi CLI reads it: plain scalars by the rules of its Go library, not by those of YAML 1.1."""

import copy
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml

from simulator.standin.config.text_file import TextFileError, read_text, refuse_special
from simulator.standin.model.errors import StackConfigError

_TAG = "tag:yaml.org,2002:"
MAX_VALUES = 100_000
"""With aliases, a short text can stand for any number of values."""
_TIME = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s+)(\d\d?):(\d\d):(\d\d)(\.\d+)?\s*(Z|[+-]\d\d?(?::?\d\d)?)?)?")


class _Loader(yaml.SafeLoader):
    """A SafeLoader without YAML 1.1's `on`, `yes` and sixties; instants become the text the CLI makes of them.

    A key that stands twice in an object is refused, as the CLI refuses it; PyYAML would let the last one win.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own shape

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """PyYAML calls it once for every object, before `<<` brings others' keys into it."""
        node = super().compose_mapping_node(anchor)
        _refuse_twice(node)
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """PyYAML calls it before it makes an object; `<<` may bring the same keys any number of times."""
        super().flatten_mapping(node)
        if len(node.value) > MAX_VALUES:
            raise _ContentError(f"its aliases stand for more than {MAX_VALUES:,} values", node.start_mark)


class _ContentError(yaml.MarkedYAMLError):
    """Valid YAML that is not accepted."""

    def __init__(self, problem: str, mark: yaml.Mark | None = None) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class _FastLoader(_Loader):
    """The same, with libyaml's events: a tenth of the time. Go's library is made of it, too."""

    def __init__(self, text: str) -> None:
        parts: Any = yaml
        events = parts.CSafeLoader(text)
        parts.composer.Composer.__init__(self)
        parts.constructor.SafeConstructor.__init__(self)
        parts.resolver.Resolver.__init__(self)
        self.check_event, self.peek_event, self.get_event = events.check_event, events.peek_event, events.get_event
        self.dispose = events.dispose


def _refuse_twice(node: yaml.MappingNode) -> None:
    lines: dict[tuple[str, str], int] = {}
    keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != _TAG + "merge"]
    for key in keys:
        name, line = (key.tag, key.value), key.start_mark.line + 1
        if name in lines:
            text = f"the key {key.value} is there twice, on line {lines[name]} and on line {line}"
            raise _ContentError(text, key.start_mark)
        lines[name] = line


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    legacy_octal = re.fullmatch(r"0[0-7]+", digits)
    return sign * (int(digits, 8) if legacy_octal else int(digits, 0))


def _float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node).replace("_", ""))


def _instant(loader: _Loader, node: yaml.ScalarNode) -> str:
    """Go's `time.Time.String`, which is what an unquoted date or time turns into on its way to the program."""
    text = loader.construct_scalar(node)
    matched = _TIME.fullmatch(text)
    if matched is None:
        return text
    year, month, day, hour, minute, second, fraction, zone = matched.groups()
    clock = (int(hour or 0), int(minute or 0), int(second or 0))
    try:
        moment = datetime(int(year), int(month), int(day), *clock, tzinfo=UTC)
    except ValueError:
        return text
    offset = "+0000" if zone in (None, "Z") else (zone.replace(":", "") + "00")[:5]
    digits = (fraction or "").rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%d %H:%M:%S}{digits} {offset} {'UTC' if offset == '+0000' else offset}"


def _resolve(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(_TAG + tag, re.compile(rf"^(?:{pattern})$"), list(first))


_DIGITS = "0123456789"
_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("null", "~|null|Null|NULL|", "~nN\0")
_Loader.add_implicit_resolver(_TAG + "null", re.compile(r"^$"), [""])
_resolve("int", r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)", f"-+{_DIGITS}")
_resolve("float", r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?", f"-+.{_DIGITS}")
_resolve("timestamp", _TIME.pattern, _DIGITS)
_resolve("merge", "<<", "<")
_Loader.add_constructor(_TAG + "int", _integer)
_Loader.add_constructor(_TAG + "float", _float)
_Loader.add_constructor(_TAG + "timestamp", _instant)


@lru_cache(maxsize=16)
def _parse(text: str) -> object:
    """Parse text once, for every command and update reads a stack's file more than once."""
    value = _load(text)
    if _has_aliases(text) and _count_values(value, {}) > MAX_VALUES:
        raise _ContentError(f"its aliases stand for more than {MAX_VALUES:,} values")
    return value


def _load(text: str) -> object:
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):  # the slow one says what it is in its own words
            return yaml.load(text, Loader=_FastLoader)  # noqa: S506  a SafeLoader by inheritance
    return yaml.load(text, Loader=_Loader)  # noqa: S506  as above


def _has_aliases(text: str) -> bool:
    return "&" in text and "*" in text


def _count_values(value: object, counts: dict[int, int]) -> int:
    """The values in a value, those of an alias as often as it is used; in itself it counts once."""
    if not isinstance(value, (dict, list)):
        return 1
    place = id(cast("object", value))
    if place not in counts:
        counts[place] = 1
        children = cast("Iterable[object]", value.values() if isinstance(value, dict) else value)
        counts[place] = 1 + sum(_count_values(one, counts) for one in children)
    return counts[place]


class YamlError(Exception):
    """Text that is not valid or accepted YAML; `line` is where, 0 for no place in particular."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line

    def at(self, path: Path | str) -> str:
        """Return the message with the file and, where it is known, the line."""
        return f"{path}:{self.line}: {self}" if self.line else f"{path}: {self}"


def parse_yaml(text: str) -> object:
    """Parse text into a value of the caller's own. Errors: YamlError."""
    try:
        return copy.deepcopy(_parse(text))
    except yaml.MarkedYAMLError as error:
        raise _describe(error, text) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"the character {error.character:#06x} is not allowed"
        raise YamlError(f"is not valid YAML: {character}", line) from error
    except RecursionError as error:
        raise YamlError("is nested too deeply") from error
    except ValueError as error:  # a number that is none, or has thousands of digits
        raise YamlError(f"has a value that cannot be read: {error}") from error


def _describe(error: yaml.MarkedYAMLError, text: str) -> YamlError:
    """The error at the line of its problem, or at that of what the end of the file leaves open."""
    mark: Any = error.problem_mark
    problem = str(error.problem).replace("'<stream end>'", "the end of the file")
    if isinstance(error, _ContentError):
        return YamlError(problem, mark.line + 1 if mark else 0)
    begin: Any = error.context_mark
    if mark is not None and begin is not None and not text[mark.index :].strip():
        mark = begin
    line = mark.line + 1 if mark is not None else 0
    last = max(len(text.rstrip().splitlines()), 1)
    return YamlError(f"is not valid YAML: {problem}", min(line, last))


def yaml_lines(text: str) -> dict[tuple[int | str, ...], int]:
    """Return the line of every key and item of a text that `parse_yaml` takes, by its path from the root."""
    lines: dict[tuple[int | str, ...], int] = {}
    left: list[tuple[tuple[int | str, ...], yaml.Node | None, frozenset[int]]] = [
        ((), cast("Any", yaml).compose(text, Loader=_Loader), frozenset())
    ]
    while left:
        path, node, above = left.pop()
        children: list[tuple[int | str, yaml.Node, yaml.Node]] = []
        if isinstance(node, yaml.MappingNode):
            children = [(str(key.value), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            children = [(index, item, item) for index, item in enumerate(node.value)]
        for name, place, value in children:
            lines[(*path, name)] = place.start_mark.line + 1
            if id(value) not in above:  # an alias of what it is in
                left.append(((*path, name), value, above | {id(value)}))
    return lines


def find_line(lines: Mapping[tuple[int | str, ...], int], location: tuple[int | str, ...]) -> int:
    """Return the line of a key, or of what it would be in."""
    while location and location not in lines:
        location = location[:-1]
    return lines.get(location, 1)


def load_yaml(path: Path) -> dict[str, object]:
    """A YAML file that holds an object. Errors: StackConfigError with file and line."""
    try:
        refuse_special(path)
        loaded = parse_yaml(read_text(path))
    except TextFileError as error:
        raise StackConfigError(f"{path}: {error}") from None
    except YamlError as error:
        raise StackConfigError(error.at(path)) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise StackConfigError(f"{path}: must be an object")
    return loaded
