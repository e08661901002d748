"""Runs a project in whatever language it is written, as the Pulumi CLI would, against the stand-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from simulator.standin.config.project_file import read_project
from simulator.standin.config.stack_config import read_stack_config
from simulator.standin.languages.hosts import Program, run
from simulator.standin.languages.server import serve
from simulator.standin.model.errors import ProgramError, StandInError
from simulator.standin.run import Run, begin, finished, utc_now


def run_project(
    stack: str,
    *,
    project: Path,
    packages: Mapping[str, Path],
    overrides: Sequence[str] = (),
    state: Mapping[str, object] | None = None,
    preview: bool = False,
    now: Callable[[], datetime] = utc_now,
) -> Run:
    """Run a stack's program in a process of its own and bring `state` up to it; nothing is written.

    `packages` are the folders of the plugins that construct its components. What a language compiles has to be compiled
    and its SDKs installed. Errors: StackConfigError (settings), ProgramError (program, provider or engine refuse),
    StandInError (something that the language needs is missing here).
    """
    root = project.resolve()
    config = read_stack_config(stack, project=root, overrides=overrides)
    runtime = read_project(root / "Pulumi.yaml").runtime
    work = begin(stack, config, state, preview=preview, packages=frozenset(packages), now=now)
    folders = {package: folder.resolve() for package, folder in packages.items()}
    with serve(work, root, config, folders) as server:
        failure = run(runtime, Program(root, stack, config, preview, server.address))
        if server.refusals:
            raise ProgramError(server.refusals[0])  # what a program says of it afterwards repeats it
        if errors := server.engine.errors or ([failure] if failure else []):
            raise ProgramError("\n".join(errors))
        try:
            work.finish()
        except StandInError as error:
            raise ProgramError(str(error)) from error
    return finished(work, server.engine.warnings)
