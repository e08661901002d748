"""`edge-router up --state`: what the distribution runs is there at the start, or the command says what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.output.errors import UsageError
from cli.up.deploying import find_attached_functions
from infra.naming.edge_functions import HANDLER
from simulator.lambda_edge import FunctionStateError
from tests.cache_check.leak_states import DISTRIBUTION, behavior, resource, state
from tests.cli.conftest import Result

Run = Callable[..., Result]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:edge:7"
ORIGIN = {
    "originId": "site",
    "domainName": "v1.example.com",
    "customOriginConfig": {"originProtocolPolicy": "https-only"},
}
MISSING = (
    f"the function {ARN} (origin-request at path pattern *) is not in the state: pass a package to run instead with"
    " --package FILE.zip, or export the state of the stack that created it"
)


def served_state(*events: str, **function: Any) -> dict[str, Any]:
    """A state that `up` can serve, with the function that it runs unless it is taken away."""
    whole = state(behavior(*events), domainName="d1.cloudfront.net", origins=[ORIGIN])
    if function:
        whole["deployment"]["resources"].append(resource("aws:lambda/function:Function", "edge", function))
    return whole


def lambda_function(**changes: Any) -> dict[str, Any]:
    defaults = {
        "qualifiedArn": ARN,
        "name": "edge",
        "version": "7",
        "handler": HANDLER,
        "timeout": 5,
        "memorySize": 128,
    }
    return {**defaults, "runtime": "python3.13", **changes}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "router.zip"
    path.write_bytes(b"")
    return path


def test_a_function_of_which_the_state_has_the_arn_only_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_attached_functions(served_state("origin-request"), tmp_path, None)
    assert str(caught.value) == MISSING


def test_a_package_runs_in_its_place(tmp_path: Path, package: Path) -> None:
    [function] = find_attached_functions(served_state("origin-request", "origin-response"), tmp_path, package)
    assert (function.arn, function.name, function.version) == (ARN, "edge", "7")
    assert (function.package, function.handler) == (package, HANDLER)


def test_what_the_state_has_is_taken_from_it(tmp_path: Path, package: Path) -> None:
    [function] = find_attached_functions(
        served_state("origin-request", **lambda_function(memorySize=256)), tmp_path, package
    )
    assert (function.memory_mb, function.timeout_seconds) == (256, 5.0)


def test_a_function_that_no_event_names_needs_no_package(tmp_path: Path) -> None:
    assert find_attached_functions(served_state(**lambda_function()), tmp_path, None) == ()


def test_a_function_that_is_replaced_and_not_yet_gone_is_not_run(tmp_path: Path) -> None:
    gone = served_state("origin-request", **lambda_function())
    gone["deployment"]["resources"][-1]["delete"] = True
    with pytest.raises(UsageError) as caught:
        find_attached_functions(gone, tmp_path, None)
    assert str(caught.value) == MISSING


def test_another_runtime_than_pythons_is_refused_at_the_start(tmp_path: Path, package: Path) -> None:
    with pytest.raises(FunctionStateError, match=r"the runtime nodejs22\.x is not simulated, only Python's$"):
        find_attached_functions(
            served_state("origin-request", **lambda_function(runtime="nodejs22.x")), tmp_path, package
        )


@pytest.fixture
def exported(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    def write(given: dict[str, Any]) -> str:
        path = tmp_path / "exported.json"
        path.write_text(json.dumps(given))
        return str(path)

    return write


def test_the_command_ends_before_it_serves_anything(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported(served_state("origin-request"))
    assert run("up", "--port", "0", "--state", path) == Result(2, "", f"error: {MISSING}\n")


def test_one_of_several_distributions_is_picked_by_name(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    two = served_state()
    first = two["deployment"]["resources"][-1]["outputs"]
    two["deployment"]["resources"].append(
        resource(DISTRIBUTION, "shop", first | {"defaultCacheBehavior": behavior("origin-request")})
    )
    path = exported(two)
    assert run("up", "--port", "0", "--state", path) == Result(
        2, "", "error: the state has several CloudFront distributions; name one of site, shop (--distribution)\n"
    )
    picked = run("up", "--port", "0", "--state", path, "--distribution", "shop")
    assert picked == Result(2, "", f"error: {MISSING}\n")
    none = run("up", "--port", "0", "--state", path, "--distribution", "shp")
    assert none == Result(2, "", 'error: the state has no CloudFront distribution "shp"; it has site, shop\n')


def test_a_distribution_is_picked_of_a_state_only(run: Run) -> None:
    assert run("up", "--port", "0", "--distribution", "shop") == Result(
        2, "", "error: --distribution selects one of a --state; a stack of this project has one only\n"
    )


def test_a_file_of_another_tool_is_told(run: Run, exported: Callable[[dict[str, Any]], str]) -> None:
    path = exported({"version": 4, "terraform_version": "1.9", "resources": []})
    result = run("up", "--port", "0", "--state", path)
    assert result.exit_code == 2
    assert result.err.startswith(f"error: --state {path}: is a state of Terraform, no state of `pulumi stack export`. ")
