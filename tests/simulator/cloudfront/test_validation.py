"""Every rule that a function's result can break, with its text and its AWS page."""

import base64
import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudfront import Violation, validate_result
from simulator.sample_events import custom_origin, origin_request, origin_response

STRUCTURE = "lambda-event-structure"
RESTRICTIONS = "edge-function-restrictions-all"


def event(event_type: str, *, with_body: bool = False) -> dict[str, Any]:
    body = {"action": "read-only", "data": "eA==", "encoding": "base64", "inputTruncated": False} if with_body else None
    made = origin_request(cookies=["a=1"], method="POST", querystring="a=1", uri="/a", body=body)
    made = origin_response(made) if event_type.endswith("response") else made
    cf = made["Records"][0]["cf"]
    cf["config"]["eventType"] = event_type
    if event_type.startswith("viewer"):
        del cf["request"]["origin"]
    if event_type.endswith("response"):
        cf["response"]["headers"] = {
            "via": [{"key": "Via", "value": "1.1 x"}],
            "content-type": [{"value": "text/html"}],
        }
    return made


Change = Callable[[dict[str, Any]], Any]


def broken(event_type: str, change: Change, *, with_body: bool = False) -> list[tuple[str, str, str]]:
    sent = event(event_type, with_body=with_body)
    cf = copy.deepcopy(sent)["Records"][0]["cf"]
    result = cf["response"] if event_type.endswith("response") else cf["request"]
    replaced = change(result)
    violations = validate_result(sent, result if replaced is None else replaced)
    assert all(violation.status == 502 for violation in violations)
    return [(violation.field, violation.rule, violation.page) for violation in violations]


@pytest.mark.parametrize("event_type", ["viewer-request", "origin-request", "origin-response", "viewer-response"])
def test_unchanged_result_is_accepted(event_type: str) -> None:
    assert broken(event_type, lambda _: None, with_body=True) == []


def test_what_a_router_does_is_accepted() -> None:
    def route(request: dict[str, Any]) -> None:
        request["origin"]["custom"] |= {"domainName": "v2.example.com", "port": 8080, "protocol": "http"}
        request["origin"]["custom"]["customHeaders"]["x-router"] = [{"key": "X-Router", "value": "canary"}]
        request["headers"]["host"] = [{"value": "v2.example.com"}]
        request["headers"]["x-reason"] = [{"key": "x-Reason", "value": "bucket"}]
        del request["headers"]["cookie"]
        request["uri"] = "/b"
        request["querystring"] = "b=%20"

    assert broken("origin-request", route) == []


def test_cookies_set_by_origin_response_are_accepted() -> None:
    def sets(response: dict[str, Any]) -> None:
        response["headers"]["set-cookie"] = [{"value": "a=1; Secure"}, {"value": "b=2"}]

    assert broken("origin-response", sets) == []


@pytest.mark.parametrize(
    ("result", "kind"), [(None, "null"), ("x", "a string"), ([], "an array"), (3, "a number"), (True, "a boolean")]
)
def test_result_that_is_no_object(result: Any, kind: str) -> None:
    rule = f"the function must return a request or response object, not {kind}"
    assert validate_result(event("origin-request"), result) == [Violation(rule, "result", STRUCTURE, 502)]


def test_whole_event_returned() -> None:
    rule = "the function returned the whole event; return its request or response"
    assert validate_result(event("origin-request"), event("origin-request")) == [Violation(rule, "result", STRUCTURE)]


def put(path: str, value: Any) -> Change:
    """Sets a value by its dotted path; `...` deletes it."""
    *parents, last = path.split(".")

    def change(result: dict[str, Any]) -> None:
        for parent in parents:
            result = result[parent]
        if value is ...:
            del result[last]
        else:
            result[last] = value

    return change


HEADER_TOKEN = "a header name must be an HTTP token (RFC 9110)"
PATH_RULE = "path must be empty, or begin with a slash and not end with one"
SSL_RULE = "sslProtocols must be an array out of SSLv3, TLSv1, TLSv1.1, TLSv1.2"
DNS_RULE = "domainName must be a DNS domain name such as www.example.com"
QUERY_RULE = "the query string must not contain spaces, control characters or #"
URI_RULE = "uri must be a string that begins with a slash"
LENGTH_RULE = "the URI with its query string must be shorter than 8192 characters"

REQUEST_CASES: list[tuple[str, Any, str, str, str]] = [
    ("method", "GET", "request.method", "method is read-only", STRUCTURE),
    ("method", ..., "request.method", "the request must keep its method", STRUCTURE),
    ("clientIp", "1.2.3.4", "request.clientIp", "clientIp is read-only", STRUCTURE),
    ("uri", "a", "request.uri", URI_RULE, STRUCTURE),
    ("uri", None, "request.uri", URI_RULE, STRUCTURE),
    (
        "uri",
        "/a b",
        "request.uri",
        "uri must not contain spaces or control characters",
        "lambda-edge-testing-debugging",
    ),
    ("uri", "/" + "a" * 8188, "request.uri", LENGTH_RULE, RESTRICTIONS),
    ("querystring", "a b", "request.querystring", QUERY_RULE, RESTRICTIONS),
    ("querystring", "a#b", "request.querystring", QUERY_RULE, RESTRICTIONS),
    ("querystring", "a\n", "request.querystring", QUERY_RULE, RESTRICTIONS),
    (
        "querystring",
        ...,
        "request.querystring",
        "querystring must be a string, empty where there is none",
        STRUCTURE,
    ),
    ("headers.x y", [{"value": "1"}], "request.headers.x y", HEADER_TOKEN, STRUCTURE),
    (
        "headers.Cookie",
        [{"value": "1"}],
        "request.headers.Cookie",
        "a header may appear once; put its values into one array",
        STRUCTURE,
    ),
    ("headers.x-a", "1", "request.headers.x-a", "each header entry in the headers object must be an array", STRUCTURE),
    (
        "headers.x-a",
        ["1"],
        "request.headers.x-a[0]",
        "each value of a header must be an object with key and value",
        STRUCTURE,
    ),
    (
        "headers.x-a",
        [{"key": "X-B", "value": "1"}],
        "request.headers.x-a[0].key",
        "key must be the header's name in any case, or be left out",
        STRUCTURE,
    ),
    ("headers.x-a", [{"value": 1}], "request.headers.x-a[0].value", "value must be a string", STRUCTURE),
    (
        "headers.x-a",
        [{"value": "a\r\nb: c"}],
        "request.headers.x-a[0].value",
        "value must not contain control characters",
        STRUCTURE,
    ),
    (
        "headers.via",
        ...,
        "request.headers.via",
        'the header "via" is read-only in origin-request events and was deleted',
        RESTRICTIONS,
    ),
    (
        "headers.if-none-match",
        [{"value": '"1"'}],
        "request.headers.if-none-match",
        'the header "if-none-match" is read-only in origin-request events and was added',
        RESTRICTIONS,
    ),
    (
        "headers.accept-encoding",
        [{"value": "gzip"}],
        "request.headers.accept-encoding",
        'the header "accept-encoding" is read-only in origin-request events and was added',
        RESTRICTIONS,
    ),
    *(
        (
            f"headers.{name}",
            [{"value": "1"}],
            f"request.headers.{name}",
            f'the header "{name}" is disallowed: functions cannot add it',
            RESTRICTIONS,
        )
        for name in ("x-edge-router", "x-cache", "x-amz-cf-id", "connection", "x-real-ip", "x-amzn-requestid", "expect")
    ),
    ("origin", ..., "request.origin", "origin must hold exactly one object: custom or s3", STRUCTURE),
    ("origin", {}, "request.origin", "origin must hold exactly one object: custom or s3", STRUCTURE),
    ("origin.s3", {}, "request.origin", "origin must hold exactly one object: custom or s3", STRUCTURE),
    ("origin.custom.port", ..., "request.origin.custom.port", "a custom origin needs port", STRUCTURE),
    *(
        (
            "origin.custom.port",
            port,
            "request.origin.custom.port",
            "port must be 80, 443 or from 1024 to 65535",
            STRUCTURE,
        )
        for port in (81, 1023, 65536, "443", True)
    ),
    (
        "origin.custom.protocol",
        "HTTPS",
        "request.origin.custom.protocol",
        'protocol must be "http" or "https"',
        STRUCTURE,
    ),
    *(
        ("origin.custom.sslProtocols", value, "request.origin.custom.sslProtocols", SSL_RULE, STRUCTURE)
        for value in ([], ["TLSv1.3"], "TLSv1.2", [[]])
    ),
    *(
        (
            f"origin.custom.{name}",
            seconds,
            f"request.origin.custom.{name}",
            f"{name} must be a number from 1 to 120",
            STRUCTURE,
        )
        for name in ("readTimeout", "keepaliveTimeout")
        for seconds in (0, 121, 1.5, "5")
    ),
    (
        "origin.custom.responseCompletionTimeout",
        29,
        "request.origin.custom.responseCompletionTimeout",
        "responseCompletionTimeout must not be below readTimeout",
        STRUCTURE,
    ),
    ("origin.custom.path", "app", "request.origin.custom.path", PATH_RULE, STRUCTURE),
    ("origin.custom.path", "/app/", "request.origin.custom.path", PATH_RULE, STRUCTURE),
    (
        "origin.custom.path",
        "/a b",
        "request.origin.custom.path",
        "path must be URL-encoded and at most 255 characters",
        STRUCTURE,
    ),
    (
        "origin.custom.domainName",
        "",
        "request.origin.custom.domainName",
        "domainName must be a string that is not empty",
        STRUCTURE,
    ),
    (
        "origin.custom.domainName",
        "v2.example.com:8080",
        "request.origin.custom.domainName",
        "domainName must not contain a colon",
        STRUCTURE,
    ),
    (
        "origin.custom.domainName",
        "10.0.0.1",
        "request.origin.custom.domainName",
        "domainName must not be an IP address",
        STRUCTURE,
    ),
    (
        "origin.custom.domainName",
        "a." * 126 + "xx",
        "request.origin.custom.domainName",
        "domainName must be at most 253 characters",
        STRUCTURE,
    ),
    ("origin.custom.domainName", "a/b.example.com", "request.origin.custom.domainName", DNS_RULE, STRUCTURE),
    ("origin.custom.domainName", "a..example.com", "request.origin.custom.domainName", DNS_RULE, STRUCTURE),
    *(
        (
            "origin.custom.customHeaders",
            {name: [{"value": "1"}]},
            f"request.origin.custom.customHeaders.{name}",
            f'CloudFront cannot add the header "{name}" to origin requests',
            "add-origin-custom-headers",
        )
        for name in ("cache-control", "if-match", "proxy-thing", "x-amz-meta", "x-edge-a", "range", "expect")
    ),
    (
        "origin.custom.customHeaders",
        {"x-long": [{"value": "1" * 1784}]},
        "request.origin.custom.customHeaders.x-long",
        "a custom header's name is at most 256 characters, its value at most 1,783",
        "cloudfront-limits",
    ),
    (
        "origin.custom.customHeaders",
        {f"x-{number}": [{"value": "1" * 1700}] for number in range(7)},
        "request.origin.custom.customHeaders",
        "custom headers are at most 10,240 characters together",
        "cloudfront-limits",
    ),
    (
        "origin.custom.customHeaders",
        None,
        "request.origin.custom.customHeaders",
        "headers must be an object of header name to array",
        STRUCTURE,
    ),
    (
        "body",
        {"action": "replace", "data": ""},
        "request.body",
        "a body can be set only where the trigger includes the body",
        "lambda-include-body-access",
    ),
]


@pytest.mark.parametrize(("path", "value", "field", "rule", "page"), REQUEST_CASES)
def test_request_that_breaks_a_rule(path: str, value: Any, field: str, rule: str, page: str) -> None:
    assert broken("origin-request", put(path, value)) == [(field, rule, page)]


def test_headers_that_are_no_object_have_lost_the_read_only_ones_too() -> None:
    assert broken("origin-request", put("headers", [])) == [
        ("request.headers", "headers must be an object of header name to array", STRUCTURE),
        (
            "request.headers.via",
            'the header "via" is read-only in origin-request events and was deleted',
            RESTRICTIONS,
        ),
    ]


def test_custom_header_that_is_also_in_the_request() -> None:
    def sets_both(request: dict[str, Any]) -> None:
        request["headers"]["x-router"] = [{"value": "1"}]
        request["origin"]["custom"]["customHeaders"]["X-Router"] = [{"value": "1"}]

    rule = 'the header "x-router" is also in request.headers; it may be in one of the two only'
    assert broken("origin-request", sets_both) == [("request.origin.custom.customHeaders.x-router", rule, STRUCTURE)]


@pytest.mark.parametrize(
    ("path", "value", "field", "rule"),
    [
        ("body", "x", "request.body", "body must be an object"),
        ("body.inputTruncated", True, "request.body.inputTruncated", "inputTruncated is read-only"),
        ("body.action", "append", "request.body.action", 'action must be "read-only" or "replace"'),
        (
            "body",
            {"action": "replace", "encoding": "gzip"},
            "request.body.encoding",
            'encoding must be "base64" or "text"',
        ),
        ("body", {"action": "replace", "data": 1, "encoding": "text"}, "request.body.data", "data must be a string"),
        (
            "body",
            {"action": "replace", "data": "%%%"},
            "request.body.data",
            "data must be valid base64, as its encoding says",
        ),
    ],
)
def test_body_that_breaks_a_rule(path: str, value: Any, field: str, rule: str) -> None:
    assert broken("origin-request", put(path, value), with_body=True) == [(field, rule, STRUCTURE)]


def test_read_only_action_ignores_what_happened_to_the_body() -> None:
    change = put("body", {"action": "read-only", "data": "%%%", "encoding": "nonsense"})
    assert broken("origin-request", change, with_body=True) == []


def test_host_is_writable_at_origin_request_and_read_only_at_viewer_request() -> None:
    change = put("headers.host", [{"value": "other.example.com"}])
    assert broken("origin-request", change) == []
    rule = 'the header "host" is read-only in viewer-request events and was edited'
    assert broken("viewer-request", change) == [("request.headers.host", rule, RESTRICTIONS)]


def test_viewer_request_has_no_origin_and_no_country() -> None:
    rule = "only origin-request events have an origin"
    change = put("origin", {"custom": custom_origin()})
    assert broken("viewer-request", change) == [("request.origin", rule, STRUCTURE)]
    name = "cloudfront-viewer-country"
    rule = f'a viewer-request function cannot add the header "{name}"'
    page = "lambda-at-edge-function-restrictions"
    assert broken("viewer-request", put(f"headers.{name}", [{"value": "DE"}])) == [
        (f"request.headers.{name}", rule, page)
    ]


S3 = {"authMethod": "none", "customHeaders": {}, "domainName": "b.s3.eu-west-1.amazonaws.com", "path": "", "region": ""}


def test_custom_origin_may_become_s3_without_an_identity() -> None:
    assert broken("origin-request", put("origin", {"s3": S3})) == []
    identity = {"s3": S3 | {"authMethod": "origin-access-identity", "region": "eu-west-1"}}
    rule = "an origin access identity cannot be used when the request changes from a custom origin to S3"
    assert broken("origin-request", put("origin", identity)) == [("request.origin.s3.authMethod", rule, STRUCTURE)]


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"authMethod": "oac"}, "authMethod", 'authMethod must be "none" or "origin-access-identity"'),
        (
            {"domainName": "B.s3.amazonaws.com"},
            "domainName",
            "domainName must be the bucket's domain name: lower case, at most 128 characters",
        ),
    ],
)
def test_s3_origin_that_breaks_a_rule(change: dict[str, Any], field: str, rule: str) -> None:
    assert broken("origin-request", put("origin", {"s3": S3 | change})) == [
        (f"request.origin.s3.{field}", rule, STRUCTURE)
    ]


@pytest.mark.parametrize("status", [200, "99", "600", "2xx", None, "1000"])
def test_status_must_be_a_string_between_200_and_599(status: Any) -> None:
    rule = 'status must be a string from "200" to "599"'
    assert broken("origin-response", put("status", status)) == [
        ("response.status", rule, "lambda-updating-http-responses")
    ]
    generated = broken("origin-request", lambda _: {"status": status})
    assert generated == [("response.status", rule, "lambda-generating-http-responses")]


def test_response_event_needs_a_response_with_a_status() -> None:
    found = broken("origin-response", lambda _: event("origin-response")["Records"][0]["cf"]["request"])
    assert found[0][:2] == ("response.status", 'status must be a string from "200" to "599"')


def test_viewer_response_cannot_change_the_status() -> None:
    rule = "a viewer-response function cannot change the status (200)"
    page = "lambda-at-edge-function-restrictions"
    assert broken("viewer-response", put("status", "302")) == [("response.status", rule, page)]
    assert broken("origin-response", put("status", "302")) == []


@pytest.mark.parametrize("name", ["warning", "content-length", "content-encoding", "transfer-encoding"])
def test_read_only_headers_of_viewer_response(name: str) -> None:
    rule = f'the header "{name}" is read-only in viewer-response events and was added'
    found = broken("viewer-response", put(f"headers.{name}", [{"value": "1"}]))
    assert found == [(f"response.headers.{name}", rule, RESTRICTIONS)]


def test_generated_response_needs_a_status_only() -> None:
    assert broken("origin-request", lambda _: {"status": "204"}) == []
    assert broken("viewer-request", lambda _: {"status": "200", "headers": {"content-length": [{"value": "2"}]}}) == []


@pytest.mark.parametrize("name", ["x-cache", "via", "transfer-encoding", "x-edge-a", "connection"])
def test_generated_response_cannot_carry_cloudfronts_headers(name: str) -> None:
    found = broken("origin-request", lambda _: {"status": "200", "headers": {name: [{"value": "1"}]}})
    assert [(field, page) for field, _, page in found] == [(f"response.headers.{name}", RESTRICTIONS)]


@pytest.mark.parametrize(
    ("event_type", "limit", "text"), [("viewer-request", 40 * 1024, "40 KB"), ("origin-request", 1024 * 1024, "1 MB")]
)
def test_generated_response_has_a_size_limit(event_type: str, limit: int, text: str) -> None:
    side = event_type.partition("-")[0]
    rule = f"a response of a {side} function, headers and body, is at most {text}"
    assert broken(event_type, lambda _: {"status": "200", "body": "x" * limit}) == []
    too_large = broken(
        event_type, lambda _: {"status": "200", "body": "x" * limit, "headers": {"x-a": [{"value": "1"}]}}
    )
    assert too_large == [("response.body", rule, "lambda-generating-http-responses")]
    encoded = base64.b64encode(b"x" * (limit + 3)).decode()
    assert broken(event_type, lambda _: {"status": "200", "body": encoded, "bodyEncoding": "base64"}) == too_large


@pytest.mark.parametrize(
    ("response", "field", "rule"),
    [
        ({"body": 1}, "body", "body must be a string"),
        ({"body": "x", "bodyEncoding": "gzip"}, "bodyEncoding", 'bodyEncoding must be "text" or "base64"'),
        ({"body": "%", "bodyEncoding": "base64"}, "body", "body must be valid base64, as bodyEncoding says"),
        ({"status": "204", "body": "x"}, "body", "a response with status 204 must not have a body"),
    ],
)
def test_generated_response_that_breaks_a_rule(response: dict[str, Any], field: str, rule: str) -> None:
    found = broken("viewer-request", lambda _: {"status": "200"} | response)
    assert found == [(f"response.{field}", rule, "lambda-generating-http-responses")]


def test_status_description_has_no_control_characters() -> None:
    rule = "statusDescription must be a string without control characters"
    found = broken("origin-response", put("statusDescription", "a\nb"))
    assert found == [("response.statusDescription", rule, STRUCTURE)]


def test_violation_reads_as_one_line() -> None:
    violation = Violation("clientIp is read-only", "request.clientIp", STRUCTURE)
    assert str(violation) == "request.clientIp: clientIp is read-only (AWS page lambda-event-structure)"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [
        "headers",
        "headers.via",
        "headers.x-a",
        "origin",
        "origin.custom",
        "origin.custom.domainName",
        "origin.custom.port",
        "origin.custom.customHeaders",
        "origin.custom.sslProtocols",
        "origin.custom.path",
        "origin.custom.readTimeout",
        "origin.custom.responseCompletionTimeout",
        "body",
        "body.action",
        "body.data",
        "uri",
        "querystring",
        "status",
        "method",
    ]
)


@given(PLACES, JSON)
def test_validation_never_raises_whatever_is_returned(place: str, value: Any) -> None:
    for event_type in ("viewer-request", "origin-request"):
        sent = event(event_type, with_body=True)
        sent_request = sent["Records"][0]["cf"]["request"]
        sent_request.setdefault("origin", {"custom": custom_origin()})
        result = copy.deepcopy(sent_request)
        put(place, value)(result)
        assert isinstance(validate_result(sent, result), list)
    assert isinstance(validate_result(event("origin-response"), value), list)
    assert isinstance(
        validate_result(event("viewer-response"), {"status": value, "headers": value, "body": value}), list
    )
