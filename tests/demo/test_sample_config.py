"""The sample application's settings."""

from dataclasses import asdict

import pytest

from demo.app.config import VERSIONS, ConfigError, Settings


def mistakes(**environment: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.from_environment(environment)
    return str(caught.value)


def test_the_versions_differ_in_every_one_of_the_five_values():
    first, second = asdict(VERSIONS["1"]), asdict(VERSIONS["2"])
    assert set(first) == {"BACKGROUND_COLOR", "FONT_FAMILY", "COLOR", "VERSION_NAME", "VERSION_CODE"}
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize(("code", "name"), [("1", "Version 1.0"), ("2", "Version 2.0")])
def test_one_variable_chooses_the_version(code: str, name: str):
    version = Settings.from_environment({"VERSION_CODE": code}).version
    assert (code, name) == (version.VERSION_CODE, version.VERSION_NAME)


def test_the_defaults_are_those_of_the_sessions_table():
    settings = Settings.from_environment({"VERSION_CODE": "1"})
    assert (settings.SESSIONS_TABLE, settings.AWS_REGION, settings.SESSION_SECONDS) == (
        "SessionsTable",
        "us-east-1",
        600,
    )
    assert settings.COOKIE_SECURE
    assert settings.FAIL_PERCENT == 0


def test_a_missing_version_is_named_with_what_is_allowed():
    assert mistakes() == "VERSION_CODE is not set; allowed: 1, 2"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("VERSION_CODE", "3", "allowed: 1, 2"),
        ("VERSION_CODE", "", "allowed: 1, 2"),
        ("AWS_REGION", "Ireland", "a Region such as us-east-1"),
        ("SESSIONS_TABLE", "a table", "1 to 255 letters, digits, '_', '-', '.'"),
        ("SESSION_KEY_ATTRIBUTE", "#token", "1 to 255 letters, digits, '_', '-', '.'"),
        ("SESSION_COOKIE", "a;b", "1 to 64 letters, digits, '_', '-'"),
        ("SESSION_SECONDS", "0", "a whole number from 1 to 86400"),
        ("COOKIE_SECURE", "perhaps", "allowed: true, false"),
        ("FAIL_PERCENT", "100.5", "a number from 0 to 100"),
        ("FAIL_PERCENT", "nan", "a number from 0 to 100"),
        ("ORIGIN_SECRET_HEADER", "x origin", "the name of a header"),
        ("ORIGIN_SECRET_DIGEST", "secret", "the SHA-256 of the secret, 64 hexadecimal digits, or nothing"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str):
    assert mistakes(**({"VERSION_CODE": "1"} | {name: value})) == f'{name} is "{value}"; {allowed}'


def test_every_mistake_is_told_at_once():
    assert mistakes(VERSION_CODE="v2", FAIL_PERCENT="many").splitlines() == [
        'VERSION_CODE is "v2"; allowed: 1, 2',
        'FAIL_PERCENT is "many"; a number from 0 to 100',
    ]
