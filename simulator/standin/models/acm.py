"""aws:acm/certificate:Certificate and aws:acm/certificateValidation:CertificateValidation."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import HEX, Creation, Properties, ResourceModel, Scope, draw, draw_uuid, words
from simulator.standin.model.rules import among, matching
from simulator.standin.models.route53 import RECORD_TYPE

CERTIFICATE_TYPE = "aws:acm/certificate:Certificate"
VALIDATION_TYPE = "aws:acm/certificateValidation:CertificateValidation"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_NAME = matching(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+", "a domain name, with or without *. before it")


def certificate_names(certificate: Properties) -> list[str]:
    """All names on a certificate, the first one first."""
    others = certificate.get("subjectAlternativeNames")
    listed = [str(certificate.get("domainName")), *(map(str, others) if isinstance(others, list) else [])]
    return list(dict.fromkeys(listed))


def covers(certificate: Properties, name: str) -> bool:
    """A wildcard stands for exactly one label (RFC 6125 §6.4.3)."""
    return bool({name, f"*.{name.partition('.')[2]}"} & set(certificate_names(certificate)))


def is_issued(arn: str, scope: Scope) -> bool:
    """True where something in this deployment has waited for the certificate's validation."""
    return scope.find(VALIDATION_TYPE, certificateArn=arn) is not None


def _check_certificate(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    if inputs.get("domainName") is None:
        yield Failure("domainName", "is required: the stand-in does not model imported certificates")
    first = inputs.get("domainName")
    if isinstance(first, str) and len(first) > 64:
        yield Failure("domainName", f"has {len(first)} characters: ACM takes 64")
    if inputs.get("validationMethod") is None:
        yield Failure("validationMethod", "is required: DNS")


def _proof(name: str) -> dict[str, object]:
    """The same for a wildcard as for the name below which it stands."""
    base = name.removeprefix("*.")
    return {
        "domainName": name,
        "resourceRecordName": f"_{draw(HEX, 32, 'proof', base)}.{base}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": f"_{draw(HEX, 32, 'proven', base)}.acm-validations.aws.",
    }


def _compute_certificate(creation: Creation) -> dict[str, object]:
    names = certificate_names(creation.inputs)
    return {
        "domainValidationOptions": [_proof(name) for name in names],
        "status": "PENDING_VALIDATION",
        "subjectAlternativeNames": names,
        "type": "AMAZON_ISSUED",
    }


def _check_validation(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """ACM would wait for records that nobody has written until the provider gives up (75 minutes)."""
    arn, given = inputs.get("certificateArn"), inputs.get("validationRecordFqdns")
    certificate = scope.find(CERTIFICATE_TYPE, arn=arn) if isinstance(arn, str) else None
    yield from scope.missing("certificateArn", arn, CERTIFICATE_TYPE, "certificate")
    if certificate is None or not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return
    for option in (_proof(name) for name in certificate_names(certificate.outputs)):
        name = str(option["resourceRecordName"]).rstrip(".")
        if name not in given:
            yield Failure("validationRecordFqdns", f"lacks {name}, which proves {option['domainName']}")
        elif scope.find(RECORD_TYPE, fqdn=name, records=[option["resourceRecordValue"]]) is None:
            yield Failure("validationRecordFqdns", f"names {name}: no record here has the value that ACM looks for")


CERTIFICATE = ResourceModel(
    type=CERTIFICATE_TYPE,
    modelled=words("domainName region subjectAlternativeNames tags validationMethod"),
    identify=lambda creation: creation.scope.arn(
        "acm", f"certificate/{draw_uuid(creation.urn, creation.inputs)}", creation.region
    ),
    compute=_compute_certificate,
    replaces=words("domainName subjectAlternativeNames validationMethod"),
    arn="{id}",
    computed=words("domainValidationOptions status subjectAlternativeNames type"),
    defaults={"keyAlgorithm": "RSA_2048"},
    unordered=words("subjectAlternativeNames"),
    rules={"domainName": _NAME, "subjectAlternativeNames[*]": _NAME, "validationMethod": among("DNS")},
    check=_check_certificate,
)

CERTIFICATE_VALIDATION = ResourceModel(
    type=VALIDATION_TYPE,
    modelled=words("certificateArn region validationRecordFqdns"),
    identify=lambda creation: str(creation.inputs["certificateArn"]),
    replaces=words("certificateArn validationRecordFqdns"),
    unordered=words("validationRecordFqdns"),
    check=_check_validation,
)

MODELS = (CERTIFICATE, CERTIFICATE_VALIDATION)
