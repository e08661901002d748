"""The figures, each one a ratio or a bound against something measured in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.engine import CONTROL, fill
from bench.figure import Figure
from bench.function_compute import function_figures
from bench.measure import Cost, costs, first_decisions
from bench.packages import build
from bench.subjects import Bench, cookie_event, session_event, tenant_event

ROUNDS, GROWTH_ROUNDS = 15, 3
DECISIONS = 1_000
SMALL, LARGE = 10, 10_000
MAX_BUNDLE_BYTES = 64 * 1024
MAX_CONTROL_US = 5
MAX_GROWTH = 1.25
"""Ten against ten thousand should cost the same; this much is the machine's noise."""


def all_figures(bench: Bench, say: Callable[[str], None]) -> Iterator[Figure]:
    """Every figure, in the order of the table."""
    say("filling tables")
    fill(bench.dynamodb_url, DECISIONS + LARGE, LARGE)
    say("first decisions")
    yield from _first_decisions(bench)
    say("CPU and memory per decision")
    yield from _costs(bench)
    say("growth")
    yield from _growth(bench)
    yield from _sizes(bench.directory)
    say("CloudFront Functions")
    yield from function_figures()


def _first_decisions(bench: Bench) -> Iterator[Figure]:
    """All see the same event: a visitor with a session cookie. boto3 and the router both have their bytecode.

    Lambda's own boto3 has it too, /var/task has not: "from source" is the router without.
    """
    names = ("sticky-session", "cookie-version")
    subjects = [
        bench.baseline("article", 1),
        *(bench.router(name, name, session_event()) for name in names),
        *(bench.router(f"{name} from source", name, session_event(), has_bytecode=False) for name in names),
        bench.baseline("null", 1),
    ]
    taken = first_decisions(subjects, ROUNDS)
    article = taken["article"]
    limits = {"sticky-session": 0.25, "cookie-version": 0.12}
    for subject in subjects[1:]:
        yield _ratio(
            f"process start → first decision, {subject.name}",
            taken[subject.name] / article,
            limits.get(subject.name),
            f"article, {article:.0f} ms",
        )


def _costs(bench: Bench) -> Iterator[Figure]:
    read = bench.router("table read", "sticky-session", session_event(), unique=DECISIONS)
    remembered = bench.router("remembered", "sticky-session", session_event())
    cookie = bench.router("cookie", "cookie-version", cookie_event("app-version=canary.0badc0de.visitor.signature"))
    live = bench.router(
        "live",
        "cookie-version",
        cookie_event("app-version=canary.0badc0de.visitor.signature"),
        settings={"control": {"mode": "live", "tableName": CONTROL}},
    )
    taken = costs(
        [bench.baseline("article", DECISIONS), read, remembered, cookie, live, bench.baseline("null", 1)],
        DECISIONS,
        ROUNDS,
    )
    article, null = taken["article"], taken["null"]
    yield _ratio(
        "CPU per decision with a table read", taken["table read"].cpu_us / article.cpu_us, 0.30, _said(article)
    )
    for name, label in (("cookie", "cookie-version"), ("remembered", "remembered session")):
        yield _microseconds(f"CPU per decision, {label}", taken[name], 60, f"null, {null.cpu_us:.1f} µs")
    added_us = taken["live"].cpu_us - taken["cookie"].cpu_us
    yield Figure(
        "CPU per decision that live control adds, remembered",
        added_us,
        "µs",
        f"≤ {MAX_CONTROL_US}",
        added_us <= MAX_CONTROL_US,
        f"the same with control: baked, {taken['cookie'].cpu_us:.1f} µs",
    )
    yield _ratio(
        f"peak memory after {DECISIONS:,} decisions, sticky-session",
        taken["table read"].peak_kb / article.peak_kb,
        0.5,
        f"article, {article.peak_kb / 1024:.0f} MB",
    )


def _growth(bench: Bench) -> Iterator[Figure]:
    """The tables hold 10,000 either way: `unique` is how many of them one process meets."""
    sessions = [
        bench.router(f"{count} sessions", "sticky-session", session_event(), unique=count) for count in (SMALL, LARGE)
    ]
    tenants = [
        bench.router(f"{count} tenants", "tenant-lookup", tenant_event(), unique=count, settings=_FORGETFUL)
        for count in (SMALL, LARGE)
    ]
    origins = [
        bench.router(
            f"{count} origins",
            "cookie-version",
            cookie_event("app-version=x"),
            settings={"origins": _origins(count)},
        )
        for count in (SMALL, LARGE)
    ]
    forgetful = [
        bench.router(f"{count} forgotten", "sticky-session", session_event(), unique=count, settings=_FORGETFUL)
        for count in (SMALL, LARGE)
    ]
    taken = costs([*tenants, *origins, *forgetful], LARGE, GROWTH_ROUNDS) | costs(sessions, LARGE, GROWTH_ROUNDS)
    for thing, label in (("tenants", "tenants"), ("forgotten", "sessions"), ("origins", "origins")):
        yield _ratio(
            f"CPU per decision, {LARGE:,} {label} against {SMALL}",
            taken[f"{LARGE} {thing}"].cpu_us / taken[f"{SMALL} {thing}"].cpu_us,
            MAX_GROWTH,
            f"{SMALL} {label}, {taken[f'{SMALL} {thing}'].cpu_us:.0f} µs",
        )
    few, many = taken[f"{SMALL} sessions"], taken[f"{LARGE} sessions"]
    grown_mb = (many.peak_kb - few.peak_kb) / 1024
    yield Figure(
        f"memory that {LARGE:,} sessions add (1,000 are remembered)",
        grown_mb,
        "MB",
        "≤ 4",
        grown_mb <= 4,
        f"{SMALL} sessions, {few.peak_kb / 1024:.1f} MB",
    )


_FORGETFUL = {"tableReads": {"rememberSeconds": 0, "rememberUnknownSeconds": 0}}


def _origins(count: int) -> dict[str, dict[str, str]]:
    names = ["stable", "canary", *(f"extra-{number}" for number in range(count - 2))]
    return {name: {"domainName": f"{name}.example.com"} for name in names}


def _sizes(directory: Path) -> Iterator[Figure]:
    for strategy in ("sticky-session", "cookie-version", "jwt-iat", "tenant-lookup", "fastest-origin"):
        _, size = build(directory / "sizes", strategy)
        label = f"{strategy}, HS256" if strategy == "jwt-iat" else strategy
        yield Figure(f"bundle, {label}", size / 1024, "KB", "≤ 64", size <= MAX_BUNDLE_BYTES, "")


def _ratio(name: str, value: float, limit: float | None, against: str) -> Figure:
    """Without a limit it is there to be known."""
    if limit is None:
        return Figure(name, value, "×", "", True, against)
    return Figure(name, value, "×", f"≤ {limit}", value <= limit, against)


def _microseconds(name: str, cost: Cost, limit: float, against: str) -> Figure:
    return Figure(name, cost.cpu_us, "µs", f"≤ {limit:.0f}", cost.cpu_us <= limit, against)


def _said(cost: Cost) -> str:
    return f"article, {cost.cpu_us:.0f} µs"
