"""Answers that name the site instead of an origin: Location, Content-Location and Set-Cookie (docs/adr/0020).

A reference to an origin's host becomes one without scheme and host (RFC 9110 §10.2.2), which is right for viewers of
every alias, cached or not. A cookie for an origin's domain becomes one of the host that was asked (RFC 6265 §5.3). What
is not understood stays as it is.
"""

from __future__ import annotations

import re  # json has loaded it already

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_REFERENCE = re.compile(
    r"(?:(?:(https?):)?//([^/?#@:\\]+)(?::([0-9]{0,5}))?)?((?:[/?#][^\0-\x1f\x7f]*)?)", re.IGNORECASE | re.ASCII
)
"""Scheme, host, port and the rest. Browsers leave control characters out: /<tab>/x would become another host."""


def rewrite(cf: dict[str, Any], ports: Mapping[str, list[int]], names: Iterable[str]) -> None:
    """Change the response of an origin-response event in place.

    `ports` are those of our origins by host in lower case; `names` those of the site, as Router.public has them.
    """
    response = cf["response"]
    headers: dict[str, Any] = response.get("headers") or {}
    answer = _Answer(cf, ports, frozenset(names))
    changed = {
        name: [{**entry, "value": public(entry["value"])} for entry in headers[name]]
        for name, public in (
            ("location", answer.location),
            ("content-location", answer.reference),
            ("set-cookie", answer.cookie),
        )
        if name in headers
    }
    response["headers"] = {**headers, **changed}


class _Answer:
    def __init__(self, cf: Mapping[str, Any], ports: Mapping[str, list[int]], names: frozenset[str]) -> None:
        request = cf["request"]
        origin = request["origin"].get("custom") or request["origin"]["s3"]
        sent = {name: entries[0]["value"].lower() for name, entries in request["headers"].items() if entries}
        domain = origin["domainName"].lower()
        self._path = origin.get("path")
        self._names = names | {cf["config"]["distributionDomainName"]}
        self._ports = dict(ports)
        if domain not in names:  # one that the strategy found elsewhere, such as a tenant's
            self._ports[domain] = [*ports.get(domain, ()), origin.get("port")]
        self._own = {"", domain, sent.get("host"), sent.get("x-forwarded-host")}
        seen = f"//{sent.get('host')}"
        self._seen = seen, f"{origin.get('protocol')}:{seen}"
        query = request.get("querystring")
        self._asked = f"{request['uri']}?{query}" if query else request["uri"]
        self._is_repeated = request.get("method") in ("GET", "HEAD") or str(cf["response"]["status"]) in ("307", "308")

    def location(self, value: str) -> str:
        """Rewrite a redirect, except to the page that was asked, at another host or scheme than the origin saw.

        That would never end: the origin would see the same request again.
        """
        public = self.reference(value)
        is_elsewhere = "//" in value[:8] and not value.lower().startswith(self._seen)
        is_endless = self._is_repeated and is_elsewhere and public.partition("#")[0] == self._asked
        return value if is_endless else public

    def reference(self, value: str) -> str:
        found = _REFERENCE.fullmatch(value)
        if not found:
            return value
        scheme, host, port, rest = found.groups("")
        host = host.lower().removesuffix(".")
        default = 80 if scheme.lower() == "http" else 443
        if host and int(port or default) not in (default, *self._ports.get(host, ())):
            return value
        public = self._below_path(rest) if host in self._own else rest
        if host not in self._ports:
            if public == rest:
                return value
            if host:  # the site's own name
                return value[: len(value) - len(rest)] + public
        # A path may begin with two slashes, a reference to a path may not.
        return f"/.{public}" if re.match(r"/[/\\]", public) else public if public[:1] == "/" else f"/{public}"

    def cookie(self, value: str) -> str:
        pair, *attributes = value.split(";")
        named = [(part.partition("=")[0].strip().lower(), part.partition("=")[2].strip(), part) for part in attributes]
        domains = [given for name, given, _ in named if name == "domain"]
        is_foreign = bool(domains) and self._is_foreign(domains[-1].lower().removeprefix("."))  # the last one counts
        kept = [pair]
        for name, given, part in named:
            if name == "path" and self._below_path(given) != given:
                kept.append(f"{part.partition('=')[0]}={self._below_path(given)}")
            elif name != "domain" or not is_foreign:
                kept.append(part)
        return ";".join(kept)

    def _below_path(self, path: str) -> str:
        """The path as the viewer asks for it, without the prefix of the origin that answered."""
        prefix = self._path
        if not prefix or not path.startswith(prefix) or path[len(prefix) :][:1] not in ("", "/", "?", "#"):
            return path
        rest = path[len(prefix) :]
        return rest if rest[:1] == "/" else f"/{rest}"

    def _is_foreign(self, domain: str) -> bool:
        """True for a host of an origin, or a domain above one, in which no name of the site lies."""
        if "." not in domain or f"*.{domain.partition('.')[2]}" in self._names:
            return False
        below = f".{domain}"
        return any(f".{host}".endswith(below) for host in self._ports) and not any(
            f".{name}".endswith(below) for name in self._names
        )
