"""`edge-router init` and `edge-router doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, complete_strategies, stack_option


def init(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option("--stack", "-s", metavar="NAME", help="Name of the new stack.")] = None,
    project: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The project, to be sure of it.", show_default="that of Pulumi.yaml"),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How visitors are routed.", autocompletion=complete_strategies),
    ] = None,
    stable: Annotated[str | None, typer.Option(metavar="HOST", help="Domain name of the stable origin.")] = None,
    canary: Annotated[str | None, typer.Option(metavar="HOST", help="Domain name of the canary origin.")] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            metavar="REGION",
            help="The stack's Region, and the home Region of its tables; repeat it for each replica.",
            show_default="us-east-1",
        ),
    ] = None,
    percent: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Percentage of new visitors on the canary.", show_default="0")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the release.", show_default="the month, such as 2026-11")
    ] = None,
    cookie: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="sticky-session: the session cookie.", show_default="sessiontoken"),
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(metavar="URL", help="jwt-iat: the issuer, whose keys are fetched.")
    ] = None,
    allowed_domain: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="tenant-lookup: a domain of the backends (repeatable).")
    ] = None,
    tier: Annotated[
        list[str] | None, typer.Option(metavar="NAME=HOST", help="tier: a tier and its host (repeatable).")
    ] = None,
    settings: SetOption = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Replace the config of a stack that has one.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Write the file of a new stack, checked as config check does.

    On a terminal it asks for what no option says; elsewhere, and with --json, what is missing is an error. Secrets are
    never written: it prints the commands that set them. Exit code 0: written. 1: not confirmed. 2: it cannot run.
    """
    from cli.first_hour.answers import Given
    from cli.first_hour.init import write_stack

    single = {
        "stack": stack,
        "project": project,
        "strategy": strategy,
        "stable": stable,
        "canary": canary,
        "percent": percent,
        "release": release,
        "cookie": cookie,
        "issuer": issuer,
    }
    several = {"region": region, "allowed-domain": allowed_domain, "tier": tier}
    given = Given(
        {name: [one] for name, one in single.items() if one is not None} | {n: v for n, v in several.items() if v}
    )
    write_stack(context.obj, given, settings or [], is_forced=is_forced, is_json=is_json)


def doctor(
    context: typer.Context,
    stack: Annotated[str | None, stack_option("Check this stack's settings too.")] = None,
    settings: SetOption = None,
    is_offline: Annotated[bool, typer.Option("--offline", help="Do not call AWS.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Check this machine, the account and a stack's settings, and say what to do.

    ✓ is in order, ✗ is not, ? could not be checked. Exit code 0: all in order. 1: something is not. 3: nothing is
    wrong, but not all could be checked.
    """
    from cli.first_hour.doctor import examine

    examine(context.obj, stack, settings or [], is_offline=is_offline, is_json=is_json)
