"""Functions of Lambda and CloudFront over HTTP on this machine, with their code and the URL that Lambda names."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.cli.http_fake import Answer, HttpFake

ACCOUNT = "123456789012"
RUNTIMES = {"Runtime": "python3.13", "Handler": "router.handler.handler", "Architectures": ["x86_64"]}


@dataclass
class FakeCode(HttpFake):
    """`packages` are zips by `name:qualifier`, `codes` those of CloudFront Functions by `name stage`.

    `settings` are of every function of Lambda; `served` is what comes by the URL instead, with its status; `calls` are
    the paths that were asked for.
    """

    packages: dict[str, bytes] = field(default_factory=dict)
    codes: dict[str, bytes] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=lambda: dict(RUNTIMES))
    served: tuple[int, bytes] | None = None
    runtime: str = "cloudfront-js-2.0"
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        path = unquote(parts.path).strip("/").split("/")
        self.calls.append("/".join(path))
        if path[0] == "package":
            status, content = self.served or (200, self.packages[path[1]])
            return status, {}, content
        if path[0] == "2015-03-31":
            return self._function(f"{path[2]}:{query.get('Qualifier', '$LATEST')}")
        return self._viewer_function(path[2], query["Stage"], is_described=path[-1] == "describe")

    def _function(self, name: str) -> Answer:
        if name not in self.packages:
            text = {"Type": "User", "Message": f"Function not found: {name}"}
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, json.dumps(text)
        digest = b64encode(sha256(self.packages[name]).digest()).decode()
        configuration = {**self.settings, "CodeSha256": digest, "Version": name.partition(":")[2]}
        code = {"RepositoryType": "S3", "Location": f"{self.url}/package/{name}?X-Amz-Signature=secret"}
        return 200, {}, json.dumps({"Configuration": configuration, "Code": code})

    def _viewer_function(self, name: str, stage: str, *, is_described: bool) -> Answer:
        code = self.codes[f"{name} {stage}"]
        if not is_described:
            return 200, {"Content-Type": "application/octet-stream", "ETag": "E1"}, code
        config = f"<Comment>{escape('a & b')}</Comment><Runtime>{self.runtime}</Runtime>"
        arn = f"arn:aws:cloudfront::{ACCOUNT}:function/{name}"
        return (
            200,
            {"Content-Type": "text/xml", "ETag": "E1"},
            (
                f"<FunctionSummary><Name>{name}</Name><FunctionConfig>{config}</FunctionConfig><FunctionMetadata>"
                f"<FunctionARN>{arn}</FunctionARN><Stage>{stage}</Stage></FunctionMetadata></FunctionSummary>"
            ),
        )
