"""`edge-router effect`: what a change of a stack's file means for visitors, for people, a pull request or a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.stacks.options import JsonOption, SetOption, StackOption

if TYPE_CHECKING:
    from cli.effect.lines import Effect
    from cli.stacks.workspace import Workspace

MARKUP = frozenset("\\*_<>[]|#~!")


def effect(
    context: typer.Context,
    stack: StackOption = "local",
    base: Annotated[str, typer.Option(metavar="REF", help="The commit to compare with: a branch, a tag …")] = "HEAD",
    settings: SetOption = None,
    is_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")] = False,
    is_json: JsonOption = False,
) -> None:
    """Tell what a change of a stack's file means for visitors: who moves, and who stays.

    Exit code 0: it was compared. 2: it cannot run, or a setting is invalid.
    """
    from cli.effect.lines import find_effect
    from cli.output.console import print_json
    from cli.output.streams import write_lines

    workspace: Workspace = context.obj
    after = workspace.open_stack(stack, settings or [])
    before = workspace.open_stack_at(stack, base)
    found = find_effect(before.settings if before is not None else None, after.settings)
    if is_json:
        print_json({"stack": stack, "base": base, **found.as_json()})
    else:
        write_lines(list(_markdown(stack, found) if is_markdown else _plain(stack, found)))


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
        yield f"Not judged, because it may affect visitors, too: {', '.join(effect.not_judged)}."
    if effect.without_effect:
        yield f"Changed besides, without an effect on who gets which version: {', '.join(effect.without_effect)}."


def _escape(text: str) -> str:
    """Text in which nothing is markup but code, and nobody is mentioned: anyone may propose a change of the file."""
    parts = text.split("`")
    parts[::2] = ["".join(f"\\{one}" if one in MARKUP else one for one in part) for part in parts[::2]]
    return "`".join(parts).replace("@", "@\u200b")
