"""The SQL that judges requests, one text for DuckDB and Athena.

They differ in the functions of a `Dialect` only. All others used here mean the same in both: coalesce, length, lower,
replace, split_part, strpos, substr, trim, try_cast, upper, filtered aggregates and grouping sets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from router.model.assignment import BUCKETS
from router.model.digest import BLOCK_BYTES, sha256
from what_if.rules import BESIDE_ROUTER, CERTAINTY, CONDITIONAL, EXACT, EXPECTED, Rules, limit

FIELDS = ("day", "time", "path", "cookie", "request_id", "country", "result", "bytes")
"""Columns of the requests that an engine reads, all text; NULL where the log has no such field, and "" for `-`."""
COLUMNS = ("minute", "reason", "fixed", "number", "path_group", "country", "is_hit", "bytes")
ENCODED = " \"#'<>[\\]^`{|}~"
"""Characters that a log has percent-encoded, besides % ("Log file fields"): 0 to 32, these, and those beyond ASCII."""
KINDS = {"reason": 31, "path": 47, "country": 55, "hour": 57, "minute": 62, "all": 63}
"""Values of GROUPING: a bit for each column by which a row is not grouped."""


@dataclass(frozen=True)
class Dialect:
    """The functions that the engines call differently.

    `hmac_base64url` is None where keys must not be part of a query.
    """

    sha256_hex: Callable[[str], str]
    parse_hex: Callable[[str], str]
    matches: Callable[[str, str], str]
    hmac_base64url: Callable[[str, str], str] | None


def _duckdb_hmac(key: str, text: str) -> str:
    """RFC 2104 over DuckDB's SHA-256, which returns hexadecimal digits."""
    raw = key.encode()
    block = (sha256(raw).digest() if len(raw) > BLOCK_BYTES else raw).ljust(BLOCK_BYTES, b"\0")
    inner, outer = (bytes(number ^ pad for number in block).hex() for pad in (0x36, 0x5C))
    digest = f"unhex(sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({text})))))"
    return f"rtrim(replace(replace(to_base64({digest}), '+', '-'), '/', '_'), '=')"


DUCKDB = Dialect(
    sha256_hex=lambda text: f"sha256({text})",
    parse_hex=lambda digits: f"CAST('0x' || {digits} AS BIGINT)",
    matches=lambda text, pattern: f"regexp_matches({text}, {literal(pattern)})",
    hmac_base64url=_duckdb_hmac,
)
ATHENA = Dialect(
    sha256_hex=lambda text: f"lower(to_hex(sha256(to_utf8({text}))))",
    parse_hex=lambda digits: f"from_base({digits}, 16)",
    matches=lambda text, pattern: f"regexp_like({text}, {literal(pattern)})",
    hmac_base64url=None,
)


def literal(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def judge(source: str, rules: Rules, dialect: Dialect, columns: Iterable[str] = COLUMNS) -> str:
    """Return the query that judges every request of `source`, a query for `FIELDS` and `problem`."""
    matches = dialect.matches
    version, session = _cookie("cookie", rules.version_cookie, "+"), _cookie("cookie", rules.session_cookie)
    is_raw = matches("cookie", "[" + re.escape(ENCODED) + "]")
    unreadable = matches("session_text", "%(?:[01]|7F|[89A-F])|[^ -~]")
    key_hash = dialect.sha256_hex(f"{literal(rules.release)} || chr(0) || visitor_key")
    return f"""WITH requests AS (
{source}
),
picked AS (
  SELECT *, {version} AS version_text, {session} AS session_text, {is_raw} AS is_raw FROM requests
),
decoded AS (
  SELECT *, {_decode("version_text")} AS version, {_decode("session_text")} AS session FROM picked
),
unquoted AS (
  SELECT day, time, path, cookie, request_id, country, result, bytes, problem, session_text,
    {_unquote("version")} AS version, {_unquote("session")} AS session
  FROM decoded
),
parsed AS (
  SELECT *, {_payload(rules, dialect)} AS payload FROM unquoted
),
reasoned AS (
  SELECT *, {_reason(rules, dialect, unreadable)} AS reason FROM parsed
),
keyed AS (
  SELECT *,
    CASE reason WHEN 'cookie' THEN {_fixed_version(rules)} WHEN 'static-path' THEN 'stable' ELSE '' END AS fixed,
    CASE
      WHEN reason = 'session' THEN session
      WHEN reason IN ('cookie', 'other-release', 'unknown-version') THEN nullif(split_part(payload, '.', 3), '')
      WHEN reason IN {_among(EXPECTED)} THEN {_new_visitor(rules, dialect)}
    END AS visitor_key
  FROM reasoned
),
judged AS (
  SELECT request_id, reason, fixed,
    CASE WHEN problem = '' AND {matches("day || ' ' || time", "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")}
      THEN day || ' ' || substr(time, 1, 5) END AS minute,
    {dialect.parse_hex(f"substr({key_hash}, 1, 13)")} AS number,
    CASE WHEN problem <> '' THEN NULL WHEN coalesce(path, '') = '' THEN '-'
      ELSE '/' || coalesce(split_part(path, '/', 2), '')
        || CASE WHEN strpos(substr(path, 2), '/') > 0 THEN '/*' ELSE '' END
    END AS path_group,
    CASE WHEN problem <> '' THEN NULL WHEN {matches("country", "^[A-Za-z]{2}$")} THEN upper(country) ELSE '-' END
      AS country,
    coalesce(result, '') = 'Hit' AS is_hit,
    try_cast(bytes AS BIGINT) AS bytes
  FROM keyed
)
SELECT {", ".join(columns)} FROM judged"""


def summarize(source: str, rules: Rules) -> str:
    """Return the query that counts judged requests; `source` is a query or table with `COLUMNS`."""
    steps = "".join(
        f" WHEN number % {BUCKETS} < {limit(percent)} THEN {index}" for index, percent in enumerate(rules.steps)
    )
    router = f"reason NOT IN {BESIDE_ROUTER}" + (" AND NOT is_hit" if rules.is_cacheable else "")
    grouped = "reason, path_group, country, hour, step, minute"
    return f"""SELECT grouping({grouped}) AS kind, {grouped},
  count(*) AS requests,
  coalesce(sum(bytes), 0) AS bytes,
  count(*) FILTER (WHERE is_hit) AS hits,
  count(*) FILTER (WHERE at_router) AS router_requests,
  count(*) FILTER (WHERE at_router AND after = 'canary') AS canary_router_requests,
  count(*) FILTER (WHERE certainty IN ('{EXACT}', '{EXPECTED}') AND after IS NOT NULL) AS judged,
  count(*) FILTER (WHERE certainty IN ('{EXACT}', '{EXPECTED}') AND after = 'canary') AS canary,
  count(*) FILTER (WHERE certainty = '{EXACT}' AND after <> before) AS moved_exact,
  count(*) FILTER (WHERE certainty = '{EXPECTED}' AND after <> before) AS moved_expected,
  count(*) FILTER (WHERE certainty = '{CONDITIONAL}' AND after <> before) AS moved_if_new,
  count(DISTINCT CASE WHEN certainty <> '{EXPECTED}' THEN number END) AS visitors,
  count(DISTINCT CASE WHEN certainty = '{EXACT}' AND after <> before THEN number END) AS moved_visitors
FROM (
  SELECT *,
    {_certainty()} AS certainty,
    {_version(rules.before)} AS before,
    {_version(rules.after)} AS after,
    substr(minute, 12, 2) AS hour,
    CASE WHEN fixed = 'canary' THEN -1 WHEN fixed <> '' THEN {len(rules.steps)} WHEN number IS NULL THEN -2{steps}
      ELSE {len(rules.steps)} END AS step,
    {router} AS at_router
  FROM {source}
) AS judged
GROUP BY GROUPING SETS ((), (reason), (path_group), (country), (hour, step), (minute))"""


def _cookie(header: str, name: str, length: str = "*") -> str:
    """The first pair with this name as the log has it: encoded or not, with `;%20` or `; ` between pairs.

    `+` passes over empty ones. The router looks for the best of several, which is rarely another.
    """
    if not name:
        return "''"
    encoded = "".join(f"%{ord(char):02X}" if char in f"{ENCODED}%" else char for char in name)
    names = dict.fromkeys((re.escape(name), re.escape(encoded)))
    pattern = rf"(?:^|;)(?:%2520|%20|%09|[ \t])*(?:{'|'.join(names)})(?:%20|%09|[ \t])*=([^;]{length})"
    return f"coalesce(regexp_extract({header}, {literal(pattern)}, 1), '')"


def _decode(text: str) -> str:
    decoded = f"replace({text}, '%09', chr(9))"
    for char in (*ENCODED, "%"):
        decoded = f"replace({decoded}, '%{ord(char):02X}', {literal(char)})"
    return f"trim(CASE WHEN is_raw OR strpos({text}, '%') = 0 THEN {text} ELSE {decoded} END)"


def _unquote(text: str) -> str:
    is_quoted = f"length({text}) > 1 AND substr({text}, 1, 1) = '\"' AND substr({text}, length({text}), 1) = '\"'"
    return f"CASE WHEN {is_quoted} THEN substr({text}, 2, length({text}) - 2) ELSE {text} END"


def _payload(rules: Rules, dialect: Dialect) -> str:
    """The version cookie without its signature, "" where no key has made that, or it is of another form."""
    payload = "version"
    if rules.signing_keys:
        payload, given = (f"coalesce(regexp_extract(version, '^(.*)[.]([^.]*)$', {index}), '')" for index in (1, 2))
        if make := dialect.hmac_base64url:
            is_ours = " OR ".join(f"{given} = {make(key, payload)}" for key in rules.signing_keys)
            payload = f"CASE WHEN {is_ours} THEN {payload} ELSE '' END"
    is_formed = dialect.matches(payload, r"^[^.]*[.][^.]*[.][A-Za-z0-9_-]{1,64}$")
    return f"CASE WHEN {is_formed} THEN {payload} ELSE '' END"


def _reason(rules: Rules, dialect: Dialect, unreadable: str) -> str:
    name, is_other = "split_part(payload, '.', 1)", f"split_part(payload, '.', 2) <> {literal(rules.tag)}"
    origins = ", ".join(map(literal, rules.origins))
    cases = [("problem <> ''", "problem"), ("coalesce(result, '') = 'Redirect'", "'redirect'")]
    if rules.static_pattern:
        cases.append((f"coalesce({dialect.matches('path', rules.static_pattern)}, FALSE)", "'static-path'"))
    if not rules.reads_cookies:
        cases.append(("TRUE", "'token-not-logged'"))
    cases.append(("cookie IS NULL", "'cookies-not-logged'"))
    if rules.version_cookie:
        is_bare = "FALSE" if rules.signing_keys else f"version IN ({origins})"
        cases.append((f"{is_bare} OR (payload <> '' AND NOT {is_other} AND {name} IN ({origins}))", "'cookie'"))
    if rules.session_cookie:
        is_short = f"session <> '' AND length(session) <= {rules.session_characters}"
        cases += [(f"{is_short} AND {unreadable}", "'unreadable-cookie'"), (is_short, "'session'")]
        if not rules.version_cookie:
            cases.append(("session <> ''", "'malformed-session'"))
    if rules.version_cookie:
        invalid = "'forged-cookie'" if rules.signing_keys else "'malformed-cookie'"
        cases += [
            (f"payload <> '' AND {is_other}", "'other-release'"),
            ("payload <> ''", "'unknown-version'"),
            ("version <> ''", invalid),
        ]
    none = "'no-cookie'" if rules.version_cookie else "'no-session'"
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in cases) + f" ELSE {none} END"


def _fixed_version(rules: Rules) -> str:
    origins = ", ".join(map(literal, rules.origins))
    return f"CASE WHEN version IN ({origins}) THEN version ELSE split_part(payload, '.', 1) END"


def _new_visitor(rules: Rules, dialect: Dialect) -> str:
    known = "nullif(request_id, '')"
    return f"substr({dialect.sha256_hex(known)}, 1, 16)" if rules.mints_ids else known


def _version(percent: float) -> str:
    assigned = f"CASE WHEN number % {BUCKETS} < {limit(percent)} THEN 'canary' ELSE 'stable' END"
    return f"CASE WHEN fixed <> '' THEN fixed WHEN number IS NOT NULL THEN {assigned} END"


def _among(certainty: str) -> str:
    return "(" + ", ".join(literal(reason) for reason, known in CERTAINTY.items() if known == certainty) + ")"


def _certainty() -> str:
    known = " ".join(f"WHEN reason IN {_among(one)} THEN '{one}'" for one in (EXACT, EXPECTED, CONDITIONAL))
    return f"CASE {known} ELSE 'unknown' END"
