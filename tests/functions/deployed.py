"""The functions as a stack deploys them, in the engine of the simulator."""

from __future__ import annotations

import json
from typing import Any

from infra.cdn.javascript import build_function_code
from simulator.cloudfront_functions import FunctionResult, FunctionRuntime, KeyValueStore
from tests.infra.configs import stack_of

ARN = "arn:aws:cloudfront::123456789012:key-value-store/0c6a5e1e-0000-4000-8000-000000000000"
SECRET = "0123456789abcdef"


class Deployed:
    """The function of a stack with these settings, and its store, whose content may be changed."""

    def __init__(self, strategy: str, **settings: Any) -> None:
        function = build_function_code(stack_of(strategy=strategy, **settings))
        assert function is not None
        self.code = function.code
        self.store = KeyValueStore(ARN, function.key_values)
        self.runtime = FunctionRuntime(function.code, self.store)

    def run(self, event: dict[str, Any]) -> FunctionResult:
        """A run that ends without an error, as every run has to."""
        found = self.runtime.run(event)
        assert found.error is None, found.error_message
        return found

    def without_store(self) -> FunctionRuntime:
        """The same function with no store at all."""
        return FunctionRuntime(self.code, None)


def line(found: FunctionResult) -> dict[str, Any]:
    """The one line of the log."""
    [text] = found.logs
    return json.loads(text)


def version(found: FunctionResult) -> str:
    """What the function wrote into the header that is part of the cache key."""
    return found.result["headers"]["x-router-version"]["value"]
