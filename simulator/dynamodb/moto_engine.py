"""The process that runs moto's DynamoDB: prints host:port, serves, and ends when its standard input does.

moto's own server makes a connection and a thread per request (8 ms each); here the same application is called one
request after the other (0.4 ms), which also makes conditional writes atomic.
"""

import asyncio
import sys

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.test import Client

from simulator.loopback import LoopbackServer, Request, Response


class MotoApplication:
    """Answers one HTTP request with moto's WSGI application for DynamoDB."""

    def __init__(self) -> None:
        self._client = Client(create_backend_app("dynamodb"), use_cookies=False)

    async def __call__(self, request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        answer = self._client.post("/", headers=headers, data=request.body)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-length"]
        return Response(answer.status_code, answer.get_data(), kept)


async def serve() -> None:
    """Serve until standard input ends: that is when the parent is gone, however it went."""
    server = LoopbackServer(MotoApplication())
    await server.listen()
    print(server.address, flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    await server.close()


if __name__ == "__main__":
    asyncio.run(serve())
