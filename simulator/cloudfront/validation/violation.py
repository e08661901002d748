"""A rule that a function's result breaks."""

from __future__ import annotations

from dataclasses import dataclass

# Names of the AWS pages (CloudFront Developer Guide) that the rules come from.
EVENT_STRUCTURE = "lambda-event-structure"
ALL_RESTRICTIONS = "edge-function-restrictions-all"
LAMBDA_RESTRICTIONS = "lambda-at-edge-function-restrictions"
GENERATED_RESPONSES = "lambda-generating-http-responses"
UPDATED_RESPONSES = "lambda-updating-http-responses"
CUSTOM_HEADERS = "add-origin-custom-headers"
QUOTAS = "cloudfront-limits"
INCLUDE_BODY = "lambda-include-body-access"
TESTING = "lambda-edge-testing-debugging"


@dataclass(frozen=True)
class Violation:
    """`field` is where in the result, `rule` what holds there, `page` the AWS page, `status` what the viewer gets."""

    rule: str
    field: str
    page: str
    status: int = 502

    def __str__(self) -> str:
        return f"{self.field}: {self.rule} (AWS page {self.page})"
