"""aws:s3/bucket:Bucket and the resources that configure one."""

import json
import re
from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, in_account, words
from simulator.standin.model.rules import Rule, among, among_aws, between, child, children, matching
from simulator.standin.models.iam import statements

BUCKET_TYPE = "aws:s3/bucket:Bucket"
PRIVACY_TYPE = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP_TYPE = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
ACL_TYPE = "aws:s3/bucketAcl:BucketAcl"
POLICY_TYPE = "aws:s3/bucketPolicy:BucketPolicy"
POLICY_LIMIT_BYTES = 20 * 1024
LOG_DELIVERY_ID = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
"""The canonical user of CloudFront's legacy logs (awslogsdelivery; "Configure standard logging (legacy)")."""
OWNER_ID = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
"""The canonical user id of S3's own documentation, standing for the account's."""
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")


def _bucket_name(value: object) -> str:
    """ "General purpose bucket naming rules"."""
    if not isinstance(value, str) or (_NAME.fullmatch(value) and ".." not in value and not value.startswith("xn--")):
        return ""
    return f"is {value!r}: a bucket's name has 3 to 63 of a-z, 0-9, - and ., and begins and ends with a letter or digit"


def _check_bucket(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    if inputs.get("bucket") is None:
        yield Failure("bucket", "is required: the stand-in names no buckets")


def _check_there(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from scope.missing("bucket", inputs.get("bucket"), BUCKET_TYPE, "bucket", by="bucket", error="NoSuchBucket")


def _check_acl(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _check_there(inputs, scope)
    if (inputs.get("acl") is None) is (inputs.get("accessControlPolicy") is None):
        yield Failure("accessControlPolicy", "is required, or acl, and not both")
    ownership = scope.find(OWNERSHIP_TYPE, bucket=inputs.get("bucket"))
    if ownership is None or child(ownership.outputs, "rule").get("objectOwnership") == "BucketOwnerEnforced":
        yield Failure("bucket", "does not allow ACLs: its owner is enforced (AccessControlListNotSupported)")


def _check_policy(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """The bucket may be another deployment's: that of an origin."""
    policy = inputs.get("policy")
    if not isinstance(policy, str):
        return
    if len(policy.encode()) > POLICY_LIMIT_BYTES:
        yield Failure("policy", f"has {len(policy.encode())} bytes: S3 takes {POLICY_LIMIT_BYTES}")
    if not statements(policy):
        yield Failure("policy", "is not a JSON policy document with at least one statement (MalformedPolicy)")
    for index, statement in enumerate(statements(policy)):
        yield from _statement(statement, f"policy.Statement[{index}]", inputs, scope)


def _statement(statement: Properties, path: str, inputs: Properties, scope: Scope) -> Iterator[Failure]:
    for name in ("Effect", "Principal", "Action", "Resource"):
        if name not in statement:
            yield Failure(path, f"has no {name} (MalformedPolicy)")
    own = f"arn:aws:s3:::{inputs.get('bucket')}"
    resources = statement.get("Resource")
    for resource in resources if isinstance(resources, list) else [resources]:
        if isinstance(resource, str) and resource != own and not resource.startswith(f"{own}/"):
            yield Failure(f"{path}.Resource", f"is {resource!r}: the policy is that of {own} (MalformedPolicy)")
    privacy = scope.find(PRIVACY_TYPE, bucket=inputs.get("bucket"))
    is_open = statement.get("Effect") == "Allow" and "*" in json.dumps(statement.get("Principal"))
    if is_open and privacy is not None and privacy.outputs.get("blockPublicPolicy") is True:
        yield Failure(f"{path}.Principal", "is everybody, and blockPublicPolicy refuses that (AccessDenied)")


def may_write_legacy_logs(bucket: str, scope: Scope) -> bool:
    """True where the bucket's ACL lets CloudFront's legacy logs in."""
    acl = scope.find(ACL_TYPE, bucket=bucket)
    grants = children(child(acl.outputs, "accessControlPolicy"), "grants") if acl is not None else []
    writers = [child(one, "grantee").get("id") for one in grants if one.get("permission") == "FULL_CONTROL"]
    return LOG_DELIVERY_ID in writers


def _compute_bucket(creation: Creation) -> dict[str, object]:
    name, region = str(creation.inputs["bucket"]), creation.region
    return {
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region,
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
    }


BUCKET = ResourceModel(
    type=BUCKET_TYPE,
    modelled=words("bucket forceDestroy region tags"),
    arn="arn:aws:s3:::{id}",
    compute=_compute_bucket,
    replaces=words("bucket"),
    computed=words("bucketDomainName bucketRegion bucketRegionalDomainName"),
    defaults={"forceDestroy": False, "objectLockEnabled": False},
    rules={"bucket": _bucket_name},
    check=_check_bucket,
    name_property="bucket",
    unique=in_account("BucketAlreadyExists", "bucket"),
)


def _part(
    kind: str, modelled: str, rules: dict[str, Rule] | None = None, args: str = "", defaults: Properties | None = None
) -> ResourceModel:
    """One configuration of a bucket, identified by the bucket's name."""
    return ResourceModel(
        type=kind,
        args=args,
        modelled=words(f"bucket region {modelled}"),
        identify=lambda creation: str(creation.inputs["bucket"]),
        replaces=words("bucket"),
        defaults=defaults or {},
        rules=rules or {},
        check={ACL_TYPE: _check_acl, POLICY_TYPE: _check_policy}.get(kind, _check_there),
    )


_BLOCKS = "blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets"
PUBLIC_ACCESS_BLOCK = _part(PRIVACY_TYPE, _BLOCKS, defaults=dict.fromkeys(_BLOCKS.split(), False))
OWNERSHIP_CONTROLS = _part(OWNERSHIP_TYPE, "rule", {"rule.objectOwnership": among_aws("s3", "ObjectOwnership")})
BUCKET_ACL = _part(
    ACL_TYPE,
    "accessControlPolicy acl",
    {
        "accessControlPolicy.grants[*].permission": among_aws("s3", "Permission"),
        "accessControlPolicy.grants[*].grantee.type": among("CanonicalUser"),
        "acl": among_aws("s3", "BucketCannedACL"),
    },
)
BUCKET_POLICY = _part(POLICY_TYPE, "policy")
ENCRYPTION = _part(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "rules",
    {"rules[*].applyServerSideEncryptionByDefault.sseAlgorithm": among_aws("s3", "ServerSideEncryption")},
    "s3.bucket_server_side_encryption_configuration.BucketServerSideEncryptionConfigurationInitArgs",
)
LIFECYCLE = _part(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "rules",
    {
        "rules[*].id": matching(r".{1,255}", "1 to 255 characters"),
        "rules[*].status": among("Enabled", "Disabled"),
        "rules[*].expiration.days": between(1, 2_147_483_647),
        "rules[*].abortIncompleteMultipartUpload.daysAfterInitiation": between(1, 2_147_483_647),
    },
)
VERSIONING = _part(
    "aws:s3/bucketVersioning:BucketVersioning",
    "versioningConfiguration",
    {"versioningConfiguration.status": among("Enabled", "Suspended", "Disabled")},
    "s3.bucket_versioning.BucketVersioningInitArgs",
)

MODELS = (BUCKET, PUBLIC_ACCESS_BLOCK, OWNERSHIP_CONTROLS, BUCKET_ACL, BUCKET_POLICY, ENCRYPTION, LIFECYCLE, VERSIONING)
