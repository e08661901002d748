"""`edge-router up` and `status`: serves, follows the stack's file, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import psutil
import pytest

from simulator.standin.program import run_program
from simulator.standin.state import write_state
from tests.cli.conftest import Result, Up
from tests.moto_server import moto_server
from tests.ports import refusing_url

Run = Callable[..., Result]
StartUp = Callable[..., Up]


def command(tree: Path, *arguments: str) -> Result:
    ended = subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        cwd=tree,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)


class Named(BaseHTTPRequestHandler):
    """Answers with the name of the server it is in, and the Host it was asked for."""

    def do_GET(self) -> None:
        body = f"{self.server.server_name} {self.headers['host']}".encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def served() -> Iterator[Callable[[str], str]]:
    """Starts a server with a name; its URL."""
    servers: list[ThreadingHTTPServer] = []

    def serve(name: str) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Named)
        server.server_name = name
        servers.append(server)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.long
def test_a_change_of_the_file_is_served_and_a_mistake_in_it_is_only_told(
    up: StartUp, tree: Path, served: Callable[[str], str]
):
    stable, canary = served("stable"), served("canary")
    local = up(
        *("--set", "control.refreshSeconds=1", "--set", "canaryPercent=0"),  # so that only the pin brings the canary
        *("--origin", f"v1.example.com={stable}", "--origin", f"v2.example.com={canary}"),
        *("--origin", f"*.example.com={canary}"),
    )
    assert local.get().text == "stable v1.example.com"
    count = local.edit("edge-router:pin: none", "edge-router:pin: canary")
    local.wait_for(r"^update   aws:dynamodb/tableItem:TableItem control-config \(item\)$", count)
    local.wait_for(r"^pin\tcanary$", count)
    local.wait_for(r"^local: the change is deployed$", count)
    updated = [line.split()[1] for line in local.lines[count:] if line.startswith(("create", "update", "replace"))]
    assert updated == ["aws:dynamodb/tableItem:TableItem"]
    local.get_until(lambda answer: answer.text == "canary v2.example.com")

    count = local.edit("edge-router:pin: canary", "edge-router:pin: canari")
    local.wait_for(r"^not deployed: ", count)
    local.wait_for(r"  edge-router:pin is 'canari': did you mean canary\? Allowed: canary, none, stable$", count)
    count = local.edit("config:", "config: [")
    local.wait_for(r"^not deployed: .*Pulumi\.local\.yaml", count)
    local.get_until(lambda answer: answer.text == "canary v2.example.com")
    assert "Traceback" not in local.printed

    (tree / "Pulumi.local.yaml").write_bytes(b"config:\n  edge-router:pin: \xff\n")
    local.wait_for(r"^not deployed: .*Pulumi\.local\.yaml: is not valid UTF-8: invalid start byte at byte 27$", count)
    assert local.get().status_code == 200

    (tree / "Pulumi.local.yaml").unlink()
    local.wait_for(r"^not deployed: there is no stack 'local'", count)
    assert local.get().status_code == 200

    assert local.end(signal.SIGINT) == []
    assert local.process.returncode == 0
    assert "Traceback" not in local.printed


@pytest.mark.long
def test_what_the_function_before_the_cache_says_has_the_requests_id_in_front(up: StartUp):
    local = up("--set", "strategy=tier")
    answer = local.get("/?CTIER=premium")
    assert answer.json()["name"] == "premium"
    request_id = answer.headers["x-amz-cf-id"]
    local.wait_for(rf"^us-east-1       {re.escape(request_id)} premium  tier$")


@pytest.mark.long
def test_ctrl_c_ends_everything_that_was_started(up: StartUp, tree: Path):
    local = up("--set", "canaryPercent=0")
    local.get("/", cookie="sessiontoken=sample-canary")
    asked = command(tree, "status", "--json")
    status = json.loads(asked.out)
    assert status["url"] == local.url
    assert status["dynamodb"]["calls"]["requests"]["us-east-1"]["edge-router-local-sessions"]["GetItem"] == 1
    assert status["dynamodb"]["tables"]["edge-router-local-sessions"] == ["us-east-1", "eu-west-1", "ap-southeast-1"]
    assert len(psutil.Process(local.process.pid).children(recursive=True)) >= 7  # moto, 4 applications, keepers, worker
    assert local.end(signal.SIGINT) == []
    assert local.process.returncode == 0
    assert "Traceback" not in local.printed
    assert "Warning" not in local.printed
    assert command(tree, "status") == Result(
        1, "", "error: stack local is not up: start it with `edge-router up --stack local`\n"
    )


@pytest.mark.long
def test_commands_find_the_stack_that_is_up(up: StartUp, tree: Path):
    local = up("--set", "canaryPercent=0")
    local.get("/", cookie="sessiontoken=sample-canary")
    lines = command(tree, "status").out.splitlines()
    place = f"local, port {local.url.rpartition(':')[2]}"
    assert lines[:2] == [f"local ({place}) serves {local.url}", "Region\ttable\toperation\trequests\tfailed"]
    assert "us-east-1\tedge-router-local-sessions\tGetItem\t1\t0" in lines

    (tree / "head").write_text("GET / HTTP/1.1\nCookie: sessiontoken=sample-canary\n")
    explained = command(tree, "explain", "head")
    assert explained.out.endswith("\ncanary (v2.example.com) because session\n")
    assert explained.err.startswith(f"local: local, port {local.url.rpartition(':')[2]}, read at 20")
    assert "Z: the settings, the control table in us-east-1 (config:" in explained.err
    logged = command(tree, "logs", "--stack", "local")
    assert " us-east-1 canary session requestId=" in logged.out
    assert command(tree, "up", "--port", "0") == Result(
        1,
        "",
        f"error: stack local is up already ({place}, process {local.process.pid}): stop that one first, or serve"
        " another stack\n",
    )


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_it_however_it_ends(up: StartUp, tree: Path, number: signal.Signals):
    local = up("--set", "strategy=cookie-version")
    assert local.get().status_code == 200
    assert local.end(number) == []
    assert local.process.returncode == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    assert command(tree, "status").exit_code == 1  # also where an address of the killed one is left


@pytest.mark.long
def test_a_port_in_use_is_told_at_once(run: Run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("up", "--port", str(port))
    assert result == Result(
        1, "", f"error: cannot listen on 127.0.0.1:{port}: Address already in use; choose another port\n"
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "exit_code", "problem"),
    [
        (["--state", "nowhere.json"], 2, "--state nowhere.json: No such file or directory"),
        (["--origin", "v1.example.com"], 2, None),
        (["--origins", "no.yaml"], 2, "--origins no.yaml: No such file or directory"),
        (["--state", "x", "--set", "pin=stable"], 2, "--set changes settings of a stack; a --state is served as it is"),
        (["--set", "pin=both"], 2, None),
        (["--stack", "../up"], 2, "there is no stack '../up'; the stacks are local, prod, staging."),
        (["--stack", "locl"], 2, None),
    ],
)  # fmt: skip
def test_what_cannot_be_served_ends_it(run: Run, arguments: list[str], exit_code: int, problem: str | None):
    result = run("up", "--port", "0", *arguments)
    assert result.exit_code == exit_code
    assert result.err.startswith("error: " if problem is None else f"error: {problem}\n")
    assert "Traceback" not in result.err


@pytest.mark.long
@pytest.mark.parametrize("entry", ["eu-west-1", "eu-west-1=http", "eu-west-9=8081", "eu-west-1=70000", "eu-west-1=²"])
def test_a_port_of_a_region_is_region_and_number(run: Run, entry: str):
    result = run("up", "--port", "0", "--region-port", entry)
    assert result.exit_code == 2
    assert result.err.startswith(
        f"error: --region-port {entry}: write REGION=PORT, such as eu-west-1=8081; origin triggers run in us-east-1, "
    )


def test_a_share_of_a_core_is_at_most_one(run: Run):
    result = run("up", "--port", "0", "--cpu-share", "200%")
    assert (result.exit_code, result.err) == (
        2,
        "error: --cpu-share 200%: must be a share of one core such as 7% or 0.07, from 0.1% to 100%\n",
    )


@pytest.mark.long
def test_a_cold_start_like_at_aws_has_its_report_line(up: StartUp):
    local = up("--tls", "--cpu-share", "50%", "--set", "strategy=cookie-version")
    local.wait_for(
        r"^  functions reach DynamoDB over TLS; this deployment's certificate authority is among their roots$"
    )
    local.wait_for(r"^  each Lambda worker has 50% of a core \((cgroup v[12]|SIGSTOP/SIGCONT duty cycle)\)$")
    assert local.get("/health").status_code == 200
    local.wait_for(r"^us-east-1       REPORT RequestId: \S+  Duration: .* Init Duration: [0-9.]+ ms$")
    assert local.end() == []


@pytest.mark.long
@pytest.mark.parametrize("text", ["- a", "v1.example.com: 8001", "a: [", "5: http://127.0.0.1:1"])
def test_a_file_of_origins_maps_names_to_urls(run: Run, tmp_path: Path, text: str):
    (tmp_path / "origins.yaml").write_text(text)
    result = run("up", "--port", "0", "--origins", str(tmp_path / "origins.yaml"))
    assert result.exit_code == 2
    assert result.err.startswith(f"error: --origins {tmp_path / 'origins.yaml'}:")
    assert result.err.count("\n") == 1


def test_an_origin_is_mapped_by_its_domain_name(run: Run):
    result = run("up", "--port", "0", "--origin", "stable=http://127.0.0.1:1")
    assert (result.exit_code, result.err) == (
        2,
        "error: 'stable' is the name of an origin: write its domain name, such as"
        " --origin v1.example.com=http://127.0.0.1:1\n",
    )


@pytest.mark.long
def test_a_dynamodb_engine_that_is_not_there_is_told(run: Run):
    with refusing_url() as url:
        result = run("up", "--port", "0", "--dynamodb", url)
    assert result.exit_code == 1
    assert result.err.startswith(f"error: DynamoDB engine at {url}: CreateTable in us-east-1: ")


@pytest.mark.long
def test_a_stack_that_is_not_up_leaves_no_folder_behind(run: Run, project: Path):
    assert run("status", "--stack", "nowhere") == Result(
        1, "", "error: stack nowhere is not up: start it with `edge-router up --stack nowhere`\n"
    )
    assert not (project / ".edge-router").exists()


@pytest.mark.long
def test_an_exported_state_is_served_with_mapped_origins(
    up: StartUp, tree: Path, tmp_path: Path, served: Callable[[str], str]
):
    settings = ("strategy=cookie-version", "canaryPercent=0")
    package = tmp_path / "router.zip"
    bundled = command(
        tree, "bundle", "--stack", "local", "--out", str(package), "--set", settings[0], "--set", settings[1]
    )
    assert bundled.exit_code == 0
    write_state(tmp_path / "state.json", run_program("local", project=tree, overrides=settings).state)
    (tmp_path / "origins.yaml").write_text(f"v1.example.com: {served('first')}\nv2.example.com: http://127.0.0.1:1\n")
    exported = up(
        *("--stack", "exported", "--state", str(tmp_path / "state.json"), "--package", str(package)),
        *("--origins", str(tmp_path / "origins.yaml"), "--origin", f"v2.example.com={served('second')}"),
        *("--region-port", "eu-west-1=0"),
    )
    region_url = exported.wait_for(r"eu-west-1 at (\S+)")[1]
    answer = exported.get("/any")
    assert (answer.status_code, answer.text) == (200, "first v1.example.com")
    pinned = exported.get("/", cookie="app-version=forged", x_qa_origin="canary:local-demo-override-secret")
    assert pinned.text == "second v2.example.com"
    exported.url = region_url
    assert exported.get().headers["x-amz-cf-pop"].startswith("DUB")
    exported.wait_for(r"^eu-west-1       stable   no-cookie, bucket \d+$")
    assert json.loads(command(tree, "status", "--stack", "exported", "--json").out)["regionUrls"] == {
        "eu-west-1": region_url
    }

    count = len(exported.lines)
    (tmp_path / "state.json").write_text("{}")
    exported.wait_for(r"^not deployed: .*state.json: not a state of `pulumi stack export`", count)
    assert exported.get().text == "first v1.example.com"
    assert exported.end() == []


@pytest.mark.long
def test_tables_can_be_in_another_engine_which_then_keeps_them(up: StartUp):
    with moto_server() as url:
        local = up("--dynamodb", url)
        answer = local.get("/")
        token = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        assert local.end() == []
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="edgerouter",
            aws_secret_access_key="x",
        )
        item = client.get_item(TableName="edge-router-local-sessions", Key={"token": {"S": token}})["Item"]
        client.close()
    assert item["version"]["S"] == answer.headers["x-app-version"]


@pytest.mark.long
def test_the_secrets_in_what_is_kept_are_for_the_owner_only(up: StartUp, tree: Path):
    up("--set", "strategy=cookie-version")
    work = tree / ".edge-router" / "local"
    modes = {path.name.partition("-")[0]: oct(path.stat().st_mode & 0o777) for path in (work, *work.iterdir())}
    assert modes["local"] == "0o700"
    assert modes["router"] == modes["state.json"] == "0o600"
    secret = "local-demo-signing-key-of-no-value"
    assert secret not in (work / "state.json").read_text()
    newest = max(work.glob("router-*.zip"), key=lambda path: path.stat().st_mtime)
    with zipfile.ZipFile(newest) as archive:
        assert secret in archive.read("config.json").decode()


SPOILS: list[tuple[Callable[[Path], object], str]] = [
    (lambda file: file.write_bytes(b"\xff\xfe"), "is not valid UTF-8: invalid start byte at byte 0"),
    (lambda file: file.write_text("config: {"), "is not valid YAML: "),
    (lambda file: (file.unlink(), file.mkdir()), "is a folder, and has to be a file"),
    (lambda file: (file.rmdir(), file.symlink_to("nowhere")), "is a link to nowhere, which is not there"),
]


@pytest.mark.long
def test_nothing_that_its_file_becomes_ends_it(spoiled: tuple[Up, Path]):
    local, file = spoiled
    for spoil, problem in SPOILS:  # one after the other: each begins with what the last one left
        count = len(local.lines)
        spoil(file)
        local.wait_for(rf"^not deployed: {re.escape(str(file))}(:\d+)?: {problem}", count)
        assert local.get().status_code == 200
    assert "Traceback" not in local.printed


@pytest.fixture
def spoiled(tree: Path) -> Iterator[tuple[Up, Path]]:
    """One that is up, and its file."""
    file = tree / "Pulumi.spoiled.yaml"
    file.write_text((tree / "Pulumi.local.yaml").read_text())
    local = Up(tree, "--stack", "spoiled", "--set", "strategy=cookie-version")
    yield local, file
    local.kill()
    file.unlink()
