"""`edge-router validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output.errors import UsageError
from cli.stacks.options import JsonOption, SetOption, stack_option
from validator.plan.model import Plan

SECRET_VARIABLE = "EDGE_ROUTER_OVERRIDE_SECRET"  # noqa: S105  the variable's name


def validate(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="URL of a page that is routed and not cached.")],
    stack: Annotated[str | None, stack_option("Expect the values of this stack's config.")] = None,
    settings: SetOption = None,
    percent: Annotated[float | None, typer.Option(help="Expected percentage of new visitors on canary.")] = None,
    pin: Annotated[str | None, typer.Option(metavar="VERSION", help="Version that everybody must get.")] = None,
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CODE",
            help="Code in the responses of a version (repeatable).",
            show_default="stable=1 canary=2",
        ),
    ] = None,
    version_header: Annotated[str, typer.Option(metavar="NAME", help="Response header with the code.")] = (
        Plan.version_header
    ),
    version_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Pattern with one group that finds the code in the body instead."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VERSION:STATUS:TEXT", help="Expected response of a version; parts may be empty (repeatable)."
        ),
    ] = None,
    override: Annotated[
        str | None, typer.Option(metavar="PLACE:NAME", help="Where the override goes, such as header:x-qa-origin.")
    ] = None,
    override_secret: Annotated[
        str | None,
        typer.Option(envvar=SECRET_VARIABLE, metavar="SECRET", help="Secret of the override; never printed."),
    ] = None,
    cookie: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Cookie that no two visitors may share (repeatable).")
    ] = None,
    object_: Annotated[
        list[str] | None,
        typer.Option("--object", metavar="PATH", help="Path of a cached object that both versions have (repeatable)."),
    ] = None,
    origin_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Host of an origin, to which nothing may lead (repeatable)."),
    ] = None,
    visitors: Annotated[int, typer.Option(help="Number of one-time visitors (no cookie).")] = Plan.visitors,
    sticky_visitors: Annotated[
        int, typer.Option(help="Number of sticky visitors (with a cookie jar).")
    ] = Plan.sticky_visitors,
    requests_per_visitor: Annotated[
        int, typer.Option(help="Requests of each sticky visitor.")
    ] = Plan.requests_per_visitor,
    confidence: Annotated[
        float, typer.Option(help="Confidence level of the split test, in percent.")
    ] = Plan.confidence,
    max_requests: Annotated[int, typer.Option(help="Maximum number of requests.")] = Plan.max_requests,
    rate: Annotated[float, typer.Option(help="Maximum requests per second.")] = Plan.rate,
    concurrency: Annotated[int, typer.Option(help="Maximum concurrent requests.")] = Plan.concurrency,
    timeout: Annotated[float, typer.Option(help="Time limit of a request, in seconds.")] = Plan.timeout_seconds,
    deadline: Annotated[float, typer.Option(help="Time limit of the validation, in seconds.")] = Plan.deadline_seconds,
    max_redirects: Annotated[
        int, typer.Option(help="Maximum number of redirects to follow on the site.")
    ] = Plan.max_redirects,
    ca_file: Annotated[str | None, typer.Option(metavar="FILE", help="Additional CA certificate to trust.")] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the JSON report to this file.")
    ] = None,
    is_json: JsonOption = False,
) -> None:
    """Test a website from outside: split, session affinity, override, pin, and no leak through the cache.

    Exit code 0: everything is proven. 1: a check failed or is inconclusive. 2: it could not run.
    """
    from cli.validate.run import read_pairs, read_place, run

    if settings and stack is None:
        raise UsageError("--set changes settings of a stack: name it with --stack")
    options = {
        "url": url,
        "percent": percent,
        "pin": pin,
        "versions": read_pairs(version) if version else None,
        "versionHeader": version_header,
        "versionPattern": version_pattern,
        "expect": expect,
        "override": read_place(override) if override else None,
        "cookies": cookie,
        "objects": object_,
        "originHosts": origin_host,
        "visitors": visitors,
        "stickyVisitors": sticky_visitors,
        "requestsPerVisitor": requests_per_visitor,
        "confidence": confidence,
        "maxRequests": max_requests,
        "rate": rate,
        "concurrency": concurrency,
        "timeoutSeconds": timeout,
        "deadlineSeconds": deadline,
        "maxRedirects": max_redirects,
        "caFile": ca_file,
    }
    opened = context.obj.open_stack(stack, settings or []) if stack else None
    run(context.obj, opened, options, override_secret, report, is_json=is_json)
