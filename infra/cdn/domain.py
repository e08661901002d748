"""The certificate for the alternate domain names, and their records in Route 53."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.inputs.deferrable import StackValues
from infra.naming.edge_functions import EDGE_REGION
from infra.settings.domain import DomainSettings
from infra.settings.stack import Stack

if TYPE_CHECKING:
    from infra.cdn.distribution import Distribution

VALIDATION_TTL_SECONDS = 300
ADDRESS_TYPES = ("A", "AAAA")


class Certificate(pulumi.ComponentResource):
    """A certificate in us-east-1 for all aliases; `arn` is known once ACM has validated it by DNS and issued it."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, values: StackValues, domain: DomainSettings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("edge-router:infra:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first, *others = domain.aliases
        certificate = aws.acm.Certificate(
            name,
            domain_name=first,
            subject_alternative_names=others or None,
            validation_method="DNS",
            region=EDGE_REGION,
            opts=child,
        )
        zone_id = values.apply(_zone_id)
        records = [
            _validation_record(values.stack.logical_name(f"proof-{base}"), base, certificate, zone_id, self)
            for base in _validated_names(domain.aliases)
        ]
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            region=EDGE_REGION,
            opts=child,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})


def _zone_id(stack: Stack) -> str:
    return stack.settings.domain.hosted_zone_id if stack.settings.domain else ""


def _validated_names(aliases: Sequence[str]) -> list[str]:
    """Return the names to validate: a wildcard and its parent have the same record (ACM, "DNS validation")."""
    return list(dict.fromkeys(alias.removeprefix("*.") for alias in aliases))


def _validation_record(
    name: str, base: str, certificate: aws.acm.Certificate, zone_id: pulumi.Input[str], parent: pulumi.Resource
) -> aws.route53.Record:
    """Create the record that ACM reads, now and at every renewal of the certificate.

    It is the same for every certificate that the account has for that name: so it may exist already, and it stays when
    this certificate is deleted.
    """
    option: pulumi.Output[Any] = certificate.domain_validation_options.apply(
        lambda options: next(one for one in options if str(one.domain_name).removeprefix("*.") == base)
    )
    return aws.route53.Record(
        name,
        zone_id=zone_id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=VALIDATION_TTL_SECONDS,
        allow_overwrite=True,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True),
    )


class Addresses(pulumi.ComponentResource):
    """For every alias the records A and AAAA, because the distribution has IPv6 too.

    They overwrite no existing record: another site may still be behind it. A destroy begins with them, because they
    refer to the distribution.
    """

    def __init__(
        self,
        name: str,
        values: StackValues,
        domain: DomainSettings,
        distribution: Distribution,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("edge-router:infra:Addresses", name, None, opts)
        target = aws.route53.RecordAliasArgs(
            name=distribution.domain_name, zone_id=distribution.hosted_zone_id, evaluate_target_health=False
        )
        for alias in domain.aliases:
            for kind in ADDRESS_TYPES:
                aws.route53.Record(
                    values.stack.logical_name(f"{alias}-{kind}"),
                    zone_id=values.apply(_zone_id),
                    name=alias,
                    type=kind,
                    aliases=[target],
                    opts=pulumi.ResourceOptions(parent=self, protect=values.stack.settings.tables.protect or None),
                )
        self.register_outputs({})
