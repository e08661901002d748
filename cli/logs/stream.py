"""Decision lines of many Regions as one stream in time order."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from cli.logs.reader import Line, Reader, Source
from cli.output.errors import OperationError
from cli.stacks.aws_errors import describe_error
from infra.naming.edge_functions import ANY_DECISION, EDGE_REGION, log_group_name, viewer_log_group_name
from infra.settings.stack import Stack

MAX_THREADS = 16


def sources(stack: Stack, regions: Sequence[str]) -> list[Source]:
    """Return the log groups of a stack's decisions; empty `regions` for all of `logs.regions`.

    A viewer-request function that decides logs to us-east-1 only ("Edge function logs").
    """
    needs = stack.settings.needs
    found: list[Source] = []
    if needs.origin_request:
        group = log_group_name(stack.prefix)
        found += [Source(region, group, ANY_DECISION) for region in regions or stack.settings.logs.regions]
    if needs.version_header and (not regions or EDGE_REGION in regions):
        group = viewer_log_group_name(f"{stack.prefix}-{needs.viewer_function}")
        found.append(Source(EDGE_REGION, group, '"reason"'))
    return found


def read_new(readers: Sequence[Reader], end_ms: int) -> Iterator[Line]:
    """Yield the new lines of all sources up to a time, in time order. At most two pages per source are in memory."""
    pool = ThreadPoolExecutor(max_workers=min(MAX_THREADS, len(readers)))
    try:
        first = [pool.submit(reader.page, end_ms, None) for reader in readers]
        streams = [_lines(pool, reader, page, end_ms) for reader, page in zip(readers, first, strict=True)]
        yield from heapq.merge(*streams, key=lambda line: line.time_ms)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _lines(pool: ThreadPoolExecutor, reader: Reader, page: Future[Any] | None, end_ms: int) -> Iterator[Line]:
    """Fetch the next page while this one is consumed; an error ends this source only."""
    from botocore.exceptions import BotoCoreError, ClientError

    problem, until_ms = "", end_ms
    try:
        while page is not None:
            lines, token = page.result()
            page = pool.submit(reader.page, end_ms, token) if token else None
            for line in lines:
                if reader.add(line):
                    yield line
    except (BotoCoreError, ClientError) as error:
        problem, until_ms = describe_error(error, reader.source.region), reader.newest_ms
    except OperationError as error:
        problem, until_ms = str(error), reader.newest_ms
    reader.problem = problem
    reader.move_to(until_ms)
