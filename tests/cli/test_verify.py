"""`edge-router bundle --verify`: what runs is what this commit builds, or what differs, without secrets."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import boto3
import pytest

from cli.bundle.compare import compare_codes, compare_packages
from cli.bundle.opened import Opened, open_package
from cli.output.errors import UsageError
from infra.cdn.javascript import build_function_code
from infra.package.bundle import build_bundle, build_controller, build_validator
from infra.package.process import Interpreter
from tests.cli.conftest import ROOT, Result
from tests.cli.fake_code import FakeCode
from tests.infra.configs import shipped_stack
from tests.moto_server import moto_server, use_aws_at

Run = Callable[..., Result]
STACK = ("--stack", "prod", "--set", "strategy=cookie-version")
VERSIONED = ("--set", "cookieVersion.caching=versioned")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:edge-router-prod-3f7kq2ma:7"
VIEWER = "arn:aws:cloudfront::123456789012:function/edge-router-prod-canary"
HEADER = b"\xf3\r\r\n\1\0\0\0"
NOT_JUDGED = (
    "not judged: its role, memory, timeout and tags\n"
    "not judged: percentage, pin and release, which are in the control table\n"
)


SOURCE, COMPILED = "router/a.py", "router/__pycache__/a.cpython-313.pyc"
HERE = {SOURCE: b"a = 1\n", COMPILED: HEADER + b"source-1code"}
NO_PYTHON = "no Python of the function's version is here"


@cache
def package() -> bytes:
    return build_bundle(shipped_stack("prod", "strategy=cookie-version")).path.read_bytes()


def zip_files(files: dict[str, bytes]) -> bytes:
    """As somebody else's program would write it."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def damaged_zip() -> bytes:
    """A zip that is whole but for the first byte of a file's compressed data, a kind of block that there is not."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a", b"text" * 9)
    content = bytearray(buffer.getvalue())
    content[len("a") + 30] = 0xFF  # after the local header
    return bytes(content)


def changed_package(**changes: object) -> bytes:
    """The package with another config, and a module more."""
    files = open_package(package(), "").files
    files["config.json"] = json.dumps(json.loads(files["config.json"]) | changes).encode()
    return zip_files({**files, "extra.py": b"import os\n"})


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def commit() -> str:
    changes = " with uncommitted changes" if git("status", "--porcelain") else ""
    return f"commit {git('rev-parse', '--short=12', 'HEAD')}{changes}"


@pytest.fixture
def aws(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCode]:
    """After `run`, which takes AWS out of the environment."""
    fake = FakeCode()
    use_aws_at(fake.url, monkeypatch)
    yield fake
    fake.close()


def verify(run: Run, target: object, *more: str) -> Result:
    return run("bundle", *STACK, "--verify", str(target), *more)


def test_the_package_that_was_built_here_is_it(run: Run, tmp_path: Path, commit: str) -> None:
    path = tmp_path / "router.zip"
    path.write_bytes(package())
    result = verify(run, path)
    told = f"{path}: is what {commit} builds as the router of the stack prod, sha256 "
    assert (result.exit_code, result.out.rpartition(" ")[0] + " ", result.err) == (0, told, "")


def test_another_zip_of_the_same_files_is_it_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "router.zip"
    path.write_bytes(zip_files(dict(reversed(open_package(package(), "").files.items()))))
    result = verify(run, path)
    first = "only the zip itself differs: times, modes, order or compression\n"
    assert (result.exit_code, result.out.startswith(first)) == (0, True)


def test_what_differs_is_named_and_no_text_that_may_be_secret(run: Run, tmp_path: Path, commit: str) -> None:
    path = tmp_path / "router.zip"
    path.write_bytes(changed_package(log_salt="tell-nobody", deadline_ms=1))
    result = verify(run, path, "--json")
    document = result.document
    assert result.exit_code == 1
    assert document["isSame"] is False
    assert document["differences"] == [
        {"kind": "config", "name": "deadline_ms", "detail": "1 there, 2000 here"},
        {"kind": "config", "name": "log_salt", "detail": "differs"},
        {"kind": "added", "name": "extra.py", "detail": ""},
    ]
    assert json.loads(result.out)["errors"] == [
        {
            "key": None,
            "message": f"{path}: is not what {commit} builds as the router of the stack prod: 3 differences",
        }
    ]
    assert "tell-nobody" not in result.out + result.err


def test_bytecode_that_cannot_be_judged_here_is_not_called_in_order(
    run: Run, tmp_path: Path, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = open_package(package(), "").files
    path = tmp_path / "router.zip"
    path.write_bytes(zip_files(files | {COMPILED.replace("/a.", "/handler."): HERE[COMPILED]}))
    other = Interpreter(sys.executable, loads_native=False)
    monkeypatch.setattr("infra.package.bundle.lambda_python", lambda: other)
    result = verify(run, path, "--json")
    undecided = result.document["undecided"]
    assert result.exit_code == 3
    assert {"kind": "bytecode", "name": "router/__pycache__/handler.cpython-313.pyc", "detail": NO_PYTHON} in undecided
    sources = f"its sources are what {commit} builds as the router of the stack prod"
    assert result.err == f"warning: {path}: {sources}; not all of its bytecode could be judged\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x", "is not a zip of a package: File is not a zip file"),
        (damaged_zip(), "is not a zip of a package: Error -3 while decompressing data: invalid block type"),
        (zip_files({"readme.txt": b""}), "holds no handler of the router, the controller or the validator"),
    ],
)
def test_a_file_that_is_no_package_is_refused(content: bytes, told: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "router.zip"
    path.write_bytes(content)
    assert verify(run, path) == Result(2, "", f"error: --verify {path}: {told}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "bundle needs --out FILE.zip, or --verify with a package or the ARN of a function"),
        (
            ("--verify", "x", "--out", "y"),
            "bundle needs --out FILE.zip, or --verify with a package or the ARN of a function",
        ),
        (("--verify", "nowhere.zip"), "--verify nowhere.zip: cannot be read: No such file or directory"),
        (
            ("--verify", "arn:aws:s3:::bucket"),
            "--verify arn:aws:s3:::bucket: is not the ARN of a function; they are"
            " arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION and arn:aws:cloudfront::ACCOUNT:function/NAME",
        ),
        (
            ("--verify", "arn:aws:lambda:us-east-1:123456789012:function:other"),
            "--verify arn:aws:lambda:us-east-1:123456789012:function:other: is not a function of the stack prod: they"
            " are called edge-router-prod-controller, edge-router-prod-validator, edge-router-prod-<the end of its"
            " role's id>",
        ),
        (
            ("--verify", VIEWER),
            f"--verify {VIEWER}: is not a function of the stack prod: it has none of CloudFront",
        ),
        (
            ("--verify", "arn:aws:lambda:us-east-1:123456789012:function:edge-router-prod-validator"),
            "the stack prod has no validator.function to compare with",
        ),
    ],
)
def test_what_cannot_be_compared_says_what_can(arguments: tuple[str, ...], told: str, run: Run) -> None:
    assert run("bundle", *STACK, "--set", "validator.function=false", *arguments) == Result(2, "", f"error: {told}\n")


def test_a_version_with_the_same_digest_is_it_without_a_download(run: Run, aws: FakeCode, commit: str) -> None:
    aws.packages["edge-router-prod-3f7kq2ma:7"] = package()
    result = verify(run, ARN)
    told = f"version 7\n{NOT_JUDGED}{ARN}: is what {commit} builds as the router of the stack prod, sha256 "
    assert (result.exit_code, result.out.rpartition(" ")[0] + " ", result.err) == (0, told, "")
    assert aws.calls == ["2015-03-31/functions/edge-router-prod-3f7kq2ma"]


def test_latest_is_not_what_a_distribution_runs(run: Run, aws: FakeCode) -> None:
    aws.packages["edge-router-prod-3f7kq2ma:$LATEST"] = package()
    result = verify(run, ARN.removesuffix(":7"), "--json")
    assert (result.exit_code, result.document["version"]) == (0, "$LATEST")
    assert "the version that a distribution runs, because this is $LATEST" in result.document["notJudged"]


def test_the_code_of_another_version_is_fetched_and_compared(run: Run, aws: FakeCode, commit: str) -> None:
    aws.packages["edge-router-prod-3f7kq2ma:7"] = changed_package(deadline_ms=1)
    aws.settings |= {"Runtime": "python3.12", "Layers": [{"Arn": "arn:layer:1"}]}
    assert verify(run, ARN) == Result(
        1,
        "version 7\nconfig deadline_ms: 1 there, 2000 here\nadded extra.py\n"
        "function Runtime: python3.12 there, python3.13 here\nfunction Layers: arn:layer:1 there, none here\n"
        + NOT_JUDGED,
        f"error: {ARN}: is not what {commit} builds as the router of the stack prod: 4 differences\n",
    )


@pytest.mark.parametrize(
    ("served", "told"),
    [
        ((403, b"<Error/>"), "the response is 403"),
        ((200, b"x"), "its SHA-256 is not the one that Lambda says"),
    ],
)
def test_a_download_that_fails_says_why_and_not_the_address(
    served: tuple[int, bytes], told: str, run: Run, aws: FakeCode
) -> None:
    """Whoever has the address may read the package."""
    aws.packages["edge-router-prod-3f7kq2ma:7"] = changed_package()
    aws.served = served
    failure = f"error: edge-router-prod-3f7kq2ma: the package cannot be fetched: {told}\n"
    assert verify(run, ARN) == Result(1, "", failure)


def test_a_function_that_is_not_there_is_told(run: Run, aws: FakeCode) -> None:
    told = "cannot read the function: GetFunction in us-east-1: ResourceNotFoundException: Function not found: "
    assert verify(run, ARN) == Result(1, "", f"error: {told}edge-router-prod-3f7kq2ma:7\n")


def test_a_cloudfront_function_is_compared_by_the_code_that_is_live(run: Run, aws: FakeCode, commit: str) -> None:
    stack = shipped_stack("prod", "strategy=cookie-version", "cookieVersion.caching=versioned")
    function = build_function_code(stack)
    assert function is not None
    aws.codes = {"edge-router-prod-canary LIVE": function.code.encode(), "edge-router-prod-canary DEVELOPMENT": b""}
    same = verify(run, VIEWER, *VERSIONED)
    unread = "not judged: the values in its key-value store\n"
    told = f"{unread}{VIEWER}: is what {commit} builds as the canary of the stack prod, sha256 "
    assert (same.exit_code, same.out.rpartition(" ")[0] + " ") == (0, told)
    aws.codes["edge-router-prod-canary LIVE"] = function.code.replace(
        ':"cookie-version"', ':"xcookie-version"'
    ).encode()
    aws.runtime = "cloudfront-js-1.0"
    assert verify(run, VIEWER, *VERSIONED).out == (
        'config strategy: "xcookie-version" there, "cookie-version" here\n'
        f"function Runtime: cloudfront-js-1.0 there, cloudfront-js-2.0 here\n{unread}"
    )


@pytest.mark.long
@pytest.mark.parametrize("kind", ["controller", "validator"])
def test_controller_and_validator_are_compared_as_well(kind: str, run: Run, aws: FakeCode) -> None:
    stack = shipped_stack("prod", "strategy=cookie-version", "validator.function=true")
    build = {"controller": build_controller, "validator": build_validator}[kind]
    name = f"edge-router-prod-{kind}"
    aws.packages[f"{name}:$LATEST"] = build(stack).read_bytes()
    aws.settings |= {"Handler": f"{kind}.handler.handler", "Architectures": ["arm64"]}
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    result = verify(run, arn, "--set", "validator.function=true", "--json")
    assert (result.exit_code, result.document["kind"]) == (0, kind)
    assert result.document["notJudged"] == ["its role, memory, timeout and tags", "its environment variables"]


@pytest.mark.long
def test_it_reads_what_moto_says_of_a_function(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with moto_server() as url:
        use_aws_at(url, monkeypatch)
        role = boto3.client("iam", region_name="us-east-1").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        boto3.client("lambda", region_name="us-east-1").create_function(
            FunctionName="edge-router-prod-3f7kq2ma",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": package()},
            Runtime="python3.13",
            Handler="router.handler.handler",
            Publish=True,
        )
        result = verify(run, ARN.removesuffix("7") + "1", "--json")
    assert (result.exit_code, result.document["version"], result.document["isSame"]) == (0, "1", True)


def compare_files(there: dict[str, bytes], here: dict[str, bytes]) -> tuple[list[str], list[str], list[str]]:
    found = compare_packages(Opened(there, {}), Opened(here, {}))
    return list(map(str, found.differences)), list(map(str, found.undecided)), found.notes


def test_bytecode_is_judged_because_it_runs_in_place_of_its_source() -> None:
    code = "bytecode router/__pycache__/a.cpython-313.pyc: "
    altered = HERE | {COMPILED: HERE[COMPILED] + b"!"}
    assert compare_files(altered, HERE) == ([], [f"{code}by another release of Python 3.13, or changed"], [])
    other = HERE | {COMPILED: HEADER + b"source-2code"}
    assert compare_files(other, HERE) == ([f"{code}made of another source"], [], [])
    assert compare_files(HERE, {SOURCE: HERE[SOURCE]}) == (
        [],
        [f"{code}{NO_PYTHON}"],
        [],
    )


def test_bytecode_that_lambda_does_not_read_is_a_note() -> None:
    note = "files with bytecode of another Python: 1; the function's does not read them"
    foreign = HERE | {"router/__pycache__/a.cpython-312.pyc": b"\xcb\r\r\n" + HERE[COMPILED][4:]}
    assert compare_files(foreign, HERE) == ([], [], [note])
    assert compare_files(HERE | {COMPILED: b"\xcb\r\r\n" + HERE[COMPILED][4:]}, HERE) == ([], [], [note])
    lacking = "files without bytecode there: 1; Lambda compiles their sources, which are the same"
    assert compare_files({SOURCE: HERE[SOURCE]}, HERE) == ([], [], [lacking])


def test_bytecode_of_a_source_that_differs_is_not_named_besides() -> None:
    assert compare_files({SOURCE: b"a = 2\n", COMPILED: HEADER + b"source-2"}, HERE) == (
        ["changed router/a.py"],
        [],
        [],
    )
    assert compare_files({}, HERE) == (["missing router/a.py"], [], [])


@pytest.mark.parametrize("name", ["router/b.pyc", "router/__pycache__/b.cpython-313.pyc"])
def test_bytecode_without_a_source_here_is_a_file_too_many(name: str) -> None:
    assert compare_files(HERE | {name: HERE[COMPILED]}, HERE) == ([f"added {name}"], [], [])


def test_a_config_that_is_only_written_otherwise_is_a_note() -> None:
    here = HERE | {"config.json": b'{"a":1,"list":[1,"x"]}'}
    written = "config.json is written otherwise, and has the same values"
    assert compare_files(here | {"config.json": b'{"list": [1, "x"], "a": 1}'}, here) == ([], [], [written])
    assert compare_files(here | {"config.json": b"{"}, here) == (["changed config.json: is not JSON"], [], [])
    assert compare_files(here | {"config.json": b'{"a":true,"list":[1,"y"],"more":"secret"}'}, here)[0] == [
        "config a: true there, 1 here",
        "config list[1]: differs",
        "config more: is there, and not here",
    ]


def test_links_and_names_that_stand_there_twice_are_no_plain_files() -> None:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr(SOURCE, b"a = 2\n")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(SOURCE, HERE[SOURCE])
        link = ZipInfo(COMPILED)
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, HERE[COMPILED])
    found = compare_packages(open_package(buffer.getvalue(), "x"), Opened(HERE, {}))
    assert list(map(str, found.differences)) == [
        "changed router/a.py: is in the zip more than once",
        "changed router/__pycache__/a.cpython-313.pyc: is not a plain file",
    ]


def test_a_zip_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.bundle.opened.MAX_UNZIPPED_BYTES", 1024 * 1024)
    with pytest.raises(UsageError) as refused:
        open_package(zip_files({"router/handler.py": bytes(1024 * 1024 + 1)}), "--verify x.zip")
    assert str(refused.value) == "--verify x.zip: has more than 1 MB unzipped"


def test_the_code_of_a_function_differs_in_its_config_or_elsewhere() -> None:
    here = b'const CONFIG={"keys":["k1"],"hashed":false};function handler(e){return e}\n'
    keys = compare_codes(here.replace(b"k1", b"k2"), here)
    assert list(map(str, keys.differences)) == ["config keys[0]: differs"]
    code = compare_codes(here.replace(b"return e", b"return 1+e"), here)
    assert list(map(str, code.differences)) == ["code the function: 46 bytes without its config, 44 here"]
    assert compare_codes(here.replace(b":[", b": ["), here).notes == [
        "the config in it is written otherwise, and has the same values"
    ]
