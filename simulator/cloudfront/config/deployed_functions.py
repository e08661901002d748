"""CloudFront Functions and key value stores as a state holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi_state.resources import FUNCTION, Resource, living_resources
from pulumi_state.values import StateError
from simulator.cloudfront_functions import FunctionCodeError, KeyValueError, KeyValueStore, check_code

STORE_TYPE = "aws:cloudfront/keyValueStore:KeyValueStore"
KEYS_TYPE = "aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive"
KEY_TYPE = "aws:cloudfront/keyvaluestoreKey:KeyvaluestoreKey"
RUNTIME = "cloudfront-js-2.0"


@dataclass(frozen=True)
class DeployedFunction:
    """A published function; `store_arn` names its key value store, of which it can have one."""

    arn: str
    name: str
    code: str
    store_arn: str | None = None


def deployed_functions(state: dict[str, Any], arns: set[str], where: str) -> dict[str, DeployedFunction]:
    """The functions with these ARNs. Raises StateError where one is missing, not published or not runnable."""
    found = {str(item.properties.get("arn")): item for item in living_resources(state, FUNCTION)} if arns else {}
    for arn in sorted(arns - found.keys()):
        raise StateError(f"{where}: the CloudFront Function {arn} is not in the state")
    stores = {str(item.properties.get("arn")) for item in living_resources(state, STORE_TYPE)}
    return {arn: _function(found[arn], stores) for arn in sorted(arns)}


def key_values(state: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The content of every key value store of the state, by the store's ARN.

    Raises StateError for a pair that the service would refuse, or one of a store that is not in the state.
    """
    pairs: dict[str, dict[str, str]] = {str(item.require("arn")): {} for item in living_resources(state, STORE_TYPE)}
    for resource in living_resources(state, KEYS_TYPE):
        listed = resource.properties.get("resourceKeyValuePairs") or []
        _owner(resource, pairs).update((str(pair["key"]), str(pair["value"])) for pair in listed)
    for resource in living_resources(state, KEY_TYPE):
        _owner(resource, pairs)[str(resource.require("key"))] = str(resource.require("value"))
    for arn, content in pairs.items():
        try:
            KeyValueStore(arn, content)
        except KeyValueError as error:
            raise StateError(f"the key value store {arn}: {error}") from error
    return pairs


def _owner(resource: Resource, pairs: dict[str, dict[str, str]]) -> dict[str, str]:
    arn = str(resource.require("keyValueStoreArn"))
    if arn not in pairs:
        raise StateError(f"{resource.label}: the key value store {arn} is not in the state")
    return pairs[arn]


def _function(resource: Resource, stores: set[str]) -> DeployedFunction:
    properties = resource.properties
    if properties.get("runtime") != RUNTIME:
        raise StateError(f"{resource.label}: the runtime {properties.get('runtime')} is not simulated, only {RUNTIME}")
    if properties.get("publish") is False and not properties.get("liveStageEtag"):
        raise StateError(f"{resource.label} is not published, so CloudFront would not associate it")
    associated = [str(arn) for arn in properties.get("keyValueStoreAssociations") or []]
    if len(associated) > 1:
        raise StateError(f"{resource.label} has {len(associated)} key value stores; a function can have one")
    for arn in associated:
        if arn not in stores:
            raise StateError(f"{resource.label}: the key value store {arn} is not in the state")
    code = str(resource.require("code"))
    try:
        check_code(code)
    except FunctionCodeError as error:
        raise StateError(f"{resource.label}: {error}") from error
    return DeployedFunction(
        arn=str(resource.require("arn")),
        name=str(properties.get("name") or resource.id),
        code=code,
        store_arn=associated[0] if associated else None,
    )
