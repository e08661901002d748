"""Every right of every stack with every strategy, action by action, against the table in tests/infra/rights.py.

The pipeline is a program of its own; its rights, and those of the deployers, are in tests/delivery/test_pipeline.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from simulator.standin.resource_models import MODELS
from strategies.registry import STRATEGIES
from tests.infra.configs import EVERYTHING, HOSTS, STACKS, choosing
from tests.infra.rights import (
    ANY_RESOURCE,
    GRANTS,
    INVOKERS,
    RESOURCE_GRANTS,
    TRUST,
    Grant,
    conditions_of,
    forms,
    holders,
    principal_of,
    statements,
)
from tests.infra.test_program import ROLE, ROLE_POLICY, VERSIONED, all_resources, run

RESOURCE_POLICIES = ("aws:s3/bucketPolicy:BucketPolicy", "aws:sns/topicPolicy:TopicPolicy")
PERMISSION = "aws:lambda/permission:Permission"
CONFIGS = [
    *((stack, *choosing(strategy)) for stack in STACKS for strategy in STRATEGIES),
    *((stack, *VERSIONED[strategy]) for stack in STACKS for strategy in VERSIONED),
    *(("local", *choosing(strategy), *EVERYTHING) for strategy in ("sticky-session", "tenant-lookup", "tier")),
    ("local", *VERSIONED["sticky-session"], *EVERYTHING),
    ("local", "accessLogs=s3"),
    (HOSTS,),
]
every_config = pytest.mark.parametrize(
    "config",
    [pytest.param(config, marks=pytest.mark.long if config[0] == HOSTS else ()) for config in CONFIGS],
    ids=lambda config: " ".join(config[:3]),
)


def prefix_of(config: tuple[str, ...]) -> str:
    return "edge-router-staging-demo" if config[0] == HOSTS else f"edge-router-{config[0]}"


def resources_of(config: tuple[str, ...]) -> list[dict[str, Any]]:
    return [one for one in run(*config).state["deployment"]["resources"] if one["type"].startswith("aws:")]


def grants_in(config: tuple[str, ...]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The statements of every policy, by whose it is and its name."""
    return {
        (one["inputs"]["role"].removeprefix(prefix_of(config)), one["inputs"]["name"]): statements(
            one["inputs"]["policy"]
        )
        for one in all_resources(run(*config), ROLE_POLICY)
    }


@pytest.mark.long_if(r"validator|jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_every_resource_passes_the_stand_ins_checks(config: tuple[str, ...]) -> None:
    """The run itself ends at the first one that does not; none may be of a kind that the stand-in does not know."""
    found = resources_of(config)
    assert len(found) > 5
    assert {one["type"] for one in found} - MODELS.keys() == set()
    assert [one["urn"] for one in found if not one["id"]] == []


def resource_grants_in(config: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """The same of what belongs to a bucket or topic, by its logical name."""
    found = [one for kind in RESOURCE_POLICIES for one in all_resources(run(*config), kind)]
    return {one["urn"].rpartition("::")[2]: statements(one["inputs"]["policy"]) for one in found}


def assert_granted(found: list[dict[str, Any]], expected: tuple[Grant, ...], prefix: str) -> None:
    """Statement by statement exactly what the table says."""
    assert [set(one["Action"]) for one in found] == [set(one.actions) for one in expected]
    for statement, grant in zip(found, expected, strict=True):
        assert statement.keys() - {"Sid", "Principal", "Condition"} == {"Effect", "Action", "Resource"}
        assert statement["Effect"] == grant.effect
        form = forms(grant.resources, prefix)
        assert [resource for resource in statement["Resource"] if not form.fullmatch(resource)] == []
        assert forms([grant.principal], prefix).fullmatch(principal_of(statement))
        given = conditions_of(statement)
        assert given.keys() == grant.condition.keys()
        assert [key for key, form in grant.condition.items() if not forms([form], prefix).fullmatch(given[key])] == []


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_every_statement_grants_what_the_table_says_and_no_more(config: tuple[str, ...]) -> None:
    for key, found in grants_in(config).items():
        assert key in GRANTS, f"{key} is not in tests/infra/rights.py"
        assert_granted(found, GRANTS[key], prefix_of(config))


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_every_policy_of_a_bucket_or_topic_says_what_the_table_says(config: tuple[str, ...]) -> None:
    for name, found in resource_grants_in(config).items():
        assert name in RESOURCE_GRANTS, f"{name} is not in tests/infra/rights.py"
        assert_granted(found, RESOURCE_GRANTS[name], prefix_of(config))


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_no_resource_is_a_star_where_aws_knows_a_narrower_one(config: tuple[str, ...]) -> None:
    for found in grants_in(config).values():
        for statement in found:
            assert not [action for action in statement["Action"] if "*" in action]
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= ANY_RESOURCE.keys()


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_a_role_is_taken_on_by_the_services_in_the_table(config: tuple[str, ...]) -> None:
    for one in all_resources(run(*config), ROLE):
        [statement] = statements(one["inputs"]["assumeRolePolicy"])
        services = statement["Principal"]["Service"]
        owner = one["inputs"]["name"].removeprefix(prefix_of(config))
        assert statement.keys() == {"Effect", "Principal", "Action"}
        assert statement["Action"] == ["sts:AssumeRole"]
        assert tuple(services if isinstance(services, list) else [services]) == TRUST[owner]


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_a_function_is_invoked_by_one_resource_of_one_service(config: tuple[str, ...]) -> None:
    for one in all_resources(run(*config), PERMISSION):
        principal, source = INVOKERS[one["inputs"]["statementId"]]
        assert (one["inputs"]["action"], one["inputs"]["principal"]) == ("lambda:InvokeFunction", principal)
        assert forms([source], prefix_of(config)).fullmatch(one["inputs"]["sourceArn"])


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup|\b(local|staging)\b")
@every_config
def test_policies_are_where_the_tests_above_look(config: tuple[str, ...]) -> None:
    places = {(ROLE, "assumeRolePolicy"), (ROLE_POLICY, "policy"), *((kind, "policy") for kind in RESOURCE_POLICIES)}
    assert set(holders(resources_of(config))) <= places


@pytest.mark.long
def test_the_table_has_no_right_that_nobody_is_given() -> None:
    assert {key for config in CONFIGS for key in grants_in(config)} == GRANTS.keys()
    assert {name for config in CONFIGS for name in resource_grants_in(config)} == RESOURCE_GRANTS.keys()


@pytest.mark.long
def test_every_reason_for_a_star_is_needed() -> None:
    found = [statement for config in CONFIGS for one in grants_in(config).values() for statement in one]
    assert {action for one in found if "*" in one["Resource"] for action in one["Action"]} == ANY_RESOURCE.keys()
