"""Lambda@Edge on a laptop: the real package in real worker processes, driven through the Lambda Runtime API."""

from simulator.lambda_edge.directories import PackageError, link_distributions, read_names
from simulator.lambda_edge.edge import LambdaEdge, OnLog
from simulator.lambda_edge.function import FunctionCode, FunctionStateError, functions_from_state

__all__ = [
    "FunctionCode",
    "FunctionStateError",
    "LambdaEdge",
    "OnLog",
    "PackageError",
    "functions_from_state",
    "link_distributions",
    "read_names",
]
