"""CloudFront Functions on a distribution: what they see, what they change, and what their failures become."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.cloudfront import Distribution, StateError, ViewerResponse

from .fakes import (
    ALL_VIEWER,
    World,
    behavior,
    cache_policy,
    custom_origin,
    origin_request_policy,
    resource,
    state,
    with_header,
)

FUNCTION_ARN = "arn:aws:cloudfront::123456789012:function/router"
STORE_ARN = "arn:aws:cloudfront::123456789012:key-value-store/a1b2c3d4-5678-4abc-8def-123456789012"
BOTH = ("viewer-request", "viewer-response")
WHERE = f"{FUNCTION_ARN} in us-east-1, request request-id==: "


def function(code: str, **settings: Any) -> dict[str, Any]:
    outputs = {"arn": FUNCTION_ARN, "name": "router", "runtime": "cloudfront-js-2.0", "publish": True, "code": code}
    return resource("aws:cloudfront/function:Function", "router", outputs | settings)


def store(pairs: dict[str, str] | None = None) -> list[dict[str, Any]]:
    listed = [{"key": key, "value": value} for key, value in (pairs or {}).items()]
    keys = {"keyValueStoreArn": STORE_ARN, "resourceKeyValuePairs": listed}
    return [
        resource("aws:cloudfront/keyValueStore:KeyValueStore", "tiers", {"arn": STORE_ARN, "name": "tiers"}),
        resource("aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive", STORE_ARN, keys),
    ]


def associations(*events: str) -> list[dict[str, str]]:
    return [{"eventType": event, "functionArn": FUNCTION_ARN} for event in events or ("viewer-request",)]


def world(code: str, *others: dict[str, Any], events: tuple[str, ...] = ("viewer-request",), **options: Any) -> World:
    """`options` are settings of the default behavior; `function` and `distribution` those of the other two."""
    own = function(code, **options.pop("function", {}))
    distribution = {"origins": [custom_origin(), custom_origin("canary", "v2.example.com")]}
    distribution |= options.pop("distribution", {})
    default = behavior(functionAssociations=associations(*events), **options)
    return World(state(own, *others, default=default, **distribution))


def at_request(body: str, *others: dict[str, Any], **options: Any) -> World:
    """The body of handler at viewer-request."""
    code = f"import cf from 'cloudfront';\nasync function handler(event) {{ const request = event.request;\n{body}\n}}"
    return world(code, *others, **options)


def at_response(body: str, **options: Any) -> World:
    """The body of handler at viewer-response."""
    code = f"function handler(event) {{ const response = event.response;\n{body}\n}}"
    return world(code, events=("viewer-response",), **options)


def kind(answer: ViewerResponse) -> tuple[int, str | None]:
    return answer.status, answer.headers.get("x-cache")


def test_untouched_request_goes_on_as_the_viewer_wrote_it() -> None:
    used = at_request("return request;", originRequestPolicyId=ALL_VIEWER)
    used.get("/a%20b?b=%2f&a&a=1&%5F=x", {"X-oDd": "1", "Cookie": "b=2; a=1"})
    received = used.origin.received[0]
    assert received.target == "/a%20b?b=%2f&a&a=1&%5F=x"
    assert (received.headers.get("cookie"), ("X-oDd", "1") in received.headers.fields) == ("a=1; b=2", True)


def test_event_has_lower_case_headers_cookies_apart_and_duplicates_in_multi_value() -> None:
    body = "return { statusCode: 200, body: JSON.stringify([event.version, event.viewer, request, cf.edgeLocation]) };"
    answer = at_request(body).get("/a?x=1&y=2&x=3", {"X-Some": "v", "Cookie": 'a=1; b="2"; a=3; flag'})
    assert answer.body.decode() == (
        '["1.0",{"ip":"203.0.113.178"},{"method":"GET","uri":"/a",'
        '"querystring":{"x":{"value":"1","multiValue":[{"value":"1"},{"value":"3"}]},"y":{"value":"2"}},'
        '"headers":{"host":{"value":"d111111abcdef8.cloudfront.net"},"user-agent":{"value":"curl/8"},'
        '"x-some":{"value":"v"}},'
        '"cookies":{"a":{"value":"1","multiValue":[{"value":"1"},{"value":"3"}]},"b":{"value":"\\"2\\""},'
        '"flag":{"value":""}}},{"name":"IAD","serverIp":"192.0.2.1","region":"us-east-1"}]'
    )
    assert kind(answer) == (200, "FunctionGeneratedResponse from cloudfront")


def test_event_has_no_body() -> None:
    answer = at_request("return { statusCode: 200, body: String('body' in request) };").get("/a", method="POST")
    assert answer.body == b"false"


def test_changed_headers_cookies_query_and_uri_reach_the_origin() -> None:
    used = at_request(
        "request.headers['x-new-name'] = { value: 'v' }; delete request.headers['x-old'];"
        "request.cookies.added = { value: '2' };"
        "request.querystring = { 'a b': { value: '%20', multiValue: [{ value: '1' }, { value: '2' }] } };"
        "request.uri = '/changed'; return request;",
        originRequestPolicyId=ALL_VIEWER,
    )
    used.get("/a?x=1", {"X-Old": "1", "Cookie": "mine=1"})
    received = used.origin.received[0]
    assert received.target == "/changed?a%20b=1&a%20b=2"
    assert ("X-New-Name", "v") in received.headers.fields
    assert (received.headers.get("x-old"), received.headers.get("cookie")) == (None, "added=2; mine=1")


def test_value_changes_the_first_of_several_and_multi_value_all() -> None:
    body = "request.querystring.x.value = '9'; request.querystring.y.multiValue.pop(); return request;"
    used = at_request(body, originRequestPolicyId=ALL_VIEWER)
    used.get("/a?x=1&x=2&y=3&y=4")
    assert used.origin.received[0].target == "/a?x=9&x=2&y=3"


def test_header_written_by_the_function_can_be_in_the_cache_key_whatever_the_viewer_sends() -> None:
    body = "request.headers['x-version'] = { value: request.cookies.v ? 'canary' : 'stable' }; return request;"
    used = at_request(body, cache_policy(headers=("whitelist", ["X-Version"])))
    for cookie, forged in (("", "canary"), ("v=1", "stable"), ("", "other")):
        used.get("/a", {"Cookie": cookie, "X-Version": forged})
    assert [got.headers.all("x-version") for got in used.origin.received] == [["stable"], ["canary"]]


UPDATE = "cf.updateRequestOrigin({%s}); return request;"


def test_updated_origin_gets_the_request_with_its_own_host() -> None:
    used = at_request(UPDATE % "domainName: 'v2.example.com', originPath: '/base'", originRequestPolicyId=ALL_VIEWER)
    assert used.get("/a").status == 200
    received = used.origin.received[0]
    assert (received.base_url, received.target, received.host) == ("http://canary", "/base/a", "v2.example.com")


def test_host_header_is_independent_of_domain_and_policies() -> None:
    used = at_request(UPDATE % "domainName: 'v2.example.com', hostHeader: 'www.example.org'")
    used.get("/a")
    assert used.origin.received[0].host == "www.example.org"


def test_what_the_update_leaves_out_is_inherited() -> None:
    origin = custom_origin(customHeaders=[{"name": "X-Secret", "value": "s"}], originPath="/v1")
    used = at_request(UPDATE % "domainName: 'v2.example.com'", distribution={"origins": [origin]})
    used.get("/a")
    received = used.origin.received[0]
    assert (received.target, received.headers.get("x-secret")) == ("/v1/a", "s")
    emptied = at_request(UPDATE % "domainName: 'v2.example.com', customHeaders: {}", distribution={"origins": [origin]})
    emptied.get("/a")
    assert emptied.origin.received[0].headers.get("x-secret") is None


def test_port_of_the_update_is_used() -> None:
    custom = "customOriginConfig: {port: 8080, protocol: 'http', sslProtocols: ['TLSv1.2']}"
    used = at_request(UPDATE % f"domainName: 'v2.example.com', {custom}")
    used.edge._client._origins._base_urls["v2.example.com:8080"] = "http://other-port"
    used.get("/a")
    assert used.origin.received[0].base_url == "http://other-port"


def test_origin_is_selected_by_id() -> None:
    used = at_request("cf.selectRequestOriginById('canary'); return request;")
    used.get("/a")
    assert (used.origin.received[0].base_url, used.origin.received[0].host) == ("http://canary", "v2.example.com")


def test_updated_origin_that_does_not_resolve_is_a_502() -> None:
    used = at_request(UPDATE % "domainName: 'lost.example.com'")
    assert used.get("/a").status == 502
    assert "the origin lost.example.com does not resolve" in used.console[0]


def test_origin_is_not_in_the_cache_key() -> None:
    used = at_request("if (request.cookies.v) { cf.selectRequestOriginById('canary'); } return request;")
    used.origin.reply = lambda got: (200, [], got.base_url.encode())
    assert [used.get("/a", {"Cookie": cookie}).body for cookie in ("", "v=1")] == [b"http://stable"] * 2


def test_origin_request_function_sees_the_origin_that_the_viewer_function_chose() -> None:
    used = at_request(
        "cf.selectRequestOriginById('canary'); return request;",
        lambdaFunctionAssociations=behavior(triggers=["origin-request"])["lambdaFunctionAssociations"],
    )
    used.get("/a")
    assert (
        used.functions.events_of("origin-request")[0]["request"]["origin"]["custom"]["domainName"] == "v2.example.com"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "updateRequestOrigin({domainName: 'a:80'})",
            "updateRequestOrigin.domainName: must not contain a colon",
        ),
        (
            "updateRequestOrigin({domainName: '192.0.2.7'})",
            "updateRequestOrigin.domainName: must not be an IP address",
        ),
        (
            "updateRequestOrigin({hostHeader: ''})",
            "updateRequestOrigin.hostHeader: must be a string of 1 to 253 characters",
        ),
        ("updateRequestOrigin()", "updateRequestOrigin: the origin properties must be an object"),
        (
            "updateRequestOrigin({originPath: 'a/'})",
            "updateRequestOrigin.originPath: must be empty, or begin with a slash and not end with one",
        ),
        (
            "updateRequestOrigin({connectionAttempts: 4})",
            "updateRequestOrigin.connectionAttempts: must be a whole number from 1 to 3",
        ),
        (
            "updateRequestOrigin({timeouts: {readTimeout: 0}})",
            "updateRequestOrigin.timeouts: readTimeout must be a whole number from 1 to 120",
        ),
        (
            "updateRequestOrigin({customOriginConfig: {port: 443}})",
            "updateRequestOrigin.customOriginConfig: must be an object of port, protocol and sslProtocols",
        ),
        (
            "updateRequestOrigin({customOriginConfig: {port: 22, protocol: 'http', sslProtocols: ['TLSv1.2']}})",
            "updateRequestOrigin.customOriginConfig: port must be 80, 443 or from 1024 to 65535",
        ),
        (
            "updateRequestOrigin({customHeaders: {'X-A': '1'}})",
            'updateRequestOrigin.customHeaders: "X-A" is not a header name in lower case',
        ),
        (
            "updateRequestOrigin({customHeaders: {'user-agent': '1'}})",
            'updateRequestOrigin.customHeaders.user-agent: the header "user-agent" is also in request.headers; it may'
            " be in one of the two only",
        ),
        (
            "updateRequestOrigin({originShield: {enabled: true, region: 'us-east-1'}})",
            "updateRequestOrigin.originShield: Origin Shield is not simulated",
        ),
        (
            "updateRequestOrigin({originAccessControlConfig: {enabled: true}})",
            "updateRequestOrigin.originAccessControlConfig: signingBehavior must be one of always, never, no-override",
        ),
        (
            "updateRequestOrigin({port: 443})",
            "updateRequestOrigin.port: unknown; the origin properties are domainName, hostHeader, originPath,"
            " customHeaders, connectionAttempts, originShield, originAccessControlConfig, timeouts, customOriginConfig,"
            " ipAddressType, sni, allowedCertificateNames",
        ),
        (
            "selectRequestOriginById('lost')",
            "selectRequestOriginById('lost'): the distribution has no such origin, only stable, canary",
        ),
    ],
)
def test_wrong_origin_is_a_502_that_names_the_field(call: str, message: str) -> None:
    used = at_request(f"cf.{call}; return request;")
    assert kind(used.get("/a")) == (502, "FunctionValidationError from cloudfront")
    page = "(AWS page helper-functions-origin-modification)"
    assert used.console == [f"502 viewer-request {WHERE}{message} {page}"]


def test_store_is_filled_from_the_state_and_can_be_changed_while_serving() -> None:
    body = "return { statusCode: 200, body: await cf.kvs().get('tier:premium') };"
    used = at_request(body, *store({"tier:premium": "1"}), function={"keyValueStoreAssociations": [STORE_ARN]})
    assert used.get("/a").body == b"1"
    used.edge.key_value_stores[STORE_ARN].put("tier:premium", "2")
    assert used.get("/a").body == b"2"
    used.edge.key_value_stores[STORE_ARN].delete("tier:premium")
    assert kind(used.get("/a")) == (503, "FunctionExecutionError from cloudfront")


@pytest.mark.long_if(r"for")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("throw new Error('no');", "unhandled: Error: no (line 3)"),
        ("for (;;) {}", "timeout: the function did not end within the time that it may take"),
    ],
)
def test_function_that_fails_is_a_503(body: str, error: str) -> None:
    used = at_request(body)
    answer = used.get("/a")
    assert kind(answer) == (503, "FunctionExecutionError from cloudfront")
    assert b"The CloudFront function is invalid or could not run." in answer.body
    assert used.console == [f"503 viewer-request {WHERE}{error} (AWS page http-503-service-unavailable)"]
    assert used.origin.received == []


def test_rules_that_a_request_breaks_are_a_502_and_all_are_on_the_console() -> None:
    used = at_request("request.headers.host = { value: 'x' }; request.uri = 'a'; return request;")
    answer = used.get("/a")
    assert kind(answer) == (502, "FunctionValidationError from cloudfront")
    assert b"The CloudFront function returned an invalid value." in answer.body
    assert used.console == [
        f"502 viewer-request {WHERE}request.uri: uri must be a string that begins with a slash (AWS page "
        'functions-event-structure); request.headers.host: the header "host" is read-only in viewer-request events and'
        " was edited (AWS page edge-function-restrictions-all)"
    ]


def test_logs_are_handed_on_with_the_name_of_the_function() -> None:
    used = at_request("console.log('chosen'); return request;")
    lines: list[tuple[str, str, str]] = []
    used.edge._viewer_functions._on_log = lambda *line: lines.append(line)
    used.get("/a")
    assert lines == [("us-east-1", "router", "request-id== chosen")]


def test_generated_response_has_headers_cookies_and_body() -> None:
    used = at_request(
        "return { statusCode: 302, headers: { location: { value: '/b' } }, cookies: { a: { value: '1', attributes:"
        " 'Secure; Path=/' } }, body: { encoding: 'base64', data: 'YWJj' } };"
    )
    answer = used.get("/a")
    assert (answer.status, answer.headers.get("location"), answer.body) == (302, "/b", b"abc")
    assert answer.headers.all("set-cookie") == ["a=1; Secure; Path=/"]


def test_cookie_set_at_viewer_response_is_never_cached() -> None:
    body = "response.cookies.v = { value: event.request.uri, attributes: 'Path=/; Secure' }; return response;"
    used = at_response(body)
    answers = [used.get("/a") for _ in range(2)]
    assert [answer.headers.get("x-cache") for answer in answers] == ["Miss from cloudfront", "Hit from cloudfront"]
    assert [answer.headers.all("set-cookie") for answer in answers] == [["v=/a; Path=/; Secure"]] * 2
    cached = [entry.response.headers.all("set-cookie") for entry in used.edge.cache._entries.values()]
    assert cached == [[]]


def test_cookies_of_the_origin_are_kept_beside_the_functions() -> None:
    used = at_response(
        "response.cookies.mine = { value: '2' }; return response;",
        cachePolicyId="4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        originRequestPolicyId=ALL_VIEWER,
    )
    used.origin.reply = with_header("Set-Cookie", "theirs=1; HttpOnly")
    assert used.get("/a").headers.all("set-cookie") == ["theirs=1; HttpOnly", "mine=2"]


def test_viewer_response_can_change_status_headers_and_body() -> None:
    used = at_response(
        "response.statusCode = 404; response.headers['x-new'] = { value: '1' }; response.body = 'gone';return response;"
    )
    answer = used.get("/a")
    assert (answer.status, answer.headers.get("x-new"), answer.body) == (404, "1", b"gone")
    assert answer.headers.get("content-length") == "4"


def test_viewer_response_does_not_run_for_errors() -> None:
    used = at_response("throw new Error('no');")
    used.origin.reply = lambda _: (404, [], b"")
    assert used.get("/a").status == 404


def test_read_only_header_edited_at_viewer_response_is_a_502() -> None:
    used = at_response("response.headers.via = { value: 'mine' }; return response;")
    assert used.get("/a").status == 502
    assert 'the header "via" is read-only in viewer-response events and was edited' in used.console[0]


def test_both_events_can_have_the_same_function_and_share_the_request_id() -> None:
    code = (
        "function handler(event) { if (event.context.eventType === 'viewer-request') { return event.request; }"
        " event.response.headers['x-id'] = { value: event.context.requestId }; return event.response; }"
    )
    assert world(code, events=BOTH).get("/a").headers.get("x-id") == "request-id=="


def refusal_of(*items: dict[str, Any], default: dict[str, Any] | None = None) -> str:
    chosen = default or {"functionAssociations": associations()}
    with pytest.raises(StateError) as raised:
        Distribution.from_state(state(*items, default=behavior(**chosen)))
    return str(raised.value)


LABEL = "Function function-router"
DEFAULT = "Distribution distribution-EDFDVBD6EXAMPLE: defaultCacheBehavior"
CODE = "function handler(event) { return event.request; }"


def test_state_that_cannot_be_run_is_refused_by_name() -> None:
    assert refusal_of(function(CODE, runtime="cloudfront-js-1.0")) == (
        f"{LABEL}: the runtime cloudfront-js-1.0 is not simulated, only cloudfront-js-2.0"
    )
    assert (
        refusal_of(function(CODE, publish=False)) == f"{LABEL} is not published, so CloudFront would not associate it"
    )
    assert refusal_of(function(CODE, keyValueStoreAssociations=[STORE_ARN])) == (
        f"{LABEL}: the key value store {STORE_ARN} is not in the state"
    )
    assert refusal_of(function("class A {}")) == (
        f"{LABEL}: JavaScript runtime 2.0 does not have: line 1: class (AWS page functions-javascript-runtime-20)"
    )
    assert refusal_of(function(CODE), *store({"k": "x" * 1025})) == (
        f'the key value store {STORE_ARN}: the value of "k" has 1025 bytes: at most 1024 fit'
    )


def test_associations_that_cloudfront_does_not_take_are_refused_by_name() -> None:
    late = {"functionAssociations": associations("origin-request")}
    assert refusal_of(function(CODE), default=late) == (
        f'{DEFAULT}: a CloudFront Function on "origin-request", which is not one of viewer-request, viewer-response'
    )
    twice = {"functionAssociations": associations("viewer-request", "viewer-request")}
    assert refusal_of(function(CODE), default=twice) == (
        f"{DEFAULT}: viewer-request has two functions; CloudFront takes one for each event type"
    )
    mixed = {"functionAssociations": associations(), "triggers": ["viewer-response"]}
    assert refusal_of(function(CODE), default=mixed) == (
        f"{DEFAULT}: CloudFront Functions and Lambda@Edge do not mix on viewer events"
    )


def test_custom_error_page_comes_from_its_own_behavior() -> None:
    page = {"errorCode": 500, "responsePagePath": "/errors/500.html", "responseCode": 500}
    used = at_request(
        "cf.selectRequestOriginById('canary'); return request;",
        origin_request_policy(),
        distribution={
            "customErrorResponses": [page],
            "origins": [custom_origin(), custom_origin("canary", "v2.example.com")],
        },
    )
    used.origin.reply = lambda got: (200, [], b"sorry") if got.target.startswith("/errors") else (500, [], b"")
    assert used.get("/a").body == b"sorry"
    assert [got.base_url for got in used.origin.received] == ["http://canary", "http://stable"]
