"""A program with a component that another package constructs, from an output that a preview does not know."""

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
if config.get_bool("crash"):
    raise KeyError("crash")


class Front(pulumi.ComponentResource):
    policy_id: pulumi.Output[str]
    comment: pulumi.Output[str]
    note: pulumi.Output[str]

    def __init__(self, name: str, inputs: pulumi.Inputs) -> None:
        outputs = dict.fromkeys(("policyId", "comment"))
        super().__init__("front:index:Front", name, {**outputs, "note": None, **inputs}, remote=True)


bucket = aws.s3.Bucket("files", bucket="example-files")
front = Front(
    "front",
    {
        "domainName": bucket.bucket_regional_domain_name,
        "note": pulumi.Output.secret("hush"),
        **(config.get_object("extra") or {}),
    },
)
pulumi.log.warn("care")
pulumi.export("policy", front.policyId)
pulumi.export("comment", front.comment)
pulumi.export("note", front.note)
