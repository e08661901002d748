"""Rollouts in the browser: one from its start to its promotion with all that a person does, one to its rollback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Up
from tests.cli.test_up import command

from .conftest import FAST, SECONDS, Browser, Server, console_of, visitors


@pytest.fixture(scope="module")
def console(edge: Up, tree: Path) -> Iterator[Server]:
    with console_of(tree) as server:
        yield server


def test_a_rollout_is_watched_from_its_start_to_its_promotion(browser: Browser, console: Server, edge: Up) -> None:
    browser.open(console.address)
    browser.wait("#connection", "connected")
    browser.wait("#effect .share", "0 %")
    assert "No rollout was ever started." in browser.text("#rollout")
    assert "token" not in browser.driver.current_url
    with visitors(edge.url):
        said = browser.act("Start a rollout")
        assert "a rollout of release 2026-11 begins. 10 % of new visitors go to canary within" in said
        assert "Who is on a version already stays there." in said
        browser.wait("#rollout .state", "running")
        browser.wait("#rollout .now", "10 %")
        browser.wait("#clock", "The controller looks every")
        browser.wait("#rollout .now", "25 %")
        said = browser.act("Pause")
        assert "go on to canary, until somebody resumes it." in said
        browser.wait("#rollout .state", "paused")
        browser.wait("#regions", "eu-west-1")
        browser.wait("#figures", "Is canary worse than allowed?")  # the analysis goes on meanwhile
        assert "somebody has to resume it" in browser.wait("#clock", "resume")
        browser.shoot("paused")
        browser.act("Resume")
        assert "errors: canary" in browser.wait("#rollout .why", "errors: canary")
        browser.shoot("running")
        browser.wait("#rollout .state", "succeeded")
        browser.wait("#effect .share", "100 %")
    assert "all steps passed" in browser.text("#rollout .why")
    history = browser.text("#history")
    assert all(text in history for text in ("started", "paused manually", "resumed manually", "all steps passed"))
    browser.shoot("succeeded")
    assert browser.errors() == []


def test_a_pin_takes_everybody_along_and_is_removed_again(browser: Browser, console: Server, edge: Up) -> None:
    browser.open(console.address)
    said = browser.act("Pin everybody to stable")
    assert "everybody goes to stable within" in said
    assert "Pulumi.local.yaml still says pin none: `pulumi config set pin stable` keeps it" in said
    browser.wait("#effect .share", "0 %")
    browser.wait("#stacks", "pinned to stable")
    edge.get_until(lambda response: response.headers["x-app-version"] == "1")
    browser.driver.find_element("css selector", "#actions summary").click()
    assert "Start a rollout: pin is stable in config" in browser.text("#actions details")
    browser.shoot("pinned")
    said = browser.act("Remove the pin")
    assert "the pin is removed. 100 % of new visitors go to canary" in said
    browser.wait("#effect .share", "100 %")
    edge.get_until(lambda response: response.headers["x-app-version"] == "2")
    assert browser.errors() == []


def test_a_lost_connection_comes_back_with_what_has_changed_meanwhile(
    browser: Browser, console: Server, edge: Up, tree: Path
) -> None:
    browser.open(console.address)
    browser.wait("#effect .share", "100 %")
    assert console.stop() < 3
    browser.wait("#connection", "The connection is lost.")
    browser.shoot("lost")
    edge.edit('canaryPercent: "10"', 'canaryPercent: "10" #')
    edge.wait_for("the change is deployed")
    console.start()
    browser.wait("#connection", "connected")
    browser.wait("#effect .share", "100 %")
    console.token = "another-token-after-a-restart"
    console.stop()
    console.start()
    browser.wait("#connection", "The token is not valid: open the address that edge-router console printed last.")
    assert not browser.find("#effect").text.startswith("–")


def test_decisions_are_searched_and_a_request_is_explained(browser: Browser, console: Server, edge: Up) -> None:
    browser.open(console.address)
    browser.wait("#connection", "connected")
    edge.get()
    browser.wait("#decisions", "no-session")
    browser.find("#query").send_keys("no-session us-east-1")
    browser.wait("#decisions caption", " of ")
    browser.find("#query").send_keys(" nothing-has-this-word")
    browser.wait("#decisions caption", "0 of ")
    browser.find("#request").send_keys("curl 'https://www.example.com/' -H 'x-test: <b>bold</b>' --compressed")
    browser.find("#explain button").click()
    assert "because no-session, bucket " in browser.wait("#explained", "because")
    browser.shoot("explained")
    browser.find("#request").clear()
    browser.find("#request").send_keys("curl -H 'x-test: 1'")
    browser.find("#explain button").click()
    browser.wait("#explained", "the curl command has no URL")


@pytest.mark.parametrize("fail_percent", ["50"])
def test_a_bad_version_is_watched_to_its_rollback(browser: Browser, edge: Up, tree: Path, fail_percent: str) -> None:
    edge.kill()
    failing = Up(tree, *FAST, "--fail-percent", fail_percent, seconds=SECONDS)
    try:
        with console_of(tree) as console, visitors(failing.url):
            browser.open(console.address)
            browser.act("Start a rollout")
            browser.wait("#rollout .state", "rolled-back")
            assert "errors: canary" in browser.text("#rollout .why")
            assert browser.text("#effect .share") == "0 %"
            assert "the canary is withdrawn" in browser.text("#effect")
            browser.wait("#figures", "worse than allowed")
            browser.shoot("rolled-back")
            watched = command(tree, "rollout", "watch", "--once")
            assert (watched.exit_code, "rolled-back" in watched.out) == (3, True)
    finally:
        failing.kill()
