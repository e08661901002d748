"""aws:cloudfront/function:Function, keyValueStore:KeyValueStore and keyvaluestoreKeysExclusive."""

from collections.abc import Iterator

from simulator.cloudfront_rules import FUNCTION_LIMIT_BYTES, KEY_LIMIT_BYTES, STORE_LIMIT_BYTES, VALUE_LIMIT_BYTES
from simulator.standin.model.errors import Failure
from simulator.standin.model.model import (
    CREATED_AT,
    Creation,
    Properties,
    ResourceModel,
    Scope,
    draw_uuid,
    in_account,
    words,
)
from simulator.standin.model.rules import among_aws, between, children, matching, numbered_children, numbered_items
from simulator.standin.models.cloudfront.policies import etag

VIEWER_FUNCTION_TYPE = "aws:cloudfront/function:Function"
STORE_TYPE = "aws:cloudfront/keyValueStore:KeyValueStore"
KEYS_TYPE = "aws:cloudfront/keyvaluestoreKeysExclusive:KeyvaluestoreKeysExclusive"
BATCH_LIMIT = 50
_STORE_ARN = r"arn:aws:cloudfront::\d{12}:key-value-store/[0-9a-f-]{36}"


def _check_function(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    code = inputs.get("code")
    if isinstance(code, str) and (size := len(code.encode())) > FUNCTION_LIMIT_BYTES:
        yield Failure("code", f"has {size} bytes: CloudFront takes {FUNCTION_LIMIT_BYTES}")
    if isinstance(code, str) and not code.strip():
        yield Failure("code", "is empty")
    stores = numbered_items(inputs, "keyValueStoreAssociations")
    if len(stores) > 1:
        yield Failure("keyValueStoreAssociations", f"has {len(stores)} stores: a function can have one")
    if stores and inputs.get("runtime") == "cloudfront-js-1.0":
        yield Failure("keyValueStoreAssociations", "needs the runtime cloudfront-js-2.0")
    for path, arn in stores:
        yield from scope.missing(path, arn, STORE_TYPE, "key value store")


def _check_keys(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """Values are not shown: they may be secret."""
    yield from scope.missing("keyValueStoreArn", inputs.get("keyValueStoreArn"), STORE_TYPE, "key value store")
    seen: set[str] = set()
    total = 0
    for where, pair in numbered_children(inputs, "resourceKeyValuePairs"):
        key, value = pair.get("key"), pair.get("value")
        if isinstance(key, str):
            yield from _key_failures(key, where, seen)
            seen.add(key)
        if isinstance(value, str) and len(value.encode()) > VALUE_LIMIT_BYTES:
            size = len(value.encode())
            yield Failure(f"{where}.value", f"of the key {key!r} has {size} bytes: at most {VALUE_LIMIT_BYTES} fit")
        total += sum(len(text.encode()) for text in (key, value) if isinstance(text, str))
    if total > STORE_LIMIT_BYTES:
        yield Failure("resourceKeyValuePairs", f"have {total} bytes: a store holds {STORE_LIMIT_BYTES}")


def _key_failures(key: str, where: str, seen: set[str]) -> Iterator[Failure]:
    size = len(key.encode())
    if not 1 <= size <= KEY_LIMIT_BYTES:
        yield Failure(f"{where}.key", f"is {_shorten(key)!r} of {size} bytes: a key has 1 to {KEY_LIMIT_BYTES}")
    if key in seen:
        yield Failure(f"{where}.key", f"is {_shorten(key)!r}, which is listed twice")


def _shorten(key: str) -> str:
    return key if len(key) <= 60 else f"{key[:59]}…"


def _compute_function(creation: Creation) -> dict[str, object]:
    is_live, tag = creation.inputs.get("publish", True) is not False, etag(creation)
    status = "UNASSOCIATED" if is_live else "UNPUBLISHED"
    return {"etag": tag, "liveStageEtag": tag if is_live else "", "status": status}


def _compute_store(creation: Creation) -> dict[str, object]:
    number = draw_uuid("key-value-store", creation.urn)
    arn = creation.scope.arn("cloudfront", f"key-value-store/{number}", "")
    return {"arn": arn, "etag": etag(creation), "lastModifiedTime": CREATED_AT}


def _compute_keys(creation: Creation) -> dict[str, object]:
    pairs = children(creation.inputs, "resourceKeyValuePairs")
    return {"totalSizeInBytes": sum(len(str(pair[name]).encode()) for pair in pairs for name in ("key", "value"))}


_NAME = matching(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, '-' or '_'")
_COMMENT = matching(r"(?s).{0,128}", "at most 128 characters")

VIEWER_FUNCTION = ResourceModel(
    type=VIEWER_FUNCTION_TYPE,
    modelled=words("code comment keyValueStoreAssociations name publish runtime tags"),
    compute=_compute_function,
    replaces=words("name"),
    arn="cloudfront:function/{id}",
    computed=words("etag liveStageEtag status"),
    defaults={"publish": True},
    unordered=words("keyValueStoreAssociations"),
    rules={"name": _NAME, "comment": _COMMENT, "runtime": among_aws("cloudfront", "FunctionRuntime")},
    check=_check_function,
    named=64,
    unique=in_account("FunctionAlreadyExists"),
)

KEY_VALUE_STORE = ResourceModel(
    type=STORE_TYPE,
    modelled=words("comment name tags timeouts"),
    compute=_compute_store,
    replaces=words("name"),
    computed=words("arn etag lastModifiedTime"),
    rules={"name": _NAME, "comment": _COMMENT},
    named=64,
    unique=in_account("EntityAlreadyExists"),
    is_of_framework=True,
)

# Its id is the store's ARN; changed pairs are an update of this resource and of nothing else.
KEY_VALUES = ResourceModel(
    type=KEYS_TYPE,
    modelled=words("keyValueStoreArn maxBatchSize resourceKeyValuePairs"),
    identify=lambda creation: str(creation.inputs["keyValueStoreArn"]),
    compute=_compute_keys,
    replaces=words("keyValueStoreArn"),
    computed=words("totalSizeInBytes"),
    defaults={"maxBatchSize": BATCH_LIMIT},
    unordered=words("resourceKeyValuePairs"),
    rules={
        "keyValueStoreArn": matching(_STORE_ARN, "the ARN of a key value store"),
        "maxBatchSize": between(1, BATCH_LIMIT),
    },
    check=_check_keys,
)

MODELS = (VIEWER_FUNCTION, KEY_VALUE_STORE, KEY_VALUES)
