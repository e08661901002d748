"""Prints what a change of a stack's file means for visitors, for a terminal, a pull request or a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.effect.base import open_base
from cli.effect.lines import Effect, effect_of
from cli.output.console import print_json
from cli.output.streams import write_lines
from cli.stacks.workspace import Workspace

MARKUP = frozenset("\\*_<>[]|#@~!")


def run(
    workspace: Workspace,
    stack: str,
    base: str,
    overrides: Sequence[str] = (),
    *,
    is_markdown: bool = False,
    is_json: bool = False,
) -> None:
    """Compare the stack's file with that of the commit `base`; `overrides` are of the settings after the change."""
    before = open_base(workspace, stack, base)
    after = workspace.open_stack(stack, overrides)
    effect = effect_of(before.settings if before is not None else None, after.settings)
    if is_json:
        print_json({"stack": stack, "base": base, **effect.as_json()})
    else:
        write_lines(list(_markdown(stack, effect) if is_markdown else _plain(stack, effect)))


def _plain(stack: str, effect: Effect) -> Iterator[str]:
    for line in effect.lines:
        yield f"{stack}: {line.text}"
    yield from _rest(effect)


def _markdown(stack: str, effect: Effect) -> Iterator[str]:
    yield f"**Effect on the visitors of `{stack}`**"
    yield ""
    for line in effect.lines:
        yield f"- {_escape(line.text)}"
    for text in _rest(effect):
        yield ""
        yield _escape(text)


def _rest(effect: Effect) -> Iterator[str]:
    if effect.not_judged:
        yield f"Not judged, for it may decide about visitors too: {', '.join(effect.not_judged)}."
    if effect.without_effect:
        yield f"Changed besides, without an effect on who gets which version: {', '.join(effect.without_effect)}."


def _escape(text: str) -> str:
    """Text in which nothing is markup but code: names come from a file that anyone may propose to change."""
    parts = text.split("`")
    parts[::2] = ["".join(f"\\{one}" if one in MARKUP else one for one in part) for part in parts[::2]]
    return "`".join(parts)
