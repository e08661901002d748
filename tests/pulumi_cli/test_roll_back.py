"""The pipelines' way back on the real engine: from this program to that of 0.2, and forward again."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .cli import MISSING, ROOT, PulumiCli
from .test_upgrade import planned_names

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")


def _git(*arguments: str, directory: Path = ROOT) -> str:
    return subprocess.run([*GIT, *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout.strip()


def _commit_of_0_2() -> str:
    """The commit that became 0.2.0, "" where the history does not go back so far."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):  # no git, or a folder that is not a repository
        return _git("log", "--format=%H", "--reverse", '-Sversion = "0.2.0"', "--", "pyproject.toml").partition("\n")[0]
    return ""


FORMER = _commit_of_0_2()
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(MISSING), reason=f"needs the Pulumi CLI on PATH; missing: {', '.join(MISSING)}"),
    pytest.mark.skipif(not FORMER, reason="needs the commits of version 0.2 in the history of git"),
]
GONE = {"sticky-session": set[str](), "tier": {"site-function"}}
"""Resources that 0.2 does not have (docs/upgrade.md): deleted on the way back, created again on the way forward."""

DENIED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not in this test</Message></Error></ErrorResponse>"
INVALIDATION = "<Invalidation><Id>I1</Id><Status>Completed</Status></Invalidation>"


class CloudFront(BaseHTTPRequestHandler):
    """The calls of CloudFront that `edge-router invalidate` makes; every other one is refused."""

    def do_GET(self) -> None:
        if "/invalidation/" in self.path:
            self._answer(200, INVALIDATION)
        elif found := self.path.partition("/distribution/")[2]:
            self._answer(200, f"<Distribution><Id>{found}</Id><ARN>arn:aws:cloudfront::1:{found}</ARN></Distribution>")
        elif "/tagging" in self.path:
            self._answer(200, "<Tags><Items></Items></Tags>")
        else:
            self._answer(403, DENIED)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.endswith("/invalidation"):
            self._answer(201, INVALIDATION)
        elif "/tagging" in self.path:
            self._answer(204, "")
        else:
            self._answer(403, DENIED)

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), CloudFront)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def cli(tmp_path: Path, endpoint: str) -> PulumiCli:
    """A clone in which the commit of 0.2 comes before what this working tree has, both with the stack's file."""
    project = tmp_path / "project"
    _git("clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(project))
    _git("checkout", "--quiet", "-B", "main", FORMER, directory=project)
    cli = PulumiCli(project, tmp_path)
    del cli.environment["PULUMI_PYTHON_CMD"]  # each program runs in the .venv that its own lock has made
    cli.environment |= {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    for name in ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"):
        cli.environment.pop(name, None)
    return cli


def command(cli: PulumiCli, *arguments: str) -> str:
    """Run a command of the clone, as a pipeline does; what it printed."""
    done = subprocess.run(
        arguments, cwd=cli.project, env=cli.environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def take_this_tree(project: Path) -> None:
    for name in _git("ls-files", directory=project).splitlines():
        if name != "Pulumi.prod.yaml":
            (project / name).unlink()
    for name in _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if name != "Pulumi.prod.yaml" and (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)


def commit(project: Path, message: str) -> str:
    _git("add", "--all", directory=project)
    _git("commit", "--quiet", "--message", message, directory=project)
    return _git("rev-parse", "HEAD", directory=project)


def identities(cli: PulumiCli) -> dict[str, str]:
    """The provider's id of every resource, by logical name and type."""
    resources = cli.export()["deployment"]["resources"]
    return {
        f"{one['type']} {one['urn'].rpartition('::')[2]}": one["id"]
        for one in resources
        if "id" in one and not one["type"].startswith("pulumi:")
    }


def component(cli: PulumiCli) -> list[str]:
    kinds = {one["type"] for one in cli.export()["deployment"]["resources"]}
    return sorted(kind for kind in kinds if kind.endswith(":EdgeRouter"))


def last_update(cli: PulumiCli) -> tuple[str, dict[str, int]]:
    [newest] = json.loads(cli.run("stack", "history", "--json", "--page-size", "1"))
    return newest["message"], {name: count for name, count in newest["resourceChanges"].items() if name != "same"}


@pytest.mark.parametrize("strategy", GONE)
def test_the_way_back_to_0_2_replaces_nothing_and_neither_does_the_way_forward(strategy: str, cli: PulumiCli) -> None:
    cli.run("stack", "init", "prod", "--secrets-provider", "passphrase")
    cli.run("config", "set", "strategy", strategy)
    former = commit(cli.project, "before")
    take_this_tree(cli.project)
    newer = commit(cli.project, "after")
    command(cli, "make", "setup")
    cli.up()
    made = identities(cli)
    assert component(cli) == ["edge-router:index:EdgeRouter"]

    printed = command(cli, ".ci/roll-back", "prod", former)
    assert "goes on with the update" in printed
    message, changes = last_update(cli)
    gone = GONE[strategy]
    assert message == f"rolled back to commit {former}"
    assert set(changes) == {"update", *(["delete"] if gone else [])}
    assert changes.get("delete", 0) == len(gone)
    back = identities(cli)
    assert back == {name: identity for name, identity in made.items() if name.partition(" ")[2] not in gone}
    assert component(cli) == ["edge-router:infra:EdgeRouter"]

    command(cli, "git", "checkout", "--quiet", "--force", newer)
    command(cli, "make", "setup")
    steps = planned_names(cli)
    assert set(steps) <= {"update", "create"}
    assert steps.get("create", set()) == gone
    cli.up()
    forward = identities(cli)
    assert back.items() <= forward.items()
    assert set(forward) == set(made)
    assert component(cli) == ["edge-router:index:EdgeRouter"]
