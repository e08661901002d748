"""The settings from the environment: which of the two versions runs, and its table of sessions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


@dataclass(frozen=True)
class Version:
    """The five values, and the only ones, in which the versions differ."""

    VERSION_CODE: str
    VERSION_NAME: str
    BACKGROUND_COLOR: str
    COLOR: str
    FONT_FAMILY: str


VERSIONS = {
    "1": Version(
        VERSION_CODE="1",
        VERSION_NAME="Version 1.0",
        BACKGROUND_COLOR="#eef2ff",
        COLOR="#1e2a78",
        FONT_FAMILY="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif",
    ),
    "2": Version(
        VERSION_CODE="2",
        VERSION_NAME="Version 2.0",
        BACKGROUND_COLOR="#06392f",
        COLOR="#d9fbe8",
        FONT_FAMILY="Georgia, 'DejaVu Serif', serif",
    ),
}


class ConfigError(ValueError):
    """An environment variable is missing or wrong; the text names it and what is allowed."""


class EnvironmentSettings(BaseModel):
    """Settings read from environment variables of the same names; a field's description says what is allowed."""

    model_config = ConfigDict(frozen=True, validate_default=True, allow_inf_nan=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the variables this class names and no others. Raises ConfigError with one line per mistake."""
        try:
            return cls.model_validate({name: environment[name] for name in cls.model_fields if name in environment})
        except ValidationError as error:
            names = [str(detail["loc"][0]) for detail in error.errors()]
            lines = [f"{name} {_state(environment.get(name))}; {cls.model_fields[name].description}" for name in names]
            raise ConfigError("\n".join(lines)) from None


def _state(value: str | None) -> str:
    return "is not set" if value is None else f'is "{value}"'


def _name(default: str) -> Any:
    return Field(default, pattern=r"^[A-Za-z0-9_.-]{1,255}$", description="1 to 255 letters, digits, '_', '-', '.'")


class Settings(EnvironmentSettings):
    """The sample application's settings. AWS_ENDPOINT_URL_DYNAMODB and credentials are boto3's own business."""

    VERSION_CODE: Literal["1", "2"] = Field(default=None, description="allowed: 1, 2")  # type: ignore[assignment]
    AWS_REGION: str = Field("us-east-1", pattern=r"^[a-z]{2,}(-[a-z]+)+-\d+$", description="a Region such as us-east-1")
    SESSIONS_TABLE: str = _name("SessionsTable")
    SESSION_KEY_ATTRIBUTE: str = _name("token")
    SESSION_VERSION_ATTRIBUTE: str = _name("version")
    SESSION_EXPIRY_ATTRIBUTE: str = _name("expiration")
    SESSION_COOKIE: str = Field(
        "sessiontoken", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="1 to 64 letters, digits, '_', '-'"
    )
    SESSION_SECONDS: int = Field(600, ge=1, le=86400, description="a whole number from 1 to 86400")
    COOKIE_SECURE: bool = Field(True, description="allowed: true, false")
    FAIL_PERCENT: float = Field(0, ge=0, le=100, description="a number from 0 to 100")
    ORIGIN_SECRET_HEADER: str = Field(
        "x-origin-verify", pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description="the name of a header"
    )
    ORIGIN_SECRET_DIGEST: str = Field(
        "", pattern=r"^([0-9a-f]{64})?$", description="the SHA-256 of the secret, 64 hexadecimal digits, or nothing"
    )

    @property
    def version(self) -> Version:
        """The version that this process is."""
        return VERSIONS[self.VERSION_CODE]
