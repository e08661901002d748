"""A stack's CloudFront Functions, and the key-value store that they read."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.cdn.javascript import RUNTIME, FunctionCode
from infra.naming.edge_functions import viewer_function_name

MAX_BATCH_KEYS = 50
"""UpdateKeys takes no more at once ("Quotas on key value stores"); the provider sends larger changes in several."""


class CloudFrontFunction(pulumi.ComponentResource):
    """A published function, and its store with exactly the keys of the config, where it reads any. `rewriting` is the
    function at viewer-response that reads the same store.

    `running_values`, which a rollout has changed, override the function's own under the same key. The logical names are
    the function's, so that a switch to another one keeps this one until the distribution has switched.
    """

    function_arn: pulumi.Output[str]
    rewriting_arn: pulumi.Output[str] | None = None
    store_arn: pulumi.Output[str] | None = None
    keys: aws.cloudfront.KeyvaluestoreKeysExclusive | None = None

    def __init__(
        self,
        name: str,
        prefix: str,
        function: FunctionCode,
        running_values: Mapping[str, str],
        rewriting: FunctionCode | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Functions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key_values = {**function.key_values, **running_values}
        if key_values:
            self.store_arn, self.keys = _create_store(prefix, function.name, key_values, child)
        self.function_arn = _publish(prefix, function, self.store_arn, child)
        if rewriting is not None:
            self.rewriting_arn = _publish(prefix, rewriting, self.store_arn, child)
        self.register_outputs({"functionArn": self.function_arn, "keyValueStoreArn": self.store_arn})


def _publish(
    prefix: str, function: FunctionCode, store_arn: pulumi.Output[str] | None, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Create and publish a function; return its ARN."""
    return aws.cloudfront.Function(
        f"{function.name}-function",
        name=viewer_function_name(prefix, function.name),
        runtime=RUNTIME,
        # With the digest, because in a state with encrypted code a change would not be visible.
        comment=f"edge-router: {function.name}.js {function.digest}",
        code=pulumi.Output.secret(function.code) if function.holds_secret else function.code,
        key_value_store_associations=[store_arn] if store_arn is not None else None,
        publish=True,
        opts=opts,
    ).arn


def _create_store(
    prefix: str, name: str, key_values: Mapping[str, str], opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str], aws.cloudfront.KeyvaluestoreKeysExclusive]:
    """Create the function's store; return its ARN and its keys."""
    store = aws.cloudfront.KeyValueStore(
        f"{name}-store",
        name=viewer_function_name(prefix, name),
        comment=f"What {name}.js reads live",
        opts=opts,
    )
    keys = aws.cloudfront.KeyvaluestoreKeysExclusive(
        f"{name}-keys",
        key_value_store_arn=store.arn,
        max_batch_size=MAX_BATCH_KEYS,
        resource_key_value_pairs=[
            aws.cloudfront.KeyvaluestoreKeysExclusiveResourceKeyValuePairArgs(key=key, value=value)
            for key, value in sorted(key_values.items(), key=lambda pair: pair[0])
        ],
        opts=opts,
    )
    return store.arn, keys
