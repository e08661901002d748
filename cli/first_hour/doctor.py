"""`edge-router doctor`: what is in order here, in the account and in a stack's settings, and what to do where not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

from cli.config.check import check_stack
from cli.output.console import out, print_json
from cli.output.errors import EXIT_FAILED, EXIT_LEFT, UsageError
from cli.output.progress import working
from cli.stacks.workspace import PROJECT, Workspace
from infra.config.errors import SettingsError
from infra.config.provider import provider_region
from simulator.standin.model.errors import StackConfigError

OK, FAILED, UNCHECKED = "ok", "failed", "unchecked"
SIGNS = {OK: "✓", FAILED: "✗", UNCHECKED: "?"}
INSTALL_PULUMI = "install it: https://www.pulumi.com/docs/iac/download-install/"
PULUMI_SECONDS = 15
OLDEST_PULUMI = (3, 200)
"""The version of the SDK in pyproject.toml: an older command may not know what the program registers."""


class Line(NamedTuple):
    """One check: `state` is ok, failed or unchecked, `found` what there is, `fix` what to do."""

    name: str
    state: str
    found: str
    fix: str = ""

    @property
    def text(self) -> str:
        return f"{SIGNS[self.state]} {self.name}: {self.found}" + (f". {self.fix}" if self.fix else "")


def examine(
    workspace: Workspace, stack: str | None, overrides: Sequence[str], *, is_offline: bool, is_json: bool
) -> None:
    """Check all and print a line for each. SystemExit with 1 where one failed, 3 where one could not be checked."""
    if overrides and stack is None:
        raise UsageError("--set needs --stack")
    lines = list(_examine(workspace, stack, overrides, is_offline=is_offline))
    failed = [line for line in lines if line.state == FAILED]
    if is_json:
        document = {"stack": stack, "checks": [line._asdict() for line in lines]}
        print_json(document, [line.text[2:] for line in failed])
    else:
        for line in lines:
            out.print(line.text, markup=False)
    if failed:
        raise SystemExit(EXIT_FAILED)
    if any(line.state == UNCHECKED for line in lines) and not is_offline:
        raise SystemExit(EXIT_LEFT)


def _examine(workspace: Workspace, stack: str | None, overrides: Sequence[str], *, is_offline: bool) -> Iterator[Line]:
    yield check_python(sys.version_info[:3])
    yield check_packages()
    yield check_pulumi()
    regions, region = ["us-east-1"], provider_region({}, os.environ)
    if stack is not None:
        found = check_settings(workspace, stack, overrides)
        yield found.line
        regions, region = found.regions or regions, found.region or region
    yield check_region(region, is_named=stack is not None)
    if is_offline:
        yield Line("AWS account", UNCHECKED, "not asked, with --offline")
        return
    from cli.first_hour.account import check_account  # it imports botocore

    with working("asking AWS"):
        yield from check_account(regions)


def check_python(found: tuple[int, ...]) -> Line:
    """Check the Python that runs this against the one that the project requires."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = tuple(map(int, str(project["requires-python"]).removeprefix(">=").split(".")))
    text = ".".join(map(str, found))
    if found >= oldest:
        return Line("Python", OK, text)
    return Line("Python", FAILED, text, f"Install {'.'.join(map(str, oldest))} or later, and run `make setup` again")


def check_packages(installed: Callable[[str], str] = version) -> Line:
    """Check that the packages are there that the Pulumi program imports."""
    names = ("boto3", "pulumi", "pulumi-aws", "pulumi-random")
    missing: list[str] = []
    for name in names:
        try:
            installed(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Line("Python packages", FAILED, f"{', '.join(missing)} not installed", "Run `make setup`")
    return Line("Python packages", OK, f"pulumi {installed('pulumi')}, pulumi-aws {installed('pulumi-aws')}")


def check_pulumi() -> Line:
    """Check the Pulumi CLI and its version."""
    name, path = "Pulumi CLI", shutil.which("pulumi")
    if path is None:
        fix = f"To deploy to AWS {INSTALL_PULUMI}; `edge-router up` does without"
        return Line(name, FAILED, "no `pulumi` on the PATH", fix)
    try:
        done = subprocess.run(  # noqa: S603  the command that the PATH has
            [path, "version"], capture_output=True, text=True, timeout=PULUMI_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Line(name, FAILED, f"`{path} version` fails ({type(error).__name__})", f"To repair it, {INSTALL_PULUMI}")
    found = re.match(r"v?(\d+)\.(\d+)\.\d+", done.stdout.strip())
    if found is None:
        return Line(
            name, UNCHECKED, f"`{path} version` says {done.stdout.strip()[:40]!r}", "Expected is v3.200.0 or later"
        )
    if (int(found[1]), int(found[2])) < OLDEST_PULUMI or found[1] != "3":
        return Line(name, FAILED, done.stdout.strip(), f"Needed is 3.200 or later, below 4: {INSTALL_PULUMI}")
    return Line(name, OK, done.stdout.strip())


class Settings(NamedTuple):
    """The check of a stack's settings, its Region, and the Regions in which it makes tables and log groups."""

    line: Line
    region: str = ""
    regions: Sequence[str] = ()


def check_settings(workspace: Workspace, stack: str, overrides: Sequence[str]) -> Settings:
    """Check a stack as `config check` does. StackConfigError where there is no such stack."""
    name = f"Settings of {stack}"
    command = f"edge-router config check --stack {stack}"
    try:
        config = workspace.read_config(stack, overrides)
        with working("checking the settings"):
            checked = check_stack(workspace, stack, overrides, None)
    except SettingsError as error:
        return Settings(Line(name, FAILED, "; ".join(error.errors), f"`{command}` checks again"))
    except StackConfigError as error:
        if error.key == "--stack":
            raise
        return Settings(Line(name, FAILED, str(error), f"`{command}` checks again"))
    region = provider_region(config.values, os.environ)
    if checked.errors:
        return Settings(Line(name, FAILED, "; ".join(checked.errors), f"`{command}` checks again"), region)
    count = len(checked.warnings)
    found = f"valid, with {count} warning{'s' if count > 1 else ''}" if count else "valid"
    fix = f"`{command}` prints them" if checked.warnings else ""
    return Settings(
        Line(name, OK, found, fix), region, _regions(workspace.open_stack(stack, overrides).settings, region)
    )


def _regions(settings: Any, region: str) -> list[str]:
    """The Regions of the stack's tables and of its provider, us-east-1 first: the function is there always."""
    options = settings.options
    tables = [getattr(options, "home_region", ""), *getattr(options, "replicas", ())] if settings.needs.table else []
    control = settings.control
    live = [control.home_region, *control.replicas] if settings.reads_control_table else []
    return list(dict.fromkeys(filter(None, ["us-east-1", region, *tables, *live])))


def check_region(region: str, *, is_named: bool) -> Line:
    """Check that the provider has a Region; the distribution's function is in us-east-1 whatever it is."""
    if region:
        return Line("Region", OK, f"{region}; Lambda@Edge functions are created in us-east-1 in any case")
    if not is_named:
        return Line("Region", UNCHECKED, "neither the environment nor a profile has one", "Name a stack with --stack")
    fix = "Run `pulumi config set aws:region us-east-1`, or set AWS_REGION"
    return Line("Region", FAILED, "neither aws:region nor the environment or a profile has one", fix)
