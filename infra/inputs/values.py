"""A stack whose values may be known later than its shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pulumi

from infra.settings.stack import Stack

Given = TypeVar("Given")
Made = TypeVar("Made")


def apply(value: pulumi.Input[Given], make: Callable[[Given], pulumi.Input[Made]]) -> pulumi.Input[Made]:
    """Return what is made of a value: at once where it is plain, so that nothing is an Output without need."""
    if isinstance(value, pulumi.Output):
        found: pulumi.Output[Given] = cast("Any", value)
        return found.apply(lambda known: pulumi.Output.from_input(make(known)))
    return make(cast("Given", value))  # nobody gives an awaitable here


@dataclass(frozen=True)
class StackValues:
    """The stack for its resources.

    `stack` decides which resources there are: where a value is an Output, it has another value of that kind in its
    place. `settled` has all values: it is `stack` itself, or an Output. `later` are the origins with such a value.
    """

    stack: Stack
    settled: pulumi.Input[Stack]
    later: frozenset[str] = frozenset()

    @classmethod
    def plain(cls, stack: Stack) -> StackValues:
        """Return those of a stack all of whose values are known."""
        return cls(stack, stack)

    @property
    def is_plain(self) -> bool:
        """True where all values are known."""
        return self.settled is self.stack

    def apply(self, make: Callable[[Stack], pulumi.Input[Made]]) -> pulumi.Input[Made]:
        """Return what is made of the values: at once, or as an Output."""
        return apply(self.settled, make)
