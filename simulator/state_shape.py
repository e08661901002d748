"""States that are of another shape than `pulumi stack export` writes: an error in words, whatever the reader met."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

_MET = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)


@contextlib.contextmanager
def expect_shape(what: str, kind: type[Exception]) -> Generator[None]:
    """Inside, or around a function, what a reader of `what` stumbles over is raised as an error of this kind."""
    try:
        yield
    except kind:
        raise
    except _MET as error:
        met = f"{type(error).__name__}: {error}"
        raise kind(f"{what} of the state is not of the shape that `pulumi stack export` writes ({met})") from error
