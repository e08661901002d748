"""Runs the project's `__main__.py` in this process, as the Pulumi CLI would, against the stand-in."""

import asyncio
import contextvars
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pulumi
import pulumi.runtime
import pulumi.runtime.resource as registering
from pulumi.runtime.proto.source_pb2 import StackTrace

from simulator.standin.config.override import Override
from simulator.standin.config.stack_config import StackConfig, read_stack_config
from simulator.standin.deployment import Deployment
from simulator.standin.model.errors import ProgramError, StandInError
from simulator.standin.modules import own_modules
from simulator.standin.monitor import Engine, Monitor
from simulator.standin.run import Run, begin, summarize_run, utc_now

PROJECT_ROOT = Path(__file__).resolve().parents[2]
# The SDK tells where a program made a resource, which takes a quarter of its time; nothing here asks.
registering._get_stack_trace = StackTrace  # pyright: ignore[reportPrivateUsage]


def _ignore(*_: object, **__: object) -> None: ...


pulumi.log.debug = _ignore
"""Nor does anything read its debug lines: hundreds in an update, each sent by a thread."""
_ONE_AT_A_TIME = threading.Lock()
"""sys.path and sys.modules belong to the process, so two programs cannot load at once."""


def run_program(
    stack: str,
    *,
    project: Path = PROJECT_ROOT,
    overrides: Sequence[Override] = (),
    config: StackConfig | None = None,
    state: Mapping[str, object] | None = None,
    preview: bool = False,
    dynamodb_url: str = "",
    now: Callable[[], datetime] = utc_now,
) -> Run:
    """Run a stack's program and bring `state` up to it; nothing is written.

    `overrides` are KEY=VALUE as for `read_stack_config`, unless its result is given as `config`; `dynamodb_url` is a
    local DynamoDB with the items of the stack's tables, for a program that reads one. May be called any number of
    times, from any thread, with or without a running event loop: each run has its own thread, loop and pulumi
    settings. The program must not depend on the working directory. Errors: StackConfigError (settings), ProgramError
    (program, provider or engine refuse), StandInError (`state` is none).
    """
    root = project.resolve()
    config = config or read_stack_config(stack, project=root, overrides=overrides)
    work = begin(stack, config, state, preview=preview, dynamodb_url=dynamodb_url, now=now)
    engine = Engine()
    with _ONE_AT_A_TIME, own_modules(root):
        _in_own_thread(lambda: _execute(root, config, work, engine))
    return summarize_run(work, engine.warnings)


def _in_own_thread(work: Callable[[], None]) -> None:
    """Run `work` where there is no event loop yet and pulumi's context variables are fresh."""
    failures: list[BaseException] = []

    def run_guarded() -> None:
        try:
            contextvars.Context().run(work)
        except BaseException as error:  # noqa: BLE001  it is raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run_guarded, name="pulumi-program")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _execute(root: Path, config: StackConfig, work: Deployment, engine: Engine) -> None:
    settings: dict[str, Any] = {
        "project": config.project,
        "stack": work.stack,
        "root_directory": str(root),
        "organization": "organization",
        "monitor": Monitor(work, root),
        "engine": engine,
        "dry_run": work.is_preview,
    }
    pulumi.runtime.configure(pulumi.runtime.Settings(**settings))
    pulumi.runtime.set_all_config(dict(config.values), list(config.secret_keys))
    program = root / "__main__.py"
    try:
        _run_to_the_end(lambda: _load(program))
        if engine.errors:
            raise ProgramError("\n".join(engine.errors))
        work.finish()
    except (ProgramError, StandInError, pulumi.RunError) as error:
        raise ProgramError(str(error)) from error
    except (Exception, SystemExit) as error:
        raise ProgramError(_format_unhandled(error, root)) from error


def _load(program: Path) -> None:
    if not program.is_file():
        raise ProgramError(f"unable to find main python program `__main__.py` in `{program.parent}`")
    code = compile(program.read_bytes(), str(program), "exec")
    exec(code, {"__name__": "__main__", "__file__": str(program), "__builtins__": __builtins__})  # noqa: S102


def _run_to_the_end(program: Callable[[], None]) -> None:
    """The SDK's own `run_in_stack` on a new loop; whatever a failed program leaves pending is cancelled."""
    loop = asyncio.new_event_loop()
    # One worker: a deployment takes one registration at a time.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    # A failed program leaves futures nobody looks at; the failure itself is raised below.
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))
    finally:
        pending = asyncio.all_tasks(loop)
        for task in pending:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def _format_unhandled(error: BaseException, root: Path) -> str:
    """One line for an exception the program did not mean: what, and where in the project."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    inside = [frame for frame in frames if not Path(frame.filename).is_relative_to(root / ".venv")]
    where = f" ({Path(inside[-1].filename).relative_to(root)}, line {inside[-1].lineno})" if inside else ""
    return f"Program failed with an unhandled exception: {type(error).__name__}: {error}{where}"
