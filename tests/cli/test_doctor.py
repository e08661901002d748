"""`edge-router doctor`: a line for each check, what to do, and an exit code that says the same."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from email.message import Message
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from cli.first_hour.doctor import check_packages, check_python
from tests.cli.conftest import Result
from tests.cli.http_fake import Answer, HttpFake

Run = Callable[..., Result]
ACCOUNT = "123456789012"
REFUSAL = f"User: arn:aws:iam::{ACCOUNT}:user/me is not authorized to perform: service:Action"
DENIED: Answer = 403, {"x-amzn-errortype": "AccessDeniedException"}, json.dumps({"message": REFUSAL})
DENIED_XML = (
    f"<Response><Errors><Error><Code>AccessDenied</Code><Message>{REFUSAL}</Message></Error></Errors></Response>"
)


class Aws(HttpFake):
    """An account as four services tell of it."""

    def __init__(self) -> None:
        self.concurrency = defaultdict[str, int](lambda: 1_000)
        names = ("us-east-1", "eu-west-1", "ap-southeast-1")
        self.opted_in = {**dict.fromkeys(names, "opt-in-not-required"), "af-south-1": "not-opted-in"}
        self.distributions, self.quota = 1, 200
        self.is_denied = False
        super().__init__()

    def respond(self, method: str, target: str, headers: Message, body: str) -> Answer:
        action = parse_qs(body).get("Action", [headers.get("x-amz-target", target)])[0]
        region = str(headers["Authorization"]).split("/")[2]
        if action == "GetCallerIdentity":
            found = f"<Arn>arn:aws:iam::{ACCOUNT}:user/me</Arn><Account>{ACCOUNT}</Account>"
            return 200, {}, f"<R><GetCallerIdentityResult>{found}</GetCallerIdentityResult></R>"
        if self.is_denied:
            return (
                (403, {}, DENIED_XML) if "{" not in body and "lambda" not in str(headers["Authorization"]) else DENIED
            )
        if action == "DescribeRegions":
            items = (
                f"<item><regionName>{name}</regionName><optInStatus>{state}</optInStatus></item>"
                for name, state in self.opted_in.items()
            )
            return 200, {}, f"<R><regionInfo>{''.join(items)}</regionInfo></R>"
        if "account-settings" in target:
            return 200, {}, json.dumps({"AccountLimit": {"ConcurrentExecutions": self.concurrency[region]}})
        if action.endswith("GetServiceQuota"):
            return 200, {}, json.dumps({"Quota": {"Value": float(self.quota)}})
        items = "<DistributionSummary><Id>E1</Id></DistributionSummary>" * self.distributions
        return 200, {}, f"<DistributionList><IsTruncated>false</IsTruncated><Items>{items}</Items></DistributionList>"


@pytest.fixture
def aws() -> Iterator[Aws]:
    serving = Aws()
    yield serving
    serving.close()


@pytest.fixture
def account(run: Run, aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """With a Pulumi CLI on the PATH and credentials of that account."""
    pulumi(tmp_path, "v3.210.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return run


@pytest.fixture(autouse=True)
def _nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def pulumi(folder: Path, says: str) -> None:
    path = folder / "pulumi"
    path.write_text(f"#!/bin/sh\necho {says}\n")
    path.chmod(0o755)


def lines_of(result: Result) -> dict[str, str]:
    """The lines by their names, each with its sign."""
    return {line[2:].partition(": ")[0]: line[0] for line in result.out.splitlines()}


def test_where_all_is_in_order_every_line_says_so(account: Run) -> None:
    result = account("doctor", "--stack", "prod")
    assert (result.exit_code, result.err, set(lines_of(result).values())) == (0, "", {"✓"})
    assert list(lines_of(result)) == [
        *("Python", "Python packages", "Pulumi CLI", "Settings of prod", "Region", "AWS credentials", "Regions"),
        *("Lambda concurrency", "CloudFront account", "CloudFront quota"),
    ]
    assert f"✓ AWS credentials: account {ACCOUNT}, arn:aws:iam::{ACCOUNT}:user/me\n" in result.out
    assert "✓ Pulumi CLI: v3.210.1\n" in result.out
    document = account("doctor", "--json").document
    assert document["checks"][2] == {"name": "Pulumi CLI", "state": "ok", "found": "v3.210.1", "fix": ""}


@pytest.mark.long
def test_what_is_wrong_in_the_account_says_what_to_do(account: Run, aws: Aws, tmp_path: Path) -> None:
    aws.concurrency["us-east-1"], aws.distributions, aws.quota = 10, 200, 200
    pulumi(tmp_path, "v3.9.0")
    result = account("doctor", "--stack", "prod", "--set", "stickySession.replicas[0]=af-south-1")
    assert result.exit_code == 1
    failed = [line for line in result.out.splitlines() if line.startswith("✗")]
    increase = "aws service-quotas request-service-quota-increase --region us-east-1"
    assert failed == [
        "✗ Pulumi CLI: v3.9.0. Needed is 3.200 or later, below 4: install it:"
        " https://www.pulumi.com/docs/iac/download-install/",
        "✗ Regions: not enabled in the account: af-south-1. Run `aws account enable-region --region-name af-south-1`",
        "✗ Lambda concurrency: 10 in us-east-1: further requests at the same time are a 503. Run"
        f" `{increase} --service-code lambda --quota-code L-B99A9384 --desired-value 1000`",
        "✗ CloudFront quota: all 200 distributions are in use. Run"
        f" `{increase} --service-code cloudfront --quota-code L-24B04930 --desired-value 400`",
    ]


def test_what_may_not_be_asked_is_not_checked_and_says_why(account: Run, aws: Aws) -> None:
    aws.is_denied = True
    result = account("doctor")
    assert result.exit_code == 3
    unchecked = [name for name, sign in lines_of(result).items() if sign == "?"]
    assert unchecked == ["Regions", "Lambda concurrency", "CloudFront account", "CloudFront quota"]
    assert "? Lambda concurrency: cannot read Lambda's limits in us-east-1: " in result.out


@pytest.mark.long
def test_only_a_distribution_proves_that_the_account_is_verified(account: Run, aws: Aws) -> None:
    aws.distributions = 0
    result = account("doctor")
    assert (result.exit_code, lines_of(result)["CloudFront account"]) == (3, "?")


def test_without_credentials_the_account_is_not_asked(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("doctor", "--json")
    document = json.loads(result.out)
    assert (result.exit_code, document["exitCode"]) == (1, 1)
    assert [error["message"].partition(":")[0] for error in document["errors"]] == ["Pulumi CLI", "AWS credentials"]
    states = {check["name"]: check["state"] for check in document["checks"]}
    assert states["CloudFront quota"] == "unchecked"


def test_offline_nothing_is_asked_and_that_is_no_fault(account: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    result = account("doctor", "--offline")
    assert result.exit_code == 0
    assert result.out.endswith("? AWS account: not asked, with --offline\n")


def test_settings_that_are_wrong_are_told_as_config_check_tells_them(account: Run) -> None:
    result = account("doctor", "--offline", "--stack", "prod", "--set", "pin=canari")
    assert result.exit_code == 1
    assert (
        "✗ Settings of prod: edge-router:pin is 'canari': did you mean canary? Allowed: canary, none, stable."
        " `edge-router config check --stack prod` checks again\n"
    ) in result.out


@pytest.mark.long
@pytest.mark.parametrize(
    ("more", "found"),
    [((), "1 warning"), (("--set", "control.mode=live", "--set", "control.homeRegion=eu-west-1"), "2 warnings")],
)
def test_warnings_are_counted(account: Run, more: tuple[str, ...], found: str) -> None:
    doubtful = ("--set", "strategy=jwt-iat", "--set", "jwtIat.verify=false", *more)
    result = account("doctor", "--offline", "--stack", "prod", *doubtful)
    command = "edge-router config check --stack prod"
    assert f"✓ Settings of prod: valid, with {found}. `{command}` prints them\n" in result.out


def test_a_file_that_is_no_stacks_is_told_in_its_line(account: Run, project: Path) -> None:
    (project / "Pulumi.prod.yaml").write_text("- a")
    result = account("doctor", "--offline", "--stack", "prod")
    assert result.exit_code == 1
    assert f"✗ Settings of prod: {project / 'Pulumi.prod.yaml'}: must be an object. " in result.out


def test_a_python_that_is_too_old_and_packages_that_are_missing_are_told() -> None:
    assert check_python((3, 9, 1)).text == ("✗ Python: 3.9.1. Install 3.11 or later, and run `make setup` again")

    def installed(name: str) -> str:
        if name == "pulumi-aws":
            raise PackageNotFoundError
        return "1"

    assert check_packages(installed).text == "✗ Python packages: pulumi-aws not installed. Run `make setup`"
