"""The components in somebody else's program: Outputs of other resources, several in one program, and their errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, cast, get_origin, get_type_hints
from zipfile import ZipFile

import pytest

from infra.config.base_model import validate
from infra.inputs.deferrable import DEFERRABLE, value_until_then
from infra.outputs import CanaryRoutingOutputs, EdgeRouterOutputs
from infra.settings.model import Settings
from simulator.standin.model.errors import ProgramError
from simulator.standin.program import Run, run_program
from tests.infra.configs import run_stack

INDEX, FORMER = "edge-router:index:EdgeRouter", "edge-router:infra:EdgeRouter"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
COOKIES = '"strategy": "cookie-version", "release": "r1"'
SHOP = f"""
import pulumi, pulumi_aws as aws
from infra.component import create_canary_routing, create_edge_router
site = aws.s3.Bucket("site", bucket="shop-site")
bucket = {{"bucket": site.id, "region": "eu-west-1"}}
first = create_edge_router("first", {{
    {COOKIES},
    "canaryPercent": 10.0,
    "origins": {{
        "stable": {{"domainName": pulumi.Output.concat(site.id, ".example.com")}},
        "canary": {{**bucket, "attachPolicy": True}},
    }},
    "security": {{"originSecret": pulumi.Output.secret("secret-of-the-origin")}},
}})
second = create_edge_router("second", {{
    {COOKIES},
    "namePrefix": "acme",
    "cookieVersion": {{"caching": "versioned"}},
    "origins": {{"stable": {{"domainName": "v1.example.com"}}, "canary": {{"domainName": "v2.example.com"}}}},
}})
routing = create_canary_routing("routing", {{
    {COOKIES},
    "alarms": {{}},
    "origins": {{"stable": {{**bucket, "path": "/v1"}}, "canary": {{**bucket, "path": "/v2"}}}},
}})
aws.cloudfront.Distribution(
    "own",
    enabled=True,
    origins=routing.outputs["origins"],
    default_cache_behavior={{
        "targetOriginId": routing.outputs["targetOriginId"],
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": routing.outputs["cachePolicyId"],
        "originRequestPolicyId": routing.outputs["originRequestPolicyId"],
        "lambdaFunctionAssociations": routing.outputs["lambdaFunctionAssociations"],
    }},
    restrictions={{"geoRestriction": {{"restrictionType": "none"}}}},
    viewer_certificate={{"cloudfrontDefaultCertificate": True}},
)
for component, outputs in {{"first": first.outputs, "second": second.outputs, "routing": routing.outputs}}.items():
    pulumi.export(component, outputs)
"""


class Shop:
    """A program of a project of its own, in Python, with its previews and updates."""

    def __init__(self, directory: Path, program: str) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory
        (directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (directory / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
        (directory / "__main__.py").write_text(program)

    def run(self, state: Mapping[str, object] | None = None, *, preview: bool = False) -> Run:
        return run_program("dev", project=self.directory, state=state, preview=preview)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"), SHOP)


@pytest.fixture(scope="module")
def updated(shop: Shop) -> Run:
    return shop.run()


def resources(run: Run) -> list[dict[str, Any]]:
    return cast("Mapping[str, Any]", run.state["deployment"])["resources"]


def resource(run: Run, kind: str, name: str) -> dict[str, Any]:
    return next(one for one in resources(run) if one["type"] == kind and one["urn"].endswith(f"::{name}"))


def baked_config(run: Run, name: str) -> dict[str, Any]:
    code = resource(run, "aws:lambda/function:Function", name)["inputs"]["code"]
    with ZipFile(code["path"]) as archive:
        return json.loads(archive.read("config.json"))


def problem_of(tmp_path: Path, inputs: str, create: str = "create_edge_router") -> str:
    """What a program with these inputs ends with."""
    program = f"""
import pulumi, pulumi_aws as aws
from infra.component import create_canary_routing, create_edge_router
later = aws.s3.Bucket("site", bucket="shop-site").id
ORIGINS = {{"stable": {{"domainName": "a.example.com"}}, "canary": {{"domainName": "b.example.com"}}}}
{create}("web", {{{COOKIES}, "origins": ORIGINS, **{inputs}}})
"""
    with pytest.raises(ProgramError) as caught:
        Shop(tmp_path, program).run()
    return str(caught.value)


def test_a_preview_says_what_is_known_and_the_values_of_other_resources_follow(shop: Shop, updated: Run) -> None:
    planned = shop.run(preview=True)
    assert [(one.op, one.urn) for one in planned.changes] == [(one.op, one.urn) for one in updated.changes]
    first = cast("Mapping[str, object]", planned.outputs["first"])
    assert (first["domain"], first["canaryPercent"], first["strategy"]) == ("[unknown]", 10, "cookie-version")
    (origin,) = resource(updated, DISTRIBUTION, "first-distribution")["inputs"]["origins"]
    assert origin["domainName"] == "shop-site.example.com"
    assert (
        baked_config(updated, "first-function")["origins"]["canary"]["domain_name"]
        == "shop-site.s3.eu-west-1.amazonaws.com"
    )
    policy = resource(updated, "aws:s3/bucketPolicy:BucketPolicy", "first-policy-canary")["inputs"]
    assert (policy["bucket"], "arn:aws:s3:::shop-site/*" in policy["policy"]) == ("shop-site", True)


@pytest.mark.long
def test_the_policy_of_a_bucket_that_becomes_a_plain_value_is_the_same(tmp_path: Path, updated: Run) -> None:
    """Under another name it would be created anew, and then the bucket's only policy be deleted."""
    plain = Shop(tmp_path, SHOP.replace('"bucket": site.id', '"bucket": "shop-site"')).run(updated.state)
    policies = {one.op for one in plain.changes if "bucketPolicy" in one.urn}
    assert policies == {"same"}


@pytest.mark.long
def test_an_update_without_changes_changes_nothing(shop: Shop, updated: Run) -> None:
    assert {one.op for one in shop.run(updated.state).changes} == {"same"}


def test_a_secret_stays_one_and_makes_no_secret_of_its_surroundings(updated: Run) -> None:
    (origin,) = resource(updated, DISTRIBUTION, "first-distribution")["inputs"]["origins"]
    assert "secret-of-the-origin" not in json.dumps(updated.state)
    assert origin["customHeaders"][0]["name"] == "x-origin-verify"


def test_packages_are_in_the_project_of_the_caller_and_not_in_its_repository(shop: Shop, updated: Run) -> None:
    code = resource(updated, "aws:lambda/function:Function", "routing-function")["inputs"]["code"]
    assert Path(code["path"]).parent == shop.directory / ".edge-router" / "dev"
    assert (shop.directory / ".edge-router" / ".gitignore").read_text() == "*\n"


def test_resources_of_a_component_have_its_name(updated: Run) -> None:
    inside = {one["urn"].rpartition("::")[2] for one in resources(updated) if "edge-router:index" in one["urn"]}
    assert {name.partition("-")[0] for name in inside} == {"first", "second", "routing"}
    roles = [one["inputs"]["name"] for one in resources(updated) if one["type"] == "aws:iam/role:Role"]
    assert sorted(roles) == ["acme", "shop-dev-first", "shop-dev-routing"]


def test_origins_in_a_bucket_that_is_known_later_are_asked_by_the_router(updated: Run) -> None:
    """CloudFront could sign for both, but whether they are in one bucket is not known when that has to be decided."""
    signs = {name: one["signs"] for name, one in baked_config(updated, "routing-function")["private"].items()}
    assert signs == {"stable": True, "canary": True}
    own = resource(updated, DISTRIBUTION, "own")["inputs"]
    assert [one["eventType"] for one in own["defaultCacheBehavior"]["lambdaFunctionAssociations"]] == [
        "origin-request",
        "origin-response",
    ]


@pytest.mark.parametrize(
    ("component", "typed"),
    [("first", EdgeRouterOutputs), ("second", EdgeRouterOutputs), ("routing", CanaryRoutingOutputs)],
)
def test_outputs_are_those_that_are_typed(updated: Run, component: str, typed: type) -> None:
    outputs = cast("Mapping[str, object]", updated.outputs[component]).keys()
    hints = get_type_hints(typed, include_extras=True)
    required = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    assert required <= outputs <= hints.keys()


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (
            '{"canaryPercent": 101, "stickySession": {"cooky": "sid"}}',
            "2 invalid settings:\n"
            "  inputs.canaryPercent is 101: a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5\n"
            "  inputs.stickySession.cooky is an unknown key: did you mean cookie?",
        ),
        (
            '{"release": later}',
            "1 invalid setting:\n  inputs.release is an Output: it decides which resources there are or what they are"
            " called, and has to be a plain value. Outputs may be origins.*.domainName, origins.*.bucket,",
        ),
        (
            '{"origins": {**ORIGINS, "canary": {"domainName": pulumi.Output.concat("https://", later)}}}',
            "1 invalid setting:\n  inputs.origins.canary.domainName is 'https://shop-site'",
        ),
        (
            '{"override": {"header": "x-qa", "secret": pulumi.Output.secret("short-one")}}',
            "1 invalid setting:\n  inputs.override.secret has 9 characters: at least 16 random ones keep others out",
        ),
        (
            '{"origins": {one: {"bucket": later, "region": "eu-west-1", "attachPolicy": True} for one in ORIGINS}}',
            "1 invalid setting:\n  inputs.origins.canary.attachPolicy is true, as that of stable, whose bucket is the"
            " same, 'shop-site': a bucket has one policy. Set it to true for one of them",
        ),
        (
            '{"namePrefix": "a b"}',
            "1 invalid setting:\n  inputs.namePrefix is 'a b': 1 to 100 letters, digits, - and _",
        ),
        (
            f'{{"namePrefix": "{"a" * 60}"}}',
            f"1 invalid setting:\n  the function would be called '{'a' * 60}-aaaaaaaa', which has 69 characters: Lambda"
            " takes 64. Give a shorter beginning of names: inputs.namePrefix",
        ),
        (
            '{"demo": {"hosts": True}}',
            "1 invalid setting:\n  inputs.demo is for the project's own stacks: leave it out",
        ),
    ],
)
def test_a_mistake_names_its_property_path(tmp_path: Path, inputs: str, text: str) -> None:
    assert problem_of(tmp_path, inputs).startswith(text)


def test_settings_of_a_distribution_are_no_inputs_of_canary_routing(tmp_path: Path) -> None:
    """The message says where the setting belongs instead."""
    inputs = (
        '{"priceClass": "PriceClass_100", "accessLogs": "v2", "staticPaths": ["/static/*"],'
        ' "security": {"responseHeaders": False, "webAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/'
        '01234567-89ab-cdef-0123-456789abcdef"},'
        ' "domain": {"aliases": ["www.example.com"], "hostedZoneId": "Z0123456789ABCDEFGHIJ"},'
        ' "failover": {"paths": ["/shop/*"], "statusCodes": [503], "to": {"stable": "canary"}},'
        ' "skew": {"mode": "fallback", "paths": ["/assets/*"]}, "validator": {"function": True}}'
    )
    assert problem_of(tmp_path, inputs, "create_canary_routing") == "9 invalid settings:\n" + "\n".join(
        f"  inputs.{path} is about the distribution, which is not this component's: {instead}"
        for path, instead in (
            ("domain", "set aliases and viewerCertificate there"),
            ("staticPaths", "add orderedCacheBehaviors there, with the target origin stable and without functions"),
            ("failover", "only EdgeRouter makes origin groups that its router knows"),
            ("skew.mode", "fallback needs the origin groups of EdgeRouter; leave it out, or set it to build"),
            ("priceClass", "set priceClass there"),
            ("security.webAclArn", "set webAclId there"),
            ("security.responseHeaders", "set responseHeadersPolicyId of its behaviors there"),
            ("accessLogs", "set up its logs there"),
            ("validator", "only EdgeRouter has a function that validates it"),
        )
    )


def test_what_stands_in_for_a_value_follows_its_rules() -> None:
    given: dict[str, Any] = {
        "strategy": "cookie-version",
        "release": "r1",
        "control": "live",
        "origins": {name: {} for name in ("stable", "canary", "bucket", "function")},
        "domain": {"aliases": ["www.example.com"]},
        "override": {"header": "x-qa"},
        "jwtIat": {"algorithm": "HS256", "releasedAt": "2026-11-01T00:00:00Z"},
        "tier": {"default": "basic", "tiers": {"premium": {}}},
    }
    kinds = {"bucket": ("bucket", "region"), "function": ("functionUrl", "functionArn")}
    for entry in DEFERRABLE:
        names = {"origins": given["origins"], "tier": ["premium"]}.get(entry.partition(".")[0], [0])
        for name in names:
            if entry.startswith("origins") and entry.rpartition(".")[2] not in kinds.get(name, ("domainName",)):
                continue
            *above, last = (name if step == "*" else step for step in entry.split("."))
            inner = given
            for step in above:
                inner = inner.setdefault(step, {})
            value = value_until_then((*above, last), inner)
            inner[last] = value
    for section, key, *of_a_list in (entry.split(".") for entry in DEFERRABLE if entry.endswith(".*")):
        assert of_a_list == ["*"]
        given[section][key] = list(given[section][key].values())
    given["stickySession"] |= {"rememberInCookie": True, "signedCookie": "express"}
    settings = validate(Settings, given, "inputs.")
    assert settings.origins["function"].function_region == "us-east-1"


@pytest.mark.long
def test_a_state_of_a_former_version_is_taken_over_without_replacement() -> None:
    """Up to 0.2 the component had another type, which is part of the URN of everything in it."""
    now = run_stack("local")
    former = json.loads(json.dumps(now.state).replace(INDEX, FORMER))
    changes = run_stack("local", state=former).changes
    assert {one.op for one in changes} == {"same"}
    assert [one for one in changes if FORMER in one.urn] == []
