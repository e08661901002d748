"""The execution environment of a Lambda@Edge worker: its variables, and the memory that it takes."""

import datetime
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulator.lambda_edge.function import FunctionCode

# DynamoDB Local wants letters and digits in the key id; nobody checks the secret.
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEDGEROUTERLOCAL0",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_SESSION_TOKEN": "not-a-token",
}
_RESERVED = {
    *_CREDENTIALS,
    *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG"),
    *("PATH", "PYTHONPATH", "TZ", "_HANDLER"),
}


def edge_name(function: FunctionCode) -> str:
    """The name a function has at the edge: replicas carry the home Region ("Edge function logs")."""
    return f"us-east-1.{function.name}"


def worker_environment(
    function: FunctionCode,
    region: str,
    runtime_api: str,
    paths: tuple[Path, Path],
    extra_paths: Sequence[Path] = (),
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Variables for a worker of `function` executing in `region`; `paths` are the task root and the runtime directory.

    Sources: "Defined runtime environment variables" (Lambda guide); custom variables do not exist at the edge
    ("Restrictions on Lambda@Edge"), so `extra` is for what replaces AWS here, such as endpoint URLs.
    """
    task_root, runtime_directory = paths
    log_stream = f"{datetime.datetime.now(datetime.UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
    return {
        **_CREDENTIALS,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": edge_name(function),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{edge_name(function)}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_RUNTIME_DIR": str(runtime_directory),
        "LAMBDA_TASK_ROOT": str(task_root),
        "LANG": "en_US.UTF-8",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "PYTHONPATH": os.pathsep.join(map(str, (*extra_paths, task_root, runtime_directory))),
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        **(extra or {}),
    }


def without_reserved(extra: Mapping[str, str]) -> dict[str, str]:
    """`extra` itself; ValueError when it names a variable that Lambda sets."""
    if taken := sorted(name for name in extra if name in _RESERVED or name.startswith("AWS_LAMBDA_")):
        raise ValueError(f"environment: {', '.join(taken)}: set by Lambda itself, cannot be given")
    return dict(extra)


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
