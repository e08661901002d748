"""What commands ask of the local edge, over its status port."""

from __future__ import annotations

from typing import Any

from cli.output.errors import OperationError
from cli.stacks.running import LocalStack


def drop_cached(here: LocalStack, *patterns: str) -> int:
    """Drop kept objects by path patterns, as an invalidation does; how many there were."""
    import httpx  # here: other commands do without it

    try:
        url = f"{here.notes['statusUrl']}invalidate"
        answer: Any = httpx.post(url, json=list(patterns), trust_env=False, timeout=10).raise_for_status().json()
        return int(answer["dropped"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise OperationError(f"stack {here.name} is not up any more ({here.text})") from error
