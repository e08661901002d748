"""The Lambda function: takes a plan as JSON or a job of CodePipeline, and returns a report as JSON."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from validator.plan.parse import limit_seconds, parse_plan
from validator.validation import validate

SECRET_VARIABLE = "EDGE_ROUTER_OVERRIDE_SECRET"  # noqa: S105  the variable's name
PLAN_VARIABLE = "VALIDATOR_PLAN"
"""A plan as JSON; the event's keys take precedence."""
JOB = "CodePipeline.job"
SECONDS_TO_REPORT = 5.0
MAX_MESSAGE_CHARACTERS = 5_000
"""FailureDetails, CodePipeline API reference."""


def codepipeline_client() -> Any:
    """Make boto3's client, for a job only."""
    import boto3  # here: other events need none

    return cast("Any", boto3).client("codepipeline")


def handler(event: object, context: Any, client: Callable[[], Any] = codepipeline_client) -> dict[str, Any]:
    """Return the report and log it. Never raise: a retry would send all requests again."""
    document = cast("dict[str, Any]", event) if isinstance(event, dict) else None
    job = document.get(JOB) if document else None
    try:
        if document is None:
            raise ValueError("the event must be a JSON object with a url")
        report = _report(_user_parameters(job) if job else document, context)
    except ValueError as error:  # PlanError among them
        report = {"passed": False, "summary": str(error)}
    except Exception as error:  # noqa: BLE001  the pipeline gets a result in any case
        report = {"passed": False, "summary": _describe_failure(error)}
    if job:
        try:
            _put_job_result(str(job["id"]), report, str(getattr(context, "aws_request_id", "")), client())
        except Exception as error:  # noqa: BLE001  the job then ends by its own timeout
            report = {**report, "passed": False, "pipelineError": _describe_failure(error)}
    print(json.dumps(report))
    return report


def _report(document: Mapping[str, Any], context: Any) -> dict[str, Any]:
    plan = parse_plan(_with_defaults(document))
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is not None:
        plan = limit_seconds(plan, remaining() / 1_000 - SECONDS_TO_REPORT)
    return asyncio.run(validate(plan)).as_json()


def _with_defaults(event: Mapping[str, Any]) -> dict[str, Any]:
    """Add the function's own plan to the event's, and the secret of the environment."""
    document: dict[str, Any] = {**_parse_object(os.environ.get(PLAN_VARIABLE, ""), PLAN_VARIABLE), **event}
    override = document.get("override")
    if isinstance(override, dict) and "secret" not in override and os.environ.get(SECRET_VARIABLE):
        document["override"] = {**cast("dict[str, Any]", override), "secret": os.environ[SECRET_VARIABLE]}
    return document


def _user_parameters(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return the action's UserParameters ("Invoke a Lambda function in a pipeline", CodePipeline User Guide)."""
    return _parse_object(
        job["data"]["actionConfiguration"]["configuration"].get("UserParameters", ""), "UserParameters"
    )


def _put_job_result(job_id: str, report: Mapping[str, Any], request_id: str, client: Any) -> None:
    message = str(report.get("summary", ""))[:MAX_MESSAGE_CHARACTERS]
    if report["passed"]:
        success = {"summary": message, "externalExecutionId": request_id}
        client.put_job_success_result(jobId=job_id, executionDetails=success)
    else:
        failure = {"type": "JobFailed", "message": message, "externalExecutionId": request_id}
        client.put_job_failure_result(jobId=job_id, failureDetails=failure)


def _parse_object(text: str, name: str) -> dict[str, Any]:
    try:
        document: object = json.loads(text or "{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ValueError(f"{name} must be a JSON object")
    return cast("dict[str, Any]", document)


def _describe_failure(error: BaseException) -> str:
    """Return the error's type and line, never its text, which may have the secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"the validator itself failed: {type(error).__name__} at {where}"
