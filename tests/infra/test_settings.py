"""Settings: what is read, and what every mistake is answered with."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.errors import SettingsError
from infra.settings.model import Settings, load_settings
from infra.settings.stack import load_stack
from strategies.registry import STRATEGIES
from tests.infra.configs import ORIGINS, config_of, problems_of, stack_of

SECRET = "0123456789abcdef0123456789abcdef"
KEYS = ", ".join(sorted(Settings.keys()))
DOMAIN_RULE = "a domain name has labels of letters, digits and -, at most 253 characters in all, such as v1.example.com"
PERCENT_RULE = "a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5"
RELEASE_RULE = "a release has 1 to 64 printable characters, no space at either end, such as 2026-11"
PATH_RULE = (
    'a path is "" or starts with / and does not end with one, such as /v2;'
    " at most 255 printable ASCII characters without space, ? and #"
)
COOKIE_RULE = (
    "a cookie name is a token by RFC 6265, that is letters, digits and !#$%&'*+-.^_`|~,"
    " and CloudFront drops names that start with $"
)


def origin(**fields: Any) -> dict[str, Any]:
    return {**ORIGINS, "canary": {"domainName": "v2.example.com", **fields}}


MISTAKES: list[tuple[dict[str, Any], str]] = [
    (
        {"strategy": "sticky-sesion"},
        f"strategy is 'sticky-sesion': did you mean sticky-session? Allowed: {', '.join(sorted(STRATEGIES))}",
    ),
    ({"relese": "x"}, f"relese is an unknown key: did you mean release? Allowed: {KEYS}"),
    (
        {"cookieVersion": {"cokie": "x"}},
        "cookieVersion.cokie is an unknown key: did you mean cookie? Allowed: applicationCookies,"
        " assignSubrequests, caching, cookie, domain, maxAgeSeconds, partitioned, path, sameSite, signingKeys",
    ),
    (
        {"origins": origin(domain="x")},
        "origins.canary.domain is an unknown key: did you mean domainName?"
        " Allowed: attachPolicy, bucket, build, domainName, functionArn, functionUrl, hostHeader, pages, path, port,"
        " protocol, readTimeoutSeconds, region, vpcOriginId",
    ),
    ({"canaryPercent": "101"}, f"canaryPercent is '101': {PERCENT_RULE}"),
    ({"canaryPercent": "-1"}, f"canaryPercent is '-1': {PERCENT_RULE}"),
    ({"canaryPercent": "12.345"}, f"canaryPercent is '12.345': {PERCENT_RULE}"),
    ({"canaryPercent": "10%"}, f"canaryPercent is '10%': {PERCENT_RULE}"),
    ({"canaryPercent": "nan"}, f"canaryPercent is 'nan': {PERCENT_RULE}"),
    ({"pin": "stabel"}, "pin is 'stabel': did you mean stable? Allowed: canary, none, stable"),
    ({"release": ""}, f"release is '': {RELEASE_RULE}"),
    ({"release": "r" * 65}, f"release is '{'r' * 65}': {RELEASE_RULE}"),
    ({"release": "a\nb"}, f"release is 'a\\nb': {RELEASE_RULE}"),
    ({"release": None}, "release is missing: it is required"),
    ({"origins": None}, "origins is missing: it is required"),
    (
        {"origins": {"stable": ORIGINS["stable"]}},
        "origins.canary is missing: every release needs the origins stable and canary",
    ),
    (
        {"origins": {**ORIGINS, "Beta": {"domainName": "v3.example.com"}}},
        "origins.Beta is not a name for an origin: a letter, then up to 31 of a-z, 0-9 and -",
    ),
    (
        {"origins": origin(domainName="https://v2.example.com/x")},
        "origins.canary.domainName is 'https://v2.example.com/x': a domain name has no scheme; write 'v2.example.com'",
    ),
    (
        {"origins": origin(domainName="192.0.2.1")},
        "origins.canary.domainName is '192.0.2.1': CloudFront takes no IP address as an origin; use a DNS name",
    ),
    (
        {"origins": origin(domainName="2001:db8::1")},
        "origins.canary.domainName is '2001:db8::1': CloudFront takes no IP address as an origin; use a DNS name",
    ),
    (
        {"origins": origin(domainName="v2.example.com:8080")},
        "origins.canary.domainName is 'v2.example.com:8080': a domain name has neither port nor path;"
        " they are keys of their own",
    ),
    ({"origins": origin(domainName="v2")}, f"origins.canary.domainName is 'v2': {DOMAIN_RULE}"),
    ({"origins": origin(path="v2")}, f"origins.canary.path is 'v2': {PATH_RULE}"),
    ({"origins": origin(path="/v2/")}, f"origins.canary.path is '/v2/': {PATH_RULE}"),
    ({"origins": origin(path="/a?b")}, f"origins.canary.path is '/a?b': {PATH_RULE}"),
    (
        {"origins": origin(port=22)},
        "origins.canary.port is 22: CloudFront connects to the ports 80, 443 and 1024 to 65535",
    ),
    ({"origins": origin(port="abc")}, "origins.canary.port is 'abc': expected a whole number"),
    ({"origins": origin(port=True)}, "origins.canary.port is true: expected a number"),
    ({"origins": origin(protocol="ftp")}, "origins.canary.protocol is 'ftp': allowed: http, https"),
    (
        {"origins": origin(hostHeader="a b")},
        f"origins.canary.hostHeader is 'a b': {DOMAIN_RULE}; or origin (the origin's own name),"
        " or viewer (the viewer's Host)",
    ),
    (
        {"origins": origin(readTimeoutSeconds=121)},
        "origins.canary.readTimeoutSeconds is 121: allowed is 1 to 120 seconds",
    ),
    ({"origins": {**ORIGINS, "canary": "v2"}}, "origins.canary is 'v2': expected an object"),
    (
        {"override": {"header": "X-Forwarded-Proto", "secret": SECRET}},
        "override.header is 'X-Forwarded-Proto': CloudFront refuses this header in edge functions;"
        " use one of your own, such as x-qa-origin",
    ),
    (
        {"override": {"header": "x-edge-qa", "secret": SECRET}},
        "override.header is 'x-edge-qa': CloudFront refuses this header in edge functions;"
        " use one of your own, such as x-qa-origin",
    ),
    (
        {"override": {"secret": SECRET}},
        "override names no place to look in: exactly one of header, cookie and query says where to look",
    ),
    (
        {"override": {"header": "x-qa", "query": "qa", "secret": SECRET}},
        "override has header and query: exactly one of header, cookie and query says where to look",
    ),
    ({"override": {"header": "x-qa"}}, "override.secret is missing: it is required"),
    (
        {"override": {"header": "x-qa", "secret": "short"}},
        "override.secret has 5 characters: at least 16 random ones keep others out",
    ),
    (
        {"override": {"header": "x-qa", "secret": "with space and more"}},
        'override.secret has characters that a cookie cannot carry: use printable ASCII without space and ",;\\',
    ),
    ({"cookieVersion": {"cookie": "a b"}}, f"cookieVersion.cookie is 'a b': {COOKIE_RULE}"),
    ({"cookieVersion": {"maxAgeSeconds": "soon"}}, "cookieVersion.maxAgeSeconds is 'soon': expected a whole number"),
    (
        {"cookieVersion": {"maxAgeSeconds": 0}},
        "cookieVersion.maxAgeSeconds is 0: allowed is 1 to 34560000 seconds (400 days, the most browsers keep)",
    ),
    ({"cookieVersion": "x"}, "cookieVersion is [secret]: expected an object"),
    ({"cookieVersion": "{broken"}, "cookieVersion is [secret]: expected an object"),
    (
        {"stickySession": {"replicas": ["us-east-1"]}},
        "stickySession.replicas[0] is 'us-east-1': that is homeRegion, where the table is anyway;"
        " list the other Regions",
    ),
    (
        {"stickySession": {"replicas": ["eu-west-1", "eu-west-1"]}},
        "stickySession.replicas[1] is 'eu-west-1', which is listed already: every replica once",
    ),
    (
        {"stickySession": {"replicas": "eu-west-1"}},
        "stickySession.replicas is 'eu-west-1': expected a list; by --set, item by item: stickySession.replicas[0]=…",
    ),
    (
        {"cookieVersion": {"signingKeys": "hunter2"}},
        "cookieVersion.signingKeys is [secret]: expected a list; by --set, item by item: cookieVersion."
        "signingKeys[0]=…",
    ),
    (
        {"stickySession": {"versions": {"1": "beta"}}},
        "stickySession names the origin 'beta', which origins does not list: listed are canary, stable",
    ),
    (
        {"fastestOrigin": {"candidates": ["stable", "edge"]}},
        "fastestOrigin names the origin 'edge', which origins does not list: listed are canary, stable",
    ),
    (
        {"strategy": "sticky-session"},
        "stickySession is missing: the strategy sticky-session reads a table, and a table lives as long as its section"
        " is in the stack's config; write at least one of its keys, such as cookie",
    ),
    (
        {"strategy": "jwt-iat"},
        "jwtIat is missing: the strategy jwt-iat cannot do without releasedAt, publicKey",
    ),
    (
        {"jwtIat": {"algorithm": "HS256", "releasedAt": "2026-11-01T00:00:00Z"}},
        "jwtIat.secret is missing: HS256 verifies with a secret of at least 32 bytes, or with jwks",
    ),
    (
        {"jwtIat": {"verify": False, "releasedAt": "2026-11-01T00:00:00Z", "jwks": [1]}},
        "jwtIat.jwks is [1]: expected an object or text",
    ),
    (
        {
            "stickySession": {"tableName": "Sessions"},
            "tenantLookup": {"tableName": "Sessions", "allowedDomains": [".example.com"]},
        },
        "tenantLookup.tableName is 'Sessions', which is the table of stickySession: every section has a table of its"
        " own",
    ),
    (
        {"strategy": "tier"},
        "tier is missing: the strategy tier cannot do without tiers",
    ),
    (
        {"tier": {"tiers": {"gold": {"domainName": "192.0.2.1"}}}},
        "tier.tiers.gold.domainName is '192.0.2.1': CloudFront takes no IP address as an origin; use a DNS name",
    ),
    (
        {"tier": {"tiers": {"gold": {"domainName": "g.example.com", "port": 22}}}},
        "tier.tiers.gold.port is 22: CloudFront connects to the ports 80, 443 and 1024 to 65535",
    ),
    (
        {"tier": {"tiers": {"gold": {"domainName": "g.example.com", "port": "x"}}}},
        "tier.tiers.gold.port is 'x': expected a whole number",
    ),
    (
        {"tier": {"tiers": {"gold": {"domainName": "g.example.com", "path": "p"}}}},
        f"tier.tiers.gold.path is 'p': {PATH_RULE}",
    ),
    ({"tier": {"tiers": {"gold": {}}}}, "tier.tiers.gold.domainName is missing: it is required"),
    ({"tier": {"tiers": {"gold": "g.example.com"}}}, "tier.tiers.gold is 'g.example.com': expected an object"),
    (
        {"tier": {"tiers": {"gold": {"domainname": "g.example.com", "domainName": "g.example.com"}}}},
        "tier.tiers.gold.domainname is an unknown key: did you mean domainName?"
        " Allowed: domainName, hostHeader, path, port, protocol",
    ),
    (
        {"tier": {"tiers": {"Gold": {"domainName": "g.example.com"}}}},
        "tier.tiers has a tier that is 'Gold': a tier's name has 1 to 32 of a-z, 0-9 and -; requests may use capitals",
    ),
    ({"cookieVersion": {"caching": "version"}}, "cookieVersion.caching is 'version': allowed: none, versioned"),
    (
        {"cookieVersion": {"applicationCookies": ["a b"]}},
        f"cookieVersion.applicationCookies has an entry that is 'a b': {COOKIE_RULE}",
    ),
    (
        {"cookieVersion": {"applicationCookies": ["lang", "app-version"]}},
        "cookieVersion.applicationCookies lists 'app-version', the version cookie: the cache would keep every visitor's"
        " answers apart",
    ),
    (
        {"cookieVersion": {"applicationCookies": [f"c{number}" for number in range(10)]}},
        "cookieVersion.applicationCookies has 10 entries: at most 9 cookies can be in the cache key",
    ),
    (
        {"stickySession": {"caching": "versioned"}},
        "stickySession.versionCookie is missing: caching: versioned needs a cookie for the version, such as"
        " app-version",
    ),
    (
        {"staticPaths": ["static/*"]},
        "staticPaths[0] is 'static/*': a path pattern starts with / and has at most 255 letters, digits and"
        " _-.*$/~\"'@:+&?, such as /static/*",
    ),
    (
        {"staticPaths": ["*.js"]},
        "staticPaths[0] is '*.js': a path pattern starts with / and has at most 255 letters, digits and"
        " _-.*$/~\"'@:+&?, such as /*.js",
    ),
    ({"staticPaths": ["/a", "/*"]}, "staticPaths[1] is '/*': that is every path, and the router would see none"),
    ({"staticPaths": ["/a", "/a"]}, "staticPaths lists '/a' twice: every pattern once"),
    (
        {"staticPaths": [f"/{number}" for number in range(25)]},
        "staticPaths has 25 entries: CloudFront has room for 24",
    ),
    (
        {
            "staticPaths": ["/a"],
            "origins": {**ORIGINS, "stable": {"domainName": "v1.example.com", "hostHeader": "a.b"}},
        },
        "staticPaths cannot be where origins.stable.hostHeader is 'a.b': no function runs for these paths to write that"
        " name; it has to be origin or viewer",
    ),
    ({"keepVersions": 0}, "keepVersions is 0: allowed is 1 to 50 versions"),
    ({"keepVersions": "51"}, "keepVersions is 51: allowed is 1 to 50 versions"),
    ({"keepVersions": "true"}, "keepVersions is 'true': expected a whole number"),
    ({"function": {"memoryMb": 64}}, "function.memoryMb is 64: allowed is 128 to 10240 MB"),
    (
        {"function": {"timeoutSeconds": 31}},
        "function.timeoutSeconds is 31: allowed is 1 to 30 seconds (the limit of origin triggers)",
    ),
    (
        {"function": {"deadlineMs": 3000}},
        "function.deadlineMs is 3000: at most half of function.timeoutSeconds, that is 2500",
    ),
    (
        {"tableReads": {"totalTimeoutMs": 2000}},
        "tableReads.totalTimeoutMs is 2000: must be below function.deadlineMs, that is 2000",
    ),
    (
        {"tableReads": {"readTimeoutMs": 900, "totalTimeoutMs": 800}},
        "tableReads.totalTimeoutMs is 800: at least tableReads.readTimeoutMs, that is 900",
    ),
    ({"tables": {"onDestroy": "keep"}}, "tables.onDestroy is 'keep': allowed: delete, retain"),
    ({"tables": {"protect": "maybe"}}, "tables.protect is 'maybe': expected true or false"),
    (
        {"logs": {"regions": ["eu-west-1", "eu-west-1"]}},
        "logs.regions lists 'eu-west-1' twice: every Region once",
    ),
    (
        {"priceClass": "PriceClass_300"},
        "priceClass is 'PriceClass_300': did you mean PriceClass_200?"
        " Allowed: PriceClass_100, PriceClass_200, PriceClass_All",
    ),
]


@pytest.mark.parametrize(("changes", "text"), MISTAKES, ids=[text.partition(":")[0] for _, text in MISTAKES])
def test_a_mistake_names_its_full_key_and_what_is_allowed(changes: dict[str, Any], text: str) -> None:
    assert problems_of(**changes) == [f"edge-router:{text}"]


@pytest.mark.parametrize(
    ("key", "field"), [("stickySession", "replicas"), ("tenantLookup", "replicas"), ("logs", "regions")]
)
def test_a_region_that_does_not_exist_is_told_with_its_index(key: str, field: str) -> None:
    extra = {"allowedDomains": [".example.com"]} if key == "tenantLookup" else {}
    [text] = problems_of(**{key: {**extra, field: ["eu-west-1", "eu-west-9"]}})
    start = (
        f"edge-router:{key}.{field}[1] is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3? Allowed: af-"
    )
    assert text.startswith(start)
    assert "us-gov-west-1" not in text
    assert "cn-north-1" not in text


def test_a_home_region_that_does_not_exist_is_told() -> None:
    [text] = problems_of(stickySession={"homeRegion": "eu-west-9"})
    assert text.startswith(
        "edge-router:stickySession.homeRegion is 'eu-west-9', which is not an AWS Region: did you mean eu-west-3?"
    )


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(SettingsError) as caught:
        load_stack(
            config_of(pin="x", canaryPercent="200", cookieVersion={"cookie": "a b", "maxAgeSeconds": "x", "z": 1}),
            "with.dots",
        )
    assert str(caught.value) == "\n".join(
        [
            "6 invalid settings:",
            "  the stack's name is 'with.dots': resources are named after it, so it has 1 to 32 letters, digits, - and"
            " _",
            f"  edge-router:canaryPercent is '200': {PERCENT_RULE}",
            "  edge-router:pin is 'x': allowed: canary, none, stable",
            "  edge-router:cookieVersion.z is an unknown key: allowed: applicationCookies, assignSubrequests,"
            " caching, cookie, domain, maxAgeSeconds, partitioned, path, sameSite, signingKeys",
            "  edge-router:cookieVersion.maxAgeSeconds is 'x': expected a whole number",
            f"  edge-router:cookieVersion.cookie is 'a b': {COOKIE_RULE}",
        ]
    )


def test_one_mistake_is_told_in_the_singular() -> None:
    with pytest.raises(SettingsError, match=r"^1 invalid setting:\n  edge-router:pin is 'x'"):
        load_settings(config_of(pin="x"))


@pytest.mark.parametrize(
    "changes",
    [
        {"override": {"header": "x-qa", "secret": "hunter2"}},
        {"override": {"header": "x-qa", "secret": ["hunter2hunter2hunter2"]}},
        {"cookieVersion": {"signingKeys": "hunter2"}},
        {"cookieVersion": {"signingKeys": ["hunter2"]}},
        {"cookieVersion": {"signingKeys": [["hunter2"]]}},
        {"logSalt": '{"hunter2": 1}', "pin": "x"},
        {"jwtIat": {"algorithm": "HS256", "secret": "hunter2", "releasedAt": "2026-11-01T00:00:00Z"}},
        {"jwtIat": {"algorithm": "HS256", "jwks": "hunter2", "releasedAt": "2026-11-01T00:00:00Z"}},
        {"jwtIat": {"publicKey": "-----BEGIN RSA PRIVATE KEY-----hunter2", "releasedAt": "2026-11-01T00:00:00Z"}},
    ],
)
def test_no_message_shows_the_value_of_a_secret(changes: dict[str, Any]) -> None:
    problems = problems_of(**changes)
    assert problems
    assert "hunter2" not in "\n".join(problems)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cookieVersion": {"cookie": "hunter 2"}}, f"cookieVersion.cookie is [secret]: {COOKIE_RULE}"),
        (
            {"cookieVersion": {"domain": "https://hunter2.example.com/x"}},
            "cookieVersion.domain is [secret]: a domain name has no scheme; write [secret]",
        ),
        (
            {"cookieVersion": {"maxAgeSeconds": "hunter2"}},
            "cookieVersion.maxAgeSeconds is [secret]: expected a whole number",
        ),
        ({"cookieVersion": {"cookie": "a'b\"hunter 2"}}, f"cookieVersion.cookie is [secret]: {COOKIE_RULE}"),
    ],
)
def test_nothing_of_a_key_that_holds_a_secret_is_shown(changes: dict[str, Any], text: str) -> None:
    assert problems_of(secret_keys=["edge-router:cookieVersion"], **changes) == [f"edge-router:{text}"]


def test_secrets_are_not_in_the_settings_repr() -> None:
    settings = stack_of(
        logSalt="hunter2-salt",
        override={"header": "x", "secret": "hunter2-" * 3},
        cookieVersion={"signingKeys": ["hunter2-" * 3]},
    ).settings
    assert "hunter2" not in repr(settings)


def test_numbers_may_come_as_strings_and_strings_as_numbers() -> None:
    settings = stack_of(
        canaryPercent="0.05",
        cookieVersion={"maxAgeSeconds": "3600"},
        stickySession={"versions": {"1": "stable", "2": "canary"}, "tableName": 12345},
        function={"memoryMb": "256"},
        tables={"protect": "true"},
        origins={**ORIGINS, "canary": {"domainName": "v2.example.com", "port": "8443"}},
    ).settings
    assert settings.canary_percent == 0.05
    assert settings.options.max_age_seconds == 3600
    assert settings.strategy_options("sticky-session").table_name == "12345"
    assert settings.function.memory_mb == 256
    assert settings.tables.protect is True
    assert settings.origins["canary"].port == 8443


def test_http_has_port_80_unless_another_is_given() -> None:
    settings = stack_of(
        origins={
            "stable": {"domainName": "v1.example.com", "protocol": "http"},
            "canary": {"domainName": "v2.example.com", "protocol": "http", "port": 8080},
        }
    ).settings
    assert [origin.port for origin in settings.origins.values()] == [80, 8080]


def test_a_date_that_yaml_took_for_a_time_is_read_as_one() -> None:
    """The engine hands `releasedAt: 2026-11-01T00:00:00Z` without quotes on as Go prints a time."""
    options = stack_of(
        jwtIat={"algorithm": "HS256", "secret": SECRET, "releasedAt": "2026-11-01 12:00:00 +0000 UTC"}
    ).settings.strategy_options("jwt-iat")
    assert options.released_at == "2026-11-01T12:00:00+00:00"


def test_keys_of_other_namespaces_are_left_alone() -> None:
    assert load_settings({**config_of(), "aws:region": "eu-west-1", "other:strategy": "x"}).strategy == "cookie-version"


def test_an_empty_section_counts_as_absent() -> None:
    settings = stack_of(override={}, stickySession={}, cookieVersion={}, jwtIat={}).settings
    assert settings.override is None
    assert settings.strategy_options("sticky-session") is None
    assert settings.strategy_options("jwt-iat") is None
    assert settings.options.cookie == "app-version"


def test_a_section_that_is_not_chosen_is_validated_all_the_same() -> None:
    assert problems_of(strategy="cookie-version", stickySession={"cookie": "a b"}) == [
        f"edge-router:stickySession.cookie is 'a b': {COOKIE_RULE}"
    ]


def test_the_project_name_is_part_of_the_key() -> None:
    config = {key.replace("edge-router:", "shop:"): value for key, value in config_of(pin="x").items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(config, "shop")
    assert caught.value.errors == ["shop:pin is 'x': allowed: canary, none, stable"]


def test_names_carry_the_stack() -> None:
    stack = stack_of(
        "blue", stickySession={"cookie": "s"}, tenantLookup={"tableName": "T-1", "allowedDomains": ["a.example.com"]}
    )
    assert stack.prefix == "edge-router-blue"
    names = {name: stack.table_name(spec) for name, spec in stack.settings.tables_by_strategy().items()}
    assert names == {"sticky-session": "edge-router-blue-sessions", "tenant-lookup": "T-1"}


def test_the_salt_of_the_log_differs_by_stack_and_can_be_set() -> None:
    assert stack_of("blue").log_salt != stack_of("green").log_salt
    assert len(stack_of("blue").log_salt) == 32
    assert stack_of("blue", logSalt="pepper").log_salt == "pepper"


@pytest.mark.long_if(r"jwt-iat|fastest-origin|tenant-lookup")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"function": {"timeoutSeconds": 2}},
            "edge-router:function.deadlineMs is 2000: at most half of function.timeoutSeconds, that is 1000",
        ),
        (
            {"function": {"deadlineMs": 1_000}},
            "edge-router:tableReads.totalTimeoutMs is 1500: must be below function.deadlineMs, that is 1000",
        ),
        (
            {
                "strategy": "fastest-origin",
                "function": {"deadlineMs": 900},
                "tableReads": {"totalTimeoutMs": 500},
                "fastestOrigin": {"probeTimeoutMs": 900},
            },
            "edge-router:function.deadlineMs is 900: must be above what fastest-origin may wait, that is 950",
        ),
        (
            {"tableReads": {"readTimeoutMs": 1_600}},
            "edge-router:tableReads.totalTimeoutMs is 1500: at least tableReads.readTimeoutMs, that is 1600",
        ),
    ],
)
def test_a_default_that_no_longer_fits_is_a_mistake_as_well(changes: dict[str, Any], problem: str) -> None:
    assert problems_of(**changes) == [problem]


@pytest.mark.parametrize(
    "override", ["x" * 200, "{" + "x" * 200, '["' + "x" * 200 + '"]', '{"header":"x-qa","secret":1']
)
def test_no_text_in_place_of_a_section_with_a_secret_is_shown_however_long_it_is(override: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"edge-router:override": override})
    [text] = [error for error in raised.value.errors if "override" in error]
    assert "x" * 10 not in text
    assert "x-qa" not in text
    assert text.endswith(": expected an object")
