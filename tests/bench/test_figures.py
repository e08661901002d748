"""The table of figures, and the tables that are read while they are measured."""

from __future__ import annotations

import os

import pytest

from bench.figures import FIGURES
from bench.tables import CONTROL, SESSIONS, TENANTS, serve_tables
from router.dynamodb.client import Client


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(os.environ, name, "bench")
    with serve_tables() as url:
        monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL_DYNAMODB", url)
        client = Client("us-east-1")
        yield client
        client.close()


def test_a_name_means_one_figure_and_one_subject() -> None:
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)
    subjects = [run.subject for figure in FIGURES for run in (figure.own, figure.baseline)]
    named = {subject.name: subject for subject in subjects}
    assert all(named[subject.name] == subject for subject in subjects)


def test_every_key_has_an_item(client: Client) -> None:
    """More than one request goes over one connection, and each answer is this request's."""
    for number in (0, 9_999):
        session = client.get_item(SESSIONS, {"token": f"token-{number}"}, ["version"], timeout_seconds=5)
        assert session == {"version": {"S": "2"}}
    key = {"tenantId": "tenant-7", "accountId": "1001"}
    tenant = client.get_item(TENANTS, key, ["defaultBackend"], timeout_seconds=5)
    assert tenant == {"defaultBackend": {"S": "acme.tenants.example.com"}}


def test_the_control_table_has_a_configuration_and_a_rollout(client: Client) -> None:
    items = client.query(CONTROL, "scope", "edge", timeout_seconds=5)
    assert [item["item"] for item in items] == [{"S": "config"}, {"S": "rollout"}]
