"""Links lead somewhere, and programs shown are programs that are compiled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import DOCS, ROOT, section

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / ".github").rglob("*.md")), *sorted(DOCS.rglob("*.md"))]


def prose_of(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def anchors_of(page: Path) -> set[str]:
    """As GitHub makes them: lower case, no punctuation, - for spaces."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_to_a_page_and_a_heading_that_exist(page: Path) -> None:
    broken: list[str] = []
    for link in re.findall(r"\]\((?![a-z]+:)([^)\s]+)\)", prose_of(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize(
    ("fence", "program"), [("ts", "typescript/canary-routing/index.ts"), ("go", "go/canary-routing/main.go")]
)
def test_what_the_page_shows_of_a_distribution_of_ones_own_is_in_a_program_that_is_compiled(
    fence: str, program: str
) -> None:
    shown = section("component.md", "Use it").partition("`CanaryRouting`")[2]
    lines = "".join(re.findall(rf"^```{fence}\n(.*?)^```", shown, re.M | re.S)).splitlines()
    compiled = {line.strip() for line in (ROOT / "examples" / program).read_text(encoding="utf-8").splitlines()}
    assert len(lines) > 10
    assert [line for line in lines if line.strip() not in compiled] == []
