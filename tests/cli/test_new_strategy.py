"""`edge-router new-strategy`: names that cannot be, files that exist, and the whole way in a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.new_strategy.names import MAX_CHARACTERS, RESERVED, name_strategy
from cli.output.errors import UsageError
from strategies.registry import STRATEGIES
from tests.cli.conftest import Result

Run = Callable[..., Result]
ROOT = Path(__file__).parents[2]
KEBAB_CASE = (
    "in kebab-case, that is words of a-z and 0-9 that begin with a letter, with - between them, such as by-country"
)


@pytest.fixture
def clone(project: Path) -> Path:
    """Registry and index in the project of the command, and a generator of pages that fails."""
    for path in ("strategies/registry.py", "docs/README.md"):
        (project / path).parent.mkdir()
        shutil.copy(ROOT / path, project / path)
    for folder in ("tests/strategies", "docs/strategies", "docs/generate"):
        (project / folder).mkdir(parents=True)
    (project / "docs/generate/__init__.py").write_text("")
    (project / "docs/generate/__main__.py").write_text('raise SystemExit("by_planet declares no reasons")\n')
    return project


@pytest.mark.parametrize(
    "name", ["By-Country", "by_country", "by--country", "-by", "by-", "1st", "by-1", "é", "", "a/b"]
)
def test_a_name_that_is_not_kebab_case_is_refused_with_what_is_allowed(name: str, run: Run) -> None:
    result = run("new-strategy", "--", name)
    assert (result.exit_code, result.out) == (2, "")
    assert result.err == f"error: NAME is {name!r}: allowed are up to {MAX_CHARACTERS} characters {KEBAB_CASE}\n"


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"NAME is '{name}', which is a strategy already: .*cookie-version, .*tier"):
        name_strategy(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("logs", "but logs is a key of the config already"),
        ("key-headers", "but keyHeaders is a key of the config already"),
        *((name, "which is a word of the strategies' code") for name in ("class", "needs", "table-spec")),
        ("base", "NAME is 'base', which is reserved: strategies/base.py is part of what strategies are made of; take"),
        ("x" * (MAX_CHARACTERS + 1), "allowed are up to 30 characters"),
    ],
)
def test_a_name_that_means_something_else_is_refused(name: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        name_strategy(name)


def test_reserved_names_are_the_modules_beside_the_strategies() -> None:
    beside = {path.stem.replace("_", "-") for path in (ROOT / "strategies").iterdir() if path.name[0] != "_"}
    assert set(RESERVED) == beside - set(STRATEGIES) - {"py"}


@pytest.mark.parametrize(
    "path",
    [
        "strategies/by_planet.py",
        "strategies/by_planet/__init__.py",
        "tests/strategies/test_by_planet.py",
        "docs/strategies/by-planet.md",
    ],
)
def test_nothing_is_written_where_a_file_exists(path: str, clone: Path, run: Run) -> None:
    (clone / path).parent.mkdir(exist_ok=True)
    (clone / path).write_text("mine")
    before = {file: file.read_bytes() for file in clone.rglob("*") if file.is_file()}
    result = run("new-strategy", "by-planet")
    assert (result.exit_code, result.out) == (2, "")
    assert result.err.startswith(
        f"error: {path.removesuffix('/__init__.py')} exists already, and nothing is overwritten"
    )
    assert {file: file.read_bytes() for file in clone.rglob("*") if file.is_file()} == before


def test_outside_of_a_clone_nothing_is_written(project: Path, run: Run) -> None:
    result = run("new-strategy", "by-planet")
    assert (result.exit_code, result.err) == (
        2,
        "error: strategies/registry.py does not have the list of strategies: run this in a clone of the project\n",
    )
    assert not (project / "strategies").exists()


def test_pages_that_cannot_be_generated_are_an_error_that_says_why(clone: Path, run: Run) -> None:
    result = run("new-strategy", "by-planet")
    assert result.exit_code == 1
    assert result.err == (
        "error: the strategy is written, but not the tables of the pages: by_planet declares no reasons\n"
    )
    assert "wrote strategies/by_planet.py\n" in result.out


def test_every_file_that_changes_is_listed(clone: Path, run: Run) -> None:
    generator = "print('wrote docs/logs.md')\nprint('wrote docs/strategies/by-planet.md')\n"
    (clone / "docs/generate/__main__.py").write_text(generator)
    result = run("new-strategy", "by-planet")
    assert result.out.partition("\n\n")[0].splitlines() == [
        "wrote strategies/by_planet.py",
        "wrote tests/strategies/test_by_planet.py",
        "wrote docs/strategies/by-planet.md",
        "wrote strategies/registry.py",
        "wrote docs/README.md",
        "wrote docs/logs.md",
    ]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a clone would have it, with the strategy of the command."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    call(folder, "cli", "new-strategy", "by-country")
    return folder


def call(folder: Path, *arguments: str) -> None:
    """Run a Python module in the copy; the test fails with all that it prints where it fails."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(arguments)} in {folder}: exit code {done.returncode}\n{done.stdout}{done.stderr}")


def follow_the_page(folder: Path) -> None:
    """Put the page's strategy and test in the place of the command's."""
    text = (folder / "docs/write-your-own.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in text.split("```python\n")[1:]]
    for path, code in zip(("strategies/by_country.py", "tests/strategies/test_by_country.py"), blocks, strict=True):
        (folder / path).write_text(code, encoding="utf-8")
    call(folder, "docs.generate")


def affected_tests(folder: Path) -> list[str]:
    """The tests that go over the registry, and the strategy's own. Those of other strategies are none of its business:
    some measure time, and one of 1,400 fails on a machine that is busy."""
    tests = sorted((folder / "tests/strategies").glob("test_*.py"))
    over_all = re.compile(r"registry import|strategies\.samples|by_country")
    found = [path for path in tests if over_all.search(path.read_text(encoding="utf-8"))]
    assert {"test_contract.py", "test_by_country.py"} <= {path.name for path in found}
    return [str(path.relative_to(folder)) for path in found]


ALWAYS = ["tests/docs", "tests/infra/test_settings.py", "tests/infra/test_stack_files.py"]
BY_NAME = ["tests/infra", "tests/packages", "tests/fuzz", "tests/cli", "tests/scan"]


@pytest.mark.long
@pytest.mark.parametrize("is_by_the_page", [False, True], ids=["the command", "the page"])
def test_a_new_strategy_passes_lint_types_and_the_tests_that_it_affects(copy: Path, is_by_the_page: bool) -> None:
    if is_by_the_page:
        follow_the_page(copy)
    call(copy, "ruff", "check", ".")
    call(copy, "ruff", "format", "--check", ".")
    call(copy, "pyrefly", "check", "strategies", "tests/strategies/test_by_country.py")
    call(copy, "docs.generate", "--check")
    call(copy, "pytest", "-q", "-p", "no:cacheprovider", "-m", "not long", *affected_tests(copy), *ALWAYS)
    call(copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", "by-country", *BY_NAME)
