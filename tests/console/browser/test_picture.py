"""The picture of the README: a rollout at 25 %, with its figures; docs/console.webp where CONSOLE_PICTURE says so."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from tests.cli.conftest import Up

from .conftest import SCREENSHOTS, Browser, console_of, visitors

MOST_BYTES = 120_000


def test_the_picture_is_taken_of_a_rollout_under_way(browser: Browser, edge: Up, tree: Path) -> None:
    picture = Path(os.environ.get("CONSOLE_PICTURE", SCREENSHOTS / "picture.webp"))
    with console_of(tree) as console, visitors(edge.url):
        browser.look(1200, 1500)
        browser.open(console.address)
        browser.act("Start a rollout")
        browser.wait("#rollout .now", "50 %")
        browser.act("Pause")  # the analysis goes on, however busy this machine is
        browser.wait("#figures", "Is canary worse than allowed?")
        browser.act("Resume")
        browser.wait("#rollout .state", "running")
        browser.wait("#rollout .why", "errors: canary")
        assert browser.errors() == []
        taken = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 70})
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(base64.b64decode(taken["data"]))
    assert picture.stat().st_size < MOST_BYTES
