"""Values of an exported state as they are: secrets in plain text opened, encrypted and unknown ones marked."""

from __future__ import annotations

import json
from typing import Any, cast

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the mark that Pulumi puts on secret values, no secret itself
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Hidden:
    """Stands for a value that a state keeps back. Only who needs the value minds: `how` says what shows it."""

    def __init__(self, how: str) -> None:
        self.how = how

    def __repr__(self) -> str:
        return f"[{self.how}]"


SEALED = Hidden("is an encrypted secret: export the state with `pulumi stack export --show-secrets`")
NOT_KNOWN = Hidden("is not known yet: deploy the stack, then export its state")


def open_values(value: Any) -> Any:
    """The value, at any depth, without what is null; what is sealed or unknown is a Hidden in its place."""
    if isinstance(value, list):
        return [open_values(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return NOT_KNOWN if value == _UNKNOWN else value
    given = cast("dict[str, Any]", value)
    if given.get(_SIGNATURE) != _SECRET:
        return {key: open_values(item) for key, item in given.items() if item is not None}
    try:
        return open_values(json.loads(given["plaintext"]))
    except (KeyError, TypeError, ValueError):
        return SEALED


def unless_hidden(value: Any) -> Any:
    """None for what is hidden."""
    return None if isinstance(value, Hidden) else value
