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

MARGIN_SECONDS = 0.25
LIMIT_SECONDS = 2.0
"""Lambda ends an init at 10 s ("Understanding the Lambda execution environment lifecycle"); it may begin with as much
of a small share of a core for the imports."""


def warm_up(
    clients: Clients, regions: Iterable[str], control: ControlReader | None, *, limit_seconds: float = LIMIT_SECONDS
) -> None:
    """Connect to these Regions side by side and read the control table meanwhile, all within the limit.

    `regions` has the control's own first. Whatever fails is logged, and left to the first request. The alarm is only
    for what waits on no clock of its own.
    """
    until = time.monotonic() + limit_seconds
    failures: dict[str, str] = {}
    openings: dict[str, Callable[[], None]] = {}
    try:
        with Deadline(limit_seconds + MARGIN_SECONDS):
            for region in dict.fromkeys(regions):
                openings[region] = _start(clients, region, until, failures)
            for region in list(openings):
                is_controls = control is not None and region == control.region
                _attempt(openings.pop(region), region, failures)
                if control is not None and is_controls:
                    _read_control(control, region, until, failures)
    except DeadlineError:
        failures["init"] = "timeout"
    for region, finish in openings.items():  # none of them waits any more: a late connection is closed
        _attempt(finish, region, failures)
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


def _read_control(control: ControlReader, region: str, until: float, failures: dict[str, str]) -> None:
    """Read it, or not where its Region cannot be reached: then the first request reads the next replica."""
    failures["control"] = f"table-{failures.get(region, 'timeout')}"  # for an alarm, too
    reason = control.read_first(0 if region in failures else until - time.monotonic())
    if not reason:
        del failures["control"]
    elif region not in failures:
        failures["control"] = reason
