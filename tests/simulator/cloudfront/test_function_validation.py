"""Every rule for what a CloudFront Function returns, one by one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simulator.cloudfront.viewer_functions import validate_function_result

STRUCTURE = "(AWS page functions-event-structure)"
ALL = "(AWS page edge-function-restrictions-all)"
EVENT: dict[str, Any] = {
    "version": "1.0",
    "context": {"eventType": "viewer-request"},
    "request": {
        "method": "GET",
        "uri": "/a",
        "querystring": {"spaced": {"value": "a b"}},
        "headers": {"host": {"value": "h"}},
        "cookies": {},
    },
}


def broken(**changes: Any) -> list[str]:
    """Rules that a request with these fields breaks."""
    result = copy.deepcopy(EVENT["request"]) | changes
    return [str(violation) for violation in validate_function_result(EVENT, result)]


def broken_response(event_type: str = "viewer-request", **response: Any) -> list[str]:
    event = EVENT | {"context": {"eventType": event_type}}
    if event_type == "viewer-response":
        event |= {"response": {"statusCode": 200, "headers": {"via": {"value": "v"}}, "cookies": {}}}
    return [str(violation) for violation in validate_function_result(event, response)]


def test_untouched_request_is_accepted() -> None:
    assert broken() == []


def test_request_without_cookies_and_query_is_accepted() -> None:
    request = {name: EVENT["request"][name] for name in ("method", "uri", "headers")}
    assert validate_function_result(EVENT, request) == []


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        (None, "result: the function must return the event's request or a response"),
        ("text", "result: the function must return the event's request or a response"),
        (EVENT, "result: the function returned the whole event; return its request or response"),
    ],
)
def test_result_must_be_a_request_or_a_response(result: object, rule: str) -> None:
    assert list(map(str, validate_function_result(EVENT, result))) == [f"{rule} {STRUCTURE}"]


KNOWN = "a request has method, uri, querystring, headers, cookies"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"method": "POST"}, f"request.method: method is read-only {STRUCTURE}"),
        ({"uri": "a"}, f"request.uri: uri must be a string that begins with a slash {STRUCTURE}"),
        ({"uri": "/a b"}, f"request.uri: uri must not have spaces, control characters, ? or # {STRUCTURE}"),
        (
            {"body": "x"},
            f"request.body: CloudFront Functions cannot change the body of a request; {KNOWN} {STRUCTURE}",
        ),
        ({"origin": {}}, f"request.origin: unknown; {KNOWN} {STRUCTURE}"),
        ({"headers": []}, f"request.headers: headers must be an object of lower-case names {STRUCTURE}"),
        ({"cookies": []}, f"request.cookies: cookies must be an object of name to {{value}} {STRUCTURE}"),
        ({"cookies": {"a": "1"}}, f"request.cookies.a: must be an object with value {STRUCTURE}"),
        ({"cookies": {"a": {"value": 1}}}, f"request.cookies.a.value: value must be a string {STRUCTURE}"),
        (
            {"cookies": {"a": {"value": "1", "attributes": "Secure"}}},
            f"request.cookies.a.attributes: attributes are for the cookies of a response {STRUCTURE}",
        ),
        (
            {"cookies": {"a": {"value": "1;2"}}},
            f"request.cookies.a: a cookie's value must not have ; or control characters {STRUCTURE}",
        ),
        (
            {"cookies": {"a b": {"value": "1"}}},
            f"request.cookies.a b: a cookie's name must not have spaces, = or ; {STRUCTURE}",
        ),
        (
            {"querystring": {"a": {"value": "1", "multiValue": {}}}},
            f"request.querystring.a.multiValue: multiValue must be an array of {{value}} {STRUCTURE}",
        ),
        (
            {"querystring": {"a": {"value": "1&b"}}},
            "request.querystring.a: a value must not have spaces, control characters, & or #: percent-encode them "
            + ALL,
        ),
    ],
)
def test_rules_of_a_request(changes: dict[str, Any], rule: str) -> None:
    assert broken(**changes) == [rule]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("X-Upper", f"a header name must be in lower case {STRUCTURE}"),
        ("a b", f"a header name must be an HTTP token (RFC 9110) {STRUCTURE}"),
        ("cookie", f"cookies belong in request.cookies {STRUCTURE}"),
        ("x-edge-mine", f'the header "x-edge-mine" is disallowed: functions cannot add it {ALL}'),
        ("via", f'the header "via" is read-only in viewer-request events and was added {ALL}'),
    ],
)
def test_rules_of_header_names(name: str, rule: str) -> None:
    headers = EVENT["request"]["headers"] | {name: {"value": "1"}}
    assert broken(headers=headers) == [f"request.headers.{name}: {rule}"]


def test_deleted_read_only_header_is_a_broken_rule() -> None:
    assert broken(headers={}) == [
        f'request.headers.host: the header "host" is read-only in viewer-request events and was deleted {ALL}'
    ]


@pytest.mark.parametrize(
    ("response", "rule"),
    [
        ({"statusCode": "200"}, f"response.statusCode: statusCode must be an integer from 200 to 599 {STRUCTURE}"),
        ({"statusCode": 99}, f"response.statusCode: statusCode must be an integer from 200 to 599 {STRUCTURE}"),
        (
            {"statusCode": 200, "headers": {"set-cookie": {"value": "a=1"}}},
            f"response.headers.set-cookie: cookies belong in response.cookies {STRUCTURE}",
        ),
        (
            {"statusCode": 200, "body": 5},
            f"response.body: body must be a string, or an object with encoding and data {STRUCTURE}",
        ),
        (
            {"statusCode": 200, "body": {"encoding": "gzip", "data": ""}},
            f'response.body.encoding: encoding must be "text" or "base64" {STRUCTURE}',
        ),
        (
            {"statusCode": 200, "body": {"encoding": "base64", "data": "?"}},
            f"response.body.data: data must be valid base64, as its encoding says {STRUCTURE}",
        ),
        (
            {"statusCode": 200, "statusDescription": "a\nb"},
            f"response.statusDescription: statusDescription must be a string without control characters {STRUCTURE}",
        ),
    ],
)
def test_rules_of_a_response(response: dict[str, Any], rule: str) -> None:
    assert broken_response(**response) == [rule]


def test_viewer_response_must_return_a_response_and_may_set_lengths_itself() -> None:
    assert broken_response("viewer-response", method="GET", uri="/")[-1].startswith("response.headers.via: ")
    own = {"via": {"value": "v"}, "content-length": {"value": "3"}, "content-encoding": {"value": "br"}}
    assert broken_response("viewer-response", statusCode=200, headers=own) == []
