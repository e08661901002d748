"""The engine's part of an update: compare what the program registers with the state, and ask the provider."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from pulumi_state.resources import STACK
from simulator.standin.model.errors import ProgramError, StandInError, one_message
from simulator.standin.model.model import Known, draw_uuid
from simulator.standin.model.wire import Secret, holds_secret, mark_secrets, reveal
from simulator.standin.provider import PROVIDERS, Difference, StandIn
from simulator.standin.registration import PROVIDER_PREFIX, Registration
from simulator.standin.state import decode, encode, recall

FUNCTION = "aws:lambda/function:Function"
Operation = Literal["create", "update", "replace", "delete", "same", "retain"]


@dataclass(frozen=True)
class Change:
    """The change of one resource; `paths` are the changed inputs of an update or a replacement."""

    op: Operation
    urn: str
    type: str
    name: str
    paths: tuple[str, ...] = ()


@dataclass
class Deployment:
    """One update or preview of one stack. `previous` are the resources of the state before, in its order.

    `kept` are resources that the stack has let go of and that are in the account still, under their names. `packages`
    are those whose components a plugin of their own constructs.
    """

    stack: str
    project: str
    previous: Mapping[str, dict[str, object]]
    provider_config: Mapping[str, object]
    now: str
    is_preview: bool = False
    dynamodb_url: str = ""
    packages: frozenset[str] = frozenset()
    kept: list[dict[str, object]] = field(default_factory=list)
    resources: dict[str, dict[str, object]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    outputs: dict[str, object] = field(default_factory=dict)
    invoked: list[str] = field(default_factory=list)
    with_secrets: dict[str, dict[str, object]] = field(default_factory=dict)
    _renamed: set[str] = field(default_factory=set)
    _was: dict[str, str] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _outlived: list[tuple[StandIn, dict[str, object]]] = field(default_factory=list)
    _existing: dict[tuple[str, str], Known] = field(default_factory=dict)
    _providers: dict[str, StandIn] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for resource in (*self.kept, *self.previous.values()):
            if resource.get("custom") and not str(resource["type"]).startswith(PROVIDER_PREFIX):
                known = Known(reveal(decode(resource.get("inputs"))), reveal(decode(resource.get("outputs"))))
                self._existing[str(resource["type"]), str(resource.get("id", ""))] = known

    def register(self, asked: Registration) -> tuple[str, dict[str, object]]:
        """Create, update, replace or keep a resource: (id, outputs). Errors: ProgramError, StandInError."""
        if asked.urn in self.resources:
            raise ProgramError(f"Duplicate resource URN '{asked.urn}'; try giving it a unique name")
        if not asked.is_custom:
            return self._register_component(asked)
        if asked.type.startswith(PROVIDER_PREFIX):
            inputs = {**reveal(asked.inputs), **({"version": asked.version} if asked.version else {})}
            options = {"parent": asked.parent, **asked.options} if asked.parent else asked.options
            return self._configure(asked.urn, asked.type, asked.name, inputs, options)
        reference = asked.provider or self.default_provider(asked.type, asked.version)
        return self._register_custom(asked, reference)

    def complete(self, urn: str, outputs: Mapping[str, object]) -> None:
        """The outputs a component registers at its end; the stack's are the program's own."""
        shown = {key: value for key, value in outputs.items() if value is not None}
        if encode(shown):
            self.resources[urn]["outputs"] = encode(shown)
        if self.resources[urn]["type"] == STACK:
            self.outputs = shown

    def invoke(self, token: str, arguments: Mapping[str, object], provider: str, version: str) -> dict[str, object]:
        """Read a data source from the provider asked, or from the default one."""
        reference = provider or self.default_provider(token, version)
        self.invoked.append(token)
        return self._providers[_reference_urn(reference)].invoke(token, reveal(arguments))

    def default_provider(self, token: str, version: str) -> str:
        """Return the provider that the engine makes for resources that name none: one per package version."""
        package = token.partition(":")[0]
        kind = f"{PROVIDER_PREFIX}{package}"
        name = "_".join(["default", *version.split(".")]) if version else "default"
        urn = f"urn:pulumi:{self.stack}::{self.project}::{kind}::{name}"
        if urn not in self.resources:
            settings = self.provider_config if package == "aws" else {}
            inputs = {**settings, **({"version": version} if version else {})}
            self._configure(urn, kind, name, inputs, {})
        return f"{urn}::{self.resources[urn]['id']}"

    def provider_inputs(self, reference: str) -> dict[str, object]:
        """Return the settings of a provider, by its reference."""
        return decode(self.resources[_reference_urn(reference)].get("outputs"))

    def finish(self) -> None:
        """Delete what was replaced, and then what the program no longer registers, last first.

        Errors: ProgramError for what may not go.
        """
        for stand_in, resource in reversed(self._outlived):
            self._let_go(stand_in, resource)
        for urn, resource in reversed(list(self.previous.items())):
            if urn not in self.resources and urn not in self._renamed:
                self._delete(urn, resource)

    def _register_component(self, asked: Registration) -> tuple[str, dict[str, object]]:
        before = self._before(asked)
        self._record(asked, {"inputs": encode(asked.inputs)} if asked.inputs else {}, before)
        self._note("same" if before else "create", asked.urn, asked.type)
        return "", {}

    def _before(self, asked: Registration) -> dict[str, object] | None:
        """The resource in the state, under its URN, a former one, or a former one of its parent."""
        parent = self._was.get(asked.parent)
        for urn in (asked.urn, *(asked.former(parent) if parent else asked.aliases)):
            if urn not in self.previous:
                continue
            if urn != asked.urn:
                self._was[asked.urn] = urn
            self._renamed.add(urn)
            return self.previous[urn]
        return None

    def _configure(
        self, urn: str, kind: str, name: str, inputs: dict[str, object], options: Mapping[str, object]
    ) -> tuple[str, dict[str, object]]:
        package = kind.removeprefix(PROVIDER_PREFIX)
        if package not in {*PROVIDERS, *self.packages}:
            raise StandInError(f"the stand-in does not model {kind}")
        if package in PROVIDERS and (failures := StandIn().check_config(inputs, package)):
            raise ProgramError(one_message(kind, name, failures))
        before = self.previous.get(urn)
        identity = str(before["id"]) if before else draw_uuid(urn)
        if package in PROVIDERS:
            self._providers[urn] = StandIn.configure(inputs, self._existing, self.dynamodb_url)
        entry = {"urn": urn, "custom": True, "id": identity, "type": kind}
        # The engine's own notes on the plugin, beside the settings where the SDK has named a version.
        internal: dict[str, object] = {"__internal": {}} if "version" in inputs else {}
        noted = {**internal, **inputs}
        texts = {"inputs": encode(noted), "outputs": encode(inputs)} if inputs else {}
        changed = before is not None and before.get("inputs") != texts.get("inputs")
        self.resources[urn] = {**entry, **texts, **options, **self._times(before, is_changed=changed)}
        self._note("create" if before is None else "update" if changed else "same", urn, kind)
        return identity, dict(inputs)

    def _register_custom(self, asked: Registration, reference: str) -> tuple[str, dict[str, object]]:
        stand_in = self._providers[_reference_urn(reference)]
        before = self._before(asked)
        old = self._recall_resource(before, asked, stand_in) if before else None
        news = reveal(asked.inputs)
        if old:
            news |= {key: old.inputs[key] for key in asked.ignored if key in old.inputs}
        inputs, failures = stand_in.check(asked.type, asked.urn, news)
        if failures:
            raise ProgramError(one_message(asked.type, asked.name, failures))
        difference = stand_in.diff(asked.type, old, inputs, asked.ignored, asked.urn) if old else None
        if before and difference:
            difference = stand_in.with_lost(asked.type, difference, self._lost_properties(before))
        identity, outputs = self._apply(stand_in, asked, before, old, inputs, difference)
        marked = mark_secrets(outputs, asked.inputs)
        marked |= {key: Secret(marked[key]) for key in _secret_outputs(asked) if key in marked}
        given = mark_secrets(inputs, asked.inputs)
        texts = {"inputs": encode(given), "outputs": encode(marked)}
        if holds_secret(given) or holds_secret(marked):
            self.with_secrets[asked.urn] = {
                "inputs": encode(given, shows_secrets=True),
                "outputs": encode(marked, shows_secrets=True),
            }
        is_changed = old is None or bool(difference and difference.paths)
        self._record(asked, {"id": identity, **texts, "provider": reference}, before, is_changed=is_changed)
        return identity, marked

    def _recall_resource(self, before: Mapping[str, object], asked: Registration, stand_in: StandIn) -> Known:
        """The resource as the state has it. Secrets are filled in from the program where they are in the same place,
        and made again where they are the provider's.
        """
        inputs = cast("Mapping[str, object]", recall(decode(before.get("inputs")), asked.inputs))
        outputs = cast("Mapping[str, object]", recall(decode(before.get("outputs")), asked.inputs))
        known = Known(reveal(inputs), reveal(outputs))
        return stand_in.recover(asked.type, asked.urn, str(before.get("id", "")), known)

    def _apply(
        self,
        stand_in: StandIn,
        asked: Registration,
        before: Mapping[str, object] | None,
        old: Known | None,
        inputs: dict[str, object],
        difference: Difference | None,
    ) -> tuple[str, dict[str, object]]:
        if before is None or old is None or difference is None:
            self._note("create", asked.urn, asked.type)
            return stand_in.create(asked.type, asked.urn, inputs, preview=self.is_preview)
        identity, paths = str(before.get("id", "")), tuple(change.path for change in difference.paths)
        if difference.replaces:
            return self._replace(stand_in, asked, before, inputs, difference)
        if not paths:
            self._note("same", asked.urn, asked.type)
            stand_in.remember(asked.type, identity, old.inputs, old.outputs)
            return identity, dict(old.outputs)
        self._note("update", asked.urn, asked.type, paths)
        return identity, stand_in.update(asked.type, asked.urn, identity, old, inputs, preview=self.is_preview)

    def _lost_properties(self, before: Mapping[str, object]) -> set[str]:
        """The properties that were made from a resource which is gone, and is made anew, in this update."""
        made_from = before.get("propertyDependencies")
        known = cast("Mapping[str, Sequence[str]]", made_from if isinstance(made_from, dict) else {})
        return {key for key, urns in known.items() if self._gone & set(urns)}

    def _replace(
        self,
        stand_in: StandIn,
        asked: Registration,
        before: Mapping[str, object],
        inputs: dict[str, object],
        difference: Difference,
    ) -> tuple[str, dict[str, object]]:
        paths = tuple(change.path for change in difference.paths)
        if asked.is_protected and before.get("protect"):
            raise ProgramError(
                f'unable to replace resource "{asked.urn}" as it is currently marked for protection (changed:'
                f" {', '.join(paths)}). Set protect to false and deploy first, or undo the change"
            )
        if difference.deletes_first if asked.deletes_first is None else asked.deletes_first:
            self._let_go(stand_in, before)
            self._gone.add(asked.urn)
        else:
            self._outlived.append((stand_in, dict(before)))
        self._note("replace", asked.urn, asked.type, paths)
        return stand_in.create(asked.type, asked.urn, inputs, preview=self.is_preview)

    def _let_go(self, stand_in: StandIn, before: Mapping[str, object]) -> None:
        """Delete what is replaced, unless it is to stay in the account, where it keeps its name."""
        if before.get("retainOnDelete"):
            self._keep(before)
            return
        kind, identity = str(before["type"]), str(before.get("id", ""))
        same = self.resources.get(str(before["urn"]), {}).get("id") == identity
        stand_in.delete(kind, identity, decode(before.get("outputs")), is_followed=same)

    def _delete(self, urn: str, resource: Mapping[str, object]) -> None:
        kind = str(resource["type"])
        if resource.get("protect"):
            raise ProgramError(
                f'resource "{urn}" cannot be deleted because it is protected. Set protect to false and deploy first,'
                " or keep it in the program"
            )
        if resource.get("retainOnDelete"):
            self._keep(resource)
            self._note("retain", urn, kind)
            return
        if resource.get("custom") and not kind.startswith(PROVIDER_PREFIX):
            StandIn(existing=self._existing).delete(kind, str(resource.get("id", "")), decode(resource.get("outputs")))
        self._note("delete", urn, kind)

    def _keep(self, resource: Mapping[str, object]) -> None:
        """Remember what goes on having its name. A function's has a random part, which is always the same here."""
        if resource.get("custom") and resource["type"] != FUNCTION:
            names = ("type", "custom", "id", "inputs", "outputs")
            self.kept.append({name: resource[name] for name in names if name in resource})

    def _record(
        self,
        asked: Registration,
        values: Mapping[str, object],
        before: Mapping[str, object] | None,
        *,
        is_changed: bool = False,
    ) -> None:
        entry: dict[str, object] = {"urn": asked.urn, "custom": asked.is_custom, "type": asked.type}
        parent = {"parent": asked.parent} if asked.parent else {}
        times = self._times(before, is_changed=is_changed)
        self.resources[asked.urn] = {**entry, **values, **parent, **asked.options, **times}

    def _times(self, before: Mapping[str, object] | None, *, is_changed: bool) -> dict[str, object]:
        if before is None:
            return {"created": self.now, "modified": self.now}
        created, modified = before.get("created", self.now), before.get("modified", self.now)
        return {"created": created, "modified": self.now if is_changed else modified}

    def _note(self, op: Operation, urn: str, kind: str, paths: tuple[str, ...] = ()) -> None:
        self.changes.append(Change(op, urn, kind, urn.rpartition("::")[2], paths))


def provider_config(config: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, object]:
    """The default provider's settings: every `aws:` key, and the Region from the environment when there is none."""
    found: dict[str, object] = {key.partition(":")[2]: value for key, value in config.items() if key.startswith("aws:")}
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return {"region": region, **found} if region else found


def _reference_urn(reference: str) -> str:
    """A provider reference is its URN and its id, joined by "::"."""
    return reference.rpartition("::")[0]


def _secret_outputs(asked: Registration) -> list[str]:
    names = asked.options.get("additionalSecretOutputs", [])
    return [str(name) for name in names] if isinstance(names, list) else []


def show(value: object) -> object:
    """A stack output as the CLI shows it, secrets covered."""
    return json.loads(json.dumps(value, default=lambda one: "[secret]" if isinstance(one, Secret) else "[unknown]"))
