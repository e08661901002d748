"""`edge-router cost`: what a month would cost, by strategy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.cost.traffic import LIMITS, MAX_REQUESTS, Traffic
from cli.output.errors import UsageError
from cli.stacks.options import JsonOption, SetOption, complete_strategies, stack_option

if TYPE_CHECKING:
    from cli.stacks.workspace import Workspace
    from infra.settings.stack import Stack


def _option(name: str, **shown: Any) -> Any:
    lowest, highest = LIMITS[name]
    return typer.Option(min=lowest, max=highest, **shown)


def cost(
    context: typer.Context,
    requests: Annotated[int, typer.Option(metavar="N", min=0, max=MAX_REQUESTS, help="Viewer requests per month.")],
    strategy: Annotated[
        str | None,
        typer.Option(
            help="Show one strategy item by item; the default compares all.", autocompletion=complete_strategies
        ),
    ] = None,
    stack: Annotated[str, stack_option("Stack whose settings count: memory, replicas, caching, rollout …")] = "local",
    settings: SetOption = None,
    response_kb: Annotated[
        float, _option("response_kb", help="Size of an average response, in KB.")
    ] = Traffic.response_kb,
    hit_percent: Annotated[
        float,
        _option("hit_percent", help="Percentage of requests that are cache hits, if the strategy allows caching."),
    ] = Traffic.hit_percent,
    duration_ms: Annotated[
        float, _option("duration_ms", help="Duration of an invocation, in ms; Lambda bills whole milliseconds.")
    ] = Traffic.duration_ms,
    session_percent: Annotated[
        float, _option("session_percent", help="Percentage of the router's requests with a session or a tenant.")
    ] = Traffic.session_percent,
    remembered_percent: Annotated[
        float, _option("remembered_percent", help="Percentage of those in the instance's memory cache, without a read.")
    ] = Traffic.remembered_percent,
    session_writes_percent: Annotated[
        float,
        _option("session_writes_percent", help="Percentage of the application's requests that write the session."),
    ] = Traffic.session_writes_percent,
    replicas: Annotated[
        int | None,
        _option(
            "replicas",
            help="Number of replicas of the sessions table, without the home Region.",
            show_default="the stack's",
        ),
    ] = None,
    regions: Annotated[
        int | None, _option("regions", help="Number of Regions where the function runs.", show_default="logs.regions")
    ] = None,
    instances: Annotated[
        int | None,
        _option(
            "instances",
            help="Average number of instances of the function.",
            show_default="10 requests a second each, one a Region",
        ),
    ] = None,
    log_bytes: Annotated[
        int | None, _option("log_bytes", help="Size of a decision's log line, in bytes.", show_default="measured")
    ] = None,
    rollout_hours: Annotated[
        float, _option("rollout_hours", help="Hours per month with a running rollout.")
    ] = Traffic.rollout_hours,
    free_tier: Annotated[bool, typer.Option("--free-tier", help="Subtract AWS's monthly free tier.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Use the bundled prices; do not ask AWS.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Estimate a month's bill by AWS's list prices, for one strategy item by item or for all of them."""
    traffic = Traffic(
        *(requests, response_kb, hit_percent, duration_ms, session_percent, remembered_percent),
        *(session_writes_percent, replicas, regions, instances, log_bytes, rollout_hours),
    )
    from cli.cost import report
    from cli.cost.items import estimate
    from cli.output.console import print_json
    from infra.config.errors import suggestion
    from strategies.registry import STRATEGIES

    if strategy is not None and strategy not in STRATEGIES:
        raise UsageError(f"--strategy is {strategy!r}: {suggestion(strategy, STRATEGIES)}")
    workspace: Workspace = context.obj
    if strategy:
        stacks = [workspace.open_stack(stack, [*(settings or []), f"strategy={strategy}"])]
    else:
        stacks = _side_by_side(workspace, stack, settings or [])
    estimates = estimate(stacks, traffic, has_free_tier=free_tier, is_offline=offline)
    if is_json:
        print_json(report.document(stack, traffic, estimates, has_free_tier=free_tier))
    elif strategy:
        report.print_items(estimates[0])
    else:
        report.print_comparison(estimates)
    if not is_json:
        report.print_basis(traffic, estimates, has_free_tier=free_tier)


def _side_by_side(workspace: Workspace, stack: str, settings: Sequence[str]) -> list[Stack]:
    """Every strategy as the stack has it, and with versioned caching where there is a choice."""
    from cli.output.console import warn
    from infra.config.base_model import section_name
    from strategies.cookie_version import Options
    from strategies.registry import STRATEGIES

    versioned = {
        "cookie-version": ["cookieVersion.caching=versioned"],
        "sticky-session": ["stickySession.caching=versioned", f"stickySession.versionCookie={Options.cookie}"],
    }
    own = workspace.open_stack(stack, settings)
    configured = [name for name in STRATEGIES if own.settings.strategy_options(name) is not None]
    if missing := [section_name(name) for name in STRATEGIES if name not in configured]:
        warn(f"{', '.join(missing)}: not in the config of {stack}, so not compared")
    stacks: list[Stack] = []
    for name in configured:
        configured_settings = [*settings, f"strategy={name}"]
        stacks.append(workspace.open_stack(stack, configured_settings))
        if name in versioned and stacks[-1].settings.options.caching == "none":
            stacks.append(workspace.open_stack(stack, [*configured_settings, *versioned[name]]))
    return stacks
