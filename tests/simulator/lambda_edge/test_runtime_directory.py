"""Distributions are linked with what they require and with nothing else."""

import importlib.metadata
from pathlib import Path

import pytest

from simulator.lambda_edge import FunctionCode, LambdaEdge, link_distributions
from tests.simulator.lambda_edge.conftest import ARN, write_package


def test_the_runtime_client_brings_its_two_requirements(tmp_path: Path):
    link_distributions(tmp_path, ["awslambdaric"])
    names = {path.name.partition(".")[0] for path in tmp_path.iterdir()}
    assert names >= {"awslambdaric", "simplejson", "snapshot_restore_py"}
    assert names <= {"awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client"}


def test_a_distribution_that_is_not_installed_is_named(tmp_path: Path):
    with pytest.raises(importlib.metadata.PackageNotFoundError, match="no-such-distribution"):
        link_distributions(tmp_path, ["no-such-distribution"])


@pytest.mark.long
@pytest.mark.anyio
async def test_native_wheels_can_be_substituted_by_the_installed_ones(tmp_path: Path):
    wheels = tmp_path / "wheels"
    link_distributions(wheels, ["pyjwt", "cryptography"])
    source = """
        import jwt
        from cryptography.hazmat.primitives.asymmetric import ec
        KEY = ec.generate_private_key(ec.SECP256R1())
        def handler(event, context):
            token = jwt.encode(event, KEY, algorithm="ES256")
            return jwt.decode(token, KEY.public_key(), algorithms=["ES256"])
        """
    package = write_package(tmp_path / "p.zip", source, jwt="raise ImportError('built for another interpreter')\n")
    function = FunctionCode(ARN, "router", "7", package, "app.handler", 5, 128)
    async with LambdaEdge([function], extra_paths=[wheels]) as edge:
        invocation = await edge.invoke(ARN, "eu-west-1", {"sub": "visitor"})
    assert invocation.payload == {"sub": "visitor"}, invocation.error_message
