"""List and delete orphaned functions and old versions."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.markup import escape

from cli.output.console import out, print_json, print_table
from cli.output.errors import EXIT_FAILED, EXIT_LEFT
from cli.output.progress import working
from cli.stacks.aws import client
from cli.stacks.aws_errors import aws_errors
from cli.stacks.running import AwsStack, announce
from cli.stacks.workspace import Workspace
from cli.sweep.deleting import delete
from cli.sweep.finding import Clients, find_functions
from cli.sweep.plan import SETTLED, WRONG, Item, plan
from infra.naming.edge_functions import EDGE_REGION
from simulator.standin.config.project_file import read_project


def sweep(workspace: Workspace, stack: str | None, keep: int | None, *, is_deleting: bool, is_json: bool) -> None:
    """List or delete orphaned functions and old versions. SystemExit unless nothing is left."""
    prefix = ""
    if stack is not None:
        workspace.directory(stack)  # it checks the name; the stack itself may be gone
        prefix = f"{read_project(workspace.root / 'Pulumi.yaml').name}-{stack}"
    announce(AwsStack(stack or "all stacks", EDGE_REGION), is_json=is_json)
    now = time.time()
    with aws_errors("cannot list functions", EDGE_REGION):
        clients = Clients(*(client(service, EDGE_REGION) for service in ("lambda", "iam", "cloudfront")))
        with working("listing functions and their versions"):
            items: Iterable[Item] = plan(find_functions(clients, prefix), now, keep)
        if is_deleting:
            items = delete(items, clients.functions, now)
        _report(list(items), prefix, is_json=is_json)


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
    """`2 deleted, 1 waits: …`, and the next step."""
    counted = {state: sum(item.state == state for item in items) for state in dict.fromkeys(i.state for i in items)}
    counts = ", ".join(f"{number} {state}" for state, number in counted.items())
    if "to delete" in counted:
        return f"{counts}: nothing was changed; delete with --delete"
    return f"{counts}: run it again later" if exit_code(items) else counts


def exit_code(items: Iterable[Item]) -> int:
    """Return the exit code of the worst state."""
    states = {item.state for item in items}
    return EXIT_FAILED if states & set(WRONG) else EXIT_LEFT if states - set(SETTLED) else 0
