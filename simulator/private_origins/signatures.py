"""Signature Version 4 of requests to private origins, signed and checked by botocore, not by the router's own code.

Page "Create a signed AWS API request" (IAM User Guide).
"""

import datetime
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CLOUDFRONT = "cloudfront.amazonaws.com"
ROUTER = "router"
KEYS: Mapping[str, Any] = {
    CLOUDFRONT: Credentials("ASIACLOUDFRONTLOCAL0", "not-cloudfronts-secret"),
    # As simulator.lambda_edge.environment gives them to functions.
    ROUTER: Credentials("ASIAEDGEROUTERLOCAL0", "not-a-secret", "not-a-token"),
}
"""The identities that may sign here: CloudFront, by an origin access control, and the function's role."""
MOST_SECONDS_APART = 900
EMPTY = hashlib.sha256(b"").hexdigest()
UNSIGNED = "UNSIGNED-PAYLOAD"

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


class SignatureError(Exception):
    """A request that the service refuses with 403; `code` is the service's."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


@dataclass(frozen=True)
class Signed:
    """A request as it arrives: header names in lower case; `target` is the path with the query."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


def signature_headers(
    request: Signed, service: str, region: str, signer: str, now: datetime.datetime
) -> dict[str, str]:
    """The headers by which CloudFront's origin access control signs a request.

    The hash of a body is the viewer's own x-amz-content-sha256, for CloudFront reads no bodies ("Restrict access to an
    AWS Lambda function URL origin"); S3 takes an unsigned payload.
    """
    payload = UNSIGNED if service == "s3" else request.headers.get("x-amz-content-sha256", EMPTY)
    headers = {
        "host": request.host,
        "x-amz-content-sha256": payload,
        "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
    }
    if token := KEYS[signer].token:
        headers["x-amz-security-token"] = token
    names = sorted(headers)
    signature = _signature(request, headers, service, region, signer)
    scope = f"{headers['x-amz-date'][:8]}/{region}/{service}/aws4_request"
    return headers | {
        "authorization": f"AWS4-HMAC-SHA256 Credential={KEYS[signer].access_key}/{scope},"
        f" SignedHeaders={';'.join(names)}, Signature={signature}"
    }


def check_signature(request: Signed, service: str, region: str, now: datetime.datetime) -> str:
    """Return the identity that signed the request; SignatureError where the service would refuse it."""
    given = request.headers.get("authorization", "")
    if not given:
        raise SignatureError("AccessDenied", "the request is not signed")
    found = _AUTHORIZATION.fullmatch(given)
    if found is None:
        raise SignatureError("AuthorizationHeaderMalformed", "Authorization is not Signature Version 4")
    key, date, named_region, named_service, names, signature = found.groups()
    signer = next((name for name, one in KEYS.items() if one.access_key == key), None)
    if signer is None:
        raise SignatureError("InvalidAccessKeyId", f"there is no access key {key}")
    if (named_region, named_service) != (region, service):
        raise SignatureError("AuthorizationHeaderMalformed", f"signed for {named_service} in {named_region}")
    headers = {name: request.headers.get(name, "") for name in names.split(";")}
    # To S3 origins CloudFront sends X-Amz-Cf-Id otherwise than as a header to be signed.
    unsigned = {name for name in request.headers if name.startswith("x-amz-")} - headers.keys()
    unsigned -= {"x-amz-cf-id"} if service == "s3" or signer == CLOUDFRONT else set()
    if "host" not in headers or unsigned:
        raise SignatureError("AccessDenied", f"headers that must be signed are not: {', '.join(sorted(unsigned))}")
    _check_time(headers.get("x-amz-date", ""), date, now)
    if request.headers.get("x-amz-security-token", "") != (KEYS[signer].token or ""):
        raise SignatureError("InvalidToken", "the security token is not that of the access key")
    _check_payload(request, headers.get("x-amz-content-sha256", ""), service)
    if not hmac.compare_digest(signature, _signature(request, headers, service, region, signer)):
        raise SignatureError("SignatureDoesNotMatch", "the signature is not that of this request")
    return signer


def _check_time(given: str, date: str, now: datetime.datetime) -> None:
    try:
        signed_at = datetime.datetime.strptime(given, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError:
        raise SignatureError("AccessDenied", "x-amz-date is not a time") from None
    if given[:8] != date or abs((now - signed_at).total_seconds()) > MOST_SECONDS_APART:
        raise SignatureError("RequestTimeTooSkewed", "the request was signed at another time")


def _check_payload(request: Signed, payload: str, service: str) -> None:
    if payload == UNSIGNED and service == "s3":
        return
    if payload != hashlib.sha256(request.body).hexdigest():
        raise SignatureError("XAmzContentSHA256Mismatch", "x-amz-content-sha256 is not that of the body")


def _signature(request: Signed, headers: Mapping[str, str], service: str, region: str, signer: str) -> str:
    """S3 decodes the path and encodes it once; other services normalize it and encode what arrived once more."""
    path, _, query = request.target.partition("?")
    auth: Any = (S3SigV4Auth if service == "s3" else SigV4Auth)(KEYS[signer], service, region)
    encoded = quote(unquote_to_bytes(path), safe="/-_.~") if service == "s3" else path
    aws: Any = AWSRequest(request.method, f"https://{request.host}{path}")
    aws.context["timestamp"] = headers.get("x-amz-date", "")
    canonical = "\n".join(
        [
            request.method,
            auth._normalize_url_path(encoded),
            auth._canonical_query_string_url(urlsplit(f"?{query}")),
            *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
            "",
            ";".join(sorted(headers)),
            headers.get("x-amz-content-sha256", ""),
        ]
    )
    return str(auth.signature(auth.string_to_sign(aws, canonical), aws))
