"""Add, list and retire the builds of a running stack."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator, Sequence

from cli.builds.kept import Known, copy_to_store, read_known, write_known
from cli.output.console import out, print_json, print_table, warn
from cli.output.errors import OperationError, UsageError
from cli.output.outcome import with_iso_times
from cli.stacks.control_table import Place, control_table
from cli.stacks.running import RunningStack, open_running
from cli.stacks.workspace import Target
from infra.settings.skew import named_builds
from infra.settings.stack import Stack
from router.model import origin_rules
from router.skew import BUILD_ID, RETIRED


def add_build(target: Target, overrides: Sequence[str], build: str, origin: str, path: str) -> None:
    """Keep a build, and print all."""

    def add(stack: Stack, known: Known) -> Known:
        origins = stack.settings.origins
        if not re.fullmatch(BUILD_ID, build):
            raise UsageError(f"{build!r} is not a build id: 1 to 64 letters, digits and ._-, first a letter or a digit")
        if origin not in origins:
            raise UsageError(
                f"--origin {origin!r}: is not an origin of the stack; its origins are {', '.join(origins)}"
            )
        if text := origin_rules.path(path):
            raise UsageError(f"--path {text}")
        changed, dropped = known.add(build, f"{origin}{path}")
        for one in dropped:
            warn(f"{one} is not kept any more: it was the oldest of {len(changed.entries)}")
        return changed

    _change(target, overrides, add)


def retire_build(target: Target, overrides: Sequence[str], build: str) -> None:
    """Retire a build, and print those that are left. OperationError for one that nobody knows."""

    def retire(_: Stack, known: Known) -> Known:
        if build not in known.places:
            listed = ", ".join(known.places) or "none"
            raise OperationError(f"no build {build} is known; known are: {listed}")
        return known.retire(build)

    _change(target, overrides, retire)


def list_builds(target: Target, overrides: Sequence[str]) -> None:
    """Print all builds."""
    with _open(target, overrides) as (_, running, place):
        _print(target, running, place, read_known(place))


def _change(target: Target, overrides: Sequence[str], change: Callable[[Stack, Known], Known]) -> None:
    """Write the table first: it says what the store is to have, should the store not answer."""
    with _open(target, overrides) as (stack, running, place):
        known = read_known(place)
        changed = change(stack, known)
        if changed != known:
            write_known(place, changed)
        copy_to_store(stack, running, changed.places)
        _print(target, running, place, changed)


@contextlib.contextmanager
def _open(target: Target, overrides: Sequence[str]) -> Generator[tuple[Stack, RunningStack, Place]]:
    stack, running = open_running(target, overrides, _check)
    place = control_table(stack, running)
    try:
        yield stack, running, place
    finally:
        place.close()


def _check(stack: Stack) -> None:
    """Raise UsageError for a stack that keeps no builds."""
    if named_builds(stack.settings) is None:
        raise UsageError(
            f"{stack.project}:skew names no place for a build id in requests, so stack {stack.name} knows no builds:"
            " set one, such as with pulumi config set --path skew.pathPrefix /_v"
        )
    if not stack.settings.control.is_live:
        raise UsageError(
            f"{stack.project}:control is baked: former builds are kept in the control table. Set control to live and"
            " run `pulumi up`"
        )


def _print(target: Target, running: RunningStack, place: Place, known: Known) -> None:
    added = {one.build: one.added_at for one in known.entries}
    rows = [(build, at, added.get(build)) for build, at in known.places.items()]
    if target.is_json:
        builds = [_document(build, at, added_at) for build, at, added_at in rows]
        print_json({"stack": running.name, "table": place.name, "region": place.region, "builds": builds})
        return
    if not rows:
        out.print(f"{running.name} ({running.text}): no build is known", markup=False)
        return
    print_table(
        ("build", "origin", "path", "from"),
        [(build, *_split(at), "config" if added_at is None else "kept") for build, at, added_at in rows],
    )


def _document(build: str, at: str, added_at: int | None) -> dict[str, object]:
    origin, path = _split(at)
    document: dict[str, object] = {
        "build": build,
        "origin": None if at == RETIRED else origin,
        "path": path,
        "isRetired": at == RETIRED,
    }
    return document if added_at is None else with_iso_times({**document, "addedAt": added_at})


def _split(at: str) -> tuple[str, str]:
    origin, slash, path = at.partition("/")
    return ("retired" if at == RETIRED else origin), f"{slash}{path}"
