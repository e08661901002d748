"""The map from origin domain names to local servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulator.cloudfront.http.errors import OriginMapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DOMAIN = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(:\d{1,5})?")


class OriginMap:
    """Maps an origin's domain name, or `domain:port`, to the base URL of a local server.

    `{"v1.example.com": "http://127.0.0.1:8001", "*.tenants.example.com": …, "api.example.com:8443": …}`. A port wins
    over no port, an exact name over `*.`. A name that is not here does not exist: CloudFront's answer is its 502 for a
    failed DNS look-up (page http-502-dns-error). TLS to the origin is not simulated, so neither is a certificate that
    does not match the Host header.
    """

    def __init__(self, base_urls: Mapping[str, str]) -> None:
        for name, url in base_urls.items():
            _check_entry(name, url)
        self._base_urls = {name.lower(): url.rstrip("/") for name, url in base_urls.items()}

    @classmethod
    def parse(cls, entries: Iterable[str]) -> OriginMap:
        """From `NAME=URL` texts. Raises OriginMapError."""
        pairs: dict[str, str] = {}
        for entry in entries:
            name, separator, url = entry.partition("=")
            if not separator:
                raise OriginMapError(
                    f"--origin is {entry!r}: write DOMAIN=URL, for instance v1.example.com=http://127.0.0.1:8001"
                )
            pairs[name.strip()] = url.strip()
        return cls(pairs)

    @property
    def base_urls(self) -> Mapping[str, str]:
        return dict(self._base_urls)

    def resolves(self, domain_name: str) -> bool:
        """Return whether the name exists, whatever the port."""
        name = _canonical(domain_name)
        known = {key.partition(":")[0] for key in self._base_urls}
        return name in known or any(f"*.{parent}" in known for parent in _parents(name))

    def base_url(self, domain_name: str, port: int) -> str | None:
        """The local server that stands for this origin and port, without a trailing slash; None where there is none."""
        name = _canonical(domain_name)
        for candidate in (name, *(f"*.{parent}" for parent in _parents(name))):
            for key in (f"{candidate}:{port}", candidate):
                if key in self._base_urls:
                    return self._base_urls[key]
        return None


def _canonical(domain_name: str) -> str:
    return domain_name.lower().removesuffix(".")


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[index:]) for index in range(1, len(labels))]


def _check_entry(name: str, url: str) -> None:
    if not _DOMAIN.fullmatch(name.lower()):
        raise OriginMapError(
            f'origin "{name}": the name must be a domain name, "*.domain" or "domain:port", without scheme or path'
        )
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise OriginMapError(f'origin "{name}": "{url}" is not an http or https URL, such as http://127.0.0.1:8001')
    if parts.query or parts.fragment:
        raise OriginMapError(f'origin "{name}": "{url}" must not have a query or a fragment')
