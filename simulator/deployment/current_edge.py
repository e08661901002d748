"""The edge that serves now, and its blueprint: an update that changes nothing of it keeps caches and workers."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Self

from simulator.cloudfront import Distribution, Edge, OriginMap, ViewerRequest, ViewerResponse
from simulator.lambda_edge import FunctionCode, LambdaEdge

DRAIN_SECONDS = 5.0
"""The time that requests have after an update before their workers are killed."""
POLL_SECONDS = 0.02


class CurrentEdge:
    """Serves with the newest edge. Requests that come before there is any wait for it."""

    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._functions: LambdaEdge | None = None
        self._is_there = asyncio.Event()
        self._under_way: Counter[Edge] = Counter()

    @property
    def edge(self) -> Edge:
        assert self._edge is not None, "nothing is served before apply"
        return self._edge

    @property
    def functions(self) -> LambdaEdge:
        assert self._functions is not None, "nothing is served before apply"
        return self._functions

    async def serve(self, request: ViewerRequest, region: str) -> ViewerResponse:
        await self._is_there.wait()
        edge = self.edge
        self._under_way[edge] += 1
        try:
            return await edge.serve(request, region)
        finally:
            self._under_way[edge] -= 1

    async def replace(self, edge: Edge, functions: LambdaEdge) -> None:
        """Serve with this one from now on, and close the one before when its requests have ended."""
        before, functions_before = self._edge, self._functions
        self._edge, self._functions = edge, functions
        self._is_there.set()
        await self._retire(before, functions_before)

    async def end(self) -> None:
        """Close the edge, if there is one. Nothing is served any more."""
        self._is_there.clear()
        before, functions_before = self._edge, self._functions
        self._edge = self._functions = None
        await self._retire(before, functions_before)

    async def close(self) -> None:
        """The server's shutdown asks for it; the deployment decides when the edge ends."""

    async def _retire(self, edge: Edge | None, functions: LambdaEdge | None) -> None:
        if edge is None or functions is None:
            return
        for _ in range(int(DRAIN_SECONDS / POLL_SECONDS)):
            if not self._under_way[edge]:
                break
            await asyncio.sleep(POLL_SECONDS)
        del self._under_way[edge]
        await edge.close()
        await functions.close()


@dataclass(frozen=True)
class Blueprint:
    """Equal ones make the same edge.

    What is changed while an edge runs is not part of it: the pairs of key-value stores, and items of tables.
    """

    distribution: Distribution
    functions: tuple[FunctionCode, ...]
    package_digests: tuple[str, ...]
    origins: Mapping[str, str]

    @classmethod
    def of(cls, distribution: Distribution, functions: Sequence[FunctionCode], origins: OriginMap) -> Self:
        """A package counts by its content: one that is built again can have the name of the last."""
        return cls(
            distribution=replace(distribution, key_values={arn: {} for arn in distribution.key_values}),
            functions=tuple(functions),
            package_digests=tuple(_digest(function.package) for function in functions),
            origins=origins.base_urls,
        )


def _digest(package: Path) -> str:
    try:
        return sha256(package.read_bytes()).hexdigest()
    except OSError:
        return ""  # who unzips it says what is wrong
