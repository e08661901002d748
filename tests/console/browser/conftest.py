"""A real browser at the console of a local edge, with visitors; screenshots are left in .edge-router/console."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx
import pytest

from cli.console.command import serving
from cli.stacks.workspace import Workspace
from tests.cli.conftest import Up
from tests.cli.conftest import tree as tree

sys.path.append(os.environ["CONSOLE_BROWSER"])

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / ".edge-router/console"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMEDRIVER = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
SECONDS = 120
VISITORS = 3
REGIONS = ("us-east-1", "eu-west-1")
SETTINGS = (
    *("canaryPercent=0", "control.refreshSeconds=1", "rollout.interval=12s", "rollout.minimumRequests=10"),
    *("rollout.onInconclusive=wait", "rollout.maxLatencyIncrease=900"),
)
FAST = (*(word for setting in SETTINGS for word in ("--set", setting)), "--reconcile-seconds", "0.5")


class Browser:
    """One page, as a person sees and uses it."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver: Any = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
        self.look()

    def look(self, width: int = 1280, height: int = 1500, *, is_dark: bool = False) -> None:
        """Set the size of the window, and what the person prefers."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, address: str) -> None:
        self.driver.get("about:blank")
        self.driver.get(address)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """The text of an element, "" while it is drawn anew."""
        found: str | None = self.driver.execute_script(
            "return document.querySelector(arguments[0])?.textContent", selector
        )
        return found or ""

    def wait(self, selector: str, *expected: str, seconds: float = SECONDS) -> str:
        """Wait until the element has one of the texts."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text(selector)
            if any(one in text for one in expected):
                return text
            time.sleep(0.1)
        self.shoot("failed")
        pytest.fail(f"{selector} never had {expected}, but {self.text(selector)!r}")

    def press_button(self, label: str) -> None:
        """Click the action with this label."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = self.driver.execute_script(
                "const b = [...document.querySelectorAll('#actions button')].find(b => b.textContent.startsWith("
                "arguments[0])); b?.click(); return Boolean(b)",
                label,
            )
            if found:
                return
            time.sleep(0.1)
        pytest.fail(f"there is no button {label!r}: {self.text('#actions')}")

    def act(self, label: str) -> str:
        """Click an action, read what it says, and confirm it. Where the stack has changed meanwhile, once more."""
        for _ in range(5):
            self.press_button(label)
            said = self.text("#confirm-says")
            self.find("#confirm-yes").click()
            end = time.monotonic() + 10
            while time.monotonic() < end and self.find("#confirm").get_attribute("open"):
                if not self.find("#confirm-error").get_attribute("hidden"):
                    break
                time.sleep(0.05)
            else:
                return said
            self.find("#confirm-no").click()
        pytest.fail(f"{label}: {self.text('#confirm-error')}")

    def shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def errors(self) -> list[str]:
        """What the page has written to the browser's console: script errors and violations of its policy.

        Not an action that was rejected because the stack had changed meanwhile.
        """
        messages = [str(entry["message"]) for entry in self.driver.get_log("browser")]
        return [one for one in messages if "/api/actions" not in one or "409 (Conflict)" not in one]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    one = Browser()
    yield one
    one.driver.quit()


class Server:
    """The console in a thread; it can be stopped, and started again at the same port."""

    def __init__(self, root: Path, token: str, stacks: tuple[str, ...]) -> None:
        self._root, self.token, self._stacks, self._port = root, token, stacks, 0
        self.start()

    def start(self) -> None:
        addresses: SimpleQueue[str] = SimpleQueue()
        self._loop, self._over = asyncio.new_event_loop(), asyncio.Event()

        async def serve() -> None:
            console = serving(Workspace(self._root), self._stacks, self._port, token=self.token)
            async with console as address:
                addresses.put(address)
                await self._over.wait()

        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()))
        self._thread.start()
        self.address = addresses.get(timeout=20)
        self._port = int(self.address.rpartition("/")[0].rpartition(":")[2])

    def stop(self) -> float:
        """End it; the seconds that takes."""
        began = time.monotonic()
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)
        self._loop.close()
        return time.monotonic() - began


@contextlib.contextmanager
def console_of(root: Path, *stacks: str) -> Iterator[Server]:
    server = Server(root, "token-of-the-test-in-a-browser", stacks or ("local",))
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def visitors(url: str) -> Iterator[None]:
    """New visitors in two Regions, one request after another."""
    is_over = threading.Event()

    def visit(number: int) -> None:
        headers = {"x-simulate-region": REGIONS[number % len(REGIONS)]}
        with httpx.Client(trust_env=False, timeout=20, headers=headers) as client:
            while not is_over.wait(0.03):
                client.cookies.clear()
                with contextlib.suppress(httpx.HTTPError):
                    client.get(url)

    threads = [threading.Thread(target=visit, args=(number,)) for number in range(VISITORS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


Serve = Callable[..., Up]


@pytest.fixture(scope="module")
def edge(tree: Path) -> Iterator[Up]:
    """The local stack, with a rollout of seconds."""
    one = Up(tree, *FAST, seconds=SECONDS)
    yield one
    one.kill()
