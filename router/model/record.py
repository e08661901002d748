"""Frozen records and the shapes of JSON, without importing dataclasses and typing.

That import (inspect, ast, tokenize …) and its code generation cost 14 ms, as much as the rest of a cold start here. See
docs/adr/0008. dataclasses.fields, asdict and replace take a record as they take a dataclass.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import field
    from typing import Any, TypeGuard, TypeVar, dataclass_transform

    T = TypeVar("T")

    @dataclass_transform(frozen_default=True, field_specifiers=(field,))
    def record(cls: type[T]) -> type[T]: ...

else:

    def record(cls):
        """Make a class of annotated fields, with defaults or `field(default_factory=…)`, immutable and comparable."""
        names = tuple(name for name, kind in cls.__annotations__.items() if not _is_class_var(kind))
        defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
        for name, default in defaults.items():
            if isinstance(default, field):
                delattr(cls, name)
        if "__init__" not in cls.__dict__:
            cls.__init__ = _make_init(cls.__name__, names, defaults, getattr(cls, "__post_init__", None))
        cls.__setattr__ = cls.__delattr__ = _refuse
        cls.__eq__ = _equals
        cls.__hash__ = lambda self: hash(tuple(self.__dict__.values()))
        cls.__repr__ = _repr
        cls.__dataclass_fields__ = _Lazily("__dataclass_fields__", names, defaults)
        cls.__dataclass_params__ = _Lazily("__dataclass_params__", names, defaults)
        return cls

    class field:  # noqa: N801  the name that dataclasses has for it
        """A field whose default is made anew for each record."""

        def __init__(self, *, default_factory):
            self.default_factory = default_factory

    class _Lazily:
        """The attributes that functions of dataclasses look for, made by dataclasses when they look."""

        def __init__(self, attribute, names, defaults):
            self._attribute, self._names, self._defaults = attribute, names, defaults

        def __get__(self, instance, owner):
            import dataclasses

            fields = []
            for name in self._names:
                default = self._defaults.get(name, dataclasses.MISSING)
                if isinstance(default, field):
                    made = dataclasses.field(default_factory=default.default_factory)
                else:
                    made = dataclasses.field(default=default)
                fields.append((name, owner.__annotations__[name], made))
            made = dataclasses.make_dataclass(owner.__name__, fields, init=False, repr=False, eq=False, frozen=True)
            setattr(owner, self._attribute, getattr(made, self._attribute))
            return getattr(owner, self._attribute)


def _is_field(default: object) -> bool:
    return type(default).__name__ == "field"


def _is_class_var(annotation: object) -> bool:
    return str(annotation).removeprefix("typing.").startswith("ClassVar")


def _make_init(
    class_name: str, names: tuple[str, ...], defaults: dict[str, Any], post_init: Callable[[Any], None] | None
) -> Callable[..., None]:
    factories = {name: made.default_factory for name, made in defaults.items() if _is_field(made)}
    plain = {name: value for name, value in defaults.items() if name not in factories}

    def init(self: Any, *args: Any, **given: Any) -> None:
        values = plain | dict(zip(names, args, strict=False)) | given
        for name in factories.keys() - values.keys():
            values[name] = factories[name]()
        if values.keys() != set(names) or len(args) > len(names) or given.keys() & set(names[: len(args)]):
            raise TypeError(f"{class_name} takes {', '.join(names)}; given: {', '.join([*names[: len(args)], *given])}")
        self.__dict__.update((name, values[name]) for name in names)
        if post_init is not None:
            post_init(self)

    return init


def _refuse(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: {name!r} cannot be changed")


def _equals(self: object, other: object) -> bool:
    return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented


def _repr(self: object) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


def is_list(value: object) -> TypeGuard[list[Any]]:
    """True for a decoded JSON array."""
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """True for a decoded JSON object."""
    return isinstance(value, dict)
