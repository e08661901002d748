"""CloudFront's check of what a Lambda@Edge function returns."""

from typing import Any

from simulator.cloudfront.http.errors import EVENT_STRUCTURE, Violation
from simulator.cloudfront.validation.request import request_violations
from simulator.cloudfront.validation.response import response_violations

__all__ = ["Violation", "validate_result"]


def validate_result(event: dict[str, Any], result: object) -> list[Violation]:
    """Every rule that `result` breaks; empty where CloudFront accepts it.

    `event` is the event as it was handed to the function: pass a copy where the function may change it in place.
    `result` is the decoded JSON that came back. Nothing is raised, whatever the result is. Read-only headers count as
    broken when added, edited or deleted. Stricter than AWS's pages say, so that nobody builds on what is not written
    down: all fields of the origin object and `method`, `clientIp` and `querystring` must be there, domain names must
    have DNS syntax, and a body may be set only where the trigger includes it.
    """
    records = event["Records"][0]["cf"]
    event_type = records["config"]["eventType"]
    if not isinstance(result, dict):
        rule = f"the function must return a request or response object, not {_json_type(result)}"
        return [Violation(rule, "result", EVENT_STRUCTURE)]
    if "Records" in result:
        rule = "the function returned the whole event; return its request or response"
        return [Violation(rule, "result", EVENT_STRUCTURE)]
    if event_type.endswith("response"):
        return list(response_violations(records["response"], result, event_type))
    if "status" in result:
        return list(response_violations(None, result, event_type))
    return list(request_violations(records["request"], result, event_type))


def _json_type(value: object) -> str:
    names: dict[type, str] = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
    }
    return names.get(type(value), type(value).__name__)
