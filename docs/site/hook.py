"""mkdocs hooks: navigation from the index page, links and anchors as on GitHub, and nothing loaded from outside."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
INDEX = "README.md"

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_ENTRY = re.compile(r"^(?:\| |- )\[([^\]]+)\]\(([^)#:]+\.md)\)", re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LOADED = re.compile(r"<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"'> ]+")


def on_config(config: Any) -> Any:
    """Set the navigation and GitHub's anchors."""
    config.nav = [{"Start": INDEX}, *navigation((DOCS / INDEX).read_text(encoding="utf-8"))]
    config.mdx_configs.setdefault("toc", {})["slugify"] = slug
    return config


def navigation(index: str) -> list[Any]:
    """Read the navigation from the index: a section for each heading, a page for each row that begins with a link."""
    _, *parts = _HEADING.split(index)
    return [{heading: _entries(text)} for heading, text in zip(parts[::2], parts[1::2], strict=True)]


def _entries(text: str) -> list[Any]:
    entries: list[Any] = []
    for title, path in _ENTRY.findall(text):
        entries.append({title: path})
        if path.endswith(f"/{INDEX}"):  # a folder with an index of its own
            folder = posixpath.dirname(path)
            inner = (DOCS / path).read_text(encoding="utf-8")
            entries[-1] = {title: [path, *({name: f"{folder}/{page}"} for name, page in _numbered(inner))]}
    return entries


def _numbered(index: str) -> list[tuple[str, str]]:
    """The decisions, whose titles stand behind their linked numbers."""
    return [
        (f"{found[1]} {found[3]}", found[2]) for found in re.finditer(r"^- \[(\d+)\]\(([^)]+)\) (.+)$", index, re.M)
    ]


def slug(text: str, separator: str) -> str:
    """Make an anchor as GitHub does: lower case, no punctuation, - for spaces."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", separator)


def on_page_markdown(markdown: str, page: Any, **_others: Any) -> str:
    """Show the project's README as the start page, and rewrite links that lead out of docs/."""
    source = page.file.src_uri
    if source == INDEX:
        return _outside_code((ROOT / INDEX).read_text(encoding="utf-8"), "")
    return _outside_code(markdown, posixpath.dirname(f"docs/{source}"))


def _outside_code(markdown: str, folder: str) -> str:
    return "".join(
        part if part.startswith("```") else _LINK.sub(lambda found: _relink(found, folder), part)
        for part in _FENCE.split(markdown)
    )


def _relink(found: re.Match[str], folder: str) -> str:
    """Keep links within docs/, lead those to the project's README to the start page, and drop those to other files."""
    mark, text, path, anchor = found[1], found[2], found[3], found[4] or ""
    target = posixpath.normpath(posixpath.join(folder, path))
    if not (ROOT / target).exists():
        return found[0]  # for mkdocs to report
    if target == INDEX:
        target = f"docs/{INDEX}"
    if not target.startswith("docs/"):
        return text
    start = folder or "docs"
    return f"{mark}[{text}]({posixpath.relpath(target, start)}{anchor})"


def on_post_page(output: str, page: Any, **_others: Any) -> str:
    """Fail where a page would load something from elsewhere."""
    if loaded := _LOADED.search(output):
        raise SystemExit(f"{page.file.src_uri} loads from outside: {loaded[0]}")
    return output
