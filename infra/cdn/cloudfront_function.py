"""A stack's CloudFront Function, and the key-value store that it reads."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.cdn.javascript import FunctionCode
from infra.naming.edge_functions import viewer_function_name

RUNTIME = "cloudfront-js-2.0"
MAX_BATCH_KEYS = 50
"""UpdateKeys takes no more at once ("Quotas on key value stores"); the provider sends larger changes in several."""


class CloudFrontFunction(pulumi.ComponentResource):
    """A published function, and its store with exactly the keys of the config, where it reads any.

    `deployed_values`, which only the deployment knows, override the function's own under the same key. The logical
    names are the function's, so that a switch to another one keeps this one until the distribution has switched.
    """

    function_arn: pulumi.Output[str]
    store_arn: pulumi.Output[str] | None = None
    keys: aws.cloudfront.KeyvaluestoreKeysExclusive | None = None

    def __init__(
        self,
        name: str,
        prefix: str,
        function: FunctionCode,
        deployed_values: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Functions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key_values: dict[str, pulumi.Input[str]] = {**function.key_values, **deployed_values}
        if key_values:
            self.store_arn, self.keys = _create_store(prefix, function.name, key_values, child)
        published = aws.cloudfront.Function(
            f"{function.name}-function",
            name=viewer_function_name(prefix, function.name),
            runtime=RUNTIME,
            # With the digest, because in a state with encrypted code a change would not be visible.
            comment=f"edge-router: {function.name}.js {function.digest}",
            code=pulumi.Output.secret(function.code) if function.holds_secret else function.code,
            key_value_store_associations=[self.store_arn] if self.store_arn is not None else None,
            publish=True,
            opts=child,
        )
        self.function_arn = published.arn
        self.register_outputs({"functionArn": self.function_arn, "keyValueStoreArn": self.store_arn})


def _create_store(
    prefix: str, name: str, key_values: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
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
