"""Values on Pulumi's wire and in its state: numbers, unknowns, secrets and archives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from google.protobuf import struct_pb2

from pulumi_state.values import SECRET, SIGNATURE
from pulumi_state.values import UNKNOWN as UNKNOWN_TEXT

ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
OUTPUT_VALUE: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"


class Unknown:
    """A value that only the update will tell. There is one: `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that must not be stored or shown in plain text."""

    value: object

    def __repr__(self) -> str:
        return "Secret(…)"


def from_struct(message: struct_pb2.Struct) -> dict[str, object]:
    """A protobuf Struct as Python values; whole numbers become int, as Pulumi's JSON writes them."""
    return {key: _from_value(value) for key, value in message.fields.items()}


def _from_value(value: struct_pb2.Value) -> object:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _special(from_struct(value.struct_value))
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_TEXT else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _special(fields: dict[str, object]) -> object:
    if fields.get(SIGNATURE) == SECRET:
        return Secret(fields.get("value"))
    if fields.get(SIGNATURE) == OUTPUT_VALUE:
        value = fields.get("value", UNKNOWN)
        return Secret(value) if fields.get("secret") else value
    return fields


def to_struct(values: Mapping[str, object]) -> struct_pb2.Struct:
    """The reverse of `from_struct`; None, UNKNOWN and Secret keep their meaning."""
    return struct_pb2.Struct(fields={key: _to_value(value) for key, value in values.items()})


def _to_value(value: object) -> struct_pb2.Value:
    if value is None:
        return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    if value is UNKNOWN:
        return struct_pb2.Value(string_value=UNKNOWN_TEXT)
    if isinstance(value, Secret):
        return _to_value({SIGNATURE: SECRET, "value": value.value})
    if isinstance(value, dict):
        return struct_pb2.Value(struct_value=to_struct(value))
    if isinstance(value, (list, tuple)):
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_to_value(item) for item in value]))
    if isinstance(value, bool):
        return struct_pb2.Value(bool_value=value)
    if isinstance(value, (int, float)):
        return struct_pb2.Value(number_value=value)
    return struct_pb2.Value(string_value=str(value))


def rewrite(value: object, change: Callable[[object], object]) -> object:
    """`value` with `change` applied to every leaf and every object that carries a signature."""
    changed = change(value)
    if changed is not value:
        return changed
    if isinstance(value, dict):
        return {key: rewrite(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [rewrite(item, change) for item in value]
    return value


def reveal(values: Mapping[str, object]) -> dict[str, object]:
    """The same values with secrets unwrapped: what a provider is given."""
    return {key: rewrite(value, _reveal) for key, value in values.items()}


def _reveal(value: object) -> object:
    return rewrite(value.value, _reveal) if isinstance(value, Secret) else value


def is_asset(value: object) -> bool:
    """True for an asset or an archive."""
    return isinstance(value, dict) and value.get(SIGNATURE) in (ARCHIVE, ASSET)


def _leaves(value: object) -> Iterator[object]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if items is None:
        yield value
    else:
        for item in items:
            yield from _leaves(item)


def holds_secret(value: object) -> bool:
    return any(isinstance(leaf, Secret) for leaf in _leaves(value))


def holds_unknown(value: object) -> bool:
    return any(holds_unknown(leaf.value) if isinstance(leaf, Secret) else leaf is UNKNOWN for leaf in _leaves(value))


def mark_secrets(outputs: dict[str, object], inputs: Mapping[str, object]) -> dict[str, object]:
    """Outputs of the same name as a secret input are secret too, as the engine has it.

    The engine makes a secret of a whole list with one in it. Here the others stay as they are: a state without its
    secrets could not tell otherwise whether anything in the list has changed.
    """
    return {key: _mark(output, inputs[key]) if key in inputs else output for key, output in outputs.items()}


def _mark(output: object, value: object) -> object:
    if isinstance(output, Secret) or not holds_secret(value):
        return output
    if isinstance(output, dict) and isinstance(value, dict):
        return mark_secrets(output, value)
    if isinstance(output, list) and isinstance(value, list) and len(output) == len(value):
        return [_mark(one, given) for one, given in zip(output, value, strict=True)]
    return Secret(output)
