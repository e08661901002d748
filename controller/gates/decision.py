"""The step after a step that the analysis has passed: taken where every gate is open, else what it waits for.

Nothing is asked here. A gate with a new attempt says that the webhook is to be asked, once that has been written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from controller.gates.settings import HOLD_SECONDS, PAUSE, PROCEED, ROLL_BACK, Gates
from controller.gates.times import describe_time, is_open, opens_at
from controller.rollout.gate import APPROVAL, FREEZE, MAX_ANSWER_CHARACTERS, TIMES, WEBHOOK, Gate
from controller.rollout.state import Rollout

HOLD, FAILED = "hold", "failed"
"""Decisions of a webhook besides PROCEED and ROLL_BACK; FAILED stands for no answer."""


@dataclass(frozen=True)
class Answer:
    """A webhook's decision, and its reason or what failed, for a person."""

    decision: str
    reason: str = ""


class Webhook(Protocol):
    """Asks whether the step may be taken that the gate describes."""

    def ask(self, rollout: Rollout) -> Answer:
        """Return the answer; FAILED where there is none."""
        ...


def pass_gates(rollout: Rollout, passed: str, now: int, gates: Gates) -> Rollout:
    """Take the next step, or end the rollout, where every gate is open; `passed` is the analysis' reason.

    The end changes no percentage: only the webhook is asked before.
    """
    gate = rollout.gate
    if not rollout.is_last_step:
        percent = rollout.plan.steps[rollout.step + 1]
        if gates.freeze:
            return _wait(rollout, FREEZE, "waits: frozen by rollout.gates.freeze", passed, now)
        if not is_open(gates.times, gates.time_zone, now):
            opens = opens_at(gates.times, gates.time_zone, now)
            until = f" until {describe_time(opens, gates.time_zone)}" if opens else ""
            return _wait(rollout, TIMES, f"waits: outside of the times for steps{until}", passed, now, opens)
        if percent in gates.approval and not gate.is_approved:
            text = f"waits for approval: `edge-router rollout approve` lets {percent:g} % begin"
            waiting = _wait(rollout, APPROVAL, text, passed, now)
            return waiting if gate.waits_for == APPROVAL else waiting.note(waiting.reason, now)
    return _before_webhook(rollout, passed, now, gates) if gates.webhook.attempts else _proceed(rollout, passed, now)


def is_asking(before: Rollout, rollout: Rollout) -> bool:
    """Return True where this run has announced an attempt, so that it is the one to ask."""
    return rollout.gate.asked_at > 0 and rollout.gate.attempts > before.gate.attempts


def apply_answer(rollout: Rollout, answer: Answer, now: int, gates: Gates) -> Rollout:
    """Return the rollout after the webhook's answer."""
    gate, reason = rollout.gate, answer.reason[:MAX_ANSWER_CHARACTERS]
    said = f": {reason}" if reason else ""
    if answer.decision == PROCEED:
        return _proceed(rollout, f"{gate.passed}; {gates.where} lets it go on{said}", now)
    if answer.decision == ROLL_BACK:
        return rollout.roll_back(f"{gates.where} says roll-back{said}", now)
    if answer.decision == HOLD:
        held = replace(gate, attempts=0, asked_at=0, next_at=now + HOLD_SECONDS, answer=reason)
        return rollout.wait(held, f"waits for {gates.where}, which says hold{said}")
    failed = replace(gate, asked_at=0, answer=reason)
    return _after_failure(rollout.wait(failed, _failure_text(failed, gates)), now, gates)


def _proceed(rollout: Rollout, passed: str, now: int) -> Rollout:
    if rollout.is_last_step:
        return rollout.succeed(f"all steps passed; the last: {passed}", now)
    return rollout.start_step(rollout.step + 1, now, f"step {rollout.step + 1} passed: {passed}")


def _wait(rollout: Rollout, kind: str, text: str, passed: str, now: int, next_at: int = 0) -> Rollout:
    """Wait; a wait that goes on keeps its beginning, an approval stays."""
    return rollout.wait(replace(_gate(rollout, kind, passed, now), next_at=next_at), f"{text}; {passed}")


def _gate(rollout: Rollout, kind: str, passed: str, now: int) -> Gate:
    gate, steps = rollout.gate, rollout.plan.steps
    if gate.waits_for != kind:
        gate = Gate(kind, began_at=now, approved_by=gate.approved_by, approved_at=gate.approved_at)
    percent = steps[min(rollout.step + 1, len(steps) - 1)]
    return replace(gate, canary_percent=percent, is_end=rollout.is_last_step, passed=passed)


def _before_webhook(rollout: Rollout, passed: str, now: int, gates: Gates) -> Rollout:
    """Announce the next attempt when its time has come. One whose answer was never written counts as failed."""
    gate = _gate(rollout, WEBHOOK, passed, now)
    if now < gate.next_at:
        return replace(rollout, gate=gate)
    if gate.attempts >= gates.webhook.attempts:
        return _after_failure(rollout.wait(gate, _failure_text(gate, gates)), now, gates)
    attempts = gate.attempts + 1
    asked = replace(gate, attempts=attempts, asked_at=now, next_at=now + gates.webhook.wait_seconds(attempts))
    return rollout.wait(asked, f"waits for {gates.where}: attempt {attempts} of {gates.webhook.attempts}")


def _after_failure(rollout: Rollout, now: int, gates: Gates) -> Rollout:
    """Wait for the next attempt; after the last one do what the settings say."""
    policy = gates.webhook
    if rollout.gate.attempts < policy.attempts:
        return rollout
    text = f"{gates.where} has not answered in {policy.attempts} attempts ({_last(rollout.gate)})"
    actions = {
        PAUSE: lambda: rollout.pause(text, now),
        PROCEED: lambda: _proceed(rollout, f"{rollout.gate.passed}; {text}, and onFailure is {PROCEED}", now),
        ROLL_BACK: lambda: rollout.roll_back(text, now),
    }
    return actions[policy.on_failure]()


def _failure_text(gate: Gate, gates: Gates) -> str:
    return f"waits for {gates.where}: attempt {gate.attempts} of {gates.webhook.attempts} failed ({_last(gate)})"


def _last(gate: Gate) -> str:
    return gate.answer if not gate.asked_at else "a run ended before its answer was written"
