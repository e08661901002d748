"""A rollback of the stack that is up on this machine: pin and percentage, the rollout, the file, and the cache."""

from __future__ import annotations

from collections.abc import Sequence

from cli.rollback.config import config_step
from cli.rollback.control import pin_step, rollout_step
from cli.rollback.steps import Step, planned
from cli.stacks.control_table import Place, control_table
from cli.stacks.local_edge import drop_cached
from cli.stacks.running import LocalStack
from infra.cdn.invalidation import EVERYTHING
from infra.settings.stack import Stack


def local_steps(stack: Stack, here: LocalStack, *, keeps_config: bool) -> list[Step]:
    """In the order in which they are done."""
    steps = _control_steps(stack, here)
    if not keeps_config:
        steps.append(planned("config", lambda: config_step(stack)))
    steps.append(Step("version", "the local edge has no earlier version of the function", "nothing to do"))
    return [*steps, _cache_step(here, steps)]


def _control_steps(stack: Stack, here: LocalStack) -> list[Step]:
    if not stack.settings.reads_control_table:
        file = f"Pulumi.{stack.name}.yaml"
        detail = (
            f"percentage and pin are not in a control table: set pin to stable in {file}, which is deployed at once"
        )
        return [Step("pin", detail, "by hand")]
    table: Place = control_table(stack, here)
    return [planned("pin", lambda: pin_step(stack, table)), planned("rollout", lambda: rollout_step(table))]


def _cache_step(here: LocalStack, steps: Sequence[Step]) -> Step:
    if not any(step.is_open for step in steps):
        return Step("cache", "what is cached stays right", "nothing to do")

    def drop() -> None:
        drop_cached(here, EVERYTHING)

    return Step("cache", "drops what the local edge has cached", do=drop)
