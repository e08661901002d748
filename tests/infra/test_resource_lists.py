"""No resource comes, goes or gets another name or place unnoticed: what a stack has is replaced by Pulumi otherwise."""

from __future__ import annotations

import json

import pytest

from tests.infra.configs import HOSTS, STACKS
from tests.infra.resource_lists import FILE, list_stack


@pytest.mark.long_if(r"staging|local|demo/hosts")
@pytest.mark.parametrize("stack", [*STACKS, HOSTS])
def test_every_resource_is_on_the_list(stack: str) -> None:
    assert list_stack(stack) == json.loads(FILE.read_text(encoding="utf-8"))[stack]
