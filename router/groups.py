"""Groups of visitors: the same-age baseline, the holdout, and bots, which are not visitors.

The baseline is a part of stable that is as new as the canary: as many buckets, at the other end. Its members are known
again by the version in their cookie or in the version header, where `baseline` stands in place of `stable`; nowhere
else is it a version. See docs/groups.md.
"""

from __future__ import annotations

from router.control.precedence import CANARY, Precedence
from router.metrics import Metrics
from router.model.assignment import BUCKETS, bucket
from router.model.decision import DEFAULT_ORIGIN, Decision
from router.model.visitor import visitor_id
from strategies.base import Edge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping
    from typing import Any

    from router.model.assignment import Live
    from router.model.request import Request
    from router.model.response import Response

BASELINE, BOT, HOLDOUT = "baseline", "bot", "holdout"
GROUP_HEADER = "x-router-group"
"""Says `bot` to the router behind a viewer-request function; not in the cache key, and the origin does not get it."""
HOLDOUT_SALT = "holdout\0"
"""Before the name: no release has a NUL, so no release has the holdout's buckets."""


def is_baseline(number: int, percent: float) -> bool:
    """True for the buckets of the baseline: the highest, as many as the canary has, above 50 % all the others."""
    limit = round(percent * BUCKETS / 100)
    return number >= max(limit, BUCKETS - limit)


def is_held_out(name: str, percent: float, visitor: str) -> bool:
    """True for the visitors who stay on stable in whatever release."""
    return bucket(f"{HOLDOUT_SALT}{name}", visitor) < round(percent * BUCKETS / 100)


class Grouped(Decision):
    """A decision with the group that its request counts for: baseline, canary, bot, or "" for none."""

    group: str

    def __init__(self, decision: Decision, group: str, **changes: object) -> None:
        self.__dict__.update(decision.__dict__, group=group)
        self.__dict__.update(changes)


def group_name(decision: Decision) -> str:
    """The group of a decision, "" where it has none."""
    return decision.group if isinstance(decision, Grouped) else ""


class GroupPrecedence(Precedence):
    """Lets another precedence decide, and the strategy; then assigns the groups.

    `versions` are those in the version header. Only visitors whom the percentage newly assigns are placed: those with a
    cookie, a session or a token stay where they are, whatever the holdout says, and so do bots that have one.
    """

    def __init__(
        self,
        inner: Precedence,
        is_bot: Callable[[Request], bool],
        *,
        versions: Container[str] = (),
        baseline: bool = False,
        holdout: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(())
        if versions:
            inner._origins = versions
        self._inner = inner
        self._is_bot = is_bot
        self._has_baseline = baseline
        self._holdout = holdout
        self._bot = ""
        self._request: Request | None = None

    def forced_decision(self, request: Request, live: Live) -> tuple[Decision | None, Live]:
        self._request = request
        self._bot = BOT if self._is_bot(request) else ""
        decision, live = self._inner.forced_decision(request, live)
        if decision is None or decision.reason in ("override", "pinned"):
            return (Grouped(decision, self._bot) if decision and self._bot else decision), live
        return self._mark(self._group(decision)), live

    def enforce_limits(self, decision: Decision, live: Live) -> Decision:
        return self._mark(self._inner.enforce_limits(self._place(decision, live), live))

    def may_respond(self, request: Request, response: Response, live: Live) -> tuple[bool, Live]:
        """A bot gets no cookie, and a member of the baseline the one by which he is known again."""
        may_respond, live = self._inner.may_respond(request, response, live)
        is_member = (request.header(Metrics.header) or "").endswith(f";{BASELINE}")
        if is_member and response.origin == DEFAULT_ORIGIN:
            response.origin = BASELINE
        return may_respond and not self._is_bot(request), live

    def mark_bot(self, request: Request, decision: Decision) -> Decision:
        """The decision of another precedence, which does not count where a bot asks."""
        return Grouped(decision, BOT) if self._is_bot(request) else decision

    def _mark(self, decision: Decision) -> Decision:
        return Grouped(decision, BOT) if self._bot else decision

    def _place(self, decision: Decision, live: Live) -> Decision:
        assert self._request is not None  # forced_decision came first
        request_id = self._request.request_id
        own_id = visitor_id(request_id)
        is_new = decision.bucket is not None and decision.visitor in (request_id, own_id)
        if self._bot and (is_new or decision.reason == "no-identity"):
            from router.control.bots import is_prefetch  # only with bots

            self._request.step("bot", "by User-Agent, or a prefetch")
            # What a prefetched page loads once somebody looks at it comes without identity.
            return Decision(live.assignment.majority if is_prefetch(self._request) else DEFAULT_ORIGIN, BOT)
        if decision.bucket is None:
            return self._group(decision)
        changes: dict[str, Any] = {}
        if is_new:  # by the id that his cookie will have, so that all that goes by it says the same ever after
            origin, number = live.assignment.assign(own_id)
            changes = {
                "origin": origin,
                "bucket": number,
                "visitor": own_id,
                "memo": f"{live.assignment.release_tag}.{own_id}",
            }
        made = Grouped(decision, "", **changes)
        if self._holdout and is_held_out(**self._holdout, visitor=made.visitor):
            self._request.step(f"holdout {self._holdout['name']}", "in it")
            return Grouped(made, "", origin=DEFAULT_ORIGIN, reason=HOLDOUT, bucket=None)
        if not self._has_baseline or made.bucket is None:
            return made
        if made.origin == CANARY:
            return Grouped(made, CANARY)
        return Grouped(made, BASELINE) if is_baseline(made.bucket, live.percent) else made

    def _group(self, decision: Decision) -> Decision:
        """The group of a visitor who was assigned before. One who is known by a table is in none: it has no groups."""
        if decision.origin == BASELINE:
            return Grouped(decision, BASELINE, origin=DEFAULT_ORIGIN)
        is_member = self._has_baseline and decision.origin == CANARY and decision.reading is None
        return Grouped(decision, CANARY) if is_member else decision


class GroupMetrics(Metrics):
    """Metrics with the dimension Group besides, and without bots."""

    def trace(self, decision: Decision) -> str:
        """Append `;<group>` where the decision has one."""
        group = group_name(decision)
        return super().trace(decision) + (f";{group}" if group in (BASELINE, CANARY) else "")

    def of_request(self, decision: Decision, request_id: str) -> dict[str, object]:
        """Besides, the log says what the origin does not: the baseline, and a bot that is known."""
        group = group_name(decision)
        own_id = visitor_id(request_id)
        members = super().of_request(decision, own_id if decision.visitor == own_id else request_id)
        if group in (BASELINE, CANARY):
            members = _with_group(members, group)
        return {**members, **({"group": group} if group not in ("", CANARY) else {})}

    def of_response(self, trace: str | None, response: Response) -> dict[str, object]:
        version, started, group = (*(trace or "").split(";"), "", "")[:3]
        if group not in (BASELINE, CANARY):
            return super().of_response(trace, response)
        return _with_group(super().of_response(f"{version};{started}", response), group)

    def _counted(self, decision: Decision) -> str:
        return "" if group_name(decision) == BOT else super()._counted(decision)


def _with_group(members: dict[str, Any], group: str) -> dict[str, Any]:
    if members:
        members["_aws"]["CloudWatchMetrics"][0]["Dimensions"].append(["Stack", "Group"])
        members["Group"] = group
    return members


def add_groups(config: Mapping[str, Any], edge: Edge, inner: Precedence) -> tuple[Edge, Precedence, Metrics | None]:
    """Let the parts of a router tell groups apart."""
    origins, counted, groups = edge.origins, config.get("metrics"), config["groups"]
    metrics = GroupMetrics(counted["namespace"], counted["stack"], origins) if counted else None
    is_bot = _is_marked if config.get("version_header") else _is_never
    if config.get("bots"):
        from router.control.bots import Bots  # only with bots: as the groups are

        is_bot = Bots(**config["bots"]).is_bot
    if groups.get("baseline"):
        edge = Edge(edge.clock, edge.random_bytes, {**origins, BASELINE: origins[DEFAULT_ORIGIN]}, edge.table)
    behind_function = edge.origins if config.get("version_header") else ()
    return edge, GroupPrecedence(inner, is_bot, versions=behind_function, **groups), metrics


def _is_marked(request: Request) -> bool:
    """The viewer-request function has found a bot. A viewer can say so too, as by his User-Agent."""
    return request.header(GROUP_HEADER) == BOT


def _is_never(_: Request) -> bool:
    return False
