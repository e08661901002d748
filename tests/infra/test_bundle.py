"""The package: what is in it, that its bytes depend on its inputs only, and that it runs."""

from __future__ import annotations

import json
import os
import shutil
import stat
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

import infra.package.bundle
from infra.package.archive import KEPT_PACKAGES, KEPT_SECONDS, write_package
from infra.package.bundle import AMAZON_ROOTS_FILE, REGISTRY, Bundle, BundleError, build_bundle, package_files
from infra.settings.domain import CLAIMS
from infra.settings.stack import Stack
from router.baked import build_router
from router.dynamodb.trust import AMAZON_ROOTS, OWN_ROOTS
from router.model.request import Request
from tests.infra.configs import ON_LAMBDA, ROOT, choosing, shipped_stack, stack_of
from tests.strategies.samples import source_files

every_strategy = pytest.mark.parametrize("strategy", ON_LAMBDA)

ALWAYS = {
    "config.json",
    "router/__init__.py",
    "router/baked.py",
    "router/handler.py",
    "router/routing.py",
    "strategies/__init__.py",
    "strategies/base.py",
    "strategies/registry.py",
}
DYNAMODB = {"client", "sigv4", "trust", "warm"}
LIVE_CONTROL = {"reader", "live"}
OVERRIDE = {"header": "x-qa-origin", "secret": "0123456789abcdef"}
PLAN = {"steps": [10, 100]}
VERSIONED = {"caching": "versioned"}
BESIDES = {"sticky-session": {"signing"}, "cookie-version": {"signing"}}
"""Modules that a strategy imports besides its own file or folder."""
LEFT_OUT = {f"strategies/sticky_session/{name}" for name in ("remembered", "identity", "document", "presets")}
"""Modules that a strategy's options ask for."""
SHARED = {"__init__", "base", "options", "registry"}


def build(strategy: str, directory: Path, *overrides: str) -> Bundle:
    return build_bundle(shipped_stack("local", *choosing(strategy), *overrides), directory)


def names_in(bundle: Bundle) -> set[str]:
    """All but bytecode."""
    with ZipFile(bundle.path) as archive:
        return {name for name in archive.namelist() if not name.endswith(".pyc")}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_strategy
def test_it_holds_the_router_and_the_one_strategy(strategy: str, tmp_path: Path) -> None:
    names = names_in(build(strategy, tmp_path))
    assert names >= ALWAYS
    of_strategies = {name.removesuffix(".py") for name in names if name.startswith("strategies/")}
    own = {path.relative_to(ROOT).with_suffix("").as_posix() for path in source_files(strategy)} - LEFT_OUT
    assert of_strategies == own | {f"strategies/{name}" for name in SHARED | BESIDES.get(strategy, set())}
    assert {name.partition("/")[0] for name in names} <= {"config.json", AMAZON_ROOTS, "router", "strategies"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"strategy": "cookie-version"}, set[str]()),
        ({"strategy": "fastest-origin"}, set[str]()),
        ({"strategy": "cookie-version", "override": OVERRIDE}, {"override"}),
        ({"strategy": "sticky-session", "stickySession": {"cookie": "s"}}, {*DYNAMODB, "table"}),
        ({"strategy": "cookie-version", "control": "live"}, {*DYNAMODB, *LIVE_CONTROL}),
        ({"strategy": "fastest-origin", "control": "live", "rollout": PLAN}, {*DYNAMODB, *LIVE_CONTROL}),
        ({"strategy": "cookie-version", "control": "live", "rollout": PLAN}, {*DYNAMODB, *LIVE_CONTROL, "metrics"}),
        (
            {"strategy": "cookie-version", "cookieVersion": VERSIONED, "control": "live", "rollout": PLAN},
            {"metrics"},
        ),
    ],
)
def test_tables_live_control_and_metrics_come_only_where_they_are_used(
    settings: dict[str, object], expected: set[str], tmp_path: Path
) -> None:
    names = names_in(build_bundle(stack_of(**settings), tmp_path))
    optional = {*DYNAMODB, *LIVE_CONTROL, "table", "metrics", "override"}
    assert {Path(name).stem for name in names if name.startswith("router/")} & optional == expected


@pytest.mark.parametrize(
    ("function", "roots", "is_warm"),
    [
        ({}, AMAZON_ROOTS, True),
        ({"caBundle": "system"}, "", True),
        ({"caBundle": AMAZON_ROOTS_FILE.read_text(encoding="utf-8")}, OWN_ROOTS, True),
        ({"warmInInit": False}, AMAZON_ROOTS, False),
    ],
    ids=["by default", "system", "own", "not warm"],
)
def test_roots_and_the_work_of_init_follow_the_settings(
    function: dict[str, object], roots: str, is_warm: bool, tmp_path: Path
) -> None:
    names = names_in(
        build_bundle(stack_of(strategy="sticky-session", stickySession={"cookie": "s"}, function=function), tmp_path)
    )
    assert {name for name in names if name.endswith(".pem")} == {roots} - {""}
    assert ("router/warm.py" in names) is is_warm


def test_a_stack_that_reads_no_table_needs_neither(tmp_path: Path) -> None:
    names = names_in(build_bundle(stack_of(strategy="cookie-version", cookieVersion={}), tmp_path))
    assert not [name for name in names if name.endswith(".pem") or name == "router/warm.py"]


LIVE = ("canaryPercent=99", "pin=canary", "release=next")


@pytest.mark.long
@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_strategy
@pytest.mark.parametrize("change", LIVE)
def test_with_live_control_percentage_pin_and_release_change_no_byte(
    strategy: str, change: str, tmp_path: Path
) -> None:
    assert build(strategy, tmp_path, change).sha256 == build(strategy, tmp_path).sha256


@pytest.mark.parametrize("changes", [{"canaryPercent": "99"}, {"pin": "canary"}, {"release": "next"}])
def test_with_baked_control_each_of_them_is_another_package(changes: dict[str, str], tmp_path: Path) -> None:
    assert build_bundle(stack_of(**changes), tmp_path).sha256 != build_bundle(stack_of(), tmp_path).sha256


def test_a_live_package_says_where_to_read_and_what_holds_without(tmp_path: Path) -> None:
    control = {"refreshSeconds": 5, "replicas": ["eu-west-1"], "fallback": {"canaryPercent": "2.5", "pin": "stable"}}
    stack = stack_of("blue", control=control, rollout=PLAN, tableReads={"readTimeoutMs": 300})
    config = build_bundle(stack, tmp_path).config
    assert (config["canary_percent"], config["pin"], config["release"]) == (2.5, "stable", "")
    assert config["metrics"] == {"namespace": "EdgeRouter", "stack": "edge-router-blue"}
    replicas = config["control"]["table"].pop("replicas")
    assert config["control"] == {
        "table": {"name": "edge-router-blue-control", "home_region": "us-east-1"},
        "refresh_seconds": 5,
        "read_timeout_ms": 300,
    }
    assert (replicas["eu-central-1"], replicas[""]) == (["eu-west-1", "us-east-1"], ["us-east-1", "eu-west-1"])


def test_a_function_before_the_cache_leaves_the_router_no_control(tmp_path: Path) -> None:
    config = build_bundle(stack_of(control="live", rollout=PLAN, cookieVersion=VERSIONED), tmp_path).config
    assert "control" not in config
    assert config["metrics"]["stack"] == "edge-router-test"


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_strategy
def test_with_live_control_and_metrics_it_has_at_most_136_kilobytes(strategy: str, tmp_path: Path) -> None:
    assert build(strategy, tmp_path).path.stat().st_size <= 136 * 1024


def test_a_strategy_of_ones_own_changes_no_package_of_another() -> None:
    stack = stack_of(strategy="sticky-session", stickySession={"cookie": "s"})
    [registry] = [text for name, text in package_files(stack, {}, []).items() if name == REGISTRY]
    assert [line for line in registry.decode().splitlines() if ":" in line and line.startswith('    "')] == [
        '    "sticky-session": "strategies.sticky_session:StickySession",'
    ]


def test_sticky_session_has_at_most_110_kilobytes(tmp_path: Path) -> None:
    stack = stack_of(strategy="sticky-session", stickySession={"cookie": "s"})
    assert build_bundle(stack, tmp_path).path.stat().st_size <= 110 * 1024


@pytest.mark.long
def test_public_keys_bring_cryptography_for_linux(tmp_path: Path) -> None:
    bundle = build_bundle(shipped_stack("prod", "strategy=jwt-iat"), tmp_path)
    names = names_in(bundle)
    assert bundle.native_packages == ("cffi", "cryptography")
    assert not [name for name in names if "dist-info" in name or name.endswith((".pyi", "py.typed"))]
    assert "_cffi_backend.cpython-313-x86_64-linux-gnu.so" in names
    assert [name for name in names if name.startswith("cryptography/") and name.endswith(".so")]
    with ZipFile(bundle.path) as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    if bundle.has_bytecode:
        assert {name.partition("/")[0] for name in modes if name.endswith(".pyc")} == {
            *("router", "strategies", "cryptography")  # of what it requires nothing is imported
        }
    assert {mode for name, mode in modes.items() if ".so" in name} == {0o755}
    assert {mode for name, mode in modes.items() if ".so" not in name} == {0o644}


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_strategy
def test_the_same_inputs_give_the_same_bytes(strategy: str, tmp_path: Path) -> None:
    first, second = build(strategy, tmp_path / "a"), build(strategy, tmp_path / "b")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.path.name == second.path.name == f"router-{first.sha256[:16]}.zip"


def test_times_modes_and_umask_leave_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = build("sticky-session", tmp_path / "a").sha256
    copy = tmp_path / "copy"
    for package in ("router", "strategies"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for number, source in enumerate(copy.rglob("*.py")):
        os.utime(source, (number, 1_000_000_000 + number))
        source.chmod(0o600)
    monkeypatch.setattr(infra.package.bundle, "ROOT", copy)
    before = os.umask(0)
    try:
        bundle = build("sticky-session", tmp_path / "b")
    finally:
        os.umask(before)
    assert bundle.sha256 == expected
    assert stat.S_IMODE(bundle.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(bundle.path.parent.stat().st_mode) == 0o700


def test_another_config_gives_another_package(tmp_path: Path) -> None:
    assert build("cookie-version", tmp_path).path != build("cookie-version", tmp_path, "logSalt=another").path


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = build("cookie-version", tmp_path).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_package(tmp_path / "router.zip", b"content")
    assert list(tmp_path.iterdir()) == []


def test_old_packages_do_not_pile_up(tmp_path: Path) -> None:
    fresh, old = KEPT_PACKAGES - 1, 5
    for number in range(fresh + old):
        package = tmp_path / f"router-{number}.zip"
        package.touch()
        if number >= fresh:
            os.utime(package, (1, time.time() - KEPT_SECONDS - number))
    newest = build("cookie-version", tmp_path).path
    assert set(tmp_path.iterdir()) == {newest, *(tmp_path / f"router-{number}.zip" for number in range(fresh))}


def test_packages_of_the_last_day_all_stay(tmp_path: Path) -> None:
    """An edge that is running may read any of them."""
    for number in range(KEPT_PACKAGES + 5):
        (tmp_path / f"router-{number}.zip").touch()
    build("cookie-version", tmp_path)
    assert len(list(tmp_path.iterdir())) == KEPT_PACKAGES + 6


def test_a_package_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infra.package.bundle, "MAX_PACKAGE_BYTES", 1_000)
    with pytest.raises(BundleError, match=r"^the package has \d{2,3},\d{3} bytes; Lambda@Edge takes at most 1,000$"):
        build("cookie-version", tmp_path)


def test_the_config_is_what_the_router_reads(tmp_path: Path) -> None:
    stack: Stack = stack_of(
        "blue",
        strategy="sticky-session",
        stickySession={"cookie": "s", "replicas": ["eu-west-1"]},
        override={"header": "x-qa-origin", "secret": "0123456789abcdef"},
        logSalt="pepper",
    )
    bundle = build_bundle(stack, tmp_path)
    with ZipFile(bundle.path) as archive:
        config = json.loads(archive.read("config.json"))
    table = config.pop("table")
    assert config == {
        "warm": True,
        "sets_cookies": False,
        "canary_percent": 12.5,
        "deadline_ms": 2000,
        "log_salt": "pepper",
        "options": {
            "cookie": "s",
            "table_name": "",
            "key_attribute": "token",
            "version_attribute": "version",
            "expiry_attribute": "expiration",
            "versions": {"1": "stable", "2": "canary"},
            "home_region": "us-east-1",
            "replicas": ["eu-west-1"],
            "caching": "none",
            "version_cookie": "",
            "application_cookies": [],
            "path": "/",
            "same_site": "Lax",
            "partitioned": False,
            "remember_in_cookie": False,
            "remember_cookie": "session-version",
            "remember_cookie_seconds": 300,
            "signing_keys": [],
            "preset": "",
            "decode_cookie": False,
            "signed_cookie": "",
            "cookie_secrets": [],
            "key_digest": "",
            "key_prefix": "",
            "version_path": "",
            "assign_subrequests": False,
        },
        "origins": {
            name: {
                "domain_name": domain,
                "protocol": "https",
                "port": 443,
                "path": "",
                "host_header": "origin",
                "read_timeout_seconds": 30,
            }
            for name, domain in (("stable", "v1.example.com"), ("canary", "v2.example.com"))
        },
        "override": {"header": "x-qa-origin", "cookie": "", "query": "", "secret": "0123456789abcdef"},
        "pin": "none",
        "public": {
            "headers": {**dict.fromkeys(CLAIMS, ""), "cloudfront-forwarded-proto": "https"},
            "hosts": [""],
        },
        "release": "2026-11",
        "rewrites": {"names": [""], "ports": {"v1.example.com": [443], "v2.example.com": [443]}},
        "strategy": "sticky-session",
    }
    replicas = table.pop("replicas")
    assert table == {
        "name": "edge-router-blue-sessions",
        "home_region": "us-east-1",
        "attributes": ["version", "expiration"],
        "read_timeout_ms": 400,
        "total_timeout_ms": 1500,
        "remember_seconds": 5.0,
        "remember_unknown_seconds": 1.0,
        "remember_entries": 1000,
    }
    assert replicas["eu-central-1"] == ["eu-west-1", "us-east-1"]
    assert replicas[""] == ["us-east-1", "eu-west-1"]


def test_a_strategy_without_lambda_has_no_package(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        build("tier", tmp_path)
    assert str(caught.value) == (
        "edge-router:strategy is 'tier', which runs as a CloudFront Function: there is no package for Lambda"
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_decided_before_the_cache_is_not_in_the_package(tmp_path: Path) -> None:
    versioned = "cookieVersion.caching=versioned"
    first = build("cookie-version", tmp_path, versioned)
    assert {"canary_percent", "pin", "release"} & set(first.config) == set()
    assert (first.config["override"], first.config["version_header"]) == (None, "x-router-version")
    for change in ("canaryPercent=99", "pin=canary", "release=next", "override.secret=another-secret-of-20"):
        assert build("cookie-version", tmp_path, versioned, change).path == first.path


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"x-router-version": "canary"}, ("canary", "assigned-version", False)),
        ({"x-router-version": "stable"}, ("stable", "assigned-version", False)),
        ({"x-router-version": "beta"}, ("stable", "no-version", True)),
        ({"x-router-version": ""}, ("stable", "no-version", True)),
        ({}, ("stable", "no-version", True)),
    ],
)
def test_the_router_obeys_the_version_in_the_cache_key_and_nothing_else(
    tmp_path: Path, header: dict[str, str], expected: tuple[str, str, bool]
) -> None:
    """Neither the cookie nor the override: what they say is not in the key, so a stranger would get the answer."""
    config = build("cookie-version", tmp_path, "cookieVersion.caching=versioned").config
    router = build_router(json.loads(json.dumps(config)), "eu-west-1")
    others = {"cookie": "app-version=canary", "x-qa-origin": "canary:local-demo-override-secret"}
    decision = router.decide(Request(headers={**others, **header}))
    assert (decision.origin, decision.reason, decision.is_fallback) == expected


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@every_strategy
def test_the_router_is_built_from_it(strategy: str, tmp_path: Path) -> None:
    """And obeys the override in it, whatever the strategy."""
    config = json.loads(json.dumps(build(strategy, tmp_path).config))
    router = build_router(config, "eu-west-1")
    request = Request(headers={"x-qa-origin": "canary:local-demo-override-secret"})
    assert router.decide(request).reason == "override"
