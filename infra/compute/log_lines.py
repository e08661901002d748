"""Where the decision lines are and what tells them from others, to whoever reads them."""

from __future__ import annotations

ANY_DECISION = "{ ($.elapsedUs >= 0) || ($.fallback IS TRUE) }"
"""A filter of CloudWatch Logs. Something that went wrong before there was a decision has no `elapsedUs`; the line of an
answer has neither ("Filter pattern syntax for metric filters")."""


def log_group_name(function_name: str) -> str:
    """The name of a function's log group, the same in every Region ("Edge function logs").

    Lambda@Edge would take this one by itself, were the function called so; it is set, for the function is not.
    """
    return f"/aws/lambda/us-east-1.{function_name}"


def viewer_log_group_name(function_name: str) -> str:
    """That of a function before the cache, in us-east-1 only, with the request's id before every line."""
    return f"/aws/cloudfront/function/{function_name}"
