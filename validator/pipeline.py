"""Telling CodePipeline how its job ended ("Invoke a Lambda function in a pipeline", CodePipeline User Guide)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

MAX_MESSAGE_CHARACTERS = 5_000
"""FailureDetails, CodePipeline API reference."""


def user_parameters(job: Mapping[str, Any]) -> str:
    """The text in the action's UserParameters; "" where there is none."""
    return job["data"]["actionConfiguration"]["configuration"].get("UserParameters", "")


def codepipeline_client() -> Any:
    """boto3's, made when there is a job to report."""
    import boto3  # here: an event from elsewhere does without

    return cast("Any", boto3).client("codepipeline")


def report_job(job_id: str, report: Mapping[str, Any], request_id: str, client: Callable[[], Any]) -> None:
    """The job's result; raises what boto3 raises."""
    message = str(report.get("summary", ""))[:MAX_MESSAGE_CHARACTERS]
    if report["passed"]:
        details = {"summary": message, "externalExecutionId": request_id}
        client().put_job_success_result(jobId=job_id, executionDetails=details)
        return
    details = {"type": "JobFailed", "message": message, "externalExecutionId": request_id}
    client().put_job_failure_result(jobId=job_id, failureDetails=details)
