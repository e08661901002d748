"""aws:apigateway: what one method of a REST API asks and answers."""

from collections.abc import Callable, Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, words
from simulator.standin.model.rules import among, among_aws, matching

REST_API_TYPE = "aws:apigateway/restApi:RestApi"
RESOURCE_TYPE = "aws:apigateway/resource:Resource"
METHOD_TYPE = "aws:apigateway/method:Method"
INTEGRATION_TYPE = "aws:apigateway/integration:Integration"
METHOD_RESPONSE_TYPE = "aws:apigateway/methodResponse:MethodResponse"
_METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_PLACE = ("restApi", "resourceId", "httpMethod")
_TIMEOUT_MS = 29_000
"""The default and, without a quota increase, the maximum."""


def check_api(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    """A failure where the API does not exist."""
    yield from scope.missing("restApi", inputs.get("restApi"), REST_API_TYPE, "REST API", by="")


def _check_method(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from check_api(inputs, scope)
    api, resource = inputs.get("restApi"), inputs.get("resourceId")
    if not isinstance(api, str) or not isinstance(resource, str):
        return
    known = scope.existing.get((RESOURCE_TYPE, resource))
    is_root = scope.find(REST_API_TYPE, rootResourceId=resource) is not None
    if not is_root and (known is None or known.outputs.get("restApi") != api):
        yield Failure("resourceId", f"is {resource!r}: there is no such resource of this API")


def _check_integration(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _needs(METHOD_TYPE, "method", inputs, scope)
    kind = inputs.get("type")
    if isinstance(kind, str) and kind != "MOCK" and inputs.get("uri") is None:
        yield Failure("uri", f"is required where type is {kind}")


def _check_integration_response(inputs: Properties, scope: Scope) -> Iterator[Failure]:
    yield from _needs(INTEGRATION_TYPE, "integration", inputs, scope)
    yield from _needs(METHOD_RESPONSE_TYPE, "method response", inputs, scope, "statusCode")


def _needs(token: str, called: str, inputs: Properties, scope: Scope, *more: str) -> Iterator[Failure]:
    """The NotFoundException of PutIntegration and the like."""
    wanted = {key: inputs.get(key) for key in (*_PLACE, *more)}
    if all(isinstance(value, str) for value in wanted.values()) and scope.find(token, **wanted) is None:
        of = " ".join(str(value) for value in wanted.values())
        yield Failure((*_PLACE, *more)[-1], f"has no {called} yet: there is none of {of} in this deployment")


def _identify(prefix: str, *more: str) -> Callable[[Creation], str]:
    """Ids as the provider writes them: `agm-<api>-<resource>-<method>`, with the status after it."""
    return lambda creation: "-".join([prefix, *(str(creation.inputs[key]) for key in (*_PLACE, *more))])


def _compute_integration(creation: Creation) -> dict[str, object]:
    inputs = creation.inputs
    return {
        "cacheNamespace": inputs.get("cacheNamespace", inputs["resourceId"]),
        "passthroughBehavior": inputs.get("passthroughBehavior", "WHEN_NO_MATCH"),
    }


_REPLACES = frozenset(_PLACE)
_METHOD = among(*_METHODS)
_STATUS = matching(r"[1-5]\d\d", "a status code from 100 to 599, as text")

METHOD = ResourceModel(
    type=METHOD_TYPE,
    modelled=words("apiKeyRequired authorization httpMethod region resourceId restApi"),
    identify=_identify("agm"),
    replaces=_REPLACES,
    defaults={"apiKeyRequired": False},
    rules={"httpMethod": _METHOD, "authorization": among("NONE", "AWS_IAM")},
    check=_check_method,
)

INTEGRATION = ResourceModel(
    type=INTEGRATION_TYPE,
    modelled=words(
        "cacheNamespace httpMethod integrationHttpMethod passthroughBehavior region requestTemplates"
        " resourceId restApi timeoutMilliseconds type uri"
    ),
    identify=_identify("agi"),
    compute=_compute_integration,
    replaces=_REPLACES | {"integrationHttpMethod", "type"},
    computed=words("cacheNamespace passthroughBehavior"),
    defaults={"timeoutMilliseconds": _TIMEOUT_MS},
    rules={
        "httpMethod": _METHOD,
        "type": among_aws("apigateway", "IntegrationType"),
        "passthroughBehavior": among("NEVER", "WHEN_NO_MATCH", "WHEN_NO_TEMPLATES"),
    },
    check=_check_integration,
)

METHOD_RESPONSE = ResourceModel(
    type=METHOD_RESPONSE_TYPE,
    modelled=words("httpMethod region resourceId responseModels responseParameters restApi statusCode"),
    identify=_identify("agmr", "statusCode"),
    replaces=_REPLACES | {"statusCode"},
    rules={"httpMethod": _METHOD, "statusCode": _STATUS},
    check=lambda inputs, scope: _needs(METHOD_TYPE, "method", inputs, scope),
)

INTEGRATION_RESPONSE = ResourceModel(
    type="aws:apigateway/integrationResponse:IntegrationResponse",
    modelled=words(
        "httpMethod region resourceId responseParameters responseTemplates restApi selectionPattern statusCode"
    ),
    identify=_identify("agir", "statusCode"),
    replaces=_REPLACES | {"statusCode"},
    rules={"httpMethod": _METHOD, "statusCode": _STATUS},
    check=_check_integration_response,
)

MODELS = (METHOD, INTEGRATION, METHOD_RESPONSE, INTEGRATION_RESPONSE)
