"""CloudFront in one process: behaviors, cache, forwarding, Lambda@Edge events and their rules."""

from pulumi_state.values import StateError
from simulator.cloudfront.config.distribution import Distribution
from simulator.cloudfront.config.origin_map import OriginMap
from simulator.cloudfront.edge import Edge
from simulator.cloudfront.http.errors import OriginMapError, UnknownRegionError
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import ViewerRequest, ViewerResponse
from simulator.cloudfront.http.regions import EDGE_REGIONS
from simulator.cloudfront.validation import Violation, validate_result
from simulator.cloudfront.viewer.server import AppServer, PortInUseError, ViewerServer, status_app
from simulator.cloudfront.viewer.viewer import viewer_app

__all__ = [
    "EDGE_REGIONS",
    "AppServer",
    "Distribution",
    "Edge",
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
