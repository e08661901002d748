"""`edge-router init`: a stack file that is valid, without a secret in it, and nothing overwritten unasked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import cli.first_hour.init as init
from cli.first_hour.answers import Given, Question
from cli.stacks.workspace import Workspace
from tests.cli.conftest import Result
from tests.cli.test_jwks import Issuer, rsa

Run = Callable[..., Result]
HOSTS = ("--stable", "v1.example.com", "--canary", "v2.example.com")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    serving = Issuer()
    yield serving
    serving.close()


def config_in(project: Path, stack: str) -> dict[str, object]:
    config = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key.removeprefix("edge-router:"): value for key, value in config.items()}


@pytest.mark.long_if(r"fastest|tier|tenant|cookie-version")
@pytest.mark.parametrize(
    ("strategy", "options", "section", "secrets"),
    [
        (
            "sticky-session",
            ("--region", "us-east-1", "--region", "eu-west-1"),
            {
                "cookie": "sessiontoken",
                "versions": {"1": "stable", "2": "canary"},
                "homeRegion": "us-east-1",
                "replicas": ["eu-west-1"],
            },
            ["logSalt"],
        ),
        ("cookie-version", (), {"cookie": "app-version"}, ["logSalt", "cookieVersion.signingKeys[0]"]),
        (
            "tenant-lookup",
            ("--allowed-domain", ".a.example.com", "--allowed-domain", "b.example.com"),
            {"allowedDomains": [".a.example.com", "b.example.com"], "homeRegion": "us-east-1", "replicas": []},
            ["logSalt"],
        ),
        ("fastest-origin", (), {"candidates": ["stable", "canary"], "path": "/"}, ["logSalt"]),
        (
            "tier",
            ("--tier", "premium=p.example.com"),
            {"tiers": {"premium": {"domainName": "p.example.com"}}},
            ["logSalt"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_file_of_every_strategy_is_valid(
    run: Run, project: Path, strategy: str, options: tuple[str, ...], section: object, secrets: list[str]
) -> None:
    result = run("init", "--stack", "shop", "--strategy", strategy, *HOSTS, *options, "--json")
    document = result.document
    assert (document["stack"], document["strategy"], document["secrets"]) == ("shop", strategy, secrets)
    assert document["written"] == str(project / "Pulumi.shop.yaml")
    config = config_in(project, "shop")
    assert section in config.values()
    assert config["origins"] == {"stable": {"domainName": "v1.example.com"}, "canary": {"domainName": "v2.example.com"}}
    assert run("config", "check", "--stack", "shop").exit_code == 0


def test_the_keys_of_an_issuer_are_fetched(run: Run, project: Path, issuer: Issuer) -> None:
    result = run("init", "--stack", "shop", "--strategy", "jwt-iat", *HOSTS, "--issuer", issuer.url)
    assert result.exit_code == 0, result.err
    section = config_in(project, "shop")["jwtIat"]
    assert isinstance(section, dict)
    assert section["jwks"] == {"keys": [rsa("one"), rsa("two", b"m")]}
    assert section["issuer"] == issuer.url


def test_secrets_are_never_written_and_the_commands_that_set_them_are_printed(run: Run, project: Path) -> None:
    more = ("--set", "jwtIat.algorithm=HS256", "--set", "override.header=x-qa", "--percent", "12.5", "--release", "1e3")
    result = run("init", "--stack", "shop", "--strategy", "jwt-iat", *HOSTS, *more)
    assert (result.exit_code, result.err) == (0, "")
    assert (
        result.out
        == f"""wrote {project / "Pulumi.shop.yaml"}

Next:
  pulumi stack init shop --secrets-provider passphrase
  pulumi config set --secret --path 'jwtIat.secret' "$JWT_SECRET"
  pulumi config set --secret --path 'override.secret' "$(openssl rand -hex 32)"
  pulumi config set --secret logSalt "$(openssl rand -hex 32)"
  edge-router doctor --stack shop
  edge-router up --stack shop
  pulumi up
"""
    )
    text = (project / "Pulumi.shop.yaml").read_text()
    assert "0123456789abcdef" not in text
    assert 'edge-router:canaryPercent: "12.5"\n' in text
    assert 'edge-router:release: "1e3"\n' in text
    assert Workspace(project).read_config("shop").values["edge-router:release"] == "1e3"


@pytest.mark.parametrize(
    ("override", "path"),
    [
        ("override.secret=s3cret-s3cret-16", "override.secret"),
        ('override={"header":"x-qa","secret":"s3cret-s3cret-16"}', "override.secret"),
        ("cookieVersion.signingKeys[0]=s3cret-s3cret-16", "cookieVersion.signingKeys"),
        ("logSalt=s3cret-s3cret-16", "logSalt"),
    ],
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    run: Run, project: Path, override: str, path: str
) -> None:
    result = run("init", "--stack", "shop", "--strategy", "cookie-version", *HOSTS, "--set", override)
    assert (result.exit_code, result.out) == (2, "")
    assert result.err == (
        f"error: --set {path}: is a secret, which is never written in plain text: leave it out, and run"
        f" `pulumi config set --secret --path {path} …` afterwards\n"
    )
    assert not (project / "Pulumi.shop.yaml").exists()


def test_what_is_missing_without_a_terminal_is_named_by_its_option(run: Run, project: Path) -> None:
    result = run("init", "--json")
    assert result.exit_code == 2
    assert [error["key"] for error in json.loads(result.out)["errors"]] == [
        "--stack",
        "--strategy",
        "--stable",
        "--canary",
    ]
    result = run("init", "--stack", "shop", "--strategy", "tenant-lookup", *HOSTS)
    assert (result.exit_code, result.err) == (
        2,
        "error: --allowed-domain is missing: Domains of the backends, such as .tenants.example.com\n",
    )


def test_what_is_invalid_is_named_by_its_option_or_its_setting(run: Run, project: Path) -> None:
    wrong = ("--stack", "a b", "--strategy", "sticky", "--stable", "https://v1.example.com", "--canary", "10.0.0.1")
    keys = [error["key"] for error in json.loads(run("init", *wrong, "--region", "us-eats-1", "--json").out)["errors"]]
    assert keys == ["--stack", "--strategy", "--stable", "--canary", "--region"]
    result = run("init", "--stack", "shop", "--strategy", "cookie-version", *HOSTS, "--percent", "101")
    assert (result.exit_code, result.err) == (
        2,
        "error: edge-router:canaryPercent is '101': a percentage from 0 to 100 with at most two decimals, such as 10 or"
        " 12.5\n",
    )
    result = run("init", "--project", "shop", "--json")
    assert (result.exit_code, json.loads(result.out)["errors"][0]["key"]) == (2, "--project")
    assert not list(project.glob("Pulumi.shop*"))


@pytest.mark.parametrize(
    "override",
    [
        *("override={bad", 'override={"header":"x-qa"}', "override=5", "override=" + "[" * 100_000),
        *('stickySession={"preset":"express"}', "stickySession=", 'jwtIat={"algorithm":"HS256"}', "jwtIat=[1]"),
    ],
    ids=lambda text: text[:40],
)
def test_a_section_that_is_no_object_is_refused_as_by_the_check(run: Run, project: Path, override: str) -> None:
    result = run("init", "--stack", "shop", "--strategy", "sticky-session", *HOSTS, "--set", override)
    section = override.partition("=")[0]
    given = "[1]" if override.endswith("[1]") else "[secret]"
    error = f"error: edge-router:{section} is {given}: expected an object\n"
    assert (result.exit_code, result.out, result.err) == (2, "", error)
    assert not (project / "Pulumi.shop.yaml").exists()
    assert run("config", "check", "--stack", "local", "--set", override).err == error


@pytest.mark.long
def test_a_config_is_replaced_only_by_force_and_what_decrypts_its_secrets_is_kept(run: Run, project: Path) -> None:
    path = project / "Pulumi.shop.yaml"
    path.write_text("encryptionsalt: v1:abc\n")  # as `pulumi stack init` leaves it
    call = ("init", "--stack", "shop", "--strategy", "fastest-origin", *HOSTS)
    assert run(*call).exit_code == 0
    before = path.read_text()
    assert before.startswith("encryptionsalt: v1:abc\nconfig:\n")
    result = run(*call, "--release", "second")
    assert (result.exit_code, result.err, path.read_text()) == (
        2,
        "error: --force is missing: Pulumi.shop.yaml is there already, and its config would be lost\n",
        before,
    )
    assert run(*call, "--release", "second", "--force").exit_code == 0
    assert path.read_text() == before.replace(config_release(before), "edge-router:release: second")


def test_a_file_that_cannot_be_read_is_not_replaced(run: Run, project: Path) -> None:
    path = project / "Pulumi.shop.yaml"
    path.symlink_to("nowhere")
    result = run("init", "--stack", "shop", "--strategy", "fastest-origin", *HOSTS)
    assert (result.exit_code, result.err) == (2, f"error: {path}: is a link to nowhere, which is not there\n")
    assert not (project / "nowhere").exists()


def config_release(text: str) -> str:
    return next(line.strip() for line in text.splitlines() if "release:" in line)


class Terminal:
    """Somebody at a terminal: the answers in order, and what was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, question: Question) -> str:
        self.asked.append(question.option)
        answer = self.answers.pop(0)
        return answer or question.default or ""


def test_on_a_terminal_it_asks_and_asks_again_where_an_answer_is_wrong(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(
        *("shop", "sticky", "tier", "v1", "v1.example.com", "v2.example.com", "eu-west-1, us-east-1"),
        *("gold=g.example.com,silver", "gold=g.example.com, silver=s.example.com", "5", ""),
    )
    given = Given(ask=terminal, can_ask=lambda: True)
    init.write_stack(Workspace(project), given, [], is_forced=False, is_json=False)
    assert terminal.asked == [
        *("stack", "strategy", "strategy", "stable", "stable", "canary", "region", "tier", "tier", "percent", "release")
    ]
    assert "error: is 'sticky': allowed are sticky-session, cookie-version" in capfd.readouterr().err
    config = config_in(project, "shop")
    assert config["aws:region"] == "eu-west-1"
    assert config["tier"] == {
        "tiers": {"gold": {"domainName": "g.example.com"}, "silver": {"domainName": "s.example.com"}}
    }


def test_with_json_nobody_is_asked(project: Path) -> None:
    terminal = Terminal()
    with pytest.raises(SystemExit, match="2"):
        init.write_stack(
            Workspace(project), Given(ask=terminal, can_ask=lambda: True), [], is_forced=False, is_json=True
        )
    assert terminal.asked == []
