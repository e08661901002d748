"""Answers to what a new stack needs: by option, or from a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import typer

from cli.output.console import err, print_error
from cli.output.streams import can_answer
from infra.config.aws_regions import region_error
from infra.naming.resource_names import stack_error
from router.model.names import cookie_name
from router.model.origin_rules import domain_name
from strategies.registry import STRATEGIES


class MissingError(Exception):
    """No option says it, and nobody can be asked."""


@dataclass(frozen=True)
class Question:
    """`option` is its name without dashes; `check` returns what is wrong with an answer, or ""."""

    option: str
    text: str
    default: str | None = None
    is_list: bool = False
    check: Callable[[str], str] = lambda _: ""

    def errors(self, answers: Sequence[str]) -> list[str]:
        """Return what is wrong, one by one; each begins with the option."""
        found = ("is empty" if not answer else self.check(answer) for answer in answers)
        return [f"--{self.option} {text}" for text in found if text]


def ask_on_terminal(question: Question) -> str:
    hint = " (several with commas between)" if question.is_list else ""
    return str(typer.prompt(f"{question.text}{hint}", default=question.default, err=True))


@dataclass(frozen=True)
class Given:
    """The options by name. Answers come from them, or else from a terminal."""

    options: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    ask: Callable[[Question], str] = ask_on_terminal
    can_ask: Callable[[], bool] = lambda: can_answer() and err.is_interactive

    def answer(self, question: Question, *, may_ask: bool) -> list[str]:
        """Return the answer, valid as far as the question's check goes. ValueError where it is not, MissingError."""
        if given := self.options.get(question.option):
            if errors := question.errors(given):
                raise ValueError(errors[0])
            return list(given)
        if not (may_ask and self.can_ask()):
            if question.default is None:
                raise MissingError(f"--{question.option} is missing: {question.text}")
            return [question.default]
        return self._ask(question)

    def _ask(self, question: Question) -> list[str]:
        """Ask until all parts of the answer are valid."""
        while True:
            text = self.ask(question).strip()
            parts = [part.strip() for part in text.split(",")] if question.is_list else [text]
            errors = question.errors(parts)
            if not errors:
                return parts
            print_error(errors[0].partition(" ")[2])


def _strategy_error(name: str) -> str:
    return "" if name in STRATEGIES else f"is {name!r}: allowed are {', '.join(STRATEGIES)}"


def _tier_error(text: str) -> str:
    name, equals, host = text.partition("=")
    if not (name and equals):
        return f"is {text!r}: must be NAME=HOST, such as premium=premium.example.com"
    return domain_name(host)


def _suffix_error(domain: str) -> str:
    return domain_name(domain.removeprefix("."))


def _issuer_error(url: str) -> str:
    return "" if url.startswith(("https://", "http://")) else f"is {url!r}: an address that begins with https://"


STACK = Question(
    "stack", "Name of the stack, such as staging", check=lambda name: stack_error(name).partition(" is ")[2]
)
PROJECT = "project"
STRATEGY = Question("strategy", f"Strategy: {', '.join(STRATEGIES)}", check=_strategy_error)
ORIGINS = (
    Question("stable", "Domain name of the stable origin, such as v1.example.com", check=domain_name),
    Question("canary", "Domain name of the canary origin, such as v2.example.com", check=domain_name),
)
REGION = Question("region", "AWS Regions, the home Region first", "us-east-1", is_list=True, check=region_error)
PERCENT = Question("percent", "Percentage of new visitors on the canary", "0")
OF_STRATEGY: Mapping[str, Question] = {
    "sticky-session": Question("cookie", "Name of the session cookie", "sessiontoken", check=cookie_name),
    "jwt-iat": Question("issuer", "Issuer of the tokens, such as https://login.example.com/", check=_issuer_error),
    "tenant-lookup": Question(
        "allowed-domain", "Domains of the backends, such as .tenants.example.com", is_list=True, check=_suffix_error
    ),
    "tier": Question("tier", "Tiers, such as premium=premium.example.com", is_list=True, check=_tier_error),
}
