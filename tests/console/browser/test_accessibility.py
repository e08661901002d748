"""What everybody can use: no violation of WCAG 2.2 AA that axe-core finds, a narrow window, the keyboard, quickly."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Up
from tests.cli.test_up import command

from .conftest import Browser, Server, console_of, visitors

AXE = (Path(__file__).parent / "node/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
CHECK = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"]}).then(found => done(
  {violations: found.violations.map(one => [one.id, one.nodes.map(node => node.html)]), passes: found.passes.length}));
"""
FIRST_PAINT_MS = 300


@pytest.fixture(scope="module")
def console(edge: Up, tree: Path) -> Iterator[Server]:
    """Three stacks, two of which cannot be read; a rollout that is running, with figures."""
    root = Path(__file__).parents[3]
    for name in ("staging", "prod"):
        (tree / f"Pulumi.{name}.yaml").write_text((root / f"Pulumi.{name}.yaml").read_text())
    with pytest.MonkeyPatch.context() as patch, visitors(edge.url):
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        assert command(tree, "rollout", "start").exit_code == 0
        with console_of(tree, "local", "prod", "staging") as server:
            yield server


def fill(browser: Browser, console: Server) -> None:
    browser.open(console.address)
    browser.wait("#connection", "connected")
    browser.wait("#stacks", "there are no AWS credentials")
    browser.wait("#regions", "eu-west-1")
    browser.wait("#replicas", "as at home")
    browser.wait("#decisions", "no-session")


def violations(browser: Browser) -> list[Any]:
    browser.driver.execute_script(AXE)
    found = browser.driver.execute_async_script(CHECK, TAGS)
    assert found["passes"] > 10
    return found["violations"]


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_there_is_no_violation_and_nothing_is_cut_off(
    browser: Browser, console: Server, width: int, is_dark: bool
) -> None:
    browser.look(width, 3_000, is_dark=is_dark)
    fill(browser, console)
    browser.driver.execute_script("document.querySelectorAll('details').forEach(one => { one.open = true })")
    time.sleep(0.5)
    browser.shoot(f"{width}-{'dark' if is_dark else 'light'}")
    assert violations(browser) == []
    assert browser.driver.execute_script("return document.documentElement.scrollWidth") == width
    small = browser.driver.execute_script(
        "return [...document.querySelectorAll('button, summary, input, select')].filter(one => one.offsetParent)"
        ".filter(one => one.type !== 'checkbox' && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)"
    )
    assert small == []
    browser.press_button("Pin everybody to stable")
    browser.shoot(f"{width}-{'dark' if is_dark else 'light'}-confirm")
    assert violations(browser) == []
    browser.find("#confirm-no").click()
    browser.look()


NAME_OF_FOCUS = (
    "const one = document.activeElement;"
    "return one.id || (one.innerText || '').trim().split('\\n')[0] || one.getAttribute('class')"
)


def test_all_of_it_is_reached_by_the_keyboard(browser: Browser, console: Server) -> None:
    fill(browser, console)
    walked: list[str] = []
    for _ in range(60):
        browser.driver.execute_cdp_cmd(
            "Input.dispatchKeyEvent", {"type": "keyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        )
        browser.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", "key": "Tab", "code": "Tab"})
        walked.append(browser.driver.execute_script(NAME_OF_FOCUS))  # at once: the page may replace it meanwhile
        has_outline = browser.driver.execute_script(
            "const e = document.activeElement;return e === document.body || getComputedStyle(e).outlineStyle !== 'none'"
        )
        assert has_outline, walked
        if walked[-1] == "Explain":
            break
    assert walked[:4] == ["Skip to the stack", "local", "prod", "staging"]
    assert {"region", "query", "follow", "request", "explain-region", "Explain"} <= set(walked)
    assert any(label.startswith("Pin everybody to stable") for label in walked)
    assert sum(label.startswith("Figures") for label in walked) >= 4


def test_a_dialog_keeps_the_keyboard_and_gives_it_back(browser: Browser, console: Server) -> None:
    fill(browser, console)
    label = "Pin everybody to stable …"
    browser.driver.execute_script(
        "[...document.querySelectorAll('#actions button')].find(b => b.textContent === arguments[0]).focus()", label
    )
    browser.driver.switch_to.active_element.send_keys("\ue007")  # Enter
    assert browser.driver.switch_to.active_element.get_attribute("id") == "confirm-no"
    browser.driver.switch_to.active_element.send_keys("\ue00c")  # Escape
    assert browser.driver.switch_to.active_element.text == label
    assert "pinned" not in browser.text("#stacks")


def test_the_page_is_painted_at_once(browser: Browser, console: Server) -> None:
    browser.open(console.address)
    times: list[float] = []
    for _ in range(7):
        browser.driver.refresh()
        browser.wait("#connection", "connected")
        [first] = browser.driver.execute_script(
            "return performance.getEntriesByType('paint').filter(one => one.name === 'first-contentful-paint')"
            ".map(one => one.startTime)"
        )
        times.append(first)
    print(f"first contentful paint: {statistics.median(times):.0f} ms ({sorted(map(round, times))})")
    assert statistics.median(times) <= FIRST_PAINT_MS
    assert browser.errors() == []
