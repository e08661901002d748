"""The example in every language: its resources, at the first preview and after an update, are those of the others."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.standin.languages.project import run_project
from simulator.standin.model.wire import ARCHIVE, SIGNATURE, rewrite

if TYPE_CHECKING:
    from simulator.standin.run import Run

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LANGUAGES = ("typescript", "go", "yaml", "python")
NEEDED = {
    "typescript": EXAMPLES / "typescript/node_modules/@pulumi/edge-router/bin/index.js",
    "go": EXAMPLES / "go/bin/program",
    "yaml": Path(shutil.which("pulumi-language-yaml") or "pulumi-language-yaml"),
    "python": Path(os.environ.get("EXAMPLES_PYTHON", "EXAMPLES_PYTHON")),
}
"""What `make examples` makes for each, which takes downloads by npm and Go."""
MISSING = [str(path) for path in NEEDED.values() if not path.exists()]
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"`make examples` makes what is missing: {', '.join(MISSING)}")


@cache
def run(language: str, *, preview: bool) -> Run:
    # A Python program finds the SDK where `make examples` has installed it; other programs do not look there.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(NEEDED["python"]))
        return run_project(
            "dev",
            project=EXAMPLES / language,
            packages={"edge-router": ROOT},
            preview=preview,
            now=lambda: datetime(2026, 11, 1, tzinfo=UTC),
        )


DEPENDENCIES = ("dependencies", "propertyDependencies")
"""YAML names a component where others name what is in it; to the engine that is the same (`DependenciesOf`)."""


def resources(run: Run, *without: str) -> dict[str, dict[str, Any]]:
    """By URN, without the providers: each language's SDK for AWS has its own version. An archive is its bytes."""
    deployment: Any = run.state["deployment"]
    left_out = {"provider", *without}
    return {
        one["urn"]: {key: rewrite(value, _without_path) for key, value in one.items() if key not in left_out}
        for one in deployment["resources"]
        if not one["type"].startswith("pulumi:providers:")
    }


def _without_path(value: Any) -> Any:
    if isinstance(value, dict) and value.get(SIGNATURE) == ARCHIVE:
        return {key: item for key, item in value.items() if key != "path"}
    return value


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_makes_what_the_others_make(language: str, preview: bool) -> None:
    found, expected = run(language, preview=preview), run("python", preview=preview)
    assert resources(found) == resources(expected)
    assert found.outputs == expected.outputs
    assert len(resources(found)) > 30


def test_the_first_preview_has_the_origins_as_unknown_and_the_update_has_the_buckets() -> None:
    planned, made = run("python", preview=True), run("python", preview=False)
    assert planned.outputs == {"domain": "[unknown]", "distributionId": "[unknown]"}
    assert str(made.outputs["domain"]).endswith(".cloudfront.net")
    [distribution] = [one for one in resources(made).values() if one["type"] == DISTRIBUTION]
    hosts = {origin["domainName"] for origin in distribution["inputs"]["origins"]}
    assert hosts == {"example-shop-v1.s3.us-east-1.amazonaws.com"}
    assert {change.op for change in planned.changes} == {change.op for change in made.changes} == {"create"}


def test_a_distribution_of_the_programs_own_takes_what_the_component_gives() -> None:
    made = resources(run("canary-routing", preview=False))
    [distribution] = [one for one in made.values() if one["type"] == DISTRIBUTION]
    assert distribution["urn"].endswith(f"::{DISTRIBUTION}::site")
    assert [one["domainName"] for one in distribution["inputs"]["origins"]] == ["v1.example.com"]
    associated = distribution["inputs"]["defaultCacheBehavior"]["lambdaFunctionAssociations"]
    [function] = [one for one in made.values() if one["type"] == "aws:lambda/function:Function"]
    arn = function["outputs"]["qualifiedArn"]
    assert {one["eventType"]: one["lambdaArn"] for one in associated} == {"origin-request": arn, "origin-response": arn}
    assert {change.op for change in run("canary-routing", preview=True).changes} == {"create"}


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
@pytest.mark.parametrize("language", ["typescript", "go", "yaml"])
def test_a_distribution_of_the_programs_own_is_the_same_in_other_languages(language: str, preview: bool) -> None:
    found, expected = run(f"{language}/canary-routing", preview=preview), run("canary-routing", preview=preview)
    without = DEPENDENCIES if language == "yaml" else ()
    assert resources(found, *without) == resources(expected, *without)
    assert found.outputs == expected.outputs


def test_every_example_has_the_same_stack_and_says_how_the_package_is_added() -> None:
    for folder in (EXAMPLES / name for name in (*LANGUAGES, "canary-routing")):
        assert "pulumi package add " in (folder / "README.md").read_text()
    for project in (*EXAMPLES.glob("*/Pulumi.yaml"), *EXAMPLES.glob("*/canary-routing/Pulumi.yaml")):
        assert project.with_name("Pulumi.dev.yaml").read_text() == "config:\n  aws:region: us-east-1\n"
