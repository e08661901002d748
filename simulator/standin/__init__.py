"""Deploys the Pulumi program without the CLI and without AWS: the stand-in provider and the in-process run."""

from .deployment import Change
from .errors import ProgramError, StackConfigError, StandInError
from .program import Run, run_program
from .provider import StandIn
from .stack_config import StackConfig, read_stack_config, stacks
from .state import parse_state, read_state, write_state
from .text_file import TextFileError, read_content, read_text, refuse_special, text_of
from .yaml_file import YamlError, parse_yaml

__all__ = [
    "Change",
    "ProgramError",
    "Run",
    "StackConfig",
    "StackConfigError",
    "StandIn",
    "StandInError",
    "TextFileError",
    "YamlError",
    "parse_state",
    "parse_yaml",
    "read_content",
    "read_stack_config",
    "read_state",
    "read_text",
    "refuse_special",
    "run_program",
    "stacks",
    "text_of",
    "write_state",
]
