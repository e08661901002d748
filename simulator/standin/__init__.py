"""Deploys the Pulumi program without the CLI and without AWS: the stand-in provider and the in-process run."""

from .deployment import Change
from .errors import ProgramError, StackConfigError, StandInError
from .program import Run, run_program
from .provider import StandIn
from .stack_config import StackConfig, read_stack_config, stacks
from .state import read_state, write_state

__all__ = [
    "Change",
    "ProgramError",
    "Run",
    "StackConfig",
    "StackConfigError",
    "StandIn",
    "StandInError",
    "read_stack_config",
    "read_state",
    "run_program",
    "stacks",
    "write_state",
]
