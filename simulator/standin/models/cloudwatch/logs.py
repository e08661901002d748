"""aws:cloudwatch/logGroup:LogGroup."""

from __future__ import annotations

from simulator.standin.model.model import Creation, ResourceModel, tags_all
from simulator.standin.model.rules import among, among_aws, matching
from simulator.standin.model.taken import in_region

# PutRetentionPolicy (CloudWatch Logs API reference); 0 is the provider's word for "never expires".
RETENTION_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

LOG_GROUP_TYPE = "aws:cloudwatch/logGroup:LogGroup"


def _compute(creation: Creation) -> dict[str, object]:
    return {
        "arn": creation.scope.arn("logs", f"log-group:{creation.id}", creation.region),
        "region": creation.region,
        "tagsAll": tags_all(creation),
    }


LOG_GROUP = ResourceModel(
    type=LOG_GROUP_TYPE,
    args="cloudwatch.LogGroupArgs",
    modelled=frozenset({"kmsKeyId", "logGroupClass", "name", "region", "retentionInDays", "skipDestroy", "tags"}),
    identify=lambda creation: str(creation.inputs["name"]),
    compute=_compute,
    replaces=frozenset({"name", "logGroupClass", "region"}),
    computed=frozenset({"arn", "region", "tagsAll"}),
    defaults={"logGroupClass": "STANDARD", "retentionInDays": 0, "skipDestroy": False},
    rules={
        "name": matching(r"[A-Za-z0-9_./#-]{1,512}", "1 to 512 letters, digits or any of _./#-"),
        "retentionInDays": among(*RETENTION_DAYS),
        "logGroupClass": among_aws("logs", "LogGroupClass"),
    },
    named=512,
    unique=in_region("ResourceAlreadyExistsException"),
)
