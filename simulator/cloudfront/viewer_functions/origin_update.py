"""What updateRequestOrigin and selectRequestOriginById do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.cloudfront.config.origins import Origin
from simulator.cloudfront.http.headers import Headers, title_case
from simulator.cloudfront_functions import OriginUpdate


def updated_origin(asked: OriginUpdate, assigned: Origin, origins: Mapping[str, Origin]) -> Origin:
    """The origin that a valid call leads to. What the call leaves out stays as the assigned origin has it.

    `sni`, `allowedCertificateNames` and `originAccessControlConfig` change nothing here, for no TLS to origins and no
    signing is simulated.
    """
    update: dict[str, Any] = asked.update if isinstance(asked.update, dict) else {}
    if asked.is_selection:
        return replace(origins[str(asked.id)], host_header=update.get("hostHeader"))
    timeouts, custom = update.get("timeouts", {}), update.get("customOriginConfig")
    changed = replace(
        assigned,
        domain_name=update.get("domainName", assigned.domain_name),
        # "If this is not provided, the value from the domainName parameter is used."
        host_header=update.get("hostHeader", update.get("domainName", assigned.host_header)),
        path=update.get("originPath", assigned.path),
        connection_attempts=update.get("connectionAttempts", assigned.connection_attempts),
        read_timeout=timeouts.get("readTimeout", assigned.read_timeout),
        keepalive_timeout=timeouts.get("keepAliveTimeout", assigned.keepalive_timeout),
        connection_timeout=timeouts.get("connectionTimeout", assigned.connection_timeout),
        response_completion_timeout=timeouts.get("responseCompletionTimeout", assigned.response_completion_timeout),
    )
    if "customHeaders" in update:
        headers = Headers.of((title_case(name), value) for name, value in update["customHeaders"].items())
        changed = replace(changed, custom_headers=headers)
    if custom is None:
        return changed
    return replace(
        changed,
        protocol=custom["protocol"],
        http_port=custom["port"],
        https_port=custom["port"],
        ssl_protocols=tuple(custom["sslProtocols"]),
    )
