"""A rollback's last word: the stack's file, so that the next `pulumi up` does not undo it."""

from __future__ import annotations

from cli.rollback.steps import Step
from cli.stacks.outputs import has_pulumi, pulumi
from infra.settings.stack import Stack

WANTED = {"pin": "stable", "canaryPercent": "0"}


def config_step(stack: Stack) -> Step:
    """By the Pulumi CLI, which leaves comments and order as they are; by hand where there is none."""
    now = {"pin": stack.settings.pin, "canaryPercent": f"{stack.settings.canary_percent:g}"}
    changes = {key: value for key, value in WANTED.items() if now[key] != value}
    file = f"Pulumi.{stack.name}.yaml"
    if not changes:
        return Step("config", f"{file} has pin stable and canaryPercent 0 already", "nothing to do")
    commands = [("config", "set", key, value, "--stack", stack.name) for key, value in changes.items()]
    if not has_pulumi():
        said = " && ".join(f"pulumi {' '.join(command)}" for command in commands)
        return Step("config", f"pulumi is not on PATH; where it is: {said}", "by hand")
    said = ", ".join(f"{key} {now[key]} -> {value}" for key, value in changes.items())

    def write() -> None:
        for command in commands:
            pulumi(*command)

    return Step("config", f"{said} in {file}: commit it", do=write)
