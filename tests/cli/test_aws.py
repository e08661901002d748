"""What a person reads when AWS refuses, is not there, or does not know who asks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.retries.standard import ThrottledRetryableChecker
from botocore.stub import Stubber

from cli.output.errors import OperationError, UsageError
from cli.stacks.aws import client
from cli.stacks.aws_errors import THROTTLED_CODES, aws_errors, error_code

USER = "arn:aws:iam::123456789012:user/deployer"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:edge-router-prod"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"):
        monkeypatch.delenv(name, raising=False)


def message_of(code: str, message: str = "", status: int = 400, region: str = "us-east-1") -> str:
    """The message after botocore's own client got that answer."""
    service = client("lambda", "us-east-1")
    with Stubber(service) as stubber:
        stubber.add_client_error("list_functions", code, message, status)
        with pytest.raises(OperationError) as raised, aws_errors("cannot list functions", region):
            service.list_functions()
    return str(raised.value)


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (
            "AccessDeniedException",
            f"User: {USER} is not authorized to perform: lambda:ListFunctions on resource: * because no identity-based"
            " policy allows the lambda:ListFunctions action",
            f"{USER} needs the permission lambda:ListFunctions on * (no identity-based policy allows the"
            " lambda:ListFunctions action)",
        ),
        (
            "AccessDenied",
            f"User: {USER} is not authorized to perform: cloudfront:ListDistributions with an explicit deny in a"
            " service control policy",
            f"{USER} needs the permission cloudfront:ListDistributions (with an explicit deny in a service control"
            " policy)",
        ),
        (
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. User: {USER} is not authorized to perform:"
            " ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action. Encoded"
            " authorization failure message: 4O5nEx0cXoT",
            f"{USER} needs the permission ec2:DescribeInstances (no identity-based policy allows the"
            " ec2:DescribeInstances action)",
        ),
        ("AccessDenied", "Access Denied", "the permission to call ListFunctions is missing (Access Denied)"),
        ("AccessDenied", "", "the permission to call ListFunctions is missing (without a message)"),
        (
            "ExpiredTokenException",
            "The security token included in the request is expired",
            "the credentials have expired (ExpiredTokenException): get new ones (aws sso login, aws login) and run it"
            " again",
        ),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "AWS does not know these credentials (UnrecognizedClientException: The security token included in the"
            " request is invalid.): run `aws sts get-caller-identity`; a Region that is not enabled in the account"
            " responds like this too",
        ),
        (
            "AuthorizationHeaderMalformed",
            "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            "the Region us-east-1 is wrong or not enabled in this account (AuthorizationHeaderMalformed:"
            " the region 'us-east-1' is wrong; expecting 'eu-west-1')",
        ),
        (
            "TooManyRequestsException",
            "Rate exceeded",
            "AWS throttles ListFunctions in us-east-1 (TooManyRequestsException): nothing is lost, run it again in a"
            " minute",
        ),
        (
            "ResourceNotFoundException",
            f"Function not found: {FUNCTION}",
            f"ListFunctions in us-east-1: ResourceNotFoundException: Function not found: {FUNCTION}",
        ),
    ],
)
def test_a_refusal_says_what_is_missing_or_what_to_do(code: str, message: str, expected: str) -> None:
    assert message_of(code, message) == f"cannot list functions: {expected}"


def test_a_failure_of_aws_is_run_again() -> None:
    assert message_of("ServiceException", "An error occurred", status=500, region="") == (
        "cannot list functions: AWS failed at ListFunctions (ServiceException: An error occurred): nothing is lost, run"
        " it again in a minute"
    )


def test_everything_that_botocore_takes_for_throttling_is_told_as_throttling() -> None:
    assert set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES) == THROTTLED_CODES


def test_without_credentials_it_says_where_they_may_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(OperationError) as raised, aws_errors("cannot list functions"):
        client("lambda", "us-east-1").list_functions()
    assert str(raised.value) == (
        "cannot list functions: there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY"
    )


def test_a_profile_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "staging")
    with pytest.raises(OperationError) as raised:
        client("lambda", "us-east-1")
    assert str(raised.value) == (
        "cannot reach lambda: The config profile (staging) could not be found: AWS_PROFILE must name a profile in"
        " ~/.aws/config"
    )


def test_a_region_that_does_not_exist_is_told_before_anything_is_asked() -> None:
    with pytest.raises(
        UsageError, match=r"^Region is 'us-est-1', which is not an AWS Region: did you mean us-west-1\?"
    ):
        client("lambda", "us-est-1")


def test_an_endpoint_where_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # not listening: connections are refused
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        with pytest.raises(OperationError) as raised, aws_errors("cannot list functions", "eu-west-1"):
            client("lambda", "eu-west-1").list_functions()
    assert str(raised.value) == (
        "cannot list functions: no response in eu-west-1: check the Region, the network and AWS_ENDPOINT_URL (Could not"
        f' connect to the endpoint URL: "{url}/2015-03-31/functions")'
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            exceptions.ReadTimeoutError(endpoint_url="https://lambda.us-east-1.amazonaws.com"),
            'the connection broke: nothing is lost, run it again (Read timeout on endpoint URL: "https://lambda.us-east'
            '-1.amazonaws.com")',
        ),
        (
            exceptions.UnauthorizedSSOTokenError(),
            "the credentials have expired or were never fetched: run aws sso login, or aws login (The SSO session"
            " associated with this profile has expired or is otherwise invalid. To refresh this SSO session run aws sso"
            " login with the corresponding profile.)",
        ),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"),
            "Partial credentials found in env, missing: aws_secret_access_key",
        ),
    ],
)
def test_what_never_reached_aws_is_told_in_one_line(error: exceptions.BotoCoreError, expected: str) -> None:
    with pytest.raises(OperationError) as raised, aws_errors("cannot list functions"):
        raise error
    assert str(raised.value) == f"cannot list functions: {expected}"


def test_a_client_tries_as_often_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    retries = {"mode": "standard", "total_max_attempts": 1}
    assert client("lambda", "us-east-1").meta.config.retries == retries
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    assert client("lambda", "us-east-1").meta.config.retries == retries | {"total_max_attempts": 5}


def test_other_errors_have_no_code_and_pass_through() -> None:
    assert error_code(ClientError({"Error": {"Code": "Throttling"}}, "ListFunctions")) == "Throttling"
    assert error_code(ValueError("x")) == ""
    with pytest.raises(ValueError, match="x"), aws_errors("cannot list functions"):
        raise ValueError("x")
