"""Faults of a Region's DynamoDB, on demand."""

import json
from dataclasses import dataclass
from typing import Literal, get_args

from simulator.loopback import Reset, Response

FaultKind = Literal["slow", "refuse", "reset", "status", "throttled", "expired", "garbage"]

_CORAL = "com.amazon.coral.service"
_DYNAMODB = "com.amazonaws.dynamodb.v20120810"
_TYPES = {
    "ExpiredTokenException": _CORAL,
    "InvalidSignatureException": _CORAL,
    "MissingAuthenticationTokenException": _CORAL,
    "SerializationException": _CORAL,
    "UnknownOperationException": _CORAL,
    "UnrecognizedClientException": _CORAL,
    "ValidationException": _CORAL,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A Region's fault, after `slow_ms` of waiting. ValueError for a kind, status or delay that does not exist.

    slow: nothing but the delay. refuse: the connection ends before a byte of the answer (all Regions share one port, so
    it is accepted first). reset: it ends inside the answer's header. status: that HTTP status with DynamoDB's
    InternalServerError. throttled: ProvisionedThroughputExceededException. expired: ExpiredTokenException. garbage: 200
    and a body that is not JSON.
    """

    kind: FaultKind
    slow_ms: float = 0.0
    status: int = 500

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"fault {self.kind!r}: must be one of {', '.join(get_args(FaultKind))}")
        if self.slow_ms < 0:
            raise ValueError(f"fault {self.kind}: slow_ms {self.slow_ms} must not be negative")
        if not 400 <= self.status <= 599:
            raise ValueError(f"fault {self.kind}: status {self.status} must be 400 to 599")

    def answer(self) -> Response | Reset | None:
        """The response in place of the engine's; None where the engine's comes, only late."""
        match self.kind:
            case "slow":
                return None
            case "refuse":
                return Reset()
            case "reset":
                return Reset(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Le")
            case "garbage":
                return Response(200, b"<html>\x00\xff not DynamoDB", [("Content-Type", "text/html")])
            case "throttled":
                message = "The level of configured provisioned throughput for the table was exceeded."
                return error_response("ProvisionedThroughputExceededException", message)
            case "expired":
                return error_response("ExpiredTokenException", "The security token included in the request is expired")
            case "status":
                return error_response("InternalServerError", "The request processing has failed.", self.status)


def error_response(kind: str, message: str, status: int = 400) -> Response:
    """An error as DynamoDB writes it ("Error handling with DynamoDB")."""
    body = {"__type": f"{_TYPES.get(kind, _DYNAMODB)}#{kind}", "message": message}
    return Response(status, json.dumps(body).encode(), [("Content-Type", "application/x-amz-json-1.0")])
