"""Next steps when the tour is over, as commands to paste."""

from __future__ import annotations

from collections.abc import Iterator

from infra.settings.stack import Stack

COMMAND = ".venv/bin/edge-router"
VERSION_2 = "canary"


def list_next_steps(stack: Stack, url: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The purpose of each, and its lines; `url` is where the stack is served."""
    yield "see version 2, whatever the percentage", (f"curl -si {_override(stack)}{url}/ | head -20",)
    yield "see where a request goes, and why", (f"curl -so /dev/null {url}/ && {COMMAND} logs --stack {stack.name}",)
    yield "start a rollout", (f"{COMMAND} rollout start --stack {stack.name}",)
    yield (
        "give it visitors meanwhile, in a third terminal, until Ctrl-C",
        (f"while sleep 0.1; do curl -so /dev/null {url}/; done",),
    )
    yield (
        "look at it, and end it: everybody goes back to stable",
        tuple(f"{COMMAND} rollout {name} --stack {stack.name}" for name in ("status", "abort")),
    )
    yield "change the percentage: the file is deployed at once", (_percentage(stack.name, 50),)


def _override(stack: Stack) -> str:
    """The QA override's option for curl; "" in a stack without one."""
    override = stack.settings.override
    if override is None:
        return ""
    asked = f"{VERSION_2}:{override.secret}"
    if override.header:
        return f"-H '{override.header}: {asked}' "
    return f"-b '{override.cookie}={asked}' " if override.cookie else f"-G -d '{override.query}={asked}' "


def _percentage(stack: str, percent: int) -> str:
    """BSD's sed and GNU's take no other form alike."""
    file = f"Pulumi.{stack}.yaml"
    return f"sed -i.bak 's/\\(edge-router:canaryPercent:\\).*/\\1 \"{percent}\"/' {file} && rm {file}.bak"
