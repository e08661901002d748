"""Invokes function versions in Regions: packages unzipped once, workers started, reused and counted."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from simulator.cpu_share import start_limiter
from simulator.lambda_edge.directories import link_runtime, unzip
from simulator.lambda_edge.environment import without_reserved
from simulator.lambda_edge.function import FunctionCode
from simulator.lambda_edge.invocation import Invocation
from simulator.lambda_edge.keeper import Keeper
from simulator.lambda_edge.worker import INIT_TIMEOUT_SECONDS, Launch
from simulator.lambda_edge.worker_pool import WorkerPool

if TYPE_CHECKING:
    from simulator.certificates import Authority

OnLog = Callable[[str, str, str], None]
"""Called with (Region, function name, line) for every line that would be in CloudWatch Logs."""


class LambdaEdge:
    """Runs published versions as Lambda@Edge does: one set of workers per (version, Region), started on demand.

    `environment` is what stands in for AWS (AWS_ENDPOINT_URL_DYNAMODB …). `extra_paths` come before the package on
    sys.path, for native wheels that this interpreter cannot load. `origins` (domain or domain:port to a base URL) are
    where functions find origins on this machine; TLS to an http URL is not simulated. `python` must be of this
    interpreter's minor version. `freeze` stops workers between invocations, as Lambda freezes its environments: no
    thread goes on in the background. The functions trust `authority` as well as what they trust anyway. With
    `cpu_share`, each worker has that share of one core; `cpu_limit` says by what.
    PackageError when a package cannot be unzipped, ValueError when `environment` names a reserved variable.
    """

    def __init__(
        self,
        functions: Sequence[FunctionCode],
        environment: Mapping[str, str] | None = None,
        on_log: OnLog = lambda _region, _function, _line: None,
        *,
        extra_paths: Sequence[Path] = (),
        origins: Mapping[str, str] | None = None,
        python: Path = Path(sys.executable),
        freeze: bool = True,
        max_workers: int = 4,
        init_timeout_seconds: float = INIT_TIMEOUT_SECONDS,
        uses_native_client: bool = True,
        authority: "Authority | None" = None,
        cpu_share: float | None = None,
    ) -> None:
        self._functions = {function.arn: function for function in functions}
        self._on_log = on_log
        self._max_workers = max_workers
        self._pools: dict[tuple[str, str], WorkerPool] = {}
        self._invocations: set[asyncio.Task[Invocation]] = set()
        self._is_closed = False
        extra = without_reserved(environment or {})
        self._directory = tempfile.TemporaryDirectory(prefix="edge-router-lambda-", ignore_cleanup_errors=True)
        try:
            self._task_roots = self._unzip_all(Path(self._directory.name))
            if authority is not None:
                extra |= authority.add_to(self._task_roots.values(), Path(self._directory.name) / "system.pem")
            runtime_directory = Path(self._directory.name) / "runtime"
            link_runtime(runtime_directory, uses_native_client)
        except BaseException:
            self._directory.cleanup()
            raise
        self._launch = Launch(
            python,
            runtime_directory,
            Keeper(Path(self._directory.name)),
            tuple(extra_paths),
            extra,
            freeze,
            init_timeout_seconds,
            origins or {},
            start_limiter() if cpu_share is not None else None,
            cpu_share or 1.0,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def invoke(self, arn: str, region: str, event: Mapping[str, object]) -> Invocation:
        """Run the function version in the Region; whatever the function does comes back as an Invocation.

        More invocations at once than workers wait in order. As at AWS, a caller that goes away does not stop what it
        started. KeyError when no function has that ARN.
        """
        if self._is_closed:
            raise RuntimeError("this LambdaEdge is closed")
        pool = self._pool(arn, region)
        task = asyncio.create_task(pool.invoke(json.dumps(event).encode()))
        self._invocations.add(task)
        task.add_done_callback(self._invocations.discard)
        return await asyncio.shield(task)

    def status(self) -> list[dict[str, object]]:
        """One row per (function version, Region): workers, invocations, cold starts, errors by kind, peak memory."""
        return [pool.status() for pool in self._pools.values()]

    async def end_idle_workers(self) -> None:
        """End those that wait for work, as Lambda does whenever it likes: the next request begins with a cold start."""
        for pool in self._pools.values():
            await pool.end_idle()

    async def close(self) -> None:
        """Kill all workers and remove what was unzipped."""
        if self._is_closed:
            return
        self._is_closed = True
        for task in tuple(self._invocations):
            task.cancel()
        await asyncio.gather(*self._invocations, return_exceptions=True)
        for pool in self._pools.values():
            await pool.close()
        await asyncio.to_thread(self._launch.keeper.close)
        if self._launch.limiter is not None:
            await asyncio.to_thread(self._launch.limiter.close)
        self._directory.cleanup()

    @property
    def cpu_limit(self) -> str | None:
        """The limiter that keeps workers to their share of a core; None where they have all of it."""
        return self._launch.limiter.how if self._launch.limiter is not None else None

    def _pool(self, arn: str, region: str) -> WorkerPool:
        if arn not in self._functions:
            raise KeyError(f"no function version {arn}; there are: {', '.join(self._functions) or 'none'}")
        if (arn, region) not in self._pools:
            function = self._functions[arn]
            self._pools[arn, region] = WorkerPool(
                function,
                region,
                self._launch,
                self._task_roots[function.package],
                lambda line: self._on_log(region, function.name, line),
                self._max_workers,
            )
        return self._pools[arn, region]

    def _unzip_all(self, directory: Path) -> dict[Path, Path]:
        roots: dict[Path, Path] = {}
        for function in self._functions.values():
            if function.package not in roots:
                roots[function.package] = directory / f"task-{len(roots)}"
                unzip(function.package, roots[function.package])
        return roots
