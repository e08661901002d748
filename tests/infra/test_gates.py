"""The section `rollout.gates`: what is read, where its secrets are, and what the controller gets of it."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from controller.gates.settings import Gates, WebhookPolicy
from controller.gates.times import Times
from infra.package.bundle import build_controller
from simulator.deployment.rollouts import scheduled_controller
from tests.infra.configs import choosing, problems_of, stack_of
from tests.infra.test_program import FUNCTION, run
from tests.infra.test_program_release import inputs_of

SECRET = f"whsec_{b64encode(bytes(range(24))).decode()}"
HOOK = {"url": "https://gate.example.com/edge?token=hidden", "secret": SECRET}
URL_RULE = "is not an https URL of at most 512 characters without user and password; the local edge also takes http://127.0.0.1"
WORKDAY = {"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}

MISTAKES: list[tuple[Any, str]] = [
    ({"approval": [50]}, "gates.approval lists 50: a step after the first has that percentage, one of 25, 100"),
    ({"approval": [5]}, "gates.approval lists 5: a step after the first has that percentage, one of 25, 100"),
    ({"approval": [25, 25]}, "gates.approval lists '25' twice"),
    ({"webhook": HOOK | {"url": "http://gate.example.com/?hidden"}}, f"gates.webhook.url {URL_RULE}"),
    ({"webhook": HOOK | {"url": "https://a:hidden@gate.example.com/"}}, f"gates.webhook.url {URL_RULE}"),
    ({"webhook": HOOK | {"url": "https://[hidden"}}, f"gates.webhook.url {URL_RULE}"),
    ({"webhook": HOOK | {"url": f"https://gate.example.com/{'a' * 512}"}}, f"gates.webhook.url {URL_RULE}"),
    (
        {"webhook": HOOK | {"secret": "hidden"}},
        "gates.webhook.secret is not a secret of Standard Webhooks: whsec_ and 24 to 64 random bytes in base64",
    ),
    ({"webhook": HOOK | {"attempts": 0}}, "gates.webhook.attempts is 0: allowed is 1 to 20 attempts"),
    ({"webhook": HOOK | {"timeoutSeconds": 11}}, "gates.webhook.timeoutSeconds is 11: allowed is 1 to 10 seconds"),
    (
        {"webhook": HOOK | {"onFailure": "hold"}},
        "gates.webhook.onFailure is 'hold': allowed: pause, proceed, roll",
    ),
    (
        {"times": [WORKDAY | {"days": ["monday"]}]},
        "gates.times[0].days[0] is 'monday': did you mean mon? Allowed: fri, mon, sat, sun, thu, tue, wed",
    ),
    (
        {"times": [WORKDAY | {"days": []}]},
        "gates.times[0].days is empty, so that these times never come: one or more of mon, tue, wed, thu, fri, sat, ",
    ),
    (
        {"times": [WORKDAY | {"from": "9:00"}]},
        "gates.times[0].from is '9:00': a time from 00:00 to 24:00,",
    ),
    (
        {"times": [WORKDAY | {"to": "08:00"}]},
        "gates.times[0].to is '08:00': must be after from, that is '09:00'; past midnight is two entries",
    ),
    ({"times": [WORKDAY] * 15}, "gates.times has 15 entries: at most 14"),
    (
        {"timeZone": "Berlin"},
        "gates.timeZone is 'Berlin': the IANA name of a time zone, such as Europe/Berlin or UTC",
    ),
    ({"timeZone": "Europe"}, "gates.timeZone is 'Europe': the IANA name of a time zone, such as Europe/Berlin or UTC"),
]


@pytest.mark.parametrize(("gates", "text"), MISTAKES, ids=[text for _, text in MISTAKES])
def test_a_mistake_names_its_key_and_quotes_no_secret(gates: Any, text: str) -> None:
    [problem] = problems_of(control="live", rollout={"steps": [5, 25, 100], "gates": gates})
    assert problem.startswith(f"edge-router:rollout.{text}")
    assert "hidden" not in problem


def test_an_address_of_slack_that_is_none_is_not_quoted() -> None:
    [problem] = problems_of(control="live", rollout={"slack": "hooks.slack.com/hidden"})
    assert problem == f"edge-router:rollout.slack {URL_RULE}"


def test_a_freeze_and_a_webhook_without_tls_are_warned_of() -> None:
    gates = {"freeze": True, "webhook": HOOK | {"url": "http://127.0.0.1:9000/"}}
    stack = stack_of(control="live", rollout={"gates": gates})
    assert [warning for warning in stack.warnings() if warning.startswith("rollout.")] == [
        "rollout.gates.freeze is true: no step is taken until it is false",
        "rollout.gates.webhook.url is http, which only the local edge asks: in AWS every attempt fails",
    ]


@pytest.mark.long
def test_the_controller_gets_the_gates_and_their_secrets_are_secrets_of_the_state() -> None:
    slack = "https://hooks.slack.com/services/hidden"
    found = run(
        "prod",
        *choosing("sticky-session"),
        "rollout.gates.approval[0]=25",
        f"rollout.gates.webhook.url={HOOK['url']}",
        f"rollout.gates.webhook.secret={SECRET}",
        "rollout.gates.times[0].days[0]=mon",
        "rollout.gates.times[0].from=09:00",
        "rollout.gates.times[0].to=17:00",
        "rollout.gates.timeZone=Europe/Berlin",
        f"rollout.slack={slack}",
    )
    controller = inputs_of(found, FUNCTION, "controller")
    variables = controller["environment"]["variables"]
    assert Gates.from_environment(variables["GATES"]) == Gates(
        (25,),
        (Times(("mon",), "09:00", "17:00"),),
        "Europe/Berlin",
        webhook=WebhookPolicy("gate.example.com", 5, 5),
    )
    text = json.dumps(found.state)
    assert "hidden" not in text
    assert SECRET not in text
    for name in ("WEBHOOK_URL", "WEBHOOK_SECRET", "SLACK_URL"):
        assert "ciphertext" in variables[name]
    local = scheduled_controller(found.state_with_secrets)
    assert local is not None
    opened = [local.environment[name] for name in ("WEBHOOK_URL", "WEBHOOK_SECRET", "SLACK_URL")]
    assert opened == [HOOK["url"], SECRET, slack]


def test_the_package_has_time_zones_where_there_are_times(tmp_path: Path) -> None:
    def names(gates: dict[str, Any]) -> list[str]:
        path = build_controller(stack_of(control="live", rollout={"gates": gates}), tmp_path)
        with ZipFile(path) as archive:
            return [name for name in archive.namelist() if name.startswith("tzdata/")]

    assert "tzdata/zoneinfo/Europe/Berlin" in names({"times": [WORKDAY]})
    assert names({"freeze": True}) == []
