"""The whole config of a stack, validated at preview: all errors together, each with its full key."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)

from infra.config.base_model import Section, Text, Whole, decode_value, parse_settings, section_name
from infra.config.errors import raise_errors, setting_error, suggestion
from infra.config.rules import Percentage, absent_if_empty, between, one_of, optional_rule, rule
from infra.settings.cache_key import KeyHeaders, header_key_error, needs_with_key
from infra.settings.domain import DomainSettings, origin_ports, own_name_errors, public_hosts
from infra.settings.failover import FailoverSettings, OriginGroup, failover_errors, origin_groups
from infra.settings.groups import BotSettings, HoldoutSettings, group_errors
from infra.settings.observability import AccessLogs, AlarmSettings, LogSettings
from infra.settings.origins import Origins, OriginSettings, OverrideSettings
from infra.settings.parts import (
    DemoSettings,
    FunctionSettings,
    SecuritySettings,
    StaticPaths,
    TableReadSettings,
    TableSettings,
    ValidatorSettings,
)
from infra.settings.private_origins import has_access_control, is_signed_by_cloudfront, private_errors
from infra.settings.release import Control, ControlSettings, Pin, Release
from infra.settings.rollouts.plan import RolloutSettings
from infra.settings.skew import SkewSettings, fallback_group, skew_errors
from infra.settings.strategies import section_fields, section_table
from infra.settings.warnings import settings_warnings
from router.model import origin_rules
from strategies.base import Needs, Strategy, TableSpec
from strategies.registry import STRATEGIES, load

KNOWN_LATER = "known_later"
"""The key, in the context of a validation, of the names of the origins whose addresses are Outputs."""
PRICE_CLASSES = ("PriceClass_100", "PriceClass_200", "PriceClass_All")


class CoreSettings(Section):
    """All of a stack's settings except the strategies' sections, which the registry of strategies adds.

    The order matters: a validator sees the fields above it.

    Attributes:
        origins: The origins, by name; `stable` and `canary` are required.
        strategy: Chooses the origin of a request; every strategy has a section of its own.
        canary_percent: Share of new visitors on the canary ([more](#percentage-and-release)).
        release: Name of the release: the salt of the assignment.
        pin: Sends everybody to one version ([more](#pin)).
        control: Where percentage, pin and release are kept: `baked` (the default) in the package, or [`live`](#control)
            in a table, as in the shipped stacks. Also an object, which is live unless its `mode` says otherwise.
        rollout: [The plan](#rollout) by which the percentage rises.
        holdout: [Visitors who stay on stable](#holdout) through a series of releases.
        bots: [Bots and prefetches](#bots) are not assigned, and not counted.
        override: [QA override](#override): a secret that reaches any origin.
        log_salt: Salt of the visitors' hashes in the log. The default, project and stack, only tells stacks apart:
            whoever knows both can test a guess. Set your own with `--secret`.
        static_paths: Path patterns such as `/static/*` that go to the stable origin without the router, and are cached
            for a day unless the origin says otherwise. Both versions' files have to be there.
        skew: [Version skew](#skew): an open page keeps the files of its build, by an id or by a second attempt.
        failover: [A second attempt](origins.md#failover), at another origin, for requests that fail.
        key_headers: [Headers in the cache key](#key-headers), for strategies whose responses are cached: names,
            `next`, `language`.
        price_class: CloudFront edge locations that serve.
        domain: [Alternate domain names](#domain) and their certificate.
        public_host: [The name of the site](#public-host), which origins read in `X-Forwarded-Host`. The default is an
            alias, or else the distribution's own domain name.
        forwarded_header: [Forwarded](#public-host) (RFC 7239) says it to the origins too.
        rewrite_redirects: Rewrite [what a response says about an origin's host](#rewriteredirects) or path: Location,
            Content-Location, and Domain and Path of cookies. Has nothing to do where every origin has
            `hostHeader: viewer` and no path.
        security: [Headers, web ACL, origin verification](#security).
        access_logs: [CloudFront's access logs](domains.md#access-logs), into a private bucket.
        alarms: [Dashboard, alarms and saved queries](#alarms).
        function: [Memory and time limits](#function) of the Lambda@Edge function.
        keep_versions: Newest versions of the function that [`edge-router sweep`](leaving.md#old-versions) keeps,
            besides those that a distribution uses.
        table_reads: [Deadlines and memory cache](#tablereads) of table reads.
        tables: [Protection](#tables) of the tables.
        logs: [Log groups](#logs).
        demo: [Hosts and mock backends](#demo) that the project `demo/hosts` is still to create.
        validator: [The validator](#validator) as a Lambda function.
    """

    origins: Origins
    strategy: Annotated[
        Text, rule(lambda name: "" if name in STRATEGIES else f"is {name!r}: {suggestion(name, STRATEGIES)}")
    ]
    canary_percent: Percentage = 0.0
    release: Release
    pin: Pin = "none"
    control: Control = Field(default_factory=lambda: ControlSettings(mode="baked"))
    rollout: Annotated[RolloutSettings | None, BeforeValidator(absent_if_empty)] = None
    holdout: Annotated[HoldoutSettings | None, BeforeValidator(absent_if_empty)] = None
    bots: Annotated[BotSettings | None, BeforeValidator(absent_if_empty)] = None
    override: Annotated[OverrideSettings | None, BeforeValidator(absent_if_empty)] = None
    log_salt: Text = Field(default="", repr=False)
    static_paths: StaticPaths = ()
    skew: Annotated[SkewSettings | None, BeforeValidator(absent_if_empty)] = None
    failover: Annotated[FailoverSettings | None, BeforeValidator(absent_if_empty)] = None
    key_headers: KeyHeaders = ()
    price_class: Annotated[Text, one_of(*PRICE_CLASSES)] = "PriceClass_All"
    domain: Annotated[DomainSettings | None, BeforeValidator(absent_if_empty)] = None
    public_host: Annotated[Text, optional_rule(origin_rules.domain_name)] = ""
    forwarded_header: bool = False
    rewrite_redirects: bool = True
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    access_logs: AccessLogs = "none"
    alarms: Annotated[AlarmSettings | None, BeforeValidator(absent_if_empty)] = None
    function: FunctionSettings = Field(default_factory=FunctionSettings)
    keep_versions: Annotated[Whole, between(1, 50, "versions")] = 3
    table_reads: TableReadSettings = Field(default_factory=TableReadSettings)
    tables: TableSettings = Field(default_factory=TableSettings)
    logs: LogSettings = Field(default_factory=LogSettings)
    demo: DemoSettings = Field(default_factory=DemoSettings)
    validator: ValidatorSettings = Field(default_factory=ValidatorSettings)

    @field_validator("static_paths")
    @classmethod
    def _needs_no_function(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Require a Host that needs no function: none runs for static paths."""
        origins: Mapping[str, OriginSettings] = info.data.get("origins", {})
        host = origins["stable"].host_header if "stable" in origins else "origin"
        if value and host not in ("origin", "viewer"):
            text = (
                f"cannot be where origins.stable.hostHeader is {host!r}: no function runs for these paths to write that"
                " name; it has to be origin or viewer"
            )
            raise_errors([setting_error(text, value=value)])
        return value

    @model_validator(mode="after")
    def _waits_end_before_deadline(self) -> Self:
        """Require deadlines of reads and probes below the router's, which is for everything else."""
        deadline_ms, reads_ms, waits_ms = (
            self.function.deadline_ms,
            self.table_reads.total_timeout_ms,
            self.needs.longest_wait_ms,
        )
        if reads_ms >= deadline_ms:
            text = f"is {reads_ms}: must be below function.deadlineMs, that is {deadline_ms}"
            raise_errors([setting_error(text, "tableReads", "totalTimeoutMs", value=reads_ms)])
        control_ms = self.table_reads.read_timeout_ms if self.reads_control_table else 0
        if control_ms and reads_ms + control_ms >= deadline_ms:
            text = (
                f"is {reads_ms}: with the {control_ms} of readTimeoutMs, which a read of the control table may take"
                f" before, it must stay below function.deadlineMs, that is {deadline_ms}"
            )
            raise_errors([setting_error(text, "tableReads", "totalTimeoutMs", value=reads_ms)])
        waits_ms = waits_ms and waits_ms + control_ms
        if waits_ms >= deadline_ms:
            text = f"is {deadline_ms}: must be above what {self.strategy} may wait, that is {waits_ms}"
            raise_errors([setting_error(text, "function", "deadlineMs", value=deadline_ms)])
        return self

    @model_validator(mode="after")
    def _secret_has_a_header_of_its_own(self) -> Self:
        name = self.security.origin_secret_header
        if self.override is not None and self.override.header.lower() == name.lower():
            text = f"is {name!r}, as override.header: the viewer's would never arrive"
            raise_errors([setting_error(text, "security", "originSecretHeader", value=name)])
        return self

    @model_validator(mode="after")
    def _has_room_in_the_cache_key(self) -> Self:
        if text := header_key_error(self):
            raise_errors([setting_error(text, "keyHeaders", value=self.key_headers)])
        return self

    @model_validator(mode="after")
    def _tells_builds_apart(self) -> Self:
        raise_errors(skew_errors(self))
        return self

    @model_validator(mode="after")
    def _tells_groups_apart(self) -> Self:
        raise_errors(group_errors(self))
        return self

    @model_validator(mode="after")
    def _does_not_ask_itself(self) -> Self:
        raise_errors([setting_error(text, *key) for key, text in own_name_errors(self).items()])
        return self

    @model_validator(mode="after")
    def _fits_what_cloudfront_does(self) -> Self:
        failover = {("failover", *key): text for key, text in failover_errors(self).items()}
        raise_errors([setting_error(text, *key) for key, text in {**failover, **private_errors(self)}.items()])
        return self

    _known_later: frozenset[str] = PrivateAttr(default=frozenset())

    def model_post_init(self, context: Any, /) -> None:
        """Note the origins whose addresses are Outputs, as infra.inputs.reading names them."""
        given: Mapping[str, frozenset[str]] = context or {}
        self._known_later = given.get(KNOWN_LATER, frozenset())

    def address(self, origin: str) -> str:
        """Return by what an origin is another one: its domain name. One that is known later is another one for good,
        because which resources there are cannot wait for it.
        """
        return f"{origin}, known later" if origin in self._known_later else self.origins[origin].domain_name

    @property
    def strategy_class(self) -> type[Strategy]:
        """The chosen strategy's class."""
        return load(self.strategy)

    @property
    def section(self) -> str:
        """The key of the chosen strategy's section."""
        return section_name(self.strategy)

    @property
    def options(self) -> Any:
        """The options of the chosen strategy."""
        return self.strategy_options(self.strategy)

    @property
    def strategy_needs(self) -> Needs:
        """The needs of the chosen strategy."""
        return self.strategy_class.needs(self.options)

    @property
    def needs(self) -> Needs:
        """The needs of the chosen strategy and of `keyHeaders`."""
        return needs_with_key(self)

    @property
    def reads_control_table(self) -> bool:
        """True where the Lambda function reads percentage and pin from the control table; a CloudFront Function reads
        them from its key-value store."""
        return self.control.is_live and self.needs.origin_request and not self.needs.version_header

    @property
    def reads_dynamodb(self) -> bool:
        """True where the Lambda function reads a table: the strategy's, or the control table."""
        return self.needs.origin_request and (self.needs.table is not None or self.reads_control_table)

    @property
    def has_rollout(self) -> bool:
        """True with a rollout controller: it needs a control table, and a strategy that assigns by percentage."""
        return self.rollout is not None and self.control.is_live and self.needs.by_percentage

    @property
    def has_metrics(self) -> bool:
        """True where the Lambda function counts requests and responses, for a rollout or for the dashboard."""
        return self.has_rollout or (self.alarms is not None and self.needs.origin_request)

    @property
    def key_cookies(self) -> frozenset[str] | None:
        """The only cookies that reach the origin where responses are cached; None stands for all."""
        return self.strategy_needs.key_cookies

    @property
    def public_hosts(self) -> list[str]:
        """The names of the site, as of infra.settings.domain."""
        return public_hosts(self.public_host, self.domain)

    @property
    def origin_ports(self) -> dict[str, list[int]]:
        """The ports of the origins by host, as of infra.settings.domain."""
        return origin_ports(self.all_origins, self.public_hosts)

    @property
    def all_origins(self) -> list[Any]:
        """The origins and the tiers'."""
        tiers = getattr(self.options, "tiers", {})
        return [*self.origins.values(), *(tier.origin(name) for name, tier in tiers.items())]

    @property
    def origin_groups(self) -> tuple[OriginGroup, ...]:
        """The origin groups of the distribution, each for paths of its own."""
        found = fallback_group(self)  # first, for its paths are the narrower ones
        return (found, *origin_groups(self)) if found else origin_groups(self)

    @property
    def has_access_control(self) -> bool:
        """True where some of the distribution's origins have an origin access control."""
        return has_access_control(self)

    @property
    def is_signed_by_cloudfront(self) -> bool:
        """True where CloudFront signs the requests that the router routes."""
        return is_signed_by_cloudfront(self)

    @property
    def signs_bodies(self) -> bool:
        """True where the router has to see the body of requests, because a function URL wants it signed."""
        return any(origin.function_url for origin in self.origins.values())

    @property
    def has_origin_response(self) -> bool:
        """True where the router runs at origin-response: to set a cookie, to count, to guard, or to rewrite."""
        guards = self.guards_cookies or self.guards_failover
        return self.needs.origin_response or self.has_metrics or guards or self.rewrites_answers

    @property
    def shows_origins(self) -> bool:
        """True where an answer can name an origin's host, which the application receives, or its path.

        A strategy with a list of allowed domains finds other origins, which always receive their own host.
        """
        has_own_host = any(origin.host_header != "viewer" or origin.path for origin in self.all_origins)
        return has_own_host or hasattr(self.options, "allowed_domains")

    @property
    def rewrites_answers(self) -> bool:
        """True where the router, at origin-response, names the site in place of an origin."""
        return self.rewrite_redirects and self.needs.origin_request and self.shows_origins

    @property
    def rewrites_at_viewer(self) -> bool:
        """True where functions/site.js does so at viewer-response, because no router runs behind the cache."""
        return self.rewrite_redirects and not self.needs.origin_request and self.shows_origins

    @property
    def guards_cookies(self) -> bool:
        """True where the router prevents caching of responses that set a cookie, because cookies reach the origin."""
        return self.needs.is_cacheable and self.needs.origin_request and self.key_cookies != frozenset()

    @property
    def guards_failover(self) -> bool:
        """True where the router keeps the response of an origin that took over out of the cache."""
        return self.needs.is_cacheable and not all(group.is_cached for group in self.origin_groups)

    def strategy_options(self, strategy: str) -> Any | None:
        """Return the options in a strategy's section; None where the config has none."""
        return getattr(self, section_name(strategy))

    def tables_by_strategy(self) -> dict[str, TableSpec]:
        """Return the tables of all configured sections, whichever strategy is chosen."""
        options = {strategy: self.strategy_options(strategy) for strategy in STRATEGIES}
        specs = {name: section_table(name, given) for name, given in options.items() if given is not None}
        return {name: spec for name, spec in specs.items() if spec is not None}

    def warnings(self) -> list[str]:
        """Return warnings about likely mistakes; each begins with its key."""
        return settings_warnings(self)


if TYPE_CHECKING:
    Settings = CoreSettings
else:
    Settings = create_model("Settings", __base__=CoreSettings, **section_fields())


SECTIONS_WITH_SECRETS = ("override", "rollout", "security", "stickySession", "cookieVersion", "jwtIat")
"""Sections with a secret among their keys: no message shows what is there in place of an object."""


def load_settings(
    config: Mapping[str, str], project: str = "edge-router", secret_keys: Container[str] = ()
) -> CoreSettings:
    """Return the settings in a stack's config; SettingsError with all errors.

    `config` is what the engine gives a program: "edge-router:key" to a string, JSON where the value is an object.
    `secret_keys` are the full keys whose values no message may show.
    """
    sections = {f"{project}:{name}" for name in SECTIONS_WITH_SECRETS}
    hidden = {
        key
        for key, value in config.items()
        if key in secret_keys or (key in sections and not isinstance(decode_value(value), dict))
    }
    json_keys = [field.alias for field in Settings.model_fields.values() if field.alias and field.annotation is not str]
    return parse_settings(Settings, config, project, hidden, json_keys)
