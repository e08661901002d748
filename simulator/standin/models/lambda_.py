"""aws:lambda/function:Function, with the versions it publishes."""

import base64
from collections.abc import Iterator
from pathlib import Path

from simulator.standin.model.errors import Failure
from simulator.standin.model.model import Creation, Properties, ResourceModel, Scope, in_region, words
from simulator.standin.model.rules import among, among_aws, between, child, matching
from simulator.standin.model.wire import ARCHIVE, SIGNATURE

FUNCTION_TYPE = "aws:lambda/function:Function"
ZIP_LIMIT_BYTES = 50 * 1024 * 1024
_NOT_CONFIGURATION = words("tags publish skipDestroy region reservedConcurrentExecutions")
"""Changes that make no new version: PublishVersion looks at code and configuration only (Lambda API reference)."""


def _check(inputs: Properties, _scope: Scope) -> Iterator[Failure]:
    for key in ("runtime", "handler"):
        if inputs.get(key) is None:
            yield Failure(key, "is required for a function deployed as a .zip file")
    yield from _code(inputs.get("code"))


def _code(code: object) -> Iterator[Failure]:
    if code is None:
        yield Failure("code", "is required")
    if not isinstance(code, dict):
        return
    path = code.get("path")
    if code.get(SIGNATURE) != ARCHIVE or not isinstance(path, str):
        yield Failure("code", "must be a FileArchive; the stand-in does not model other kinds of code")
    elif not Path(path).is_file():
        yield Failure("code", f"is {path}, which is not a file; the stand-in takes a FileArchive of a .zip file")
    elif Path(path).stat().st_size > ZIP_LIMIT_BYTES:
        yield Failure("code", f"is {Path(path).stat().st_size} bytes: Lambda takes {ZIP_LIMIT_BYTES} zipped")


def _version(creation: Creation) -> str:
    """A number that counts up whenever code or configuration changes and `publish` is true."""
    if creation.inputs.get("publish") is not True:
        return "$LATEST"
    before = str(creation.before.get("version", "")) if creation.before else ""
    if not before.isdecimal():
        return "1"
    return str(int(before) + 1) if creation.changed - _NOT_CONFIGURATION else before


def _compute(creation: Creation) -> dict[str, object]:
    arn = creation.scope.arn("lambda", f"function:{creation.id}", creation.region)
    version = _version(creation)
    code = child(creation.inputs, "code")
    code_hash = base64.b64encode(bytes.fromhex(str(code.get("hash", "")))).decode()
    invoke = f"arn:aws:apigateway:{creation.region}:lambda:path/2015-03-31/functions"
    return {
        "codeSha256": code_hash,
        "invokeArn": f"{invoke}/{arn}/invocations",
        "loggingConfig": {
            "logFormat": "Text",
            "logGroup": f"/aws/lambda/{creation.id}",
            **child(creation.inputs, "loggingConfig"),
        },
        "qualifiedArn": f"{arn}:{version}",
        "qualifiedInvokeArn": f"{invoke}/{arn}:{version}/invocations",
        "sourceCodeHash": code_hash,
        "sourceCodeSize": Path(str(code["path"])).stat().st_size,
        "version": version,
    }


FUNCTION = ResourceModel(
    type=FUNCTION_TYPE,
    args="lambda_.FunctionArgs",
    modelled=words(
        "architectures code description environment ephemeralStorage handler layers loggingConfig memorySize"
        " name packageType publish region reservedConcurrentExecutions role runtime skipDestroy tags timeout"
        " tracingConfig vpcConfig deadLetterConfig"
    ),
    arn="lambda:function:{id}",
    compute=_compute,
    replaces=words("name packageType"),
    computed=words("codeSha256 invokeArn qualifiedArn qualifiedInvokeArn sourceCodeHash sourceCodeSize version"),
    defaults={
        "architectures": ["x86_64"],
        "ephemeralStorage": {"size": 512},
        "memorySize": 128,
        "packageType": "Zip",
        "publish": False,
        "reservedConcurrentExecutions": -1,
        "skipDestroy": False,
        "timeout": 3,
        "tracingConfig": {"mode": "PassThrough"},
    },
    rules={
        "name": matching(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, '-' or '_'"),
        "runtime": among_aws("lambda", "Runtime"),
        "handler": matching(r"\S{1,128}", "1 to 128 characters without white space"),
        "timeout": between(1, 900),
        "memorySize": between(128, 10_240),
        "packageType": among("Zip"),
        "architectures[*]": among_aws("lambda", "Architecture"),
        "ephemeralStorage.size": between(512, 10_240),
        "loggingConfig.logFormat": among_aws("lambda", "LogFormat"),
        "loggingConfig.applicationLogLevel": among_aws("lambda", "ApplicationLogLevel"),
        "loggingConfig.systemLogLevel": among_aws("lambda", "SystemLogLevel"),
        "tracingConfig.mode": among_aws("lambda", "TracingMode"),
        "role": matching(r"arn:aws:iam::\d{12}:role/?[\w+=,.@/-]+", "the ARN of a role"),
        "description": matching(r"(?s).{0,256}", "at most 256 characters"),
    },
    check=_check,
    named=64,
    unique=in_region("ResourceConflictException"),
)

MODELS = (FUNCTION,)
