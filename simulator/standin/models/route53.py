"""aws:route53/record:Record."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Properties, ResourceModel, Scope, words
from simulator.standin.model.rules import among_aws, between, matching, numbered_children

RECORD_TYPE = "aws:route53/record:Record"
DISTRIBUTION_TYPE = "aws:cloudfront/distribution:Distribution"
CLOUDFRONT_ZONE_ID = "Z2FDTNDATAQYW2"
"""The hosted zone of every CloudFront distribution (Route 53 API reference, AliasTarget)."""


def _check(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    aliases, records = numbered_children(inputs, "aliases"), inputs.get("records")
    if (len(aliases) == 1) is (records is not None) or len(aliases) > 1:
        yield Failure("records", "is what a record has, or exactly one of aliases, and not both")
    if records is not None and inputs.get("ttl") is None:
        yield Failure("ttl", "is required beside records")
    for path, alias in aliases:
        yield from _alias(inputs, alias, path, scope)


def _alias(inputs: Properties, alias: Properties, path: str, scope: Scope) -> Iterator[Failure]:
    """ "Choosing between alias and non-alias records": CloudFront answers only for names that are its aliases."""
    if inputs.get("type") not in ("A", "AAAA"):
        yield Failure("type", f"is {inputs.get('type')!r}: an alias to CloudFront is of type A or AAAA")
    zone, target, name = alias.get("zoneId"), alias.get("name"), inputs.get("name")
    if isinstance(zone, str) and zone != CLOUDFRONT_ZONE_ID:
        yield Failure(
            f"{path}.zoneId", f"is {zone!r}: the stand-in models aliases to CloudFront ({CLOUDFRONT_ZONE_ID})"
        )
    yield from scope.missing(f"{path}.name", target, DISTRIBUTION_TYPE, "distribution", by="domainName")
    distribution = scope.find(DISTRIBUTION_TYPE, domainName=target) if isinstance(target, str) else None
    if distribution and name not in (distribution.outputs.get("aliases") or ()):  # type: ignore[operator]
        yield Failure("name", f"is {name!r}, which is none of the distribution's aliases")


RECORD = ResourceModel(
    type=RECORD_TYPE,
    modelled=words("aliases allowOverwrite name records ttl type zoneId"),
    identify=lambda creation: "_".join(str(creation.inputs[key]).rstrip(".") for key in ("zoneId", "name", "type")),
    compute=lambda creation: {"fqdn": str(creation.inputs["name"]).rstrip(".")},
    replaces=words("name type zoneId"),
    computed=words("fqdn"),
    unordered=words("records"),
    rules={
        "name": matching(r"[a-z0-9_*.-]{1,255}", "a name in lower case, of at most 255 characters"),
        "ttl": between(0, 2_147_483_647),
        "type": among_aws("route53", "RRType"),
        "zoneId": matching(r"Z[A-Z0-9]{1,31}", "the id of a hosted zone"),
    },
    check=_check,
)

MODELS = (RECORD,)
