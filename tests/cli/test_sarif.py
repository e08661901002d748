"""`edge-router config check --sarif`: what OASIS's schema allows, at the lines where a person would look.

sarif-schema-2.1.0.json is OASIS's, with errata 01, as published at
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from cache_check.catalogue import RULES
from tests.cache_check.leak_states import State, resource, state
from tests.cli.conftest import Result

HERE = Path(__file__).parent
STATES = HERE.parent / "cache_check" / "foreign_states"
pytestmark = pytest.mark.usefixtures("project")
Run = Callable[..., Result]


@cache
def validator() -> Any:
    schema = json.loads((HERE / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    return Draft4Validator(schema, format_checker=FormatChecker())


def validate_run(text: str) -> dict[str, Any]:
    """The run of a document that the schema allows, and that GitHub can show: every result has rule, text, place."""
    document = json.loads(text)
    assert [error.message for error in validator().iter_errors(document)] == []
    [run] = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
    prints = [json.dumps(one["partialFingerprints"]) for one in run["results"]]
    assert len(set(prints)) == len(prints)
    return run


def lines_of(run: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Rule, level, file and line of every result."""
    found: list[tuple[str, str, str, int]] = []
    for one in run["results"]:
        place = one["locations"][0]["physicalLocation"]
        found.append((one["ruleId"], one["level"], place["artifactLocation"]["uri"], place["region"]["startLine"]))
    return found


def test_the_schema_refuses_what_is_no_sarif() -> None:
    """So that the tests below cannot pass by a validator that takes anything."""
    assert not validator().is_valid({"version": "2.1.0", "runs": [{"results": []}]})
    assert not validator().is_valid({"version": "2.0.0", "runs": []})


def test_every_rule_has_a_sentence_and_a_page(run: Run) -> None:
    rules = validate_run(run("config", "check", "--stack", "prod", "--sarif", "-").out)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules[3:]] == [rule.name for rule in RULES]
    for rule in rules:
        assert rule["helpUri"].startswith("https://")
        assert re.match(r"([A-Z]|origin-).*\.$", rule["shortDescription"]["text"], re.DOTALL)
        assert "](" not in rule["help"]["text"]


def test_a_mistake_is_at_the_line_of_its_key_or_of_the_nearest_one_above_it(run: Run, project: Path) -> None:
    file = project / "Pulumi.prod.yaml"
    file.write_text(
        "# ours\nconfig:\n  edge-router:strategy: sticky-session\n  edge-router:canaryPercent: 101\n"
        "  edge-router:release: r1\n"
        "  edge-router:origins:\n    stable:\n      domainName: v1.example.com\n    canary:\n"
        "      domainName: v2.example.com\n      port: 7\n"
        "  edge-router:stickySession:\n    cookie: session\n    replicas: [eu-west-1, nowhere]\n"
    )
    result = run("config", "check", "--stack", "prod", "--sarif", "-")
    assert result.exit_code == 1
    found = validate_run(result.out)
    messages = {text.split(" ")[0]: text for text in (one["message"]["text"] for one in found["results"])}
    lines = {text.split(" ")[0]: line for text, (_, _, _, line) in zip(messages, lines_of(found), strict=True)}
    assert lines["edge-router:canaryPercent"] == 4
    assert lines["edge-router:origins.canary.port"] == 11
    assert lines["edge-router:stickySession.replicas[1]"] == 14
    assert {place for _, _, place, _ in lines_of(found)} == {"Pulumi.prod.yaml"}


def test_a_key_that_the_file_lacks_is_at_its_config(run: Run) -> None:
    result = run("config", "check", "--stack", "prod", "--set", "skew.cookie=no good", "--sarif", "-")
    found = lines_of(validate_run(result.out))
    assert found
    assert {(name, level, file) for name, level, file, _ in found} == {("config-invalid", "error", "Pulumi.prod.yaml")}


def test_what_is_rarely_meant_is_a_warning(run: Run) -> None:
    doubtful = ("--set", "strategy=jwt-iat", "--set", "jwtIat.verify=false")
    result = run("config", "check", "--stack", "prod", *doubtful, "--sarif", "-")
    assert result.exit_code == 0
    assert [(rule, level) for rule, level, _, _ in lines_of(validate_run(result.out))] == [
        ("config-doubtful", "warning")
    ]


@pytest.mark.long_if(r"^[bfr]|^m[3-9]")
@pytest.mark.parametrize("name", sorted(path.stem for path in STATES.glob("*.json")))
def test_every_finding_in_a_state_is_at_the_line_of_its_distribution(run: Run, tmp_path: Path, name: str) -> None:
    path, written = STATES / f"{name}.json", tmp_path / "found.sarif"
    result = run("config", "check", "--state", str(path), "--sarif", str(written))
    plain = run("config", "check", "--state", str(path), "--json").document
    assert result.exit_code == 0
    found = validate_run(written.read_text(encoding="utf-8"))
    told = [(one["ruleId"], one["level"]) for one in found["results"]]
    expected = [(one["name"], one["severity"]) for one in plain["findings"]]
    assert told == expected + [("not-checked", "note")] * len(plain["notJudged"])
    lines = path.read_text(encoding="utf-8").splitlines()
    for _, _, _, line in lines_of(found):
        assert "istribution" in lines[line - 1]


def test_where_nothing_could_be_checked_the_result_is_an_error(run: Run, tmp_path: Path) -> None:
    alone: State = state({})
    alone["deployment"]["resources"] = [resource("aws-native:cloudfront:Distribution", "native", {"id": "E2"})]
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(alone))
    result = run("config", "check", "--state", str(path), "--sarif", "-")
    assert result.exit_code == 1
    [one] = validate_run(result.out)["results"]
    assert (one["ruleId"], one["level"]) == ("not-checked", "error")
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()


def test_a_finding_keeps_its_fingerprint_when_lines_move(run: Run, tmp_path: Path) -> None:
    text = (STATES / "m7-cff-random.json").read_text(encoding="utf-8")
    found: list[Any] = []
    for number, moved in enumerate((text, text.replace("{", "{\n\n\n", 1))):
        path = tmp_path / f"{number}.json"
        path.write_text(moved)
        found += validate_run(run("config", "check", "--state", str(path), "--sarif", "-").out)["results"]
    first, second = found
    assert first["partialFingerprints"] == second["partialFingerprints"]
    assert first["locations"] != second["locations"]


def test_two_documents_do_not_share_standard_output(run: Run) -> None:
    assert run("config", "check", "--stack", "prod", "--sarif", "-", "--json").exit_code == 2
    told = run("config", "check", "--stack", "prod", "--sarif", "-", "--json").out
    assert json.loads(told)["errors"][0]["message"] == (
        "--sarif - and --json both write to standard output: give --sarif a file"
    )


def test_a_file_that_cannot_be_written_is_told_before_the_check(run: Run) -> None:
    result = run("config", "check", "--stack", "prod", "--sarif", "/nowhere/found.sarif")
    assert result == Result(2, "", "error: --sarif /nowhere/found.sarif: must be a file in a folder that exists\n")


@pytest.mark.long
def test_a_file_that_turns_out_to_be_full_is_told_after_the_result(run: Run) -> None:
    shown = run("config", "check", "--stack", "prod")
    result = run("config", "check", "--stack", "prod", "--sarif", "/dev/full")
    assert result.exit_code == 1
    assert result.out == shown.out
    assert result.err == f"{shown.err}error: --sarif /dev/full: cannot be written: No space left on device\n"
