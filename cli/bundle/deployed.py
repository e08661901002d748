"""The code of a function in AWS: what its ARN is of, and the bytes that run."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx

from cli.bundle.compare import Difference
from cli.output.errors import OperationError, UsageError
from cli.stacks.aws import client
from cli.stacks.aws_errors import aws_errors
from cli.stacks.local_reads import is_loopback
from infra.cdn.javascript import RUNTIME as JAVASCRIPT
from infra.naming.edge_functions import EDGE_REGION
from infra.package.bundle import REGIONAL_ARCHITECTURE
from infra.package.wheels import PYTHON_VERSION

MAX_BYTES = 250 * 1024 * 1024
SECONDS = 60.0
OK = 200
STAGE = "LIVE"
"""The stage that distributions run; the other one is for tests ("Test functions")."""
_FUNCTION = re.compile(
    r"arn:[\w-]+:(?:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:(?P<name>[\w-]+)(?::(?P<version>[\w$-]+))?"
    r"|cloudfront::\d{12}:function/(?P<viewer>[\w-]+))"
)


@dataclass(frozen=True)
class FunctionArn:
    """A function of Lambda, `version` a number, an alias or ""; without a Region one of CloudFront."""

    name: str
    region: str = ""
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> FunctionArn:
        """Return the function that an ARN names. UsageError."""
        found = _FUNCTION.fullmatch(text)
        if found is None:
            raise UsageError(
                f"--verify {text}: is not the ARN of a function; they are arn:aws:lambda:REGION:ACCOUNT:function:"
                "NAME:VERSION and arn:aws:cloudfront::ACCOUNT:function/NAME"
            )
        return cls(found["name"] or found["viewer"], found["region"] or "", found["version"] or "")


@dataclass(frozen=True)
class Deployed:
    """The code that runs: `version` is Lambda's, `content` None, not fetched, where its SHA-256 is as expected.

    `differences` are of the settings that say how the code is run.
    """

    content: bytes | None
    sha256: str
    version: str = ""
    differences: tuple[Difference, ...] = ()


def fetch_lambda(arn: FunctionArn, kind: str, expected: str) -> Deployed:
    """Return the code of a function, whose handler is that of `kind`. OperationError."""
    with aws_errors("cannot read the function", arn.region):
        service = client("lambda", arn.region)
        qualifier = {"Qualifier": arn.version} if arn.version else {}
        found: dict[str, Any] = service.get_function(FunctionName=arn.name, **qualifier)
    configuration = found["Configuration"]
    digest = b64decode(str(configuration.get("CodeSha256", ""))).hex()
    location = str(found.get("Code", {}).get("Location", ""))
    content = None if digest == expected else _download(location, arn.name, digest)
    differences = tuple(_compare_settings(configuration, kind))
    return Deployed(content, digest, str(configuration.get("Version", "")), differences)


def fetch_viewer_function(name: str) -> tuple[bytes, tuple[Difference, ...]]:
    """Return the code of a CloudFront Function that distributions run. OperationError."""
    with aws_errors("cannot read the function"):
        service = client("cloudfront", EDGE_REGION)
        code: bytes = service.get_function(Name=name, Stage=STAGE)["FunctionCode"].read()
        config = service.describe_function(Name=name, Stage=STAGE)["FunctionSummary"]["FunctionConfig"]
    return code, tuple(_differing({"Runtime": config["Runtime"]}, {"Runtime": JAVASCRIPT}))


def _compare_settings(configuration: Mapping[str, Any], kind: str) -> list[Difference]:
    """Compare what decides which code Lambda runs, and by what."""
    expected: dict[str, object] = {
        "Runtime": f"python{PYTHON_VERSION}",
        "Handler": f"{kind}.handler.handler",
        "Architectures": ["x86_64" if kind == "router" else REGIONAL_ARCHITECTURE],
        "Layers": [],
    }
    given: Any = configuration.get("Layers") or []
    layers = [str(layer["Arn"]) for layer in given]
    return _differing({**configuration, "Layers": layers}, expected)


def _differing(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference("function", name, f"{_text(found.get(name))} there, {_text(value)} here")
        for name, value in expected.items()
        if found.get(name, value) != value
    ]


def _text(value: Any) -> str:
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]


def _download(location: str, name: str, digest: str) -> bytes:
    """Return the package behind a presigned URL, which no message says, since whoever has it may read the package."""
    where = f"{name}: the package cannot be fetched"
    if not location.startswith(("https://", "http://")):
        raise OperationError(f"{where}: Lambda names no address of it")
    try:
        content = _get(location)
    except httpx.HTTPError as error:
        raise OperationError(f"{where}: {type(error).__name__}") from None
    if isinstance(content, str):
        raise OperationError(f"{where}: {content}")
    if sha256(content).hexdigest() != digest:
        raise OperationError(f"{where}: its SHA-256 is not the one that Lambda says")
    return content


def _get(location: str) -> bytes | str:
    """Return the body of a 200, or what is wrong with the response."""
    body = b""
    with httpx.stream("GET", location, timeout=SECONDS, trust_env=not is_loopback(location)) as response:
        if response.status_code != OK:
            return f"the response is {response.status_code}"
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                return f"it has more than {MAX_BYTES:,} bytes"
    return body
