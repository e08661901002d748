"""What a serving stack tells the person who watches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.markup import escape

from cli.output.console import complain, out, print_table, warn
from cli.stacks.running import OWN_STACK
from simulator.standin import Change, Run

PLATFORM_LINES = ("INIT_START", "START ", "END ", "REPORT ")
MOST_NAMED = 6
SERVER_ERROR = 500
SHOWN_OPERATIONS = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red", "retain": "cyan"}


def deployed(run: Run, *, is_brief: bool = False) -> None:
    """What the update changed, its warnings and the stack's outputs; in brief, one line."""
    for warning in run.warnings:
        warn(warning)
    if is_brief:
        changed = [change for change in run.changes if change.op in SHOWN_OPERATIONS and change.type.startswith("aws:")]
        names = ", ".join(f"{change.op} {change.name}" for change in changed[:MOST_NAMED])
        more = f" and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
        out.print(f"  [dim]up: {escape(names) or 'nothing to change'}{more}[/]")
        return
    for change in run.changes:
        if change.op in SHOWN_OPERATIONS:
            out.print(_change(change))
    print_table(("output", "value"), [(name, _shown(value)) for name, value in run.outputs.items()])


def _change(change: Change) -> str:
    what = f" ({', '.join(change.paths)})" if change.paths else ""
    return f"[{SHOWN_OPERATIONS[change.op]}]{change.op:8}[/] {escape(f'{change.type} {change.name}{what}')}"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def deployed_change(stack: str) -> None:
    """The change of a file is what viewers get from now on."""
    out.print(f"[bold]{escape(stack)}[/] is served as it is now")


def not_deployed(problem: str) -> None:
    """A change of the stack's file that does not work; what was served goes on."""
    complain(problem, "not deployed")


def serving(stack: str, url: str, region_urls: Mapping[str, str]) -> None:
    """Where to point a browser."""
    out.print(f"\n[bold]{escape(stack)}[/] is served at [bold]{url}[/] (Ctrl-C ends it)")
    for region, region_url in region_urls.items():
        out.print(f"  {region} at {region_url}")
    status = "edge-router status" if stack == OWN_STACK else f"edge-router status --stack {stack}"
    out.print(
        f"  any Region: curl -H 'x-simulate-region: eu-west-1' …   reads by Region and replica: {status}", markup=False
    )


def log_line(region: str, _function: str, line: str) -> None:
    """One line that a function wrote: decisions in short, Lambda's own lines not at all.

    Before a line of a CloudFront Function is the request's id, as in CloudWatch Logs ("Edge function logs").
    """
    if line.startswith(PLATFORM_LINES):
        return
    before, brace, entry = line.partition("{")
    request_id = f"[dim]{escape(before)}[/]" if before else ""
    try:
        found = json.loads(brace + entry)
        if _is_good_answer(found):
            return
        text = request_id + (_answer(found) if "status" in found else _decision(found))
    except (ValueError, KeyError, TypeError):
        text = escape(line)
    out.print(f"[dim]{region:15}[/] {text}")


def _is_good_answer(entry: Mapping[str, Any]) -> bool:
    """A line that is there to be counted, and says nothing that the viewer's own answer does not."""
    return "origin" not in entry and "status" in entry and entry["status"] < SERVER_ERROR


def _answer(entry: Mapping[str, Any]) -> str:
    return f"[red]{escape(str(entry['Version'])):8} answered {entry['status']}[/]"


def _decision(entry: Mapping[str, Any]) -> str:
    origin, reason = str(entry["origin"]), str(entry["reason"])
    color = "red" if entry.get("fallback") else "green" if origin == "stable" else "yellow"
    table = f", table {entry['tableSource']} {entry['tableMs']} ms" if "tableSource" in entry else ""
    bucket = f", bucket {entry['bucket']}" if "bucket" in entry else ""
    return f"[{color}]{escape(f'{origin:8}')}[/] {escape(f'{reason}{bucket}{table}')}"


def edge_line(line: str) -> None:
    """What the edge has to say: above all a rule of CloudFront's that the edge code broke."""
    complain(line, "edge")
