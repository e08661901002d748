"""A function's name: the stack's, and an end that no other deployment of the stack has."""

from __future__ import annotations

from infra.naming.edge_functions import router_function_name


def test_a_stack_that_comes_back_has_a_function_of_another_name() -> None:
    """The role has the same name, but another id, which IAM uses once."""
    before = router_function_name("edge-router-prod", "AROAQ3EGTJPKZ7ABCDEFG")
    after = router_function_name("edge-router-prod", "AROAQ3EGTJPKY2HJKLMNP")
    assert (before, after) == ("edge-router-prod-7abcdefg", "edge-router-prod-2hjklmnp")


def test_the_longest_names_of_stacks_fit() -> None:
    assert len(router_function_name(f"edge-router-{'s' * 32}", "AROAQ3EGTJPKZ7ABCDEFG")) <= 64
