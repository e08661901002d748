"""The CloudFront Function before the cache, and the key-value store that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.cdn.viewer_function_code import ViewerFunction
from infra.naming.function_identity import viewer_function_name

RUNTIME = "cloudfront-js-2.0"
MAX_BATCH_KEYS = 50
"""UpdateKeys takes no more at once ("Quotas on key value stores"); the provider sends larger changes in several."""


@dataclass(frozen=True)
class FunctionsArgs:
    """The function, what the names of its resources begin with, and values of the store that a rollout has changed.

    `running_values` win over the function's own under the same key.
    """

    prefix: str
    function: ViewerFunction
    running_values: Mapping[str, str] = field(default_factory=dict[str, str])


class Functions(pulumi.ComponentResource):
    """A published function, and its store with exactly the keys of the config, where it reads any.

    The logical names are the function's, so that a switch to another one leaves this one be until the distribution has
    changed over.
    """

    function_arn: pulumi.Output[str]
    store_arn: pulumi.Output[str] | None = None
    keys: aws.cloudfront.KeyvaluestoreKeysExclusive | None = None

    def __init__(self, name: str, args: FunctionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Functions", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        function = args.function
        key_values = {**function.key_values, **args.running_values}
        if key_values:
            self.store_arn, self.keys = _store(args.prefix, function.name, key_values, child)
        published = aws.cloudfront.Function(
            f"{function.name}-function",
            name=viewer_function_name(args.prefix, function.name),
            runtime=RUNTIME,
            # The digest, for a state that only has the code sealed cannot tell whether it changed.
            comment=f"edge-router: {function.name}.js {function.code_digest}",
            code=pulumi.Output.secret(function.code) if function.holds_secret else function.code,
            key_value_store_associations=[self.store_arn] if self.store_arn is not None else None,
            publish=True,
            opts=child,
        )
        self.function_arn = published.arn
        self.register_outputs({"functionArn": self.function_arn, "keyValueStoreArn": self.store_arn})


def _store(
    prefix: str, name: str, key_values: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> tuple[pulumi.Output[str], aws.cloudfront.KeyvaluestoreKeysExclusive]:
    """The ARN of the function's store, and its keys."""
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
