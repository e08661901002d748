"""What comes back from a function that works."""

import re

import pytest

from tests.simulator.lambda_edge.conftest import ARN, Bench

pytestmark = pytest.mark.anyio
ECHO = "def handler(event, context):\n    return event\n"


async def test_the_answer_is_the_handlers_return_value(bench: Bench):
    event = {"text": "grüße 🙂 \u2028", "nested": [1, 2.5, None, True, {"": ""}]}
    invocation = await bench.edge(ECHO).invoke(ARN, "eu-west-1", event)
    assert invocation.error is None
    assert invocation.payload == event


@pytest.mark.long
async def test_a_body_of_one_megabyte_goes_through(bench: Bench):
    event = {"body": "x" * 1_400_000}
    assert (await bench.edge(ECHO).invoke(ARN, "eu-west-1", event)).payload == event


@pytest.mark.long
async def test_the_first_invocation_is_a_cold_start_and_the_second_is_not(bench: Bench):
    edge = bench.edge(ECHO)
    first, second = [await edge.invoke(ARN, "eu-west-1", {}) for _ in range(2)]
    assert first.cold_start
    assert first.init_duration_ms is not None
    assert first.init_duration_ms > 5
    assert not second.cold_start
    assert second.init_duration_ms is None


async def test_the_log_has_the_platforms_lines_around_the_functions(bench: Bench):
    edge = bench.edge("print('imported')\ndef handler(event, context):\n    print('one\\ntwo')\n    return None\n")
    invocation = await edge.invoke(ARN, "eu-west-1", {})
    request_id = invocation.request_id
    assert invocation.log_lines[0].startswith("INIT_START Runtime Version: python:")
    assert invocation.log_lines[1:6] == (
        "imported",
        f"START RequestId: {request_id} Version: 7",
        "one",
        "two",
        f"END RequestId: {request_id}",
    )
    report = re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: 128 MB"
        r"\tMax Memory Used: (\d+) MB\tInit Duration: ([\d.]+) ms\t",
        invocation.log_lines[6],
    )
    assert report is not None
    duration, billed, memory, init = map(float, report.groups())
    assert duration == pytest.approx(invocation.duration_ms, abs=0.01)
    assert billed == invocation.billed_ms
    assert duration + init <= billed < duration + init + 1.02
    assert 5 < memory == invocation.max_memory_mb < 100
    assert bench.lines == [("eu-west-1", "router", line) for line in invocation.log_lines]


@pytest.mark.long
async def test_each_invocation_has_only_its_own_lines(bench: Bench):
    edge = bench.edge("def handler(event, context):\n    print(event['n'], end='')\n    return None\n")
    for number in range(20):
        invocation = await edge.invoke(ARN, "eu-west-1", {"n": number})
        assert invocation.log_lines[-3] == str(number)
        assert invocation.log_lines[-4].startswith("START RequestId: ")


async def test_output_on_stderr_and_from_logging_is_captured(bench: Bench):
    edge = bench.edge(
        """
        import logging, sys
        def handler(event, context):
            print("to stderr", file=sys.stderr)
            logging.getLogger().warning("from logging")
        """
    )
    lines = (await edge.invoke(ARN, "eu-west-1", {})).log_lines
    assert "to stderr" in lines
    assert any(re.fullmatch(r"\[WARNING\]\t\S+Z\t\S+\tfrom logging", line) for line in lines)


async def test_duration_is_the_handlers_time(bench: Bench):
    edge = bench.edge("import time\ntime.sleep(2)\ndef handler(event, context):\n    time.sleep(0.2)\n")
    assert 200 <= (await edge.invoke(ARN, "eu-west-1", {})).duration_ms < 2_000  # without its start


async def test_the_remaining_time_counts_down_from_the_functions_limit(bench: Bench):
    source = """
        import time
        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(0.1)
            return before, context.get_remaining_time_in_millis()
        """
    edge = bench.edge(source, timeout_seconds=30)
    for _ in range(2):
        before, after = (await edge.invoke(ARN, "eu-west-1", {})).payload
        assert 25_000 <= before <= 30_000
        assert before - after >= 95


async def test_the_context_names_the_function_as_the_edge_does(bench: Bench):
    source = """
        def handler(event, context):
            return [context.function_name, context.function_version, context.invoked_function_arn,
                    context.memory_limit_in_mb, context.log_group_name, context.aws_request_id]
        """
    invocation = await bench.edge(source).invoke(ARN, "eu-west-1", {})
    log_group = "/aws/lambda/us-east-1.router"
    assert invocation.payload == ["us-east-1.router", "7", ARN, "128", log_group, invocation.request_id]


async def test_an_unknown_arn_is_named(bench: Bench):
    edge = bench.edge(ECHO)
    with pytest.raises(KeyError, match=r"no function version arn:aws:x; there are: arn:aws:lambda:us-east-1"):
        await edge.invoke("arn:aws:x", "eu-west-1", {})


async def test_memory_in_the_report_is_the_workers_peak(bench: Bench):
    edge = bench.edge("def handler(event, context):\n    return len(b'x' * event['mb'] * 1048576)\n")
    small = (await edge.invoke(ARN, "eu-west-1", {"mb": 1})).max_memory_mb
    large = (await edge.invoke(ARN, "eu-west-1", {"mb": 40})).max_memory_mb
    after = (await edge.invoke(ARN, "eu-west-1", {"mb": 1})).max_memory_mb
    assert 30 <= large - small <= 45
    assert after == large
