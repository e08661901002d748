"""What a tour expects, whether it held, and how that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass
class Checks:
    """Collects expectations; `all_held` is the tour's exit code."""

    console: Console
    failed: list[str] = field(default_factory=list[str])

    def chapter(self, title: str) -> None:
        """A new part of the tour."""
        self.console.print(f"\n[bold]{escape(title)}[/]", highlight=False, soft_wrap=True)

    def expect(self, held: object, text: str) -> None:
        """One expectation, with what was seen in its text."""
        mark = "[green]✓[/]" if held else "[bold red]✗[/]"
        self.console.print(f"  {mark} {escape(text)}", highlight=False, soft_wrap=True)
        if not held:
            self.failed.append(text)

    @property
    def all_held(self) -> bool:
        """Whether nothing was unlike expected."""
        return not self.failed
