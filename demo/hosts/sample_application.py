"""The sample application as something to run: the files of its image, and the environment that makes a version."""

from __future__ import annotations

from pathlib import Path

from demo.app.config import ConfigError
from demo.app.config import Settings as ApplicationSettings
from infra.config.errors import SettingsError
from infra.settings.stack import Stack

FOLDER = Path(__file__).parents[1]
VERSIONS = {"stable": "1", "canary": "2"}
"""Which version of it stands behind which origin."""


def image_files() -> dict[str, bytes]:
    """What `docker build demo` reads, by path in that folder."""
    sources = [FOLDER / "Dockerfile", FOLDER / "requirements.txt", *(FOLDER / "app").rglob("*")]
    names = [source.relative_to(FOLDER).as_posix() for source in sources if source.is_file()]
    return {name: (FOLDER / name).read_bytes() for name in sorted(names) if "__pycache__" not in name}


def environment_of(stack: Stack, origin: str) -> dict[str, str]:
    """What the version behind an origin reads: which it is, and the stack's sessions table, where it has one."""
    environment = {"VERSION_CODE": VERSIONS[origin]}
    sessions = stack.settings.options_of("sticky-session")
    if sessions is None:
        return environment
    return environment | {
        "AWS_REGION": sessions.home_region,
        "SESSIONS_TABLE": stack.table_name(stack.settings.tables_by_strategy()["sticky-session"]),
        "SESSION_COOKIE": sessions.cookie,
        "SESSION_KEY_ATTRIBUTE": sessions.key_attribute,
        "SESSION_VERSION_ATTRIBUTE": sessions.version_attribute,
        "SESSION_EXPIRY_ATTRIBUTE": sessions.expiry_attribute or "expiration",
    }


def check_hosted(stack: Stack) -> None:
    """SettingsError where the application, deployed to hosts, would not start with this config."""
    if not stack.settings.demo.hosts:
        return
    try:
        ApplicationSettings.from_environment(environment_of(stack, "stable"))
    except ConfigError as error:
        where = f"{stack.project}:stickySession does not suit the sample application of demo.hosts"
        raise SettingsError([f"{where}: {line}" for line in str(error).splitlines()]) from None
