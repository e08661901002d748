"""Checks the stacks of a pull request and writes the comment: findings, and the effect on visitors.

Run by action.yml. Settings are in the environment: STACKS, STATES, BASE, ROOT (the folder of edge-router) and OUT (a
folder for comment.md, found.sarif.d and result.json). The standard library alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MARKUP = frozenset("\\`*_<>[]|#~!")
MOST_CHARACTERS = 60_000
"""GitHub takes comments of 65,536."""
SEALED = "PULUMI\\_CONFIG\\_PASSPHRASE"
"""In an error, as `prose` writes it, where a stack has encrypted settings and there is no passphrase."""
SHALLOW = "the commit to compare with is not in the checkout: check out with fetch-depth: 0"


@dataclass
class Report:
    """The comment's lines. `is_quiet`: nothing was found, and nobody moves. `has_errors`: as `config check` has it."""

    lines: list[str] = field(default_factory=list)
    is_quiet: bool = True
    has_errors: bool = False


def main() -> int:
    """Write the comment and the SARIF files. Exit code 0 whatever was found: result.json says that."""
    root, out = Path(os.environ["ROOT"]), Path(os.environ["OUT"])
    found = out / "found.sarif.d"
    found.mkdir(parents=True, exist_ok=True)
    report = Report()
    for stack in os.environ.get("STACKS", "").split():
        report.lines += [f"### `{code(stack)}`", ""]
        effect(report, root, stack, os.environ.get("BASE", ""))
        sarif = found / f"stack-{len(list(found.iterdir()))}.sarif"
        findings(report, root, ["--stack", stack], sarif)
    for state in os.environ.get("STATES", "").split():
        report.lines += [f"### `{code(state)}`", ""]
        sarif = found / f"state-{len(list(found.iterdir()))}.sarif"
        findings(report, root, ["--state", str(Path(state).resolve())], sarif)
    if not report.lines:
        print("::error::edge-router: neither stacks nor states are given")
        return 2
    text = "\n".join(report.lines).rstrip() + "\n"
    if len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS].rpartition("\n")[0] + "\n\nThe rest is in the log of the job.\n"
    (out / "comment.md").write_text(text, encoding="utf-8")
    result = {"isQuiet": report.is_quiet, "hasErrors": report.has_errors}
    (out / "result.json").write_text(json.dumps(result), encoding="utf-8")
    print("\n".join(report.lines))
    return 0


def effect(report: Report, root: Path, stack: str, base: str) -> None:
    """The effect of the change on the stack's visitors."""
    if not base:
        return
    if not has_commit(root, base):
        report.lines += [f"Effect on visitors: not judged, {SHALLOW}.", ""]
        report.is_quiet = False
        return
    document, text = run(root, "effect", "--stack", stack, "--base", base)
    if document is None or not document["ok"]:
        report.lines += ["Effect on visitors: not judged.", "", *problems(document, text), ""]
        report.is_quiet = False
        return
    moves = [line for line in document["lines"] if line["percentMoved"] != 0]
    report.is_quiet = report.is_quiet and not moves and not document["notJudged"]
    report.lines += ["Effect on visitors:", "", *(f"- {prose(line['text'])}" for line in document["lines"]), ""]
    for what, key in (
        ("Not judged, because it may affect visitors, too", "notJudged"),
        ("Changed besides, without an effect on who gets which version", "withoutEffect"),
    ):
        if document[key]:
            report.lines += [f"{what}: {prose(', '.join(document[key]))}.", ""]


def findings(report: Report, root: Path, subject: Sequence[str], sarif: Path) -> None:
    """Findings of `config check`."""
    document, text = run(root, "config", "check", *subject, "--sarif", str(sarif))
    if document is None or "findings" not in document:
        told = problems(document, text)
        is_sealed = any(SEALED in line for line in told)  # a fork's pull request gets no secrets
        report.lines += ["Not checked:", "", *told, ""]
        report.is_quiet, report.has_errors = False, report.has_errors or not is_sealed
        return
    listed = list(_findings(document))
    report.has_errors = report.has_errors or not document["ok"]
    report.is_quiet = report.is_quiet and not listed and document["ok"]
    checked = document.get("judged")
    extent = (
        f"{checked['distributions']} distributions and {checked['behaviors']} behaviors, by {checked['rules']} rules"
        if checked
        else "the settings alone"
    )
    report.lines += [*listed, "", f"Checked: {extent}."] if listed else [f"Nothing was found. Checked: {extent}."]
    for one in document.get("notJudged", ()):
        report.lines.append(f"- Not checked: {prose(one['distribution'])}: {prose(one['why'])}.")
        report.is_quiet = False
    report.lines.append("")


def _findings(document: dict[str, Any]) -> Iterator[str]:
    yield from (f"- **error**: {prose(text)}" for text in document["problems"])
    yield from (f"- **warning**: {prose(text)}" for text in document["warnings"])
    for one in document["findings"]:
        where = f"{one['distribution']}, path pattern {one['pathPattern']}"
        told = f"{one['explanation']} Fix: {one['mend']}"
        yield f"- **{one['severity']}** `{code(one['name'])}` ({prose(where)}): {prose(told)}"


def problems(document: dict[str, Any] | None, text: str) -> list[str]:
    """The errors of a command that could not run."""
    if document is None:
        return [f"- {prose(text or 'the command wrote nothing')}"]
    return [f"- {prose(one['message'])}" for one in document["errors"]]


def run(root: Path, *arguments: str) -> tuple[dict[str, Any] | None, str]:
    """The JSON document of a command, or None; and its last line of errors."""
    command = [str(root / ".venv" / "bin" / "edge-router"), *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else None, (done.stderr.strip().splitlines() or [""])[-1]


def has_commit(root: Path, commit: str) -> bool:
    """Return True if git has the commit; a shallow checkout fetches it once."""
    git = ["git", "-C", str(root)]
    ask = [*git, "cat-file", "-e", "--end-of-options", f"{commit}^{{commit}}"]
    if subprocess.run(ask, capture_output=True, check=False).returncode == 0:  # noqa: S603  no shell
        return True
    fetch = [*git, "fetch", "--quiet", "--depth=1", "origin", "--end-of-options", commit]
    subprocess.run(fetch, capture_output=True, check=False)  # noqa: S603  no shell
    return subprocess.run(ask, capture_output=True, check=False).returncode == 0  # noqa: S603  no shell


def prose(text: str) -> str:
    """Text in which nothing is markup and nobody is mentioned: files of a pull request are anybody's."""
    escaped = "".join(f"\\{one}" if one in MARKUP else one for one in text)
    return " ".join(escaped.replace("@", "@\u200b").split())


def code(text: str) -> str:
    """Text inside a code span."""
    return text.replace("`", "'")


if __name__ == "__main__":
    sys.exit(main())
