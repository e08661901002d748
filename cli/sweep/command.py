"""`edge-router sweep`: delete what stacks have left behind, as soon as AWS lets go of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.markup import escape

from cli.output.console import out, print_json, print_table
from cli.output.errors import EXIT_FAILED, EXIT_LEFT
from cli.output.progress import working
from cli.stacks import load as stacks
from cli.stacks.aws import aws_errors, client
from cli.stacks.running import AwsStack, announce
from cli.sweep.deleting import delete
from cli.sweep.finding import Clients, find_functions
from cli.sweep.plan import SETTLED, WRONG, Item, plan
from infra.naming.edge_functions import EDGE_REGION
from simulator.standin.config.project_file import read_project


def sweep(
    stack: Annotated[
        str | None, typer.Option("--stack", "-s", metavar="NAME", help="This stack's only, whether or not it is there.")
    ] = None,
    is_deleting: Annotated[bool, typer.Option("--delete", help="Delete; without it nothing is changed.")] = False,
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=50,
            metavar="N",
            help="Newest versions to keep of a function in use.",
            show_default="keepVersions",
        ),
    ] = None,
    is_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Delete functions that destroyed stacks have left behind, and old versions of those in use.

    Exit code 0: nothing is left to sweep. 3: something is, or must still wait. 1: something failed. 2: it cannot run.
    """
    prefix = _prefix(stack) if stack else ""
    announce(AwsStack(stack or "all stacks", EDGE_REGION), is_json=is_json)
    now = time.time()
    with aws_errors("cannot look for functions", EDGE_REGION):
        clients = Clients(*(client(service, EDGE_REGION) for service in ("lambda", "iam", "cloudfront")))
        with working("looks for functions and their versions"):
            items: Iterable[Item] = list(plan(find_functions(clients, prefix), now, keep))
        if is_deleting:
            items = delete(items, clients.functions, now)
        _report(list(items), prefix, is_json=is_json)


def _prefix(stack: str) -> str:
    """The stack need not be there any more, nor its file."""
    stacks.work_directory(stack)  # says what is no stack's name
    return f"{read_project(stacks.PROJECT / 'Pulumi.yaml').name}-{stack}"


def _report(items: Sequence[Item], prefix: str, *, is_json: bool) -> None:
    if is_json:
        wrong = [f"{item.function}: {item.state}: {item.detail}" for item in items if item.state in WRONG]
        print_json({"region": EDGE_REGION, "stack": prefix or None, "items": [item.as_json() for item in items]}, wrong)
    elif not items:
        out.print(f"nothing to sweep{escape(f' of {prefix}') if prefix else ''}")
    else:
        print_table(("state", "function", "version", "stack", "since", "why"), map(_row, items))
        out.print(_summary(items))
    if code := exit_code(items):
        raise SystemExit(code)


def _row(item: Item) -> tuple[str, ...]:
    version = "all" if item.version is None else str(item.version)
    return item.state, item.function, version, item.stack, item.since or "-", item.detail or "-"


def _summary(items: Sequence[Item]) -> str:
    """`2 deleted, 1 waits: …`, and what to do next."""
    counted = {state: sum(item.state == state for item in items) for state in dict.fromkeys(i.state for i in items)}
    counts = ", ".join(f"{number} {state}" for state, number in counted.items())
    if "to delete" in counted:
        return f"{counts}: nothing was changed; --delete does it"
    return f"{counts}: run it again later" if exit_code(items) else counts


def exit_code(items: Iterable[Item]) -> int:
    """The worst of what became of them."""
    states = {item.state for item in items}
    return EXIT_FAILED if states & set(WRONG) else EXIT_LEFT if states - set(SETTLED) else 0
