"""When a deployment makes what is cached wrong, and when it does not; and the command that acts on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from infra.cdn.invalidation import MARK_TAG, affected_paths, cached_paths, format_mark, invalidation_path
from infra.config.rules import MAX_STATIC_PATHS
from infra.settings.stack import load_stack
from simulator.standin.config.stack_config import read_stack_config
from tests.cli.conftest import Result
from tests.cli.fake_cloudfront import ARN, ID, FakeCloudFront, deny
from tests.cli.status_server import local_stack
from tests.infra.configs import ROOT

STATIC = ("staticPaths[0]=/static/*", "staticPaths[1]=/img/*.png")
FASTEST = ("strategy=fastest-origin",)
TIER = ("strategy=tier",)
VERSIONED = ("strategy=cookie-version", "cookieVersion.caching=versioned")


def paths(*overrides: str, control: str = "live") -> dict[str, str]:
    """Of the stack prod without its rollout, which needs live control."""
    config = read_stack_config("prod", project=ROOT, overrides=[*overrides, f"control={control}"])
    values = {key: value for key, value in config.values.items() if key != "edge-router:rollout"}
    return cached_paths(load_stack(values, "prod"))


@pytest.mark.parametrize(
    ("before", "changes", "expected"),
    [
        # Where nothing is cached, nothing can be wrong.
        (("strategy=sticky-session",), ("origins.canary.domainName=v3.example.com", "canaryPercent=50"), []),
        (("strategy=sticky-session",), ("strategy=jwt-iat", "pin=stable"), []),
        # Another strategy: what was kept by the old one's rules.
        (FASTEST, ("strategy=sticky-session",), ["/*"]),
        (FASTEST, TIER, ["/*"]),
        (("strategy=sticky-session",), FASTEST, []),
        # Another origin.
        (FASTEST, ("origins.canary.domainName=v3.example.com",), ["/*"]),
        (VERSIONED, ("origins.canary.domainName=v3.example.com",), ["/*"]),
        (VERSIONED, ("origins.stable.path=/next",), ["/*"]),
        (TIER, ("tier.tiers.premium.domainName=p2.example.com",), ["/*"]),
        (FASTEST, ("fastestOrigin.candidates[1]=third", "origins.third.domainName=v3.example.com"), ["/*"]),
        # Percentage, pin and release decide who gets what, and the version is in the key.
        (VERSIONED, ("canaryPercent=50",), []),
        (VERSIONED, ("pin=stable",), []),
        (VERSIONED, ("release=next",), []),
        (TIER, ("pin=stable", "canaryPercent=50"), []),
        # It is not with fastest-origin: a pinned origin answers in the other one's place.
        (FASTEST, ("canaryPercent=50",), []),
        (FASTEST, ("pin=stable",), ["/*"]),
        # What says nothing about an answer.
        (FASTEST, ("fastestOrigin.refreshSeconds=30", "origins.canary.readTimeoutSeconds=20"), []),
        (FASTEST, ("function.memoryMb=256", "logs.retentionDays=7", "keepVersions=5"), []),
        (VERSIONED, ("cookieVersion.maxAgeSeconds=60",), []),
        (TIER, ("tier.header=x-tier",), []),
        # Static paths come from the stable origin, past every function.
        (STATIC, ("origins.stable.domainName=v3.example.com",), ["/img/*", "/static/*"]),
        (STATIC, ("origins.canary.domainName=v3.example.com", "strategy=jwt-iat", "pin=canary"), []),
        ((*STATIC, *FASTEST), ("origins.canary.domainName=v3.example.com",), ["/*"]),
        (STATIC, ("staticPaths[2]=/fonts/*",), []),
        ((*STATIC, *FASTEST), ("staticPaths[2]=/fonts/*",), ["/fonts/*"]),
        # One that is gone is known by its digest only.
        (STATIC, ("staticPaths[1]=/fonts/*",), ["/*"]),
    ],
)
@pytest.mark.parametrize("control", ["live", "baked"])
def test_what_a_deployment_invalidates(
    before: tuple[str, ...], changes: tuple[str, ...], expected: list[str], control: str
) -> None:
    mark = format_mark(paths(*before, control=control))
    assert affected_paths(mark, paths(*before, *changes, control=control)) == expected


def test_of_what_nothing_is_known_everything_cached_is_invalidated() -> None:
    assert affected_paths(None, paths(*STATIC)) == ["/img/*", "/static/*"]
    assert affected_paths(None, paths("strategy=jwt-iat")) == []
    assert affected_paths("somebody else's", paths(*FASTEST)) == ["/*"]


def test_a_pattern_becomes_a_path_as_cloudfront_takes_it() -> None:
    """A wildcard may only stand at the end; without one, other query strings of the path would be left."""
    patterns = ("/static/*", "/img/*.png", "/page?", "/favicon.ico")
    assert [invalidation_path(pattern) for pattern in patterns] == ["/static/*", "/img/*", "/page*", "/favicon.ico*"]


def test_the_mark_of_as_many_behaviors_as_there_can_be_fits_in_a_tag() -> None:
    static = [f"staticPaths[{index}]=/{index}/*" for index in range(MAX_STATIC_PATHS)]
    found = paths(*FASTEST, *static)
    assert (len(found), len(format_mark(found))) == (25, 250)
    assert affected_paths(format_mark(found), found) == []


@pytest.fixture
def cloudfront(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCloudFront]:
    """The service, and credentials for it; after `run`, which takes every AWS_… away."""
    fake = FakeCloudFront()
    fake.associate("arn:aws:lambda:us-east-1:123456789012:function:edge-router-prod-1a2b3c4d:2")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_ACCOUNT_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_ENDPOINT_URL_CLOUDFRONT": fake.url,
    }.items():
        monkeypatch.setenv(name, value)
    yield fake
    fake.close()


@pytest.fixture
def deployed(tmp_path: Path) -> Callable[..., str]:
    """`deployed(*overrides)`: a file with the outputs of that deployment."""

    def write(*overrides: str) -> str:
        file = tmp_path / "outputs.json"
        file.write_text(json.dumps({"distributionId": ID, "cachedPaths": paths(*overrides)}))
        return str(file)

    return write


def test_a_change_is_invalidated_once(
    run: Callable[..., Result], cloudfront: FakeCloudFront, deployed: Callable[..., str]
) -> None:
    cloudfront.tags[MARK_TAG] = format_mark(paths(*STATIC))
    after = deployed(*STATIC, "origins.stable.domainName=v3.example.com")
    first = run("invalidate", "--stack", "prod", "--outputs", after)
    assert (first.exit_code, first.out) == (
        0,
        "E1EXAMPLE: I1 invalidates /img/* /static/*: the deployment has changed them\n",
    )
    assert first.err == "prod: AWS account 123456789012, Region us-east-1\nwaiting for I1\n"
    again = run("invalidate", "--stack", "prod", "--outputs", after)
    assert again.out == "E1EXAMPLE: nothing to invalidate: the cached responses match the deployment\n"
    assert cloudfront.invalidations == [["/img/*", "/static/*"]]


def test_where_nothing_is_cached_nothing_is_invalidated(
    run: Callable[..., Result], cloudfront: FakeCloudFront, deployed: Callable[..., str]
) -> None:
    result = run("invalidate", "--stack", "prod", "--outputs", deployed("strategy=jwt-iat"), "--json")
    assert result.document == {
        "place": "AWS account 123456789012, Region us-east-1",
        "distribution": ID,
        "invalidation": None,
        "paths": [],
        "reason": "no path is cached",
    }
    assert (cloudfront.invalidations, cloudfront.tags) == ([], {MARK_TAG: "none"})


def test_an_invalidation_that_failed_is_made_up_for(
    run: Callable[..., Result], cloudfront: FakeCloudFront, deployed: Callable[..., str]
) -> None:
    cloudfront.tags[MARK_TAG] = format_mark(paths(*FASTEST))
    after = deployed(*FASTEST, "origins.canary.domainName=v3.example.com")
    cloudfront.refusals["CreateInvalidation"] = [deny("cloudfront:CreateInvalidation")]
    first = run("invalidate", "--stack", "prod", "--outputs", after)
    assert (first.exit_code, first.err) == (
        1,
        "prod: AWS account 123456789012, Region us-east-1\n"
        "error: cannot invalidate: arn:aws:iam::123456789012:user/releaser needs the permission"
        f" cloudfront:CreateInvalidation on {ARN} (no identity-based policy allows the cloudfront:CreateInvalidation"
        " action)\n",
    )
    assert cloudfront.tags[MARK_TAG] == format_mark(paths(*FASTEST))
    assert run("invalidate", "--stack", "prod", "--outputs", after, "--no-wait").exit_code == 0
    assert cloudfront.invalidations == [["/*"]]


def test_everything_can_be_asked_for(
    run: Callable[..., Result], cloudfront: FakeCloudFront, deployed: Callable[..., str]
) -> None:
    result = run("invalidate", "--stack", "prod", "--outputs", deployed(), "--all")
    assert result.out == "E1EXAMPLE: I1 invalidates /*: --all\n"
    assert cloudfront.invalidations == [["/*"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "error: {file}: is not a JSON object as `pulumi stack output --json` prints it\n"),
        (
            "{}",
            "prod: AWS account 123456789012, Region us-east-1\n"
            "error: the outputs of the stack prod have no distributionId: is it deployed, and by this program?\n",
        ),
        (None, "error: --outputs {file}: cannot be read: No such file or directory\n"),
    ],
)
def test_outputs_that_are_none_are_refused(
    run: Callable[..., Result], cloudfront: FakeCloudFront, tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "outputs.json"
    if text is not None:
        file.write_text(text)
    result = run("invalidate", "--stack", "prod", "--outputs", str(file))
    assert (result.exit_code, result.err) == (2, expected.format(file=file))
    assert cloudfront.calls == []


def test_without_pulumi_it_asks_for_the_outputs(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("invalidate", "--stack", "prod")
    assert (result.exit_code, result.err) == (
        2,
        "error: pulumi is not on PATH: install it, or pass the stack's outputs with --outputs FILE"
        " (pulumi stack output --json > FILE)\n",
    )


@pytest.fixture
def here(project: Path) -> Iterator[list[list[str]]]:
    """Stack prod is up on this machine; what was dropped of its cache."""
    dropped: list[list[str]] = []

    def drop(patterns: Sequence[str]) -> int:
        dropped.append(list(patterns))
        return 7

    with local_stack(project, "prod", {"url": "http://127.0.0.1:8080", "dynamodb": {}}, invalidate=drop):
        yield dropped


def test_the_cache_of_the_local_edge_is_dropped_where_that_is_said(
    run: Callable[..., Result], here: list[list[str]]
) -> None:
    place = "prod: local, port 8080\n"
    assert run("invalidate", "--stack", "prod", "--local", "--all") == Result(
        0, "local, port 8080: the local edge invalidates /*: 7 objects were cached\n", place
    )
    assert run("invalidate", "--stack", "prod", "--local") == Result(
        0, "local, port 8080: nothing to invalidate: every deployment empties the cache of the local edge\n", place
    )
    assert here == [["/*"]]


def test_where_both_may_be_meant_nothing_is_invalidated(
    run: Callable[..., Result], cloudfront: FakeCloudFront, here: list[list[str]]
) -> None:
    result = run("invalidate", "--stack", "prod", "--all")
    assert (result.exit_code, result.err.endswith("choose with --local or --aws\n")) == (2, True)
    assert (cloudfront.invalidations, here) == ([], [])
