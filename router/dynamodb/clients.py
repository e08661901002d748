"""The clients of all Regions that a stack's tables are read in, and the order in which to read them."""

from __future__ import annotations

from router.dynamodb.client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Protocol

    from router.model.decision import Item

    class Reader(Protocol):
        """Reads tables in one Region."""

        def get_item(
            self, table: str, key: Mapping[str, str], attributes: Sequence[str], timeout_seconds: float
        ) -> Item | None: ...
        def query(self, table: str, key_name: str, key_value: str, timeout_seconds: float) -> list[Item]: ...
        def start_opening(self, until: float) -> Callable[[], None]: ...
        def close(self) -> None: ...


class Clients:
    """The client of each Region, created at the first read there and shared by all tables."""

    def __init__(self, client_for: Callable[[str], Reader] = Client) -> None:
        self._client_for = client_for
        self._clients: dict[str, Reader] = {}

    def at(self, region: str) -> Reader:
        """The client of a Region, always the same one."""
        client = self._clients.get(region)
        if client is None:
            client = self._clients[region] = self._client_for(region)
        return client

    def close(self) -> None:
        """Close all connections, after a read that was interrupted midway."""
        for client in self._clients.values():
            client.close()


def nearest_first(replicas: Mapping[str, list[str]], region: str, home_region: str) -> list[str]:
    """The replicas to read from a Region: those baked for it, else those under "", else the home Region alone."""
    return replicas.get(region) or replicas.get("") or [home_region]
