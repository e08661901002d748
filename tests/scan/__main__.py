"""`make scan`: every config's state, as a plan, through checkov; exit code 1 for a finding without an explanation."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.scan.configs import states
from tests.scan.findings import Finding, explanations, findings_of, list_unexplained, list_unneeded
from tests.scan.plan import plan_of
from tests.scan.spoiled import EXPECTED, NAME, spoiled_plan

OPTIONS = ("--framework", "terraform_plan", "--skip-download", "--quiet", "--soft-fail", "--output", "json")


def main(checkov: str) -> int:
    """Scans with the checkov that is given, and says what it found."""
    with tempfile.TemporaryDirectory() as directory:
        _write_plans(Path(directory))
        reports = _reports(checkov, directory)
    found = findings_of(reports)
    missed = EXPECTED - {(one.check, one.resource) for one in found if one.config == NAME}
    if missed:
        print(f"checkov no longer sees in a plan of ours: {sorted(missed)}")
        return 1
    findings = [one for one in found if one.config != NAME]
    return _report(findings, reports)


def _write_plans(directory: Path) -> None:
    plans = {name: plan_of(state) for name, state in states()}
    for name, plan in {**plans, NAME: spoiled_plan()}.items():
        (directory / f"{name}.json").write_text(json.dumps(plan), encoding="utf-8")


def _reports(checkov: str, directory: str) -> Any:
    run = subprocess.run([checkov, "-d", directory, *OPTIONS], capture_output=True, text=True, check=False)
    if run.returncode or not run.stdout:
        sys.exit(f"checkov failed:\n{run.stderr}")
    return json.loads(run.stdout)


def _report(findings: list[Finding], reports: Any) -> int:
    known = explanations()
    new, old = list_unexplained(findings, known), list_unneeded(findings, known)
    summary = (reports[0] if isinstance(reports, list) else reports)["summary"]
    for one in new:
        print(f"{one.check} {one.resource} ({one.config}): {one.text}")
    for pattern in old:
        print(f"explained, but not found: {pattern}")
    checks = len({one.check for one in findings})
    print(
        f"checkov {summary['checkov_version']}: {summary['resource_count']} resources,"
        f" {summary['passed']} checks passed, {len(findings)} findings of {checks} checks, {len(new)} unexplained,"
        f" {len(old)} explained for nothing"
    )
    return 1 if new or old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
