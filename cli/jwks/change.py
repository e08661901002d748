"""Keys of an issuer for a stack: choice, comparison with the keys in place, and writing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cli.jwks.fetch import fetch_jwks
from cli.output.console import out, print_error, print_json, warn
from cli.output.errors import EXIT_FAILED, OperationError, UsageError
from cli.output.progress import working
from cli.stacks.stack_file import StackFile, replace_file
from cli.stacks.workspace import Workspace
from router.model.record import is_list, is_object
from strategies.jwt_iat import ALGORITHMS, Options
from strategies.jwt_iat.keys import MAX_KEYS, parse_jwks
from strategies.signing import to_base64url

SECTION, KEY = "jwtIat", "jwks"
PUBLISHED = tuple(name for name in ALGORITHMS if not name.startswith("HS"))
"""Algorithms for which an issuer publishes keys: all but HMAC, whose key is a shared secret (RFC 7518 §3.1)."""
KEPT = ("kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y")
"""Public members that the router reads; certificates and the like would only fill the package."""
_IDENTIFYING = ("crv", "e", "kty", "n", "x", "y")
"""Members of RSA and EC keys that RFC 7638 §3.2 makes a thumbprint of, in its order."""


@dataclass(frozen=True)
class Source:
    """The issuer or address of keys, and their algorithm; "" stands for what the stack says."""

    issuer: str = ""
    url: str = ""
    algorithm: str = ""

    def within(self, section: Mapping[str, Any], project: str) -> Source:
        """Fill in what the stack says. UsageError where something is missing or does not fit."""
        algorithm = self.algorithm or str(section.get("algorithm") or Options.algorithm)
        if algorithm not in PUBLISHED:
            where = "--algorithm" if self.algorithm else f"{project}:{SECTION}.algorithm"
            raise UsageError(f"{where} is {algorithm!r}: an issuer publishes keys for {' and '.join(PUBLISHED)} only")
        if self.issuer and self.url:
            raise UsageError("--url is given beside --issuer: give one of them")
        issuer = self.issuer or str(section.get("issuer") or "")
        if not issuer and not self.url:
            raise UsageError(f"--issuer is missing, and {project}:{SECTION}.issuer is not set: give it, or --url")
        return Source("" if self.url else issuer, self.url, algorithm)


@dataclass(frozen=True)
class Change:
    """Names of keys (`kid`, or a thumbprint), by what becomes of them."""

    added: Sequence[str]
    removed: Sequence[str]
    changed: Sequence[str]
    unchanged: Sequence[str]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def text(self) -> str:
        signs = (("+", self.added), ("-", self.removed), ("~", self.changed), ("=", self.unchanged))
        return "\n".join(f"{sign} {name}" for sign, names in signs for name in names)


@dataclass(frozen=True)
class Destination:
    """The file that the keys are written into: one of their own, or else the stack's."""

    file: StackFile | None
    path: Path | None

    @property
    def name(self) -> str:
        return str(self.path) if self.file is None or self.path else f"{self.file.path.name}, {SECTION}.{KEY}"

    @property
    def section(self) -> dict[str, Any]:
        return self.file.section(SECTION) if self.file is not None else {}

    @property
    def rivals(self) -> list[str]:
        """Warnings of keys that the settings refuse beside a JWK Set."""
        if self.file is None or self.path is not None:
            return []
        others = [name for name in ("publicKey", "secret") if name in self.section]
        return [
            f"{self.file.project}:{SECTION}.{name} is set, which is refused beside {KEY}: run"
            f" `pulumi config rm --path {SECTION}.{name}`"
            for name in others
        ]

    @property
    def keys(self) -> list[object]:
        """The keys that are in place; none where there is nothing, or nothing that can be read."""
        given: Any = self.section.get(KEY) if self.path is None else _read(self.path)
        try:
            document: object = json.loads(given) if isinstance(given, str) else given
        except (ValueError, RecursionError):
            return []
        keys: Any = document.get("keys") if is_object(document) else None
        return keys if is_list(keys) else []

    def write(self, keys: Sequence[Mapping[str, Any]]) -> str:
        """Write the keys, one a line; return the path of the file."""
        lines = [json.dumps(key, ensure_ascii=False) for key in keys]
        flow = ['{"keys": [', *(f"  {line}," for line in lines[:-1]), f"  {lines[-1]}", "]}"]
        if self.path is not None:
            replace_file(self.path, "\n".join(flow) + "\n")
        elif self.file is not None:
            self.file.set(SECTION, KEY, {"keys": list(keys)}, flow)
            return str(self.file.path)
        return str(self.path)


def fetch_into(
    workspace: Workspace, stack: str | None, source: Source, path: Path | None, *, is_check: bool, is_json: bool
) -> None:
    """Fetch, compare and write. SystemExit(1) where `is_check` finds a difference."""
    if stack is None and path is None:
        raise UsageError("jwks fetch needs --stack NAME, or --out FILE.json")
    destination = Destination(StackFile.open(workspace.root, stack) if stack is not None else None, path)
    source = source.within(
        destination.section, destination.file.project if destination.file is not None else "edge-router"
    )
    with working(f"fetching the keys of {source.url or source.issuer}"):
        url, keys = fetch_jwks(source.issuer, source.url)
    usable, skipped = _take(url, keys, source.algorithm)
    change = compare(destination.keys, usable)
    written = destination.write(usable) if not is_check and not change.is_empty else None
    problems = [f"{destination.name}: the keys are not those of {url}"] if is_check and not change.is_empty else []
    for text in [*(f"{url}: skipped {text}" for text in skipped), *destination.rivals]:
        warn(text)
    if is_json:
        told = {"stack": stack, "url": url, "algorithm": source.algorithm, "skipped": skipped, "written": written}
        print_json({**told, **asdict(change)}, problems)
    else:
        out.print(change.text, markup=False)
        outcome = "written; `pulumi up` deploys it" if written and path is None else "written"
        if not problems:
            out.print(f"{destination.name}: {outcome if written else f'has the keys of {url}'}", markup=False)
    for problem in problems if not is_json else []:
        print_error(problem)
    if problems:
        raise SystemExit(EXIT_FAILED)


def fetch_keys(issuer: str) -> list[dict[str, Any]]:
    """Return the keys of an issuer for a new stack. UsageError, OperationError."""
    url, keys = fetch_jwks(issuer, "")
    return _take(url, keys, Options.algorithm)[0]


def _take(url: str, keys: Iterable[object], algorithm: str) -> tuple[list[dict[str, Any]], list[str]]:
    """The usable keys, of which there are some and not too many, and why others are skipped. OperationError."""
    usable, skipped = usable_keys(keys, algorithm)
    if not usable:
        raise OperationError("; ".join([f"{url}: has no key for {algorithm}", *skipped]))
    if len(usable) > MAX_KEYS:
        raise OperationError(f"{url}: has {len(usable)} keys for {algorithm}: at most {MAX_KEYS}")
    return usable, skipped


def usable_keys(keys: Iterable[object], algorithm: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the keys that the router takes, with their public members, and why others of the kind are skipped."""
    usable: list[dict[str, Any]] = []
    skipped: list[str] = []
    for index, key in enumerate(keys):
        found, error = parse_jwks({"keys": [key]}, algorithm)
        if found:
            usable.append({name: found[0][name] for name in KEPT if name in found[0]})
        elif not error.startswith("has no key for") or "key_ops" in error:
            skipped.append(f"keys[{index}] {error.removeprefix('keys[0] ')}")
    return usable, skipped


def compare(known: Iterable[object], usable: Iterable[dict[str, Any]]) -> Change:
    """Compare by name; a key of the same name with other public members is a changed one."""
    before = {_name(key): _identity(key) for key in known if is_object(key)}
    after = {_name(key): _identity(key) for key in usable}
    common = [name for name in after if name in before]
    return Change(
        added=[name for name in after if name not in before],
        removed=[name for name in before if name not in after],
        changed=[name for name in common if before[name] != after[name]],
        unchanged=[name for name in common if before[name] == after[name]],
    )


def _name(key: Mapping[str, Any]) -> str:
    return str(key["kid"]) if key.get("kid") else f"thumbprint {_thumbprint(key)}"


def _identity(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in KEPT if name in key}


def _thumbprint(key: Mapping[str, Any]) -> str:
    """RFC 7638."""
    members = {name: key[name] for name in _IDENTIFYING if name in key}
    return to_base64url(sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
