"""What the Lambda@Edge function is known by, to the program that makes it and to commands that look for it later."""

from __future__ import annotations

import re
from collections.abc import Sequence

EDGE_REGION = "us-east-1"
"""Lambda@Edge takes functions from there only ("Restrictions on Lambda@Edge"), whatever the stack's Region."""
HANDLER = "router.handler.handler"

STACK_TAG = "edge-router:stack"
ROLE_ID_TAG = "edge-router:role-id"
KEEP_VERSIONS_TAG = "edge-router:keep-versions"
"""The function's tags are where it is remembered when nothing else is left of its stack (docs/leaving.md)."""


def function_name(prefix: str, role_id: str) -> str:
    """`edge-router-prod-3f7kq2ma`: the end of the role's id, for its beginning is the account's.

    A role that is made anew under the same name has another id ("IAM identifiers": "Unique identifiers").
    """
    return f"{prefix}-{role_id[-8:].lower()}"


def viewer_function_name(prefix: str, file_name: str) -> str:
    """`edge-router-prod-canary`: the CloudFront Function of functions/canary.js."""
    return f"{prefix}-{file_name}"


def is_function_arn(arn: str, prefix: str) -> bool:
    """Whether an ARN, of a version or not, is of a stack's function at the edge, whichever role that has.

    The stack's other functions, such as its rollout controller, have names with a longer end.
    """
    return (
        re.fullmatch(rf"arn:[^:]+:lambda:[^:]+:\d*:function:{re.escape(prefix)}-[a-z0-9]{{1,8}}(:[^:]+)?", arn)
        is not None
    )


def is_viewer_function_arn(arn: str, prefix: str, file_names: Sequence[str]) -> bool:
    """The same of a CloudFront Function, of any of the stack's strategies."""
    names = {viewer_function_name(prefix, name) for name in file_names}
    return arn.startswith("arn:") and ":cloudfront:" in arn and arn.rpartition(":function/")[2] in names
