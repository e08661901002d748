"""Sites on loopback: one that routes as told, with cookies and a cache, and bare sockets that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from validator.checks.report import Report, Result
from validator.plan.parse import parse_plan
from validator.validation import validate

SECRET = "a-secret-of-the-tests-0123"
CODES = {"stable": "1", "canary": "2"}

Headers = list[tuple[str, str]]
Reply = tuple[int, Headers, bytes]


@dataclass
class Asked:
    """One request as a site sees it; header names in lower case."""

    path: str
    headers: dict[str, str]

    def cookie(self, name: str) -> str:
        morsel = SimpleCookie(self.headers.get("cookie", "")).get(name)
        return morsel.value if morsel else ""


@dataclass
class Shop:
    """A site with a canary, to which every so many-th newcomer goes, so that no test depends on luck.

    `caches` are paths that are kept by `cache_key` (path and version) and the values of `key_headers`, with their first
    cookie or with a fresh one. Every answer has `vary`.
    """

    percent: int = 30
    pin: str = ""
    is_forgetful: bool = False
    caches: frozenset[str] = frozenset()
    cache_key: Callable[[str, str], str] = lambda path, version: f"{path} {version}"
    has_cached_cookies: bool = False
    has_fresh_cookies: bool = False
    broken_version: str = ""
    vary: str = ""
    key_headers: frozenset[str] = frozenset()
    is_anonymous: bool = False
    secret: str = SECRET
    asked: list[Asked] = field(default_factory=list[Asked])

    def __post_init__(self) -> None:
        self._newcomers = itertools.count()
        self._ids = itertools.count()
        self._versions: dict[str, str] = {}
        self._cached: dict[str, Reply] = {}
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            version, identity = self._assign(asked)
            path = asked.path.partition("?")[0]
            if path not in self.caches:
                return self._page(version, identity, "Miss from cloudfront")
            values = [asked.headers.get(name) for name in sorted(self.key_headers)]
            return self._from_cache(f"{self.cache_key(path, version)} {values}", version, identity)

    def _assign(self, asked: Asked) -> tuple[str, str]:
        forced, _, secret = asked.headers.get("x-qa-origin", "").partition(":")
        if secret == self.secret:
            return forced, ""
        identity = asked.cookie("visitor")
        if not self.is_forgetful and identity in self._versions:
            return self.pin or self._versions[identity], ""
        number = next(self._newcomers)
        is_canary = (number + 1) * self.percent // 100 > number * self.percent // 100
        version = "canary" if is_canary else "stable"
        identity = f"identity-number-{next(self._ids):06}"
        self._versions[identity] = version
        return self.pin or version, identity

    def _from_cache(self, key: str, version: str, identity: str) -> Reply:
        if key not in self._cached:
            kept = identity if self.has_cached_cookies else ""
            self._cached[key] = self._page(version, kept, "Miss from cloudfront")
            return self._cached[key]
        status, headers, body = self._cached[key]
        hit = [(name, value) for name, value in headers if name != "x-cache"]
        hit += [("x-cache", "Hit from cloudfront"), ("age", "7")]
        if self.has_fresh_cookies and identity:
            hit.append(("set-cookie", f"visitor={identity}; Path=/; Secure"))
        return status, hit, body

    def _page(self, version: str, identity: str, x_cache: str) -> Reply:
        headers = [("x-cache", x_cache), ("x-amz-cf-id", f"request-{len(self.asked)}")]
        if self.vary:
            headers.append(("vary", self.vary))
        if not self.is_anonymous:
            headers.append(("x-app-version", CODES[version]))
        if identity:
            headers.append(("set-cookie", f"visitor={identity}; Path=/; Secure; HttpOnly"))
        return (
            500 if version == self.broken_version else 200,
            headers,
            f"Welcome to version {CODES[version]}.0".encode(),
        )


@contextlib.contextmanager
def serve(answer: Callable[[Asked], Reply], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a site that answers like this, over TLS where there is a context."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # an answer in one piece: else the client's delayed acknowledgement holds up the second

        def do_GET(self) -> None:
            status, headers, body = answer(Asked(self.path, {name.lower(): one for name, one in self.headers.items()}))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # with the default of 5, who comes sixth waits a second for his second attempt

        def handle_error(self, request: Any, client_address: Any) -> None:
            return  # clients that break off are what some tests are about

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def socket_served(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """The URL of a bare socket: each connection is handed over, with an event that is set at the end."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.02)

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                behave(connection, over)

        def accept() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    threads.append(threading.Thread(target=one, args=(listener.accept()[0],)))
                    threads[-1].start()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            over.set()
            for thread in threads:
                thread.join()


def certificate(folder: Path, *addresses: str) -> tuple[Path, ssl.SSLContext]:
    """A self-signed certificate for these addresses, as a file to trust, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]), False
        )
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


def validate_small(url: str, **keys: Any) -> Report:
    """A validation in small, unless the keys say otherwise: 40 visitors, and 3 who come 3 times."""
    small = {"visitors": 40, "stickyVisitors": 3, "requestsPerVisitor": 3, "rate": 1000, "timeoutSeconds": 5}
    return asyncio.run(validate(parse_plan({"url": url, **small, **keys})))


def result(report: Report, check: str) -> Result:
    """What one check says."""
    return next(one for one in report.results if one.check == check)


def verdicts(report: Report) -> dict[str, str]:
    """Check to verdict, without what was skipped."""
    return {one.check: str(one.verdict) for one in report.results if one.verdict != "skipped"}
