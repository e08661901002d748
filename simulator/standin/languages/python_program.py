"""Runs a Python program in a process of its own, as Pulumi's language host for Python does; a script."""

import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
import pulumi.runtime

_WORKERS = 4


def main(program: str) -> int:
    """Run the program in a folder against the monitor that the environment names; 1 where it fails."""
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(_settings())
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed program leaves futures nobody looks at
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(_WORKERS))
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _load(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except Exception:  # noqa: BLE001  as the language host does: whatever it is goes to the user
        pulumi.log.error(f"Program failed with an unhandled exception:\n{traceback.format_exc()}")
        return 1
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    return 0


def _settings() -> pulumi.runtime.Settings:
    """Settings of the run, from the environment."""
    return pulumi.runtime.Settings(
        project=os.environ["PULUMI_PROJECT"],
        stack=os.environ["PULUMI_STACK"],
        organization=os.environ["PULUMI_ORGANIZATION"],
        root_directory=os.environ["PULUMI_ROOT_DIRECTORY"],
        monitor=os.environ["PULUMI_MONITOR"],
        engine=os.environ["PULUMI_ENGINE"],
        dry_run=os.environ["PULUMI_DRY_RUN"] == "true",
    )


def _load(program: str) -> None:
    """Run the folder's `__main__.py` with the folder first on sys.path."""
    if not (Path(program) / "__main__.py").is_file():
        raise pulumi.RunError(f"unable to find main python program `__main__.py` in `{program}`")
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
