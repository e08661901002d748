"""Hosts of AWS's own as origins: what fails there is an error or a warning at preview."""

from __future__ import annotations

import json
from pathlib import Path

import botocore
import pytest

from infra.config.aws_hosts import API, BUCKET, DNS_SUFFIXES, FUNCTION_URL, WEBSITE, AwsHosts, find_service
from tests.infra.configs import problems_of, stack_of

WEBSITES = (
    "shop.s3-website-us-east-1.amazonaws.com",
    "www.example.com.s3-website.eu-central-1.amazonaws.com",
    "shop.s3-website.cn-north-1.amazonaws.com.cn",
    "shop.s3-website-us-gov-west-1.amazonaws.com",
    "shop.s3-website.eusc-de-east-1.amazonaws.eu",
    "Shop.S3-Website-us-west-2.amazonaws.com",
)
BUCKETS = (
    "shop.s3.amazonaws.com",
    "shop.s3.eu-west-1.amazonaws.com",
    "my.shop.s3.eu-west-1.amazonaws.com",
    "shop.s3-eu-west-1.amazonaws.com",
    "shop.s3.dualstack.us-east-2.amazonaws.com",
    "shop.s3-fips.us-gov-east-1.amazonaws.com",
    "shop.s3-fips.dualstack.us-east-1.amazonaws.com",
    "shop.s3-accelerate.amazonaws.com",
    "shop.s3-accelerate.dualstack.amazonaws.com",
    "shop.s3-external-1.amazonaws.com",
    "shop.s3.cn-northwest-1.amazonaws.com.cn",
    "s3.eu-west-1.amazonaws.com",
    "shop-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
    "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com",
    "shop--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com",
)
APIS = (
    "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com",
    "a1b2c3d4e5.execute-api.eu-west-1.api.aws",
    "a1b2c3d4e5.execute-api.cn-north-1.amazonaws.com.cn",
    "a1b2c3d4e5-vpce-01234567abcdef012.execute-api.us-east-1.amazonaws.com",
)
FUNCTION_URLS = (
    "abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-1.on.aws",
    "abcdefghijklmnopqrstuvwxyz012345.lambda-url.cn-north-1.on.amazonwebservices.com.cn",
)
OTHERS = (
    *("v1.example.com", "s3.example.com", "shop.s3.amazonaws.com.example.com", "s3-website.example.com"),
    *("d-a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com", "my-alb-1234567890.eu-west-1.elb.amazonaws.com"),
    *("ec2-203-0-113-25.compute-1.amazonaws.com", "lambda-url.eu-west-1.on.aws", "xs3.eu-west-1.amazonaws.com"),
    *(
        "d111111abcdef8.cloudfront.net",
        "shop.s3.eu-west-1.amazonaws.com.evil.example",
        "dynamodb.us-east-1.amazonaws.com",
    ),
)
SERVICES = [
    *((host, WEBSITE) for host in WEBSITES),
    *((host, BUCKET) for host in BUCKETS),
    *((host, API) for host in APIS),
    *((host, FUNCTION_URL) for host in FUNCTION_URLS),
    *((host, None) for host in OTHERS),
]


def origins_with(**stable: object) -> dict[str, object]:
    return {"stable": stable, "canary": {"domainName": "v2.example.com"}}


def tiers_with(**premium: object) -> dict[str, object]:
    return {"tiers": {"premium": premium}}


@pytest.mark.parametrize(("host", "service"), SERVICES)
def test_a_host_is_told_by_its_whole_name(host: str, service: AwsHosts | None) -> None:
    assert find_service(host) is service


def test_the_suffixes_are_those_of_all_partitions() -> None:
    partitions = json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text())["partitions"]
    assert {one["outputs"]["dnsSuffix"] for one in partitions} <= set(DNS_SUFFIXES)


@pytest.mark.parametrize("host", WEBSITES)
def test_a_website_of_s3_is_refused_over_https(host: str) -> None:
    text = f"protocol is 'https': {host} is the website of an S3 bucket, which speaks http only"
    assert problems_of(origins=origins_with(domainName=host)) == [f"edge-router:origins.stable.{text}"]
    assert problems_of(tier=tiers_with(domainName=host)) == [f"edge-router:tier.tiers.premium.{text}"]
    assert problems_of(origins=origins_with(domainName=host, protocol="http")) == []
    assert problems_of(tier=tiers_with(domainName=host, protocol="http")) == []


def test_a_website_of_s3_answers_on_one_port() -> None:
    assert problems_of(origins=origins_with(domainName=WEBSITES[0], protocol="http", port=8080)) == [
        f"edge-router:origins.stable.port is 8080: {WEBSITES[0]} is the website of an S3 bucket, which listens on port"
        " 80 only"
    ]


@pytest.mark.parametrize(
    ("host", "what"),
    [
        *((host, "the website of an S3 bucket") for host in WEBSITES[:2]),
        *((host, "an S3 bucket") for host in BUCKETS),
        *((host, "an API of API Gateway") for host in APIS),
        *((host, "the URL of a Lambda function") for host in FUNCTION_URLS),
    ],
)
def test_the_viewers_host_is_refused_where_only_its_own_is_served(host: str, what: str) -> None:
    text = (
        f"hostHeader is 'viewer': {host} is {what}, which serves requests with its own name as Host only, and"
        " responds to others with 403 or 404; write origin"
    )
    origin = {"domainName": host, "protocol": "http" if "website" in host else "https"}
    assert problems_of(origins=origins_with(**origin, hostHeader="viewer")) == [f"edge-router:origins.stable.{text}"]
    assert problems_of(tier=tiers_with(**origin, hostHeader="viewer")) == [f"edge-router:tier.tiers.premium.{text}"]
    assert problems_of(origins=origins_with(**origin)) == problems_of(tier=tiers_with(**origin)) == []


def test_a_function_url_has_no_other_name_and_an_api_may_have() -> None:
    for host in FUNCTION_URLS:
        assert problems_of(origins=origins_with(domainName=host, hostHeader=host)) == []
        [text] = problems_of(origins=origins_with(domainName=host, hostHeader="www.example.com"))
        assert text.startswith(f"edge-router:origins.stable.hostHeader is 'www.example.com': {host} is the URL of a")
    assert problems_of(origins=origins_with(domainName=APIS[0], hostHeader="api.example.com")) == []


def test_an_api_speaks_https_only() -> None:
    assert problems_of(origins=origins_with(domainName=APIS[0], protocol="http")) == [
        f"edge-router:origins.stable.protocol is 'http': {APIS[0]} is an API of API Gateway, which speaks https only"
    ]


@pytest.mark.parametrize("host", OTHERS)
def test_other_hosts_may_be_spoken_to_as_they_like(host: str) -> None:
    for origin in ({"hostHeader": "viewer"}, {"protocol": "http", "port": 8080}):
        assert problems_of(origins=origins_with(domainName=host, **origin)) == []
    assert stack_of(origins=origins_with(domainName=host)).warnings() == []


@pytest.mark.parametrize("host", BUCKETS)
def test_a_bucket_itself_is_a_warning_for_nobody_signs_the_request(host: str) -> None:
    text = (
        f"domainName is {host!r}, an S3 bucket: requests to custom origins are not signed, so a bucket that is not"
        " public responds with 403"
    )
    private = "; for a private one set bucket and region instead"
    assert stack_of(origins=origins_with(domainName=host)).warnings() == [f"origins.stable.{text}{private}"]
    assert stack_of(tier=tiers_with(domainName=host)).warnings() == [f"tier.tiers.premium.{text}"]
    tenants = {"allowedDomains": ["api.example.com", host]}
    assert stack_of(tenantLookup=tenants).warnings() == [
        f"tenantLookup.allowedDomains[1] {text.removeprefix('domainName ')}"
    ]


@pytest.mark.parametrize(
    "entry", [WEBSITES[0], *(f".s3-website{end}.amazonaws.com" for end in ("-us-east-1", ".eu-south-1"))]
)
def test_a_table_may_not_name_a_website_of_s3(entry: str) -> None:
    assert problems_of(tenantLookup={"allowedDomains": [".example.com", entry]}) == [
        f"edge-router:tenantLookup.allowedDomains has {entry!r}, the website of an S3 bucket: those speak http only,"
        " and tenants' backends are requested with https"
    ]


def test_both_origins_are_looked_at() -> None:
    both = {name: {"domainName": BUCKETS[1], "hostHeader": "viewer"} for name in ("stable", "canary", "other")}
    assert [text.partition(" ")[0] for text in problems_of(origins=both)] == [
        f"edge-router:origins.{name}.hostHeader" for name in both
    ]
