"""Names of the stack's own: their settings, the certificate with its proof, and the records that lead to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.config.errors import SettingsError
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import run_program
from strategies.registry import STRATEGIES
from tests.infra.configs import CONNECTED, STACKS, choosing, edit_stack, problems_of, shipped_stack, stack_of
from tests.infra.test_program import DISTRIBUTION, VERSIONED, all_resources, inputs, run

ZONE = "Z0123456789ABC"
ARN = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"
NAME_RULE = "a domain name has labels of letters, digits and -, at most 253 characters in all, such as v1.example.com"
MADE = (
    "domain.aliases[0]=www.example.com",
    "domain.aliases[1]=example.com",
    "domain.aliases[2]=*.example.com",
    f"domain.hostedZoneId={ZONE}",
)
GIVEN = ("domain.aliases[0]=www.example.com", f"domain.certificateArn={ARN}")


def test_an_origin_is_no_name_of_the_distribution_itself() -> None:
    domain = {"aliases": ["www.your.example", "*.shop.example"], "hostedZoneId": ZONE}
    asked = "CloudFront would send requests to itself. Name the host that the application runs at"
    canary = {"canary": {"domainName": "a.shop.example"}}  # which may have a record of its own
    with pytest.raises(SettingsError) as raised:
        stack_of(
            strategy="cookie-version", domain=domain, origins={"stable": {"domainName": "WWW.your.example"}, **canary}
        )
    assert raised.value.errors == [
        f"edge-router:origins.stable.domainName is 'WWW.your.example', which is in domain.aliases: {asked}"
    ]
    tiers = {"default": "standard", "tiers": {"premium": {"domainName": "www.your.example"}}}
    with pytest.raises(SettingsError) as raised:
        stack_of(strategy="tier", tier=tiers, domain=domain)
    assert raised.value.errors == [
        f"edge-router:tier.tiers.premium.domainName is 'www.your.example', which is in domain.aliases: {asked}"
    ]


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"aliases": ["a.example.com"]},
        " has neither certificateArn nor hostedZoneId: name a certificate in us-east-1 that"
        " covers the aliases, or the hosted zone in Route 53 where one can be validated",
    ),
    ({"hostedZoneId": ZONE}, ".aliases is missing: it is required"),
    ({"aliases": [], "hostedZoneId": ZONE}, ".aliases has 0 entries: a distribution takes 1 to 100"),
    (
        {"aliases": ["a.example.com", "a.example.com"], "hostedZoneId": ZONE},
        ".aliases lists 'a.example.com' twice: every name once",
    ),
    (
        {"aliases": ["WWW.example.com"], "hostedZoneId": ZONE},
        ".aliases[0] is 'WWW.example.com': CloudFront takes lower case only; write 'www.example.com'",
    ),
    ({"aliases": ["localhost"], "hostedZoneId": ZONE}, f".aliases[0] is 'localhost': {NAME_RULE}"),
    (
        {"aliases": ["https://www.example.com"], "hostedZoneId": ZONE},
        ".aliases[0] is 'https://www.example.com': a domain name has no scheme; write 'www.example.com'",
    ),
    (
        {"aliases": ["www.*.example.com"], "hostedZoneId": ZONE},
        f".aliases[0] is 'www.*.example.com': {NAME_RULE}; a wildcard is the whole first label, such as *.example.com",
    ),
    (
        {"aliases": ["d1.cloudfront.net"], "hostedZoneId": ZONE},
        ".aliases[0] is 'd1.cloudfront.net': names below cloudfront.net are CloudFront's own, and need no alias",
    ),
    (
        {"aliases": [f"{'a' * 60}.example.com"], "hostedZoneId": ZONE},
        ".aliases[0] has 72 characters: the first name of a certificate has at most 64",
    ),
    (
        {"aliases": ["a.example.com"], "certificateArn": ARN.replace("us-east-1", "eu-west-1")},
        ".certificateArn is in eu-west-1: CloudFront takes certificates of us-east-1 only; request it there",
    ),
    (
        {"aliases": ["a.example.com"], "certificateArn": "my-certificate"},
        ".certificateArn is 'my-certificate': the ARN of a certificate is"
        " arn:aws:acm:us-east-1:<account>:certificate/<id>",
    ),
    (
        {"aliases": ["a.example.com"], "hostedZoneId": "example.com"},
        ".hostedZoneId is 'example.com': the id of a hosted zone is Z and up to 31 capital letters and digits",
    ),
]


@pytest.mark.parametrize(("section", "expected"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_is_named_by_its_full_key(section: dict[str, Any], expected: str) -> None:
    assert problems_of(domain=section) == [f"edge-router:domain{expected}"]


def test_an_empty_section_is_none() -> None:
    assert stack_of(domain={}).settings.domain is None


def test_more_names_than_acm_puts_on_a_certificate_are_warned_of() -> None:
    aliases = [f"a{number}.example.com" for number in range(11)]
    assert stack_of(domain={"aliases": aliases, "certificateArn": ARN}).settings.warnings() == []
    assert stack_of(domain={"aliases": aliases, "hostedZoneId": ZONE}).settings.warnings() == [
        "domain.aliases has 11 entries: ACM puts 10 names on one certificate, unless the account's quota was raised. A"
        " wildcard such as *.example.com covers many"
    ]


@pytest.mark.long
@pytest.mark.long_if(r"tier|jwt-iat|fastest-origin|tenant-lookup|sticky-session|caching|\b(local|staging)\b")
@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("overrides", [*(choosing(name) for name in STRATEGIES), *VERSIONED.values()], ids=" ".join)
def test_a_certificate_is_made_validated_and_attached(stack: str, overrides: tuple[str, ...]) -> None:
    found = run(stack, *overrides, *MADE)
    [certificate] = all_resources(found, CERTIFICATE)
    [validation] = all_resources(found, VALIDATION)
    assert certificate["inputs"] == {
        "domainName": "www.example.com",
        "subjectAlternativeNames": ["example.com", "*.example.com"],
        "validationMethod": "DNS",
        "region": "us-east-1",
    }
    assert validation["inputs"]["certificateArn"] == certificate["outputs"]["arn"]
    distribution = inputs(found, DISTRIBUTION)
    assert distribution["aliases"] == ["www.example.com", "example.com", "*.example.com"]
    assert distribution["httpVersion"] == "http2and3"
    assert distribution["viewerCertificate"] == {
        "acmCertificateArn": certificate["outputs"]["arn"],
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }


@pytest.mark.long
def test_the_proof_of_a_wildcard_is_that_of_its_domain_and_stays_in_the_zone() -> None:
    found = run("prod", *MADE)
    proofs = {
        one["urn"].rpartition("::")[2]: one for one in all_resources(found, RECORD) if one["inputs"]["type"] == "CNAME"
    }
    assert sorted(proofs) == ["proof-example.com", "proof-www.example.com"]
    for proof in proofs.values():
        assert (proof["inputs"]["zoneId"], proof["inputs"]["ttl"], proof["inputs"]["allowOverwrite"]) == (
            ZONE,
            300,
            True,
        )
        assert proof["retainOnDelete"] is True
    [validation] = all_resources(found, VALIDATION)
    assert set(validation["inputs"]["validationRecordFqdns"]) == {one["outputs"]["fqdn"] for one in proofs.values()}


@pytest.mark.long
def test_every_alias_leads_to_the_distribution_by_ipv4_and_ipv6() -> None:
    found = run("prod", *MADE)
    [distribution] = all_resources(found, DISTRIBUTION)
    target = {
        "name": distribution["outputs"]["domainName"],
        "zoneId": "Z2FDTNDATAQYW2",
        "evaluateTargetHealth": False,
    }
    records = [one["inputs"] for one in all_resources(found, RECORD) if one["inputs"]["type"] != "CNAME"]
    assert sorted((one["name"], one["type"]) for one in records) == [
        (alias, kind) for alias in ("*.example.com", "example.com", "www.example.com") for kind in ("A", "AAAA")
    ]
    assert all(one["aliases"] == [target] and "allowOverwrite" not in one for one in records)


@pytest.mark.long
def test_a_certificate_that_is_there_is_used_as_it_is() -> None:
    found = run("prod", *GIVEN)
    assert inputs(found, DISTRIBUTION)["viewerCertificate"]["acmCertificateArn"] == ARN
    assert all_resources(found, CERTIFICATE) == all_resources(found, RECORD) == []


@pytest.mark.long
def test_with_a_certificate_and_a_zone_only_the_addresses_are_written() -> None:
    found = run("prod", *GIVEN, f"domain.hostedZoneId={ZONE}")
    assert all_resources(found, CERTIFICATE) == []
    assert {one["inputs"]["type"] for one in all_resources(found, RECORD)} == {"A", "AAAA"}


def test_without_a_domain_the_name_and_certificate_are_cloudfronts() -> None:
    distribution = inputs(run("prod"), DISTRIBUTION)
    assert distribution["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    assert "aliases" not in distribution


@pytest.mark.long
def test_another_name_is_another_certificate_which_goes_after_the_distribution_has_changed_over() -> None:
    before = run("prod", *MADE)
    after = run_program("prod", overrides=[*MADE, "domain.aliases[3]=shop.example.com"], state=before.state)
    steps = [(change.op, change.name) for change in after.changes if change.op != "same"]
    assert ("replace", "certificate") in steps
    assert ("update", "distribution") in steps
    assert ("delete", "proof-example.com") not in steps


@pytest.mark.long
def test_a_preview_works_before_acm_has_named_the_proof() -> None:
    found = run_program("prod", overrides=MADE, preview=True)
    assert {change.op for change in found.changes} == {"create"}


DOMAIN = {"aliases": ["www.example.com", "example.com"], "hostedZoneId": ZONE}


@pytest.mark.long
def test_an_alias_of_two_stacks_is_an_error_at_preview(project: Path) -> None:
    edit_stack(project, "staging", domain={**DOMAIN, "aliases": ["staging.example.com", "Example.com"]})
    edit_stack(project, "prod", domain=DOMAIN)
    with pytest.raises(ProgramError) as caught:
        run_program("prod", project=project, preview=True)
    assert str(caught.value) == (
        "1 invalid setting:\n"
        "  edge-router:domain.aliases[1] is 'example.com', which Pulumi.staging.yaml has too: CloudFront takes an alias"
        " for one distribution only"
    )


@pytest.mark.long
def test_staging_and_prod_have_names_of_their_own(project: Path) -> None:
    edit_stack(project, "staging", domain={**DOMAIN, "aliases": ["staging.example.com", "*.example.com"]})
    edit_stack(project, "prod", domain=DOMAIN)
    for stack in ("staging", "prod"):
        assert run_program(stack, project=project, overrides=[CONNECTED], preview=True).changes


@pytest.mark.long
@pytest.mark.long_if(r"\[|^- a list|aliases")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "config: [1]",
        "config: {edge-router:domain: text}",
        "config: {edge-router:domain: {aliases: 5}}",
        "config: {edge-router:domain: {aliases: [{secure: x}]}}",
        "a: [",
        "config: {other:domain: {aliases: [www.example.com]}}",
    ],
)
def test_what_a_file_does_not_say_plainly_is_not_known(project: Path, text: str) -> None:
    (project / "Pulumi.other.yaml").write_text(text)
    shipped_stack("prod", *MADE).reject_shared_aliases(project)


@pytest.mark.long
def test_aliases_in_other_files_are_found_whatever_else_is_wrong_there(project: Path) -> None:
    (project / "Pulumi.other.yaml").write_text("config: {edge-router:domain: {aliases: [5, www.example.com]}}")
    with pytest.raises(SettingsError, match=r"domain\.aliases\[0\] is 'www\.example\.com', which Pulumi\.other\.yaml"):
        shipped_stack("prod", *MADE).reject_shared_aliases(project)
