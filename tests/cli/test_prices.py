"""Prices of `edge-router cost`: AWS's price list where it can be read, bundled figures with their pages else."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import cli.cost.prices
from cli.cost.prices import FILE, bundled_prices, find_prices
from cli.stacks.aws import Patience
from tests.cli.conftest import Result
from tests.cli.fake_pricing import FakePricing, flat, product

Run = Callable[..., Result]
REQUESTS = ("AmazonCloudFront", "US-Requests-Tier2-HTTPS")
READS = ("AmazonCloudFront", "KeyValueStore-EdgeReads")
TIER = ("cost", "--requests", "10000000", "--strategy", "tier")
MISSING = "the price list has no such product"


@pytest.fixture
def pricing(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePricing]:
    """AWS's price list with nothing in it, and credentials to read it with."""
    del run  # which takes what is AWS's out of the environment first
    fake = FakePricing()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL": fake.url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield fake
    fake.close()


def items(result: Result) -> dict[str, dict[str, Any]]:
    [strategy] = result.document["strategies"]
    return {item["price"]: item for item in strategy["items"]}


def test_prices_are_what_the_list_says_today(pricing: FakePricing, run: Run) -> None:
    pricing.products = [flat(*REQUESTS, "0.0000020000"), flat("AWSLambda", "US-Requests-Tier2-HTTPS", "1")]
    item = items(run(*TIER, "--json"))["cloudfront-requests"]
    assert item["usd"] == 20.0
    assert item["source"] == {
        "from": "price list",
        "reason": None,
        "page": "AWS Price List, AmazonCloudFront, US-Requests-Tier2-HTTPS",
        "url": "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonCloudFront/current/index.json",
        "asOf": "2026-11-20",
    }


def test_what_the_list_lacks_is_bundled_and_says_so(pricing: FakePricing, run: Run) -> None:
    pricing.products = [flat(*REQUESTS, "0.000002")]
    item = items(run(*TIER, "--json"))["store-reads"]
    assert item["usd"] == 0.30
    assert item["source"] == {
        "from": "bundled",
        "reason": MISSING,
        "page": "Amazon CloudFront Pricing, pay-as-you-go",
        "url": "https://aws.amazon.com/cloudfront/pricing/pay-as-you-go/",
        "asOf": "2026-09-06",
    }
    lines = run(*TIER).out.splitlines()
    assert "AWS's price list as of 2026-11-20 (cloudfront-requests)" in lines
    others = "cloudfront-transfer, function-invocations, store-reads, log-ingestion"
    assert f"Bundled as of 2026-08-01 to 2026-09-06 ({others}): {MISSING}" in lines


def test_only_what_is_used_is_asked_for_and_with_its_filters(pricing: FakePricing, run: Run) -> None:
    logs = ("AmazonCloudWatch", "USE1-DataProcessing-Bytes")
    pricing.products = [flat(*logs, "7"), flat(*logs, "0.6", operation="PutLogEvents")]
    found = items(run(*TIER, "--json"))
    assert pricing.asked == [
        *("US-Requests-Tier2-HTTPS", "US-DataTransfer-Out-Bytes", "Executions-CloudFrontFunctions"),
        *("KeyValueStore-EdgeReads", "USE1-DataProcessing-Bytes"),
    ]
    assert found["log-ingestion"]["source"]["from"] == "price list"


def test_steps_of_the_list_are_taken_in_their_order(pricing: FakePricing) -> None:
    pricing.products = [
        product(
            *("AmazonCloudFront", "US-DataTransfer-Out-Bytes"),
            ("10240", "51200", {"USD": "0.08"}),
            ("51200", "Inf", {"USD": "0.06"}),
            ("0", "10240", {"USD": "0.09"}),
        )
    ]
    price = find_prices(["cloudfront-transfer"])["cloudfront-transfer"]
    assert price.cost(Decimal(61_440)) == 10_240 * Decimal("0.09") + 40_960 * Decimal("0.08") + 10_240 * Decimal("0.06")
    assert price.free == 1024  # which this list has elsewhere: as the page has it


def test_a_first_step_for_nothing_is_the_free_tier(pricing: FakePricing) -> None:
    steps = (("0", "3", "0"), ("3", "10", "0.5"), ("10", "Inf", "0.25"))
    pricing.products = [product(*READS, *((begin, end, {"USD": each}) for begin, end, each in steps))]
    price = find_prices(["store-reads"])["store-reads"]
    assert price.cost(Decimal(11)) == 7 * Decimal("0.5") + 4 * Decimal("0.25")
    assert price.cost(Decimal(11), has_free_tier=True) == 7 * Decimal("0.5") + 1 * Decimal("0.25")


def test_products_that_agree_are_one_on_however_many_pages(pricing: FakePricing) -> None:
    pricing.products = [flat(*READS, "0.00000004"), flat(*READS, "0.00000004", operation="get")]
    price = find_prices(["store-reads"])["store-reads"]
    assert (price.cost(Decimal(1_000_000)), price.source.reason) == (Decimal("0.04"), "")
    assert pricing.asked == ["KeyValueStore-EdgeReads"] * 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("products", "reason"),
    [
        ([], MISSING),
        ([product(*READS, ("0", "Inf", {"CNY": "0.2"}))], "the price list has it in CNY only"),
        ([flat(*READS, "0.1"), flat(*READS, "0.2")], "the price list has 2 prices for it"),
        ([product(*READS, ("5", "Inf", {"USD": "1"}))], "the price list's steps have gaps"),
        ([product(*READS, ("0", "5", {"USD": "1"}))], "the price list's steps come to an end"),
        ([product(*READS)], "the price list's steps come to an end"),
        ([flat(*READS, "a dime")], "the price list's product cannot be read"),
        (['{"terms": {}}'], "the price list's product cannot be read"),
        (['{"terms": {"OnDemand": {}}}'], "the price list's product cannot be read"),
        (["{"], "the price list's product cannot be read"),
        (["[]"], "the price list's product cannot be read"),
    ],
)
def test_a_product_without_a_usable_price_is_bundled(products: list[Any], reason: str, pricing: FakePricing) -> None:
    pricing.products = products
    price = find_prices(["store-reads"])["store-reads"]
    assert price == bundled_prices()["store-reads"].because(reason)


@pytest.mark.long_if(r"^refusal[1-4]")
@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (("AccessDeniedException", "", 400), "the permission to call GetProducts is missing (without a message)"),
        (
            ("ThrottlingException", "Rate exceeded", 400),
            "AWS throttles GetProducts in us-east-1 (ThrottlingException): nothing is lost, run it again in a minute",
        ),
        (
            ("ExpiredTokenException", "", 400),
            "the credentials have expired (ExpiredTokenException): get new ones (aws sso login, aws login) and run it"
            " again",
        ),
        (
            ("UnrecognizedClientException", "", 400),  # as to credentials of the partition aws-cn
            "AWS does not know these credentials (UnrecognizedClientException): run `aws sts get-caller-identity`; a"
            " Region that is not enabled in the account responds like this too",
        ),
        (
            ("InternalErrorException", "", 500),
            "AWS failed at GetProducts in us-east-1 (InternalErrorException): nothing is lost, run it again in a"
            " minute",
        ),
    ],
)
def test_after_a_refusal_nothing_is_asked_and_all_is_bundled(
    refusal: tuple[str, str, int], reason: str, pricing: FakePricing, run: Run
) -> None:
    pricing.refusal = refusal
    result = run(*TIER)
    assert (result.exit_code, result.err) == (0, "")
    assert f"Bundled as of 2026-08-01 to 2026-09-06: to read the price list: {reason}" in result.out.splitlines()
    assert pricing.asked == ["US-Requests-Tier2-HTTPS"]


def test_what_was_read_before_a_refusal_stays(pricing: FakePricing, monkeypatch: pytest.MonkeyPatch) -> None:
    pricing.products = [flat(*REQUESTS, "0.000002")]
    answer = pricing.respond

    def refuse_the_second(*request: Any) -> Any:
        found = answer(*request)
        pricing.refusal = ("AccessDeniedException", "", 400)
        return found

    monkeypatch.setattr(pricing, "respond", refuse_the_second)
    found = find_prices(["cloudfront-requests", "store-reads"])
    assert found["cloudfront-requests"].source.as_of == "2026-11-20"
    assert found["store-reads"].source.reason.endswith(
        "the permission to call GetProducts is missing (without a message)"
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "no response in us-east-1"),
        ("AWS_ENDPOINT_URL", "nowhere", "Invalid endpoint: nowhere"),
        ("AWS_PROFILE", "nobody", "The config profile (nobody) could not be found"),
    ],
)
def test_without_a_way_to_aws_all_is_bundled(
    name: str, value: str, reason: str, pricing: FakePricing, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    result = run(*TIER)
    assert (result.exit_code, result.err) == (0, "")
    assert reason in result.out
    assert pricing.asked == []


def test_a_price_list_that_does_not_answer_is_not_waited_for(
    pricing: FakePricing, monkeypatch: pytest.MonkeyPatch
) -> None:
    del pricing
    monkeypatch.setattr(cli.cost.prices, "BRIEFLY", Patience(0.2, 0.2, 1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        price = find_prices(["store-reads"])["store-reads"]
    assert price.source.reason.startswith("to read the price list: the connection broke in us-east-1")


def test_an_unknown_region_changes_nothing(pricing: FakePricing, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pricing.products = [flat(*REQUESTS, "0.000002")]
    monkeypatch.setenv("AWS_DEFAULT_REGION", "nowhere-1")
    assert items(run(*TIER, "--json"))["cloudfront-requests"]["source"]["from"] == "price list"


def test_offline_aws_is_not_asked(pricing: FakePricing, run: Run) -> None:
    result = run(*TIER, "--offline")
    assert "Bundled as of 2026-08-01 to 2026-09-06: as --offline has it" in result.out.splitlines()
    assert pricing.asked == []


def test_a_bundled_figure_stands_in_what_its_page_says() -> None:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    for key, price in bundled_prices().items():
        given = document["prices"][key]
        assert price.source.url.startswith("https://"), key
        assert re.search(r"\baws\.amazon\.com/|\.amazonaws\.com/", price.source.url), key
        assert date.fromisoformat(price.source.as_of) <= date(2026, 11, 28), key
        for dollars in [each for _, each in given.get("tiers", [])] or [given["usd"]]:
            assert re.search(rf"(?<![\d.]){re.escape(dollars)}(?!\d)", given["says"]), key
        if free := given.get("free"):
            assert free["page"] in document["pages"], key
            assert date.fromisoformat(free["date"]), key
            assert re.match(r"(the free tier provides )?[\d,]+(M| TB)?\b", free["says"]), key
    used = [price["page"] for price in document["prices"].values()]
    used += [price["free"]["page"] for price in document["prices"].values() if "free" in price]
    assert set(used) == set(document["pages"])


def test_a_figure_without_a_page_is_no_price(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(FILE.read_text(encoding="utf-8"))
    del document["prices"]["store-reads"]["page"]
    (tmp_path / "prices.json").write_text(json.dumps(document))
    monkeypatch.setattr(cli.cost.prices, "FILE", tmp_path / "prices.json")
    result = run(*TIER)
    assert "edge code\tkey-value store\t10,000,000.00 reads\tnot priced" in result.out
    assert result.err == (
        "warning: not priced and in no total, for no page of AWS's was found with a figure: store-reads\n"
    )
    document = run(*TIER, "--json").document
    assert document["prices"]["notPriced"] == ["store-reads"]
    [strategy] = document["strategies"]
    assert [item["usd"] for item in strategy["items"] if item["price"] == "store-reads"] == [None]
    assert strategy["usd"] == round(sum(item["usd"] or 0 for item in strategy["items"]), 2)


@pytest.mark.parametrize(
    ("quantity", "dollars"),
    [
        (0, "0"),
        (10_240, "870.4"),
        (61_440, "4761.6"),  # 10,240 × 0.085 + 40,960 × 0.080 + 10,240 × 0.060
        # 870.40 + 3,276.80 + 102,400 × 0.060 + 358,400 × 0.040 + 536,576 × 0.030 + 4,194,304 × 0.025 + 1 × 0.020
        (5_242_881, "145582.10"),
    ],
)
def test_data_gets_cheaper_in_steps(quantity: int, dollars: str) -> None:
    assert bundled_prices()["cloudfront-transfer"].cost(Decimal(quantity)) == Decimal(dollars)
