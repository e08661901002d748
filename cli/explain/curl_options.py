"""curl's options, and the words of a command line by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Both lists are those of `curl --help all` and of src/tool_getparam.c up to curl 8.16.
_WITH_VALUE = """
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
    continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode
    delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech egd-file engine
    etag-compare etag-save expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header hostpubmd5 hostpubsha256 hsts interface ip-tos
    ipfs-gateway json keepalive-cnt keepalive-time key key-type knownhosts krb krb4 libcurl limit-rate local-port
    login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output
    output-dir parallel-max parallel-max-host pass pinnedpubkey preproxy proto proto-default proto-redir proxy
    proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key
    proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype
    proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request
    request-target resolve retry retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5
    socks5-gssapi-service socks5-hostname speed-limit speed-time ssl-sessions stderr telnet-option tftp-blksize
    time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket
    upload-file upload-flags url url-query user user-agent variable vlan-priority write-out
"""
_WITHOUT_VALUE = """
    alpn anyauth append basic buffer ca-native cert-status clobber compressed compressed-ssh create-dirs crlf digest
    disable disable-eprt disable-epsv disallow-username-in-url doh-cert-status doh-insecure dump-ca-embed eprt epsv fail
    fail-early fail-with-body false-start follow form-escape ftp-create-dirs ftp-pasv ftp-pret ftp-skip-pasv-ip ftp-ssl
    ftp-ssl-ccc ftp-ssl-control ftp-ssl-reqd get globoff haproxy-protocol head help http0.9 http1.0 http1.1 http2
    http2-prior-knowledge http3 http3-only ignore-content-length include insecure ipv4 ipv6 junk-session-cookies
    keepalive list-only location location-trusted mail-rcpt-allowfails manual metalink mptcp negotiate netrc
    netrc-optional next npn ntlm ntlm-wb out-null parallel parallel-immediate path-as-is post301 post302 post303
    progress-bar progress-meter proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure
    proxy-negotiate proxy-ntlm proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw
    remote-header-name remote-name remote-name-all remote-time remove-on-error retry-all-errors retry-connrefused
    sasl-ir sessionid show-error show-headers silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl
    ssl-allow-beast ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output
    suppress-connect-headers tcp-fastopen tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2
    tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version xattr
"""
_LETTERS = """
    0:http1.0 1:tlsv1 2:sslv2 3:sslv3 4:ipv4 6:ipv6 a:append A:user-agent b:cookie B:use-ascii c:cookie-jar
    C:continue-at d:data D:dump-header e:referer E:cert f:fail F:form g:globoff G:get h:help H:header i:include I:head
    j:junk-session-cookies J:remote-header-name k:insecure K:config l:list-only L:location m:max-time M:manual n:netrc
    N:buffer o:output O:remote-name p:proxytunnel P:ftp-port q:disable Q:quote r:range R:remote-time s:silent
    S:show-error t:telnet-option T:upload-file u:user U:proxy-user v:verbose V:version w:write-out x:proxy X:request
    y:speed-time Y:speed-limit z:time-cond Z:parallel #:progress-bar
"""
WITH_VALUE, WITHOUT_VALUE = frozenset(_WITH_VALUE.split()), frozenset(_WITHOUT_VALUE.split())
LETTERS = {":": "next"} | {pair[0]: pair[2:] for pair in _LETTERS.split()}

_BODY, _FILE, _NOTHING = "its body cannot be read here", "its file is not read here", "sends no request"
REFUSED = {
    **dict.fromkeys(("form", "form-string", "upload-file"), _BODY),
    **dict.fromkeys(("config", "etag-compare", "netrc", "netrc-file", "netrc-optional"), _FILE),
    **dict.fromkeys(("help", "manual", "version"), _NOTHING),
    "aws-sigv4": "its signature cannot be made here",
    "time-cond": "its date cannot be read here",
    "variable": "its variables cannot be read here",
}
"""Options that make a request which the command line alone does not tell."""
_END = frozenset(("|", "||", "&&", "&", ";"))
_REDIRECTION = re.compile(r"\d*(?:>>?|<)(&?\S+)?")


class CurlError(ValueError):
    """A command line that cannot be read; the text says what is missing."""


@dataclass(frozen=True)
class Options:
    """The options of one request by their long names, in their order; a URL is the value of `url`."""

    found: tuple[tuple[str, str], ...]

    def find_all(self, *names: str) -> list[tuple[str, str]]:
        """Return the options of these names, with their values, in the order of the command."""
        return [one for one in self.found if one[0] in names]

    def last(self, name: str) -> str:
        """Return the value that counts, or ""."""
        return "".join(value for _, value in self.find_all(name)[-1:])

    def is_set(self, name: str) -> bool:
        """Return True where an option is given, and not withdrawn by --no-…."""
        return any(one == name for one, _ in self.find_all(name, f"no-{name}")[-1:])


def label(name: str) -> str:
    """Return an option as people write it: -H/--header."""
    letter = next((f"-{letter}/" for letter, known in LETTERS.items() if known == name), "")
    return f"{letter}--{name}"


def read_options(words: Iterable[str]) -> Options:
    """Return the options of the first request of a command, without what a shell has for itself. CurlError."""
    found: list[tuple[str, str]] = []
    for name, value in _options(iter(words)):
        if name == "next":
            break
        if name in REFUSED:
            raise CurlError(f"{label(name)}: {REFUSED[name]}")
        found.append((name, value))
    return Options(tuple(found))


def _options(rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in rest:
        if word == "--":
            yield from (("url", url) for url in rest)
        elif word.startswith("--"):
            yield _read_long(word[2:], rest)
        elif word.startswith("-"):
            yield from _read_letters(word[1:], rest)
        elif word in _END:
            return
        elif redirection := _REDIRECTION.fullmatch(word):
            if not redirection[1]:
                next(rest, "")
        else:
            yield "url", word


def _read_long(name: str, rest: Iterator[str]) -> tuple[str, str]:
    if name in WITH_VALUE:
        return name, _value(name, rest)
    if name not in WITHOUT_VALUE and name.removeprefix("no-") not in WITHOUT_VALUE:
        known, equals, _ = name.partition("=")  # after it may be a secret
        raise CurlError(f"the option --{known}{equals and '=…'} is not known")
    return name, ""


def _read_letters(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Options of one letter each, of which the last may have its value in the same word."""
    for place, letter in enumerate(letters or " ", 1):
        name = LETTERS.get(letter)
        if name is None:
            raise CurlError(f"the option -{letter.strip()} is not known")
        if name in WITH_VALUE:
            yield name, letters[place:] or _value(name, rest)
            return
        yield name, ""


def _value(name: str, rest: Iterator[str]) -> str:
    """The next word, whatever it begins with."""
    value = next(rest, None)
    if value is None:
        raise CurlError(f"{label(name)} has no value")
    return value
