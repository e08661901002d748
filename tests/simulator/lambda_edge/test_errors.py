"""Every way in which a function fails has its own kind, and the next request finds a working environment."""

import pytest

from simulator.lambda_edge import LambdaEdge
from tests.simulator.lambda_edge.conftest import ARN, Bench

pytestmark = pytest.mark.anyio
GOOD = {"do": "return 1"}
OBEYS = (
    "import os, sys, time, signal\ndef handler(event, context):\n    exec(event['do'], globals())\n    return 'done'\n"
)
RETURNS = "def handler(event, context):\n    return eval(event['value'])\n"


async def works_afterwards(edge: LambdaEdge) -> bool:
    invocation = await edge.invoke(ARN, "eu-west-1", {"do": "pass"})
    return invocation.payload == "done"


async def test_an_exception_is_unhandled_and_keeps_the_worker(bench: Bench):
    edge = bench.edge(OBEYS)
    invocation = await edge.invoke(ARN, "eu-west-1", {"do": "raise ValueError('boom')"})
    assert (invocation.error, invocation.error_message) == ("unhandled", "ValueError: boom")
    assert invocation.payload is None
    traceback = next(line for line in invocation.log_lines if line.startswith("[ERROR] ValueError: boom\nTraceback"))
    assert 'File "<string>", line 1, in <module>' in traceback
    again = await edge.invoke(ARN, "eu-west-1", {"do": "pass"})
    assert (again.payload, again.cold_start) == ("done", False)


async def test_the_time_limit_kills_the_worker(bench: Bench):
    edge = bench.edge(OBEYS, timeout_seconds=0.4)
    do = "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('before'); time.sleep(30)"
    invocation = await edge.invoke(ARN, "eu-west-1", {"do": do})
    assert (invocation.error, invocation.error_message) == ("timeout", "Task timed out after 0.40 seconds")
    assert invocation.duration_ms >= 400
    assert "before" in invocation.log_lines
    assert f"RequestId: {invocation.request_id} Error: Task timed out after 0.40 seconds" in invocation.log_lines
    assert invocation.log_lines[-1].endswith("\tStatus: timeout\t")
    assert invocation.max_memory_mb > 5
    again = await edge.invoke(ARN, "eu-west-1", {"do": "pass"})
    assert (again.payload, again.cold_start) == ("done", True)


@pytest.mark.long
async def test_a_busy_loop_is_killed_as_well(bench: Bench):
    edge = bench.edge(OBEYS, timeout_seconds=0.3)
    assert (await edge.invoke(ARN, "eu-west-1", {"do": "while True: pass"})).error == "timeout"


@pytest.mark.long_if(r"kill|sys\.exit")
@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("sys.exit(0)", "Runtime exited with error: exit status 0"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
async def test_a_process_that_ends_is_an_exit(bench: Bench, do: str, message: str):
    edge = bench.edge(OBEYS)
    invocation = await edge.invoke(ARN, "eu-west-1", {"do": f"print('last words'); {do}"})
    assert (invocation.error, invocation.error_message) == ("exit", message)
    assert "last words" in invocation.log_lines
    assert invocation.log_lines[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError\t")
    assert await works_afterwards(edge)


@pytest.mark.long
@pytest.mark.long_if(r"sleep")
@pytest.mark.parametrize("do", ["block = b'x' * 100_000_000", "block = b'x' * 100_000_000; time.sleep(20)"])
async def test_more_memory_than_configured_is_killed(bench: Bench, do: str):
    edge = bench.edge(OBEYS, memory_mb=64)
    invocation = await edge.invoke(ARN, "eu-west-1", {"do": do})
    assert (invocation.error, invocation.error_message) == (
        "out-of-memory",
        "Runtime exited with error: signal: killed",
    )
    assert invocation.max_memory_mb > 64
    assert await works_afterwards(edge)


@pytest.mark.long_if(r"1 / 0|_exit|sleep")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import pydantic", "Runtime.ImportModuleError: Unable to import module 'app': No module named 'pydantic'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def other(): pass", "Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'"),
        ("import os; os._exit(9)", "Runtime exited with error: exit status 9"),
        ("import time; time.sleep(60)", "Init timed out after 5.00 seconds"),
    ],
)
async def test_a_package_that_cannot_be_imported_is_an_init_error(bench: Bench, source: str, message: str):
    edge = bench.edge(f"print('importing')\n{source}\n", init_timeout_seconds=5)
    invocation = await edge.invoke(ARN, "eu-west-1", {})
    assert (invocation.error, invocation.error_message) == ("init", message)
    assert "importing" in invocation.log_lines
    assert invocation.cold_start
    assert edge.status()[0]["workers"] == 0


@pytest.mark.long
async def test_a_syntax_error_is_an_init_error(bench: Bench):
    invocation = await bench.edge("def handler(:\n").invoke(ARN, "eu-west-1", {})
    assert invocation.error == "init"
    assert invocation.error_message.startswith("Runtime.UserCodeSyntaxError: Syntax error in module 'app': ")


@pytest.mark.long_if(r"nan|inf|xff")
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("float('nan')", "the answer is not JSON: NaN is not a JSON value"),
        ("{'a': -float('inf')}", "the answer is not JSON: -Infinity is not a JSON value"),
        ("b'plain'", "the answer is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("b'\\xff'", "the answer is not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
async def test_an_answer_that_is_not_json_is_refused(bench: Bench, value: str, message: str):
    edge = bench.edge(RETURNS)
    invocation = await edge.invoke(ARN, "eu-west-1", {"value": value})
    assert (invocation.error, invocation.error_message) == ("invalid-json", message)
    assert (await edge.invoke(ARN, "eu-west-1", {"value": "1"})).payload == 1


@pytest.mark.long
async def test_an_answer_that_cannot_be_encoded_is_unhandled(bench: Bench):
    invocation = await bench.edge(RETURNS).invoke(ARN, "eu-west-1", {"value": "object()"})
    assert invocation.error == "unhandled"
    assert invocation.error_message.startswith("Runtime.MarshalError: Unable to marshal response: ")


@pytest.mark.long
@pytest.mark.parametrize("uses_native_client", [True, False])
async def test_an_answer_over_six_megabytes_is_oversize(bench: Bench, uses_native_client: bool):
    edge = bench.edge(RETURNS, uses_native_client=uses_native_client)
    invocation = await edge.invoke(ARN, "eu-west-1", {"value": "'x' * 7_000_000"})
    assert invocation.error == "oversize"
    assert invocation.error_message == "Response payload size (7000002 bytes) exceeded the maximum (6291556 bytes)."
    assert (await edge.invoke(ARN, "eu-west-1", {"value": "1"})).payload == 1


async def test_errors_are_counted_by_kind(bench: Bench):
    edge = bench.edge(OBEYS)
    for do in ("pass", "raise KeyError", "raise KeyError", "os._exit(1)"):
        await edge.invoke(ARN, "eu-west-1", {"do": do})
    (row,) = edge.status()
    assert (row["invocations"], row["coldStarts"], row["errors"]) == (4, 1, {"unhandled": 2, "exit": 1})
