"""CloudFront in one process: behaviors, cache, forwarding, Lambda@Edge events and their rules."""

from simulator.cloudfront.distribution import Distribution
from simulator.cloudfront.edge import Edge
from simulator.cloudfront.errors import OriginMapError, StateError, UnknownRegionError
from simulator.cloudfront.headers import Headers
from simulator.cloudfront.messages import ViewerRequest, ViewerResponse
from simulator.cloudfront.origins import OriginMap
from simulator.cloudfront.regions import DEFAULT_REGION, EDGE_REGIONS
from simulator.cloudfront.status import status_app
from simulator.cloudfront.triggers import EdgeFunctions, FunctionOutcome
from simulator.cloudfront.validation import Violation, validate_result
from simulator.cloudfront.viewer import viewer_app
from simulator.cloudfront.viewer_server import AppServer, PortInUseError, ViewerServer

__all__ = [
    "DEFAULT_REGION",
    "EDGE_REGIONS",
    "AppServer",
    "Distribution",
    "Edge",
    "EdgeFunctions",
    "FunctionOutcome",
    "Headers",
    "OriginMap",
    "OriginMapError",
    "PortInUseError",
    "StateError",
    "UnknownRegionError",
    "ViewerRequest",
    "ViewerResponse",
    "ViewerServer",
    "Violation",
    "status_app",
    "validate_result",
    "viewer_app",
]
