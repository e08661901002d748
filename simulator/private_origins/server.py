"""One server for all private origins of a stack: checks who asks, then has moto's S3 or the application respond."""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Self, cast

import httpx

from simulator.loopback import LoopbackServer, Request, Response
from simulator.private_origins.signatures import CLOUDFRONT, SignatureError, Signed, check_signature

FORWARDED = ("range", "if-none-match", "if-modified-since")
S3_URL = "http://s3.amazonaws.com"
OWNER = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=owner/20260101/us-east-1/s3/aws4_request, SignedHeaders=host,"
    " Signature=0"
}
"""moto's S3 checks no signature, and gives the owner of a private bucket everything: who may ask was checked before."""
KEPT = ("content-type", "etag", "last-modified", "cache-control", "content-range", "accept-ranges")


@dataclass(frozen=True)
class PrivateOrigin:
    """A bucket, or a function URL behind which `url` is; `policy` is the JSON of who may ask it."""

    domain_name: str
    service: str
    region: str
    policy: str
    bucket: str = ""
    url: str = ""
    objects: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


class PrivateOrigins:
    """Serves them: `async with PrivateOrigins(origins) as private`, and `private.urls` says where each is."""

    def __init__(
        self,
        origins: Sequence[PrivateOrigin],
        clock: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.UTC),
    ) -> None:
        self._origins = {one.domain_name: one for one in origins}
        self._clock = clock
        self._server = LoopbackServer(self._answer)
        self._client = httpx.AsyncClient(trust_env=False, timeout=30)
        self._s3: Any = None
        self.refused: list[str] = []

    async def __aenter__(self) -> Self:
        await self._server.listen()
        for one in self._origins.values():
            if one.bucket:
                self._store(one)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()
        await self._client.aclose()

    @property
    def urls(self) -> dict[str, str]:
        """The URL of each origin, by its domain name."""
        return dict.fromkeys(self._origins, f"http://{self._server.address}")

    def _store(self, origin: PrivateOrigin) -> None:
        if self._s3 is None:
            from moto.moto_server.werkzeug_app import create_backend_app  # here, for most stacks have no bucket
            from werkzeug.test import Client

            self._s3 = Client(create_backend_app("s3"), use_cookies=False)
        self._s3.put(f"/{origin.bucket}", base_url=S3_URL, headers=OWNER)
        for key, body in origin.objects.items():
            kind = {"html": "text/html", "js": "text/javascript"}.get(key.rpartition(".")[2], "binary/octet-stream")
            url = f"/{origin.bucket}/{key}"
            self._s3.put(url, base_url=S3_URL, headers=OWNER, data=body, content_type=kind)

    async def _answer(self, request: Request) -> Response:
        """Refuse with 403 what AWS refuses, else respond."""
        origin = self._origins.get(request.headers.get("host", ""))
        if origin is None:
            return _refuse("NoSuchBucket", 404)
        signed = Signed(request.method, origin.domain_name, request.path, request.headers, request.body)
        try:
            signer = check_signature(signed, origin.service, origin.region, self._clock())
            if not _is_allowed(origin, signer, request.path.partition("?")[0]):
                raise SignatureError("AccessDenied", f"no policy lets {signer} ask for {request.path}")
        except SignatureError as error:
            self.refused.append(str(error))
            return _refuse(error.code, 403)
        return self._object(origin, request) if origin.bucket else await self._invoke(origin, request)

    def _object(self, origin: PrivateOrigin, request: Request) -> Response:
        """Return the object. A missing one is a 403 for those who may not list the bucket ("GetObject")."""
        if request.method not in ("GET", "HEAD"):
            return _refuse("MethodNotAllowed", 405)
        headers = OWNER | {name: request.headers[name] for name in FORWARDED if name in request.headers}
        answer = self._s3.get(f"/{origin.bucket}{request.path}", base_url=S3_URL, headers=headers)
        if answer.status_code == 404:
            return _refuse("AccessDenied", 403)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() in KEPT]
        return Response(answer.status_code, b"" if request.method == "HEAD" else answer.get_data(), kept)

    async def _invoke(self, origin: PrivateOrigin, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        url, body = origin.url + request.path, request.body
        answer = await self._client.request(request.method, url, headers=headers, content=body)
        dropped = ("content-length", "content-encoding", "transfer-encoding", "connection")
        kept = [(name, value) for name, value in answer.headers.multi_items() if name not in dropped]
        return Response(answer.status_code, answer.content, kept)


def _refuse(code: str, status: int) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'.encode()
    return Response(status, body, [("Content-Type", "application/xml")])


def _is_allowed(origin: PrivateOrigin, signer: str, path: str) -> bool:
    """Return True where a statement of the policy lets the signer ask for the path. Conditions are not evaluated."""
    statements = cast("list[dict[str, Any]]", json.loads(origin.policy)["Statement"])
    asked = f"arn:aws:s3:::{origin.bucket}{path}" if origin.bucket else ""
    key = "Service" if signer == CLOUDFRONT else "AWS"
    return any(
        one["Effect"] == "Allow"
        and isinstance(one["Principal"], dict)
        and key in one["Principal"]
        and (not asked or any(fnmatchcase(asked, resource) for resource in one["Resource"]))
        for one in statements
    )
