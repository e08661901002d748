"""Whether AWS knows no narrower resource for the actions that are granted on `*`: run by the scanner's own Python.

The "Service Authorization Reference" is in policy_sentry, which comes with checkov.
"""

from __future__ import annotations

import sys

from policy_sentry.querying.actions import get_action_data

from tests.infra.rights import ANY_RESOURCE

EXPLAINED = {"cloudwatch:DescribeAlarms": "tells nothing of composite alarms otherwise (DescribeAlarms)"}
"""Actions that are granted on `*` though AWS knows a narrower resource, each with why: the API reference's page."""


def narrower(action: str) -> set[str]:
    """The forms of resources that an action knows besides `*`."""
    service, _, name = action.partition(":")
    found = get_action_data(service, name)
    if not found:
        return {"no such action"}
    return {one["resource_arn_format"] for entries in found.values() for one in entries} - {"*"}


def main() -> int:
    """Exit code 1 where there is one."""
    found = {action: forms for action in ANY_RESOURCE if (forms := narrower(action))}
    wrong = {action: forms for action, forms in found.items() if action not in EXPLAINED}
    for action, why in EXPLAINED.items():
        print(f"{action} on *: it {why}" if action in found else f"{action} needs no explanation")
    for action, forms in wrong.items():
        print(f"{action} is granted on *, but AWS knows {', '.join(sorted(forms))}")
    print(f"{len(ANY_RESOURCE) - len(found)} of {len(ANY_RESOURCE)} actions on * know no narrower resource")
    return 1 if wrong or EXPLAINED.keys() - found.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
