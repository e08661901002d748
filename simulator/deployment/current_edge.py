"""The edge that serves now; viewers' ports stay open while it is replaced, and requests under way end."""

from __future__ import annotations

import asyncio
from collections import Counter

from simulator.cloudfront import Edge, ViewerRequest, ViewerResponse
from simulator.lambda_edge import LambdaEdge

DRAIN_SECONDS = 5.0
"""How long requests may go on after an update before their workers are killed."""
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
        """The one that serves."""
        assert self._edge is not None, "nothing is served before apply"
        return self._edge

    @property
    def functions(self) -> LambdaEdge:
        """The workers behind it."""
        assert self._functions is not None, "nothing is served before apply"
        return self._functions

    async def serve(self, request: ViewerRequest, region: str) -> ViewerResponse:
        """As Edge.serve."""
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
