"""The output of a stack that is up, and its status."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.markup import escape

from cli.output.console import out, print_error, print_json, print_table, warn
from cli.stacks.running import OWN_STACK, LocalStack
from simulator.standin.deployment import Change
from simulator.standin.program import Run

PLATFORM_LINES = ("INIT_START", "START ", "END ", "REPORT ")
MAX_NAMES = 6
SERVER_ERROR = 500
OPERATION_COLORS = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", "retain": "cyan"}


def print_update(run: Run, *, is_brief: bool = False) -> None:
    """Print the changes of an update, its warnings and the stack's outputs; in brief, one line."""
    for warning in run.warnings:
        warn(warning)
    if is_brief:
        changed = [change for change in run.changes if change.op in OPERATION_COLORS and change.type.startswith("aws:")]
        names = ", ".join(f"{change.op} {change.name}" for change in changed[:MAX_NAMES])
        more = f" and {len(changed) - MAX_NAMES} more" if len(changed) > MAX_NAMES else ""
        out.print(f"  [dim]up: {escape(names) or 'nothing to change'}{more}[/]")
        return
    for change in run.changes:
        if change.op in OPERATION_COLORS:
            out.print(_format_change(change))
    print_table(("output", "value"), [(name, _format(value)) for name, value in run.outputs.items()])


def _format_change(change: Change) -> str:
    paths = f" ({', '.join(change.paths)})" if change.paths else ""
    return f"[{OPERATION_COLORS[change.op]}]{change.op:8}[/] {escape(f'{change.type} {change.name}{paths}')}"


def _format(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def print_deployed(stack: str) -> None:
    """Print that a change of the stack's file is deployed."""
    out.print(f"[bold]{escape(stack)}[/]: the change is deployed")


def print_address(stack: str, url: str, region_urls: Mapping[str, str]) -> None:
    """Print the addresses for viewers."""
    out.print(f"\n[bold]{escape(stack)}[/] is served at [bold]{url}[/] (press Ctrl-C to stop)")
    for region, region_url in region_urls.items():
        out.print(f"  {region} at {region_url}")
    status = "edge-router status" if stack == OWN_STACK else f"edge-router status --stack {stack}"
    out.print(
        f"  any Region: curl -H 'x-simulate-region: eu-west-1' …   reads by Region and replica: {status}", markup=False
    )


def print_functions(*, has_tls: bool, cpu_share: str | None, cpu_limit: str | None) -> None:
    """Print what functions have here that they have at AWS, where the options asked for it."""
    if has_tls:
        out.print("  functions reach DynamoDB over TLS; this deployment's certificate authority is among their roots")
    if cpu_share is not None:
        out.print(f"  each Lambda worker has {cpu_share} of a core ({cpu_limit})")


def print_line_or_start(region: str, function: str, line: str) -> None:
    """Print a log line of a function, and the REPORT line of a cold start: its Init Duration and first Duration."""
    if line.startswith("REPORT ") and "Init Duration" in line:
        out.print(f"[dim]{region:15} {escape(line.strip().replace(chr(9), '  '))}[/]")
    else:
        print_log_line(region, function, line)


def print_log_line(region: str, _function: str, line: str) -> None:
    """Print a log line of a function: decisions in short, Lambda's own lines not at all.

    A line of a CloudFront Function begins with the request ID, as in CloudWatch Logs ("Edge function logs").
    """
    if line.startswith(PLATFORM_LINES):
        return
    before, brace, entry = line.partition("{")
    request_id = f"[dim]{escape(before)}[/]" if before else ""
    try:
        found = json.loads(brace + entry)
        if _is_success(found):
            return
        text = request_id + (_format_response(found) if "status" in found else _format_decision(found))
    except (ValueError, KeyError, TypeError):
        text = escape(line)
    out.print(f"[dim]{region:15}[/] {text}")


def _is_success(entry: Mapping[str, Any]) -> bool:
    """True for a line that only counts a successful response."""
    return "origin" not in entry and "status" in entry and entry["status"] < SERVER_ERROR


def _format_response(entry: Mapping[str, Any]) -> str:
    return f"[red]{escape(str(entry['Version'])):8} responded {entry['status']}[/]"


def _format_decision(entry: Mapping[str, Any]) -> str:
    origin, reason = str(entry["origin"]), str(entry["reason"])
    color = "red" if entry.get("fallback") else "green" if origin == "stable" else "yellow"
    table = f", table {entry['tableSource']} {entry['tableMs']} ms" if "tableSource" in entry else ""
    bucket = f", bucket {entry['bucket']}" if "bucket" in entry else ""
    return f"[{color}]{escape(f'{origin:8}')}[/] {escape(f'{reason}{bucket}{table}')}"


def print_edge_error(line: str) -> None:
    """Print an error of the local edge, such as a CloudFront rule that an edge function has broken."""
    print_error(line, "edge")


def print_status(here: LocalStack, *, is_json: bool) -> None:
    """Print the status of a local stack."""
    if is_json:
        print_json(here.status)
        return
    out.print(f"[bold]{escape(here.name)}[/] ({here.text}) serves {here.status['url']}")
    print_table(("Region", "table", "operation", "requests", "failed"), _call_rows(here.status["dynamodb"]["calls"]))


def _call_rows(calls: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """One row per Region, table and operation of {"requests" | "failed": {Region: {table: {operation: calls}}}}."""
    for region, tables in sorted(calls.get("requests", {}).items()):
        for name, operations in sorted(tables.items()):
            for operation, count in sorted(operations.items()):
                failed = calls.get("failed", {}).get(region, {}).get(name, {}).get(operation, 0)
                yield region, name, operation, str(count), str(failed)
