"""An alias belongs to one distribution: what the other stacks' files say of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from infra.config.errors import SettingsError
from infra.settings.domain import aliases_in
from infra.settings.stack import Stack


def refuse_shared_aliases(stack: Stack, project: Path) -> None:
    """SettingsError where another stack's file in this folder has one of the stack's aliases.

    Of other folders, repositories and accounts nothing is known: there CloudFront refuses (CNAMEAlreadyExists). A
    wildcard beside a name below it is no mistake: CloudFront goes by the longer match.
    """
    if problems := list(_problems(stack, project)):
        raise SettingsError(problems)


def _problems(stack: Stack, project: Path) -> Iterator[str]:
    domain = stack.settings.domain
    aliases = domain.aliases if domain is not None else ()
    taken = _aliases_elsewhere(stack, project) if aliases else {}
    for index, alias in enumerate(aliases):
        if alias in taken:
            yield (
                f"{stack.project}:domain.aliases[{index}] is {alias!r}, which {taken[alias]} has too: CloudFront takes"
                " an alias for one distribution only"
            )


def _aliases_elsewhere(stack: Stack, project: Path) -> dict[str, str]:
    """File names by alias."""
    own = f"Pulumi.{stack.name}.yaml"
    files = sorted(path for path in project.glob("Pulumi.?*.yaml") if path.name != own)
    return {alias: path.name for path in reversed(files) for alias in _aliases_of(path, stack.project)}


def _aliases_of(path: Path, project: str) -> list[str]:
    """None where the file is no stack's, for the engine complains of that one when its turn comes."""
    import yaml  # here: few stacks have aliases

    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    config: Any = cast("Any", document).get("config") if isinstance(document, dict) else None
    return aliases_in(cast("Any", config).get(f"{project}:domain")) if isinstance(config, dict) else []
