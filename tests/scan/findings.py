"""What the scanner found, and which of it is explained in explained.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

EXPLAINED = Path(__file__).with_name("explained.yaml")


@dataclass(frozen=True, order=True)
class Finding:
    """A check that failed for a resource of a config."""

    check: str
    resource: str
    config: str
    text: str


@dataclass(frozen=True)
class Explanation:
    """Why a check may fail for the resources that match one of the patterns (`aws_sns_topic.*`), in these configs."""

    check: str
    resources: tuple[str, ...]
    reason: str
    configs: tuple[str, ...] = ("*",)

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return any(self.covers_by(pattern, finding) for pattern in self.resources)

    def covers_by(self, pattern: str, finding: Finding) -> bool:
        """Whether it is about this finding, by one of its patterns."""
        is_there = any(fnmatchcase(finding.config, one) for one in self.configs)
        return finding.check == self.check and is_there and fnmatchcase(finding.resource, pattern)


def explanations(path: Path = EXPLAINED) -> list[Explanation]:
    """All of the file."""
    entries: Sequence[Mapping[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [
        Explanation(one["check"], tuple(one["resources"]), one["reason"], tuple(one.get("configs", ["*"])))
        for one in entries
    ]


def findings_of(reports: object) -> list[Finding]:
    """Out of checkov's report in JSON: one object, or a list of them where it read several files."""
    listed: list[Any] = reports if isinstance(reports, list) else [reports]
    return [
        Finding(one["check_id"], one["resource"], Path(one["file_path"]).stem, one["check_name"])
        for report in listed
        for one in report["results"]["failed_checks"]
    ]


def list_unexplained(findings: Iterable[Finding], known: Sequence[Explanation]) -> list[Finding]:
    """Findings that nobody has said a word about."""
    return sorted({one for one in findings if not any(entry.covers(one) for entry in known)})


def list_unneeded(findings: Sequence[Finding], known: Iterable[Explanation]) -> list[str]:
    """Check and pattern of every explanation without a finding: what it excused is gone."""
    return [
        f"{entry.check} {pattern}"
        for entry in known
        for pattern in entry.resources
        if not any(entry.covers_by(pattern, one) for one in findings)
    ]
