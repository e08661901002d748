"""What the scanner finds has to be explained, and what is explained has to be found."""

from __future__ import annotations

from tests.scan.findings import Explanation, Finding, explanations, findings_of, list_unexplained, list_unneeded

OPEN = Finding("CKV_AWS_26", "aws_sns_topic.open", "prod tier", "Ensure that it is encrypted")
KNOWN = Explanation("CKV_AWS_26", ("aws_sns_topic.*",), "for trying", ("local*",))


def test_an_explanation_covers_its_check_its_resources_and_its_configs() -> None:
    local = Finding(OPEN.check, OPEN.resource, "local everything", OPEN.text)
    assert list_unexplained([local], [KNOWN]) == []
    assert list_unexplained([OPEN, local, OPEN], [KNOWN]) == [OPEN]
    assert list_unexplained([OPEN], [Explanation("CKV_AWS_28", ("*",), "another check")]) == [OPEN]
    assert list_unexplained([OPEN], [Explanation("CKV_AWS_26", ("aws_iam_role.*",), "another resource")]) == [OPEN]


def test_an_explanation_without_a_finding_is_told() -> None:
    assert list_unneeded([OPEN], [KNOWN]) == ["CKV_AWS_26 aws_sns_topic.*"]
    assert list_unneeded([OPEN], [Explanation("CKV_AWS_26", ("aws_sns_topic.open",), "found")]) == []


def test_checkovs_report_is_read_by_file() -> None:
    failed = {
        "check_id": "CKV_AWS_26",
        "check_name": "Ensure that it is encrypted",
        "resource": "aws_sns_topic.open",
        "file_path": "/prod tier.json",
    }
    report = {"results": {"failed_checks": [failed]}, "summary": {}}
    assert findings_of(report) == [OPEN]
    assert findings_of([report, {"results": {"failed_checks": []}}]) == [OPEN]


def test_every_explanation_says_why() -> None:
    known = explanations()
    assert len(known) > 20
    assert [one.check for one in known if len(one.reason.split()) < 3] == []
    pairs = [(one.check, pattern, one.configs) for one in known for pattern in one.resources]
    assert len(pairs) == len(set(pairs))
