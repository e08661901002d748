"""A stack's settings as a commit of the repository has them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.output.errors import UsageError
from cli.stacks.workspace import Workspace
from infra.config.errors import SettingsError
from infra.settings.stack import Stack
from simulator.standin.config.stack_config import find_stack_file
from simulator.standin.model.errors import StackConfigError

PROJECT_FILE = "Pulumi.yaml"


def open_base(workspace: Workspace, stack: str, reference: str, overrides: Sequence[str] = ()) -> Stack | None:
    """Return the stack as it was at a commit; None where it had no file yet.

    UsageError for a reference that is none, or a project without git; StackConfigError or SettingsError for settings
    that were invalid, which name the commit.
    """
    find_stack_file(stack, workspace.root)  # a name that is none is told before git is asked
    commit = _git(workspace.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if commit is None:
        raise UsageError(f"--base {reference}: is no commit of the git repository at {workspace.root}")
    file = f"Pulumi.{stack}.yaml"
    texts = {name: _git(workspace.root, "show", f"{commit.strip()}:./{name}") for name in (PROJECT_FILE, file)}
    if texts[file] is None or texts[PROJECT_FILE] is None:
        return None
    with tempfile.TemporaryDirectory(prefix="edge-router-base-") as directory:
        for name, text in texts.items():
            (Path(directory) / name).write_text(text or "", encoding="utf-8")
        try:
            return Workspace(Path(directory)).open_stack(stack, overrides)
        except SettingsError as error:
            raise SettingsError([f"at {reference}: {text}" for text in error.errors]) from error
        except StackConfigError as error:
            text = str(error).replace(f"{directory}/", "")
            raise StackConfigError(f"at {reference}: {text}", error.key) from error


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints; None where it fails, as for a file that a commit has not."""
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")  # noqa: S603  no shell
    except OSError as error:
        raise UsageError(f"--base needs git: {error.strerror}") from error
    return done.stdout if done.returncode == 0 else None
