"""aws:iam: Role, RolePolicy and InstanceProfile."""

import json
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    BASE32,
    CREATED_AT,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    draw,
    in_account,
    words,
)
from simulator.standin.model.rules import between, child, matching

ROLE_TYPE = "aws:iam/role:Role"
PROFILE_TYPE = "aws:iam/instanceProfile:InstanceProfile"
_TRUST_LIMIT = 2048
_INLINE_LIMIT = 10_240


def statements(policy: object) -> list[dict[str, object]]:
    """The statements of a policy document, JSON text or object; empty when it is not known or not readable."""
    document = _document(policy)
    listed = document.get("Statement", []) if isinstance(document, dict) else []
    return [entry for entry in (listed if isinstance(listed, list) else [listed]) if isinstance(entry, dict)]


def _document(policy: object) -> object:
    try:
        return json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        return None


def _text(policy: object) -> str:
    return policy if isinstance(policy, str) else json.dumps(policy)


def _policy_failures(inputs: Properties, key: str, limit: int, required: tuple[str, ...]) -> Iterator[Failure]:
    policy = inputs.get(key)
    if not isinstance(policy, (str, dict)):
        return
    document = _document(policy)
    if not isinstance(document, dict) or not statements(policy):
        yield Failure(key, "is not a JSON policy document with at least one statement (MalformedPolicyDocument)")
        return
    if document.get("Version") not in ("2012-10-17", "2008-10-17"):
        yield Failure(f"{key}.Version", "must be 2012-10-17 or 2008-10-17")
    for index, entry in enumerate(statements(policy)):
        for name in required:
            if name not in entry and f"Not{name}" not in entry:
                yield Failure(f"{key}.Statement[{index}]", f"has no {name} (MalformedPolicyDocument)")
        if entry.get("Effect") not in ("Allow", "Deny"):
            yield Failure(f"{key}.Statement[{index}].Effect", "must be Allow or Deny")
    # IAM counts without white space ("IAM and AWS STS quotas").
    if len("".join(_text(policy).split())) > limit:
        yield Failure(key, f"is longer than {limit} characters without white space (LimitExceeded)")


def _check_role(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    yield from _policy_failures(inputs, "assumeRolePolicy", _TRUST_LIMIT, ("Effect", "Principal", "Action"))


def _check_role_policy(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _policy_failures(inputs, "policy", _INLINE_LIMIT, ("Effect", "Action", "Resource"))
    yield from _check_profile(inputs, scope)


def _check_profile(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from scope.missing("role", inputs.get("role"), ROLE_TYPE, "role", by="name", error="NoSuchEntity")


def trusted_services(role: Properties) -> set[str]:
    """The service principals that may assume the role."""
    services: set[str] = set()
    for entry in statements(role.get("assumeRolePolicy")):
        named = child(entry, "Principal").get("Service", [])
        if entry.get("Effect") == "Allow":
            services |= {str(name) for name in (named if isinstance(named, list) else [named])}
    return services


def check_assumable(inputs: Properties, key: str, service: str, scope: Scope) -> Iterator[Failure]:
    """A failure where the ARN at `key` is not a role that the service may assume."""
    arn = inputs.get(key)
    role = scope.find(ROLE_TYPE, arn=arn) if isinstance(arn, str) else None
    if isinstance(arn, str) and (
        role is None or f"{service.lower()}.amazonaws.com" not in trusted_services(role.outputs)
    ):
        yield Failure(key, f"is {arn!r}: there is no such role in this deployment that {service} may assume")


def _compute_role(creation: Creation) -> dict[str, object]:
    path = str(creation.inputs.get("path", "/"))
    return {
        "arn": creation.scope.arn("iam", f"role{path}{creation.id}", ""),
        "assumeRolePolicy": _text(creation.inputs.get("assumeRolePolicy")),
        "uniqueId": "AROA" + draw(BASE32, 17, creation.urn, creation.id),
    }


ROLE = ResourceModel(
    type=ROLE_TYPE,
    modelled=words(
        "assumeRolePolicy description forceDetachPolicies managedPolicyArns maxSessionDuration name path"
        " permissionsBoundary tags"
    ),
    compute=_compute_role,
    replaces=words("name path"),
    computed=words("arn uniqueId"),
    defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
    unordered=words("managedPolicyArns"),
    rules={
        "name": matching(r"[\w+=,.@-]{1,64}", "1 to 64 letters, digits or any of +=,.@_-"),
        "path": matching(r"/|/[!-~]{1,510}/", "a path that begins and ends with '/'"),
        "maxSessionDuration": between(3600, 43_200),
    },
    check=_check_role,
    named=64,
    unique=in_account("EntityAlreadyExists"),
)

ROLE_POLICY = ResourceModel(
    type="aws:iam/rolePolicy:RolePolicy",
    modelled=words("name policy role"),
    identify=lambda creation: f"{creation.inputs['role']}:{creation.inputs['name']}",
    compute=lambda creation: {"policy": _text(creation.inputs["policy"])},
    replaces=words("name role"),
    rules={"name": matching(r"[\w+=,.@-]{1,128}", "1 to 128 letters, digits or any of +=,.@_-")},
    check=_check_role_policy,
    named=128,
)


INSTANCE_PROFILE = ResourceModel(
    type=PROFILE_TYPE,
    modelled=words("name role tags"),
    arn="iam:instance-profile/{id}",
    compute=lambda creation: {
        "createDate": CREATED_AT,
        "path": "/",
        "uniqueId": "AIPA" + draw(BASE32, 17, creation.urn),
    },
    replaces=words("name"),
    computed=words("createDate path uniqueId"),
    rules={"name": matching(r"[\w+=,.@-]{1,128}", "1 to 128 letters, digits or any of +=,.@_-")},
    check=_check_profile,
    named=128,
    unique=in_account("EntityAlreadyExists"),
)

MODELS = (ROLE, ROLE_POLICY, INSTANCE_PROFILE)
