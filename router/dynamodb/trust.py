"""TLS that trusts the roots in the package: loading the system's costs tens of milliseconds of CPU.

AWS's endpoints have certificates of Amazon Trust Services, whose repository (amazontrust.com/repository) recommends all
five of its roots to a client with a trust store of its own.
"""

from __future__ import annotations

import ssl
from _thread import allocate_lock
from functools import cache

from router.dynamodb.opening import ExchangeError
from router.model.log_line import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

PACKAGE = __file__.rpartition("/router/")[0]
AMAZON_ROOTS, OWN_ROOTS = "amazon_roots.pem", "roots.pem"
"""The file at the root of a package, as `function.caBundle` says; without one the system's roots are trusted."""
_lock = allocate_lock()
"""Only threads that open connections take it: no alarm comes to them."""
NO_ISSUER = frozenset({2, 18, 19, 20, 21})
"""X509_V_ERR_… where no trusted root issued the chain (openssl-verification-options, OpenSSL): others may have."""


class Trust:
    """The roots of one package. Where Amazon's did not issue a certificate, the system's may have: logged once.

    Roots of the user's own alone are trusted, without a fallback.
    """

    def __init__(self, directory: str) -> None:
        self._amazon = _load(f"{directory}/{AMAZON_ROOTS}")
        self._preferred = self._amazon or _load(f"{directory}/{OWN_ROOTS}") or ssl.create_default_context()

    def secure(self, connect: Callable[[], socket.socket], host: bytes) -> ssl.SSLSocket:
        """TLS over a new connection, verified for this host; OSError without one, ExchangeError("tls") without TLS."""
        context = self._preferred
        try:
            return _wrap(context, connect(), host)
        except ssl.SSLCertVerificationError as error:
            if context is not self._amazon or error.verify_code not in NO_ISSUER:
                raise ExchangeError("tls") from error
        context = ssl.create_default_context()
        try:
            secured = _wrap(context, connect(), host)
        except ssl.SSLCertVerificationError as error:
            raise ExchangeError("tls") from error
        with _lock:
            is_first = self._preferred is self._amazon
            self._preferred = context
        if is_first:
            emit({"reason": "system-roots", "host": host.decode()})
        return secured


def trust() -> Trust:
    """The trust of the package that runs here: one for each process, also where two threads come first."""
    with _lock:
        return _build(PACKAGE)


_build = cache(Trust)


def _load(path: str) -> ssl.SSLContext | None:
    """A context that trusts the roots in a file; None without the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it verifies certificates and host names, from TLS 1.2 on
    try:
        context.load_verify_locations(path)
    except FileNotFoundError:
        return None
    return context


def _wrap(context: ssl.SSLContext, opened: socket.socket, host: bytes) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(opened, server_hostname=host)
    except OSError as error:
        opened.close()
        if isinstance(error, TimeoutError | ssl.SSLCertVerificationError):
            raise
        raise ExchangeError("tls") from error
