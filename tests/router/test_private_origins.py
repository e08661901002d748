"""Requests to private buckets and function URLs, as botocore checks their signatures and CloudFront what is written."""

from __future__ import annotations

import base64
import copy
import datetime
from typing import Any

import pytest

from infra.package.baked_config import baked_config
from router.baked import build_router
from router.event import by_address, read_response
from router.model.decision import Origin
from router.private_origins import PrivateOrigins
from simulator.cloudfront import validate_result
from simulator.lambda_edge.environment import _CREDENTIALS
from simulator.private_origins.signatures import ROUTER, SignatureError, Signed, check_signature
from simulator.sample_events import SAMPLE_REQUEST_ID, origin_request, origin_response
from strategies.base import MEMO_HEADER
from tests.infra.configs import stack_of

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
BUCKET = Origin("canary", "shop.s3.eu-west-1.amazonaws.com", path="/v2")
FUNCTION = Origin("canary", "abc.lambda-url.us-west-2.on.aws")
S3: dict[str, Any] = {
    "host": BUCKET.domain_name,
    "service": "s3",
    "region": "eu-west-1",
    "pages": "index",
    "signs": True,
}
LAMBDA: dict[str, Any] = {
    "host": FUNCTION.domain_name,
    "service": "lambda",
    "region": "us-west-2",
    "pages": "index",
    "signs": True,
}


def route(origin: Origin, settings: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The request that CloudFront accepts from the router."""
    event = origin_request(**fields)
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    private = PrivateOrigins({origin.name: settings}, NOW.timestamp, _CREDENTIALS)
    private.write(cf, origin, {"x-forwarded-host": "www.example.com"})
    assert list(validate_result(event, cf["request"])) == []
    return cf["request"]


def arriving(request: dict[str, Any], body: bytes = b"") -> Signed:
    """The request as the origin gets it, with the header that CloudFront adds."""
    kind = "s3" if "s3" in request["origin"] else "custom"
    headers = {name: entries[0]["value"] for name, entries in request["headers"].items()}
    query = f"?{request['querystring']}" if request["querystring"] else ""
    target = request["origin"][kind]["path"] + request["uri"] + query
    return Signed(request["method"], headers["host"], target, headers | {"x-amz-cf-id": SAMPLE_REQUEST_ID}, body)


PATHS = ("/", "/a/b.js", "/a%20b/%C3%A9.png", "/a+b(1)!*'~.txt", "/a//b/../c/./d", "/%2E%2e/x", "/100%25", "/%ff%zz")


@pytest.mark.parametrize("path", PATHS)
def test_a_bucket_accepts_the_signature_for_any_path(path: str) -> None:
    request = route(BUCKET, S3 | {"pages": "none"}, uri=path, querystring="acl&response-content-type=text/html")
    assert request["querystring"] == ""
    assert check_signature(arriving(request), "s3", "eu-west-1", NOW) == ROUTER


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query",
    [
        *("", "a=1", "b=2&a=1&a=0", "q=a+b%2Fc&x=/y?z&flag&=v", "%C3%A9=%e9&a==b"),
        # A name that begins as another one does: sorted by names, not by what `=` stands behind.
        *("page=1&page2=3", "id=1&id-type=x", "a=1&a.b=2", "a=1&a1=0", "filter%5Bx%5D=1&filter=2", "q=x&q%20r=1"),
    ],
)
def test_a_function_accepts_the_signature_for_any_path_and_query(path: str, query: str) -> None:
    request = route(FUNCTION, LAMBDA, uri=path, querystring=query)
    assert check_signature(arriving(request), "lambda", "us-west-2", NOW) == ROUTER


def test_a_function_is_sent_the_parameters_in_their_order_and_with_their_meaning() -> None:
    request = route(FUNCTION, LAMBDA, querystring="b=2&a=x+y&a=%2f&flag&latin=%e9&odd=%zz%")
    assert request["querystring"] == "b=2&a=x%20y&a=%2F&flag=&latin=%E9&odd=%25zz%25"


@pytest.mark.parametrize(
    "query", ["ids=" + ",".join(str(100 + number % 900) for number in range(1_900)), "&".join(["f[1]=x"] * 800)]
)
def test_a_query_that_would_be_too_long_as_it_is_signed_is_sent_as_it_came(query: str) -> None:
    assert len(query) < 8_000
    request = route(FUNCTION, LAMBDA, uri="/api", querystring=query)
    assert request["querystring"] == query
    assert "authorization" in request["headers"]


def test_where_cloudfront_signs_the_query_stays_as_it_came() -> None:
    request = route(FUNCTION, LAMBDA | {"signs": False}, querystring="b=2&a=x+y&flag&list=1,2")
    assert request["querystring"] == "b=2&a=x+y&flag&list=1,2"


@pytest.mark.parametrize("signs", [True, False])
def test_a_body_is_signed_for_a_function(signs: bool) -> None:
    """Where CloudFront signs, it takes the hash that the router names."""
    body = {
        "action": "read-only",
        "encoding": "base64",
        "inputTruncated": False,
        "data": base64.b64encode(b"a=1").decode(),
    }
    request = route(FUNCTION, LAMBDA | {"signs": signs}, method="POST", body=body)
    assert len(request["headers"]["x-amz-content-sha256"][0]["value"]) == 64
    if signs:
        assert check_signature(arriving(request, b"a=1"), "lambda", "us-west-2", NOW) == ROUTER
        with pytest.raises(SignatureError, match="XAmzContentSHA256Mismatch"):
            check_signature(arriving(request, b"a=2"), "lambda", "us-west-2", NOW)
    else:
        assert "authorization" not in request["headers"]


@pytest.mark.parametrize(("origin", "settings"), [(BUCKET, S3), (FUNCTION, LAMBDA)])
def test_what_a_viewer_tells_aws_is_not_passed_on(origin: Origin, settings: dict[str, Any]) -> None:
    request = route(
        origin, settings, headers={"X-Amz-Acl": "public-read", "X-Amz-Content-Sha256": "x", "X-Amz-Date": "y"}
    )
    assert "x-amz-acl" not in request["headers"]
    assert check_signature(arriving(request), settings["service"], settings["region"], NOW) == ROUTER


def test_a_bucket_is_an_s3_origin_with_its_region_and_its_host() -> None:
    request = route(BUCKET, S3 | {"signs": False}, headers={"Authorization": "Bearer x"})
    assert request["origin"] == {
        "s3": {
            "authMethod": "none",
            "customHeaders": {},
            "domainName": "shop.s3.eu-west-1.amazonaws.com",
            "path": "/v2",
            "readTimeout": 30,
            "region": "eu-west-1",
        }
    }
    assert request["headers"]["host"][0]["value"] == "shop.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("pages", "method", "path", "expected"),
    [
        ("index", "GET", "/", "/index.html"),
        ("index", "HEAD", "/docs/", "/docs/index.html"),
        ("index", "GET", "/docs", "/docs"),
        ("index", "OPTIONS", "/", "/"),
        ("app", "GET", "/", "/index.html"),
        ("app", "GET", "/cart/7", "/index.html"),
        ("app", "GET", "/v1.2/cart", "/index.html"),
        ("app", "GET", "/assets/app.js", "/assets/app.js"),
        ("app", "POST", "/cart/7", "/cart/7"),
        ("none", "GET", "/docs/", "/docs/"),
        ("index", "GET", f"/{'a' * 8_180}/", f"/{'a' * 8_180}/"),  # no key is as long, and no longer URL is sent
    ],
)
def test_paths_become_keys_of_the_bucket(pages: str, method: str, path: str, expected: str) -> None:
    assert route(BUCKET, S3 | {"pages": pages}, method=method, uri=path)["uri"] == expected


@pytest.mark.parametrize(
    ("path", "query", "path_seen", "query_seen"),
    [
        ("/shop/cart", "qa=canary:secret", "/shop/cart", "qa=canary:secret"),
        ("/shop/cart", "", "/shop/cart", ""),
        ("/a%3Fb", "x=?&y", "/a%3Fb", "x=?&y"),
        ("/shop/cart", "x" * 2_000, "/shop/cart", ""),
        (f"/{'a' * 3_000}", "x=1", "/index.html", ""),
    ],
)
def test_a_response_of_a_bucket_is_seen_with_the_path_and_the_query_that_were_asked_for(
    path: str, query: str, path_seen: str, query_seen: str
) -> None:
    event = origin_request(uri=path, querystring=query, headers={"X-Router-Uri": "/forged?qa=1"})
    cf = event["Records"][0]["cf"]
    private = PrivateOrigins({BUCKET.name: S3 | {"pages": "app"}}, NOW.timestamp, _CREDENTIALS)
    private.write(cf, BUCKET, {MEMO_HEADER: ""})
    assert (cf["request"]["uri"], cf["request"]["querystring"]) == ("/index.html", "")
    seen = private.read(cf, "eu-west-1")
    assert (seen.path, seen.query_string, seen.request_id) == (path_seen, query_seen, SAMPLE_REQUEST_ID)


def set_cookies(options: dict[str, Any], **fields: Any) -> list[str]:
    """The cookies that a router of two versions in one bucket sets for a page; the canary gets nobody."""
    origins = {
        name: {"bucket": "shop-site", "region": "eu-west-1", "path": path, "pages": "app"}
        for name, path in (("stable", "/v1"), ("canary", "/v2"))
    }
    override = {"query": "qa", "secret": "0123456789abcdef"}
    stack = stack_of(strategy="cookie-version", cookieVersion=options, override=override, origins=origins)
    router = build_router(baked_config(stack), "eu-west-1")
    event = origin_request(headers={"Sec-Fetch-Mode": "navigate"}, **fields)
    cf: dict[str, Any] = {**event["Records"][0]["cf"], "request": router.handle(event)}
    cf |= {"config": cf["config"] | {"eventType": "origin-response"}, "response": {"status": "200", "headers": {}}}
    handled: Any = router.handle({"Records": [{"cf": cf}]})
    return [entry["value"].partition(".")[0] for entry in handled["headers"].get("set-cookie", [])]


@pytest.mark.parametrize(("uri", "expected"), [("/shop/cart", ["app-version=stable"]), ("/blog/post", [])])
def test_a_version_cookie_of_a_path_is_set_below_it_though_all_pages_are_one_object(
    uri: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    assert set_cookies({"path": "/shop"}, uri=uri) == expected


@pytest.mark.parametrize(("version", "expected"), [("", ["app-version=stable"]), ("canary", [])])
def test_an_override_in_the_query_sets_no_cookie_though_no_query_reaches_a_bucket(
    version: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    query = f"qa={version}:0123456789abcdef" if version else ""
    assert set_cookies({}, uri="/", querystring=query) == expected


@pytest.mark.parametrize("origin", [BUCKET, Origin("stable", "v1.example.com")])
def test_a_viewer_does_not_say_what_was_asked_for(origin: Origin) -> None:
    request = route(origin, S3, headers={"X-Router-Uri": "/forged"})
    assert "x-router-uri" not in request["headers"]


def test_an_origin_that_is_not_private_is_written_as_ever() -> None:
    request = route(BUCKET, S3, uri="/")
    other = Origin("canary", "v2.example.com")
    event = origin_request(uri="/", querystring="a=1")
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    PrivateOrigins({"canary": S3}).write(cf, other, {})
    assert (cf["request"]["uri"], cf["request"]["querystring"]) == ("/", "a=1")
    assert "authorization" in request["headers"]
    assert "authorization" not in cf["request"]["headers"]


def test_a_body_that_cannot_be_read_leaves_the_request_as_it_was() -> None:
    body = {"action": "read-only", "encoding": "base64", "inputTruncated": False, "data": "!"}
    event = origin_request(method="POST", body=body)
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    with pytest.raises(ValueError, match="base64"):
        PrivateOrigins({"canary": LAMBDA}).write(cf, FUNCTION, {})
    assert cf == event["Records"][0]["cf"]


def test_a_bucket_that_responds_is_known_by_its_address() -> None:
    event = origin_request()
    event["Records"][0]["cf"]["request"] = route(BUCKET, S3) | {"origin": {"custom": {"domainName": ""}}}
    cf = origin_response(event)["Records"][0]["cf"]
    cf["request"]["origin"] = route(BUCKET, S3)["origin"]
    other = Origin("stable", BUCKET.domain_name, path="/v1")
    assert read_response(cf, by_address([other, BUCKET])).origin == "canary"


def test_a_former_build_in_the_same_bucket_is_asked_for_as_the_bucket_is() -> None:
    event = origin_request(uri="/assets/app.js")
    cf = copy.deepcopy(event)["Records"][0]["cf"]
    private = PrivateOrigins({"canary": S3}, NOW.timestamp, _CREDENTIALS)
    private.write(cf, Origin("canary", BUCKET.domain_name, path="/builds/41"), {})
    assert cf["request"]["origin"]["s3"]["path"] == "/builds/41"
    assert check_signature(arriving(cf["request"]), "s3", "eu-west-1", NOW) == ROUTER


@pytest.mark.parametrize(
    ("name", "expected"), [("canary", "/index.html"), ("stable", "/cart/7"), ("tenant", "/cart/7")]
)
def test_versions_in_one_bucket_have_their_own_pages_and_so_have_their_former_builds(name: str, expected: str) -> None:
    origins = {"canary": S3 | {"pages": "app"}, "stable": S3 | {"pages": "none"}}
    for path in ("/v2", "/builds/41"):
        cf = copy.deepcopy(origin_request(uri="/cart/7"))["Records"][0]["cf"]
        PrivateOrigins(origins, NOW.timestamp, _CREDENTIALS).write(cf, Origin(name, BUCKET.domain_name, path=path), {})
        assert (cf["request"]["origin"]["s3"]["path"], cf["request"]["uri"]) == (path, expected)
