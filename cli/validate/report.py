"""The report of a validation as text: verdict, summary, figures and sample requests of each check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from rich.markup import escape

from cli.output.console import out

if TYPE_CHECKING:
    from validator.checks.report import Report

MARKS = {
    "passed": "[green]✓ passed[/]",
    "failed": "[bold red]✗ failed[/]",
    "inconclusive": "[yellow]? inconclusive[/]",
    "skipped": "[dim]- skipped[/]",
}


def print_report(report: Report) -> None:
    """Print all checks, and a summary in one line."""
    document = report.as_json()
    for check in document["checks"]:
        out.print(f"{MARKS[check['verdict']]} [bold]{escape(check['check'])}[/]: {escape(check['summary'])}")
        if check["verdict"] != "skipped":
            for line in (*map(_figure, check["figures"].items()), *map(_sample, check["samples"])):
                out.print(f"    [dim]{escape(line)}[/]")
    verdict = "[bold green]passed[/]" if document["passed"] else "[bold red]not passed[/]"
    requests, seconds = document["requests"], document["elapsedSeconds"]
    out.print(f"{escape(document['url'])}: {verdict} ({requests:,} requests in {seconds:g} s)")


def _figure(figure: tuple[str, Any]) -> str:
    name, value = figure
    return f"{name}: {_format(value)}"


def _format(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_format(one)}" for key, one in cast("dict[str, Any]", value).items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_format, cast("list[Any]", value))) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _sample(sample: Mapping[str, Any]) -> str:
    """`sample: 200 canary /, Miss from cloudfront, 12 ms, x-amz-cf-id Q9x…`."""
    head = " ".join(str(sample[key]) for key in ("status", "version", "path") if key in sample)
    age = f"Age {sample['age']}" if "age" in sample else ""
    elapsed = f"{sample['elapsedMs']} ms" if "elapsedMs" in sample else ""
    request = f"x-amz-cf-id {sample['requestId']}" if "requestId" in sample else ""
    more = (sample.get("problem", ""), sample.get("xCache", ""), age, elapsed, request)
    return "sample: " + ", ".join(filter(None, (head, *more)))
