"""Origins that answer to signed requests only: private S3 buckets, and function URLs with IAM authentication.

CloudFront signs by an origin access control where the origin stays the distribution's, with another path at most: "OAC
doesn't support origin redirect by using Lambda@Edge" ("Restrict access to an Amazon S3 origin"), and authMethod
"doesn't support OAC" ("Lambda@Edge event structure"). Else requests are signed here, by the function's own role, as in
"Serving SSE-KMS encrypted content from S3 using CloudFront" (AWS Networking & Content Delivery Blog).
"""

from __future__ import annotations

import os
import time

from router import event as events
from router.dynamodb.sigv4 import Credentials, Signer
from router.model.digest import sha256
from router.model.request import Body
from strategies.base import MEMO_HEADER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from router.model.decision import Origin
    from router.model.request import Request

URI_HEADER = "x-router-uri"
"""Brings path and query, as they were asked for, to origin-response, where the request is the one that a bucket got."""
MAX_HEADER_CHARACTERS = 2_000
"""S3 takes 8 KB of headers in all ("PutObject": system-defined metadata)."""
MAX_KEY_CHARACTERS = 1_024
"""No object has a longer key ("Naming Amazon S3 objects")."""
MAX_URL_CHARACTERS = 8_191
"""Of path and query together ("Restrictions on edge functions": URI and query string)."""
READING = ("GET", "HEAD")
INDEX = "index.html"
_TIME = "%Y%m%dT%H%M%SZ"


class PrivateOrigins:
    """Writes the origin of a request, in the place of `router.event.write_origin`.

    `origins` has them by name: `host`, `service` (s3 or lambda), `region`, `pages` (index, app or none) and `signs`,
    whether the router signs. A former build is below another path of one of them; a tenant may be at the host of one.
    """

    def __init__(
        self,
        origins: Mapping[str, Mapping[str, Any]],
        clock: Callable[[], float] = time.time,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._by_name = {(name, one["host"]): one for name, one in origins.items()}
        self._by_host = {one["host"]: one for one in origins.values()}
        self._clock = clock
        self._environment = environment
        self._signers = {
            (one["service"], one["region"]): Signer(one["service"], one["region"]) for one in origins.values()
        }

    def write(self, cf: events.Cf, origin: Origin, own_headers: Mapping[str, str] | None = None) -> None:
        """Send the request to this origin, signed if need be; all is written or nothing."""
        named = origin.name, origin.domain_name
        private = self._by_name.get(named) or self._by_host.get(origin.domain_name)
        headers = {**(own_headers or {}), URI_HEADER: ""}
        if private is None:
            events.write_origin(cf, origin, headers)
            return
        draft = {**cf, "request": {**cf["request"]}}
        request = draft["request"]
        if private["service"] == "s3" and MEMO_HEADER in headers:  # a response may set a cookie
            headers[URI_HEADER] = _original_uri(request)
        events.write_origin(draft, origin, headers)
        # AWS refuses headers of this kind that are not signed, and obeys those that are.
        request["headers"] = {
            name: entries for name, entries in request["headers"].items() if not name.startswith("x-amz-")
        }
        body = b""
        if private["service"] == "s3":
            _ask_bucket(request, private)
        else:
            body = _ask_function(request)
        if private["signs"]:
            self._sign(request, origin, private, body, events.request_id(cf))
        cf["request"].update(request)

    def read(self, cf: events.Cf, region: str) -> Request:
        """Return the request of an origin-response event as it was asked for."""
        request = cf["request"]
        asked = request["headers"].get(URI_HEADER)
        if asked:
            path, _, query = asked[0]["value"].partition("?")
            request = {**request, "uri": path, "querystring": query}
        return events.read_request({**cf, "request": request}, region)

    def _sign(
        self, request: dict[str, Any], origin: Origin, private: Mapping[str, Any], body: bytes, request_id: str
    ) -> None:
        """Sign Host and what AWS needs; CloudFront changes other headers on the way to the origin.

        To a custom origin it sends X-Amz-Cf-Id, the request's ID, which no function can write and which, as all of
        X-Amz-…, has to be signed.
        """
        given = self._environment.get
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        credentials = Credentials(*(given(key, "") for key in keys))
        headers = {
            "host": origin.domain_name,
            "x-amz-content-sha256": sha256(body).hexdigest(),
            "x-amz-date": time.strftime(_TIME, time.gmtime(self._clock())),
        }
        if credentials.session_token:
            headers["x-amz-security-token"] = credentials.session_token
        added = {"x-amz-cf-id": request_id} if private["service"] == "lambda" else {}
        path, query = origin.path + request["uri"], _canonical_query(request["querystring"])
        if len(request["uri"]) + len(query) < MAX_URL_CHARACTERS:
            request["querystring"] = (
                query  # spelled as it is signed, so that nothing is left to be understood otherwise
            )
        authorization = self._signers[private["service"], private["region"]].authorization(
            credentials,
            request["method"],
            _canonical_path(path, is_s3=private["service"] == "s3"),
            headers | added,
            body,
            query="&".join(sorted(query.split("&"), key=lambda pair: pair.partition("=")[::2])),
        )
        for name, value in {**headers, "authorization": authorization}.items():
            request["headers"][name] = [{"key": name, "value": value}]


def _ask_bucket(request: dict[str, Any], private: Mapping[str, Any]) -> None:
    """Make the origin an S3 one, and the path the key of an object.

    S3 knows neither index documents nor a page for the paths of an application ("Website endpoints" do), and custom
    error responses would fetch one page for both versions ("Generate custom error responses"). Without a query string,
    by which S3 responds to signed requests with other headers, or something else than the object ("GetObject").
    """
    custom = request["origin"]["custom"]
    kept = {name: custom[name] for name in ("customHeaders", "domainName", "path", "readTimeout")}
    request["origin"] = {"s3": {**kept, "authMethod": "none", "region": private["region"]}}
    request["querystring"] = ""
    path, pages = request["uri"], private["pages"]
    last = path.rpartition("/")[2]
    if request["method"] in READING and pages == "app" and "." not in last:
        request["uri"] = f"/{INDEX}"
    elif request["method"] in READING and pages != "none" and not last and len(path) < MAX_KEY_CHARACTERS:
        request["uri"] = path + INDEX


def _original_uri(request: Mapping[str, Any]) -> str:
    """Path and query of a request; without the query, or without both, where they are too long for a header."""
    path, query = request["uri"], request["querystring"]
    asked = f"{path}?{query}" if query else path
    if len(asked) > MAX_HEADER_CHARACTERS:
        asked = path if len(path) <= MAX_HEADER_CHARACTERS else ""
    return asked if asked.isascii() and asked.isprintable() else ""


def _ask_function(request: dict[str, Any]) -> bytes:
    """Return the body, and name its hash, which Lambda wants of every body.

    Page "Restrict access to an AWS Lambda function URL origin": Lambda doesn't support unsigned payloads. Of a body
    beyond 1 MB a function at the edge sees a part only: its hash is another one, and Lambda responds with 403.
    """
    given: dict[str, str] = request.get("body") or {}
    body = Body(given.get("data", ""), given.get("encoding", "base64")).content()
    request["headers"]["x-amz-content-sha256"] = [{"key": "x-amz-content-sha256", "value": sha256(body).hexdigest()}]
    return body


def _canonical_query(query: str) -> str:
    """The parameters in their order, each encoded as its signature has it ("Create a signed AWS API request")."""
    from urllib.parse import quote, unquote_to_bytes

    def encode(text: str) -> str:
        return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")

    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(f"{encode(name)}={encode(value)}" for name, _, value in pairs)


def _canonical_path(path: str, *, is_s3: bool) -> str:
    """The path as its signature has it ("Create a signed AWS API request").

    S3: decoded and encoded once. Others: normalized, and what was sent encoded once more.
    """
    from urllib.parse import quote, unquote_to_bytes

    if is_s3:
        return quote(unquote_to_bytes(path), safe="/-_.~")
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return quote("/" + "/".join(segments) + ("/" if segments and path.endswith("/") else ""), safe="/-_.~")
