"""A visitor with a browser's habits, on a site that the local edge serves under its public name."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx

PUBLIC_HOST = "www.example.com"
SITE = f"https://{PUBLIC_HOST}"
MOST_REDIRECTS = 5

_SCRIPT = re.compile(r'<script[^>]* src="([^"]+)"')
_STYLESHEET = re.compile(r'<link[^>]* rel="stylesheet"[^>]* href="([^"]+)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]+)"')
_IMPORTED = re.compile(r"""["'](?:\./)?(?:assets/)?([\w-]+\.(?:js|css))["']""")
_VERSION = re.compile(r"<title>(?:shop|Build) (\w+)</title>")
_NAVIGATES = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin"}
_LOADS = {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "script", "sec-fetch-site": "same-origin"}


class ThroughTheEdge(httpx.AsyncHTTPTransport):
    """Sends what is for the public name to the edge's address; Host and the jar's `Secure` cookies stay as they are."""

    def __init__(self, edge_url: str) -> None:
        super().__init__()
        self._edge = httpx.URL(edge_url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == PUBLIC_HOST, f"left the site for {request.url}"
        url = request.url.copy_with(scheme="http", host=self._edge.host, port=self._edge.port)
        sent = httpx.Request(request.method, url, headers=request.headers, stream=request.stream)
        return await super().handle_async_request(sent)


@dataclass
class Visitor:
    """What one visitor saw: the version of each page, redirects to another host, files that were not there."""

    edge_url: str
    name: str
    versions: list[str] = field(default_factory=list[str])
    foreign_redirects: list[str] = field(default_factory=list[str])
    missing_files: list[str] = field(default_factory=list[str])
    files: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    is_signed_in: bool = False

    async def visit(self) -> Visitor:
        """See the first page, sign in, and look around."""
        async with httpx.AsyncClient(transport=ThroughTheEdge(self.edge_url), timeout=30) as client:
            await self._open(client, "/")
            form = await self._open(client, "/login/")
            fields = dict(_HIDDEN.findall(form)) | {"user": self.name}
            headers = {"origin": SITE, "referer": f"{SITE}/login/"}
            answer = await self._open(client, "/login/", data=fields, headers=headers)
            self.is_signed_in = f"signed in as {self.name}" in answer
            for _ in range(3):
                self.is_signed_in &= f"signed in as {self.name}" in await self._open(client, "/account/")
        return self

    async def open_tab(self, until: asyncio.Event) -> Visitor:
        """See the first page, and load what its scripts import as soon as the event happens."""
        async with httpx.AsyncClient(transport=ThroughTheEdge(self.edge_url), timeout=30) as client:
            await self._open(client, "/")
            await until.wait()
            waiting = list(self.files)
            while waiting:
                url = waiting.pop()
                found = {urljoin(url, name) for name in _IMPORTED.findall(self.files[url])} - self.files.keys()
                for file in found:
                    await self._load(client, file)
                waiting += found
        return self

    async def _open(
        self,
        client: httpx.AsyncClient,
        path: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> str:
        """Open a page, wherever it redirects to, and load the files that it names; its text."""
        url = f"{SITE}{path}"
        method = "GET" if data is None else "POST"
        response = await client.request(method, url, data=data, headers={**_NAVIGATES, **(headers or {})})
        for _ in range(MOST_REDIRECTS):
            if "location" not in response.headers:
                break
            url = urljoin(url, response.headers["location"])
            if httpx.URL(url).host != PUBLIC_HOST:
                self.foreign_redirects.append(url)
                return ""
            response = await client.get(url, headers=_NAVIGATES)
        self.versions += _VERSION.findall(response.text)
        for name in _SCRIPT.findall(response.text) + _STYLESHEET.findall(response.text):
            await self._load(client, urljoin(url, name))
        return response.text

    async def _load(self, client: httpx.AsyncClient, url: str) -> None:
        """Load a file of the page; what it imports is loaded later."""
        answer = await client.get(url, headers=_LOADS)
        if answer.status_code != 200:
            self.missing_files.append(f"{url}: {answer.status_code}")
        self.files[url] = answer.text
