"""`python -m demo.hosts.connect`: the outputs of demo/hosts become settings of a stack."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

import demo.hosts.connect as connecting
from cli.output.errors import UsageError
from cli.stacks.workspace import Workspace
from demo.hosts.connect import conflicts, connect, new_settings
from tests.infra.configs import CONNECTED, HOSTS, run_stack, shipped_stack

SECRET = "a-random-secret-of-the-hosts"


@pytest.fixture(scope="module")
def outputs() -> dict[str, Any]:
    """As `pulumi stack output --json --show-secrets` has them."""
    return {**run_stack(HOSTS).outputs, "originSecret": SECRET}


class FakePulumi:
    """Answers `stack output`, and remembers what is set: (path, value, flag, standard input)."""

    def __init__(self, outputs: dict[str, Any]) -> None:
        self._outputs = outputs
        self.written: list[tuple[str, Sequence[str], str | None]] = []

    def __call__(self, _workspace: Workspace, *arguments: str, stdin: str | None = None) -> str:
        if arguments[0] == "-C":
            assert arguments == (
                *("-C", "demo/hosts", "stack", "output", "--json", "--show-secrets", "--stack"),
                "staging",
            )
            return json.dumps(self._outputs)
        assert arguments[:3] == ("config", "set", "--path")
        assert arguments[-2:] == ("--stack", "staging")
        self.written.append((arguments[3], arguments[4:-2], stdin))
        return ""


@pytest.mark.long
def test_the_settings_make_the_hosts_the_origins_of_the_stack(outputs: dict[str, Any]) -> None:
    stack = shipped_stack("staging", "strategy=tier", CONNECTED)
    settings = new_settings(outputs, stack)
    connected = shipped_stack("staging", "strategy=tier", *(f"{key}={value}" for key, value in settings.items()))
    for name, place in outputs["origins"].items():
        origin = connected.settings.origins[name]
        assert (origin.domain_name, origin.protocol, origin.port) == (place["domainName"], "http", 8080)
    options: Any = connected.settings.strategy_options("tier")
    assert {name: tier.domain_name for name, tier in options.tiers.items()} == {
        name: place["domainName"] for name, place in outputs["tierBackends"].items()
    }
    assert (connected.settings.demo.hosts, connected.settings.demo.tiers) == (False, False)
    assert list(settings)[-2:] == ["demo.hosts", "demo.tiers"]


@pytest.mark.long
def test_a_backend_of_a_tier_that_the_stack_has_not_is_left_out(outputs: dict[str, Any]) -> None:
    more = {**outputs, "tierBackends": {**outputs["tierBackends"], "basic": {"domainName": "b.example.com"}}}
    assert not [key for key in new_settings(more, shipped_stack("staging")) if "basic" in key]


@pytest.mark.long
def test_the_secret_is_written_as_a_secret_and_is_no_argument_of_a_process(
    outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pulumi = FakePulumi(outputs)
    monkeypatch.setattr(connecting, "run_pulumi", pulumi)
    connect("staging", "staging")
    assert pulumi.written[0] == ("security.originSecret", ("--secret",), SECRET)
    assert pulumi.written[-2:] == [
        ("demo.hosts", ("false", "--plaintext"), None),
        ("demo.tiers", ("false", "--plaintext"), None),
    ]
    assert {flags[-1] for _, flags, _ in pulumi.written[1:]} == {"--plaintext"}
    said = capsys.readouterr().out
    assert SECRET not in said
    assert said.endswith("next: pulumi up --stack staging\n")


@pytest.mark.long
def test_another_table_of_sessions_is_a_conflict_and_nothing_is_written(
    outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi = FakePulumi({**outputs, "sessions": {**outputs["sessions"], "SESSION_COOKIE": "sid"}})
    monkeypatch.setattr(connecting, "run_pulumi", pulumi)
    with pytest.raises(UsageError, match=r"^edge-router:stickySession is not what the hosts have \(SESSION_COOKIE\): "):
        connect("staging", "staging")
    assert pulumi.written == []


@pytest.mark.long
def test_a_secret_that_the_stack_has_already_is_not_replaced(outputs: dict[str, Any]) -> None:
    theirs = shipped_stack("staging", "security.originSecret=secret-of-other-origins")
    [text] = conflicts(outputs, theirs)
    assert text.startswith("edge-router:security.originSecret is set, and the hosts have another one: ")
    assert conflicts(outputs, shipped_stack("staging", f"security.originSecret={SECRET}")) == []


def test_hosts_that_are_not_there_are_told() -> None:
    assert conflicts({}, shipped_stack("staging")) == [
        "demo/hosts has no hosts and no backends for staging: run `pulumi -C demo/hosts up` first"
    ]
