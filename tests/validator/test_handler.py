"""The validator as a Lambda: called with a plan, and by CodePipeline (botocore's Stubber checks what it is told)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.package.wheels import read_lock
from tests.validator.sites import SECRET, Shop, serve, socket_served
from validator.handler import handler

ROOT = Path(__file__).parents[2]
SMALL = {"visitors": 20, "stickyVisitors": 2, "requestsPerVisitor": 2, "rate": 1000}


class Context:
    """What Lambda hands over, as far as it is read."""

    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self, seconds: float = 150) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1_000)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VALIDATOR_PLAN", "EDGE_ROUTER_OVERRIDE_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pipeline() -> Iterator[Stubber]:
    client = boto3.client(
        "codepipeline", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(client) as stubber:
        yield stubber


def never() -> Any:
    raise AssertionError("no pipeline was to be told")


def job(parameters: object) -> dict[str, Any]:
    """As CodePipeline invokes a function ("JSON event example", CodePipeline User Guide)."""
    configuration = {"FunctionName": "edge-router-staging-validator"}
    if parameters is not None:
        configuration["UserParameters"] = parameters if isinstance(parameters, str) else json.dumps(parameters)
    return {
        "CodePipeline.job": {
            "id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "accountId": "111111111111",
            "data": {"actionConfiguration": {"configuration": configuration}, "inputArtifacts": []},
        }
    }


def expect_failure(pipeline: Stubber, message: str) -> None:
    details = {"type": "JobFailed", "message": message, "externalExecutionId": Context.aws_request_id}
    pipeline.add_response(
        "put_job_failure_result", {}, {"jobId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "failureDetails": details}
    )


def client_of(pipeline: Stubber) -> Callable[[], Any]:
    return lambda: pipeline.client


def test_a_plan_is_answered_with_its_report_which_is_logged_too(capsys: pytest.CaptureFixture[str]):
    with serve(Shop()) as url:
        report = handler({"url": url, "percent": 30, **SMALL}, Context(), never)
    assert report["passed"] is True
    assert report["plan"]["deadlineSeconds"] == 120
    assert [check["verdict"] for check in report["checks"]].count("passed") == 5
    assert json.loads(capsys.readouterr().out) == report


def test_the_functions_own_plan_lies_under_the_events(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shop = Shop()
    with serve(shop) as url:
        own = {"url": url, "percent": 99, "override": {"header": "x-qa-origin"}, **SMALL}
        monkeypatch.setenv("VALIDATOR_PLAN", json.dumps(own))
        monkeypatch.setenv("EDGE_ROUTER_OVERRIDE_SECRET", SECRET)
        report = handler({"percent": 30}, Context(), never)
    assert (report["passed"], report["plan"]["percent"]) == (True, 30)
    assert next(check for check in report["checks"] if check["check"] == "override")["verdict"] == "passed"
    assert SECRET not in capsys.readouterr().out


@pytest.mark.long
def test_it_ends_before_lambda_ends_it():
    with socket_served(lambda _, over: over.wait() and None) as url:
        report = handler({"url": url, "timeoutSeconds": 60}, Context(seconds=6), never)
    assert report["plan"]["deadlineSeconds"] == 1
    assert report["passed"] is False
    assert "the time limit of 1 s is over" in report["summary"]


@pytest.mark.parametrize(
    ("event", "summary"),
    [
        (None, "the event must be a JSON object with a url"),
        ([], "the event must be a JSON object with a url"),
        ({}, "url: is missing: the page to request, such as https://d111111abcdef8.cloudfront.net/"),
        ({"url": "https://a.example/", "percent": "30"}, "percent: is '30': a number from 0 to 100"),
        ({"url": "https://a.example/", "caFile": "/no"}, "caFile: /no: no certificates can be read from it"),
    ],
)
def test_invalid_events_are_reported_not_raised(event: object, summary: str):
    assert handler(event, Context(), never) == {"passed": False, "summary": summary}


def test_an_internal_error_is_reported_without_its_text(monkeypatch: pytest.MonkeyPatch):
    def broken(_: object) -> Any:
        raise KeyError(SECRET)

    monkeypatch.setattr("validator.handler.validate", broken)
    report = handler({"url": "https://a.example/"}, None, never)
    assert report["passed"] is False
    assert report["summary"].startswith("the validator itself failed: KeyError at test_handler.py:")


def test_a_passed_validation_is_a_job_success(pipeline: Stubber):
    summary = "passed: answers, split, stickiness, cached-cookies, cached-versions"
    pipeline.add_response(
        "put_job_success_result",
        {},
        {
            "jobId": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "executionDetails": {"summary": summary, "externalExecutionId": Context.aws_request_id},
        },
    )
    with serve(Shop()) as url:
        report = handler(job({"url": url, "percent": 30, **SMALL}), Context(), client_of(pipeline))
    assert (report["passed"], report["summary"]) == (True, summary)
    pipeline.assert_no_pending_responses()


def test_a_failed_validation_is_a_job_failure_with_the_summary(pipeline: Stubber):
    expect_failure(
        pipeline,
        "failed: pin: 23 of 24 responses are not of canary, to which all visitors are pinned",
    )
    with serve(Shop(percent=5)) as url:
        report = handler(job({"url": url, "pin": "canary", **SMALL}), Context(), client_of(pipeline))
    assert report["passed"] is False
    pipeline.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("visitors: 4", "UserParameters must be a JSON object"),
        ([], "UserParameters must be a JSON object"),
        (None, "url: is missing: the page to request, such as https://d111111abcdef8.cloudfront.net/"),
    ],
)
def test_a_job_whose_parameters_are_wrong_fails_with_that(pipeline: Stubber, parameters: object, message: str):
    expect_failure(pipeline, message)
    assert handler(job(parameters), Context(), client_of(pipeline)) == {"passed": False, "summary": message}
    pipeline.assert_no_pending_responses()


def test_an_error_of_codepipeline_is_in_the_report(pipeline: Stubber):
    pipeline.add_client_error("put_job_failure_result", "JobNotFoundException")
    report = handler(job(None), Context(), client_of(pipeline))
    assert report["passed"] is False
    assert report["pipelineError"].startswith("the validator itself failed: JobNotFoundException at ")


def test_an_invalid_plan_variable_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VALIDATOR_PLAN", "{")
    assert handler({}, None, never) == {"passed": False, "summary": "VALIDATOR_PLAN must be a JSON object"}


@pytest.mark.long
def test_it_runs_with_nothing_but_its_lock():
    """As in Lambda: the standard library, the packages that its lock names, and boto3 only for a job."""
    names = sorted(name.replace("-", "_") for name in read_lock(ROOT / "infra/package/requirements-validator.txt"))
    code = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in {["stats", "validator", *names]}:
            raise ModuleNotFoundError(name, name=top)
sys.meta_path.insert(0, Refuse())
from validator.handler import handler
print(handler({{"url": "http://127.0.0.1:9/", "rate": 1000}}, None)["summary"])
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert "requests got no response: the connection was refused" in ended.stdout
