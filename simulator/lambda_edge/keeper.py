"""Cleans up when the simulator is gone, however it went: a process that waits for its standard input to end."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


class Keeper:
    """Kills all workers' process groups, then removes `directory`.

    PR_SET_PDEATHSIG would be Linux only, and atexit does not see SIGKILL.
    """

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603  this very file, nothing from outside
            [sys.executable, "-I", "-S", str(Path(__file__)), str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal must not end it before its time
            cwd="/",
            env={},
        )

    def watch(self, group: int) -> None:
        """Kill this process group if the simulator ends without having said `forget`."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group is gone and its number may be taken by somebody else."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the keeper, which cleans up now."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is None or self._process.poll() is not None:
            return
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()


def main() -> None:
    """Read `+group` and `-group` lines until the end, then kill every group left and remove the directory."""
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue
    _remove(Path(sys.argv[1]))


def _remove(directory: Path) -> None:
    for path, _, _ in os.walk(directory):  # what was unzipped is read-only
        Path(path).chmod(0o700)
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
