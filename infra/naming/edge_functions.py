"""Names, tags and log groups of the edge functions, for the program that creates them and commands that find them."""

from __future__ import annotations

import re
from collections.abc import Sequence

EDGE_REGION = "us-east-1"
"""Lambda@Edge takes functions from there only ("Restrictions on Lambda@Edge"), whatever the stack's Region."""
HANDLER = "router.handler.handler"
REWRITING = "site"
"""The file in functions/ that names the site in responses where no router runs behind the cache."""

STACK_TAG = "edge-router:stack"
ROLE_ID_TAG = "edge-router:role-id"
KEEP_VERSIONS_TAG = "edge-router:keep-versions"
"""The Lambda function's tags identify it when nothing else of its stack exists any more (docs/leaving.md)."""

ANY_DECISION = "{ ($.elapsedUs >= 0) || ($.fallback IS TRUE) }"
"""The filter of CloudWatch Logs for decisions. An error before the decision has no `elapsedUs`; the line of a response
has neither ("Filter pattern syntax for metric filters")."""


def router_function_name(prefix: str, role_id: str) -> str:
    """Return the name of the Lambda@Edge function: `edge-router-prod-3f7kq2ma`.

    It ends as the role's id does, because the beginning of an id is the account's. A new role under the same name has
    another id ("IAM identifiers": "Unique identifiers").
    """
    return f"{prefix}-{role_id[-8:].lower()}"


def viewer_function_name(prefix: str, file_name: str) -> str:
    """Return the name of the CloudFront Function of functions/canary.js: `edge-router-prod-canary`."""
    return f"{prefix}-{file_name}"


def replica_name(function_name: str) -> str:
    """Return the Lambda@Edge function's name in metrics and logs of the Regions where it runs."""
    return f"{EDGE_REGION}.{function_name}"


def is_router_function_arn(arn: str, prefix: str) -> bool:
    """Return whether an ARN, of a version or not, is of a stack's Lambda@Edge function, whichever role that has.

    The stack's other functions, such as its rollout controller, have names with a longer end.
    """
    pattern = rf"arn:[^:]+:lambda:[^:]+:\d*:function:{re.escape(prefix)}-[a-z0-9]{{1,8}}(:[^:]+)?"
    return re.fullmatch(pattern, arn) is not None


def is_viewer_function_arn(arn: str, prefix: str, file_names: Sequence[str]) -> bool:
    """Return whether an ARN is of a stack's CloudFront Function, of any of these files."""
    names = {viewer_function_name(prefix, name) for name in file_names}
    return arn.startswith("arn:") and ":cloudfront:" in arn and arn.rpartition(":function/")[2] in names


def log_group_name(prefix: str) -> str:
    """Return the name of the Lambda@Edge function's log groups, the same in every Region ("Edge function logs").

    Lambda@Edge would choose this name itself for a function called `prefix`; it is set because the function's name has
    an end.
    """
    return f"/aws/lambda/{replica_name(prefix)}"


def viewer_log_group_name(function_name: str) -> str:
    """Return the log group of a CloudFront Function: in us-east-1 only, with the request ID before every line."""
    return f"/aws/cloudfront/function/{function_name}"
