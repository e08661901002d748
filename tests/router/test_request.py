"""The request that strategies see."""

import pytest

from router.model.request import Body, BodyError, Request


def test_header_names_are_case_insensitive_and_the_first_value_counts() -> None:
    request = Request(headers={"X-Tenant": ["a", "b"], "x-empty": []})
    assert request.header("x-tenant") == "a"
    assert request.header("X-TENANT") == "a"
    assert request.header("x-empty") is None
    assert request.header("x-none") is None


@pytest.mark.parametrize(
    ("query_string", "value"),
    [
        ("tier=gold", "gold"),
        ("a=1&tier=gold&tier=basic", "gold"),
        ("tier=a%20b+c", "a b c"),
        ("tier", ""),
        ("tier=%ZZ", "%ZZ"),
        ("xtier=1", None),
        ("", None),
        ("&&=1&", None),
    ],
)
def test_query_parameters_are_decoded_and_the_first_counts(query_string: str, value: str | None) -> None:
    assert Request(query_string=query_string).query("tier") == value


def test_a_body_is_decoded_by_its_encoding() -> None:
    assert Body("eyJhIjoxfQ==").content() == b'{"a":1}'
    assert Body('{"a":1}', encoding="text").content() == b'{"a":1}'


@pytest.mark.parametrize("data", ["%%%", "abc", "ab=c", "é"])
def test_a_body_that_is_no_base64_is_an_error(data: str) -> None:
    with pytest.raises(BodyError, match=r"^the body is not valid base64$"):
        Body(data).content()
