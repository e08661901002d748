"""A stack's settings as the CLI reads them. The expected values were taken from the CLI itself, version 3.260."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from simulator.standin.config.stack_config import read_stack_config, stacks
from simulator.standin.model.errors import StackConfigError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
name: edge-router
runtime: {name: python}
config:
  strategy: {type: string, default: sticky-session}
  canaryPercent: {default: 12.5}
  timeoutSeconds: {type: integer, default: 5}
  verify: {type: boolean, default: true}
  replicas: {type: array, items: {type: string}, default: [eu-west-1]}
  origins: {type: object, default: {stable: {domainName: v1.example.com}}}
"""
# Written by `pulumi config set --secret --path override.secret letmein` with the passphrase "correct horse".
SEALED = "v1:yFNsY/zwT/xqYAS6:hHC0Ct3dZI5sPdYWhXtsUKSsahcyGhs="
SALT = "v1:tQYVv22JAdE=:v1:i5nCCcu1skcuYQHc:Uc2S4ou5MFGcYE9FHmkMiEGZXS6klg=="


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  aws:region: eu-west-1\n")
    return tmp_path


def values(project: Path, *overrides: str, stack: str = "dev") -> dict[str, str]:
    return dict(read_stack_config(stack, project=project, overrides=overrides, environment={}).values)


def refusal(project: Path, *overrides: str, stack: str = "dev", **environment: str) -> str:
    with pytest.raises(StackConfigError) as refused:
        read_stack_config(stack, project=project, overrides=overrides, environment=environment)
    return str(refused.value)


def test_defaults_are_text_and_composites_are_json(project: Path) -> None:
    assert values(project) == {
        "aws:region": "eu-west-1",
        "edge-router:strategy": "sticky-session",
        "edge-router:canaryPercent": "12.5",
        "edge-router:timeoutSeconds": "5",
        "edge-router:verify": "true",
        "edge-router:replicas": '["eu-west-1"]',
        "edge-router:origins": '{"stable":{"domainName":"v1.example.com"}}',
    }


def test_a_stacks_value_takes_the_place_of_the_whole_default(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text("config:\n  edge-router:origins:\n    canary: {domainName: v2.example.com}\n")
    assert json.loads(values(project)["edge-router:origins"]) == {"canary": {"domainName": "v2.example.com"}}


def test_plain_scalars_are_read_as_the_cli_reads_them(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text("""\
config:
  edge-router:inside:
    instant: 2026-11-01T00:00:00Z
    day: 2026-11-01
    impossible: 2026-13-01
    zone: 2026-11-01T00:00:00+02:00
    fraction: 2026-11-01T00:00:00.25Z
    quoted: "2026-11-01"
    on: on
    yes: y
    no: NO
    upper: True
    nothing: ~
    hex: 0x1F
    octal: 0o17
    legacy: 017
    exponent: 1e3
    decimal: 12.50
    sixties: 12:30:45
    underscore: 1_000
    12: integer key
    true: boolean key
  edge-router:instant: 2026-11-01T00:00:00Z
  edge-router:decimal: 12.50
  edge-router:nothing: null
  edge-router:yes: yes
  edge-router:upper: True
  edge-router:legacy: 017
  edge-router:empty: ""
  edge-router:list: [1, a, 2.5, true]
  edge-router:config:old: 5
""")
    found = values(project)
    assert json.loads(found["edge-router:inside"]) == {
        "instant": "2026-11-01 00:00:00 +0000 UTC",
        "day": "2026-11-01 00:00:00 +0000 UTC",
        "impossible": "2026-13-01",
        "zone": "2026-11-01 00:00:00 +0200 +0200",
        "fraction": "2026-11-01 00:00:00.25 +0000 UTC",
        "quoted": "2026-11-01",
        "on": "on",
        "yes": "y",
        "no": "NO",
        "upper": True,
        "nothing": None,
        "hex": 31,
        "octal": 15,
        "legacy": 15,
        "exponent": 1000,
        "decimal": 12.5,
        "sixties": "12:30:45",
        "underscore": 1000,
        "12": "integer key",
        "true": "boolean key",
    }
    assert {
        key.removeprefix("edge-router:"): value for key, value in found.items() if key not in values_of_defaults()
    } == {
        "inside": found["edge-router:inside"],
        "instant": "2026-11-01 00:00:00 +0000 UTC",
        "decimal": "12.5",
        "nothing": "",
        "yes": "yes",
        "upper": "true",
        "legacy": "15",
        "empty": "",
        "list": '[1,"a",2.5,true]',
        "old": "5",
    }


def values_of_defaults() -> set[str]:
    names = ("strategy", "canaryPercent", "timeoutSeconds", "verify", "replicas", "origins")
    return {f"edge-router:{name}" for name in names}


@pytest.mark.parametrize(
    ("overrides", "key", "expected"),
    [
        (["canaryPercent=25"], "canaryPercent", "25"),
        (["strategy=true"], "strategy", "true"),
        (["edge-router:strategy=jwt-iat"], "strategy", "jwt-iat"),
        (["strategy=a=b"], "strategy", "a=b"),
        (["strategy="], "strategy", ""),
        (["a.b.c=5"], "a", {"b": {"c": 5}}),
        (["a.f=12.5"], "a", {"f": "12.5"}),
        (["a.x=007"], "a", {"x": "007"}),
        (["a.x=0"], "a", {"x": 0}),
        (["a.x=-3"], "a", {"x": -3}),
        (["a.x=true", "a.y=True"], "a", {"x": True, "y": "True"}),
        (["a[0]=x", "a[1].t=tree"], "a", ["x", {"t": "tree"}]),
        (['a["b.c"].d=1'], "a", {"b.c": {"d": 1}}),
        (['a["x=y"]=1'], "a", {"x=y": 1}),
        (['a["say \\"hi\\""]=1'], "a", {'say "hi"': 1}),
        (["a.0=zero"], "a", {"0": "zero"}),
        (["strategy.inside=1"], "strategy2", None),
    ],
)
def test_overrides_have_the_path_syntax_of_config_set(
    project: Path, overrides: list[str], key: str, expected: object
) -> None:
    (project / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\n")
    found = values(project, *overrides).get(f"edge-router:{key}")
    assert found == expected if isinstance(expected, str) else json.loads(found or "null") == expected


def test_an_override_changes_one_place_of_the_stacks_value(project: Path) -> None:
    (project / "Pulumi.dev.yaml").write_text(
        "config:\n  edge-router:origins: {stable: {domainName: a}, list: [1, 2]}\n"
    )
    found = values(project, "origins.stable.port=8443", "origins.list[2]=3")["edge-router:origins"]
    assert json.loads(found) == {"stable": {"domainName": "a", "port": 8443}, "list": [1, 2, 3]}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("canaryPercent", "--set canaryPercent: must be KEY=VALUE"),
        (".a=1", "--set .a: the path must start with a name or an index"),
        ("[0]=1", "--set [0]: the path must start with a name"),
        ("=1", "--set : the path must start with a name"),
        ("a.=1", "--set a.: the path needs a name after '.'"),
        ("a[0=1", "--set a[0: the path misses the closing bracket of an index"),
        ("a[x]=1", "--set a[x]: the path has the index 'x', which is not a number"),
        ('a["x]=1', '--set a["x]=1: must be KEY=VALUE'),
        ("replicas[3]=x", "--set replicas[3]: replicas[3] is out of range: the list has 0 items"),
        ("origins.stable.x=1", "--set origins.stable.x: origins.stable is text and has no keys"),
        ("origins.stable[0]=1", "--set origins.stable[0]: origins.stable is text and has no items"),
        ("origins[0]=1", "--set origins[0]: origins is an object and has no items"),
        ("origins.port.x=1", "--set origins.port.x: origins.port is a number and has no keys"),
        ("origins.is.x=1", "--set origins.is.x: origins.is is true or false and has no keys"),
        ("origins.list.x=1", "--set origins.list.x: origins.list is a list and has no keys"),
        ("origins.list[2]=1", "--set origins.list[2]: origins.list[2] is out of range: the list has 1 item"),
        ('origins["a.b"].x=1', '--set origins["a.b"].x: origins["a.b"] is text and has no keys'),
        ("origins.hidden.x=1", "--set origins.hidden.x: origins.hidden is encrypted and has no keys"),
    ],
)
def test_a_wrong_override_says_what_is_wrong_with_it(project: Path, override: str, message: str) -> None:
    (project / "Pulumi.dev.yaml").write_text("""\
config:
  edge-router:origins: {stable: text, port: 5, is: true, list: [1], a.b: text, hidden: {secure: v1:text}}
""")
    assert refusal(project, override) == message


@pytest.mark.parametrize(
    ("override", "kind"),
    [
        ("timeoutSeconds=12.5", "timeoutSeconds must be of type integer"),
        ("verify=yes", "verify must be of type boolean"),
        ("origins=x", "origins must be of type object"),
        ("replicas[0]=5", "replicas must be of type array<string>"),
        ("strategy.x=1", "strategy must be of type string"),
    ],
)
def test_declared_types_are_checked_as_the_engine_checks_them(project: Path, override: str, kind: str) -> None:
    assert refusal(project, override) == f"stack 'dev': edge-router:{kind}"


@pytest.mark.parametrize("path", ["inside.secret.foo", "inside.secret[0]", "inside["])
def test_a_wrong_path_shows_no_value(project: Path, path: str) -> None:
    """Neither the one that is there nor the one that is given: both may be secrets."""
    (project / "Pulumi.dev.yaml").write_text("config:\n  edge-router:inside: {secret: hunter2}\n")
    assert "hunter" not in refusal(project, f"{path}=hunter3")


def test_text_that_reads_as_a_number_or_boolean_fits_those_types(project: Path) -> None:
    found = values(project, "timeoutSeconds=7", "verify=false")
    assert (found["edge-router:timeoutSeconds"], found["edge-router:verify"]) == ("7", "false")


def test_a_key_without_a_default_has_to_be_set(project: Path) -> None:
    (project / "Pulumi.yaml").write_text("name: edge-router\nruntime: python\nconfig:\n  release: {type: string}\n")
    assert refusal(project) == "stack 'dev' is missing a value for edge-router:release"
    assert values(project, "release=2026-11")["edge-router:release"] == "2026-11"


def test_an_unknown_stack_names_those_there_are(project: Path) -> None:
    (project / "Pulumi.staging.yaml").write_text("")
    assert stacks(project) == ("dev", "staging")
    assert refusal(project, stack="stagin") == (
        "there is no stack 'stagin'; the stacks are dev, staging. Did you mean 'staging'?"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config: [1]", "{file}: config must be an object"),
        ("- 1", "{file}: must be an object"),
        ("config:\n  a: {", "{file}:2: is not valid YAML: expected the node content, but found the end of the file"),
        ("config:\n  strategy: x", "Pulumi.dev.yaml: the key strategy has no namespace; write edge-router:strategy"),
    ],
)
def test_a_broken_stack_file_is_named(project: Path, text: str, message: str) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(text)
    assert refusal(project).startswith(message.format(file=file))


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("{type: number}", "release has the type 'number': allowed are string, integer, boolean, array, object"),
        ("{type: array}", "release is an array and needs items with a type"),
        ("{type: integer, default: 1.5}", "the default of release is not of type integer"),
    ],
)
def test_a_wrong_declaration_is_named(project: Path, declaration: str, message: str) -> None:
    file = project / "Pulumi.yaml"
    file.write_text(f"name: edge-router\nruntime: python\nconfig:\n  release: {declaration}\n")
    assert refusal(project) == f"{file}: {message}"


@pytest.fixture
def sealed(project: Path) -> Path:
    (project / "Pulumi.dev.yaml").write_text(
        f"encryptionsalt: {SALT}\nconfig:\n  edge-router:override:\n    header: x-qa-origin\n    secret:\n"
        f"      secure: {SEALED}\n"
    )
    return project


@pytest.mark.long
def test_secrets_open_with_the_passphrase(sealed: Path) -> None:
    found = read_stack_config("dev", project=sealed, environment={"PULUMI_CONFIG_PASSPHRASE": "correct horse"})
    assert json.loads(found.values["edge-router:override"]) == {"header": "x-qa-origin", "secret": "letmein"}
    assert found.secret_keys == {"edge-router:override"}


@pytest.mark.long
def test_the_passphrase_may_be_in_a_file(sealed: Path, tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text("correct horse\n")
    environment = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "phrase")}
    found = read_stack_config("dev", project=sealed, environment=environment)
    assert "letmein" in found.values["edge-router:override"]


def test_without_a_passphrase_the_message_names_the_key_and_both_ways_out(sealed: Path) -> None:
    assert refusal(sealed) == (
        "Pulumi.dev.yaml: edge-router:override.secret is a secret: set PULUMI_CONFIG_PASSPHRASE or"
        " PULUMI_CONFIG_PASSPHRASE_FILE, or give the value with --set override.secret=VALUE"
    )


def test_an_override_in_place_of_a_secret_needs_no_passphrase(sealed: Path) -> None:
    found = read_stack_config("dev", project=sealed, overrides=["override.secret=mine"], environment={})
    assert json.loads(found.values["edge-router:override"])["secret"] == "mine"
    assert found.secret_keys == {"edge-router:override"}


@pytest.mark.long
def test_a_wrong_passphrase_is_said(sealed: Path) -> None:
    assert refusal(sealed, PULUMI_CONFIG_PASSPHRASE="wrong") == "Pulumi.dev.yaml: incorrect passphrase"


@pytest.mark.long
def test_a_secret_of_another_stack_does_not_open(sealed: Path) -> None:
    file = sealed / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace(SEALED, "v1:AAAAAAAAAAAAAAAA:AAAA"))
    assert refusal(sealed, PULUMI_CONFIG_PASSPHRASE="correct horse") == (
        "Pulumi.dev.yaml: edge-router:override.secret cannot be decrypted; was it written by another stack?"
    )


def test_secrets_of_other_providers_are_refused_by_name(sealed: Path) -> None:
    file = sealed / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("encryptionsalt", "encryptedkey"))
    assert refusal(sealed) == (
        "Pulumi.dev.yaml: edge-router:override.secret is a secret, and the file has no encryptionsalt: only the"
        " passphrase provider can be read here. Give the value with --set override.secret=VALUE"
    )


def test_a_key_of_a_provider_is_given_by_its_whole_name(sealed: Path) -> None:
    (sealed / "Pulumi.dev.yaml").write_text("config:\n  aws:region: {secure: AAAA}\n")
    assert refusal(sealed).endswith("Give the value with --set aws:region=VALUE")


def test_a_secret_key_has_to_be_encrypted(project: Path) -> None:
    declaration = "{type: string, secret: true, default: none}"
    (project / "Pulumi.yaml").write_text(f"name: edge-router\nruntime: python\nconfig:\n  key: {declaration}\n")
    (project / "Pulumi.dev.yaml").write_text("config:\n  edge-router:key: plain\n")
    assert refusal(project) == ("stack 'dev': edge-router:key must be encrypted: run `pulumi config set --secret`")
    found = read_stack_config("dev", project=project, overrides=["key=given"], environment={})
    assert (found.values["edge-router:key"], found.secret_keys) == ("given", {"edge-router:key"})
