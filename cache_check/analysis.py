"""The result of the check: the findings, the extent of what was checked, and what was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cache_check.catalogue import GENERAL_RULES, STACK_RULES
from cache_check.model.decision_inputs import DecisionInputs
from cache_check.model.findings import Finding, NotChecked


def count_rules(inputs: DecisionInputs | None) -> int:
    """The number of rules that are applied."""
    return len(GENERAL_RULES) if inputs is None else len(GENERAL_RULES) + len(STACK_RULES)


@dataclass(frozen=True)
class Analysis:
    """`distributions` and `behaviors` are the numbers checked, `rules` the number of rules."""

    findings: tuple[Finding, ...]
    distributions: int
    behaviors: int
    rules: int
    not_checked: tuple[NotChecked, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing could be checked."""
        return self.behaviors == 0

    @property
    def summary(self) -> str:
        """The verdict and its extent in one line."""
        return f"{self._verdict}; {self.extent}"

    @property
    def extent(self) -> str:
        """The counts of what was checked and of the rules, and what was not checked."""
        checked = (
            f"checked: {_count(self.distributions, 'distribution')}, {_count(self.behaviors, 'behavior')}, by"
            f" {self.rules} rules"
        )
        if not self.not_checked:
            return f"{checked}; not checked: nothing"
        others = "; ".join(map(str, self.not_checked))
        return f"{checked}; not checked: {len(self.not_checked)} ({others})"

    @property
    def _verdict(self) -> str:
        if self.is_empty:
            return "nothing could be checked"
        errors = sum(finding.severity == "error" for finding in self.findings)
        if errors:
            return f"{_count(errors, 'error')}, {_count(len(self.findings) - errors, 'warning')}"
        what = "no cache leak is certain" if self.findings else "no cache leak was found"
        return f"{what} in what was checked" if self.not_checked else what

    def as_json(self) -> Mapping[str, Any]:
        """With the keys of JSON: judged and notJudged."""
        return {
            "judged": {"distributions": self.distributions, "behaviors": self.behaviors, "rules": self.rules},
            "notJudged": [one.as_json() for one in self.not_checked],
        }


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
