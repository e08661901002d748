"""Make the demo's hosts the origins of a stack: `python -m demo.hosts.connect --stack staging`.

It copies the outputs of demo/hosts into the stack's file by `pulumi config set`. What visitors get changes with the
next `pulumi up` of the stack.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import Any

from cli.output.console import out, print_error, warn
from cli.output.errors import UsageError
from cli.output.failures import classify
from cli.stacks.outputs import run_pulumi
from cli.stacks.workspace import Workspace
from demo.hosts.settings import session_environment
from infra.settings.stack import WITHOUT_DEMO, Stack

PROJECT = "demo/hosts"


def new_settings(outputs: Mapping[str, Any], stack: Stack) -> dict[str, str]:
    """Return the plain-text settings by path in the config, those last that allow the next update."""
    options = stack.settings.strategy_options("tier")
    tiers: Mapping[str, Any] = options.tiers if options is not None else {}
    places = {f"origins.{origin}": place for origin, place in outputs.get("origins", {}).items()}
    places |= {f"tier.tiers.{tier}": at for tier, at in outputs.get("tierBackends", {}).items() if tier in tiers}
    settings = {f"{path}.{key}": str(value) for path, place in places.items() for key, value in place.items()}
    if "originSecretHeader" in outputs:
        settings["security.originSecretHeader"] = outputs["originSecretHeader"]
    done = {"demo.hosts": "origins", "demo.tiers": "tierBackends"}
    return settings | {key: "false" for key, output in done.items() if output in outputs}


def conflicts(outputs: Mapping[str, Any], stack: Stack) -> list[str]:
    """List what the hosts and the stack do not agree on, and what to do about it."""
    if not outputs.keys() & {"origins", "tierBackends"}:
        return [f"{PROJECT} has no hosts and no backends for {stack.name}: run `pulumi -C {PROJECT} up` first"]
    if "origins" not in outputs:
        return []
    found: list[str] = []
    options = stack.settings.strategy_options("sticky-session")
    wanted = session_environment(options, stack.prefix) if options is not None else {}
    if outputs["sessions"] != wanted:
        keys = ", ".join(key for key in outputs["sessions"] if outputs["sessions"][key] != wanted.get(key))
        found.append(
            f"{stack.project}:stickySession is not what the hosts have ({keys}): write the same section to"
            f" {PROJECT}/Pulumi.{stack.name}.yaml, and run `pulumi -C {PROJECT} up` again"
        )
    secret = stack.settings.security.origin_secret
    if secret and secret != outputs["originSecret"]:
        found.append(
            f"{stack.project}:security.originSecret is set, and the hosts have another one: give them the stack's"
            f" (`pulumi -C {PROJECT} config set --secret originSecret`, then up), or remove it from the stack"
        )
    return found


def connect(stack_name: str, hosts_stack: str) -> None:
    """Read the outputs and write the settings; UsageError where hosts and stack do not fit."""
    workspace = Workspace()
    stack = workspace.open_stack(stack_name, WITHOUT_DEMO)  # as it will be: with the origins of its config
    text = run_pulumi(workspace, "-C", PROJECT, "stack", "output", "--json", "--show-secrets", "--stack", hosts_stack)
    outputs: dict[str, Any] = json.loads(text)
    if found := conflicts(outputs, stack):
        raise UsageError("\n".join(found))
    if secret := outputs.get("originSecret"):
        _set("security.originSecret", "--secret", stack_name, stdin=secret)
    for key, value in new_settings(outputs, stack).items():
        _set(key, "--plaintext", stack_name, value)
        out.print(f"{key}: {value}", markup=False)
    if "origins" in outputs and stack.settings.strategy == "fastest-origin":
        warn(
            "the hosts admit CloudFront only: the probes of fastest-origin do not reach them, and everybody gets stable"
        )
    out.print(f"next: pulumi up --stack {stack_name}", markup=False)


def _set(key: str, kind: str, stack: str, *value: str, stdin: str | None = None) -> None:
    """Secrets go through `stdin`, for anyone on this machine may list the arguments of a process."""
    run_pulumi(Workspace(), "config", "set", "--path", key, *value, kind, "--stack", stack, stdin=stdin)


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(description="Make the hosts of demo/hosts the origins of a stack.")
    parser.add_argument("--stack", required=True, help="Stack of edge-router.")
    parser.add_argument("--hosts-stack", help="Stack of demo/hosts; default: the same name.")
    options = parser.parse_args()
    try:
        connect(options.stack, options.hosts_stack or options.stack)
    except Exception as error:
        failure = classify(error)
        if failure is None:
            raise
        print_error(failure.text)
        sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
