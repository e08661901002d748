"""The config of the project in demo/hosts/, and the environment that it gives the sample application."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, model_validator

from demo.app.config import ConfigError
from demo.app.config import Settings as ApplicationSettings
from infra.config.base_model import Section, Text
from infra.config.errors import SettingsError, raise_errors, setting_error
from infra.config.rules import optional_rule, rule
from infra.naming.resource_names import Name, length_errors, project_error, table_name
from infra.settings.origins import secret_error
from infra.settings.parts import origin_header_error
from infra.settings.strategies import read_options, section_table

VERSIONS = {"stable": "1", "canary": "2"}
"""The version of the sample application behind each origin."""

_TIER = re.compile("[a-z0-9-]{1,32}")


def session_environment(options: Any, prefix: str) -> dict[str, str]:
    """Return what the application reads of a section `stickySession`: where its sessions are, and what they look like.

    `prefix` is that of the stack whose table it is, such as `edge-router-staging`.
    """
    spec = section_table("sticky-session", options)
    assert spec is not None  # this strategy always has a table
    name = spec.name or table_name(prefix, spec.purpose, (spec.hash_key, spec.range_key), spec.home_region)
    return {
        "AWS_REGION": options.home_region,
        "SESSIONS_TABLE": name,
        "SESSION_COOKIE": options.cookie,
        "SESSION_KEY_ATTRIBUTE": options.key_attribute,
        "SESSION_VERSION_ATTRIBUTE": options.version_attribute,
        "SESSION_EXPIRY_ATTRIBUTE": options.expiry_attribute or "expiration",
    }


def _tier_error(tier: str) -> str:
    return "" if _TIER.fullmatch(tier) else f"is {tier!r}: a tier has 1 to 32 of a-z, 0-9 and -"


def _read_sticky_session(section: object) -> object:
    options, errors = read_options("sticky-session", section)
    raise_errors(errors)
    return options


class HostsSettings(Section):
    """All keys of the project edge-router-hosts. `project` is the name of the one whose origins these are."""

    project: Annotated[Text, rule(project_error)] = "edge-router"
    hosts: bool = True
    sticky_session: Annotated[object, PlainValidator(_read_sticky_session)] = Field(
        default_factory=dict[str, object], validate_default=True
    )
    origin_secret_header: Annotated[Text, rule(origin_header_error)] = "x-origin-verify"  # noqa: S105 - its name
    origin_secret: Annotated[Text, optional_rule(secret_error)] = Field(default="", repr=False)
    tiers: tuple[Annotated[Text, rule(_tier_error)], ...] = ()

    @model_validator(mode="after")
    def _suits_the_application(self) -> HostsSettings:
        """Refuse at preview what would keep the application from starting on its host."""
        try:
            environment = session_environment(self.sticky_session, "any")
            ApplicationSettings.from_environment({**environment, "VERSION_CODE": VERSIONS["stable"]})
        except ConfigError as error:
            text = "does not suit the sample application: "
            raise_errors([setting_error(text + line, "stickySession", value=line) for line in str(error).splitlines()])
        return self


def check_names(prefix: str) -> None:
    """Raise SettingsError for names that AWS would refuse."""
    if errors := length_errors([Name("role", f"{prefix}-hosts")]):
        raise SettingsError(errors)
