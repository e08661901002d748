"""`python -m release.sbom FOLDER`: the bill of materials of the packages (CycloneDX 1.6), and every bill validated.

It runs in the environment of requirements-release.txt, and imports nothing of the project's.
"""
# pyright: basic, reportMissingImports=false
# What it imports is in that environment only.

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

FILE = "edge-packages.cdx.json"


def build_bom(document: dict[str, Any], made_at: datetime | None) -> Bom:
    """Return the packages as components, each with the wheels inside it; the same bill for the same document."""
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, json.dumps(document, sort_keys=True)))
    root = Component(
        name="edge-router", version=document["version"], type=ComponentType.APPLICATION, bom_ref="edge-router"
    )
    bom.metadata.component, bom.metadata.timestamp = root, made_at
    wheels: dict[str, Component] = {}
    packages: list[Dependency] = []
    for package in document["packages"]:
        inside = [wheels.setdefault(wheel["file"], _wheel(wheel)) for wheel in package["wheels"]]
        bom.components.add(_package(package, document["version"]))
        packages.append(_depends(package["name"], [one.bom_ref.value for one in inside]))
    bom.components.update(wheels.values())
    names = [package["name"] for package in document["packages"]]
    bom.dependencies.update([_depends("edge-router", names), *packages, *(_depends(file, []) for file in wheels)])
    return bom


def _package(package: dict[str, Any], version: str) -> Component:
    return Component(
        name=package["name"],
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=package["name"],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=package["sha256"])],
        properties=[Property(name="edge-router:strategy", value=package["strategy"])],
    )


def _wheel(wheel: dict[str, str]) -> Component:
    """Return a component named by its file: one version has a wheel for each platform."""
    licence = wheel["licence"]
    return Component(
        name=wheel["name"],
        version=wheel["version"],
        type=ComponentType.LIBRARY,
        bom_ref=wheel["file"],
        purl=PackageURL("pypi", None, wheel["name"], wheel["version"], {"file_name": wheel["file"]}),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel["sha256"])],
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
    )


def _depends(name: str, on: list[Any]) -> Dependency:
    from cyclonedx.model.bom_ref import BomRef

    return Dependency(ref=BomRef(name), dependencies=[Dependency(ref=BomRef(str(other))) for other in on])


def validation_error(text: str) -> str:
    """Return what the schema of CycloneDX 1.6 says against a bill, "" for nothing; unknown keys count."""
    error: Any = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return "" if error is None else str(error.data.message)


def main(folder: Path) -> None:
    """Write the bill of the packages; SystemExit where any bill in the folder is not valid."""
    document = json.loads((folder / "packages.json").read_text(encoding="utf-8"))
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    made_at = datetime.fromtimestamp(int(epoch), UTC) if epoch else None
    text = JsonV1Dot6(build_bom(document, made_at)).output_as_string(indent=1)
    (folder / FILE).write_text(f"{text}\n", encoding="utf-8")
    for path in sorted(folder.glob("*.cdx.json")):
        if error := validation_error(path.read_text(encoding="utf-8")):
            sys.exit(f"error: {path}: is not valid CycloneDX 1.6: {error}")
        print(f"{path}: valid CycloneDX 1.6")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
