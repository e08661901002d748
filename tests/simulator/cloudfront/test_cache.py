"""The bounds of the cache."""

from simulator.cloudfront.cache.cache import Cache, Entry
from simulator.cloudfront.http.headers import Headers
from simulator.cloudfront.http.messages import OriginResponse


def entry(size: int) -> Entry:
    return Entry(OriginResponse(200, "OK", Headers(), b"x" * size), 0, 10)


def key(path: str) -> tuple[str, ...]:
    return ("us-east-1", "d1", "GET", path)


def test_least_recently_used_objects_leave_first() -> None:
    cache = Cache(max_bytes=1000)
    for path in "abcd":
        cache.put(key(path), entry(250))
    cache.get(key("a"))
    cache.put(key("e"), entry(250))
    assert cache.get(key("b")) is None
    assert cache.get(key("a")) is not None
    assert cache.byte_count <= 1000


def test_object_larger_than_a_quarter_is_not_kept() -> None:
    cache = Cache(max_bytes=1000)
    cache.put(key("a"), entry(251))
    assert len(cache) == 0


def test_replacing_and_dropping_keeps_the_count_right() -> None:
    cache = Cache(max_bytes=1000)
    cache.put(key("a"), entry(200))
    cache.put(key("a"), entry(100))
    assert cache.byte_count == 100
    cache.drop(key("a"))
    cache.drop(key("a"))
    assert (cache.byte_count, len(cache)) == (0, 0)


def test_memory_stays_bounded_under_many_objects() -> None:
    cache = Cache(max_bytes=10_000)
    for number in range(5_000):
        cache.put(key(str(number)), entry(100))
    assert cache.byte_count <= 10_000
    assert len(cache) == 100
