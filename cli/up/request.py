"""The options of `edge-router up`, checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cli.output.errors import UsageError
from cli.stacks.workspace import Workspace
from simulator.cloudfront import EDGE_REGIONS, OriginMap
from simulator.cpu_share import CpuShareError, parse_cpu_share
from simulator.standin.config.override import Override
from simulator.standin.config.text_file import TextFileError, read_text, refuse_special
from simulator.standin.config.yaml_file import YamlError, parse_yaml


@dataclass(frozen=True)
class UpRequest:
    """The options as given; UsageError for options that exclude each other.

    `is_brief` prints an update in one line. `reconcile_seconds` replaces the rollout controller's schedule;
    `fail_percent` is the share of version 2's responses that are a 500. `distribution` selects one of a state's.
    `has_tls` and `cpu_share` (such as `7%`) are how functions reach DynamoDB, and the CPU that each worker has.
    """

    stack: str
    port: int = 8080
    overrides: Sequence[Override] = ()
    state: Path | None = None
    package: Path | None = None
    origins: Sequence[str] = ()
    origins_file: Path | None = None
    dynamodb_url: str | None = None
    region_ports: Sequence[str] = ()
    is_brief: bool = False
    reconcile_seconds: float | None = None
    fail_percent: float = 0
    distribution: str | None = None
    has_tls: bool = False
    cpu_share: str | None = None
    workspace: Workspace = field(default_factory=Workspace)

    def __post_init__(self) -> None:
        if self.state is not None and self.overrides:
            raise UsageError("--set changes settings of a stack; a --state is served as it is")
        for option, path in {"--state": self.state, "--origins": self.origins_file, "--package": self.package}.items():
            _refuse_special(option, path)
        if self.dynamodb_url is not None and not re.match(r"https?://[^/]", self.dynamodb_url):
            raise UsageError(f"--dynamodb is {self.dynamodb_url!r}: write a URL such as http://127.0.0.1:8000")
        if self.state is None and self.distribution is not None:
            raise UsageError("--distribution selects one of a --state; a stack of this project has one only")

    def mapped_origins(self) -> dict[str, str]:
        """Return domain name to URL; the command line overrides the file. OriginMapError or UsageError."""
        from_file = _read_origins(self.origins_file) if self.origins_file else {}
        return from_file | dict(OriginMap.parse(self.origins).base_urls)

    @property
    def is_like_aws(self) -> bool:
        """True where cold starts take what they take at AWS, and are worth a line."""
        return self.has_tls or self.cpu_share is not None

    def share_of_core(self) -> float | None:
        """Return the share as a number, None for all that there is. UsageError."""
        try:
            return None if self.cpu_share is None else parse_cpu_share(self.cpu_share)
        except CpuShareError as error:
            raise UsageError(f"--cpu-share {error}") from error

    def ports_by_region(self) -> dict[str, int]:
        """Return Region to port. UsageError."""
        return dict(_parse_region_port(entry) for entry in self.region_ports)


def _refuse_special(option: str, path: Path | None) -> None:
    """Reject pipes and devices: the file is read again whenever it changes."""
    try:
        if path is not None:
            refuse_special(path)
    except TextFileError as error:
        raise UsageError(f"{option} {path}: {error}") from error


def _read_origins(path: Path) -> dict[str, str]:
    try:
        document = parse_yaml(read_text(path))
    except TextFileError as error:
        raise UsageError(f"--origins {path}: {error}") from error
    except YamlError as error:
        raise UsageError(f"--origins {error.at(path)}") from error
    urls: dict[Any, Any] = cast("dict[Any, Any]", document) if isinstance(document, dict) else {"": None}
    if not all(isinstance(name, str) and isinstance(url, str) for name, url in urls.items()):
        raise UsageError(
            f"--origins {path}: must map domain names to URLs, such as v1.example.com: http://127.0.0.1:8001"
        )
    return dict(OriginMap(urls).base_urls)


def _parse_region_port(entry: str) -> tuple[str, int]:
    region, _, port = entry.partition("=")
    if region in EDGE_REGIONS and port.isascii() and port.isdigit() and int(port) <= 65_535:
        return region, int(port)
    raise UsageError(
        f"--region-port {entry}: write REGION=PORT, such as eu-west-1=8081;"
        f" origin triggers run in {', '.join(EDGE_REGIONS)}"
    )
