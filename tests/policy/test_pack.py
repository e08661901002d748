"""The pack as Pulumi's engine runs it: over gRPC, and by `pulumi preview` where the CLI is on PATH."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from cache_check import analyze_state
from policy.judge import NOT_JUDGED
from pulumi_state.values import StateError
from tests.cache_check.leak_states import DISTRIBUTION, State, deploy_state
from tests.pulumi_cli.cli import MISSING, PulumiCli

from .stacks import ROOT, all_states, living, properties_of

PACK = ROOT / "policy"
MOST_SECONDS = 2


@pytest.fixture(scope="module")
def process() -> Iterator[subprocess.Popen[str]]:
    """The pack's process, started as the language host starts it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PACK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PACK) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def pack(process: subprocess.Popen[str]) -> Iterator[Any]:
    """A client of the pack."""
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.max_receive_message_length", 1 << 28)]) as channel:
        yield analyzer_pb2_grpc.AnalyzerStub(channel)


def request(state: State) -> Any:
    """What the engine sends of a stack."""
    asked = analyzer_pb2.AnalyzeStackRequest()
    for entry in living(state):
        one = asked.resources.add(type=entry["type"], urn=entry["urn"], name=entry["urn"].rpartition("::")[2])
        one.properties.update(properties_of(entry))
        if entry.get("custom", True):
            one.provider.type = "pulumi:providers:aws"
    return asked


def configure(pack: Any, **policies: dict[str, Any]) -> None:
    """Configure policies, named with _ in place of -; the level is mandatory unless it is given."""
    asked = analyzer_pb2.ConfigureAnalyzerRequest()
    for name, given in policies.items():
        level = given.pop("level", analyzer_pb2.MANDATORY)
        one = asked.policyConfig[name.replace("_", "-")]
        one.enforcementLevel = level
        one.properties.update(given)
    pack.Configure(asked)


def test_the_pack_says_what_it_has(pack: Any) -> None:
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    levels = {one.name: one.enforcementLevel for one in info.policies}
    assert (info.name, info.supportsConfig, len(levels)) == ("edge-router-cache-leaks", True, 19)
    assert [name for name, level in levels.items() if level == analyzer_pb2.MANDATORY] == ["min-ttl-overrides-no-store"]
    for one in info.policies:
        assert one.policy_type == analyzer_pb2.POLICY_TYPE_STACK
        assert list(one.configSchema.properties) == ["exclude"]


def test_the_engine_is_told_what_config_check_tells(pack: Any) -> None:
    for name, state in all_states().items():
        told = pack.AnalyzeStack(request(state)).diagnostics
        found = [
            (one.enforcementLevel, one.message.rpartition("\n")[2]) for one in told if one.policyName != NOT_JUDGED
        ]
        try:
            analysis = analyze_state(state)
        except StateError:
            assert found == [], name
            continue
        levels = {"error": analyzer_pb2.MANDATORY, "warning": analyzer_pb2.ADVISORY}
        assert sorted(found) == sorted((levels[one.severity], str(one)) for one in analysis.findings), name


def test_levels_and_exclusions_are_those_of_the_config(pack: Any) -> None:
    state = json.loads((ROOT / "tests/cache_check/foreign_states/m7-cff-random.json").read_text())
    configure(pack, chosen_by_chance={})
    [one] = pack.AnalyzeStack(request(state)).diagnostics
    assert (one.policyName, one.enforcementLevel) == ("chosen-by-chance", analyzer_pb2.MANDATORY)
    assert one.urn.endswith(f"::{DISTRIBUTION}::{one.urn.rpartition('::')[2]}")
    configure(pack, chosen_by_chance={"level": analyzer_pb2.DISABLED})
    assert list(pack.AnalyzeStack(request(state)).diagnostics) == []
    configure(pack, chosen_by_chance={"exclude": [one.urn]})
    assert list(pack.AnalyzeStack(request(state)).diagnostics) == []
    configure(pack)


def hundred_distributions() -> State:
    """The stack prod with its distribution, policies and functions a hundred times, each of its own names and IDs."""
    state = deploy_state("prod", "strategy=tier")
    own = [one for one in state["deployment"]["resources"] if one["type"].startswith("aws:cloudfront/")]
    for number in range(99):
        text = json.dumps(own)
        for one in own:
            text = text.replace(json.dumps(one["urn"]), json.dumps(f"{one['urn']}-{number}"))
            if one.get("id"):
                text = text.replace(json.dumps(one["id"]), json.dumps(f"{one['id']}{number}"))
        state["deployment"]["resources"] += json.loads(text)
    return copy.deepcopy(state)


def test_a_hundred_distributions_take_two_seconds_at_most(pack: Any, process: subprocess.Popen[str]) -> None:
    state = hundred_distributions()
    asked = request(state)
    assert sum(one.type == DISTRIBUTION for one in asked.resources) == 100
    pack.AnalyzeStack(request(deploy_state("local")))  # what is imported once
    before, started = psutil.Process(process.pid).cpu_times(), time.perf_counter()
    pack.AnalyzeStack(asked)
    wall, after = time.perf_counter() - started, psutil.Process(process.pid).cpu_times()
    seconds = after.user + after.system - before.user - before.system
    print(
        f"\n100 distributions, {len(asked.resources)} resources, {asked.ByteSize() / 1e6:.1f} MB:"
        f" {seconds:.2f} s of CPU, {wall:.2f} s (at most {MOST_SECONDS} s)"
    )
    assert seconds <= MOST_SECONDS


PROGRAM = """
import pulumi_aws as aws

cache = aws.cloudfront.CachePolicy(
    "cache",
    name="cache", min_ttl=MIN_TTL, default_ttl=60, max_ttl=60,
    parameters_in_cache_key_and_forwarded_to_origin={
        "cookies_config": {"cookie_behavior": "none"},
        "headers_config": {"header_behavior": "none"},
        "query_strings_config": {"query_string_behavior": "none"},
    },
)
aws.cloudfront.Distribution(
    "site",
    enabled=True,
    origins=[{
        "origin_id": "app", "domain_name": "app.example.com",
        "custom_origin_config": {
            "http_port": 80, "https_port": 443, "origin_protocol_policy": "https-only",
            "origin_ssl_protocols": ["TLSv1.2"],
        },
    }],
    default_cache_behavior={
        "target_origin_id": "app", "viewer_protocol_policy": "https-only",
        "allowed_methods": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"],
        "cache_policy_id": cache.id, "origin_request_policy_id": "216adef6-5c7f-47e4-b989-5492eafa07d3",
    },
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)
"""


@pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}")
def test_a_preview_fails_for_a_certain_leak_and_says_so(tmp_path: Path) -> None:
    project = tmp_path / "site"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: site\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM.replace("MIN_TTL", "30"))
    cli = PulumiCli(project, tmp_path)
    cli.environment["PULUMI_EXPERIMENTAL"] = "false"
    cli.run("stack", "init", "dev")
    cli.run("config", "set", "aws:region", "us-east-1")
    done = cli.attempt("preview", "--policy-pack", str(PACK))
    assert done.returncode != 0, done.stdout
    assert "min-ttl-overrides-no-store" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    (project / "__main__.py").write_text(PROGRAM.replace("MIN_TTL", "0"))
    done = cli.attempt("preview", "--policy-pack", str(PACK))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "origin-sees-uncached-cookie" in done.stdout
    config = tmp_path / "levels.json"
    config.write_text(json.dumps({"origin-sees-uncached-cookie": "mandatory"}))
    done = cli.attempt("preview", "--policy-pack", str(PACK), "--policy-pack-config", str(config))
    assert done.returncode != 0
