"""Build a deployment package, start it, and write it to a file."""

from __future__ import annotations

from pathlib import Path

from cli.output.console import out, print_json, warn
from cli.output.errors import OperationError, UsageError
from cli.output.progress import working
from infra.package.archive import write_package
from infra.package.bundle import build_bundle
from infra.package.bytecode import NO_BYTECODE
from infra.package.start import check_start
from infra.settings.stack import Stack
from simulator.standin.config.text_file import TextFileError, refuse_special


def build_package(stack: Stack, path: Path, *, is_json: bool) -> None:
    """Write the package to `path`. UsageError where it cannot be a file, OperationError where writing fails."""
    if path.is_dir():
        raise UsageError(f"--out {path}: is a folder; name a file")
    if not path.parent.is_dir():
        raise UsageError(f"--out {path}: must be a file in a folder that exists")
    try:
        refuse_special(path)  # the package would replace it
    except TextFileError as error:
        raise UsageError(f"--out {path}: {error}") from error
    with working("building the package"):
        built = build_bundle(stack)
        not_started = check_start(stack, built)
    if not_started:
        warn(f"{path}: {not_started}")
    if not built.has_bytecode:
        warn(f"{path}: {NO_BYTECODE}")
    content = built.path.read_bytes()
    try:
        write_package(path, content)
    except OSError as error:
        raise OperationError(f"--out {path}: cannot be written: {error.strerror}") from error
    strategy = stack.settings.strategy
    if is_json:
        report = {"path": str(path), "sha256": built.sha256, "bytes": len(content), "strategy": strategy}
        print_json(report | {"nativePackages": list(built.native_packages)})
    else:
        out.print(f"{path}: {strategy}, {len(content):,} bytes, sha256 {built.sha256}", markup=False)
