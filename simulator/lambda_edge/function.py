"""A published function version: what is read from the state, checked."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pulumi_state.resources import Resource, living_resources
from pulumi_state.values import SIGNATURE, expect_shape, open_properties

FUNCTION_TYPE = "aws:lambda/function:Function"


class FunctionStateError(Exception):
    """A function in the state that cannot be run; the message names the resource and the property."""


@dataclass(frozen=True)
class FunctionCode:
    """One published version: `arn` ends in `:function:name:version`, `package` is the zip that was deployed."""

    arn: str
    name: str
    version: str
    package: Path
    handler: str
    timeout_seconds: float
    memory_mb: int
    runtime: str = "python3.13"
    log_format: str = "Text"


@expect_shape("a function", FunctionStateError)
def functions_from_state(
    state: Mapping[str, Any], directory: Path, package: Path | None = None, only: Container[str] | None = None
) -> tuple[FunctionCode, ...]:
    """Every published function of a state in the shape of `pulumi stack export`, or those of the ARNs in `only`.

    Package paths are relative to `directory` (the Pulumi project); `package` replaces them all, for a state that was
    exported on another machine. A function without a version is left out: no distribution can run it.
    FunctionStateError when a property is missing or the package is not there.
    """
    functions = living_resources(state, FUNCTION_TYPE)
    wanted = [one for one in functions if only is None or str(one.properties.get("qualifiedArn")) in only]
    return tuple(_from_resource(resource, directory, package) for resource in wanted if _is_published(resource))


def _is_published(resource: Resource) -> bool:
    return str(resource.properties.get("version", "$LATEST")).isdigit()


def _from_resource(resource: Resource, directory: Path, package: Path | None) -> FunctionCode:
    urn, outputs = resource.urn, resource.properties

    def require(name: str) -> str:
        if name not in outputs or outputs[name] in (None, ""):
            raise FunctionStateError(f"{urn}: the state has no {name}")
        return str(outputs[name])

    if not require("runtime").startswith("python"):
        raise FunctionStateError(f"{urn}: the runtime {require('runtime')} is not simulated, only Python's")
    logging = cast("Mapping[str, object]", outputs.get("loggingConfig") or {})
    return FunctionCode(
        arn=require("qualifiedArn"),
        name=require("name"),
        version=require("version"),
        package=package or _package(urn, resource, directory),
        handler=require("handler"),
        timeout_seconds=float(require("timeout")),
        memory_mb=int(float(require("memorySize"))),
        runtime=require("runtime"),
        log_format=str(logging.get("logFormat", "Text")),
    )


def _package(urn: str, resource: Resource, directory: Path) -> Path:
    inputs = open_properties(resource.entry.get("inputs") or {}, resource.label)
    code = resource.properties.get("code") or inputs.get("code")
    path = cast("Mapping[str, object]", code).get("path") if isinstance(code, dict) and SIGNATURE in code else None
    if not isinstance(path, str):
        raise FunctionStateError(f"{urn}: code is not an archive with a path; name the package itself")
    package = directory / path
    if not package.is_file():
        raise FunctionStateError(f"{urn}: the package {package} does not exist; build it or name another")
    return package
