"""The code in the README runs."""

import io
import re
import shutil
from pathlib import Path

import pytest

from cli.main import main
from cli.stacks.workspace import Workspace

README = Path(__file__).parents[2] / "README.md"


def test_the_python_in_the_readme_runs_in_order() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 2
    exec(compile("\n".join(blocks), "README.md", "exec"), {"__name__": "readme"})


def test_every_page_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8"))
    missing = [link for link in links if not (README.parent / link).exists()]
    assert missing == []


EXPLAINED = re.compile(
    r"^\$ printf '(?P<head>[^']+)' \| \.venv/bin/edge-router (?P<words>explain .*)\n(?P<shown>(?:[^$`].*\n)+)", re.M
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The stacks in a folder of their own, where none is up whatever runs in the clone."""
    for file in README.parent.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    return Workspace(tmp_path)


def test_what_explain_prints_in_the_readme_is_what_it_prints(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = list(EXPLAINED.finditer(README.read_text(encoding="utf-8")))
    decisions: list[str] = []
    for example in found:
        text = example["head"].replace("\\n", "\n").encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        with pytest.raises(SystemExit) as ended:
            main(example["words"].split(), workspace)
        assert ended.value.code == 0
        out, err = capsys.readouterr()
        printed = [line.split("\t") for line in out.splitlines()]
        assert [re.split(" {2,}", line) for line in example["shown"].splitlines()] == [*printed, [err.strip()]]
        decisions.append(printed[-1][0])
    assert len(set(decisions)) == len(decisions) == 2
