"""The four triggers: when they run, what they get, and what their results do."""

import base64
from typing import Any

import pytest

from simulator.sample_events import origin_request
from tests.simulator.cloudfront.fakes import (
    ALL_VIEWER,
    CACHING_DISABLED,
    Outcome,
    World,
    arn,
    behavior,
    cache_policy,
    custom_origin,
    origin_request_policy,
    replies,
    state,
)

ALL_FOUR = ["viewer-request", "origin-request", "origin-response", "viewer-response"]


def world(*policies: dict[str, Any], triggers: list[Any] | None = None, **settings: Any) -> World:
    distribution = settings.pop("distribution", {})
    return World(state(*policies, default=behavior(triggers=triggers or ALL_FOUR, **settings), **distribution))


def types(used: World) -> list[str]:
    return [event["Records"][0]["cf"]["config"]["eventType"] for _, _, event in used.functions.calls]


def request_of(event: dict[str, Any]) -> dict[str, Any]:
    return event["Records"][0]["cf"]["request"]


def response_of(event: dict[str, Any]) -> dict[str, Any]:
    return event["Records"][0]["cf"]["response"]


def test_all_four_run_on_a_miss_and_the_viewers_two_on_a_hit() -> None:
    used = world()
    used.get("/a")
    assert types(used) == ALL_FOUR
    used.get("/a")
    assert types(used)[4:] == ["viewer-request", "viewer-response"]


def test_functions_run_in_the_viewers_region() -> None:
    used = world(triggers=["origin-request"])
    used.get("/a", region="eu-west-1")
    assert used.functions.calls[0][:2] == (arn("origin-request"), "eu-west-1")


def test_origin_request_event_has_the_exact_shape_of_the_page() -> None:
    used = world(triggers=["origin-request"], cachePolicyId=CACHING_DISABLED)
    used.get("/a?x=1", {"Cookie": "s=1", "Accept": "*/*"})
    expected = origin_request(uri="/a", request_id="request-id==")
    [via] = request_of(used.functions.calls[0][2])["headers"]["via"]
    assert (via["key"], via["value"].endswith(".cloudfront.net (CloudFront)")) == ("Via", True)
    request_of(expected)["headers"]["via"] = [via]
    assert used.functions.calls[0][2] == expected


def test_viewer_request_event_has_the_viewers_own_headers_and_no_origin() -> None:
    used = world(triggers=["viewer-request"])
    used.get("/a?x=1", {"Accept": "*/*", "Cookie": "b=2; a=1", "X-Edge-Thing": "1", "Connection": "close"})
    assert used.functions.events_of("viewer-request")[0]["request"] == {
        "clientIp": "203.0.113.178",
        "headers": {
            "host": [{"key": "Host", "value": "d111111abcdef8.cloudfront.net"}],
            "user-agent": [{"key": "User-Agent", "value": "curl/8"}],
            "accept": [{"key": "Accept", "value": "*/*"}],
            "cookie": [{"key": "Cookie", "value": "b=2; a=1"}],
        },
        "method": "GET",
        "querystring": "x=1",
        "uri": "/a",
    }


def test_response_events_have_request_and_response_without_a_body() -> None:
    used = world()
    used.origin.reply = lambda _: (201, [("X-App", "1"), ("X-Amzn-RequestId", "hidden")], b"body")
    answer = used.get("/a?x=1")
    origin_event, viewer_event = (
        used.functions.events_of("origin-response")[0],
        used.functions.events_of("viewer-response")[0],
    )
    assert origin_event["response"] == {
        "headers": {"x-app": [{"key": "X-App", "value": "1"}]},
        "status": "201",
        "statusDescription": "Created",
    }
    assert origin_event["request"]["origin"]["custom"]["domainName"] == "v1.example.com"
    assert "via" in viewer_event["response"]["headers"]
    assert viewer_event["request"]["querystring"] == "x=1"
    assert "origin" not in viewer_event["request"]
    assert answer.headers.get("x-amzn-requestid") == "hidden"


def test_s3_origin_in_the_event() -> None:
    bucket = {"originId": "stable", "domainName": "b.s3.eu-west-1.amazonaws.com", "s3OriginConfig": {
        "originAccessIdentity": "origin-access-identity/cloudfront/E1"}}  # fmt: skip
    deployed = state(default=behavior(triggers=["origin-request"]), origins=[bucket])
    used = World(deployed, {"b.s3.eu-west-1.amazonaws.com": "http://bucket"})
    assert used.get("/a").status == 200
    assert used.functions.events_of("origin-request")[0]["request"]["origin"] == {
        "s3": {
            "authMethod": "origin-access-identity",
            "customHeaders": {},
            "domainName": "b.s3.eu-west-1.amazonaws.com",
            "path": "",
            "readTimeout": 30,
            "region": "eu-west-1",
        }
    }


@pytest.mark.parametrize(
    ("query", "seen"), [(("all", []), "a=1&b=2"), (("whitelist", ["a"]), ""), (("allExcept", ["b"]), "")]
)
def test_origin_functions_see_the_query_only_where_all_of_it_is_forwarded(query: Any, seen: str) -> None:
    used = world(cache_policy(query=query), triggers=["origin-request"])
    used.get("/?a=1&b=2")
    assert used.functions.events_of("origin-request")[0]["request"]["querystring"] == seen
    assert used.origin.received[0].target.startswith("/?a=1")


def test_query_that_the_function_sets_goes_to_the_origin() -> None:
    used = world(cache_policy(query=("whitelist", ["a"])), triggers=["origin-request"])
    used.functions.handlers["origin-request"] = lambda event: request_of(event) | {"querystring": "new=1"}
    used.get("/?a=1")
    assert used.origin.received[0].target == "/?new=1"


@pytest.mark.parametrize(("event_type", "limit"), [("viewer-request", 40 * 1024), ("origin-request", 1024 * 1024)])
def test_body_is_shown_in_base64_and_cut_but_sent_on_whole(event_type: str, limit: int) -> None:
    used = world(triggers=[(event_type, True)], originRequestPolicyId=ALL_VIEWER)
    for size in (limit, limit + 1):
        body = b"x" * size
        used.get("/", method="POST", body=body)
        shown = used.functions.events_of(event_type)[-1]["request"]["body"]
        assert shown == {
            "action": "read-only",
            "data": base64.b64encode(body[:limit]).decode(),
            "encoding": "base64",
            "inputTruncated": size > limit,
        }
        assert used.origin.received[-1].body == body


def test_body_is_not_shown_unless_included() -> None:
    used = world(triggers=["origin-request"])
    used.get("/", method="POST", body=b"x")
    assert "body" not in used.functions.events_of("origin-request")[0]["request"]


@pytest.mark.parametrize(("encoding", "content"), [("text", "new"), ("base64", base64.b64encode(b"new").decode())])
def test_replaced_body_reaches_the_origin(encoding: str, content: str) -> None:
    used = world(triggers=[("origin-request", True)])
    body = {"action": "replace", "encoding": encoding, "data": content}
    used.functions.handlers["origin-request"] = lambda event: request_of(event) | {"body": body}
    used.get("/", method="POST", body=b"a long old body")
    assert used.origin.received[0].body == b"new"
    assert used.origin.received[0].headers.all("content-length") == ["3"]


def test_body_changed_under_read_only_is_ignored() -> None:
    used = world(triggers=[("origin-request", True)])
    body = {"action": "read-only", "encoding": "text", "data": "other"}
    used.functions.handlers["origin-request"] = lambda event: request_of(event) | {"body": body}
    used.get("/", method="POST", body=b"own")
    assert used.origin.received[0].body == b"own"


def to_canary(event: dict[str, Any]) -> dict[str, Any]:
    request = request_of(event)
    request["origin"]["custom"] |= {"domainName": "v2.example.com", "path": "/v2"}
    request["origin"]["custom"]["customHeaders"] = {"x-chosen": [{"key": "X-Chosen", "value": "canary"}]}
    request["headers"]["host"] = [{"key": "Host", "value": "v2.example.com"}]
    return request


def test_function_sends_the_request_to_another_origin() -> None:
    used = world(triggers=["origin-request"])
    used.functions.handlers["origin-request"] = to_canary
    used.get("/a")
    got = used.origin.received[0]
    assert (got.base_url, got.target, got.host) == ("http://canary", "/v2/a", "v2.example.com")
    assert got.headers.get("x-chosen") == "canary"
    assert used.console == []


def test_origin_response_sees_the_request_as_origin_request_left_it() -> None:
    used = world(triggers=["origin-request", "origin-response"])
    used.functions.handlers["origin-request"] = to_canary
    used.get("/a")
    request = used.functions.events_of("origin-response")[0]["request"]
    assert request["origin"]["custom"]["domainName"] == "v2.example.com"
    assert request["headers"]["host"] == [{"key": "Host", "value": "v2.example.com"}]


def test_forgotten_host_header_is_hinted_at_once() -> None:
    def forgets_host(event: dict[str, Any]) -> dict[str, Any]:
        request_of(event)["origin"]["custom"]["domainName"] = "v2.example.com"
        return request_of(event)

    used = world(triggers=["origin-request"])
    used.functions.handlers["origin-request"] = forgets_host
    used.get("/a")
    used.get("/b")
    assert used.origin.received[0].host == "v1.example.com"
    assert used.console == [
        "hint: the function sends requests to v2.example.com with Host v1.example.com; behind HTTPS that is a 502 "
        "unless the certificate matches (AWS page http-502-bad-gateway), which cannot be checked here"
    ]


def test_dead_configured_origin_is_a_502_and_the_router_never_runs() -> None:
    deployed = state(default=behavior(triggers=["origin-request"]))
    used = World(deployed, {"v2.example.com": "http://canary"})
    used.functions.handlers["origin-request"] = to_canary
    answer = used.get("/a")
    assert (answer.status, answer.headers.get("x-cache")) == (502, "Error from cloudfront")
    assert used.functions.calls == []
    assert used.console == [
        "502 GET /a: the origin v1.example.com does not resolve: it is not in the origin map; "
        "the origin-request function never ran (AWS page http-502-dns-error)"
    ]


def test_dead_origin_chosen_by_the_function_is_a_502() -> None:
    used = World(state(default=behavior(triggers=["origin-request"])), {"v1.example.com": "http://stable"})
    used.functions.handlers["origin-request"] = to_canary
    assert used.get("/a").status == 502
    assert used.console == [
        "502 GET /a: the origin v2.example.com does not resolve: it is not in the origin map "
        "(AWS page http-502-dns-error)"
    ]


GENERATED = {"status": "302", "headers": {"location": [{"value": "/login"}]}, "body": "see login"}


def test_response_of_viewer_request_is_neither_kept_nor_seen_by_viewer_response() -> None:
    used = world()
    used.functions.handlers["viewer-request"] = lambda _: GENERATED
    answer = used.get("/a")
    assert (answer.status, answer.body, answer.headers.get("location")) == (302, b"see login", "/login")
    assert answer.headers.get("x-cache") == "LambdaGeneratedResponse from cloudfront"
    used.get("/a")
    assert types(used) == ["viewer-request", "viewer-request"]


def test_response_of_origin_request_is_kept() -> None:
    used = world()
    used.functions.handlers["origin-request"] = lambda _: GENERATED
    assert used.get("/a").headers.get("x-cache") == "LambdaGeneratedResponse from cloudfront"
    second = used.get("/a")
    assert (second.status, second.headers.get("x-cache")) == (302, "Hit from cloudfront")
    assert types(used) == ["viewer-request", "origin-request", "viewer-response", "viewer-request", "viewer-response"]
    assert used.origin.received == []


def test_uri_changed_by_viewer_request_changes_the_object_but_not_the_behavior() -> None:
    ordered = [behavior(pathPattern="/api/*", targetOriginId="canary")]
    origins = [custom_origin(), custom_origin("canary", "v2.example.com")]
    used = world(triggers=["viewer-request"], distribution={"orderedCacheBehaviors": ordered, "origins": origins})
    used.functions.handlers["viewer-request"] = lambda event: request_of(event) | {"uri": "/api/x"}
    used.get("/a")
    used.get("/b")
    assert [(got.base_url, got.target) for got in used.origin.received] == [("http://stable", "/api/x")]


def test_header_added_by_viewer_request_can_be_in_the_key() -> None:
    used = world(cache_policy(headers=("whitelist", ["X-Bucket"])), triggers=["viewer-request"])

    def adds(event: dict[str, Any]) -> dict[str, Any]:
        request_of(event)["headers"]["x-bucket"] = [{"value": request_of(event)["querystring"]}]
        return request_of(event)

    used.functions.handlers["viewer-request"] = adds
    for query in ("1", "2", "1"):
        used.get(f"/a?{query}")
    assert [got.headers.get("x-bucket") for got in used.origin.received] == ["1", "2"]


def test_origin_response_runs_for_errors_and_can_change_them() -> None:
    used = world()
    used.origin.reply = lambda _: (500, [], b"broken")
    used.functions.handlers["origin-response"] = lambda event: (
        response_of(event) | {"status": "200", "body": "repaired"}
    )
    answer = used.get("/a")
    assert (answer.status, answer.body) == (200, b"repaired")
    assert "viewer-response" in types(used)


def test_viewer_response_does_not_run_for_errors() -> None:
    used = world()
    used.origin.reply = lambda _: (404, [], b"")
    used.get("/a")
    assert types(used) == ["viewer-request", "origin-request", "origin-response"]


def test_set_cookie_of_origin_response_needs_forwarded_cookies() -> None:
    def sets(event: dict[str, Any]) -> dict[str, Any]:
        response_of(event)["headers"]["set-cookie"] = [{"value": "app=1"}]
        return response_of(event)

    cookies = cache_policy(cookies=("whitelist", ["app"]))
    for policies, kept in (((), []), ((cookies,), ["app=1"])):
        used = world(*policies, triggers=["origin-response"])
        used.functions.handlers["origin-response"] = sets
        assert used.get("/a").headers.all("set-cookie") == kept


def test_viewer_response_changes_every_answer_and_nothing_that_is_kept() -> None:
    used = world(triggers=["viewer-response"])

    def stamps(event: dict[str, Any]) -> dict[str, Any]:
        response_of(event)["headers"]["x-stamp"] = [{"key": "X-Stamp", "value": str(len(used.functions.calls))}]
        return response_of(event)

    used.functions.handlers["viewer-response"] = stamps
    assert [used.get("/a").headers.all("x-stamp") for _ in range(3)] == [["1"], ["2"], ["3"]]


@pytest.mark.parametrize(
    ("error", "status", "result_type"),
    [
        ("timeout", 503, "LambdaExecutionError"),
        ("unhandled", 503, "LambdaExecutionError"),
        ("init", 503, "LambdaExecutionError"),
        ("throttled", 503, "LambdaLimitExceeded"),
        ("invalid-json", 502, "LambdaValidationError"),
        ("oversize", 502, "LambdaValidationError"),
    ],
)
@pytest.mark.parametrize("event_type", ALL_FOUR)
def test_failed_function_answers_502_or_503(event_type: str, error: str, status: int, result_type: str) -> None:
    used = world()
    used.functions.handlers[event_type] = lambda _: Outcome(error=error, error_message="what happened")
    answer = used.get("/a")
    assert (answer.status, answer.headers.get("x-cache")) == (status, f"{result_type} from cloudfront")
    start = (
        f"{status} {event_type} {arn(event_type)} in us-east-1, request request-id==: {error}: what happened (AWS page "
    )
    assert used.console[0].startswith(start)


def test_failure_of_a_function_is_not_kept() -> None:
    used = world(triggers=["origin-request"])
    used.functions.handlers["origin-request"] = replies(Outcome(error="timeout"), to_canary_result())  # type: ignore[arg-type]
    assert [used.get("/a").status for _ in range(2)] == [503, 200]


def to_canary_result() -> dict[str, Any]:
    probe = world(triggers=["origin-request"])
    probe.get("/a")
    return to_canary(probe.functions.calls[0][2])


def test_broken_rule_is_a_502_and_the_console_names_rule_and_page() -> None:
    used = world(triggers=["origin-request"])

    def breaks(event: dict[str, Any]) -> dict[str, Any]:
        request_of(event)["headers"]["via"] = [{"value": "mine"}]
        request_of(event)["headers"]["x-edge-bucket"] = [{"value": "7"}]
        return request_of(event)

    used.functions.handlers["origin-request"] = breaks
    answer = used.get("/a")
    assert (answer.status, answer.headers.get("x-cache")) == (502, "LambdaValidationError from cloudfront")
    assert b"The Lambda function result failed validation." in answer.body
    where = f"502 origin-request {arn('origin-request')} in us-east-1, request request-id==: "
    assert used.console == [
        f'{where}request.headers.x-edge-bucket: the header "x-edge-bucket" is disallowed: functions cannot add it '
        "(AWS page edge-function-restrictions-all)",
        f'{where}request.headers.via: the header "via" is read-only in origin-request events and was edited '
        "(AWS page edge-function-restrictions-all)",
    ]
    assert used.origin.received == []


def test_viewer_can_provoke_a_502_with_a_header_that_the_function_sets_as_custom_header() -> None:
    used = world(triggers=["origin-request"], originRequestPolicyId=ALL_VIEWER)
    used.functions.handlers["origin-request"] = to_canary
    assert used.get("/a").status == 200
    assert used.get("/b", {"X-Chosen": "forged"}).status == 502


def test_configured_custom_header_replaces_the_viewers_before_the_function_runs() -> None:
    origin = custom_origin(customHeaders=[{"name": "X-Secret", "value": "real"}])
    deployed = state(
        origin_request_policy(headers=("allViewer", [])),
        default=behavior(triggers=["origin-request"], originRequestPolicyId="forward"),
        origins=[origin],
    )
    used = World(deployed)
    assert used.get("/a", {"X-Secret": "forged"}).status == 200
    assert used.origin.received[0].headers.all("x-secret") == ["real"]
