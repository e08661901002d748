"""The key-value store: what is written, when, and how it is signed."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ClientError

from controller.sources.key_values import CloudFrontKeyValues, is_current, store_text, store_value
from router.control.live import Live
from router.model.assignment import release_tag

ARN = "arn:aws:cloudfront::123456789012:key-value-store/a1b2"
LIVE = Live(12.5, "none", "2026-11 \u2603", percent_from="rollout", revision="rollout:3")


def test_the_value_is_what_the_viewer_request_function_reads() -> None:
    value = {"percent": "12.5", "pin": "none", "release": "2026-11 \u2603", "tag": release_tag("2026-11 \u2603")}
    assert store_value(LIVE) == json.loads(store_text(LIVE)) == value
    withdrawn = Live(0, "none", "2026-11 \u2603", is_withdrawn=True)
    assert store_value(withdrawn) == value | {"percent": "0", "withdrawn": True}


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"12.5"', "{}"])
def test_anything_else_in_the_store_is_not_the_same(text: str | None) -> None:
    assert not is_current(text, LIVE)


def test_the_order_of_members_does_not_count() -> None:
    assert is_current(json.dumps(dict(reversed(store_value(LIVE).items())), indent=1), LIVE)


@dataclass
class Store:
    """The data plane over HTTP as its API reference has it, in the place of the network."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    etag: int = 1
    requests: list[AWSPreparedRequest] = field(default_factory=list[AWSPreparedRequest])
    meanwhile: Any = lambda: None

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.requests.append(request)
        url = urlsplit(request.url)
        assert url.netloc == "123456789012.cloudfront-kvs.global.api.aws"
        prefix = f"/key-value-stores/{ARN}"
        path = unquote(url.path)
        assert path.startswith(prefix)
        if path == prefix:
            counts = {"ItemCount": len(self.values), "TotalSizeInBytes": 1, "KvsARN": ARN, "Created": 1_800_000_000}
            return self._response(request, 200, counts)
        return self._of_key(request, path.removeprefix(f"{prefix}/keys/"))

    def _of_key(self, request: AWSPreparedRequest, key: str) -> AWSResponse:
        if request.method == "GET":
            self.meanwhile()
            if key not in self.values:
                return self._response(request, 404, {"Message": "no such key"}, "ResourceNotFoundException")
            return self._response(
                request, 200, {"Key": key, "Value": self.values[key], "ItemCount": 1, "TotalSizeInBytes": 1}
            )
        if request.headers["If-Match"] != self.etag_text.encode():
            return self._response(request, 409, {"Message": "another ETag"}, "ConflictException")
        self.values[key] = json.loads(request.body)["Value"]
        self.etag += 1
        return self._response(request, 200, {"ItemCount": 1, "TotalSizeInBytes": 1})

    @property
    def etag_text(self) -> str:
        return f"E{self.etag}"

    def _response(
        self, request: AWSPreparedRequest, status: int, document: dict[str, Any], error: str = ""
    ) -> AWSResponse:
        headers = {"ETag": self.etag_text, "content-type": "application/json"}
        if error:
            headers["x-amzn-errortype"] = error
        raw = Raw(json.dumps(document).encode())
        return AWSResponse(request.url, status, headers, raw)


class Raw(io.BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_: object) -> Any:
        yield self.getvalue()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def key_values(store: Store) -> CloudFrontKeyValues:
    pytest.importorskip("awscrt", reason="awscrt is missing, which signs with SigV4A (botocore[crt])")
    session = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret")
    client = session.client("cloudfront-keyvaluestore", "us-east-1")
    client.meta.events.register("before-send.cloudfront-keyvaluestore", store.answer)
    return CloudFrontKeyValues(client, ARN)


def test_a_store_without_the_key_gets_it(store: Store, key_values: CloudFrontKeyValues) -> None:
    assert key_values.sync(lambda: LIVE)
    assert store.values == {"canary": store_text(LIVE)}


def test_a_store_that_says_it_already_is_not_written(store: Store, key_values: CloudFrontKeyValues) -> None:
    store.values["canary"] = json.dumps(store_value(LIVE), indent=2)
    assert not key_values.sync(lambda: LIVE)
    assert [request.method for request in store.requests] == ["GET", "GET"]


def test_a_store_that_says_something_else_is_written(store: Store, key_values: CloudFrontKeyValues) -> None:
    store.values = {"canary": "{}", "tier:basic": "{}"}
    assert key_values.sync(lambda: LIVE)
    assert store.values == {"canary": store_text(LIVE), "tier:basic": "{}"}


def test_a_write_that_came_in_between_is_not_overwritten(store: Store, key_values: CloudFrontKeyValues) -> None:
    def interfere() -> None:
        store.etag += 1
        store.values["canary"] = "somebody else's"

    store.meanwhile = interfere
    with pytest.raises(ClientError, match="ConflictException"):
        key_values.sync(lambda: LIVE)
    assert store.values == {"canary": "somebody else's"}


def test_a_store_that_refuses_is_not_taken_for_an_empty_one(store: Store, key_values: CloudFrontKeyValues) -> None:
    def refuse(request: AWSPreparedRequest, key: str) -> AWSResponse:
        return store._response(request, 403, {"Message": "not yours"}, "AccessDeniedException")

    store._of_key = refuse
    with pytest.raises(ClientError, match="not yours"):
        key_values.sync(lambda: LIVE)


def test_every_request_is_signed_for_all_regions(store: Store, key_values: CloudFrontKeyValues) -> None:
    key_values.sync(lambda: LIVE)
    assert len(store.requests) == 3
    for request in store.requests:
        assert request.headers["Authorization"].startswith(b"AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/")
        assert request.headers["X-Amz-Region-Set"] == b"*"
