"""Resident memory of a worker process."""

from __future__ import annotations

from pathlib import Path


def peak_mb(pid: int) -> int:
    """The most memory the process has had, in MB rounded up; 0 when it is gone.

    Linux keeps the peak itself (VmHWM); elsewhere this is what the process has now.
    """
    status = Path(f"/proc/{pid}/status")
    try:
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return -(-int(line.split()[1]) // 1024)
    except (FileNotFoundError, ProcessLookupError):
        if not Path("/proc/self/status").exists():
            return _resident_mb(pid)
    return 0


def _resident_mb(pid: int) -> int:
    import psutil  # needed only where there is no /proc

    try:
        return -(-psutil.Process(pid).memory_info().rss // 1_048_576)
    except psutil.Error:
        return 0
