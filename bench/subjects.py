"""What is measured: the package of each strategy, and the two baselines, with the event each one gets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from bench.measure import Subject
from bench.packages import build
from simulator.sample_events import origin_request

PROJECT = Path(__file__).parents[1]
SITE_PACKAGES = Path(boto3.__file__).parents[1]


@dataclass(frozen=True)
class Bench:
    """Where packages are unzipped and which DynamoDB they read."""

    directory: Path
    dynamodb_url: str

    def baseline(self, name: str, unique: int) -> Subject:
        """`article` or `null`, with the session event."""
        paths = [PROJECT, *([SITE_PACKAGES] if name == "article" else [])]
        return Subject(name, f"bench.baselines.{name}", paths, session_event(), self._environment(), unique)

    def router(
        self,
        name: str,
        strategy: str,
        event: dict[str, Any],
        *,
        unique: int = 1,
        settings: Mapping[str, Any] | None = None,
        has_bytecode: bool = True,
    ) -> Subject:
        """The router's package with one strategy."""
        unzipped, _ = build(self.directory / name, strategy, settings, has_bytecode=has_bytecode)
        return Subject(name, "router.handler", [unzipped], event, self._environment(), unique)

    def _environment(self) -> dict[str, str]:
        return {
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_SESSION_TOKEN": "bench",
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
            "PATH": os.environ["PATH"],
        }


def session_event() -> dict[str, Any]:
    """Several Cookie entries, as a browser behind CloudFront sends them; NUMBER makes the token."""
    return origin_request(cookies=["theme=dark; lang=en", "sessiontoken=token-NUMBER; seen=1"])


def cookie_event(cookie: str) -> dict[str, Any]:
    """One Cookie entry more, with the router's own cookie."""
    return origin_request(cookies=["theme=dark; lang=en", cookie])


def tenant_event() -> dict[str, Any]:
    """A POST whose body names tenant NUMBER. The worker replaces NUMBER in the event's text, so the body is text."""
    data = json.dumps({"tenantId": "tenant-NUMBER", "accountId": "1001"})
    body = {"inputTruncated": False, "action": "read-only", "encoding": "text", "data": data}
    return origin_request(headers={"Content-Type": "application/json"}, method="POST", body=body)
