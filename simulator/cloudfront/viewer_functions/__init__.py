"""CloudFront Functions on viewer events: their events, the rules for what they return, and what it does."""

from simulator.cloudfront.config.deployed_functions import DeployedFunction, deployed_functions, key_values
from simulator.cloudfront.viewer_functions.runner import ViewerFunctions
from simulator.cloudfront.viewer_functions.validation import validate_function_result

__all__ = ["DeployedFunction", "ViewerFunctions", "deployed_functions", "key_values", "validate_function_result"]
