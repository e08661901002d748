"""Deploys the Pulumi program without the CLI and without AWS: the stand-in provider and the in-process run."""

from simulator.standin.config.stack_config import StackConfig, read_stack_config, stacks
from simulator.standin.config.text_file import TextFileError, read_content, read_text, refuse_special, text_of
from simulator.standin.config.yaml_file import YamlError, parse_yaml
from simulator.standin.deployment import Change
from simulator.standin.model.errors import ProgramError, StackConfigError, StandInError
from simulator.standin.program import Run, run_program
from simulator.standin.provider import StandIn
from simulator.standin.state import read_state, write_state

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
