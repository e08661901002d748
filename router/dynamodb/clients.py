"""One connection per Region, shared by everything that reads tables there."""

from __future__ import annotations

from router.dynamodb.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    from router.dynamodb.responses import Item

    class Reader(Protocol):
        """What tables are read through, in one Region."""

        def get_item(
            self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
        ) -> Item | None: ...
        def query(self, table: str, key_name: str, key_value: str, timeout_seconds: float) -> list[Item]: ...
        def close(self) -> None: ...


class Clients:
    """The reader of each Region, made when it is first asked for."""

    def __init__(self, client_for: Callable[[str], Reader] = Client) -> None:
        self._client_for = client_for
        self._clients: dict[str, Reader] = {}

    def at(self, region: str) -> Reader:
        """The reader of a Region, always the same one."""
        client = self._clients.get(region)
        if client is None:
            client = self._clients[region] = self._client_for(region)
        return client

    def close(self) -> None:
        """Drop all connections, after a read that was interrupted midway."""
        for client in self._clients.values():
            client.close()


def nearest_first(replicas: Mapping[str, list[str]], region: str, home_region: str) -> list[str]:
    """The replicas to ask from a Region: those baked for it, else those under "", else home alone."""
    return replicas.get(region) or replicas.get("") or [home_region]
