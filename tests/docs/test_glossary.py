"""The glossary says one word for one thing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import DOCS, ROOT, read

PLAIN_ENGLISH = {
    *("a look", "AWS's own", "edge code", "how many", "it asks", "left behind", "not judged", "own name", "the Lambda"),
    *(
        "the new one",
        "the old one",
        "the one",
        "the origin's secret",
        "the other",
        "the site",
        "to keep",
        "what it may",
    ),
    *("what is left", "what it says", "what stays", "who asks"),
}
"""Phrases that also mean something else, headings that others link to, and names that commands print."""
FURTHER = {"in force", "functions before the cache", "the router's own cookie"}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
CODE = re.compile(r"^```.*?^```|<!-- generated.*?<!-- /generated -->|`[^`]*`|\]\([^)]*\)", re.DOTALL | re.MULTILINE)


def rows() -> list[tuple[str, str]]:
    """The terms and the words not to say."""
    found = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", read("glossary.md"), re.MULTILINE)
    return [(term, unwanted) for term, _, unwanted in found if term != "term"]


def unwanted_phrases() -> Iterator[str]:
    """Phrases of several words, which a text can be searched for: single words have other meanings."""
    for _, words in rows():
        for phrase in re.split(r"[,;]", re.sub(r"\([^)]*\)", "", words)):
            if " " in phrase.strip() and phrase.strip() not in PLAIN_ENGLISH:
                yield phrase.strip()


@pytest.mark.parametrize(
    "page", [one for one in PAGES if one.name != "glossary.md" and one.parent.name != "adr"], ids=lambda one: one.name
)
def test_prose_has_no_phrase_that_the_glossary_replaces(page: Path) -> None:
    prose = " ".join(CODE.sub(" _ ", page.read_text(encoding="utf-8")).split())
    phrases = [*unwanted_phrases(), *FURTHER]
    assert len(phrases) > 100
    assert [one for one in phrases if re.search(rf"\b{re.escape(one)}\b", prose, re.IGNORECASE)] == []


def test_no_term_is_listed_twice_or_is_a_word_not_to_say() -> None:
    terms = Counter(word.strip() for term, _ in rows() for word in re.split(r"[,;]", term))
    unwanted = {word.strip() for _, words in rows() for word in re.split(r"[,;]", words)} - {"–"}
    assert len(rows()) > 100
    assert [term for term, count in terms.items() if count > 1] == []
    assert sorted(terms.keys() & unwanted) == []
