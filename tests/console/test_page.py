"""The page: how large it is, that it brings all it needs, and that its chart library is the one in the lock."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "console/page"
MOST_BYTES = 150_000
FILES = sorted(path for path in PAGE.rglob("*") if path.is_file())
OWN = [path for path in FILES if path.suffix in {".html", ".css", ".js"} and "vendor" not in path.parts]


def test_the_whole_page_is_small() -> None:
    assert sum(path.stat().st_size for path in FILES) <= MOST_BYTES


def test_the_chart_library_is_what_its_lock_brought() -> None:
    lines = (PAGE / "vendor/SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    kept = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (PAGE / "vendor").iterdir()}
    kept.pop("SHA256SUMS")
    assert kept == sums
    assert set(kept) == {"LICENSE", "uPlot.iife.min.js", "uPlot.min.css"}
    lock = json.loads((ROOT / "console/vendor/package-lock.json").read_text())["packages"]
    version = lock["node_modules/uplot"]["version"]
    assert f"(v{version})" in (PAGE / "vendor/uPlot.iife.min.js").read_text()[:300]
    assert lock[""]["dependencies"] == {"uplot": version}
    assert lock["node_modules/uplot"]["integrity"].startswith("sha512-")


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_there_is_no_code_in_markup_and_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", text) == []
    assert re.findall(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|Function)\b", text) == []
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "https://www.example.com/"}


def test_every_file_that_the_page_names_is_there() -> None:
    html = (PAGE / "index.html").read_text()
    named = re.findall(r"(?:src|href)=\"/page/([^\"]+)\"", html)
    named += [found for path in OWN for found in re.findall(r"from \"\./([^\"]+)\"", path.read_text())]
    assert len(named) > 8
    assert [name for name in named if not (PAGE / name).is_file()] == []
    ids = set(re.findall(r"\bid=\"([^\"]+)\"", html))
    used = {found for path in OWN for found in re.findall(r"byId\(\"([^\"]+)\"\)", path.read_text())}
    assert used <= ids
