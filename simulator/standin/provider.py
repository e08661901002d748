"""The stand-in for the pulumi-aws 7 provider: checks, compares and computes outputs, without AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from simulator.standin.data_sources import INVOKES
from simulator.standin.diff import PathChange, changes
from simulator.standin.model.errors import Failure, StandInError
from simulator.standin.model.model import HEX, Creation, Known, ResourceModel, Scope, draw, words
from simulator.standin.model.rules import rule_failures
from simulator.standin.model.wire import UNKNOWN, UNKNOWN_TEXT, holds_unknown, rewrite
from simulator.standin.resource_models import MODELS
from simulator.standin.schema import args_class, property_types, violations
from simulator.standin.state import WITHHELD

_COMMON_SETTINGS = words("version pluginDownloadURL")
PROVIDERS = {
    "aws": _COMMON_SETTINGS
    | words(
        "region defaultTags profile allowedAccountIds skipCredentialsValidation skipMetadataApiCheck"
        " skipRegionValidation skipRequestingAccountId"
    ),
    "random": _COMMON_SETTINGS,
}
"""The packages whose resources are answered for, and the settings of their providers."""


class Difference(NamedTuple):
    """The changes between two sets of inputs, and the properties that force a replacement.

    `deletes_first`: the old resource goes before the new one comes.
    """

    paths: tuple[PathChange, ...]
    replaces: tuple[str, ...]
    deletes_first: bool = False


class StandIn:
    """Answers as pulumi-aws 7, or pulumi-random 4, for one configured provider.

    It holds no cloud: outputs are computed from the inputs and the outputs before, always the same for the same.
    `existing` is what there is in the account, by (type, id); several providers of one deployment share it. Items of
    tables are read from the local DynamoDB at `dynamodb_url`, if there is one.
    Whatever is not in its tables it refuses by name, with `StandInError`.
    """

    def __init__(
        self,
        region: str = "us-east-1",
        default_tags: Mapping[str, str] | None = None,
        existing: dict[tuple[str, str], Known] | None = None,
        dynamodb_url: str = "",
    ) -> None:
        self.scope = Scope(region, dict(default_tags or {}), {} if existing is None else existing, dynamodb_url)

    @classmethod
    def configure(
        cls, inputs: Mapping[str, object], existing: dict[tuple[str, str], Known] | None = None, dynamodb_url: str = ""
    ) -> StandIn:
        """A provider from the inputs of its resource; objects in them are JSON text, as the engine has them."""
        tags = inputs.get("defaultTags")
        parsed = json.loads(tags) if isinstance(tags, str) else tags
        default_tags = parsed.get("tags", {}) if isinstance(parsed, dict) else {}
        return cls(str(inputs.get("region", "")), default_tags, existing, dynamodb_url)

    def check_config(self, inputs: Mapping[str, object], package: str = "aws") -> list[Failure]:
        """The errors of a provider's own settings."""
        unmodelled = sorted(inputs.keys() - PROVIDERS[package] - {"__internal"})
        failures = [Failure(key, "the stand-in does not model this provider setting") for key in unmodelled]
        if package == "aws" and not inputs.get("region"):
            failures.append(Failure("region", "is missing: run `pulumi config set aws:region us-east-1`"))
        return failures

    def check(self, token: str, urn: str, news: Mapping[str, object]) -> tuple[dict[str, object], list[Failure]]:
        """Inputs with the name filled in, and everything the provider or AWS would refuse."""
        model = self._model(token)
        inputs = {key: value for key, value in news.items() if value is not None}
        if model.named and model.name_property not in inputs:
            inputs[model.name_property] = _automatic_name(urn, model.named)
        failures = list(violations(args_class(model.args), inputs))
        properties = property_types(args_class(model.args)).keys()
        unmodelled = sorted((inputs.keys() & properties) - model.modelled)
        failures += [Failure(key, "the stand-in does not model this property") for key in unmodelled]
        if not failures:
            failures += [*rule_failures(model.rules, inputs), *model.check(inputs, self.scope)]
        return inputs, failures

    def diff(
        self, token: str, before: Known, new: Mapping[str, object], ignored: tuple[str, ...] = (), urn: str = ""
    ) -> Difference:
        """Compare checked inputs; `ignored` are top-level properties of ignoreChanges.

        A resource that follows the provider's Region moves when the provider's Region changes, that is, it is replaced.
        """
        model = self._model(token)
        found = tuple(change for change in changes(before.inputs, new, model.unordered) if change.top not in ignored)
        was_in = before.outputs.get("region", self.scope.region)
        if "region" in model.replaces and not new.keys() & {"region"} and was_in != self.scope.region:
            found = (*(change for change in found if change.top != "region"), PathChange("region", "update"))
        replaces = tuple(sorted({change.top for change in found} & model.replaces))
        return Difference(found, replaces, bool(replaces) and _goes_first(model, urn, new))

    def with_lost(self, token: str, difference: Difference, lost: set[str]) -> Difference:
        """The same where `lost` properties came from a resource that was deleted: what they identify went with it."""
        replaces = lost & self._model(token).replaces
        if not replaces:
            return difference
        paths = [change for change in difference.paths if change.top not in replaces]
        paths += [PathChange(key, "update") for key in sorted(replaces)]
        return Difference(tuple(paths), tuple(sorted({*difference.replaces, *replaces})), deletes_first=True)

    def create(
        self, token: str, urn: str, inputs: Mapping[str, object], *, preview: bool = False
    ) -> tuple[str, dict[str, object]]:
        """(id, outputs); in a preview the id is "" and computed outputs are unknown."""
        model = self._model(token)
        if preview:
            planned = {**model.defaults, **inputs, **dict.fromkeys(model.computed, UNKNOWN)}
            self.remember(token, f"planned {urn}", inputs, planned)
            return "", planned
        creation = Creation(inputs, "", urn, self.scope, None, frozenset())
        self._refuse_taken(model, creation)
        identity = model.identity(creation)
        outputs = model.outputs(Creation(inputs, identity, urn, self.scope, None, frozenset(inputs)))
        self.remember(token, identity, inputs, outputs)
        self.scope.creators[token, identity] = urn
        return identity, outputs

    def _refuse_taken(self, model: ResourceModel, creation: Creation) -> None:
        """StandInError where another resource has the name: one of the account's, or what this one replaces."""
        if model.unique is None or _is_automatic(model, creation.urn, creation.inputs):
            return
        wanted = set(model.unique.names(creation.inputs, creation.region))
        for (kind, identity), known in self.scope.existing.items():
            is_other = self.scope.creators.get((kind, identity)) != creation.urn and not identity.startswith("planned ")
            region = str(known.outputs.get("region") or creation.region)
            if kind == model.type and is_other and wanted & set(model.unique.names(known.inputs, region)):
                keys = ("name", "bucket", "statementId", "tableName")
                name = next((creation.inputs[key] for key in keys if key in creation.inputs), "")
                raise StandInError(
                    f"{model.type} '{creation.urn.rpartition('::')[2]}' cannot be created: the name {name!r} is taken"
                    f" by a resource that is there already ({model.unique.error})"
                )

    def update(
        self, token: str, urn: str, identity: str, before: Known, inputs: Mapping[str, object], *, preview: bool = False
    ) -> dict[str, object]:
        """The outputs after an update in place; in a preview those that change are unknown."""
        model = self._model(token)
        changed = frozenset(change.top for change in changes(before.inputs, inputs, model.unordered))
        # Unknown values are the wire's text meanwhile, so that outputs can be computed around them.
        known = {key: rewrite(value, _hide_unknown) for key, value in inputs.items()}
        outputs = model.outputs(Creation(known, identity, urn, self.scope, before.outputs, changed))
        if preview:
            later = {key for key in model.computed if outputs.get(key) != before.outputs.get(key)}
            outputs = {**outputs, **dict.fromkeys(later, UNKNOWN)}
        outputs = {key: rewrite(value, _unknown_again) for key, value in outputs.items()}
        if not holds_unknown(outputs):
            self.remember(token, identity, inputs, outputs)
        return outputs

    def recover(self, token: str, urn: str, identity: str, known: Known) -> Known:
        """The same with outputs that a state withholds, for they are secret, computed again from the inputs."""
        withheld = {key for key, value in known.outputs.items() if value is WITHHELD}
        if not withheld:
            return known
        creation = Creation(known.inputs, identity, urn, self.scope, None, frozenset(known.inputs))
        outputs = self._model(token).outputs(creation)
        return Known(known.inputs, {**known.outputs, **{key: outputs[key] for key in withheld & outputs.keys()}})

    def remember(self, token: str, identity: str, inputs: Mapping[str, object], outputs: Mapping[str, object]) -> None:
        """Note that a resource exists, so that others can refer to it."""
        self.scope.existing[token, identity] = Known(inputs, outputs)

    def delete(self, token: str, identity: str, outputs: Mapping[str, object], *, is_followed: bool = False) -> None:
        """Forget a resource, unless AWS would refuse to delete it (StandInError).

        `is_followed`: another one with the same id has come before this one goes.
        """
        if reason := self._model(token).refuse_delete(outputs):
            raise StandInError(f"{token} {identity} {reason}")
        if not is_followed:
            self.scope.existing.pop((token, identity), None)

    def invoke(self, token: str, arguments: Mapping[str, object]) -> dict[str, object]:
        """The result of a data source; DataSourceError where it has none."""
        if token not in INVOKES:
            raise StandInError(f"the stand-in does not model {token}")
        return INVOKES[token](arguments, self.scope)

    @staticmethod
    def _model(token: str) -> ResourceModel:
        if token not in MODELS:
            raise StandInError(f"the stand-in does not model {token}")
        return MODELS[token]


def _automatic_name(urn: str, longest: int) -> str:
    """The logical name with seven characters more, as the provider names resources; always the same for a URN."""
    logical = urn.rpartition("::")[2]
    return f"{logical[: longest - 8]}-{draw(HEX, 7, 'name', urn)}"


def _is_automatic(model: ResourceModel, urn: str, inputs: Mapping[str, object]) -> bool:
    """True where the provider has chosen the name, not the program."""
    return model.named is not None and inputs.get(model.name_property) == _automatic_name(urn, model.named)


def _goes_first(model: ResourceModel, urn: str, inputs: Mapping[str, object]) -> bool:
    """True where such a resource is deleted before it is created again, whatever has changed.

    Pulumi's bridge to Terraform does so with every resource that it could name itself and the program has named
    (pulumi-terraform-bridge, pkg/tfbridge/schema.go: nameRequiresDeleteBeforeReplace).
    """
    could_be_named = model.named is not None or model.name_property != "name"
    return could_be_named and not model.is_of_framework and not _is_automatic(model, urn, inputs)


def _hide_unknown(leaf: object) -> object:
    return UNKNOWN_TEXT if leaf is UNKNOWN else leaf


def _unknown_again(leaf: object) -> object:
    return UNKNOWN if leaf == UNKNOWN_TEXT else leaf
