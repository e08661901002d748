"""Places of a test run, the local edge or an address, and the settings that a test asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, cast

from acceptance.format.step import Step
from simulator.standin.config.override import Override, Setting


class SetUpError(Exception):
    """Something that cannot be set up; the message says what and why."""


class Place(Protocol):
    """The place of the requests."""

    @property
    def url(self) -> str:
        """The address that requests go to, without a path."""
        ...

    @property
    def public_hosts(self) -> Sequence[str]:
        """Host names that are the site's own, besides the address."""
        ...

    @property
    def percent(self) -> float | None:
        """The percentage of new visitors on the canary by the stack's settings; None where it is unknown."""
        ...

    def token_options(self) -> Any:
        """The options of jwt-iat, by which a token is made; None where they are unknown."""
        ...

    async def begin(self, settings: Sequence[Override]) -> None:
        """Prepare a test: these settings are in force, and nothing is cached or remembered. SetUpError."""
        ...

    async def end(self) -> None:
        """Bring up the origins that the test has taken down. SetUpError."""
        ...

    async def change(self, settings: Sequence[Override]) -> None:
        """Put these settings into force. SetUpError."""
        ...

    async def set_up(self, step: Step) -> None:
        """Do what a step sets up, but for settings. SetUpError."""
        ...

    def take_log(self, request_id: str) -> tuple[str, ...] | None:
        """Return the router's lines about a request, and forget them; None where nobody can read them."""
        ...

    def take_edge_errors(self) -> Sequence[str]:
        """Return what the local edge has to say about its own responses, and forget it; nothing at an address."""
        ...


class Address:
    """A website at an address: nothing can be set up, and the router's log cannot be read."""

    def __init__(self, url: str, percent: float | None = None, token_options: Any = None) -> None:
        self.url = url.rstrip("/")
        self.percent = percent
        self.public_hosts: tuple[str, ...] = ()
        self._token_options = token_options

    def token_options(self) -> Any:
        return self._token_options

    async def begin(self, settings: Sequence[Override]) -> None:
        await self.change(settings)

    async def end(self) -> None:
        return

    async def change(self, settings: Sequence[Override]) -> None:
        if settings:
            raise SetUpError("settings of an address cannot be changed")

    async def set_up(self, step: Step) -> None:
        raise SetUpError(f"{step.set_up} sets up the local edge")

    def take_log(self, request_id: str) -> tuple[str, ...] | None:  # noqa: ARG002  the interface has it
        return None

    def take_edge_errors(self) -> Sequence[str]:
        return ()


def overrides(settings: Mapping[str, Any]) -> list[Override]:
    """Return settings as overrides: an object adds to the stack's, an empty one or a list takes its place."""
    return [override for key, value in settings.items() for override in _overrides(key, value)]


def _overrides(path: str, value: object) -> Iterator[Override]:
    if isinstance(value, dict) and value:
        for key, item in cast("dict[Any, object]", value).items():
            yield from _overrides(f"{path}{_step(str(key))}", item)
    elif isinstance(value, (dict, list)):
        yield Setting(path, cast("Any", value))
    else:
        yield f"{path}={value if isinstance(value, str) else json.dumps(value)}"


def _step(name: str) -> str:
    """A name in a path, quoted where the path would end or go on within it."""
    if name.replace("-", "").replace("_", "").isalnum():
        return f".{name}"
    quoted = name.replace('"', '\\"')
    return f'["{quoted}"]'
