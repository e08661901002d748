"""Lines of functions and of the edge, as `edge-router up` and `edge-router test` print them."""

from __future__ import annotations

import pytest

from acceptance.run.result import Failure, Result
from cli.rollout.report import RolloutLines
from cli.test.local_edge import LogLines
from cli.test.report import print_result
from cli.up.report import print_address, print_log_line
from controller.analysis.plan import Plan
from controller.reconcile import Outcome
from controller.rollout.state import Rollout

ROUTERS = '{"strategy":"sticky-session","origin":"canary","reason":"session","tableSource":"memory","tableMs":0}'
FUNCTIONS = '{"strategy":"tier","origin":"premium","reason":"tier","requestId":"Q9x=="}'


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        (ROUTERS, "canary   session, table memory 0 ms"),
        ('{"origin":"stable","reason":"no-cookie","bucket":7}', "stable   no-cookie, bucket 7"),
        (f"Q9x== {FUNCTIONS}", "Q9x== premium  tier"),
        ("Q9x== a line that is not a decision", "Q9x== a line that is not a decision"),
        ("Q9x== {not JSON", "Q9x== {not JSON"),
        ('Q9x== found {"origin": 1}', 'Q9x== found {"origin": 1}'),
        ('{"strategy":"jwt-iat","status":503,"Version":"canary","Errors":1}', "canary   responded 503"),
        ('{"strategy":"jwt-iat","status":503}', '{"strategy":"jwt-iat","status":503}'),
        ("[bold] is not markup here", "[bold] is not markup here"),
    ],
)
def test_a_line_is_told_in_short_behind_the_id_that_was_before_it(
    capsys: pytest.CaptureFixture[str], line: str, printed: str
) -> None:
    print_log_line("us-east-1", "any", line)
    assert capsys.readouterr().out == f"us-east-1       {printed}\n"


@pytest.mark.parametrize(
    "line", ["INIT_START Runtime", "START RequestId: a", "END RequestId: a", "REPORT RequestId: a"]
)
def test_lines_of_lambda_itself_are_not_told(capsys: pytest.CaptureFixture[str], line: str) -> None:
    print_log_line("us-east-1", "any", line)
    assert capsys.readouterr().out == ""


def test_a_good_answer_is_there_to_be_counted_only(capsys: pytest.CaptureFixture[str]) -> None:
    print_log_line("us-east-1", "any", '{"strategy":"jwt-iat","status":200,"Version":"canary","Errors":0}')
    assert capsys.readouterr().out == ""


def rollout() -> Rollout:
    return Rollout(Plan(steps=(5, 50)), "2026-11", "running", 5, 0, 1, 1, 1, "started")


def test_what_the_controller_does_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell = RolloutLines()
    for outcome in (
        Outcome("none", "no rollout was ever started"),
        Outcome("measured", "waits", rollout()),
        Outcome("unchanged", "waits", rollout()),
        Outcome("rolled-back", "errors: [too] many", rollout().roll_back("errors: [too] many", 2)),
        Outcome("over", "errors: [too] many", rollout().roll_back("errors: [too] many", 2)),
        Outcome("conflict", "nothing done"),
    ):
        tell(outcome)
    assert capsys.readouterr() == (
        "rollout: step 1 of 2, 5 %, running: waits\nrollout: step 1 of 2, 0 %, rolled-back: errors: [too] many\n",
        "",
    )


def test_what_the_controller_cannot_do_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell = RolloutLines()
    tell(Outcome("failed", "the table does not answer"))
    tell(Outcome("unchanged", "waits", rollout(), ("key values: KeyError: 'arn'",)))
    assert capsys.readouterr() == (
        "rollout: step 1 of 2, 5 %, running: waits\n",
        "rollout: the table does not answer\nwarning: rollout: key values: KeyError: 'arn'\n",
    )


@pytest.mark.parametrize(
    ("stack", "command"), [("local", "edge-router status"), ("prod", "edge-router status --stack prod")]
)
def test_the_command_that_shows_the_reads_is_of_the_stack_that_is_served(
    capsys: pytest.CaptureFixture[str], stack: str, command: str
) -> None:
    print_address(stack, "http://127.0.0.1:8080", {})
    assert capsys.readouterr().out.endswith(f" by Region and replica: {command}\n")


def test_what_the_edge_says_stands_below_the_test_that_failed_and_nowhere_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = LogLines()
    lines.errors.append("502 GET /: the origin failed")
    failed = Result("a", 1, failures=[Failure("f:1", "status", "200", "502")], edge=lines.take_errors())
    print_result(failed)
    print_result(Result("b", 2, judged=1, edge=["502 GET /: as the test wants it"]))
    assert capsys.readouterr() == (
        "  ✗ a (0.0 s)\n      f:1\n        status: expected 200, found 502\n      edge: 502 GET /: the origin failed\n"
        "  ✓ b (0.0 s)\n",
        "",
    )
    assert lines.take_errors() == []
