"""Signatures, against AWS's published examples and botocore."""

import datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from router.dynamodb.sigv4 import Credentials, Signer

SUITE = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SUITE_HEADERS = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}


@pytest.mark.parametrize(
    ("name", "method", "headers", "query", "signature"),
    [
        ("get-vanilla", "GET", {}, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("post-vanilla", "POST", {}, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "get-vanilla-query-order-key-case",
            "GET",
            {},
            "Param1=value1&Param2=value2",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "post-header-key-sort",
            "POST",
            {"my-header1": "value1"},
            "",
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
        ),
    ],
)
def test_the_published_suite_is_reproduced(
    name: str, method: str, headers: dict[str, str], query: str, signature: str
) -> None:
    signed = Signer("service", "us-east-1").authorization(SUITE, method, "/", SUITE_HEADERS | headers, b"", query=query)
    names = ";".join(sorted(SUITE_HEADERS | headers))
    assert signed == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    ), name


@given(
    body=st.binary(max_size=200),
    token=st.sampled_from(["", "session-token"]),
    region=st.sampled_from(["us-east-1", "eu-west-1"]),
)
def test_botocore_signs_the_same(body: bytes, token: str, region: str) -> None:
    request = AWSRequest("POST", f"https://dynamodb.{region}.amazonaws.com/", data=body)
    request.headers["content-type"] = "application/x-amz-json-1.0"
    request.headers["x-amz-target"] = "DynamoDB_20120810.GetItem"
    SigV4Auth(BotocoreCredentials("AKID", "secret", token or None), "dynamodb", region).add_auth(request)
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": f"dynamodb.{region}.amazonaws.com",
        "x-amz-date": request.headers["X-Amz-Date"],
        "x-amz-target": "DynamoDB_20120810.GetItem",
    }
    if token:
        headers["x-amz-security-token"] = token
    signed = Signer("dynamodb", region).authorization(Credentials("AKID", "secret", token), "POST", "/", headers, body)
    assert signed == request.headers["Authorization"]


def test_the_key_of_a_new_day_and_of_new_credentials_is_used() -> None:
    signer = Signer("dynamodb", "us-east-1")

    def sign(secret: str, day: datetime.date) -> str:
        headers = {"host": "h", "x-amz-date": f"{day:%Y%m%d}T000000Z"}
        return signer.authorization(Credentials("A", secret), "POST", "/", headers, b"")

    first, second = datetime.date(2026, 11, 1), datetime.date(2026, 11, 2)
    answers = [sign("one", first), sign("one", second), sign("two", second), sign("one", first)]
    assert answers[0] == answers[3]
    assert len({answer.rpartition("=")[2] for answer in answers}) == 3
