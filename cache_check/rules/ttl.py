"""The TTL rules: responses that are cached although no origin asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from cache_check.model.behaviors import Behavior, names_beyond
from cache_check.model.decision_inputs import DecisionInputs
from cache_check.model.findings import (
    Finding,
    Severity,
    disable_caching,
    disable_error_caching,
    finding_at,
    join_names,
    set_ttl_to_zero,
)
from cache_check.rules.viewer import may_leave_its_origin


def minimum_findings(behavior: Behavior, inputs: DecisionInputs | None) -> Iterator[Finding]:
    """A minimum TTL above 0. `inputs` is given where the router is on the behavior.

    Without cookies and Authorization no response is a visitor's own, and a minimum does no harm; nor is it for buckets.
    """
    personal = _personal(behavior)
    if behavior.min_ttl <= 0 or not behavior.is_caching or not (inputs or personal):
        return
    if inputs is None and is_bucket_alone(behavior):
        return
    is_certain = inputs is not None or bool(_personal_beside_the_key(behavior))
    keeps = (
        f"With a minimum TTL of {behavior.min_ttl} s CloudFront caches responses that say no-store, no-cache or private"
    )
    if inputs is not None:
        why = "an origin or the router cannot keep a visitor's response out of the cache"
    elif is_certain:
        why = f"what an origin bases on {personal} is cached and reaches other visitors"
    else:
        why = f"responses may be a visitor's own, for {personal} is forwarded, and outlive a log-out"
    yield finding_at(
        behavior,
        "min-ttl-overrides-no-store",
        "error" if is_certain else "warning",
        f"{keeps}: {why} (AWS page Expiration).",
        set_ttl_to_zero(behavior, "minTtl"),
        inputs,
    )


def cookie_findings(behavior: Behavior, inputs: DecisionInputs | None) -> Iterator[Finding]:
    """A Set-Cookie that is cached although its origin named no age."""
    if inputs is not None and inputs.sets_cookie and behavior.is_caching:
        return  # reported as certain already
    if inputs is None and is_bucket_alone(behavior):
        return
    has_function = inputs is None and behavior.has_origin_trigger
    if not behavior.forwards_cookies or not (behavior.caches_by_default or (has_function and behavior.is_caching)):
        return
    severity: Severity = "error" if inputs is not None else "warning"
    who = "An origin's Set-Cookie without Cache-Control" if behavior.caches_by_default else "A Set-Cookie"
    adds = ", and one that the Lambda@Edge function on an origin event adds," if has_function else ""
    yield finding_at(
        behavior,
        "set-cookie-can-be-cached",
        severity,
        f"{who}{adds} is cached with the response where cookies are forwarded, and replayed to other visitors on every"
        " hit"
        ' unless the response says no-cache="Set-Cookie" (AWS page Cookies).',
        f"{set_ttl_to_zero(behavior, 'minTtl', 'defaultTtl')}, or {disable_caching(behavior)}",
        inputs,
    )


def refusal_findings(behavior: Behavior) -> Iterator[Finding]:
    """Refusals that customErrorResponses have cached, although an origin makes them for one visitor."""
    kept = {status: ttl for status, ttl in behavior.error_ttls.items() if 400 <= status < 500 and ttl > 0}
    personal = _personal_beside_the_key(behavior)
    is_reported = behavior.at("origin-request") is not None and not behavior.is_caching
    if not kept or not personal or is_reported or is_bucket_alone(behavior):
        return
    listed = join_names([f"{status} for {kept[status]} s" for status in sorted(kept)])
    what = personal if personal == "Authorization" else f"cookies ({personal})"
    yield finding_at(
        behavior,
        "error-pinned-on-everyone",
        "warning",
        f"customErrorResponses have CloudFront cache errors ({listed}), and the origin sees {what} beside the cache"
        " key: what it refuses one visitor is refused to others who request the same until then (AWS page"
        " custom-error-pages-expiration).",
        disable_error_caching(sorted(kept)),
    )


def is_bucket_alone(behavior: Behavior) -> bool:
    """Return whether only S3 responds there, which ignores cookies and sets none."""
    return behavior.is_s3 and not behavior.has_origin_trigger and not may_leave_its_origin(behavior)


def _personal(behavior: Behavior) -> str:
    """The forwarded parts of a request that tell visitors apart, in words."""
    kinds = [
        "cookies" if behavior.forwards_cookies else "",
        "Authorization" if behavior.forwards_header("authorization") else "",
    ]
    return " and ".join(filter(None, kinds))


def _personal_beside_the_key(behavior: Behavior) -> str:
    """The parts of the request that are forwarded and not in the cache key, in words."""
    cookies = names_beyond(behavior.extra.cookies, behavior.key.cookies)
    is_authorization_keyed = behavior.key.headers.takes("authorization")
    return cookies or (
        "Authorization" if not is_authorization_keyed and behavior.extra.headers.takes("authorization") else ""
    )
