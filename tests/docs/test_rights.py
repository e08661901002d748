"""The deployer's rights on the page are those that the pipeline gives its builds."""

from __future__ import annotations

import re

from pipeline.deployer_rights import rights
from pipeline.settings import PARTS

from .pages import section


def test_the_page_has_every_right_and_no_other() -> None:
    rows = re.findall(
        r"^\| ([a-z-]+) \| ([a-z0-9-]+) \| (.+) \|$", section("deploy.md", "Rights of the deployer"), re.M
    )
    on_page = {
        (part, f"{service}:{action}")
        for part, service, actions in rows
        for action in actions.replace("**", "").replace("\\*", "*").split(", ")
    }
    given = {
        (part, action)
        for part, statements in rights("edge-router-prod", "123456789012", PARTS).items()
        for statement in statements
        for action in statement["Action"]
    }
    assert on_page == given
