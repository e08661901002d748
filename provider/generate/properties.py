"""Types of properties: a setting's annotation as the type of a Pulumi schema, with what may be an Output."""

from __future__ import annotations

import re
import types
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from docs.generate.allowed import allowed_values
from docs.generate.keys import Key, section_in
from infra.settings.model import Settings

PACKAGE = "edge-router"
ANY = {"$ref": "pulumi.json#/Any"}
WORDS = {("control",)}
"""Objects in whose place a word may stand."""
PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean"}
SECRET_NAMES = frozenset({"secret", "signingKeys", "cookieSecrets"})
"""Secrets among the strategies' options, whose dataclasses cannot say it; the models of other sections do (repr)."""

_WORDS = re.compile(r"[A-Za-z0-9][\w-]*(?:, [\w-]+)+")
_INTERNAL = re.compile(r"[;,] as router\.[\w.]+ has them")
_MORE = re.compile(r" \(\[[^\]]*\]\([^)]*\)\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Property:
    """A setting as a property. `deferrable` are patterns of paths that may be Outputs which preview does not know."""

    key: Key
    deferrable: Collection[tuple[str, ...]]

    @property
    def name(self) -> str:
        """The last name of the path."""
        return [name for name in self.key.names if name != "*"][-1]

    @property
    def is_secret(self) -> bool:
        """True for a value that belongs into no log and, in a state, only encrypted."""
        is_object = section_in(self.key.annotation) is not None
        return not is_object and (not self.key.is_shown or self.name in SECRET_NAMES)

    @property
    def is_plain(self) -> bool:
        """True where the value decides about resources, and so has to be known when the program runs."""
        return self.key.names not in self.deferrable

    @property
    def words(self) -> list[str]:
        """The words that the setting, or an item of its list, is one of; none where any text will do."""
        annotation = self.key.annotation
        is_text = annotation is str or (get_origin(annotation) is tuple and _bare(get_args(annotation)[0]) is str)
        text = allowed_values(self.key, Settings) if is_text else ""
        return text.split(", ") if _WORDS.fullmatch(text) else []

    @property
    def description(self) -> str:
        """The meaning without links, which lead nowhere outside the documentation, and the default."""
        text = for_readers_elsewhere(self.key.meaning)
        has_default = self.key.default not in ("required", "none", "see its keys")
        return f"{text} Default: {self.key.default}." if has_default else text

    def spec(self, enums: dict[str, list[str]], owner: str) -> dict[str, Any]:
        """Return the property of an object type `owner`; `enums` receives the type of its words, by name."""
        found: dict[str, Any] = {"description": self.description}
        if words := self.words:
            enums[self.type_name(owner)] = words
            found |= self._plain(self._wrap(self.key.annotation, reference(self.type_name(owner))))
        elif self.key.names in WORDS:
            # A word as text: where a part is an enum, Go's generator takes a union for its words alone.
            found |= self._plain({"oneOf": [self._plain({"type": "string"}), self._type(self.key.annotation, owner)]})
        else:
            found |= self._type(self.key.annotation, owner)
        if self.is_secret:
            found["secret"] = True
        return found

    def type_name(self, owner: str) -> str:
        """Return the name of the type of the object, of what a map or list of objects has, or of the words."""
        model = section_in(self.key.annotation)
        if model is not None and get_origin(_bare(self.key.annotation)) in (dict, tuple):
            return model.__name__.removesuffix("Settings")
        return f"{owner}{self.name[0].upper()}{self.name[1:]}"

    def _type(self, annotation: Any, owner: str) -> dict[str, Any]:
        annotation = _bare(annotation)
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in (Union, types.UnionType):
            parts = [self._type(part, owner) for part in arguments if part is not type(None)]
            return parts[0] if len(parts) == 1 else self._plain({"oneOf": parts})
        if origin is tuple:
            return self._plain({"type": "array", "items": self._inside(arguments[0], owner)})
        if origin is dict:
            return self._plain({"type": "object", "additionalProperties": self._inside(arguments[1], owner)})
        if section_in(annotation) is not None:
            return {**reference(self.type_name(owner)), "plain": True}
        return self._plain({"type": PRIMITIVES[annotation]} if annotation in PRIMITIVES else dict(ANY))

    def _inside(self, annotation: Any, owner: str) -> dict[str, Any]:
        """The type of what a list or a map holds, which may be deferrable where the whole is not."""
        if section_in(annotation) is not None:
            return self._type(annotation, owner)
        return Property(Key((*self.key.names, "*"), annotation, "", ""), self.deferrable)._type(annotation, owner)

    def _wrap(self, annotation: Any, item: dict[str, Any]) -> dict[str, Any]:
        return {"type": "array", "items": self._plain(item)} if get_origin(annotation) is tuple else item

    def _plain(self, spec: dict[str, Any]) -> dict[str, Any]:
        return {**spec, "plain": True} if self.is_plain else spec


def reference(name: str) -> dict[str, Any]:
    """Return the reference to a type of the package."""
    return {"$ref": f"#/types/{PACKAGE}:index:{name}"}


def for_readers_elsewhere(text: str) -> str:
    """Return text of the documentation for a reader elsewhere: links as their words, and without names of modules."""
    text = _INTERNAL.sub("", _LINK.sub(r"\1", _MORE.sub("", text)))
    return text.replace("`--secret`", "a secret")


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation
