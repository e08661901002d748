"""The site's navigation, links and anchors. `make docs` builds it; here mkdocs is not installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from docs.site.hook import navigation, on_page_markdown, on_post_page, slug

from .pages import DOCS, read


def page(name: str) -> Any:
    return SimpleNamespace(file=SimpleNamespace(src_uri=name))


def paths_of(entries: list[Any]) -> list[str]:
    """All pages below a part of the navigation."""
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(entry)
        else:
            for inner in entry.values():
                found += paths_of(inner) if isinstance(inner, list) else [inner]
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} - {"README.md"}
    assert sorted(paths_of(navigation(read("README.md")))) == sorted(pages)


def test_a_heading_of_the_index_is_a_section_and_a_linked_row_a_page() -> None:
    index = "# Title\n\n## How-to\n\n| page | why |\n|---|---|\n| [Deploy](deploy.md) | because of [this](x.md) |\n"
    assert navigation(index) == [{"How-to": [{"Deploy": "deploy.md"}]}]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [("--json", "--json"), ("Options (tier)", "options-tier"), ("A table's Region", "a-tables-region")],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert slug(heading, "-") == anchor


def test_links_out_of_the_folder_become_text_and_the_project_readme_the_start_page() -> None:
    text = "[a](../README.md) [b](../demo/app) [c](deploy.md#x) [d](nowhere.md)\n```\n[e](../demo/app)\n```\n"
    shown = "[a](README.md) b [c](deploy.md#x) [d](nowhere.md)\n```\n[e](../demo/app)\n```\n"
    assert on_page_markdown(text, page("hosts.md")) == shown
    assert on_page_markdown("[a](../../README.md)", page("adr/0001.md")) == "[a](../README.md)"


def test_the_start_page_is_the_readme_of_the_project() -> None:
    shown = on_page_markdown("", page("README.md"))
    assert shown.startswith("# edge-router")
    assert "](strategies/tier.md)" in shown
    assert "](picture.svg)" in shown


@pytest.mark.parametrize("tag", ['<script src="https://x.example/a.js">', "<link rel=a href=//x.example/a.css>"])
def test_a_page_that_loads_from_outside_ends_the_build(tag: str) -> None:
    with pytest.raises(SystemExit, match=r"^tier\.md loads from outside: "):
        on_post_page(f"<p>{tag}</p>", page("tier.md"))
    assert on_post_page('<a href="https://x.example/">', page("tier.md"))
