"""In a worker the names of mapped origins lead to this machine, over plain connections and over what would be TLS."""

import pytest

from simulator.loopback import LoopbackServer, Request, Response
from tests.simulator.lambda_edge.conftest import ARN, Bench

pytestmark = pytest.mark.anyio
CONNECTS = """
import http.client, os, socket, ssl
def handler(event, context):
    if event.get("environment"):
        return "SIMULATED_ORIGINS" in os.environ
    kind = http.client.HTTPSConnection if event["tls"] else http.client.HTTPConnection
    connection = kind(event["host"], event.get("port"), timeout=2)
    try:
        connection.request("GET", "/path")
        return connection.getresponse().read().decode()
    except OSError as error:
        return f"{type(error).__name__}: {type(error).__module__}"
    finally:
        connection.close()
"""


async def hosts(request: Request) -> Response:
    return Response(200, f"{request.path} {request.headers['host']}".encode())


@pytest.mark.long
@pytest.mark.long_if(r"V1|8443|-False|\*\.")
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("v1.example.com", "v1.example.com", None),
        ("v1.example.com", "V1.Example.com.", None),
        ("v1.example.com:8443", "v1.example.com", 8443),
        ("*.example.com", "any.thing.example.com", None),
    ],
)
async def test_a_mapped_name_is_reached(bench: Bench, tls: bool, name: str, host: str, port: int | None):
    server = LoopbackServer(hosts)
    await server.listen()
    edge = bench.edge(CONNECTS, origins={name: f"http://{server.address}"})
    invocation = await edge.invoke(ARN, "eu-west-1", {"tls": tls, "host": host, "port": port})
    await server.close()
    shown = f"{host}:{port}" if port else host
    assert (invocation.error, invocation.payload) == (None, f"/path {shown}")


@pytest.mark.long
async def test_tls_to_anybody_else_stays_tls_though_the_port_is_an_origins(bench: Bench):
    server = LoopbackServer(hosts)
    await server.listen()
    edge = bench.edge(CONNECTS, origins={"v1.example.com": "http://127.0.0.2:" + str(server.port)})
    failed = await edge.invoke(ARN, "eu-west-1", {"tls": True, "host": "127.0.0.1", "port": server.port})
    await server.close()
    assert failed.payload.endswith(": ssl")


@pytest.mark.long
async def test_an_origin_with_an_https_url_is_spoken_to_in_tls(bench: Bench):
    server = LoopbackServer(hosts)
    await server.listen()
    edge = bench.edge(CONNECTS, origins={"v1.example.com": f"https://{server.address}"})
    failed = await edge.invoke(ARN, "eu-west-1", {"tls": True, "host": "v1.example.com"})
    await server.close()
    assert failed.payload.endswith(": ssl")


@pytest.mark.long
async def test_a_name_that_is_not_mapped_with_this_port_is_resolved_as_ever(bench: Bench):
    edge = bench.edge(CONNECTS, origins={"localhost:8443": "http://127.0.0.1:1"})
    failed = await edge.invoke(ARN, "eu-west-1", {"tls": False, "host": "v2.invalid"})
    assert failed.payload == "gaierror: socket"


async def test_the_function_does_not_see_the_map(bench: Bench):
    edge = bench.edge(CONNECTS, origins={"v1.example.com": "http://127.0.0.1:1"})
    assert (await edge.invoke(ARN, "eu-west-1", {"environment": True})).payload is False
