"""The decisions of the local edge, as `edge-router logs` reads those of a Region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.logs.stream import Line, Reader, Source, read_line
from cli.output.errors import OperationError
from cli.stacks.running import LocalStack


@dataclass
class LocalReader(Reader):
    """All Regions of the stack that is up here at once; `regions` narrows them down, empty for all."""

    here: LocalStack | None = None
    regions: Sequence[str] = ()
    _client: Any = field(default=None, repr=False)

    def page(self, end_ms: int, token: str | None) -> tuple[list[Line], str | None]:  # noqa: ARG002  all is one page
        """What was logged until then, in time order. OperationError where it is not up any more."""
        import httpx  # here: other commands do without it

        assert self.here is not None  # a reader without one is never made
        try:
            if self._client is None:
                self._client = httpx.Client(base_url=self.here.notes["statusUrl"], trust_env=False, timeout=10)
            asked = {"start": self.start_ms, "end": end_ms}
            events = self._client.get("lines", params=asked).raise_for_status().json()["events"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise OperationError(f"stack {self.here.name} is not up any more ({self.here.text})") from error
        lines = [line for event in events if (line := read_line(event, event["region"])) is not None]
        wanted = [line for line in lines if not self.regions or line.region in self.regions]
        return sorted(wanted, key=lambda line: line.time_ms), None

    def close(self) -> None:
        """Its connection."""
        if self._client is not None:
            self._client.close()


def local_reader(here: LocalStack, regions: Sequence[str], start_ms: int) -> LocalReader:
    """From this time on, in milliseconds since 1970."""
    return LocalReader(Source(here.text, "", ""), start_ms, here=here, regions=regions)
