"""CloudFront Functions (runtime cloudfront-js-2.0) and KeyValueStore, on a laptop."""

from simulator.cloudfront_functions.key_value_store import KeyValueError, KeyValueStore
from simulator.cloudfront_functions.runtime import FunctionResult, FunctionRuntime, OriginUpdate, check_code
from simulator.cloudfront_functions.sandbox import FunctionCodeError

__all__ = [
    "FunctionCodeError",
    "FunctionResult",
    "FunctionRuntime",
    "KeyValueError",
    "KeyValueStore",
    "OriginUpdate",
    "check_code",
]
