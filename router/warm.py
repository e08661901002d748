"""The first decision's waiting, done in the init of an instance, where no visitor waits: connections, and control."""

from __future__ import annotations

import time

from router.dynamodb.responses import failure_reason
from router.model.deadline import Deadline, DeadlineError
from router.model.log_line import emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from router.control.reader import ControlReader
    from router.dynamodb.clients import Clients

LIMIT_SECONDS = 2.0
"""Lambda ends an init at 10 s ("Understanding the Lambda execution environment lifecycle"); it may begin with as much
of a small share of a core for the imports."""


def warm_up(
    clients: Clients, regions: Iterable[str], control: ControlReader | None, *, limit_seconds: float = LIMIT_SECONDS
) -> None:
    """Connect to these Regions side by side and read the control table meanwhile, all within the limit.

    `regions` has the control's own first. Whatever fails is logged, and left to the first request.
    """
    until = time.monotonic() + limit_seconds
    failures: dict[str, str] = {}
    try:
        with Deadline(limit_seconds):
            openings = {region: _start(clients, region, until, failures) for region in dict.fromkeys(regions)}
            for region, finish in openings.items():
                _attempt(finish, region, failures)
                if control is not None and region == control.region:
                    _read_control(control, failures)
    except DeadlineError:
        failures["init"] = "timeout"
    for subject, reason in failures.items():
        emit({"reason": f"not-warm:{reason}", "subject": subject})


def _start(clients: Clients, region: str, until: float, failures: dict[str, str]) -> Callable[[], None]:
    """Begin to connect; return what waits for it."""
    try:
        return clients.at(region).start_opening(until)
    except Exception as error:  # noqa: BLE001  the rule of the edge: without a connection the first request opens one
        failures[region] = failure_reason(error)
        return lambda: None


def _attempt(finish: Callable[[], None], region: str, failures: dict[str, str]) -> None:
    try:
        finish()
    except Exception as error:  # noqa: BLE001  as above
        failures[region] = failure_reason(error)


def _read_control(control: ControlReader, failures: dict[str, str]) -> None:
    if reason := control.read_first():
        failures["control"] = reason
