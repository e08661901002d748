"""Tell whether a package, or the code of a function in AWS, is what this commit builds for a stack."""

from __future__ import annotations

from cli.bundle.subjects import Verified, compare_file, compare_function
from cli.output.console import escape_control, out, print_json, warn
from cli.output.errors import EXIT_LEFT, OperationError
from cli.output.progress import working
from cli.stacks.workspace import GitError, read_git
from infra.package.bundle import ROOT
from infra.settings.stack import Stack


def verify(stack: Stack, target: str, *, is_json: bool) -> None:
    """Compare the file or the function `target` with what is built here. SystemExit(3) where not all could be judged.

    OperationError where it is something else, UsageError where it is none of the stack's.
    """
    with working(f"comparing {target}"):
        verified = compare_function(stack, target) if target.startswith("arn:") else compare_file(stack, target)
    commit = _commit()
    if is_json:
        print_json(_document(verified, stack, target, commit))
    else:
        _print(verified)
    where = f"what {commit} builds as the {verified.kind} of the stack {stack.name}"
    if count := len(verified.compared.differences):
        differences = "1 difference" if count == 1 else f"{count} differences"
        raise OperationError(f"{target}: is not {where}: {differences}")
    if verified.compared.undecided:
        warn(f"{target}: its sources are {where}; not all of its bytecode could be judged")
        raise SystemExit(EXIT_LEFT)
    if not is_json:
        out.print(f"{target}: is {where}, sha256 {verified.digests[0]}", markup=False)


def _commit() -> str:
    """Return `commit 1a2b3c4d5e6f`, and whether files differ from it; without git, `this folder`."""
    try:
        commit = read_git(ROOT, "rev-parse", "--short=12", "HEAD").strip()
        is_changed = bool(read_git(ROOT, "status", "--porcelain").strip())
    except GitError:
        return "this folder"
    return f"commit {commit} with uncommitted changes" if is_changed else f"commit {commit}"


def _document(verified: Verified, stack: Stack, target: str, commit: str) -> dict[str, object]:
    there, here = verified.digests
    return {
        "target": target,
        "stack": stack.name,
        "kind": verified.kind,
        "commit": commit,
        "isSame": not verified.differs and not verified.compared.undecided,
        "sha256": {"there": there, "here": here},
        "version": verified.version,
        "differences": [one.as_json() for one in verified.compared.differences],
        "undecided": [one.as_json() for one in verified.compared.undecided],
        "notes": verified.compared.notes,
        "notJudged": verified.not_judged,
    }


def _print(verified: Verified) -> None:
    if verified.version:
        out.print(f"version {verified.version}", markup=False)
    for one in (*verified.compared.differences, *verified.compared.undecided):
        out.print(escape_control(str(one)), markup=False)
    for text in verified.compared.notes:
        out.print(text, markup=False)
    for text in verified.not_judged:
        out.print(f"not judged: {text}", markup=False)
