"""What makes a cold start take what it takes at AWS: a share of a core, and TLS that has to be verified."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from simulator.certificates import Authority
from simulator.lambda_edge import FunctionCode, LambdaEdge
from simulator.loopback import LoopbackServer, Request, Response
from tests.simulator.lambda_edge.conftest import ARN, Bench, write_package

pytestmark = pytest.mark.anyio
SHARE, CPU_SECONDS = 0.2, 0.1
BURN = f"""
import time
def burn():
    until = time.process_time() + {CPU_SECONDS}
    while time.process_time() < until:
        pass
burn()
def handler(event, context):
    burn()
"""
CONNECT = """
import os, socket, ssl, urllib.parse
def handler(event, context):
    url = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    own = "roots.pem" if os.path.exists("roots.pem") else None
    context = ssl.create_default_context(cafile=own)
    try:
        with socket.create_connection((url.hostname, url.port)) as connected:
            return context.wrap_socket(connected, server_hostname=url.hostname).version()
    except ssl.SSLError as error:
        return error.verify_message
"""


async def test_init_and_first_duration_are_those_of_a_share_of_a_core(bench: Bench):
    """A busy machine makes both longer, never shorter; half of it allows for the first period, which comes at once."""
    edge = bench.edge(BURN, cpu_share=SHARE)
    assert edge.cpu_limit is not None
    first = await edge.invoke(ARN, "eu-west-1", {})
    assert first.init_duration_ms is not None
    assert first.init_duration_ms > CPU_SECONDS / SHARE * 1000 / 2
    assert first.duration_ms > CPU_SECONDS / SHARE * 1000 / 2
    report = first.log_lines[-1]
    assert f"\tInit Duration: {first.init_duration_ms:.2f} ms\t" in report
    assert f"\tDuration: {first.duration_ms:.2f} ms\t" in report


@pytest.mark.long
async def test_a_worker_under_a_quota_is_used_again(bench: Bench):
    edge = bench.edge(BURN, cpu_share=SHARE)
    started = [(await edge.invoke(ARN, "eu-west-1", {})).cold_start for _ in range(3)]
    assert started == [True, False, False]


async def test_without_a_share_there_is_no_limit(bench: Bench):
    assert bench.edge(BURN).cpu_limit is None


@pytest.mark.long
@pytest.mark.long_if(r"system")
@pytest.mark.parametrize("has_own_roots", [True, False], ids=["roots in the package", "the system's"])
async def test_functions_verify_the_endpoint_with_the_authority_and_not_without(tmp_path: Path, has_own_roots: bool):
    async def answer(_: Request) -> Response:
        return Response(200)

    authority = Authority.create(tmp_path)
    package = write_package(tmp_path / "package.zip", CONNECT)
    if has_own_roots:
        _add(package, "roots.pem", Authority.create(tmp_path).roots)
    function = FunctionCode(ARN, "router", "7", package, "app.handler", 5, 128)
    server = LoopbackServer(answer, authority.server_context)
    await server.listen()
    endpoint = {"AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{server.port}"}
    answers: list[object] = []
    for trusted in (authority, None):
        async with LambdaEdge([function], endpoint, authority=trusted) as edge:
            answers.append((await edge.invoke(ARN, "eu-west-1", {})).payload)
    await server.close()
    assert answers == ["TLSv1.3", "unable to get local issuer certificate"]


def _add(package: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr(name, content)
