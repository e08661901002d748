"""The local backends of a stack: the sample application, echo backends and sample items."""

from __future__ import annotations

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from demo.hosts.settings import VERSIONS, session_environment
from infra.settings.cache_key import header_key
from infra.settings.private_origins import private_resources
from infra.settings.stack import Stack
from pulumi_state.resources import DISTRIBUTION, living_resources, stack_outputs
from simulator.cloudfront import OriginMap
from simulator.deployment.applications import Application
from simulator.deployment.deployment import Site
from simulator.private_origins.server import PrivateOrigin

TENANTS = ("acme", "globex")
TENANT_PORT = 443
"""tenant-lookup connects to backends over https on 443 only."""
SAMPLE_ACCOUNT = "1001"
NOBODY = '{"Statement": []}'
"""The policy of what the state has none for."""
SAMPLE_SESSION_SECONDS = 86_400


def local_backends(
    stack: Stack, origins: Mapping[str, str], state: Mapping[str, Any] | None = None, fail_percent: float = 0
) -> Site:
    """Return the backends of a stack; `origins` (domain to URL) run elsewhere and get no application here.

    `state` (with its secrets) has the headers that CloudFront sends to the origins. Origins other than stable and
    canary get an echo backend. `fail_percent` of version 2's responses are a 500.
    """
    shared = _origin_secret(stack, state) if state is not None else {}
    tenants = _tenant_domains(stack)
    elsewhere = OriginMap(origins)
    applications: dict[str, Application] = {}
    for name, origin in stack.settings.origins.items():
        if not origin.bucket and elsewhere.base_url(origin.domain_name, origin.port) is None:
            address = f"{origin.domain_name}:{origin.port}"
            # Origins may differ in their path only: the first of them has the address.
            applications.setdefault(address, _application(stack, name, address, shared, fail_percent))
    for tier, (domain, port) in _tier_addresses(stack).items():
        if elsewhere.base_url(domain, port) is None:
            applications.setdefault(f"{domain}:{port}", _echo(tier, f"{domain}:{port}"))
    for domain in tenants.values():
        if elsewhere.base_url(domain, TENANT_PORT) is None:
            applications.setdefault(f"{domain}:{TENANT_PORT}", _echo(domain, f"{domain}:{TENANT_PORT}"))
    return Site(
        applications=list(applications.values()),
        origins=origins,
        seeds=_seeds(stack, tenants),
        hashed_headers=header_key(stack.settings).hashed,
        private=_private_origins(stack, elsewhere, state) if state is not None else (),
    )


def _private_origins(stack: Stack, elsewhere: OriginMap, state: Mapping[str, Any]) -> list[PrivateOrigin]:
    """Return buckets, each with a page for every path that an origin has in it, and function URLs."""
    policies: dict[str, str] = stack_outputs(state).get("originPolicies") or {}
    found: list[PrivateOrigin] = []
    for resource, named in private_resources(stack.settings).items():
        first = next(iter(named.values()))
        if elsewhere.base_url(first.domain_name, first.port) is None:
            pages = {f"{one.path}/index.html".lstrip("/"): _page(name) for name, one in named.items() if first.bucket}
            found.append(
                PrivateOrigin(
                    domain_name=first.domain_name,
                    service="s3" if first.bucket else "lambda",
                    region=first.region or first.function_region,
                    policy=policies.get(resource) or NOBODY,
                    bucket=first.bucket,
                    objects=pages,
                )
            )
    return found


def _page(name: str) -> bytes:
    return f"<!doctype html><title>{name}</title><h1>{name}</h1>\n".encode()


def _application(stack: Stack, name: str, address: str, shared: Mapping[str, str], fail_percent: float) -> Application:
    if name not in VERSIONS:
        return _echo(name, address)
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    failing = {"FAIL_PERCENT": f"{fail_percent:g}"} if name == "canary" and fail_percent else {}
    sessions = stack.settings.strategy_options("sticky-session")
    storage = session_environment(sessions, stack.prefix) if sessions is not None else {}
    environment = {"VERSION_CODE": VERSIONS[name], **storage, **keys, **shared, **failing}
    return Application(address, "demo.app.main:app", environment, health="/health")


def _origin_secret(stack: Stack, state: Mapping[str, Any]) -> dict[str, str]:
    """The environment in which the application checks the origin verification header, if the distribution sends one."""
    name = stack.settings.security.origin_secret_header
    origins = [origin for one in living_resources(state, DISTRIBUTION) for origin in one.require("origins")]
    headers = {one["name"]: one["value"] for origin in origins for one in origin.get("customHeaders", [])}
    if name not in headers:
        return {}
    digest = sha256(headers[name].encode()).hexdigest()
    return {"ORIGIN_SECRET_HEADER": name, "ORIGIN_SECRET_DIGEST": digest}


def _echo(name: str, address: str) -> Application:
    return Application(address, "demo.echo:app", {"NAME": name})


def _tenant_domains(stack: Stack) -> dict[str, str]:
    """The backend domain of each sample tenant, under the first suffix that the stack allows."""
    options = stack.settings.strategy_options("tenant-lookup")
    suffix = next((domain for domain in options.allowed_domains if domain.startswith(".")), "") if options else ""
    return {tenant: f"{tenant}{suffix}" for tenant in TENANTS} if suffix else {}


def _tier_addresses(stack: Stack) -> dict[str, tuple[str, int]]:
    """Domain and port of every tier, where tiers are routed."""
    if stack.settings.strategy != "tier":
        return {}
    options = stack.settings.strategy_options("tier")
    addresses = {tier: given.origin(tier) for tier, given in options.tiers.items()} if options else {}
    return {tier: (origin.domain_name, origin.port) for tier, origin in addresses.items()}


def expiry(attribute: str, seconds: float = SAMPLE_SESSION_SECONDS) -> dict[str, int]:
    """Return the expiry of a session from now on, by the name of its attribute; {} where the table has none."""
    return {attribute: int(time.time() + seconds)} if attribute else {}


def _seeds(stack: Stack, tenants: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Items by table name, for the stack's tables."""
    items = {"sticky-session": _sessions, "tenant-lookup": _tenants}
    return {
        stack.table_name(spec): items[strategy](stack.settings.strategy_options(strategy), tenants)
        for strategy, spec in stack.settings.tables_by_strategy().items()
        if strategy in items
    }


def _sessions(options: Any, _tenant_domains: Mapping[str, str]) -> list[dict[str, Any]]:
    """One session of each version, with the token sample-<origin>."""
    return [
        {
            options.key_attribute: f"sample-{origin}",
            options.version_attribute: code,
            **expiry(options.expiry_attribute),
        }
        for code, origin in options.versions.items()
    ]


def _tenants(options: Any, tenant_domains: Mapping[str, str]) -> list[dict[str, Any]]:
    """One account of each sample tenant."""
    keys = options.key_attributes()
    return [
        {**dict(zip(keys, (tenant, SAMPLE_ACCOUNT), strict=False)), options.backend_attribute: domain}
        for tenant, domain in tenant_domains.items()
    ]
