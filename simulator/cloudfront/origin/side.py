"""A cache miss: origin-request function, the origin itself, origin-response function."""

import datetime
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.config.origins import Origin, Target
from simulator.cloudfront.http.errors import EdgeError
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse, ViewerRequest
from simulator.cloudfront.http.regions import edge_region
from simulator.cloudfront.origin.client import OriginClient, OriginUnreachableError
from simulator.cloudfront.origin.forwarding import origin_bound, viewer_bound
from simulator.cloudfront.triggers.events import (
    event_body,
    event_origin,
    event_request,
    event_response,
    read_headers,
    read_request,
    read_response,
)
from simulator.cloudfront.triggers.triggers import Context, Triggers
from simulator.private_origins.signatures import CLOUDFRONT, Signed, signature_headers

FAILING_OVER = ("GET", "HEAD", "OPTIONS")
"""The viewer's methods with which a group fails over (page high_availability_origin_failover)."""


@dataclass(frozen=True)
class OriginAnswer:
    """`is_generated` where the origin-request function made the response and no origin was asked."""

    response: OriginResponse
    is_generated: bool = False


def edge_host(region: str) -> str:
    """The name of an edge location, as Via carries it."""
    return hashlib.sha256(edge_region(region).pop.encode()).hexdigest()[:32] + ".cloudfront.net"


class OriginSide:
    """Gets answers for requests that the cache cannot serve."""

    def __init__(
        self, distribution: Distribution, triggers: Triggers, client: OriginClient, console: Callable[[str], None]
    ) -> None:
        self._distribution = distribution
        self._triggers = triggers
        self._client = client
        self._console = console
        self._hinted: set[tuple[str, str]] = set()

    async def answer(self, request: ViewerRequest, context: Context, validators: Headers) -> OriginAnswer:
        """The origin's answer after the origin-response function.

        `validators` are the conditional headers of a kept object that is to be refreshed. Raises EdgeError: of the
        functions, or with `is_from_origin` where the origin gave no answer.

        An origin group's primary that fails has its secondary asked in its place, with both functions again (page
        high_availability_origin_failover). Of the second attempt's event AWS says only that it is the same request;
        here nothing survives that the function changed at the first, so nobody builds on it.
        """
        group = self._distribution.origin_groups.get(context.behavior.origin_id)
        if group is None:
            return (await self._attempt(request, context, validators, self._origin(context)))[0]
        origins = self._distribution.origins
        # What a CloudFront Function chose is the group's first origin (page helper-functions-origin-modification).
        primary = context.origin or origins[group.primary]
        if request.method not in FAILING_OVER:
            return (await self._attempt(request, context, validators, primary))[0]
        try:
            answer, status = await self._attempt(request, context, validators, primary)
        except EdgeError as error:
            # "Fails to connect" needs 503 among the codes, and "takes too long to respond" 504.
            if not error.is_from_origin or {502: 503}.get(error.status, error.status) not in group.status_codes:
                raise
        else:
            if answer.is_generated or status not in group.status_codes:
                return answer
        return (await self._attempt(request, context, validators, origins[group.secondary]))[0]

    async def _attempt(
        self, request: ViewerRequest, context: Context, validators: Headers, origin: Origin
    ) -> tuple[OriginAnswer, int]:
        """The answer of one origin, and the status that it came with before the origin-response function."""
        sent = self._forward(request, context, origin, validators)
        try:
            # Before the function: a configured origin that does not resolve is a 502, and the function never runs.
            self._client.check_name(origin.domain_name)
        except OriginUnreachableError as error:
            has_function = "origin-request" in context.behavior.triggers
            addition = "; the origin-request function never ran" if has_function else ""
            raise self._unreachable(error, request, addition) from error
        # Origin functions see the query string only where a policy forwards all of it.
        query = sent.querystring if context.behavior.forwards_whole_query else ""
        described = event_request(sent, query) | {"origin": event_origin(origin, request.is_https)}
        result = await self._origin_request(described, sent, context)
        if result is not None and "status" in result:
            return OriginAnswer(_pass_on(read_response(result, None), context), is_generated=True), 0
        if result is not None:
            sent = _apply_changes(sent, described, result)
            described = described | {name: result[name] for name in ("headers", "querystring", "uri", "origin")}
        self._hint_about_host(sent, make_target(described["origin"], origin), origin)
        response = await self._fetch(sent, make_target(described["origin"], origin), origin, context)
        return OriginAnswer(await self._origin_response(response, described, context)), response.status

    def _forward(self, request: ViewerRequest, context: Context, origin: Origin, validators: Headers) -> ViewerRequest:
        host = edge_host(context.region)
        bound = origin_bound(request, context.behavior, context.region, origin.domain_name, host)
        # A configured custom header overwrites the viewer's (page add-origin-custom-headers).
        replaced = [name for name, _ in (*origin.custom_headers, *validators)]
        headers = bound.headers.without(*replaced).plus(*validators)
        return replace(bound, headers=headers.replace("Host", origin.host_header) if origin.host_header else headers)

    def _origin(self, context: Context) -> Origin:
        """A CloudFront Function's choice (page helper-functions-origin-modification), else the behavior's."""
        return context.origin or self._distribution.origins[context.behavior.origin_id]

    async def _origin_request(
        self, described: dict[str, Any], sent: ViewerRequest, context: Context
    ) -> dict[str, Any] | None:
        trigger = context.behavior.triggers.get("origin-request")
        if trigger is None:
            return None
        body = {"body": event_body(sent.body, "origin-request")} if trigger.includes_body else {}
        return await self._triggers.run(trigger, "origin-request", context, described | body)

    async def _fetch(self, sent: ViewerRequest, target: Target, origin: Origin, context: Context) -> OriginResponse:
        """Signed by the origin's access control, unless a function chose another origin: "OAC doesn't support origin
        redirect by using Lambda@Edge" (page private-content-restricting-access-to-s3).
        """
        if origin.access_control and target.domain_name == origin.domain_name:
            sent = _sign(sent, target, origin)
        identified = replace(sent, headers=sent.headers.plus(("X-Amz-Cf-Id", context.request_id)))
        try:
            return await self._client.fetch(identified, target)
        except OriginUnreachableError as error:
            raise self._unreachable(error, sent) from error

    async def _origin_response(
        self, response: OriginResponse, described: dict[str, Any], context: Context
    ) -> OriginResponse:
        """Runs for every status (page edge-function-restrictions-all)."""
        response = _pass_on(response, context)
        trigger = context.behavior.triggers.get("origin-response")
        if trigger is None:
            return response
        request = {name: value for name, value in described.items() if name != "body"}
        result = await self._triggers.run(trigger, "origin-response", context, request, event_response(response))
        return _pass_on(read_response(result, response), context)

    def _unreachable(self, error: OriginUnreachableError, request: ViewerRequest, addition: str = "") -> EdgeError:
        self._console(
            f"{error.status} {request.method} {request.uri}: {error.reason}{addition} (AWS page {error.page})"
        )
        return EdgeError(error.status, "CloudFront could not get an answer from the origin.", is_from_origin=True)

    def _hint_about_host(self, sent: ViewerRequest, target: Target, origin: Origin) -> None:
        """At AWS the origin's certificate must match its domain or the Host header; no TLS runs here to show it."""
        host = sent.headers.get("host") or ""
        if target.domain_name == origin.domain_name or host in ("", target.domain_name):
            return
        if host == origin.domain_name and (host, target.domain_name) not in self._hinted:
            self._hinted.add((host, target.domain_name))
            self._console(
                f"hint: the function sends requests to {target.domain_name} with Host {host}; behind HTTPS that is a "
                "502 unless the certificate matches (AWS page http-502-bad-gateway), which cannot be checked here"
            )


def _pass_on(response: OriginResponse, context: Context) -> OriginResponse:
    return replace(response, headers=viewer_bound(response.headers, context.behavior))


def _sign(sent: ViewerRequest, target: Target, origin: Origin) -> ViewerRequest:
    """With the signature in the place of the viewer's Authorization (OriginAccessControlConfig: always)."""
    region = re.search(r"\.(?:s3|lambda-url)\.([a-z0-9-]+)\.", target.domain_name)
    asked = Signed(
        sent.method,
        target.domain_name,
        target.path + sent.target,
        {name.lower(): value for name, value in sent.headers},
        sent.body,
    )
    now = datetime.datetime.now(datetime.UTC)
    made = signature_headers(asked, origin.access_control, region[1] if region else "us-east-1", CLOUDFRONT, now)
    return replace(sent, headers=sent.headers.without(*made).plus(*made.items()))


def _apply_changes(sent: ViewerRequest, described: dict[str, Any], result: dict[str, Any]) -> ViewerRequest:
    """The function's request. A query string it did not see and left empty stays what the policies forward."""
    changed = read_request(sent, result, "origin-request")
    is_untouched = result["querystring"] == described["querystring"]
    return replace(changed, querystring=sent.querystring) if is_untouched else changed


def make_target(origin_object: dict[str, Any], configured: Origin) -> Target:
    """The target of an event's origin object; attempts and connection timeout are only in the distribution."""
    kind = "custom" if "custom" in origin_object else "s3"
    settings = origin_object[kind]
    return Target(
        domain_name=settings["domainName"],
        port=settings.get("port", 443),
        path=settings["path"],
        custom_headers=read_headers(settings["customHeaders"]),
        read_timeout=settings.get("readTimeout", 30),
        completion_timeout=settings.get("responseCompletionTimeout"),
        connection_attempts=configured.connection_attempts,
        connection_timeout=configured.connection_timeout,
    )
