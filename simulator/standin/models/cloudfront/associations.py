"""CloudFront's rules for the edge functions that a behavior associates."""

import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, Scope
from simulator.standin.model.rules import child, numbered_children
from simulator.standin.models.cloudfront.function import VIEWER_FUNCTION_TYPE
from simulator.standin.models.iam import ROLE_TYPE, trusted_services
from simulator.standin.models.lambda_ import FUNCTION_TYPE

EVENT_TYPES = ("viewer-request", "origin-request", "origin-response", "viewer-response")
_VERSION_ARN = re.compile(r"arn:aws:lambda:([a-z0-9-]+):\d{12}:function:[A-Za-z0-9_-]+:(\d+)")
_EDGE_SERVICES = ("lambda.amazonaws.com", "edgelambda.amazonaws.com")
_TIMEOUT_SECONDS = {"viewer": 5, "origin": 30}
_VIEWER_MEMORY_MB = 128
_UNSUPPORTED = ("vpcConfig", "deadLetterConfig", "layers")
"""Function features Lambda@Edge has not ("Restrictions on Lambda@Edge")."""


def association_failures(behavior: Properties, path: str, scope: Scope) -> Iterator[Failure]:
    """One function per event type, of a kind and with settings that the event type allows."""
    seen: set[object] = set()
    for where, entry in numbered_children(behavior, "lambdaFunctionAssociations", path):
        event = entry.get("eventType")
        if event in seen:
            yield Failure(f"{where}.eventType", f"is {event!r}, which this behavior has already")
        seen.add(event)
        if entry.get("includeBody") is True and isinstance(event, str) and not event.endswith("-request"):
            yield Failure(f"{where}.includeBody", f"is not allowed on {event}, only on viewer-request, origin-request")
        yield from _lambda_failures(entry.get("lambdaArn"), str(event), where, scope)
    yield from _viewer_functions(behavior, path, seen, scope)


def _lambda_failures(arn: object, event: str, where: str, scope: Scope) -> Iterator[Failure]:
    if not isinstance(arn, str):
        return
    matched = _VERSION_ARN.fullmatch(arn)
    if not matched:
        yield Failure(f"{where}.lambdaArn", f"is {arn!r}: must be the ARN of a numbered version, not $LATEST")
        return
    if matched.group(1) != "us-east-1":
        yield Failure(f"{where}.lambdaArn", f"is in {matched.group(1)}: Lambda@Edge functions are in us-east-1")
    function = scope.find(FUNCTION_TYPE, qualifiedArn=arn)
    if function is None:
        yield Failure(f"{where}.lambdaArn", f"is {arn!r}: there is no such function version in this deployment")
        return
    for reason in _edge_failures(function.outputs, event, scope):
        yield Failure(f"{where}.lambdaArn", f"names a function that {reason}")


def _edge_failures(function: Properties, event: str, scope: Scope) -> Iterator[str]:
    side = event.partition("-")[0]
    limit = _TIMEOUT_SECONDS.get(side, 30)
    timeout, memory = function.get("timeout"), function.get("memorySize")
    if isinstance(timeout, int) and timeout > limit:
        yield f"has a timeout of {timeout} s: {side} events allow {limit} s"
    if side == "viewer" and isinstance(memory, int) and memory > _VIEWER_MEMORY_MB:
        yield f"has {memory} MB of memory: viewer events allow {_VIEWER_MEMORY_MB} MB"
    if not str(function.get("runtime")).startswith(("python3.", "nodejs")):
        yield f"has the runtime {function.get('runtime')}: Lambda@Edge runs Node.js and Python"
    if function.get("architectures") == ["arm64"]:
        yield "is built for arm64: Lambda@Edge runs x86_64"
    if child(function.get("environment"), "variables"):
        yield "has environment variables: Lambda@Edge has none"
    yield from (f"has {key}: Lambda@Edge does not support it" for key in _UNSUPPORTED if function.get(key))
    yield from _trust_failures(function.get("role"), scope)


def _trust_failures(arn: object, scope: Scope) -> Iterator[str]:
    role = scope.find(ROLE_TYPE, arn=arn)
    if role is None:
        yield f"runs as {arn}: there is no such role in this deployment"
        return
    for service in _EDGE_SERVICES:
        if service not in trusted_services(role.outputs):
            yield f"runs as a role that does not trust {service}"


def _viewer_functions(behavior: Properties, path: str, lambda_events: set[object], scope: Scope) -> Iterator[Failure]:
    seen: set[object] = set()
    for where, entry in numbered_children(behavior, "functionAssociations", path):
        event, arn = entry.get("eventType"), entry.get("functionArn")
        if event not in ("viewer-request", "viewer-response"):
            yield Failure(f"{where}.eventType", f"is {event!r}: CloudFront Functions run on viewer events only")
        if event in seen:
            yield Failure(f"{where}.eventType", f"is {event!r}, which this behavior has already")
        seen.add(event)
        if lambda_events & {"viewer-request", "viewer-response"}:
            yield Failure(where, "CloudFront Functions and Lambda@Edge do not mix on a behavior's viewer events")
        if isinstance(arn, str):
            yield from _viewer_function(arn, f"{where}.functionArn", scope)


def _viewer_function(arn: str, where: str, scope: Scope) -> Iterator[Failure]:
    function = scope.find(VIEWER_FUNCTION_TYPE, arn=arn)
    if function is None:
        yield Failure(where, f"is {arn!r}: there is no such function in this deployment")
    elif function.outputs.get("publish") is False and not function.outputs.get("liveStageEtag"):
        yield Failure(where, f"is {arn!r}, which is not published")
