"""The errors of the local deployment in the words of the commands."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from cli.output.errors import OperationError, UsageError
from simulator.cloudfront import OriginMapError, PortInUseError, StateError, UnknownRegionError
from simulator.deployment.applications import ApplicationError
from simulator.deployment.rollouts import ScheduleError
from simulator.dynamodb import EngineError, TableConflictError, TableStateError
from simulator.lambda_edge import FunctionStateError, PackageError

ASKED_WRONGLY = (FunctionStateError, OriginMapError, ScheduleError, StateError, TableStateError, UnknownRegionError)
WENT_WRONG = (ApplicationError, EngineError, PackageError, PortInUseError, TableConflictError)


@contextlib.contextmanager
def told() -> Generator[None]:
    """Inside, an error that a person can do something about is raised as UsageError or OperationError."""
    try:
        yield
    except ASKED_WRONGLY as error:
        raise UsageError(str(error)) from error
    except WENT_WRONG as error:
        raise OperationError(str(error)) from error
