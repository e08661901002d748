"""Which modules the first decision of a package imports: a cold start pays for each."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import jwt
import pytest

from infra.package.bundle import build_bundle
from infra.package.process import lambda_python
from simulator.sample_events import origin_request
from tests.packages.started import SECRET, stack_with

DECIDE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from router.handler import handler
handler(json.load(sys.stdin), None)
print(json.dumps(sorted(sys.modules)))
"""
EXPENSIVE = {
    *("asyncio", "base64", "dataclasses", "email", "hashlib", "_hashlib", "hmac", "http", "inspect"),
    *("jwt", "pathlib", "socket", "ssl", "typing", "urllib"),
}


def imported_modules(package: Path, event: Any, python: str) -> set[str]:
    """The top-level names of all modules that are loaded after the first decision, which it asserts the reason of."""
    folder = package.with_suffix("")
    with ZipFile(package) as archive:
        archive.extractall(folder)
    command = [python, "-I", "-S", "-B", "-c", DECIDE, str(folder)]
    ended = subprocess.run(command, input=json.dumps(event), capture_output=True, text=True, check=True)
    log, modules = map(json.loads, ended.stdout.splitlines())
    assert log["reason"] == "issued-after-release"
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("python", sorted({lambda_python().path, sys.executable}))
def test_a_token_of_hs256_is_verified_without_a_library_for_hashes_dates_or_http(python: str, tmp_path: Path) -> None:
    section = {"releasedAt": "2026-11-01T00:00:00Z", "algorithm": "HS256", "secret": SECRET}
    token = jwt.encode({"iat": time.time(), "sub": "somebody"}, SECRET, "HS256")
    event = origin_request(headers={"authorization": f"Bearer {token}"})
    package = build_bundle(stack_with("jwt-iat", jwtIat=section), tmp_path).path
    assert imported_modules(package, event, python) & EXPENSIVE == set()
