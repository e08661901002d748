"""A worker sees what a function at the edge sees, and nothing of this machine's project."""

import os
from pathlib import Path

import pytest

from simulator.lambda_edge import FunctionCode, LambdaEdge
from tests.simulator.lambda_edge.conftest import ARN, Bench, write_package

pytestmark = pytest.mark.anyio
SHOW_ENVIRONMENT = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
SHOW_IMPORTS = """
import importlib, sys
def handler(event, context):
    found = []
    for name in event["names"]:
        try:
            importlib.import_module(name)
            found.append(name)
        except ImportError:
            pass
    return {"found": found, "path": sys.path, "modules": sorted(sys.modules)}
"""


async def test_only_lambdas_variables_and_the_given_ones_are_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_OF_THE_DEVELOPER", "x")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    package = write_package(tmp_path / "p.zip", SHOW_ENVIRONMENT)
    function = FunctionCode(ARN, "router", "7", package, "app.handler", 5, 128)
    async with LambdaEdge([function], {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}) as edge:
        seen = (await edge.invoke(ARN, "ap-southeast-1", {})).payload
    assert isinstance(seen, dict)
    log_stream = seen.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert "/[7]" in log_stream
    assert seen.pop("AWS_LAMBDA_RUNTIME_API").startswith("127.0.0.1:")
    assert seen.pop("_X_AMZN_TRACE_ID").startswith("Root=1-")
    task_root, runtime_directory = seen.pop("LAMBDA_TASK_ROOT"), seen.pop("LAMBDA_RUNTIME_DIR")
    assert seen.pop("PYTHONPATH") == f"{task_root}{os.pathsep}{runtime_directory}"
    seen.pop("LC_CTYPE", None)  # PEP 538: the interpreter sets it where en_US.UTF-8 is not installed
    assert seen == {
        "AWS_ACCESS_KEY_ID": "ASIAEDGEROUTERLOCAL0",
        "AWS_DEFAULT_REGION": "ap-southeast-1",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "us-east-1.router",
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/us-east-1.router",
        "AWS_REGION": "ap-southeast-1",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_SESSION_TOKEN": "not-a-token",
        "LANG": "en_US.UTF-8",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
    }


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_LAMBDA_RUNTIME_API", "PYTHONPATH"])
def test_a_reserved_variable_cannot_be_given(name: str):
    with pytest.raises(ValueError, match=f"^environment: {name}: set by Lambda itself, cannot be given$"):
        LambdaEdge([], {name: "x"})


async def test_nothing_of_the_project_or_its_packages_can_be_imported(bench: Bench):
    edge = bench.edge(SHOW_IMPORTS)
    names = ["pulumi", "pydantic", "boto3", "httpx", "pytest", "router", "strategies", "simulator", "infra", "pip"]
    payload = (await edge.invoke(ARN, "eu-west-1", {"names": [*names, "awslambdaric", "json"]})).payload
    assert isinstance(payload, dict)
    assert payload["found"] == ["awslambdaric", "json"]
    assert "site" not in payload["modules"]


async def test_the_task_root_comes_first_and_the_runtime_second(bench: Bench):
    path = (await bench.edge(SHOW_IMPORTS).invoke(ARN, "eu-west-1", {"names": []})).payload["path"]
    assert [Path(entry).name for entry in path[:2]] == ["task-0", "runtime"]
    assert not any("site-packages" in entry or "dist-packages" in entry for entry in path)


@pytest.mark.long
async def test_the_real_native_runtime_client_runs(bench: Bench):
    source = """
        import runtime_client
        def handler(event, context):
            return runtime_client.__file__
        """
    assert str((await bench.edge(source).invoke(ARN, "eu-west-1", {})).payload).endswith(".so")


async def test_the_working_directory_is_the_task_root_and_gets_no_bytecode(bench: Bench):
    source = """
        import os
        def handler(event, context):
            return os.getcwd(), os.environ["LAMBDA_TASK_ROOT"], sorted(os.listdir("."))
        """
    directory, task_root, names = (await bench.edge(source).invoke(ARN, "eu-west-1", {})).payload
    assert Path(directory) == Path(task_root)
    assert names == ["app.py"]


async def test_the_unzipped_package_is_read_only_and_removed_at_the_end(bench: Bench):
    edge = bench.edge("def handler(event, context):\n    return __file__\n")
    module = Path(str((await edge.invoke(ARN, "eu-west-1", {})).payload))
    assert oct(module.stat().st_mode & 0o777) == "0o444"
    assert oct(module.parent.stat().st_mode & 0o777) == "0o555"
    await edge.close()
    assert not module.parent.parent.exists()


@pytest.mark.long
async def test_extra_paths_stand_before_the_package(bench: Bench, tmp_path: Path):
    substitute = tmp_path / "substitute"
    substitute.mkdir()
    (substitute / "wheel.py").write_text("NAME = 'for this interpreter'\n")
    package = write_package(
        tmp_path / "p.zip",
        "import wheel\ndef handler(event, context):\n    return wheel.NAME\n",
        wheel="NAME = 'cp313'\n",
    )
    function = FunctionCode(ARN, "router", "7", package, "app.handler", 5, 128)
    async with LambdaEdge([function], extra_paths=[substitute]) as edge:
        assert (await edge.invoke(ARN, "eu-west-1", {})).payload == "for this interpreter"
    async with LambdaEdge([function]) as edge:
        assert (await edge.invoke(ARN, "eu-west-1", {})).payload == "cp313"
