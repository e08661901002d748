"""AWS for the commands: its clients, and what it refuses, in words that say what to do."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cli.output.errors import OperationError, UsageError
from infra.config.aws_regions import region_error

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError


class Patience(NamedTuple):
    """Seconds to connect in and to wait for an answer, and how often a call is tried.

    AWS_MAX_ATTEMPTS and the profile may have another number of tries; waits between them grow to 20 s.
    """

    connect_s: float
    read_s: float
    tries: int


PATIENTLY = Patience(5, 30, 5)
BRIEFLY = Patience(2, 5, 2)
"""For what a command can do without."""

THROTTLED_CODES = frozenset(
    {
        *("BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete"),
        *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled"),
        *("RequestThrottledException", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException"),
        *("TooManyRequestsException", "TransactionInProgressException"),
    }
)
"""What botocore takes for throttling (botocore.retries.standard), too."""
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


def client(service: str, region: str, patience: Patience = PATIENTLY) -> Any:
    """botocore's client, which tries again when throttled and waits 35 s for an answer at most, or as it is told.

    CloudFront and IAM, which know no Regions, are in us-east-1. AWS_PROFILE, AWS_ENDPOINT_URL_<SERVICE> and the like
    hold. UsageError where there is no such Region.
    """
    from botocore.config import Config  # here: other commands do without it
    from botocore.session import Session

    if problem := region_error(region, "lambda"):
        raise UsageError(f"Region {problem}")
    with aws_errors(f"to reach {service}", region):
        session = Session()
        session.register_component("data_loader", _service_models(session.get_config_variable("data_path")))
        retries = {
            "mode": "standard",
            "total_max_attempts": session.get_config_variable("max_attempts") or patience.tries,
        }
        limits = Config(connect_timeout=patience.connect_s, read_timeout=patience.read_s, retries=retries)
        return session.create_client(service, region_name=region, config=limits)


@cache
def _service_models(folders: str | None) -> Any:
    """What botocore knows of the services: read once, for a command may need a client in every Region.

    `folders` is AWS_DATA_PATH.
    """
    from botocore.loaders import create_loader

    return create_loader(folders)


@contextlib.contextmanager
def aws_errors(doing: str, region: str = "") -> Generator[None]:
    """What AWS or boto3 refuses becomes an OperationError that begins with `doing` ("to list functions").

    Calls that a command can do without are caught further in; `problem_of` has the words.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OperationError(f"{doing}: {problem_of(error, region)}") from error


def has_credentials() -> bool:
    """Whether this shell has AWS credentials: an environment or a profile, but not the role of the machine itself."""
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session()
    try:
        resolver = session.get_component("credential_provider")
        resolver.remove("iam-role")  # it would ask the network, on every laptop in vain
        return resolver.load_credentials() is not None
    except BotoCoreError:
        return True  # configured, and wrongly: whoever uses them says how


def find_account(region: str) -> str:
    """The account's number, by the credentials or else by sts:GetCallerIdentity, which needs no right.

    "" where it cannot be found out: whatever comes next says why.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    try:
        credentials: Any = Session().get_credentials()
        if credentials is None:
            return ""
        known = getattr(credentials.get_frozen_credentials(), "account_id", None)
        return str(known or _sts(region))
    except (BotoCoreError, ClientError, OperationError):
        return ""


def _sts(region: str) -> str:
    sts = client("sts", region)
    try:
        return str(sts.get_caller_identity()["Account"])
    finally:
        sts.close()


def code_of(error: Exception) -> str:
    """AWS's code of a ClientError ("AccessDeniedException"), else ""."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def problem_of(error: BotoCoreError | ClientError, region: str = "") -> str:
    """One sentence: what went wrong and what to do about it."""
    from botocore.exceptions import ClientError

    return _refused(error, region) if isinstance(error, ClientError) else _unsent(error, region)


def _refused(error: Any, region: str) -> str:
    """AWS has answered, with an error."""
    code = code_of(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    said = f"{code}: {message}" if message else code
    where = f" in {region}" if region else ""
    if code in DENIED_CODES:
        return _denied(error.operation_name, message)
    if code in EXPIRED_CODES:
        return f"the credentials have expired ({code}): get new ones (aws sso login, aws login) and run it again"
    if code in UNKNOWN_KEY_CODES:
        return (
            f"AWS does not know these credentials ({said}): see what `aws sts get-caller-identity` says;"
            " a Region that the account has not enabled answers like this, too"
        )
    if code in WRONG_REGION_CODES:
        return f"the Region{where and f' {region}'} is not the right one, or not enabled in this account ({said})"
    if code in THROTTLED_CODES:
        return f"AWS throttles {error.operation_name}{where} ({code}): nothing is lost, run it again in a minute"
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= UNAVAILABLE_STATUS:
        return f"AWS failed at {error.operation_name}{where} ({said}): nothing is lost, run it again in a minute"
    return f"{error.operation_name}{where}: {said}"


def _denied(operation: str, message: str) -> str:
    told = message.partition(" Encoded authorization failure message")[0]  # EC2's, of 1,000 characters
    found = _DENIED.fullmatch(told, max(told.find("arn:"), 0))
    if found is None:
        return f"the right to call {operation} is missing ({message or 'AWS says no more'})"
    who, action, resource = found.group("who", "action", "resource")
    why = found["why"] or found["deny"]
    on = f" on {resource}" if resource else ""
    reason = f" ({why.rstrip('.')})" if why else ""
    return f"{who} needs the right {action}{on}{reason}"


def _unsent(error: Any, region: str) -> str:
    """There was no answer, or nothing was asked: credentials, names or the network."""
    from botocore import exceptions as raised

    text = " ".join(str(error).split())
    where = f" in {region}" if region else ""
    if isinstance(error, raised.NoCredentialsError):
        return "there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, (raised.SSOError, raised.TokenRetrievalError, raised.LoginError)):
        return f"the credentials have expired or were never fetched: aws sso login, or aws login ({text})"
    if isinstance(error, raised.ProfileNotFound):
        return f"{text}: AWS_PROFILE has to name a profile of ~/.aws/config"
    if isinstance(error, raised.EndpointConnectionError):
        return f"nothing answers{where}: check the Region, the network and AWS_ENDPOINT_URL ({text})"
    if isinstance(error, (raised.HTTPClientError, raised.IncompleteReadError)):
        return f"the connection broke{where}: nothing is lost, run it again ({text})"
    return text
