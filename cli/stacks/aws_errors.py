"""AWS errors in words that say what to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from cli.output.errors import OperationError

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

THROTTLED_CODES = frozenset(
    {
        *("BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete"),
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"),
        *("RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException"),
        *("TooManyRequestsException", "TransactionInProgressException"),
    }
)
"""The same codes as in botocore.retries.standard."""
DENIED_CODES = frozenset(
    {
        *("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"),
        *("NotAuthorized", "UnauthorizedOperation"),
    }
)
EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN_KEY_CODES = frozenset(
    {
        *("AuthFailure", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId"),
        *("InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException"),
    }
)
WRONG_REGION_CODES = frozenset({"AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "OptInRequired"})
UNAVAILABLE_STATUS = 500

# "Troubleshoot access denied error messages" (IAM User Guide): who, which action, on what, and why.
_DENIED = re.compile(
    r"(?P<who>arn:\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)"
    r"(?: on resource: (?P<resource>.+?))?(?: because (?P<why>.+)| (?P<deny>with an explicit deny.*))?",
    re.DOTALL,
)


@contextlib.contextmanager
def aws_errors(doing: str, region: str = "") -> Generator[None]:
    """Raise errors of AWS and boto3 as OperationError; the message begins with `doing` ("cannot list functions")."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"{doing}: {describe_error(error, region)}") from error


def error_code(error: Exception) -> str:
    """Return the code of a ClientError ("AccessDeniedException"), else ""."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def describe_error(error: BotoCoreError | ClientError, region: str = "") -> str:
    """Return one sentence: the cause and the fix."""
    from botocore.exceptions import ClientError

    return _client_error(error, region) if isinstance(error, ClientError) else _botocore_error(error, region)


def _client_error(error: Any, region: str) -> str:
    """An error response of AWS."""
    code = error_code(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    response = f"{code}: {message}" if message else code
    where = f" in {region}" if region else ""
    if code in DENIED_CODES:
        return _format_denied(error.operation_name, message)
    if code in EXPIRED_CODES:
        return f"the credentials have expired ({code}): get new ones (aws sso login, aws login) and run it again"
    if code in UNKNOWN_KEY_CODES:
        return (
            f"AWS does not know these credentials ({response}): run `aws sts get-caller-identity`;"
            " a Region that is not enabled in the account responds like this too"
        )
    if code in WRONG_REGION_CODES:
        return f"the Region{where and f' {region}'} is wrong or not enabled in this account ({response})"
    if code in THROTTLED_CODES:
        return f"AWS throttles {error.operation_name}{where} ({code}): nothing is lost, run it again in a minute"
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= UNAVAILABLE_STATUS:
        return f"AWS failed at {error.operation_name}{where} ({response}): nothing is lost, run it again in a minute"
    return f"{error.operation_name}{where}: {response}"


def _format_denied(operation: str, message: str) -> str:
    text = message.partition(" Encoded authorization failure message")[0]  # EC2's, of 1,000 characters
    found = _DENIED.fullmatch(text, max(text.find("arn:"), 0))
    if found is None:
        return f"the permission to call {operation} is missing ({message or 'without a message'})"
    who, action, resource = found.group("who", "action", "resource")
    why = found["why"] or found["deny"]
    on = f" on {resource}" if resource else ""
    reason = f" ({why.rstrip('.')})" if why else ""
    return f"{who} needs the permission {action}{on}{reason}"


def _botocore_error(error: Any, region: str) -> str:
    """No response: the credentials, names or the network."""
    from botocore import exceptions as raised

    text = " ".join(str(error).split())
    where = f" in {region}" if region else ""
    if isinstance(error, raised.NoCredentialsError):
        return "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, (raised.SSOError, raised.TokenRetrievalError, raised.LoginError)):
        return f"the credentials have expired or were never fetched: run aws sso login, or aws login ({text})"
    if isinstance(error, raised.ProfileNotFound):
        return f"{text}: AWS_PROFILE must name a profile in ~/.aws/config"
    if isinstance(error, raised.EndpointConnectionError):
        return f"no response{where}: check the Region, the network and AWS_ENDPOINT_URL ({text})"
    if isinstance(error, (raised.HTTPClientError, raised.IncompleteReadError)):
        return f"the connection broke{where}: nothing is lost, run it again ({text})"
    return text
