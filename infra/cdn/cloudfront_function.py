"""A stack's CloudFront Functions, and the key-value store that they read."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from infra.cdn.javascript import RUNTIME, FunctionCode, build_key_values
from infra.inputs.deferrable import apply
from infra.naming.edge_functions import REWRITING, viewer_function_name
from infra.settings.stack import Stack

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
        stack: Stack,
        function: pulumi.Input[FunctionCode],
        running_values: Mapping[str, str],
        rewriting: pulumi.Input[FunctionCode] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Functions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if build_key_values(stack) or running_values:
            pairs = apply(function, lambda code: _pairs({**code.key_values, **running_values}))
            self.store_arn, self.keys = _create_store(stack, pairs, child)
        name = stack.settings.needs.viewer_function
        self.function_arn = _publish(stack, name, function, self.store_arn, child)
        if rewriting is not None:
            self.rewriting_arn = _publish(stack, REWRITING, rewriting, self.store_arn, child)
        self.register_outputs({"functionArn": self.function_arn, "keyValueStoreArn": self.store_arn})


def _publish(
    stack: Stack,
    name: str,
    function: pulumi.Input[FunctionCode],
    store_arn: pulumi.Output[str] | None,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Create and publish a function; return its ARN."""
    return aws.cloudfront.Function(
        stack.logical_name(f"{name}-function"),
        name=viewer_function_name(stack.prefix, name),
        runtime=RUNTIME,
        # With the digest, because in a state with encrypted code a change would not be visible.
        comment=apply(function, lambda found: f"edge-router: {name}.js {found.digest}"),
        code=apply(function, _code),
        key_value_store_associations=[store_arn] if store_arn is not None else None,
        publish=True,
        opts=opts,
    ).arn


def _code(function: FunctionCode) -> pulumi.Input[str]:
    return pulumi.Output.secret(function.code) if function.holds_secret else function.code


def _create_store(
    stack: Stack, pairs: pulumi.Input[list[_Pair]], opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str], aws.cloudfront.KeyvaluestoreKeysExclusive]:
    """Create the function's store; return its ARN and its keys."""
    name = stack.settings.needs.viewer_function
    store = aws.cloudfront.KeyValueStore(
        stack.logical_name(f"{name}-store"),
        name=viewer_function_name(stack.prefix, name),
        comment=f"What {name}.js reads live",
        opts=opts,
    )
    keys = aws.cloudfront.KeyvaluestoreKeysExclusive(
        stack.logical_name(f"{name}-keys"),
        key_value_store_arn=store.arn,
        max_batch_size=MAX_BATCH_KEYS,
        resource_key_value_pairs=pairs,
        opts=opts,
    )
    return store.arn, keys


def _pairs(key_values: Mapping[str, str]) -> list[_Pair]:
    return [_Pair(key=key, value=value) for key, value in sorted(key_values.items(), key=lambda pair: pair[0])]


_Pair = aws.cloudfront.KeyvaluestoreKeysExclusiveResourceKeyValuePairArgs
