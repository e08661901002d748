"""Runs Lambda@Edge functions and holds their results to CloudFront's rules."""

import base64
import copy
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from simulator.cloudfront.config.behaviors import Behavior, EventType, Trigger
from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.triggers.events import event
from simulator.cloudfront.validation import validate_result


class FunctionOutcome(Protocol):
    """The result of an invocation: the decoded JSON, or the kind of error with a message."""

    @property
    def payload(self) -> object: ...
    @property
    def error(self) -> str | None: ...
    @property
    def error_message(self) -> str: ...


class EdgeFunctions(Protocol):
    """Runs a function version in a Region. Whoever implements it keeps one environment per ARN and Region."""

    async def invoke(self, arn: str, region: str, event: dict[str, object]) -> FunctionOutcome: ...


@dataclass(frozen=True)
class Context:
    """The values that all steps of one viewer request share. `origin` is a CloudFront Function's choice, if any."""

    request_id: str
    region: str
    behavior: Behavior
    is_for_error_page: bool = False
    origin: Origin | None = None


def new_request_id() -> str:
    """56 characters of base64, as x-amz-cf-id has them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(40)).decode("ascii")


# Page http-502-lambda-validation-error: what Lambda returned cannot be used. Everything else failed to run: 503 (AWS's
# older page http-500-lambda-execution-error says 500).
_INVALID_RESULT = frozenset({"invalid-json", "oversize"})
_LIMIT_EXCEEDED = frozenset({"throttled"})


class Triggers:
    """The functions of one distribution. Raises EdgeError where a function fails or breaks a rule, and says which."""

    def __init__(self, distribution: Distribution, functions: EdgeFunctions, console: Callable[[str], None]) -> None:
        self._distribution = distribution
        self._functions = functions
        self._console = console

    async def run(
        self,
        trigger: Trigger,
        event_type: EventType,
        context: Context,
        request: dict[str, Any],
        response: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return a result that CloudFront accepts."""
        config = {
            "distributionDomainName": self._distribution.domain_name,
            "distributionId": self._distribution.id,
            "eventType": event_type,
            "requestId": context.request_id,
        }
        sent = event(config, request, response)
        # A copy, for a function that runs in this process may change it, and the rules compare with what was sent.
        outcome = await self._functions.invoke(trigger.arn, context.region, copy.deepcopy(sent))
        where = f"{event_type} {trigger.arn} in {context.region}, request {context.request_id}"
        if outcome.error is not None:
            self._fail(outcome.error, outcome.error_message, where)
        self._check(sent, outcome.payload, where)
        return outcome.payload  # type: ignore[return-value]  # validate_result accepts objects only

    def _fail(self, error: str, message: str, where: str) -> None:
        if error in _INVALID_RESULT:
            status, result_type, page = 502, "LambdaValidationError", "http-502-lambda-validation-error"
        elif error in _LIMIT_EXCEEDED:
            status, result_type, page = 503, "LambdaLimitExceeded", "lambda-edge-testing-debugging"
        else:
            status, result_type, page = 503, "LambdaExecutionError", "lambda-edge-testing-debugging"
        self._console(f"{status} {where}: {error}: {message} (AWS page {page})")
        raise EdgeError(status, _LAMBDA_FAILED[result_type], result_type)

    def _check(self, sent: dict[str, Any], result: object, where: str) -> None:
        violations = validate_result(sent, result)
        for violation in violations:
            self._console(f"{violation.status} {where}: {violation}")
        if violations:
            raise EdgeError(violations[0].status, _LAMBDA_FAILED["LambdaValidationError"], "LambdaValidationError")


_LAMBDA_FAILED = {
    "LambdaValidationError": "The Lambda function result failed validation.",
    "LambdaExecutionError": "The Lambda function associated with the CloudFront distribution failed to run.",
    "LambdaLimitExceeded": "The Lambda function was throttled: a limit of the Lambda service was reached.",
}
