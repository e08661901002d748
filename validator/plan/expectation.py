"""What a version's answers must be: `stable:200:Welcome`."""

from __future__ import annotations

from dataclasses import dataclass

HIGHEST_STATUS_UNASKED = 499


class ExpectationError(ValueError):
    """A text that is no expectation; the message says what is allowed."""


@dataclass(frozen=True)
class Expectation:
    """Status and text of a version's answers. `status` 0: any below 500; `text` "": any."""

    version: str
    status: int
    text: str

    @property
    def wanted_status(self) -> str:
        return str(self.status) if self.status else "below 500"

    def has_status(self, status: int) -> bool:
        return status == self.status if self.status else status <= HIGHEST_STATUS_UNASKED


def parse_expectation(text: str) -> Expectation:
    """VERSION:STATUS:TEXT, of which STATUS and TEXT may be empty. ExpectationError otherwise."""
    version, _, rest = text.partition(":")
    status, _, wanted = rest.partition(":")
    is_status = not status or (status.isascii() and status.isdigit() and 100 <= int(status[:4]) <= 599)
    if not version or not is_status:
        raise ExpectationError(f"is {text!r}: write VERSION:STATUS:TEXT, such as stable:200:Welcome or canary::Welcome")
    return Expectation(version, int(status or 0), wanted)
