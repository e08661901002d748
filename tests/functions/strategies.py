"""Requests made up by hypothesis: what viewers send by mistake or on purpose."""

from __future__ import annotations

from hypothesis import strategies as st

# What CloudFront hands a function: no control characters, and neither ; nor , that separate cookies and values.
text = st.text(st.characters(codec="utf-8", exclude_characters=';,"&=#', exclude_categories=["Cc", "Zs", "Zl", "Zp"]))
short = text.map(lambda value: value[:60])
long = st.sampled_from(["x" * 8_192, "%" * 8_192, "é" * 4_000, "." * 8_192])
broken = st.sampled_from(["%", "%zz", "%e2%28", "%ff", "+", "%00", "a%", '"', "$", "__proto__", "constructor", "null"])
odd = st.one_of(short, long, broken)


def several(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    """One value or more under the same name."""
    return st.lists(values, min_size=1, max_size=3)
