"""REST APIs of API Gateway in the stand-in: what has to be there before what, and addresses of the right form."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.standin.provider import StandIn

pytestmark = pytest.mark.long  # of the sample's mock back ends

API = "aws:apigateway/restApi:RestApi"
RESOURCE = "aws:apigateway/resource:Resource"
METHOD = "aws:apigateway/method:Method"
INTEGRATION = "aws:apigateway/integration:Integration"
METHOD_RESPONSE = "aws:apigateway/methodResponse:MethodResponse"
INTEGRATION_RESPONSE = "aws:apigateway/integrationResponse:IntegrationResponse"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
STAGE = "aws:apigateway/stage:Stage"


def urn(kind: str) -> str:
    return f"urn:pulumi:dev::edge-router::{kind}::mock"


class Account:
    """A stand-in with an API that has no methods yet."""

    def __init__(self) -> None:
        self.stand_in = StandIn("eu-west-1")
        self.api, self.outputs = self.create(API, name="mock")
        self.place = {"restApi": self.api, "resourceId": self.outputs["rootResourceId"], "httpMethod": "POST"}

    def create(self, kind: str, **inputs: Any) -> tuple[str, dict[str, Any]]:
        checked, failures = self.stand_in.check(kind, urn(kind), inputs)
        assert failures == []
        return self.stand_in.create(kind, urn(kind), checked)

    def failures(self, kind: str, **inputs: Any) -> list[str]:
        return [str(failure) for failure in self.stand_in.check(kind, urn(kind), inputs)[1]]

    def method(self) -> None:
        self.create(METHOD, **self.place, authorization="NONE")

    def deployment(self) -> list[str]:
        return self.failures(DEPLOYMENT, restApi=self.api)


@pytest.fixture
def account() -> Account:
    return Account()


def test_addresses_have_the_forms_of_the_service(account: Account) -> None:
    api = account.api
    assert account.outputs["arn"] == f"arn:aws:apigateway:eu-west-1::/restapis/{api}"
    assert account.outputs["executionArn"] == f"arn:aws:execute-api:eu-west-1:123456789012:{api}"
    account.method()
    account.create(INTEGRATION, **account.place, type="MOCK")
    deployment, _ = account.create(DEPLOYMENT, restApi=api)
    identity, stage = account.create(STAGE, restApi=api, deployment=deployment, stageName="demo")
    assert identity == f"ags-{api}-demo"
    assert stage["invokeUrl"] == f"https://{api}.execute-api.eu-west-1.amazonaws.com/demo"


def test_paths_are_joined_below_the_root(account: Account) -> None:
    orders, above = account.create(
        RESOURCE, restApi=account.api, parentId=account.place["resourceId"], pathPart="orders"
    )
    assert above["path"] == "/orders"
    inputs = {"restApi": account.api, "parentId": orders, "pathPart": "{proxy+}"}
    checked, _ = account.stand_in.check(RESOURCE, urn(RESOURCE) + "-below", inputs)
    assert account.stand_in.create(RESOURCE, urn(RESOURCE) + "-below", checked)[1]["path"] == "/orders/{proxy+}"


def test_a_deployment_needs_methods_and_each_its_integration(account: Account) -> None:
    [none] = account.deployment()
    assert none.endswith("that REST API doesn't contain any methods")
    account.method()
    [missing] = account.deployment()
    assert missing.endswith(f"no integration defined for method POST of resource {account.place['resourceId']}")
    account.create(INTEGRATION, **account.place, type="MOCK")
    assert account.deployment() == []


def test_the_parts_of_an_answer_come_one_after_another(account: Account) -> None:
    of = " ".join(account.place.values())
    [no_method] = account.failures(INTEGRATION, **account.place, type="MOCK")
    assert no_method.endswith(f"has no method yet: there is none of {of} in this deployment")
    account.method()
    account.create(INTEGRATION, **account.place, type="MOCK")
    [no_response] = account.failures(INTEGRATION_RESPONSE, **account.place, statusCode="200")
    assert no_response.endswith(f"has no method response yet: there is none of {of} 200 in this deployment")
    account.create(METHOD_RESPONSE, **account.place, statusCode="200")
    assert account.failures(INTEGRATION_RESPONSE, **account.place, statusCode="200") == []


def test_what_is_not_of_this_api_is_refused(account: Account) -> None:
    [api] = account.failures(STAGE, restApi="abc", stageName="demo", deployment="nothing")[:1]
    assert api.endswith("is 'abc': there is no such REST API in this deployment")
    [resource] = account.failures(METHOD, **{**account.place, "resourceId": "xyz"}, authorization="NONE")
    assert resource.endswith("is 'xyz': there is no such resource of this API")
    [stage] = account.failures(STAGE, restApi=account.api, stageName="demo", deployment="nothing")
    assert stage.endswith("is 'nothing': there is no such deployment of this API")


@pytest.mark.parametrize(
    ("kind", "inputs", "wrong"),
    [
        (API, {"endpointConfiguration": {"types": "GLOBAL"}}, "endpointConfiguration.types"),
        (METHOD, {"httpMethod": "FETCH", "authorization": "NONE"}, "httpMethod"),
        (METHOD, {"authorization": "PASSWORD"}, "authorization"),
        (INTEGRATION, {"type": "FAKE", "uri": "https://www.example.com"}, "type"),
        (INTEGRATION, {"type": "MOCK", "passthroughBehavior": "ALWAYS"}, "passthroughBehavior"),
        (METHOD_RESPONSE, {"statusCode": "999"}, "statusCode"),
    ],
)
def test_values_that_the_service_does_not_know_are_refused(
    account: Account, kind: str, inputs: dict[str, Any], wrong: str
) -> None:
    account.method()
    place = {"name": "mock"} if kind == API else account.place
    failures = account.failures(kind, **{**place, **inputs})
    assert [failure.partition(" is ")[0] for failure in failures] == [f"{wrong}:"]


@pytest.mark.parametrize("part", ["a/b", "", "{proxy", "{proxy*}"])
def test_a_resource_is_one_step_of_a_path(account: Account, part: str) -> None:
    inputs = {"restApi": account.api, "parentId": account.place["resourceId"], "pathPart": part}
    assert account.failures(RESOURCE, **inputs) == [
        f"pathPart: is {part!r}: must be one step of a path, {{name}} or {{name+}}"
    ]
