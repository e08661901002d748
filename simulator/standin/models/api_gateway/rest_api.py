"""aws:apigateway: a REST API, its resources, its deployments and its stages."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import CREATED_AT, LOWER, Creation, Properties, ResourceModel, Scope, draw, words
from simulator.standin.model.rules import among_aws, matching
from simulator.standin.models.api_gateway.methods import (
    INTEGRATION_TYPE,
    METHOD_TYPE,
    RESOURCE_TYPE,
    REST_API_TYPE,
    check_api,
)

DEPLOYMENT_TYPE = "aws:apigateway/deployment:Deployment"


def _compute_api(creation: Creation) -> dict[str, object]:
    return {
        "createdDate": CREATED_AT,
        "executionArn": creation.scope.arn("execute-api", creation.id, creation.region),
        "rootResourceId": draw(LOWER, 10, "root", creation.urn),
    }


def _check_resource(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from check_api(inputs, scope)
    parent = inputs.get("parentId")
    if isinstance(parent, str) and not (_resource_path(parent, scope)):
        yield Failure("parentId", f"is {parent!r}: there is no such resource in this deployment")


def _resource_path(resource_id: str, scope: Scope) -> str:
    """The path of a resource, "/" for an API's root; "" where there is none."""
    if scope.find(REST_API_TYPE, rootResourceId=resource_id) is not None:
        return "/"
    known = scope.existing.get((RESOURCE_TYPE, resource_id))
    return str(known.outputs.get("path")) if known else ""


def _compute_resource(creation: Creation) -> dict[str, object]:
    parent = _resource_path(str(creation.inputs["parentId"]), creation.scope).rstrip("/")
    return {"path": f"{parent}/{creation.inputs['pathPart']}"}


def _check_deployment(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """CreateDeployment refuses an API that could not answer."""
    yield from check_api(inputs, scope)
    api = inputs.get("restApi")
    if not isinstance(api, str):
        return
    methods, integrations = (_of_api(api, kind, scope) for kind in (METHOD_TYPE, INTEGRATION_TYPE))
    if not methods:
        yield Failure("restApi", f"is {api!r}: that REST API doesn't contain any methods")
    for resource, method in sorted(methods - integrations):
        yield Failure("restApi", f"is {api!r}: no integration defined for method {method} of resource {resource}")


def _of_api(api: str, kind: str, scope: Scope) -> set[tuple[str, str]]:
    """(resource id, method) of an API's methods or integrations."""
    return {
        (str(known.outputs["resourceId"]), str(known.outputs["httpMethod"]))
        for (found, _), known in scope.existing.items()
        if found == kind and known.outputs.get("restApi") == api
    }


def _check_stage(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from check_api(inputs, scope)
    deployment = inputs.get("deployment")
    if isinstance(deployment, str):
        known = scope.existing.get((DEPLOYMENT_TYPE, deployment))
        if known is None or known.outputs.get("restApi") != inputs.get("restApi"):
            yield Failure("deployment", f"is {deployment!r}: there is no such deployment of this API")


def _compute_stage(creation: Creation) -> dict[str, object]:
    api, stage = creation.inputs["restApi"], creation.inputs["stageName"]
    return {
        "arn": f"arn:aws:apigateway:{creation.region}::/restapis/{api}/stages/{stage}",
        "executionArn": creation.scope.arn("execute-api", f"{api}/{stage}", creation.region),
        "invokeUrl": f"https://{api}.execute-api.{creation.region}.amazonaws.com/{stage}",
        "webAclArn": "",
    }


REST_API = ResourceModel(
    type=REST_API_TYPE,
    args="apigateway.RestApiArgs",
    modelled=words("description disableExecuteApiEndpoint endpointConfiguration name region tags"),
    # ARNs of API Gateway have no account number; those that invoke an API have one.
    arn="arn:aws:apigateway:{region}::/restapis/{id}",
    identify=lambda creation: draw(LOWER, 10, creation.urn),
    compute=_compute_api,
    computed=words("createdDate executionArn rootResourceId"),
    defaults={"disableExecuteApiEndpoint": False},
    rules={"endpointConfiguration.types": among_aws("apigateway", "EndpointType")},
    named=255,
)

RESOURCE = ResourceModel(
    type=RESOURCE_TYPE,
    args="apigateway.ResourceArgs",
    modelled=words("parentId pathPart region restApi"),
    identify=lambda creation: draw(LOWER, 6, creation.urn),
    compute=_compute_resource,
    replaces=words("restApi"),
    computed=words("path"),
    rules={"pathPart": matching(r"[A-Za-z0-9._:-]+|\{[A-Za-z0-9._:-]+\+?\}", "one step of a path, {name} or {name+}")},
    check=_check_resource,
)

DEPLOYMENT = ResourceModel(
    type=DEPLOYMENT_TYPE,
    modelled=words("description region restApi triggers variables"),
    identify=lambda creation: draw(LOWER, 6, creation.urn, creation.inputs),
    compute=lambda _creation: {"createdDate": CREATED_AT},
    replaces=words("restApi triggers"),
    computed=words("createdDate"),
    check=_check_deployment,
)

STAGE = ResourceModel(
    type="aws:apigateway/stage:Stage",
    modelled=words("deployment description region restApi stageName tags variables"),
    identify=lambda creation: f"ags-{creation.inputs['restApi']}-{creation.inputs['stageName']}",
    compute=_compute_stage,
    replaces=words("restApi stageName"),
    computed=words("arn executionArn invokeUrl webAclArn"),
    rules={"stageName": matching(r"[A-Za-z0-9_-]{1,128}", "1 to 128 letters, digits, '-' or '_'")},
    check=_check_stage,
)

MODELS = (REST_API, RESOURCE, DEPLOYMENT, STAGE)
