"""random:index/randomPassword:RandomPassword, the one resource of pulumi-random that is answered for."""

from collections.abc import Iterator

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, draw, words
from simulator.standin.model.rules import between

_CLASSES = {
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "numeric": "0123456789",
    "special": "!@#$%&*()-_=+[]{}<>:?",
}
_DRAWN_AT_ONCE = 32
"""A digest is enough for so many characters."""


def _alphabet(inputs: Properties) -> str:
    return "".join(letters for name, letters in _CLASSES.items() if inputs.get(name, True))


def _check(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    if not _alphabet(inputs):
        yield Failure("", "allows no character at all: one of lower, upper, numeric and special has to be true")


def _compute(creation: Creation) -> dict[str, object]:
    """Draw the same password for the same resource, as all that the stand-in computes."""
    length, alphabet = int(str(creation.inputs["length"])), _alphabet(creation.inputs)
    parts = range(0, length, _DRAWN_AT_ONCE)
    text = "".join(draw(alphabet, _DRAWN_AT_ONCE, creation.urn, creation.inputs, part) for part in parts)
    salted = draw("".join(_CLASSES[name] for name in ("lower", "upper", "numeric")), 53, "bcrypt", creation.urn)
    return {"bcryptHash": f"$2a$10${salted}", "result": text[:length]}


RANDOM_PASSWORD = ResourceModel(
    type="random:index/randomPassword:RandomPassword",
    args="pulumi_random.RandomPasswordArgs",
    modelled=words("keepers length lower numeric special upper"),
    identify=lambda _creation: "none",
    compute=_compute,
    replaces=words("keepers length lower numeric special upper"),
    computed=words("bcryptHash result"),
    defaults={
        **dict.fromkeys(("lower", "number", "numeric", "special", "upper"), True),
        **dict.fromkeys(("minLower", "minNumeric", "minSpecial", "minUpper"), 0),
    },
    rules={"length": between(1, 1_000_000)},
    check=_check,
)

MODELS = (RANDOM_PASSWORD,)
