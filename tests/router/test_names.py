"""What a mistake in a name is told: what is wrong, and only what would be taken is suggested."""

from __future__ import annotations

import pytest

from router.model.origin_rules import domain_name


@pytest.mark.parametrize(
    "url",
    [
        "https://v1.example.com",
        "https://v1.example.com/app?a=b",
        "http://v1.example.com:8080/app",
        "http://v1.example.com?a=://b",
        "https://me:secret@v1.example.com#top",
    ],
)
def test_the_host_of_a_url_is_suggested_as_it_will_be_taken(url: str) -> None:
    assert domain_name(url) == f"is {url!r}: a domain name has no scheme; write 'v1.example.com'"
    assert domain_name("v1.example.com") == ""


@pytest.mark.parametrize("url", ["http://1.2.3.4/x", "http://1.2.3.4:8080", "https://[2001:db8::1]:443/x"])
def test_an_ip_address_in_a_url_is_not_suggested(url: str) -> None:
    assert domain_name(url) == (
        f"is {url!r}: a domain name has no scheme, and CloudFront takes no IP address; use a DNS name"
    )


@pytest.mark.parametrize("url", ["https://", "http:///x", "https://localhost:8080", "https://a_b.example.com"])
def test_a_url_without_a_usable_host_gets_an_example_instead(url: str) -> None:
    assert domain_name(url) == f"is {url!r}: a domain name has no scheme; write a name such as v1.example.com"
