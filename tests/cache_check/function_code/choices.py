"""Sources by which a function chooses and that the cache key lacks, for the tests of how its code is followed."""

from __future__ import annotations

from cache_check.function_code.reading import read_function
from cache_check.model.behaviors import Behavior
from cache_check.rules.viewer import lost_sources, unkeyed_sources
from pulumi_state.policies import Selection, Values


def lost_from_key(body: str, before: str = "", headers: tuple[str, ...] = (), cookies: tuple[str, ...] = ()) -> str:
    """The keyed sources that choose an origin and it then takes out of the key, which has all queries."""
    code = f"""import cf from 'cloudfront';
    {before}
    const to = cf.selectRequestOriginById;
    async function handler(event) {{ const r = event.request; {body} return r; }}"""
    taken = [Selection("whitelist", frozenset(names)) for names in (headers, cookies)]
    behavior = Behavior("theirs", "*", key=Values(*taken, query=Selection("all")), max_ttl=60)
    return ", ".join(sorted(f"{kind} {name}".strip() for kind, name in lost_sources(behavior, read_function(code))))


def sources_beside_key(
    body: str, before: str = "", headers: tuple[str, ...] = (), cookies: tuple[str, ...] = ()
) -> set[str]:
    """The sources that choose an origin and are not among these keys; `r` in the body is the request."""
    code = f"""import cf from 'cloudfront';
    {before}
    const to = cf.selectRequestOriginById;
    async function handler(event) {{ const r = event.request; {body} return r; }}"""
    taken = [Selection("whitelist", frozenset(names)) for names in (headers, cookies)]
    behavior = Behavior("theirs", "*", key=Values(*taken), max_ttl=60)
    return {f"{kind} {name}" for kind, name in unkeyed_sources(behavior, read_function(code))}
