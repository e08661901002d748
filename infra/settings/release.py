"""The keys `canaryPercent`, `release` and `pin`, and the section `control`: where they are kept."""

from __future__ import annotations

from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from infra.config.aws_regions import region_error, replica_errors
from infra.config.base_model import Section, Text, Whole
from infra.config.errors import format_value, raise_errors, setting_error, suggestion
from infra.config.rules import Percentage, between, one_of, optional_rule, rule
from router.model import names

MAX_RELEASE_CHARACTERS = 64
MODES = ("live", "baked")
DEFAULT_REPLICAS = ("eu-west-1", "ap-southeast-1")


def _release_error(value: str) -> str:
    if 0 < len(value) <= MAX_RELEASE_CHARACTERS and value.isprintable() and value == value.strip():
        return ""
    return (
        f"is {format_value(value)}: a release has 1 to {MAX_RELEASE_CHARACTERS} printable characters, no space at"
        " either end, such as 2026-11"
    )


Release = Annotated[Text, rule(_release_error)]
Pin = Annotated[Text, one_of("none", "stable", "canary")]


class FallbackSettings(Section):
    """Values in the package, for an instance of the function that never could read the control table.

    Attributes:
        canary_percent: Percentage of such an instance.
        pin: Pin of such an instance.
    """

    canary_percent: Percentage = 0.0
    pin: Pin = "none"


class ControlSettings(Section):
    """Source of percentage, pin and release: the package (`baked`) or the control table (`live`).

    An object without `mode` means `live`, because the other keys configure it.

    Attributes:
        mode: `live` or `baked`. `control: live` stands for an object with every default.
        refresh_seconds: How long an instance caches what it read; a change takes effect after this time and 2 seconds.
        table_name: Physical name of the table; by default `<project>-<stack>-control`, with the Region appended for
            another home Region.
        home_region: Region where Pulumi and the rollout controller write, and where the controller runs.
        replicas: Regions of the replicas; by default without the home Region.
        fallback: Values for an instance that never could read the table.
    """

    mode: Annotated[Text, one_of(*MODES)] = "live"
    refresh_seconds: Annotated[Whole, between(1, 300, "seconds")] = 10
    table_name: Annotated[Text, optional_rule(names.table_name)] = ""
    home_region: Annotated[Text, rule(region_error)] = "us-east-1"
    replicas: tuple[Text, ...] = DEFAULT_REPLICAS
    fallback: FallbackSettings = Field(default_factory=FallbackSettings)

    @model_validator(mode="before")
    @classmethod
    def _default_replicas(cls, value: Any) -> Any:
        """Leave the home Region out of the default replicas."""
        given = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        if given.get("homeRegion") not in DEFAULT_REPLICAS or "replicas" in given:
            return cast("Any", value)
        return {**given, "replicas": [region for region in DEFAULT_REPLICAS if region != given["homeRegion"]]}

    @field_validator("replicas")
    @classmethod
    def _are_elsewhere(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        errors = replica_errors(info.data.get("home_region", ""), value)
        raise_errors([setting_error(text, index, value=value[index]) for index, text in errors.items()])
        return value

    @property
    def is_live(self) -> bool:
        """True with a control table."""
        return self.mode == "live"


def _from_word(value: Any) -> Any:
    """Replace `control: live` by an object with that mode."""
    if not isinstance(value, str):
        return value
    if value not in MODES:
        raise_errors([setting_error(f"is {value!r}: {suggestion(value, MODES)}, or an object with mode", value=value)])
    return {"mode": value}


Control = Annotated[ControlSettings, BeforeValidator(_from_word)]
