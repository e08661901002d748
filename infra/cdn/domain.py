"""The certificate for the stack's own names, and the names' records in Route 53."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.naming.function_identity import EDGE_REGION
from infra.settings.domain import DomainSettings

PROOF_TTL_SECONDS = 300
ADDRESS_TYPES = ("A", "AAAA")


class Certificate(pulumi.ComponentResource):
    """A certificate in us-east-1 for all aliases; `arn` is known once ACM has seen the proof in DNS and issued it."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, domain: DomainSettings, opts: pulumi.ResourceOptions | None = None) -> None:
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
        proofs = [_proof(base, certificate, domain.hosted_zone_id, self) for base in _proven_names(domain.aliases)]
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn for proof in proofs],
            region=EDGE_REGION,
            opts=child,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})


def _proven_names(aliases: Sequence[str]) -> list[str]:
    """A wildcard and the name below which it stands have the same proof (ACM, "DNS validation")."""
    return list(dict.fromkeys(alias.removeprefix("*.") for alias in aliases))


def _proof(base: str, certificate: aws.acm.Certificate, zone_id: str, parent: pulumi.Resource) -> aws.route53.Record:
    """The record that ACM looks for, now and whenever it renews the certificate.

    It is the same for every certificate that the account has for that name, hence it may be there already, and stays
    when this one goes: others are renewed by it.
    """
    option: pulumi.Output[Any] = certificate.domain_validation_options.apply(
        lambda options: next(one for one in options if str(one.domain_name).removeprefix("*.") == base)
    )
    return aws.route53.Record(
        f"proof-{base}",
        zone_id=zone_id,
        name=option.resource_record_name,
        type=option.resource_record_type,
        records=[option.resource_record_value],
        ttl=PROOF_TTL_SECONDS,
        allow_overwrite=True,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=True),
    )


@dataclass(frozen=True)
class AddressesArgs:
    """Which names lead to which distribution, and the hosted zone that they are in.

    `is_protected`: Pulumi refuses to delete a record. A destroy begins with them, for they refer to the distribution.
    """

    aliases: Sequence[str]
    zone_id: str
    distribution_domain: pulumi.Input[str]
    distribution_zone_id: pulumi.Input[str]
    is_protected: bool = False


class Addresses(pulumi.ComponentResource):
    """For every alias the records A and AAAA, for the distribution has IPv6 too.

    They overwrite none that is there: another site may still be behind it.
    """

    def __init__(self, name: str, args: AddressesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge-router:infra:Addresses", name, None, opts)
        target = aws.route53.RecordAliasArgs(
            name=args.distribution_domain, zone_id=args.distribution_zone_id, evaluate_target_health=False
        )
        for alias in args.aliases:
            for kind in ADDRESS_TYPES:
                aws.route53.Record(
                    f"{alias}-{kind}",
                    zone_id=args.zone_id,
                    name=alias,
                    type=kind,
                    aliases=[target],
                    opts=pulumi.ResourceOptions(parent=self, protect=args.is_protected),
                )
        self.register_outputs({})
