"""A check before a package is deployed: one process, one request, one response, no network."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any
from zipfile import ZipFile

from infra.package.baked_config import baked_config
from infra.package.bundle import Bundle, BundleError, package_files, work_directory
from infra.package.process import lambda_python, start_package
from infra.package.wheels import PYTHON_VERSION, cached_wheels
from infra.settings.stack import Stack
from router.model.record import is_list
from strategies.base import Needs

SAMPLE_VALUE = "edge-router-start"
"""The value of every cookie, header, parameter and field: no session, token or tenant has it."""

_started: set[str] = set()
"""Digests of packages that have started in this process: one update builds the same one several times."""


def check_start(stack: Stack, bundle: Bundle) -> str:
    """Start a built package; BundleError where it does not start, else "" or the part that was not tried here."""
    python = lambda_python()
    is_whole = python.loads_native or not bundle.native_packages
    if bundle.sha256 not in _started:
        with ZipFile(bundle.path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        if error := start_package(files, sample_events(stack) if is_whole else [], python).error:
            raise BundleError(_cannot_start(stack, error))
        _started.add(bundle.sha256)
    if is_whole:
        return ""
    return (
        f"its modules load, but it was not started here: {', '.join(bundle.native_packages)} are built for Lambda's"
        f" Python {PYTHON_VERSION} on Linux x86_64"
    )


def start_error(stack: Stack) -> str:
    """Return the error that keeps the stack's package from starting, "" for none; without a network or a file.

    Where third-party wheels are not on this machine, only the project's modules are imported. The sources keep
    their comments, whose removal takes time and changes no start.
    """
    if not stack.settings.needs.origin_request:
        return ""
    python = lambda_python()
    wheels = cached_wheels(stack.settings.needs.packages, work_directory() / "wheels")
    is_whole = wheels is not None and (python.loads_native or not any(wheel.is_native for wheel in wheels))
    files = package_files(stack, baked_config(stack), wheels or (), is_stripped=False)
    error = start_package(files, sample_events(stack) if is_whole else [], python).error
    return error and _cannot_start(stack, error)


def _cannot_start(stack: Stack, error: str) -> str:
    return f"the package for {stack.settings.strategy} does not start: {error}"


def sample_events(stack: Stack) -> list[dict[str, Any]]:
    """Return an origin-request and, where the function is associated with it, an origin-response event."""
    needs, settings = stack.settings.needs, stack.settings
    request = _request(needs, settings.options, settings.origins["stable"].domain_name)
    events = [_event("origin-request", request=request)]
    if settings.has_origin_response:
        headers = {"location": [{"key": "Location", "value": "/"}]}
        response: dict[str, Any] = {"headers": headers, "status": "302", "statusDescription": "Found"}
        events.append(_event("origin-response", request=request, response=response))
    return events


def _request(needs: Needs, options: Any, domain_name: str) -> dict[str, Any]:
    body = {"body": _body(options)} if needs.body else {}
    return {
        "clientIp": "203.0.113.178",
        "headers": {name: [{"key": name, "value": value}] for name, value in _headers(needs, domain_name).items()},
        "method": "POST" if needs.body else "GET",
        "origin": {"custom": _origin(domain_name)},
        "querystring": "&".join(f"{name}={SAMPLE_VALUE}" for name in sorted(needs.query)),
        "uri": "/",
        **body,
    }


def _headers(needs: Needs, domain_name: str) -> dict[str, str]:
    """Return the headers; `stable?…` leaves the choice to the strategy (functions/canary.js)."""
    headers = {"host": domain_name, **dict.fromkeys(sorted(needs.headers), SAMPLE_VALUE)}
    if needs.cookies:
        headers["cookie"] = "; ".join(f"{name}={SAMPLE_VALUE}" for name in sorted(needs.cookies))
    if needs.version_header:
        headers[needs.version_header] = f"stable?{SAMPLE_VALUE}"
    return headers


def _body(options: Any) -> dict[str, Any]:
    """Return an object with every field that the options may name."""
    named: list[str] = []
    given: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(options)))  # which has lists for tuples
    for value in given.values():
        entries = value if is_list(value) else [value]
        named += [entry for entry in entries if entry and isinstance(entry, str)]
    data = base64.b64encode(json.dumps(dict.fromkeys(named, SAMPLE_VALUE)).encode()).decode()
    return {"action": "read-only", "data": data, "encoding": "base64", "inputTruncated": False}


def _origin(domain_name: str) -> dict[str, Any]:
    return {
        "customHeaders": {},
        "domainName": domain_name,
        "keepaliveTimeout": 5,
        "path": "",
        "port": 443,
        "protocol": "https",
        "readTimeout": 30,
        "sslProtocols": ["TLSv1.2"],
    }


def _event(event_type: str, **parts: Any) -> dict[str, Any]:
    """ "Lambda@Edge event structure" (CloudFront Developer Guide)."""
    config = {
        "distributionDomainName": "d111111abcdef8.cloudfront.net",
        "distributionId": "EDFDVBD6EXAMPLE",
        "eventType": event_type,
        "requestId": SAMPLE_VALUE,
    }
    return {"Records": [{"cf": {"config": config, **parts}}]}
