"""Explain one request: read it, view the stack, and print the decision."""

from __future__ import annotations

from collections.abc import Sequence

from cli.explain.events import read_event, read_text
from cli.explain.explanation import Explanation, explain_event
from cli.output.console import err, out, print_json, print_table
from cli.output.errors import EXIT_LEFT, UsageError
from cli.stacks.running import LocalStack, RunningStack, choose_stack, find_local
from cli.stacks.view import StackView, view_aws, view_local, view_settings
from cli.stacks.workspace import Target
from infra.config.aws_regions import region_error
from infra.settings.stack import Stack
from router.event import EventError


def explain(target: Target, source: str, overrides: Sequence[str], region: str, request_id: str) -> None:
    """Print the decision of the stack's function for one request. SystemExit(3) if it is undecided."""
    opened = target.open_stack(overrides)
    if problem := region_error(region, "lambda"):
        raise UsageError(f"--region {problem}")
    text = read_text(source)
    source = "standard input" if source == "-" else source
    event = read_event(text, source, request_id)
    running: RunningStack | None = None  # the settings alone
    if target.is_local or target.is_aws or find_local(target.workspace, target.stack) is not None:
        running = choose_stack(target, region)
    opened, view = _view(target, opened, running, region, overrides)
    try:
        explanation = explain_event(view, event, region)
    except EventError as error:
        raise UsageError(
            f'{source}: not a CloudFront event: Records[0].cf.request must be as in "Lambda@Edge event structure"'
        ) from error
    if target.is_json:
        document = {
            "stack": target.stack,
            "strategy": opened.settings.strategy,
            "region": region,
            "read": view.as_json(),
        }
        print_json(document | explanation.as_json())
    else:
        err.print(f"{target.stack}: {view.text}", markup=False)
        _print(explanation, view)
    if explanation.unread:
        raise SystemExit(EXIT_LEFT)


def _view(
    target: Target, stack: Stack, running: RunningStack | None, region: str, overrides: Sequence[str]
) -> tuple[Stack, StackView]:
    """The stack and its view; a local stack has the overrides of `up` too."""
    if running is None:
        return stack, view_settings(stack)
    if isinstance(running, LocalStack):
        stack = target.open_stack([*running.overrides, *overrides])
        return stack, view_local(stack, running, region, overrides)
    return stack, view_aws(stack, running, region, overrides)


def _print(explanation: Explanation, view: StackView) -> None:
    if explanation.steps or not explanation.refusal:
        print_table(("looked at", "found"), explanation.steps)
    if explanation.refusal:
        status, reason = explanation.refusal
        out.print(f"CloudFront responds with {status} by itself: {reason}", markup=False)
        return
    if explanation.unread:
        verb = "could not be read" if view.place else "was not read"
        out.print(f"undecided: {' and '.join(explanation.unread)} {verb}", markup=False)
        return
    bucket = "" if explanation.bucket is None else f", bucket {explanation.bucket} of 10,000"
    group = f", group {explanation.group}" if explanation.group else ""
    fallback = " (fallback: something failed)" if explanation.is_fallback else ""
    because = f"({explanation.domain_name}) because {explanation.reason}{bucket}{group}{fallback}"
    out.print_after("bold", explanation.origin, because)
