"""The rules about functions at viewer-request: what they choose an origin by has to be in the key behind them."""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.function_code.reading import (
    ANY,
    Choice,
    FunctionReading,
    Source,
    SourceKind,
    UnreadableCodeError,
    read_function,
)
from cache_check.model.behaviors import Association, Behavior
from cache_check.model.decision_inputs import KINDS, PLURALS, SINGULARS, Kind
from cache_check.model.findings import (
    Finding,
    add_to_key,
    disable_caching,
    disable_error_caching,
    finding_at,
    join_names,
)
from pulumi_state.policies import Selection

PAGE = "AWS page helper-functions-origin-modification"


def viewer_findings(behavior: Behavior) -> Iterator[Finding]:
    """The findings on viewer-request functions, by their code in the state or the lack of it."""
    for association in behavior.associations:
        if association.event_type == "viewer-request":
            yield from _find_choices(behavior, association)


def unkeyed_sources(behavior: Behavior, reading: FunctionReading) -> frozenset[Source]:
    """The sources of a choice that are in the cache key neither by their names nor by what is made of them."""
    return frozenset[Source]().union(*(_unkeyed_choices(behavior, choice) for choice in reading.choices))


def _unkeyed_choices(behavior: Behavior, choice: Choice) -> frozenset[Source]:
    followed = frozenset[Source]().union(*(of for name, of in choice.written.items() if is_keyed(behavior, name)))
    return frozenset(
        one for one in choice.sources if not (is_keyed(behavior, one) or one in followed or (one[0], ANY) in followed)
    )


def lost_sources(behavior: Behavior, reading: FunctionReading) -> frozenset[Source]:
    """The sources of a choice that the key has as the function leaves them, and nothing else of the key follows."""
    return frozenset(
        one
        for choice in reading.choices
        for one in choice.lost
        if is_keyed(behavior, one) and not _is_followed(behavior, one, choice, without=(one, (one[0], ANY)))
    )


def _is_followed(behavior: Behavior, source: Source, choice: Choice, without: tuple[Source, ...]) -> bool:
    """Return whether the key has something else that is made of a source."""
    followed = [of for name, of in choice.written.items() if name not in without and is_keyed(behavior, name)]
    return any(source in of or (source[0], ANY) in of for of in followed)


def may_leave_its_origin(behavior: Behavior) -> bool:
    """Return whether a function may send requests to another origin than the behavior's own."""
    if behavior.at("origin-request") is not None:
        return True
    function = behavior.at("viewer-request", is_lambda=False)
    if function is None:
        return False
    try:
        if function.code is None:
            return True
        reading = read_function(function.code)
        return reading.chooses_origin or bool(reading.unread)
    except UnreadableCodeError:
        return True


def _find_choices(behavior: Behavior, association: Association) -> Iterator[Finding]:
    if association.is_lambda or association.code is None:
        if behavior.is_caching:
            yield _unread_finding(behavior, association, association.why_without_code)
        return
    try:
        reading = read_function(association.code)
    except UnreadableCodeError as error:
        if behavior.is_caching:
            yield _unread_finding(behavior, association, str(error))
        return
    if reading.unread and behavior.is_caching:
        yield _unread_finding(behavior, association, reading.unread)
    unkeyed = unkeyed_sources(behavior, reading)
    lost = lost_sources(behavior, reading)
    if behavior.is_caching:
        yield from _choice_findings(behavior, association, unkeyed)
        yield from _rewritten_findings(behavior, association, lost)
    elif (unkeyed or lost) and (statuses := behavior.cached_errors()):
        yield _pinned_errors(behavior, association, statuses)


def _choice_findings(behavior: Behavior, association: Association, unkeyed: frozenset[Source]) -> Iterator[Finding]:
    for kind in KINDS:
        if names := sorted(name for found_kind, name in unkeyed if found_kind == kind):
            keyed = add_to_key(behavior, kind, _name_keys(kind, names))
            yield finding_at(
                behavior,
                f"decided-by-uncached-{kind}",
                "warning",
                f"The CloudFront Function {association.name} on viewer-request chooses an origin by"
                f" {_describe(kind, names)}: one origin's response is cached for the visitors of others ({PAGE}).",
                f"{keyed}, or {disable_caching(behavior)}",
            )
    if draws := sorted(name for kind, name in unkeyed if kind == "chance"):
        yield finding_at(
            behavior,
            "chosen-by-chance",
            "warning",
            f"The CloudFront Function {association.name} on viewer-request chooses an origin by {join_names(draws)},"
            " and responses are cached: whichever origin the first visitor is sent to serves all the others for as"
            f" long as its response is cached ({PAGE}).",
            f"the choice written to a header that is in the cache key, or to the URI; or {disable_caching(behavior)}",
        )


def _rewritten_findings(behavior: Behavior, association: Association, lost: frozenset[Source]) -> Iterator[Finding]:
    if lost:
        kinds: list[SourceKind] = sorted({kind for kind, _ in lost}, key=[*KINDS, "uri"].index)
        parts = [_name_part(kind, sorted(name for found, name in lost if found == kind)) for kind in kinds]
        yield finding_at(
            behavior,
            "decided-by-rewritten-value",
            "warning",
            f"The CloudFront Function {association.name} on viewer-request chooses an origin by {join_names(parts)},"
            " and then rewrites or removes what it chose by. The cache key has what it leaves: if that is the same for"
            f" two requests, one origin's response is cached for the visitors of another ({PAGE}).",
            "the choice written to a header that is in the cache key, or kept in the URI; or"
            f" {disable_caching(behavior)}",
        )


def _name_part(kind: SourceKind, names: list[str]) -> str:
    if kind in ("uri", "chance"):
        return "the URI"
    listed = [f"all {PLURALS[kind]}" if name == ANY else name for name in names]
    noun = "" if ANY in names else f"the {SINGULARS[kind] if len(names) == 1 else PLURALS[kind]} "
    return f"{noun}{join_names(listed)}"


def _unread_finding(behavior: Behavior, association: Association, why: str) -> Finding:
    return finding_at(
        behavior,
        "function-cannot-be-read",
        "warning",
        f"The {association.kind} {association.name} on viewer-request runs before a cache that holds responses, and"
        f" cannot be read here: {why}. If it chooses an origin, or writes what an application bases its"
        " response on, by something that is not in the cache key, one visitor's response is cached for others (AWS page"
        " lambda-cloudfront-trigger-events).",
        f"what it decides by in the cache key; look into {association.arn or 'the function'}",
    )


def _pinned_errors(behavior: Behavior, association: Association, statuses: list[int]) -> Finding:
    return finding_at(
        behavior,
        "error-pinned-on-everyone",
        "warning",
        f"Errors are cached although caching is disabled, here {', '.join(map(str, statuses))}, and the CloudFront"
        f" Function {association.name} sends visitors to different origins: one origin's error is sent to those of all"
        " (AWS page custom-error-pages-expiration).",
        disable_error_caching(statuses),
    )


def is_keyed(behavior: Behavior, source: Source) -> bool:
    """Return whether the cache key has a part of the request."""
    kind, name = source
    if kind in ("uri", "chance"):
        return kind == "uri"
    taken: dict[str, Selection] = {
        "cookie": behavior.key.cookies,
        "header": behavior.key.headers,
        "query": behavior.key.query,
    }
    return taken[kind].mode == "all" or (name != ANY and taken[kind].takes(name))


def _describe(kind: Kind, names: list[str]) -> str:
    plural = PLURALS[kind]
    if ANY in names:
        return f"{plural} whose names its code does not spell out, and the cache key does not have all {plural}"
    noun, verb = (SINGULARS[kind], "is") if len(names) == 1 else (plural, "are")
    return f"the {noun} {join_names(names)}, which {verb} not in the cache key"


def _name_keys(kind: Kind, names: list[str]) -> str:
    return f"those {PLURALS[kind]}" if ANY in names else ", ".join(names)
