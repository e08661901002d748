"""Functions are read from a state in the shape of `pulumi stack export`."""

import copy
from pathlib import Path
from typing import Any

import pytest

from simulator.lambda_edge import FunctionCode, FunctionStateError, functions_from_state

URN = "urn:pulumi:local::edge-router::edge:Router$aws:lambda/function:Function::router"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:router:3"


@pytest.fixture
def resource(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "bundle.zip").write_bytes(b"")
    code = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "path": "bundle.zip", "hash": "00"}
    outputs = {
        "name": "router",
        "version": "3",
        "qualifiedArn": ARN,
        "handler": "router.handler.handler",
        "runtime": "python3.13",
        "timeout": 5,
        "memorySize": 128,
        "code": code,
        "loggingConfig": {"logFormat": "JSON"},
    }
    return {"urn": URN, "type": "aws:lambda/function:Function", "inputs": {}, "outputs": outputs}


def state_of(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"manifest": {}, "resources": list(resources)}}


def test_a_published_version_is_read(resource: dict[str, Any], tmp_path: Path):
    other = {"urn": "urn:x", "type": "aws:iam/role:Role", "outputs": {}}
    assert functions_from_state(state_of(other, resource), tmp_path) == (
        FunctionCode(
            ARN, "router", "3", tmp_path / "bundle.zip", "router.handler.handler", 5.0, 128, "python3.13", "JSON"
        ),
    )


def test_a_function_without_a_version_is_left_out(resource: dict[str, Any], tmp_path: Path):
    resource["outputs"]["version"] = "$LATEST"
    assert functions_from_state(state_of(resource), tmp_path) == ()


def test_a_missing_property_is_named(resource: dict[str, Any], tmp_path: Path):
    del resource["outputs"]["handler"]
    with pytest.raises(FunctionStateError) as caught:
        functions_from_state(state_of(resource), tmp_path)
    assert str(caught.value) == f"{URN}: the state has no handler"


def test_a_package_that_is_not_there_is_named(resource: dict[str, Any], tmp_path: Path):
    with pytest.raises(FunctionStateError) as caught:
        functions_from_state(state_of(resource), tmp_path / "elsewhere")
    package = tmp_path / "elsewhere" / "bundle.zip"
    assert str(caught.value) == f"{URN}: the package {package} does not exist; build it or name another"


def test_a_package_can_be_given_for_a_state_from_another_machine(resource: dict[str, Any], tmp_path: Path):
    moved = copy.deepcopy(resource)
    moved["outputs"]["code"]["path"] = "not/here.zip"
    (function,) = functions_from_state(state_of(moved), tmp_path, tmp_path / "given.zip")
    assert function.package == tmp_path / "given.zip"
