"""`python -m provider.generate`: writes provider/schema.json, the package with its components and their types."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from .components import CANARY_ROUTING, EDGE_ROUTER, deferrable
from .properties import PACKAGE
from .types import Types

ROOT = Path(__file__).parents[2]
SCHEMA_FILE = ROOT / "provider" / "schema.json"
LANGUAGES: dict[str, dict[str, Any]] = {
    # Named here, because the CLI derives other names for a package that it clones than for one in a folder.
    "nodejs": {"packageName": f"@pulumi/{PACKAGE}", "respectSchemaVersion": True},
    "python": {
        "packageName": f"pulumi_{PACKAGE.replace('-', '_')}",
        "pyproject": {"enabled": True},
        "respectSchemaVersion": True,
    },
    # example.com is nobody's (RFC 2606): the SDK is a folder of the program's, and Go fetches it from nowhere.
    "go": {"importBasePath": f"example.com/{PACKAGE}/sdk/go/edgerouter", "respectSchemaVersion": True},
    "csharp": {"respectSchemaVersion": True},
    "java": {"respectSchemaVersion": True},
}


def schema() -> dict[str, Any]:
    """Return the package's schema as the models say it."""
    types = Types(deferrable())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls: dict[str, str] = {name.lower(): url for name, url in project.get("urls", {}).items()}
    metadata = {
        "name": PACKAGE,
        "displayName": "Edge Router",
        "version": project["version"],
        "description": project["description"],
        "keywords": ["pulumi", "aws", "cloudfront", "kind/component", "category/network"],
        "license": project["license"],
        **{name: urls[name] for name in ("homepage", "repository") if name in urls},
    }
    components = {one.token: one.spec(types) for one in (EDGE_ROUTER, CANARY_ROUTING)}
    return {**metadata, "types": dict(sorted(types.found.items())), "resources": components, "language": LANGUAGES}


def text() -> str:
    """Return the schema as the file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(text(), encoding="utf-8")
