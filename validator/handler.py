"""The validator as a Lambda: a plan as JSON in, a report as JSON out; or a job of CodePipeline."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

from validator.pipeline import codepipeline_client, report_job, user_parameters
from validator.plan.plan_json import bounded, plan_from_json
from validator.validation import validate

SECRET_VARIABLE = "EDGE_ROUTER_OVERRIDE_SECRET"  # noqa: S105  the variable's name
PLAN_VARIABLE = "VALIDATOR_PLAN"
"""A plan as JSON; what the event says takes precedence, key by key."""
JOB = "CodePipeline.job"
SECONDS_TO_REPORT = 5.0


def handler(event: object, context: Any, client: Callable[[], Any] = codepipeline_client) -> dict[str, Any]:
    """The report, also on standard output, that is in the log. Never raises: a retry would ask everything again."""
    given = cast("dict[str, Any]", event) if isinstance(event, dict) else None
    job = given.get(JOB) if given else None
    try:
        if given is None:
            raise ValueError("the event must be a JSON object with a url")
        report = _report(_object(user_parameters(job), "UserParameters") if job else given, context)
    except ValueError as error:  # PlanError among them
        report = _failed(str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, the pipeline is told
        report = _failed(_name_of(error))
    if job:
        try:
            report_job(str(job["id"]), report, str(getattr(context, "aws_request_id", "")), client)
        except Exception as error:  # noqa: BLE001  the job then ends by its own time limit
            report = {**report, "passed": False, "pipelineError": _name_of(error)}
    print(json.dumps(report))
    return report


def _report(given: Mapping[str, Any], context: Any) -> dict[str, Any]:
    plan = plan_from_json(_with_defaults(given))
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is not None:
        plan = bounded(plan, remaining() / 1_000 - SECONDS_TO_REPORT)
    return asyncio.run(validate(plan)).as_json()


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The function's own plan under the event's, and the secret out of the environment."""
    document: dict[str, Any] = {**_object(os.environ.get(PLAN_VARIABLE, ""), PLAN_VARIABLE), **given}
    override = document.get("override")
    if isinstance(override, dict) and "secret" not in override and os.environ.get(SECRET_VARIABLE):
        document["override"] = {**cast("dict[str, Any]", override), "secret": os.environ[SECRET_VARIABLE]}
    return document


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        document: object = json.loads(text or "{}")
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ValueError(f"{name} must be a JSON object")
    return cast("dict[str, Any]", document)


def _failed(problem: str) -> dict[str, Any]:
    return {"passed": False, "summary": problem}


def _name_of(error: BaseException) -> str:
    """The error's type and line, never its text: that may hold the secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"the validator itself failed: {type(error).__name__} at {where}"
