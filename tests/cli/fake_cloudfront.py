"""One distribution over HTTP on this machine: its config as it was put, its tags, and the invalidations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from tests.cli.http_fake import Answer, HttpFake

ACCOUNT = "123456789012"
ID = "E1EXAMPLE"
ARN = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{ID}"
NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
USER = f"arn:aws:iam::{ACCOUNT}:user/releaser"


class FakeCloudFront(HttpFake):
    """moto drops a distribution's associations and has no ETag check, so this has: `config` is the XML that was put.

    `invalidations` are the paths of each, `refusals` (code, message) come first, by operation; `calls` are in order.
    """

    def __init__(self) -> None:
        self.config = ""
        self.etag = 1
        self.tags: dict[str, str] = {}
        self.invalidations: list[list[str]] = []
        self.calls: list[str] = []
        self.refusals: dict[str, list[tuple[str, str]]] = {}
        super().__init__()

    @property
    def versions(self) -> list[str]:
        """The ARNs that are associated."""
        return re.findall(r"<LambdaFunctionARN>([^<]+)<", self.config)

    def associate(self, *arns: str) -> None:
        """The first on the default behavior, at both origin triggers; the others each on a behavior of its own."""
        first, *others = [_behavior("DefaultCacheBehavior", arn) for arn in arns]
        listed = "".join(_on_a_path(other) for other in others)
        items = f"<Items>{listed}</Items>" if listed else ""
        self.config = (
            f'<DistributionConfig xmlns="{NAMESPACE}"><CallerReference>1</CallerReference>'
            "<Origins><Quantity>1</Quantity><Items><Origin><Id>stable</Id><DomainName>v1.example.com</DomainName>"
            f"</Origin></Items></Origins>{first}<CacheBehaviors><Quantity>{len(others)}</Quantity>{items}"
            "</CacheBehaviors><Comment>by hand &amp; kept</Comment><Enabled>true</Enabled></DistributionConfig>"
        )
        self.etag += 1

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        status, text = self._answer(_operation(method, target), body, headers.get("if-match", ""))
        return status, {"Content-Type": "text/xml", "ETag": str(self.etag)}, text

    def _answer(self, operation: str, body: str, if_match: str) -> tuple[int, str]:
        """(status, body)."""
        self.calls.append(operation)
        if self.refusals.get(operation):
            return 403, _error(*self.refusals[operation].pop(0))
        if operation == "UpdateDistribution" and if_match != str(self.etag):
            return 412, _error("PreconditionFailed", "The precondition in one or more of the fields is false.")
        return getattr(self, f"_answer_{_snake(operation)}")(body)

    def _answer_get_distribution(self, _body: str) -> tuple[int, str]:
        return 200, (
            f"<Distribution><Id>{ID}</Id><ARN>{ARN}</ARN><Status>Deployed</Status>{self.config}</Distribution>"
        )

    def _answer_get_distribution_config(self, _body: str) -> tuple[int, str]:
        return 200, self.config

    def _answer_update_distribution(self, body: str) -> tuple[int, str]:
        self.config = body.partition("?>")[2] or body
        self.etag += 1
        return self._answer_get_distribution(body)

    def _answer_create_invalidation(self, body: str) -> tuple[int, str]:
        self.invalidations.append(re.findall(r"<Path>([^<]+)</Path>", body))
        return 201, self._invalidation(len(self.invalidations))

    def _answer_get_invalidation(self, _body: str) -> tuple[int, str]:
        return 200, self._invalidation(len(self.invalidations))

    def _invalidation(self, number: int) -> str:
        return f"<Invalidation><Id>I{number}</Id><Status>Completed</Status></Invalidation>"

    def _answer_list_tags_for_resource(self, _body: str) -> tuple[int, str]:
        pairs = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in self.tags.items())
        return 200, f"<Tags><Items>{pairs}</Items></Tags>"

    def _answer_tag_resource(self, body: str) -> tuple[int, str]:
        self.tags.update(re.findall(r"<Key>([^<]*)</Key><Value>([^<]*)</Value>", body))
        return 204, ""


def deny(action: str) -> tuple[str, str]:
    """In IAM's words."""
    text = f"User: {USER} is not authorized to perform: {action} on resource: {ARN}"
    return "AccessDenied", f"{text} because no identity-based policy allows the {action} action"


def _operation(method: str, target: str) -> str:
    parts = urlsplit(target)
    path: Sequence[str] = parts.path.strip("/").split("/")[1:]
    if path[0] == "key-value-store":
        return "DescribeKeyValueStore"
    if path == ["tagging"]:
        return "TagResource" if parse_qs(parts.query).get("Operation") == ["Tag"] else "ListTagsForResource"
    if "invalidation" in path:
        return "CreateInvalidation" if method == "POST" else "GetInvalidation"
    if path[-1] == "config":
        return "UpdateDistribution" if method == "PUT" else "GetDistributionConfig"
    return "GetDistribution"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _error(code: str, message: str) -> str:
    return (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    )


def _on_a_path(behavior: str) -> str:
    named = behavior.replace("DefaultCacheBehavior", "CacheBehavior")
    return named.replace("<TargetOriginId>", "<PathPattern>/api/*</PathPattern><TargetOriginId>")


def _behavior(element: str, arn: str) -> str:
    items = "".join(
        f"<LambdaFunctionAssociation><LambdaFunctionARN>{arn}</LambdaFunctionARN><EventType>{event}</EventType>"
        "<IncludeBody>false</IncludeBody></LambdaFunctionAssociation>"
        for event in ("origin-request", "origin-response")
    )
    return (
        f"<{element}><TargetOriginId>stable</TargetOriginId>"
        "<ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy><LambdaFunctionAssociations>"
        f"<Quantity>2</Quantity><Items>{items}</Items></LambdaFunctionAssociations></{element}>"
    )
