"""The Price List Query API over HTTP on this machine: products in the documented shape, a page each, and refusals.

Shape: "GetProducts" (AWS Billing and Cost Management API Reference) and "Reading the service price list file for an AWS
service" (Billing User Guide).
"""

from __future__ import annotations

import json
from email.message import Message
from typing import Any

from tests.cli.http_fake import Answer, HttpFake

TERM = "JRTCKXETXF"
PUBLISHED = "2026-11-20T09:12:31Z"
Dimension = tuple[str, str, dict[str, str]]
"""Where it begins, where it ends, and the price for one by its currency."""


def product(
    service: str, usagetype: str, *dimensions: Dimension, published: str = PUBLISHED, **attributes: str
) -> dict[str, Any]:
    """One product with one term on demand."""
    sku = "RN2BPS8XT2GYJ4UF"
    return {
        "product": {
            "productFamily": "Serverless",
            "attributes": {"servicecode": service, "usagetype": usagetype, "regionCode": "us-east-1", **attributes},
            "sku": sku,
        },
        "serviceCode": service,
        "terms": {
            "OnDemand": {
                f"{sku}.{TERM}": {
                    "priceDimensions": {
                        f"{sku}.{TERM}.{number}": {
                            "unit": "Requests",
                            "beginRange": begin,
                            "endRange": end,
                            "description": f"{each} for {usagetype}",
                            "appliesTo": [],
                            "rateCode": f"{sku}.{TERM}.{number}",
                            "pricePerUnit": each,
                        }
                        for number, (begin, end, each) in enumerate(dimensions)
                    },
                    "sku": sku,
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "offerTermCode": TERM,
                    "termAttributes": {},
                }
            }
        },
        "version": "20261120091231",
        "publicationDate": published,
    }


def flat(service: str, usagetype: str, dollars: str, **attributes: str) -> dict[str, Any]:
    """A product with one price for any quantity."""
    return product(service, usagetype, ("0", "Inf", {"USD": dollars}), **attributes)


class FakePricing(HttpFake):
    """`products` are documents, or texts that are none; `refusal` is a code, AWS's words and a status for every call.

    `asked` are the usage types in order.
    """

    def __init__(self) -> None:
        self.products: list[dict[str, Any] | str] = []
        self.refusal: tuple[str, str, int] | None = None
        self.asked: list[str] = []
        super().__init__()

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        assert headers["X-Amz-Target"] == "AWSPriceListService.GetProducts"
        assert "/us-east-1/pricing/aws4_request" in headers["Authorization"]
        said = {"Content-Type": "application/x-amz-json-1.1"}
        asked = json.loads(body)
        filters = {one["Field"]: one["Value"] for one in asked["Filters"]}
        assert {one["Type"] for one in asked["Filters"]} == {"TERM_MATCH"}
        self.asked.append(filters["usagetype"])
        if self.refusal:
            code, message, status = self.refusal
            return status, said, json.dumps({"__type": code, "Message": message})
        found = [one if isinstance(one, str) else json.dumps(one) for one in self.products if _matches(one, asked)]
        start = int(asked.get("NextToken", 0))
        page: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": found[start : start + 1]}
        if start + 1 < len(found):
            page["NextToken"] = str(start + 1)
        return 200, said, json.dumps(page)


def _matches(one: dict[str, Any] | str, asked: dict[str, Any]) -> bool:
    """A text that is not a document is everybody's."""
    if isinstance(one, str):
        return True
    attributes = one["product"]["attributes"]
    wanted = {filter["Field"]: filter["Value"] for filter in asked["Filters"]} | {"servicecode": asked["ServiceCode"]}
    return all(attributes.get(field) == value for field, value in wanted.items())
