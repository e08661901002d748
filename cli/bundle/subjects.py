"""A file or a function in AWS beside what is built here for a stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.bundle.compare import Comparison, compare_codes, compare_packages
from cli.bundle.deployed import FunctionArn, fetch_lambda, fetch_viewer_function
from cli.bundle.opened import open_package, read_package
from cli.output.errors import OperationError, UsageError
from infra.cdn.javascript import FunctionCode, FunctionCodeError, build_function_code, build_rewriting_code
from infra.naming.edge_functions import is_router_function_arn, viewer_function_name
from infra.package.bundle import build_bundle, build_controller, build_validator, work_directory
from infra.settings.stack import Stack


@dataclass(frozen=True)
class Verified:
    """A comparison: `kind` is router, controller, validator, or the file of a CloudFront Function.

    `digests` are the SHA-256 there and here, `not_judged` is what else says how requests are handled.
    """

    kind: str
    digests: tuple[str, str]
    compared: Comparison
    version: str = ""
    not_judged: list[str] = field(default_factory=list[str])

    @property
    def differs(self) -> bool:
        return bool(self.compared.differences)


def compare_file(stack: Stack, target: str) -> Verified:
    content = read_package(Path(target))
    opened = open_package(content, f"--verify {target}")
    if not opened.kind:
        raise UsageError(f"--verify {target}: holds no handler of the router, the controller or the validator")
    here = _build(stack, opened.kind)
    digests = sha256(content).hexdigest(), sha256(here).hexdigest()
    compared = Comparison() if content == here else compare_packages(opened, open_package(here, target))
    return Verified(opened.kind, digests, compared)


def compare_function(stack: Stack, target: str) -> Verified:
    arn = FunctionArn.parse(target)
    if not arn.region:
        return _verify_viewer_function(stack, arn.name, target)
    kind = _function_kind(stack, arn.name, target)
    here = _build(stack, kind)
    digest = sha256(here).hexdigest()
    deployed = fetch_lambda(arn, kind, digest)
    compared = Comparison()
    if deployed.content is not None:
        compared = compare_packages(open_package(deployed.content, target), open_package(here, target))
    compared.differences += deployed.differences
    not_judged = ["its role, memory, timeout and tags"]
    if kind == "router" and deployed.version == "$LATEST":
        not_judged.append("the version that a distribution runs, because this is $LATEST")
    if kind != "router":
        not_judged.append("its environment variables")
    elif stack.settings.reads_control_table:
        not_judged.append("percentage, pin and release, which are in the control table")
    return Verified(kind, (deployed.sha256, digest), compared, deployed.version, not_judged)


def _verify_viewer_function(stack: Stack, name: str, target: str) -> Verified:
    functions = _viewer_functions(stack)
    function = functions.get(name)
    if function is None:
        raise _foreign(stack, target, list(functions))
    here = function.code.encode()
    there, differences = fetch_viewer_function(name)
    compared = Comparison() if there == here else compare_codes(there, here)
    compared.differences += differences
    not_judged = ["the values in its key-value store"] if any(one.key_values for one in functions.values()) else []
    return Verified(
        function.name, (sha256(there).hexdigest(), sha256(here).hexdigest()), compared, not_judged=not_judged
    )


def _viewer_functions(stack: Stack) -> dict[str, FunctionCode]:
    """Return the stack's CloudFront Functions by their names in AWS."""
    try:
        built = [build_function_code(stack), build_rewriting_code(stack)]
    except FunctionCodeError as error:
        raise OperationError(str(error)) from None
    return {viewer_function_name(stack.prefix, function.name): function for function in built if function is not None}


def _function_kind(stack: Stack, name: str, target: str) -> str:
    """Return what a function of Lambda is, by its name. UsageError for one that is not the stack's."""
    for kind in ("controller", "validator"):
        if name == f"{stack.prefix}-{kind}":
            return kind
    if is_router_function_arn(target, stack.prefix):
        return "router"
    kinds = ("controller", "validator", "<the end of its role's id>")
    raise _foreign(stack, target, [f"{stack.prefix}-{end}" for end in kinds])


def _foreign(stack: Stack, target: str, names: Sequence[str]) -> UsageError:
    allowed = f"they are called {', '.join(names)}" if names else "it has none of CloudFront"
    return UsageError(f"--verify {target}: is not a function of the stack {stack.name}: {allowed}")


def _build(stack: Stack, kind: str) -> bytes:
    """Return the package that the program would deploy. UsageError where the stack has none of the kind."""
    settings = stack.settings
    if kind == "controller" and not settings.has_rollout:
        raise UsageError(f"the stack {stack.name} has no rollout, and so no controller to compare with")
    if kind == "validator" and not settings.validator.function:
        raise UsageError(f"the stack {stack.name} has no validator.function to compare with")
    with TemporaryDirectory(prefix="edge-router-verify-") as name:
        if kind == "router":
            return build_bundle(stack, Path(name), wheel_cache=work_directory() / "wheels").path.read_bytes()
        build = build_controller if kind == "controller" else build_validator
        return build(stack, Path(name)).read_bytes()
