"""The sample events are what AWS shows, and only what a test changes differs."""

from simulator.cloudfront import validate_result
from simulator.sample_events import origin_request, origin_response


def test_the_sample_is_the_one_of_the_page() -> None:
    """Page lambda-event-structure, "Example origin request", but for the host names."""
    [record] = origin_request()["Records"]
    assert record["cf"] == {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net",
            "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-request",
            "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "request": {
            "clientIp": "203.0.113.178",
            "headers": {
                "x-forwarded-for": [{"key": "X-Forwarded-For", "value": "203.0.113.178"}],
                "user-agent": [{"key": "User-Agent", "value": "Amazon CloudFront"}],
                "via": [{"key": "Via", "value": "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"}],
                "host": [{"key": "Host", "value": "v1.example.com"}],
            },
            "method": "GET",
            "origin": {
                "custom": {
                    "customHeaders": {},
                    "domainName": "v1.example.com",
                    "keepaliveTimeout": 5,
                    "path": "",
                    "port": 443,
                    "protocol": "https",
                    "readTimeout": 30,
                    "sslProtocols": ["TLSv1.2"],
                }
            },
            "querystring": "",
            "uri": "/",
        },
    }


def test_cookies_headers_and_body_are_where_a_function_looks_for_them() -> None:
    body = {"inputTruncated": False, "action": "read-only", "encoding": "text", "data": "{}"}
    event = origin_request(cookies=["a=1", "b=2"], headers={"X-Tier": "gold", "Host": "b.example.com"}, body=body)
    request = event["Records"][0]["cf"]["request"]
    assert request["headers"]["cookie"] == [{"key": "Cookie", "value": "a=1"}, {"key": "Cookie", "value": "b=2"}]
    assert request["headers"]["x-tier"] == [{"key": "X-Tier", "value": "gold"}]
    assert request["headers"]["host"] == [{"key": "Host", "value": "b.example.com"}]
    assert request["body"] == body


def test_a_response_event_has_the_request_it_answers_and_the_origin_that_did() -> None:
    asked = origin_request(uri="/a", request_id="one")
    cf = origin_response(asked, status="404", domain="v2.example.com")["Records"][0]["cf"]
    assert (cf["config"]["eventType"], cf["config"]["requestId"]) == ("origin-response", "one")
    assert (cf["request"]["uri"], cf["request"]["origin"]["custom"]["domainName"]) == ("/a", "v2.example.com")
    assert cf["response"]["status"] == "404"
    assert asked["Records"][0]["cf"]["request"]["origin"]["custom"]["domainName"] == "v1.example.com"


def test_cloudfront_takes_the_samples_back() -> None:
    for event, part in ((origin_request(), "request"), (origin_response(origin_request()), "response")):
        assert validate_result(event, event["Records"][0]["cf"][part]) == []
