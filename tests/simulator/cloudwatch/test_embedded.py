"""Log lines in CloudWatch's embedded metric format: what is taken from one, and what makes it no such line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.cloudwatch import Datum, read_line

AT = 1_800_000_000_123


def directive(**changes: Any) -> dict[str, Any]:
    metrics = [{"Name": "Requests", "Unit": "Count"}]
    return {"Namespace": "Router", "Dimensions": [["Stack", "Version"]], "Metrics": metrics, **changes}


def document(*directives: dict[str, Any], at: Any = AT, **members: Any) -> dict[str, Any]:
    metadata = {"Timestamp": at, "CloudWatchMetrics": list(directives) or [directive()]}
    return {"_aws": metadata, "Stack": "s", "Version": "canary", "Requests": 1, **members}


def test_a_line_has_the_values_of_its_metrics() -> None:
    dimensions = (("Stack", "s"), ("Version", "canary"))
    expected = Datum("Router", dimensions, "Requests", "Count", AT, (1.0,))
    assert read_line(json.dumps(document(other={"any": "thing"}))) == (expected,)


def test_what_lambda_puts_before_the_document_is_passed_over() -> None:
    prefix = "2026-11-21T09:00:00.000Z\t9f0-1c\tINFO\t"
    assert len(read_line(prefix + json.dumps(document()))) == 1


def test_every_set_of_dimensions_is_a_metric_of_its_own() -> None:
    found = read_line(json.dumps(document(directive(Dimensions=[["Version"], [], ["Version", "Stack"]]))))
    dimensions = [(("Version", "canary"),), (), (("Stack", "s"), ("Version", "canary"))]
    assert [datum.dimensions for datum in found] == dimensions


def test_every_directive_and_every_value_of_an_array_counts() -> None:
    more = directive(Namespace="Other", Metrics=[{"Name": "Times"}, {"Name": "Requests", "StorageResolution": 1}])
    found = read_line(json.dumps(document(directive(), more, Times=[1, 2.5, -3])))
    assert [(datum.namespace, datum.name, datum.unit, datum.values) for datum in found] == [
        ("Router", "Requests", "Count", (1.0,)),
        ("Other", "Times", "None", (1.0, 2.5, -3.0)),
        ("Other", "Requests", "None", (1.0,)),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1 Version: 1",
        '{"origin":"stable"}',
        '{"_aws":',
        '{"_aws": null}',
        '{"_aws": {"CloudWatchMetrics": []}}',
        json.dumps(document()) + " and more",
        json.dumps([document()]),
        json.dumps(document()).replace(str(AT), "NaN"),
        json.dumps(document()).replace('"Requests": 1', '"Requests": Infinity'),
        json.dumps(document()).replace('"Requests": 1', '"Requests": 1' + "0" * 400),
        "[" * 100_000 + '"_aws"',
        '{"_aws":' * 100_000,
    ],
)
def test_any_other_line_has_no_metrics(line: str) -> None:
    assert read_line(line) == ()


@pytest.mark.parametrize(
    "document",
    [
        document(at="1800000000123"),
        document(at=1.5),
        document(at=True),
        document(directive(Namespace="")),
        document(directive(Namespace=None)),
        document(directive(Dimensions=[])),
        document(directive(Dimensions=["Version"])),
        document(directive(Dimensions=[[1]])),
        document(directive(Dimensions=[["Missing"]])),
        document(Version=1),
        document(Version=""),
        document(directive(Dimensions=[[f"d{n}" for n in range(31)]]), **{f"d{n}": "x" for n in range(31)}),
        document(directive(Metrics={"Name": "Requests"})),
        document(directive(Metrics=["Requests"])),
        document(directive(Metrics=[{"Unit": "Count"}])),
        document(directive(Metrics=[{"Name": "x" * 256}]), **{"x" * 256: 1}),
        document(directive(Metrics=[{"Name": "Requests", "Unit": 1}])),
        document(directive(Metrics=[{"Name": "Requests"}] * 101)),
        document(Requests="1"),
        document(Requests=True),
        document(Requests=None),
        document(Requests=[]),
        document(Requests=[1, "2"]),
        document(Requests=[1] * 101),
        document(Requests={"value": 1}),
        document(directive(), directive(Namespace=5)),
    ],
)
def test_a_document_with_any_fault_has_no_metrics_at_all(document: dict[str, Any]) -> None:
    assert read_line(json.dumps(document)) == ()


def test_a_name_is_never_a_path() -> None:
    nested = document(directive(Metrics=[{"Name": "A.a"}]), A={"a": 1})
    assert read_line(json.dumps(nested)) == ()
    assert len(read_line(json.dumps({**nested, "A.a": 1}))) == 1
