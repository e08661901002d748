"""`edge-router config check`: all mistakes at once, each with its full key."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cache_check.catalogue import RULES
from infra.settings.model import SECTIONS_WITH_SECRETS
from strategies.registry import STRATEGIES
from tests.cli.conftest import Result

pytestmark = pytest.mark.usefixtures("project")
Run = Callable[..., Result]
VERIFY = (
    "edge-router:jwtIat: verify is false: anyone can write a token that reaches the canary or avoids it. Use it for"
    " tokens that a trusted party in front has verified, and never to keep anyone out of an origin"
)


@pytest.mark.long_if(r"cookie-version|jwt-iat|fastest|tenant|\b(local|staging)\b")
@pytest.mark.parametrize("stack", ["local", "staging", "prod"])
@pytest.mark.parametrize("strategy", ["sticky-session", "cookie-version", "jwt-iat", "tenant-lookup", "fastest-origin"])
def test_the_shipped_stacks_are_in_order_with_every_strategy(run: Run, stack: str, strategy: str):
    connected = ("--set", "demo.hosts=false") if stack == "staging" else ()
    result = run("config", "check", "--stack", stack, "--set", f"strategy={strategy}", *connected)
    checked = rf"checked: 1 distribution, \d behaviors?, by {len(RULES)} rules; not checked: nothing"
    assert result.exit_code == 0
    assert re.fullmatch(rf"{stack}: the config is valid; {checked}\n", result.out)
    assert result.err == ""


def test_staging_waits_for_its_hosts(run: Run):
    result = run("config", "check", "--stack", "staging")
    assert result.exit_code == 1
    assert "edge-router:demo.hosts is true" in result.err
    assert "`make demo-hosts STACK=staging`" in result.err


def test_all_mistakes_are_told_at_once_each_in_one_line(run: Run):
    result = run(
        *("config", "check", "--stack", "prod", "--set", "canaryPercent=100.5", "--set", "pin=canari"),
        *("--set", "fastestOrigin.pth=/x", "--set", "origins.canary.domainName=10.0.0.1"),
    )
    assert (result.exit_code, result.out) == (1, "")
    assert set(result.err.splitlines()) == {
        "error: edge-router:origins.canary.domainName is '10.0.0.1': CloudFront takes no IP address as an origin;"
        " use a DNS name",
        "error: edge-router:canaryPercent is '100.5': a percentage from 0 to 100 with at most two decimals, such as 10"
        " or 12.5",
        "error: edge-router:pin is 'canari': did you mean canary? Allowed: canary, none, stable",
        "error: edge-router:fastestOrigin.pth is an unknown key: did you mean path? Allowed: candidates, path,"
        " probeTimeoutMs, refreshSeconds",
    }


def test_brackets_in_a_message_are_shown_as_they_are(run: Run):
    result = run("config", "check", "--stack", "prod", "--set", "stickySession.replicas[1]=[bold]")
    assert result.err.startswith(
        "error: edge-router:stickySession.replicas[1] is '[bold]', which is not an AWS Region: allowed: "
    )


def test_json_has_the_same_mistakes(run: Run):
    result = run("config", "check", "--stack", "prod", "--set", "strategy=sticky-sesion", "--json")
    assert (result.exit_code, result.err) == (1, "")
    assert result.document == {
        "stack": "prod",
        "problems": [
            "edge-router:strategy is 'sticky-sesion': did you mean sticky-session?"
            f" Allowed: {', '.join(sorted(STRATEGIES))}"
        ],
        "warnings": [],
        "findings": [],
    }


@pytest.mark.long
def test_what_works_but_is_rarely_meant_is_a_warning(run: Run):
    arguments = ("config", "check", "--stack", "prod", "--set", "strategy=jwt-iat", "--set", "jwtIat.verify=false")
    assert run(*arguments) == Result(
        0,
        "prod: the config is valid; checked: 1 distribution, 1 behavior,"
        f" by {len(RULES)} rules; not checked: nothing\n",
        f"warning: {VERIFY}\n",
    )
    judged = {"judged": {"distributions": 1, "behaviors": 1, "rules": len(RULES)}, "notJudged": []}
    document = {"stack": "prod", "problems": [], "warnings": [VERIFY], "findings": [], **judged}
    assert run(*arguments, "--json").document == document


def test_an_unknown_stack_is_told_with_those_there_are(run: Run):
    assert run("config", "check", "--stack", "stagin") == Result(
        2, "", "error: there is no stack 'stagin'; the stacks are local, prod, staging. Did you mean 'staging'?\n"
    )


def test_a_setting_that_is_no_setting_is_told(run: Run):
    assert run("config", "check", "--stack", "prod", "--set", "pin") == Result(
        2, "", "error: --set pin: must be KEY=VALUE\n"
    )


def test_a_file_that_is_no_yaml_is_told_without_a_traceback(run: Run, project: Path):
    (project / "Pulumi.prod.yaml").write_text("config: [")
    result = run("config", "check", "--stack", "prod")
    assert result.exit_code == 2
    assert result.err.startswith(f"error: {project / 'Pulumi.prod.yaml'}")
    assert "Traceback" not in result.err


def test_no_message_has_a_secret(run: Run):
    secret = "short-secret"
    result = run(
        "config", "check", "--stack", "prod", "--set", "override.header=x-qa", "--set", f"override.secret={secret}"
    )
    assert result == Result(
        1,
        "",
        "error: edge-router:override.secret has 12 characters: at least 16 random ones keep others out\n",
    )


def test_a_value_of_the_wrong_type_is_an_error_beside_the_others(run: Run):
    result = run(
        *("config", "check", "--stack", "local", "--set", "alarms=5", "--set", "origins=x", "--set", "pin=x"),
        *("--set", "keepVersions=3.0", "--set", "canaryPercent[0]=5"),
    )
    assert (result.exit_code, result.out) == (1, "")
    assert result.err.splitlines() == [
        "error: edge-router:origins is 'x': expected an object",
        "error: edge-router:canaryPercent is [5]: a percentage from 0 to 100 with at most two decimals, such as 10 or"
        " 12.5",
        "error: edge-router:pin is 'x': allowed: canary, none, stable",
        "error: edge-router:alarms is '5': expected an object",
        "error: edge-router:keepVersions is '3.0': expected a whole number",
    ]


@pytest.mark.parametrize("section", SECTIONS_WITH_SECRETS)
def test_text_in_place_of_a_section_with_a_secret_is_not_shown(run: Run, section: str):
    assert run("config", "check", "--stack", "local", "--set", f"{section}=hunter2") == Result(
        1, "", f"error: edge-router:{section} is [secret]: expected an object\n"
    )


def test_an_empty_stack_file_misses_every_required_setting(run: Run, project: Path):
    (project / "Pulumi.bare.yaml").write_text("")
    result = run("config", "check", "--stack", "bare", "--set", "aws:region=us-east-1")
    assert result == Result(
        1,
        "",
        "error: edge-router:origins is missing: it is required\n"
        "error: edge-router:strategy is missing: it is required\n"
        "error: edge-router:release is missing: it is required\n",
    )


def test_an_alias_of_two_stacks_is_named(run: Run, project: Path) -> None:
    for stack in ("staging", "prod"):
        path = project / f"Pulumi.{stack}.yaml"
        domain = "\n  edge-router:domain: {aliases: [www.example.com], hostedZoneId: Z0123456789}\n"
        path.write_text(path.read_text() + domain)
    result = run("config", "check", "--stack", "prod")
    assert result.exit_code == 1
    assert result.err == (
        "error: edge-router:domain.aliases[0] is 'www.example.com', which Pulumi.staging.yaml has too: CloudFront takes"
        " an alias for one distribution only\n"
    )


def test_a_missing_region_is_a_mistake_beside_the_others(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(project))
    file = project / "Pulumi.prod.yaml"
    file.write_text(file.read_text().replace("  aws:region: us-east-1\n", ""))
    result = run("config", "check", "--stack", "prod", "--set", "pin=x")
    assert (result.exit_code, result.err) == (
        1,
        "error: aws:region is missing: the AWS provider needs a Region, whichever; run `pulumi config set aws:region"
        " us-east-1`\nerror: edge-router:pin is 'x': allowed: canary, none, stable\n",
    )


def test_nothing_in_a_message_can_steer_a_terminal(run: Run, tmp_path: Path) -> None:
    result = run("config", "check", "--state", f"{tmp_path}/a\x1b[31m")
    assert result.err == f"error: --state {tmp_path}/a\\x1b[31m: No such file or directory\n"
