"""sticky-session through the whole of it: new visitors split, a session stays, in every Region and through updates."""

import pytest

from tests.e2e.conftest import FAR, HOME, NEAR, SESSIONS, Stack

pytestmark = pytest.mark.anyio
HALF = ("strategy=sticky-session", "canaryPercent=50")


@pytest.mark.long
async def test_new_visitors_are_split_as_the_percentage_says(stack: Stack):
    await stack.deploy(*HALF)
    split = await stack.versions(60, "/health")
    assert 10 <= split["2"] <= 50  # five standard deviations around 30
    assert {entry["reason"] for entry in stack.decisions} == {"no-session"}


@pytest.mark.long_if(r"^(?!eu-west-1-)")
@pytest.mark.parametrize(("region", "replica"), [(HOME, HOME), ("eu-west-2", NEAR), (NEAR, NEAR), ("ap-south-1", FAR)])
async def test_a_session_is_read_at_the_nearest_replica(stack: Stack, region: str, replica: str):
    await stack.deploy(*HALF)
    cookie = await stack.visitor("2", "sessiontoken")
    await stack.local.dynamodb.replication.settle()
    stack.local.dynamodb.call_counters.reset()
    assert await stack.version(region=region, cookie=cookie) == "2"
    assert stack.reads() == {replica: 1}
    assert (stack.decisions[-1]["reason"], stack.decisions[-1]["tableSource"]) == ("session", replica)


async def test_replication_that_lags_does_not_flip_a_visitor(stack: Stack):
    await stack.deploy(*HALF)
    stack.local.dynamodb.replication.pause()
    cookies = {version: await stack.visitor(version, "sessiontoken") for version in "12"}
    stack.local.dynamodb.call_counters.reset()
    for version, cookie in cookies.items():
        assert await stack.versions(3, "/health", region=FAR, cookie=cookie) == {version: 3}
    assert stack.reads() == {FAR: 2, HOME: 2}  # once each, then remembered
    assert [entry["tableSource"] for entry in stack.decisions[-3:]] == [HOME, "memory", "memory"]


@pytest.mark.long
async def test_another_percentage_touches_new_visitors_only(stack: Stack):
    await stack.deploy(*HALF)
    cookies = {version: await stack.visitor(version, "sessiontoken") for version in "12"}
    for percentage, new in (("0", "1"), ("100", "2")):
        await stack.deploy("strategy=sticky-session", f"canaryPercent={percentage}")
        assert await stack.versions(5) == {new: 5}
        for version, cookie in cookies.items():
            assert await stack.versions(3, cookie=cookie) == {version: 3}


@pytest.mark.long
async def test_a_version_remembered_in_a_cookie_survives_everything_but_a_pin(stack: Stack):
    """20 visits cost no read. Another percentage moves nobody, and a pin everybody."""
    remembering = (*HALF, "stickySession.rememberInCookie=true", "stickySession.signingKeys[0]=0123456789abcdef")
    await stack.deploy(*remembering)
    session = await stack.put_session("remembered", "2")
    response = await stack.get("/health", cookie=session)
    [own] = [line.partition(";")[0] for line in response.headers.get_list("set-cookie") if "session-version=" in line]
    stack.local.dynamodb.call_counters.reset()
    assert await stack.versions(20, "/health", cookie=f"{session}; {own}") == {"2": 20}
    assert stack.reads() == {}
    assert {entry["reason"] for entry in stack.decisions[-20:]} == {"session-cookie"}
    for change, version in (("canaryPercent=0", "2"), ("pin=stable", "1"), ("pin=none", "2")):
        await stack.deploy(*remembering, change)
        assert await stack.version("/health", region=FAR, cookie=f"{session}; {own}") == version
    assert await stack.version("/health", cookie=f"sessiontoken=another; {own}") in {"1", "2"}
    assert stack.decisions[-1]["reason"] == "unknown-session"


@pytest.mark.long
@pytest.mark.long_if(r"^(?!canary|tier)")
@pytest.mark.parametrize(("pin", "version"), [("stable", "1"), ("canary", "2")])
async def test_a_pin_sends_everybody_to_one_version_at_once(stack: Stack, pin: str, version: str):
    await stack.deploy(*HALF, f"pin={pin}")
    cookies = [await stack.put_session(f"pinned-{code}", code) for code in "12"]
    assert [await stack.version("/health", cookie=cookie) for cookie in cookies] == [version, version]
    assert await stack.version("/health") == version
    assert {entry["reason"] for entry in stack.decisions} == {"pinned"}
    assert stack.reads() == {}


@pytest.mark.long
async def test_switching_the_strategy_keeps_every_item(stack: Stack):
    await stack.deploy(*HALF)
    cookie = await stack.visitor("2", "sessiontoken")
    await stack.local.dynamodb.replication.settle()
    before = await stack.local.dynamodb.call(NEAR, "Scan", {"TableName": SESSIONS})
    await stack.deploy("strategy=fastest-origin")  # which reads no table
    await stack.deploy("strategy=sticky-session", "canaryPercent=0")
    after = await stack.local.dynamodb.call(NEAR, "Scan", {"TableName": SESSIONS})
    tokens = [{item["token"]["S"] for item in scan["Items"]} for scan in (before, after)]  # type: ignore[attr-defined]
    assert tokens[0] == tokens[1]
    assert cookie.partition("=")[2] in tokens[1]
    assert await stack.versions(3, cookie=cookie) == {"2": 3}


@pytest.mark.long
async def test_no_line_of_the_log_has_a_token(stack: Stack):
    await stack.deploy(*HALF)
    cookie = await stack.visitor("2", "sessiontoken")
    await stack.get(f"/?token={cookie[13:]}", cookie=cookie, x_qa_origin="canary:guessed-secret")
    printed = "\n".join(stack.lines)
    assert '"reason":"session"' in printed
    assert cookie.partition("=")[2] not in printed
    assert "guessed-secret" not in printed
    assert "local-demo-override-secret" not in printed
