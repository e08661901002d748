"""Lambda, IAM and CloudFront over HTTP on this machine, as far as a sweep goes: what is there, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore import xform_name

from tests.cli.http_fake import Answer, HttpFake

ACCOUNT = "123456789012"
USER = f"arn:aws:iam::{ACCOUNT}:user/sweeper"
PAGE_SIZE = 2
"""Small, so that every list has a second page."""
REPLICATED = (
    "Lambda was unable to delete {arn} because it is a replicated function. Please see our documentation for Deleting"
    " Lambda@Edge Functions and Replicas."
)


@dataclass
class Function:
    """A function with its published versions (number to time), and those that are still replicated."""

    name: str
    role: str
    tags: dict[str, str]
    versions: dict[int, str]
    changed: str = "2026-11-01T09:00:00.000+0000"
    handler: str = "router.handler.handler"
    replicated: set[int] = field(default_factory=set)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{self.name}"

    def configuration(self, version: str = "$LATEST", changed: str = "") -> dict[str, object]:
        return {
            "FunctionName": self.name,
            "FunctionArn": self.arn if version == "$LATEST" else f"{self.arn}:{version}",
            "Role": f"arn:aws:iam::{ACCOUNT}:role/{self.role}",
            "Handler": self.handler,
            "LastModified": changed or self.changed,
            "Version": version,
        }


@dataclass
class RefusalError(Exception):
    """What a service answers instead: AWS's code and words."""

    code: str
    message: str
    status: int = 400


def deny(action: str, resource: str) -> RefusalError:
    """In IAM's words."""
    text = f"User: {USER} is not authorized to perform: {action} on resource: {resource} because no identity-based"
    return RefusalError("AccessDeniedException", f"{text} policy allows the {action} action", 403)


class FakeAws(HttpFake):
    """An account. `distributions` are the versions' ARNs by distribution; `refusals` come first, by operation.

    `calls` are the operations in order, `deleted` the ARNs that went, in order.
    """

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.roles: dict[str, str] = {}
        self.distributions: dict[str, list[str]] = {}
        self.refusals: dict[str, list[RefusalError]] = {}
        self.calls: list[str] = []
        self.deleted: list[str] = []
        super().__init__()

    def add(self, *functions: Function) -> None:
        self.functions |= {function.name: function for function in functions}

    def release(self) -> None:
        """The replicas go, as they do some hours after the last association."""
        for function in self.functions.values():
            function.replicated.clear()

    def count_calls(self) -> Counter[str]:
        return Counter(self.calls)

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        operation, arguments = _operation(method, target, body)
        self.calls.append(operation)
        is_xml = operation in ("GetRole", "ListDistributions")
        said = {"Content-Type": "text/xml" if is_xml else "application/json"}
        try:
            if self.refusals.get(operation):
                raise self.refusals[operation].pop(0)
            status, text = getattr(self, f"_{xform_name(operation)}")(**arguments)
        except RefusalError as refusal:
            if is_xml:
                return refusal.status, said, _error_xml(refusal)
            return refusal.status, said | {"x-amzn-ErrorType": refusal.code}, _error_json(refusal)
        return status, said, text

    def _list_functions(self, start: int = 0) -> tuple[int, str]:
        listed = [function.configuration() for function in self.functions.values()]
        return 200, _page("Functions", listed, start)

    def _list_versions_by_function(self, name: str, start: int = 0) -> tuple[int, str]:
        function = self._find(name)
        versions = [function.configuration(str(number), changed) for number, changed in function.versions.items()]
        return 200, _page("Versions", [function.configuration(), *versions], start)

    def _list_tags(self, name: str) -> tuple[int, str]:
        return 200, json.dumps({"Tags": self._find(name).tags})

    def _tag_resource(self, name: str, tags: Mapping[str, str]) -> tuple[int, str]:
        self._find(name).tags.update(tags)
        return 204, ""

    def _delete_function(self, name: str, qualifier: str = "") -> tuple[int, str]:
        function = self._find(name)
        numbers = [int(qualifier)] if qualifier else list(function.versions)
        if qualifier and numbers[0] not in function.versions:
            raise _not_found(f"{function.arn}:{qualifier}")
        used = {arn for arns in self.distributions.values() for arn in arns}
        for number in numbers:
            arn = f"{function.arn}:{number}"
            if number in function.replicated or arn in used:
                raise RefusalError("InvalidParameterValueException", REPLICATED.format(arn=arn))
        self.deleted.append(f"{function.arn}:{qualifier}" if qualifier else function.arn)
        if qualifier:
            del function.versions[numbers[0]]
        else:
            del self.functions[name]
        return 204, ""

    def _get_role(self, name: str) -> tuple[int, str]:
        if name not in self.roles:
            raise RefusalError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
        role = (
            f"<Path>/</Path><RoleName>{name}</RoleName><RoleId>{self.roles[name]}</RoleId>"
            f"<Arn>arn:aws:iam::{ACCOUNT}:role/{name}</Arn><CreateDate>2026-11-01T09:00:00Z</CreateDate>"
        )
        return 200, (
            '<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>'
            f"{role}</Role></GetRoleResult></GetRoleResponse>"
        )

    def _list_distributions(self, start: int = 0) -> tuple[int, str]:
        listed = list(self.distributions.items())[start : start + PAGE_SIZE]
        is_more = len(self.distributions) > start + PAGE_SIZE
        marker = f"<NextMarker>{start + PAGE_SIZE}</NextMarker>" if is_more else ""
        items = "".join(_distribution(identity, arns) for identity, arns in listed)
        return 200, (
            '<DistributionList xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Marker></Marker>'
            f"{marker}<MaxItems>{PAGE_SIZE}</MaxItems><IsTruncated>{str(is_more).lower()}</IsTruncated>"
            f"<Quantity>{len(listed)}</Quantity>{f'<Items>{items}</Items>' if items else ''}</DistributionList>"
        )

    def _find(self, name: str) -> Function:
        if name not in self.functions:
            raise _not_found(f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}")
        return self.functions[name]


def _operation(method: str, target: str, body: str) -> tuple[str, dict[str, Any]]:
    """By the paths of the services' models in botocore."""
    parts = urlsplit(target)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    path = unquote(parts.path).strip("/").split("/")
    start = {"start": int(query["Marker"])} if "Marker" in query else {}
    if path == [""]:
        return "GetRole", {"name": parse_qs(body)["RoleName"][0]}
    if path[1] == "distribution":
        return "ListDistributions", start
    if path[1] == "tags":
        name = path[2].rpartition(":")[2]
        return ("ListTags", {"name": name}) if method == "GET" else ("TagResource", {"name": name, **_tags(body)})
    if method == "DELETE":
        qualifier = {"qualifier": query["Qualifier"]} if "Qualifier" in query else {}
        return "DeleteFunction", {"name": path[2], **qualifier}
    return (
        ("ListVersionsByFunction", {"name": path[2], **start}) if path[-1] == "versions" else ("ListFunctions", start)
    )


def _tags(body: str) -> dict[str, Any]:
    return {"tags": json.loads(body)["Tags"]}


def _page(key: str, listed: list[dict[str, object]], start: int) -> str:
    more = {"NextMarker": str(start + PAGE_SIZE)} if len(listed) > start + PAGE_SIZE else {}
    return json.dumps({key: listed[start : start + PAGE_SIZE], **more})


def _not_found(arn: str) -> RefusalError:
    return RefusalError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def _error_json(refusal: RefusalError) -> str:
    return json.dumps({"__type": refusal.code, "Type": "User", "Message": refusal.message, "message": refusal.message})


def _error_xml(refusal: RefusalError) -> str:
    return (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{refusal.code}</Code><Message>{refusal.message}</Message>"
        "</Error><RequestId>1</RequestId></ErrorResponse>"
    )


def _distribution(identity: str, arns: Iterable[str]) -> str:
    """The first version on the default behavior, the others on behaviors of their own."""
    default, *others = [_behavior("DefaultCacheBehavior", [arn]) for arn in arns] or [
        _behavior("DefaultCacheBehavior", [])
    ]
    more = "".join(other.replace("DefaultCacheBehavior", "CacheBehavior") for other in others)
    behaviors = f"<Quantity>{len(others)}</Quantity>{f'<Items>{more}</Items>' if more else ''}"
    return (
        f"<DistributionSummary><Id>{identity}</Id>{default}<CacheBehaviors>{behaviors}</CacheBehaviors>"
        "</DistributionSummary>"
    )


def _behavior(element: str, arns: list[str]) -> str:
    items = "".join(
        f"<LambdaFunctionAssociation><LambdaFunctionARN>{arn}</LambdaFunctionARN>"
        f"<EventType>{event}</EventType></LambdaFunctionAssociation>"
        for arn in arns
        for event in ("origin-request", "origin-response")
    )
    listed = f"<Quantity>{2 * len(arns)}</Quantity>{f'<Items>{items}</Items>' if items else ''}"
    return f"<{element}><LambdaFunctionAssociations>{listed}</LambdaFunctionAssociations></{element}>"
