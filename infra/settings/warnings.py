"""Warnings about settings that work but are likely mistakes; each begins with its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from infra.config.aws_hosts import host_warning
from infra.config.aws_regions import opt_in_warning
from infra.config.base_model import section_name
from infra.config.cookies import cookie_domain_warnings
from infra.settings.groups import group_warnings
from infra.settings.strategies import host_warnings
from strategies.registry import STRATEGIES

if TYPE_CHECKING:
    from infra.settings.model import CoreSettings


def settings_warnings(settings: CoreSettings) -> list[str]:
    """Return all warnings about a stack's settings."""
    section, domain = settings.section, settings.domain
    warnings = [f"{section}: {text}" for text in settings.strategy_class.warnings(settings.options)]
    aliases = domain.aliases if domain is not None else ()
    warnings += [f"{section}.{text}" for text in cookie_domain_warnings(settings.needs.cookie_domain, aliases)]
    for key, given in {"rollout": settings.rollout, "domain": domain}.items():
        warnings += [f"{key}.{text}" for text in (given.warnings() if given else [])]
    if settings.key_headers and not settings.needs.is_cacheable:
        warnings.append(
            f"keyHeaders: has no effect with {settings.strategy} as it is set up: caching is off, so no answers have to"
            " be told apart, and every header reaches the application"
        )
    if settings.rollout is not None and not settings.control.is_live:
        warnings.append(
            "rollout: waits while control is baked, for a rollout moves the percentage in the control table:"
            " nothing steers until edge-router:control is live"
        )
    warnings += group_warnings(settings)
    return [*warnings, *_host_warnings(settings), *_region_warnings(settings)]


def _host_warnings(settings: CoreSettings) -> Iterator[str]:
    """Warn of hosts of the origins, and of the backends in all sections."""
    for name, origin in settings.origins.items():
        if not origin.bucket and (text := host_warning(origin.domain_name)):
            yield f"origins.{name}.domainName {text}; for a private one set bucket and region instead"
    for strategy in STRATEGIES:
        yield from host_warnings(section_name(strategy), settings.strategy_options(strategy))


def _region_warnings(settings: CoreSettings) -> list[str]:
    """Warn of opt-in Regions."""
    return [text for key, region in _regions(settings) if (text := opt_in_warning(key, region))]


def _regions(settings: CoreSettings) -> Iterator[tuple[str, str]]:
    """Yield key and Region; every section with a table calls its Regions home_region and replicas."""
    sections = {section_name(strategy): settings.strategy_options(strategy) for strategy in STRATEGIES}
    if settings.control.is_live:
        sections["control"] = settings.control
    for section, given in sections.items():
        if home := getattr(given, "home_region", ""):
            yield f"{section}.homeRegion", home
            yield from _with_keys(f"{section}.replicas", getattr(given, "replicas", ()))
    yield from _with_keys("logs.regions", settings.logs.regions)


def _with_keys(key: str, regions: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((f"{key}[{index}]", region) for index, region in enumerate(regions))
