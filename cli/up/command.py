"""The commands around a stack that is up on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from cli.output.console import out, print_json, print_table
from cli.stacks.running import LocalStack
from cli.up import serving
from cli.up.request import UpRequest
from cli.up.serving_errors import told


def up(request: UpRequest) -> None:
    """Serve until Ctrl-C."""
    with told():
        asyncio.run(serving.serve(request))


def status(here: LocalStack, *, is_json: bool) -> None:
    """What the stack that is up says of itself."""
    if is_json:
        print_json(here.status)
        return
    out.print(f"[bold]{escape(here.name)}[/] ({here.text}) serves {here.status['url']}")
    print_table(("Region", "table", "operation", "requests", "failed"), _rows(here.status["dynamodb"]["calls"]))


def _rows(calls: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """One per Region, table and operation, out of {"requests" | "failed": {Region: {table: {operation: calls}}}}."""
    for region, tables in sorted(calls.get("requests", {}).items()):
        for name, operations in sorted(tables.items()):
            for operation, count in sorted(operations.items()):
                failed = calls.get("failed", {}).get(region, {}).get(name, {}).get(operation, 0)
                yield region, name, operation, str(count), str(failed)
