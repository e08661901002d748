"""The local edge as the place of tests: settings, items, origins and the clock can be changed, and the log is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from acceptance.format.step import OriginState, Session, Step, Tenant
from acceptance.run.place import SetUpError
from cli.stacks.workspace import Workspace, load
from cli.up.deploying import OPERATION_ERRORS, USAGE_ERRORS, command_errors, find_attached_functions
from cli.up.local_backends import expiry, local_backends
from cli.validate.run import expectations
from infra.config.errors import SettingsError, suggestion
from infra.settings.stack import WITHOUT_DEMO
from simulator.cloudfront import OriginMap
from simulator.deployment.applications import ApplicationError
from simulator.deployment.deployment import LocalDeployment
from simulator.loopback import LoopbackServer, Request, Response
from simulator.standin.config.override import Override
from simulator.standin.model.errors import ProgramError, StackConfigError
from simulator.standin.program import run_program

Deploy = Callable[[Sequence[Override]], Awaitable[None]]
"""Brings the deployment to these settings."""
MAX_REQUESTS = 10_000
"""Requests whose lines are kept until somebody takes them."""
NEVER_SECONDS = 86_400
"""The rollout controller of a stack does not look while its tests run."""
DEPLOY_ERRORS = (SettingsError, StackConfigError, ProgramError, *USAGE_ERRORS, *OPERATION_ERRORS)


class LogLines:
    """The router's lines by the id of their request, and the edge's own `errors`, until they are taken."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}
        self.errors: list[str] = []

    def __call__(self, _region: str, _function: str, line: str) -> None:
        """Take a line of a function; those of other kinds are none of the router's."""
        _, brace, rest = line.partition("{")
        if '"requestId"' not in rest or '"reason"' not in rest:
            return
        try:
            request_id = str(json.loads(brace + rest)["requestId"])
        except (ValueError, KeyError, TypeError):
            return
        self._lines.setdefault(request_id, []).append(line.strip())
        while len(self._lines) > MAX_REQUESTS:
            del self._lines[next(iter(self._lines))]

    def take(self, request_id: str) -> tuple[str, ...]:
        """Return the lines about a request, oldest first, and forget them."""
        return tuple(self._lines.pop(request_id, ()))

    def clear(self) -> None:
        """Forget all lines of the router."""
        self._lines.clear()

    def take_errors(self) -> Sequence[str]:
        """Return the edge's own lines, oldest first, and forget them."""
        errors = self.errors.copy()
        self.errors.clear()
        return errors


class LocalEdge:
    """A deployment that is up, on which tests run; `deploy` changes its settings, `lines` gets its log.

    Settings in `always` win over those of the tests.
    """

    def __init__(
        self,
        deployment: LocalDeployment,
        workspace: Workspace,
        stack: str,
        deploy: Deploy,
        lines: LogLines,
        always: Sequence[str] = (),
    ) -> None:
        self._deployment, self._workspace, self._stack = deployment, workspace, stack
        self._deploy, self._lines, self._always = deploy, lines, always
        self._settings: tuple[Override, ...] | None = None
        self._opened = workspace.open_stack(stack, WITHOUT_DEMO)
        self._down: dict[str, AsyncExitStack] = {}
        self.url = deployment.url

    @property
    def public_hosts(self) -> Sequence[str]:
        distribution, domain = self._deployment.distribution, self._opened.settings.domain
        own = [distribution.domain_name] if distribution is not None else []
        return [*own, *(domain.aliases if domain is not None else ())]

    @property
    def percent(self) -> float | None:
        return expectations(self._opened).get("percent")

    def token_options(self) -> Any:
        return self._opened.settings.strategy_options("jwt-iat")

    async def begin(self, settings: Sequence[Override]) -> None:
        """Put the settings into force, with an empty cache, and functions that remember nothing."""
        await self.end()
        await self.change(settings)
        self._deployment.invalidate("/*")
        await self._deployment.forget()
        self._lines.clear()

    async def end(self) -> None:
        """Bring up the origins that a test has taken down. SetUpError."""
        for name in list(self._down):
            await self._bring_up(name)

    async def change(self, settings: Sequence[Override]) -> None:
        """Deploy the settings where they are others, and let nobody remember what was in force before."""
        wanted = (*settings, *self._always)
        if self._settings == wanted:
            return
        try:
            await self._deploy(wanted)
        except DEPLOY_ERRORS as error:
            raise SetUpError(str(error)) from error
        self._settings = wanted
        self._opened = self._workspace.open_stack(self._stack, (*WITHOUT_DEMO, *wanted))
        await self._deployment.dynamodb.replication.settle()
        await self._deployment.forget()

    async def set_up(self, step: Step) -> None:
        """Do what a step sets up, but for settings. SetUpError."""
        if step.session is not None:
            await self._put_session(step.session)
        elif step.tenant is not None:
            await self._put_tenant(step.tenant)
        elif step.origin is not None:
            await self._set_origin(step.origin)
        elif step.invalidate is not None:
            self._deployment.invalidate(*step.invalidate)
        elif step.advance is not None:
            self._deployment.advance(step.advance)
        elif step.cold_start:
            await self._deployment.forget()

    def take_log(self, request_id: str) -> tuple[str, ...]:
        return self._lines.take(request_id)

    def take_edge_errors(self) -> Sequence[str]:
        return self._lines.take_errors()

    async def _put_session(self, session: Session) -> None:
        options = self._options("sticky-session")
        codes = {origin: code for code, origin in options.versions.items()}
        if session.version not in codes:
            raise SetUpError(f"session.version is {session.version!r}: {suggestion(session.version, codes)}")
        item = {
            options.key_attribute: session.id,
            options.version_attribute: codes[session.version],
            **expiry(options.expiry_attribute, session.expires_in),
        }
        await self._put("sticky-session", item)

    async def _put_tenant(self, tenant: Tenant) -> None:
        options = self._options("tenant-lookup")
        keys = dict(zip(options.key_attributes(), (tenant.tenant, tenant.account), strict=False))
        await self._put("tenant-lookup", {**keys, options.backend_attribute: tenant.domain})

    def _options(self, strategy: str) -> Any:
        options = self._opened.settings.strategy_options(strategy)
        if options is None:
            raise SetUpError(f"the stack {self._stack} has no section of {strategy}, and so no such table")
        return options

    async def _put(self, strategy: str, item: Mapping[str, Any]) -> None:
        stack = self._opened
        spec = stack.settings.tables_by_strategy()[strategy]
        await self._deployment.dynamodb.seed(stack.table_name(spec), [item])

    async def _set_origin(self, state: OriginState) -> None:
        name = self._application_address(state.name)
        await self._bring_up(name)
        if state.state == "up":
            return
        await self._deployment.applications.take_down(name)
        self._down[name] = AsyncExitStack()
        if state.state == "failing":
            server = LoopbackServer(_fail)
            await server.listen(int(self._deployment.applications.urls[name].rpartition(":")[2]))
            self._down[name].push_async_callback(server.close)

    async def _bring_up(self, name: str) -> None:
        if name not in self._down:
            return
        await self._down.pop(name).aclose()
        try:
            await self._deployment.applications.bring_up(name)
        except ApplicationError as error:
            raise SetUpError(str(error)) from error

    def _application_address(self, origin: str) -> str:
        """Return domain:port of an origin's application; `origin` is its name in the settings, or its domain."""
        settings = self._opened.settings
        tiers = settings.strategy_options("tier")
        named = {name: (one.domain_name, one.port) for name, one in settings.origins.items()}
        if settings.strategy == "tier" and tiers is not None:
            named |= {name: (one.origin(name).domain_name, one.origin(name).port) for name, one in tiers.tiers.items()}
        domain, port = named.get(origin, (origin, 443))
        found = f"{domain}:{port}"
        if found not in self._deployment.applications.urls:
            known = [
                name for name, (one, port) in named.items() if f"{one}:{port}" in self._deployment.applications.urls
            ]
            raise SetUpError(f"origin.name is {origin!r}, which has no application here: {suggestion(origin, known)}")
        return found


async def _fail(_: Request) -> Response:
    return Response(
        503, b"failing, as the test says\n", [("content-type", "text/plain"), ("cache-control", "no-store")]
    )


def fresh_deploy(deployment: LocalDeployment, workspace: Workspace, stack: str, origins: Mapping[str, str]) -> Deploy:
    """Return what deploys settings to a deployment of its own: no file of the stack is written, and nothing printed."""
    before: dict[str, Any] = {}

    async def deploy(settings: Sequence[Override]) -> None:
        config = workspace.read_config(stack, (*WITHOUT_DEMO, *settings))
        url = deployment.dynamodb.endpoint_url
        run = await asyncio.to_thread(
            run_program, stack, project=workspace.root, config=config, state=before or None, dynamodb_url=url
        )
        before.clear()
        before.update(run.state)
        state = dict(run.state_with_secrets)
        site = local_backends(load(stack, config), origins, state)
        await deployment.apply(state, site, find_attached_functions(state, workspace.root, None))

    return deploy


@asynccontextmanager
async def open_edge(
    workspace: Workspace, stack: str, settings: Sequence[str] = (), origins: Sequence[str] = ()
) -> AsyncGenerator[LocalEdge]:
    """Start a local edge of its own for a stack, beside one that may be up; `settings` win over those of the tests.

    `origins` are DOMAIN=URL. UsageError and OperationError.
    """
    with command_errors():
        addresses = OriginMap.parse(origins).base_urls
        lines = LogLines()
        deployment = LocalDeployment(on_log=lines, console=lines.errors.append, reconcile_seconds=NEVER_SECONDS)
        async with deployment:
            deploy = fresh_deploy(deployment, workspace, stack, addresses)
            yield LocalEdge(deployment, workspace, stack, deploy, lines, settings)
