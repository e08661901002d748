"""The glossary says one word for one thing."""

from __future__ import annotations

import re
from collections import Counter

from .pages import read


def test_no_term_is_listed_twice_or_is_a_word_not_to_say() -> None:
    rows = [
        (term, unwanted)
        for term, _, unwanted in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", read("glossary.md"), re.MULTILINE)
        if term != "term"
    ]
    terms = Counter(word.strip() for term, _ in rows for word in re.split(r"[,;]", term))
    unwanted = {word.strip() for _, words in rows for word in re.split(r"[,;]", words)} - {"–"}
    assert len(rows) > 100
    assert [term for term, count in terms.items() if count > 1] == []
    assert sorted(terms.keys() & unwanted) == []
