"""Private origins refuse what AWS refuses: each way in which a signed request can be wrong."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from simulator.private_origins.server import PrivateOrigin, PrivateOrigins
from simulator.private_origins.signatures import CLOUDFRONT, ROUTER, SignatureError, Signed, check_signature
from simulator.private_origins.signatures import signature_headers as sign

NOW = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
LATER = NOW + datetime.timedelta(minutes=16)
HOST = "shop.s3.eu-west-1.amazonaws.com"
GET = Signed("GET", HOST, "/v1/a%20b.html?x=1", {})


def sign_request(
    signer: str = CLOUDFRONT, service: str = "s3", region: str = "eu-west-1", request: Signed = GET
) -> Signed:
    return replace(request, headers={**request.headers, **sign(request, service, region, signer, NOW)})


def change(**headers: str) -> Signed:
    given = sign_request(ROUTER)
    return replace(
        given, headers={**given.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
    )


@pytest.mark.parametrize("signer", [CLOUDFRONT, ROUTER])
@pytest.mark.parametrize("service", ["s3", "lambda"])
def test_a_right_signature_says_who_signed(signer: str, service: str) -> None:
    assert check_signature(sign_request(signer, service), service, "eu-west-1", NOW) == signer


@pytest.mark.parametrize(
    ("request_", "now", "code"),
    [
        (GET, NOW, "AccessDenied"),
        (change(authorization="Bearer x"), NOW, "AuthorizationHeaderMalformed"),
        (sign_request(region="us-east-1"), NOW, "AuthorizationHeaderMalformed"),
        (sign_request(service="lambda"), NOW, "AuthorizationHeaderMalformed"),
        (sign_request(), LATER, "RequestTimeTooSkewed"),
        (replace(sign_request(), target="/v2/a%20b.html?x=1"), NOW, "SignatureDoesNotMatch"),
        (replace(sign_request(), target="/v1/a%20b.html?x=2"), NOW, "SignatureDoesNotMatch"),
        (replace(sign_request(), method="PUT"), NOW, "SignatureDoesNotMatch"),
        (change(x_amz_acl="public-read"), NOW, "AccessDenied"),
        (change(x_amz_security_token="another"), NOW, "InvalidToken"),
        (change(authorization=sign_request().headers["authorization"]), NOW, "AccessDenied"),
    ],
)
def test_a_wrong_one_is_refused_with_the_services_code(request_: Signed, now: datetime.datetime, code: str) -> None:
    with pytest.raises(SignatureError) as raised:
        check_signature(request_, "s3", "eu-west-1", now)
    assert raised.value.code == code


@pytest.mark.long
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_bucket_gives_its_objects_to_those_whom_its_policy_names() -> None:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": CLOUDFRONT},
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::shop/v1/*"],
    }
    policy = json.dumps({"Statement": [statement]})
    objects = {"v1/index.html": b"<h1>1</h1>", "v2/index.html": b"<h1>2</h1>"}
    bucket = PrivateOrigin(HOST, "s3", "eu-west-1", policy, bucket="shop", objects=objects)
    async with PrivateOrigins([bucket], lambda: NOW) as private, httpx.AsyncClient(trust_env=False) as client:

        async def status(path: str, signer: str = "") -> tuple[int, bytes]:
            asked = Signed("GET", HOST, path, {})
            headers = sign(asked, "s3", "eu-west-1", signer, NOW) if signer else {"host": HOST}
            answer = await client.get(private.urls[HOST] + path, headers=headers)
            return answer.status_code, answer.content

        assert await status("/v1/index.html", CLOUDFRONT) == (200, b"<h1>1</h1>")
        refused = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
        for path, signer in (
            ("/v1/index.html", ROUTER),
            ("/v2/index.html", CLOUDFRONT),
            ("/v1/lost.html", CLOUDFRONT),
            ("/v1/index.html", ""),
        ):
            assert await status(path, signer) == (403, refused)
