"""What stacks leave behind is found, waited for and deleted once; everything else is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cli.sweep.plan import YOUNG_SECONDS

from .conftest import Result
from .fake_aws import ACCOUNT, REPLICATED, USER, FakeAws, Function, RefusalError, deny

PROD, STAGING = "edge-router-prod", "edge-router-staging"
LEFT, USED = f"{PROD}-aaaaaaaa", f"{PROD}-bbbbbbbb"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
DAYS = [f"2026-11-{day:02}T09:00:00.000+0000" for day in range(1, 10)]
NOW = 1_795_348_800.0  # 2026-11-22T12:00:00Z
PLACE = f"AWS account {ACCOUNT}, Region us-east-1\n"
ALL = f"all stacks: {PLACE}"
WAITS = "AWS has not deleted its replicas yet: it does so some hours after the last association is gone"


@pytest.fixture
def aws(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """After `run`, which takes AWS out of the environment."""
    fake = FakeAws()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_ACCOUNT_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_ENDPOINT_URL": fake.url,
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_REGION": "eu-west-1",  # the user's: functions of Lambda@Edge are in us-east-1 all the same
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("cli.sweep.run.time.time", lambda: NOW)
    yield fake
    fake.close()


def function(name: str, versions: int = 1, *, role_id: str, stack: str = PROD, keep: str = "3") -> Function:
    tags = {"edge-router:stack": stack, "edge-router:role-id": role_id, "edge-router:keep-versions": keep}
    published = {number: DAYS[number - 1] for number in range(1, versions + 1)}
    return Function(name, stack, tags, published)


def left(name: str = LEFT, versions: int = 1, **more: str) -> Function:
    """A function of a deployment that is gone: no role has this id any more."""
    return function(name, versions, role_id="AROAGONE", **more)


def used_function(aws: FakeAws, versions: int, *, serves: int | None = None, **more: str) -> Function:
    """A function of a stack that is there, with one of its versions on a distribution."""
    aws.roles[PROD] = "AROATHERE"
    made = function(USED, versions, role_id="AROATHERE", **more)
    aws.distributions["E1USED"] = [f"{made.arn}:{serves or versions}"]
    aws.add(made)
    return made


def items(result: Result) -> list[tuple[str, object, str]]:
    return [(one["function"], one["version"], one["state"]) for one in result.document["items"]]


def test_nothing_there_is_nothing_to_do(run: Callable[..., Result], aws: FakeAws) -> None:
    assert run("sweep") == Result(0, "nothing to sweep\n", ALL)
    assert run("sweep", "--stack", "prod", "--delete") == Result(
        0, "nothing to sweep of edge-router-prod\n", f"prod: {PLACE}"
    )
    assert run("sweep", "--json").document == {
        "place": "AWS account 123456789012, Region us-east-1",
        "region": "us-east-1",
        "stack": None,
        "items": [],
    }


def test_a_dry_run_says_what_would_go_and_changes_nothing(run: Callable[..., Result], aws: FakeAws) -> None:
    aws.add(left())
    used_function(aws, versions=5)
    result = run("sweep")
    assert result.out.splitlines() == [
        "state\tfunction\tversion\tstack\tsince\twhy",
        f"to delete\t{LEFT}\tall\t{PROD}\t-\t-",
        f"to delete\t{USED}\t1\t{PROD}\t2026-11-02T09:00:00Z\t-",
        f"to delete\t{USED}\t2\t{PROD}\t2026-11-03T09:00:00Z\t-",
        "3 to delete: nothing was changed; delete with --delete",
    ]
    assert (result.exit_code, result.err) == (3, ALL)
    assert set(aws.calls) == {"ListDistributions", "ListFunctions", "ListTags", "ListVersionsByFunction", "GetRole"}


def test_a_refused_function_waits_and_goes_when_aws_lets_go(run: Callable[..., Result], aws: FakeAws) -> None:
    one = left(versions=2)
    one.replicated = {1, 2}
    aws.add(one)
    refused = run("sweep", "--delete")
    assert refused.out.splitlines()[1:] == [
        f"waits\t{LEFT}\tall\t{PROD}\t2026-11-22T12:00:00Z\t{WAITS}",
        "1 waits: run it again later",
    ]
    assert refused.exit_code == 3
    assert (aws.deleted, aws.count_calls()["DeleteFunction"]) == ([], 1)
    aws.release()
    done = run("sweep", "--delete")
    assert (done.exit_code, done.out.splitlines()[1]) == (
        0,
        f"deleted\t{LEFT}\tall\t{PROD}\t2026-11-22T12:00:00Z\t-",
    )
    assert run("sweep", "--delete") == Result(0, "nothing to sweep\n", ALL)
    assert aws.deleted == [one.arn]


@pytest.mark.long
def test_since_when_it_waits_is_when_it_was_refused_first(
    run: Callable[..., Result], aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = left()
    one.replicated = {1}
    aws.add(one)
    first = run("sweep", "--delete", "--json").document["items"]
    monkeypatch.setattr("cli.sweep.run.time.time", lambda: NOW + 7200)
    later = run("sweep", "--delete", "--json").document["items"]
    assert first == later
    assert [one["since"] for one in later] == ["2026-11-22T12:00:00Z"]
    assert aws.count_calls()["TagResource"] == 1


@pytest.mark.long
def test_without_the_right_to_tag_it_still_says_that_it_waits(run: Callable[..., Result], aws: FakeAws) -> None:
    one = left()
    one.replicated = {1}
    aws.add(one)
    aws.refusals["TagResource"] = [deny("lambda:TagResource", one.arn)]
    result = run("sweep", "--delete", "--json")
    [item] = result.document["items"]
    assert (item["state"], result.exit_code) == ("waits", 3)
    assert item["detail"] == (
        f"{WAITS} (the time cannot be saved: {USER} needs the permission lambda:TagResource on {one.arn} (no"
        " identity-based policy allows the lambda:TagResource action))"
    )


def test_old_versions_go_but_never_the_newest_nor_one_in_use(run: Callable[..., Result], aws: FakeAws) -> None:
    one = used_function(aws, versions=6, serves=2)
    result = run("sweep", "--delete", "--json")
    assert items(result) == [(USED, 1, "deleted"), (USED, 3, "deleted")]
    assert sorted(one.versions) == [2, 4, 5, 6]
    assert result.exit_code == 0


def test_a_version_on_a_behavior_of_any_distribution_is_kept(run: Callable[..., Result], aws: FakeAws) -> None:
    one = used_function(aws, versions=6)
    aws.distributions |= {"E2": [], "E3": [], "E4": [f"{ARN}other:1", f"{one.arn}:1"]}
    assert items(run("sweep", "--delete", "--json")) == [(USED, 2, "deleted"), (USED, 3, "deleted")]


@pytest.mark.long
@pytest.mark.parametrize(("keep", "options", "kept"), [("5", (), [2, 3, 4, 5, 6]), ("5", ("--keep", "1"), [6])])
def test_how_many_are_kept_is_the_functions_tag_unless_given(
    keep: str, options: tuple[str, ...], kept: list[int], run: Callable[..., Result], aws: FakeAws
) -> None:
    one = used_function(aws, versions=6, keep=keep)
    assert run("sweep", "--delete", *options).exit_code == 0
    assert sorted(one.versions) == kept


def test_an_old_version_that_is_still_replicated_waits_since_it_was_replaced(
    run: Callable[..., Result], aws: FakeAws
) -> None:
    one = used_function(aws, versions=5)
    one.replicated = {2}
    result = run("sweep", "--delete")
    assert result.out.splitlines()[1:] == [
        f"deleted\t{USED}\t1\t{PROD}\t2026-11-02T09:00:00Z\t-",
        f"waits\t{USED}\t2\t{PROD}\t2026-11-03T09:00:00Z\t{WAITS}",
        "1 deleted, 1 waits: run it again later",
    ]
    assert result.exit_code == 3
    assert "TagResource" not in aws.calls


def test_a_function_whose_role_was_made_anew_is_left_behind(run: Callable[..., Result], aws: FakeAws) -> None:
    """The stack was destroyed and deployed again: same names, but for the function's."""
    aws.add(left())
    used_function(aws, versions=1)
    assert items(run("sweep", "--delete", "--json")) == [(LEFT, None, "deleted")]
    assert list(aws.functions) == [USED]


@pytest.mark.long
def test_a_left_function_that_a_distribution_uses_is_not_touched(run: Callable[..., Result], aws: FakeAws) -> None:
    one = left(versions=2)
    aws.add(one)
    aws.distributions["E9"] = [f"{one.arn}:2"]
    result = run("sweep", "--delete", "--json")
    [item] = result.document["items"]
    assert (item["state"], item["detail"]) == (
        "in use",
        "by a distribution of no known stack: E9 (version 2); remove the association first",
    )
    assert (result.exit_code, aws.count_calls()["DeleteFunction"]) == (3, 0)


def test_a_function_that_was_changed_just_now_may_be_a_deployments(run: Callable[..., Result], aws: FakeAws) -> None:
    """IAM may not know a new role everywhere yet."""
    one = left()
    one.changed = "2026-11-22T11:59:00.000+0000"
    aws.add(one)
    result = run("sweep", "--delete", "--json")
    [item] = result.document["items"]
    assert (item["state"], item["detail"]) == (
        "waits",
        "changed at 2026-11-22T11:59:00Z: a deployment may be in progress",
    )
    assert (result.exit_code, aws.deleted, YOUNG_SECONDS) == (3, [], 3600)


def test_only_functions_with_our_tags_are_looked_at(run: Callable[..., Result], aws: FakeAws) -> None:
    strange = left("strange")
    strange.handler = "index.handler"
    untagged = left("untagged")
    untagged.tags = {"edge-router:stack": PROD}
    aws.add(strange, untagged)
    assert run("sweep", "--delete").out == "nothing to sweep\n"
    assert aws.count_calls()["ListTags"] == 1


def test_one_stacks_are_swept_alone(run: Callable[..., Result], aws: FakeAws) -> None:
    theirs = left(f"{STAGING}-cccccccc", stack=STAGING)
    aws.add(left(), theirs)
    assert items(run("sweep", "--stack", "staging", "--delete", "--json")) == [(theirs.name, None, "deleted")]
    assert list(aws.functions) == [LEFT]


def test_a_stack_whose_file_is_gone_can_be_swept(run: Callable[..., Result], aws: FakeAws) -> None:
    aws.add(left("edge-router-gone-dddddddd", stack="edge-router-gone"))
    assert run("sweep", "--stack", "gone", "--delete").exit_code == 0
    assert aws.functions == {}


@pytest.mark.long
@pytest.mark.parametrize("name", ["..", "a/b"])
def test_what_is_no_stacks_name_is_said(name: str, run: Callable[..., Result], aws: FakeAws) -> None:
    result = run("sweep", "--stack", name)
    assert (result.exit_code, result.err) == (
        2,
        f"error: --stack {name!r}: is not a stack name; allowed are letters, digits, - and _\n",
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("operation", "action", "resource"),
    [
        ("ListDistributions", "cloudfront:ListDistributions", "*"),
        ("ListFunctions", "lambda:ListFunctions", "*"),
        ("ListTags", "lambda:ListTags", f"{ARN}{LEFT}"),
        ("ListVersionsByFunction", "lambda:ListVersionsByFunction", f"{ARN}{LEFT}"),
        ("GetRole", "iam:GetRole", f"role {PROD}"),
    ],
)
def test_a_missing_right_is_named_before_anything_is_deleted(
    operation: str, action: str, resource: str, run: Callable[..., Result], aws: FakeAws
) -> None:
    aws.add(left())
    aws.refusals[operation] = [deny(action, resource)]
    result = run("sweep", "--delete")
    assert (result.exit_code, result.out, aws.deleted) == (1, "", [])
    assert result.err == (
        f"{ALL}error: cannot list functions: {USER} needs the permission {action} on {resource} (no"
        f" identity-based policy allows the {action} action)\n"
    )


def test_a_function_that_may_not_be_deleted_stops_no_other(run: Callable[..., Result], aws: FakeAws) -> None:
    aws.add(left(), left(f"{STAGING}-cccccccc", stack=STAGING))
    aws.refusals["DeleteFunction"] = [deny("lambda:DeleteFunction", f"{ARN}{LEFT}")]
    result = run("sweep", "--delete")
    assert result.out.splitlines()[1:] == [
        f"failed\t{LEFT}\tall\t{PROD}\t-\t{USER} needs the permission lambda:DeleteFunction on {ARN}{LEFT} (no"
        " identity-based policy allows the lambda:DeleteFunction action)",
        f"deleted\t{STAGING}-cccccccc\tall\t{STAGING}\t-\t-",
        "1 failed, 1 deleted: run it again later",
    ]
    assert result.exit_code == 1


@pytest.mark.long
def test_throttling_stops_it_and_the_next_run_goes_on(run: Callable[..., Result], aws: FakeAws) -> None:
    one = used_function(aws, versions=6)
    aws.refusals["DeleteFunction"] = [RefusalError("TooManyRequestsException", "Rate exceeded", 429)]
    result = run("sweep", "--delete", "--json")
    assert items(result) == [(USED, 1, "not tried"), (USED, 2, "not tried"), (USED, 3, "not tried")]
    assert {item["detail"] for item in result.document["items"]} == {
        "AWS throttles DeleteFunction in us-east-1 (TooManyRequestsException): nothing is lost, run it again in a"
        " minute"
    }
    assert (result.exit_code, aws.count_calls()["DeleteFunction"]) == (1, 1)
    assert run("sweep", "--delete").exit_code == 0
    assert sorted(one.versions) == [4, 5, 6]
    assert aws.deleted == [f"{one.arn}:{number}" for number in (1, 2, 3)]


@pytest.mark.long
def test_being_throttled_for_a_moment_is_not_even_noticed(
    run: Callable[..., Result], aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    aws.add(left())
    aws.refusals["DeleteFunction"] = [RefusalError("TooManyRequestsException", "Rate exceeded", 429)]
    assert items(run("sweep", "--delete", "--json")) == [(LEFT, None, "deleted")]


def test_what_another_run_has_deleted_meanwhile_is_not_an_error(run: Callable[..., Result], aws: FakeAws) -> None:
    one = used_function(aws, versions=5)
    gone = RefusalError("ResourceNotFoundException", f"Function not found: {one.arn}:1", 404)
    aws.refusals["DeleteFunction"] = [gone]
    assert items(run("sweep", "--delete", "--json")) == [(USED, 1, "gone"), (USED, 2, "deleted")]
    aws.add(left())
    aws.refusals["ListVersionsByFunction"] = [gone, gone]
    assert run("sweep", "--delete") == Result(0, "nothing to sweep\n", ALL)


def test_a_run_that_broke_off_is_finished_by_the_next(run: Callable[..., Result], aws: FakeAws) -> None:
    one = used_function(aws, versions=6)
    aws.refusals["DeleteFunction"] = [RefusalError("ServiceException", "An error occurred", 500)]
    first = run("sweep", "--delete", "--json")
    assert items(first) == [(USED, 1, "failed"), (USED, 2, "deleted"), (USED, 3, "deleted")]
    assert first.exit_code == 1
    assert items(run("sweep", "--delete", "--json")) == [(USED, 1, "deleted")]
    assert sorted(one.versions) == [4, 5, 6]
    assert len(aws.deleted) == len(set(aws.deleted)) == 3


def test_a_connection_that_breaks_stops_it_with_what_was_done(
    run: Callable[..., Result], aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    used_function(aws, versions=6)
    monkeypatch.setattr(aws, "_delete_function", lambda **_: (_ for _ in ()).throw(BrokenPipeError()))
    result = run("sweep", "--delete", "--json")
    assert items(result) == [(USED, 1, "not tried"), (USED, 2, "not tried"), (USED, 3, "not tried")]
    [detail] = {item["detail"] for item in result.document["items"]}
    assert detail.startswith("the connection broke in us-east-1: nothing is lost, run it again (")
    assert result.exit_code == 1


def test_lambdas_refusal_is_told_from_other_bad_parameters(run: Callable[..., Result], aws: FakeAws) -> None:
    aws.add(left())
    aws.refusals["DeleteFunction"] = [RefusalError("InvalidParameterValueException", "No.")]
    result = run("sweep", "--delete", "--json")
    assert items(result) == [(LEFT, None, "failed")]
    assert "because it is a replicated function. Please see our documentation" in REPLICATED


def test_an_endpoint_that_is_not_there_is_named(
    run: Callable[..., Result], aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = aws.url
    aws.close()
    result = run("sweep")
    assert (result.exit_code, result.out) == (1, "")
    assert result.err == (
        f"{ALL}error: cannot list functions: no response in us-east-1: check the Region, the network and"
        f' AWS_ENDPOINT_URL (Could not connect to the endpoint URL: "{url}/2020-05-31/distribution")\n'
    )
