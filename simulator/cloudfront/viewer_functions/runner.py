"""Runs the CloudFront Functions of a distribution and holds their results to CloudFront's rules."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_state.values import StateError
from simulator.cloudfront.config.behaviors import EventType
from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront.http.regions import edge_region
from simulator.cloudfront.triggers.triggers import Context
from simulator.cloudfront.validation import Violation
from simulator.cloudfront.viewer_functions.event import function_event
from simulator.cloudfront.viewer_functions.origin_rules import origin_violations
from simulator.cloudfront.viewer_functions.result import read_function_request, read_function_response, updated_origin
from simulator.cloudfront.viewer_functions.validation import validate_function_result
from simulator.cloudfront_functions import FunctionCodeError, FunctionResult, FunctionRuntime, KeyValueStore

LOG_REGION = "us-east-1"
"""The Region that has the logs of CloudFront Functions, whatever the edge location (page edge-functions-logs)."""
_SERVER_IP = "192.0.2.1"

# The result types of page AccessLogs (x-edge-result-type) where it has one; a broken rule has none there, and is named
# after its metric, FunctionValidationErrors. The texts are those of CloudFront's own error pages.
_EXECUTION = (503, "FunctionExecutionError", "The CloudFront function is invalid or could not run.")
_VALIDATION = (502, "FunctionValidationError", "The CloudFront function returned an invalid value.")


class ViewerFunctions:
    """The functions of one distribution, each with its store.

    `stores` are the key value stores by ARN; they can be changed while requests are served. `on_log` gets (Region,
    function name, line). Raises StateError where a function's code is not JavaScript.
    """

    def __init__(
        self,
        distribution: Distribution,
        console: Callable[[str], None],
        on_log: Callable[[str, str, str], None],
        clock: Callable[[], float],
    ) -> None:
        self.stores = {arn: KeyValueStore(arn, pairs, clock) for arn, pairs in distribution.key_values.items()}
        self._distribution, self._console, self._on_log = distribution, console, on_log
        self._runtimes = {arn: self._runtime(arn, clock) for arn in distribution.functions}

    def _runtime(self, arn: str, clock: Callable[[], float]) -> FunctionRuntime:
        function = self._distribution.functions[arn]
        store = self.stores[function.store_arn] if function.store_arn else None
        try:
            return FunctionRuntime(function.code, store, clock=clock)
        except FunctionCodeError as error:
            raise StateError(f"the CloudFront Function {function.name}: {error}") from error

    def request(
        self, arn: str, request: ViewerRequest, context: Context
    ) -> tuple[ViewerRequest | OriginResponse, Context]:
        """Run a viewer-request function; the returned context has the origin that it chose.

        Raises EdgeError where the function fails (503) or breaks a rule (502).
        """
        event = self._event("viewer-request", request, context)
        outcome = self._run(arn, event, context)
        self._check(validate_function_result(event, outcome.result), arn, event, context)
        if "statusCode" in outcome.result:
            return read_function_response(None, None, outcome.result), context
        if outcome.origin_update is not None:
            origins = self._distribution.origins
            broken = origin_violations(outcome.origin_update, origins, outcome.result["headers"])
            self._check(broken, arn, event, context)
            origin: Origin = updated_origin(outcome.origin_update, origins[context.behavior.origin_id], origins)
            context = replace(context, origin=origin)
        return read_function_request(request, event["request"], outcome.result), context

    def response(self, arn: str, response: OriginResponse, request: ViewerRequest, context: Context) -> OriginResponse:
        """Run a viewer-response function. Raises EdgeError."""
        event = self._event("viewer-response", request, context, response)
        outcome = self._run(arn, event, context)
        self._check(validate_function_result(event, outcome.result), arn, event, context)
        return read_function_response(response, event["response"], outcome.result)

    def _event(
        self, event_type: EventType, request: ViewerRequest, context: Context, response: OriginResponse | None = None
    ) -> dict[str, Any]:
        described = {
            "distributionDomainName": self._distribution.domain_name,
            "distributionId": self._distribution.id,
            "eventType": event_type,
            "requestId": context.request_id,
        }
        event = function_event(described, request, response)
        # A viewer's `?` without anything behind it cannot be told from none here: both give undefined.
        return event | ({"rawQueryString": request.querystring} if request.querystring else {})

    def _run(self, arn: str, event: Mapping[str, Any], context: Context) -> FunctionResult:
        function = self._distribution.functions[arn]
        where = edge_region(context.region)
        is_request = event["context"]["eventType"] == "viewer-request"
        location = {"name": where.pop[:3], "serverIp": _SERVER_IP, "region": where.name} if is_request else {}
        outcome = self._runtimes[arn].run(event, edge_location=location)
        for line in outcome.logs:
            self._on_log(LOG_REGION, function.name, f"{context.request_id} {line}")
        if outcome.error is not None:
            rule = _VALIDATION if outcome.error == "unreadable" else _EXECUTION
            self._fail(rule, f"{outcome.error}: {outcome.error_message}", arn, event, context)
        return outcome

    def _check(self, violations: list[Violation], arn: str, event: Mapping[str, Any], context: Context) -> None:
        if violations:
            self._fail(_VALIDATION, "; ".join(map(str, violations)), arn, event, context)

    def _fail(
        self, rule: tuple[int, str, str], message: str, arn: str, event: Mapping[str, Any], context: Context
    ) -> None:
        status, result_type, detail = rule
        where = f"{event['context']['eventType']} {arn} in {context.region}, request {context.request_id}"
        page = "" if "(AWS page " in message else " (AWS page http-503-service-unavailable)"
        self._console(f"{status} {where}: {message}{page}")
        raise EdgeError(status, detail, result_type)
