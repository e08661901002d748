"""`edge-router init`: the answers, the check, and the file."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from cli.config.check import Checked, check_stack
from cli.first_hour import answers
from cli.first_hour.answers import Given, MissingError, Question
from cli.first_hour.stack_text import KEPT_AT_THE_TOP, Secret, list_secrets, refuse_secrets, render, section_of_answers
from cli.output.console import out, print_error, print_json, warn
from cli.output.errors import EXIT_USAGE, OperationError, UsageError
from cli.output.outcome import iso_time
from cli.output.progress import working
from cli.stacks.stack_file import replace_file
from cli.stacks.workspace import Workspace
from infra.config.base_model import section_name
from simulator.standin.config.override import override_config
from simulator.standin.config.project_file import read_project
from simulator.standin.config.yaml_file import load_yaml

KEYS_OF_TOKENS = ("jwks", "publicKey", "secret", "algorithm", "verify")
"""With one of these by --set, jwt-iat needs no issuer."""


def write_stack(
    workspace: Workspace, given: Given, overrides: Sequence[str], *, is_forced: bool, is_json: bool
) -> None:
    """Write the file of a stack. SystemExit(2) with all that is missing or invalid."""
    project = read_project(workspace.root / "Pulumi.yaml").name
    told = given.options.get(answers.PROJECT, [project])[0]
    if told != project:
        raise UsageError(
            f"--project is {told!r}, but the project in {workspace.root / 'Pulumi.yaml'} is {project!r}: its name is"
            " part of every key and every resource; change it there and in all stacks' files before the first `pulumi"
            " up`"
        )
    found = _collect_answers(given, overrides, may_ask=not is_json)
    stack, strategy = found["stack"][0], found["strategy"][0]
    path = workspace.root / f"Pulumi.{stack}.yaml"
    kept = _confirm(path, given, is_forced=is_forced, may_ask=not is_json)
    config = _config(found, overrides, project)
    refuse_secrets(config)
    required, advised = list_secrets(strategy, config)
    text = render(project, found["region"][0], config, kept)
    with working("checking the new stack"):
        checked = _check(workspace, path.name, stack, text, required)
    if checked.errors:
        _fail(checked.errors, is_json=is_json)
    replace_file(path, text)
    _report(path, stack, strategy, checked, [*required, *advised], is_json=is_json)


def _collect_answers(given: Given, overrides: Sequence[str], *, may_ask: bool) -> dict[str, list[str]]:
    """The answers by option. SystemExit(2) with all that are missing."""
    found: dict[str, list[str]] = {}
    errors: list[str] = []

    def put(question: Question) -> None:
        try:
            found[question.option] = given.answer(question, may_ask=may_ask)
        except (MissingError, ValueError) as error:
            errors.append(str(error))

    month = f"{datetime.fromtimestamp(time.time(), UTC):%Y-%m}"
    for question in (answers.STACK, answers.STRATEGY, *answers.ORIGINS, answers.REGION):
        put(question)
    own = answers.OF_STRATEGY.get(found.get("strategy", [""])[0])
    has_keys = any(f"jwtIat.{key}" in override.partition("=")[0] for override in overrides for key in KEYS_OF_TOKENS)
    if own is not None and not (own.option == "issuer" and has_keys and "issuer" not in given.options):
        put(own)
    put(answers.PERCENT)
    put(Question("release", "Name of the release", month))
    if errors:
        _fail(errors, is_json=not may_ask)
    return found


def _fail(errors: Sequence[str], *, is_json: bool) -> None:
    if is_json:
        print_json({"written": None}, errors)
    else:
        for error in errors:
            print_error(error)
    raise SystemExit(EXIT_USAGE)


def _confirm(path: Path, given: Given, *, is_forced: bool, may_ask: bool) -> dict[str, Any]:
    """Return what is kept of a file that is there; only a config in it has to be given up."""
    if not os.path.lexists(path):
        return {}
    there = load_yaml(path)
    kept = {name: there[name] for name in KEPT_AT_THE_TOP if name in there}
    if is_forced or not there.get("config"):
        return kept
    if not (may_ask and given.can_ask()):
        raise UsageError(f"--force is missing: {path.name} is there already, and its config would be lost")
    if not typer.confirm(f"{path.name} is there already. Replace its config?", default=False, err=True):
        raise OperationError(f"{path.name} is left as it is")
    return kept


def _config(found: Mapping[str, Sequence[str]], overrides: Sequence[str], project: str) -> dict[str, Any]:
    """The settings in the order of the file, overrides last."""
    strategy, regions = found["strategy"][0], found["region"]
    own = answers.OF_STRATEGY.get(strategy)
    answer: Sequence[str] = found.get(own.option, ()) if own is not None else ()
    section = section_of_answers(strategy, answer, regions, iso_time(time.time()))
    if strategy == "jwt-iat" and answer:
        section["jwks"] = {"keys": _keys(answer[0])}
    config: dict[str, Any] = {
        "strategy": strategy,
        "canaryPercent": found["percent"][0],
        "release": found["release"][0],
        "pin": "none",
        "control": {"mode": "live", "homeRegion": regions[0], "replicas": list(regions[1:])},
        "origins": {name: {"domainName": found[name][0]} for name in ("stable", "canary")},
        section_name(strategy): section,
    }
    if strategy == "tier":
        del config["control"]  # a CloudFront Function reads its key-value store
    full: dict[str, object] = {f"{project}:{key}": value for key, value in config.items()}
    for override in overrides:
        _, full = override_config(full, override, project)
    return {key.removeprefix(f"{project}:"): value for key, value in full.items()}


def _keys(issuer: str) -> list[dict[str, Any]]:
    from cli.jwks.change import fetch_keys  # it imports the HTTP client

    return fetch_keys(issuer)


def _check(workspace: Workspace, name: str, stack: str, text: str, required: Sequence[Secret]) -> Checked:
    """Check the text as the file of a project of its own, with stand-ins for secrets that are not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copy(workspace.root / "Pulumi.yaml", root)
        (root / name).write_text(text, encoding="utf-8")
        # What a kept encryptionsalt would decrypt is not in the new config.
        stand_ins = [f"{one.path}={one.stand_in}" for one in required]
        return check_stack(Workspace(root), stack, stand_ins, None, is_new=True)


def _report(
    path: Path, stack: str, strategy: str, checked: Checked, secrets: Sequence[Secret], *, is_json: bool
) -> None:
    commands = [
        f"pulumi stack init {stack} --secrets-provider passphrase",
        *(secret.command for secret in secrets),
        f"edge-router doctor --stack {stack}",
        f"edge-router up --stack {stack}",
        "pulumi up",
    ]
    for warning in checked.warnings:
        warn(warning)
    if is_json:
        print_json(
            {
                "stack": stack,
                "strategy": strategy,
                "written": str(path),
                "warnings": checked.warnings,
                "secrets": [secret.path for secret in secrets],
                "next": commands,
            }
        )
        return
    out.print(f"wrote {path}\n\nNext:", markup=False)
    for command in commands:
        out.print(f"  {command}", markup=False)
