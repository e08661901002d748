"""The result of `config check` as SARIF 2.1.0, which GitHub and editors show at the line of the file.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os.html
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cache_check.catalogue import RULES, Rule, plain
from cli.config.places import Place, Places
from cli.stacks.workspace import Workspace
from cli.version import own_version
from simulator.standin.config.project_file import read_project
from simulator.standin.config.stack_config import find_stack_file

if TYPE_CHECKING:
    from cli.config.check import Checked

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
Level = Literal["error", "warning", "note"]
PAGES = "https://www.pulumi.com/docs/iac"
INVALID, DOUBTFUL, NOT_CHECKED = "config-invalid", "config-doubtful", "not-checked"
_OTHER_RULES = (
    (INVALID, "A setting of the stack is missing or invalid, or its package cannot be built.", "concepts/config/"),
    (DOUBTFUL, "A setting of the stack works, and is rarely meant.", "concepts/config/"),
    (NOT_CHECKED, "A part of the state could not be checked.", "cli/commands/pulumi_stack_export/"),
)


@dataclass(frozen=True)
class _Result:
    """One result; `subject` tells it from others of its rule, whatever its text becomes."""

    rule: str
    level: Level
    message: str
    subject: str
    place: Place | None
    logical: str = ""

    def as_json(self, rules: list[str], occurrence: int) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.rule}\n{self.subject}".encode()).hexdigest()[:16]
        location: dict[str, Any] = {}
        if self.place is not None:
            base = {"uriBaseId": "%SRCROOT%"} if self.place.is_relative else {}
            region = {"startLine": self.place.line}
            location["physicalLocation"] = {"artifactLocation": {"uri": self.place.uri, **base}, "region": region}
        if self.logical:
            name = self.logical.rpartition("::")[2]
            location["logicalLocations"] = [
                {"name": name, "fullyQualifiedName": self.logical, "kind": "resource"},
            ]
        return {
            "ruleId": self.rule,
            "ruleIndex": rules.index(self.rule),
            "level": self.level,
            "message": {"text": self.message},
            "locations": [location] if location else [],
            # By this GitHub knows a result again when lines move; the name is the one that it reads.
            "partialFingerprints": {"primaryLocationLineHash": f"{digest}:{occurrence}"},
        }


def sarif_text(checked: Checked, workspace: Workspace, stack: str | None, state: Path | None) -> str:
    """Return the result on a stack, a state or both as the text of a SARIF file."""
    places = Places(workspace.root, state=state)
    if stack is not None:
        file = find_stack_file(stack, workspace.root)
        places = Places(workspace.root, read_project(workspace.root / "Pulumi.yaml").name, file, state)
    return json.dumps(sarif_document(checked, stack or str(state), places), indent=2) + "\n"


def sarif_document(checked: Checked, subject: str, places: Places) -> dict[str, Any]:
    """The SARIF document. `subject` is the stack or the file that was checked."""
    rules = [*(_other_rule(*one) for one in _OTHER_RULES), *(_rule(one) for one in RULES)]
    names = [str(rule["id"]) for rule in rules]
    driver = {"name": "edge-router", "semanticVersion": own_version(), "rules": rules}
    seen = Counter[tuple[str, str]]()
    results: list[dict[str, Any]] = []
    for one in _results(checked, places):
        seen[one.rule, one.subject] += 1
        results.append(one.as_json(names, seen[one.rule, one.subject]))
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"edge-router/{subject}/"},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(checked: Checked, places: Places) -> Iterator[_Result]:
    for text in checked.problems:
        yield _Result(INVALID, "error", text, _message_key(text), places.of_setting(text))
    for text in checked.warnings:
        yield _Result(DOUBTFUL, "warning", text, _message_key(text), places.of_setting(text))
    for one in checked.findings:
        place = places.of_resource(one.urn, one.distribution) or places.of_setting(one.fix, "strategy")
        resource = one.urn or one.distribution
        logical = f"{resource}, path pattern {one.path_pattern}"
        yield _Result(one.name, one.severity, f"{one.explanation} Fix: {one.fix}", logical, place, resource)
    if checked.analysis is None:
        return
    for one in checked.analysis.not_checked:
        level: Level = "error" if checked.analysis.is_empty else "note"
        place = places.of_resource("", one.distribution) or places.of_setting("", "strategy")
        message = f"Not checked: {one}.{f' Fix: {one.fix}.' if one.fix else ''}"
        yield _Result(NOT_CHECKED, level, message, f"{one.distribution} {one.pattern}", place, one.distribution)


def _message_key(text: str) -> str:
    """The key that a message begins with: its value may change."""
    return text.split(" ", 1)[0]


def _rule(rule: Rule) -> dict[str, Any]:
    what = f"{rule.what} Fix: {rule.fix}."
    return {
        "id": rule.name,
        "shortDescription": {"text": plain(rule.what)},
        "fullDescription": {"text": plain(what)},
        "helpUri": rule.url,
        "help": {"text": plain(f"{what} More: {rule.url} and docs/cache-leaks.md.")},
        "properties": {"tags": ["cache", "security"]},
    }


def _other_rule(name: str, what: str, page: str) -> dict[str, Any]:
    url = f"{PAGES}/{page}"
    return {
        "id": name,
        "shortDescription": {"text": what},
        "fullDescription": {"text": what},
        "helpUri": url,
        "help": {"text": f"{what} More: {url} and docs/settings.md."},
        "properties": {"tags": ["config"]},
    }
