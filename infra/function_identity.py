"""What the Lambda@Edge function is known by, to the program that makes it and to commands that look for it later."""

from __future__ import annotations

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
