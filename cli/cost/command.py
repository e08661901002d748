"""`edge-router cost`: what a month would cost, by strategy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.cost.traffic import Traffic
from cli.output.console import print_json, warn
from cli.output.errors import UsageError
from cli.stacks.load import open_stack
from infra.config.errors import suggestion
from infra.settings.stack import Stack
from strategies.registry import STRATEGIES, section_of

OTHER_CACHING = {
    "cookie-version": ("cookieVersion.caching=versioned",),
    "sticky-session": ("stickySession.caching=versioned", "stickySession.versionCookie=app-version"),
}
"""What a comparison shows beside the stack's own setting."""


def cost(
    requests: Annotated[int, typer.Option(metavar="N", help="Of viewers, in a month.")],
    strategy: Annotated[str | None, typer.Option(help="One strategy, item by item; else all side by side.")] = None,
    stack: Annotated[
        str, typer.Option("--stack", "-s", metavar="NAME", help="Whose settings: memory, replicas, caching, rollout …")
    ] = "local",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting of the stack (repeatable).")
    ] = None,
    response_kb: Annotated[float, typer.Option(help="An average answer.")] = Traffic.response_kb,
    hit_percent: Annotated[
        float, typer.Option(help="Answered by the cache, where the strategy lets it keep answers.")
    ] = Traffic.hit_percent,
    duration_ms: Annotated[
        float, typer.Option(help="Of an invocation; Lambda bills whole milliseconds.")
    ] = Traffic.duration_ms,
    session_percent: Annotated[
        float, typer.Option(help="Of the router's requests: those with a session or a tenant.")
    ] = Traffic.session_percent,
    remembered_percent: Annotated[
        float, typer.Option(help="Of those: answered from an instance's memory, without a read.")
    ] = Traffic.remembered_percent,
    session_writes_percent: Annotated[
        float, typer.Option(help="Of the application's requests: those at which it writes the session.")
    ] = Traffic.session_writes_percent,
    replicas: Annotated[
        int | None, typer.Option(help="Of the sessions table, home aside.", show_default="the stack's")
    ] = None,
    regions: Annotated[
        int | None, typer.Option(help="In which the function runs.", show_default="logs.regions")
    ] = None,
    instances: Annotated[
        int | None,
        typer.Option(help="Of the function, on average.", show_default="10 requests a second each, one a Region"),
    ] = None,
    log_bytes: Annotated[int | None, typer.Option(help="The line of a decision.", show_default="measured")] = None,
    rollout_hours: Annotated[float, typer.Option(help="With a rollout under way.")] = Traffic.rollout_hours,
    free_tier: Annotated[
        bool, typer.Option("--free-tier", help="Count what AWS gives every account each month.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use the bundled prices; do not ask AWS.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Estimate a month's bill by AWS's list prices, for one strategy item by item or for all of them."""
    traffic = Traffic(
        *(requests, response_kb, hit_percent, duration_ms, session_percent, remembered_percent),
        *(session_writes_percent, replicas, regions, instances, log_bytes, rollout_hours),
    )
    if strategy is not None and strategy not in STRATEGIES:
        raise UsageError(f"--strategy is {strategy!r}: {suggestion(strategy, STRATEGIES)}")
    # Here: it takes pulumi_aws and botocore, which the other commands do without.
    from cli.cost import report as cost_report
    from cli.cost.items import estimate

    stacks = [_with(stack, settings or [], strategy)] if strategy else _side_by_side(stack, settings or [])
    estimates = estimate(stacks, traffic, has_free_tier=free_tier, is_offline=offline)
    if json:
        print_json(cost_report.document(stack, traffic, estimates, has_free_tier=free_tier))
    elif strategy:
        cost_report.print_items(estimates[0])
    else:
        cost_report.print_comparison(estimates)
    if not json:
        cost_report.print_basis(traffic, estimates, has_free_tier=free_tier)


def _with(stack: str, settings: Sequence[str], strategy: str, *more: str) -> Stack:
    return open_stack(stack, [*settings, f"strategy={strategy}", *more])


def _side_by_side(stack: str, settings: Sequence[str]) -> list[Stack]:
    """Every strategy as the stack has it, and with versioned caching where there is a choice."""
    own = open_stack(stack, settings)
    configured = [name for name in STRATEGIES if own.settings.options_of(name) is not None]
    if missing := [section_of(name) for name in STRATEGIES if name not in configured]:
        warn(f"{', '.join(missing)}: not in the config of {stack}, so not compared")
    stacks: list[Stack] = []
    for name in configured:
        stacks.append(_with(stack, settings, name))
        if name in OTHER_CACHING and stacks[-1].settings.options.caching == "none":
            stacks.append(_with(stack, settings, name, *OTHER_CACHING[name]))
    return stacks
