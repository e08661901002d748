"""Fastest origin: who wins a race, how long the winner stays, and what a frozen environment does to a measurement."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from router.dynamodb.connection import ExchangeError
from router.model.decision import Decision, Origin
from router.model.request import Request
from strategies.fastest_origin import FastestOrigin, Options
from strategies.fastest_origin.probes import Cancellation
from tests.strategies.fakes import NOW, ORIGINS, Assigned, errors_of, make_edge
from tests.strategies.loopback import LoopbackOrigin, origin_that, refused_port, status


class FakeTime:
    """A wall clock and a monotonic timer that move when told to."""

    def __init__(self) -> None:
        self.wall = NOW
        self.monotonic = 100.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


class FakeProbe:
    """Answers by origin name: a status, or a failure's name. A held origin answers once it is released."""

    def __init__(self, **answers: int | str) -> None:
        self.answers: dict[str, int | str] = dict(answers)
        self.held: dict[str, threading.Event] = {}
        self.calls: list[str] = []
        self.before_answer: Callable[[str], None] = lambda _: None

    def hold(self, *names: str) -> None:
        self.held = {name: threading.Event() for name in names}

    def release(self) -> None:
        for event in self.held.values():
            event.set()

    def __call__(self, origin: Origin, path: str, timeout_seconds: float, cancellation: Cancellation) -> int:
        self.calls.append(origin.name)
        if origin.name in self.held:
            self.held[origin.name].wait(5)
        self.before_answer(origin.name)
        answer = self.answers[origin.name]
        if isinstance(answer, str):
            raise ExchangeError(answer)
        return answer


@pytest.fixture(autouse=True)
def _no_thread_stays_behind() -> Iterator[None]:
    yield
    wait_until(lambda: not probe_threads())


def probe_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("probe-")]


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 2
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.001)


def strategy(probe: FakeProbe, times: FakeTime | None = None, **options: object) -> FastestOrigin:
    times = times or FakeTime()
    chosen = Options(**({"probe_timeout_ms": 200} | options))  # type: ignore[arg-type]
    edge = make_edge(clock=lambda: times.wall)
    return FastestOrigin(chosen, edge, probe=probe, timer=lambda: times.monotonic)


def summary(decision: Decision) -> tuple[object, str, bool]:
    return decision.origin, decision.reason, decision.is_fallback


def choose(chosen: FastestOrigin) -> tuple[object, str, bool]:
    return summary(Assigned(chosen).choose(Request()))


def settle(chosen: FastestOrigin) -> tuple[object, str, bool]:
    """The decision once the threads of the race beside the last request have ended."""
    wait_until(lambda: not probe_threads())
    return choose(chosen)


def test_the_first_request_waits_for_the_race_and_the_next_get_the_winner() -> None:
    probe, times = FakeProbe(stable="refused", canary=200), FakeTime()
    chosen = strategy(probe, times)
    assert choose(chosen) == ("canary", "probed", False)
    times.pass_(59.9)
    assert choose(chosen) == ("canary", "remembered", False)
    assert sorted(probe.calls) == ["canary", "stable"]


@pytest.mark.parametrize("code", [200, 204, 301, 403, 404, 499])
def test_any_status_below_500_is_healthy(code: int) -> None:
    assert choose(strategy(FakeProbe(stable=500, canary=code))) == ("canary", "probed", False)


@pytest.mark.parametrize("failure", [500, 502, 503, "refused", "timeout", "dns", "tls"])
def test_with_all_down_the_default_answers_and_that_is_remembered_shortly(failure: int | str) -> None:
    probe, times = FakeProbe(stable=failure, canary=503), FakeTime()
    chosen = strategy(probe, times)
    assert choose(chosen) == ("stable", "all-down", True)
    times.pass_(4.9)
    assert choose(chosen) == ("stable", "all-down", True)
    assert len(probe.calls) == 2
    times.pass_(0.2)
    probe.answers["canary"] = 200
    assert choose(chosen) == ("canary", "probed", False)


def test_a_probe_that_breaks_in_an_unforeseen_way_is_a_candidate_that_is_down() -> None:
    probe = FakeProbe(canary=200)
    probe.answers.pop("stable", None)  # a KeyError in the thread
    assert choose(strategy(probe)) == ("canary", "probed", False)


def test_explain_sees_what_each_probe_met() -> None:
    request = Request()
    Assigned(strategy(FakeProbe(stable="refused", canary=503))).choose(request)
    assert sorted(request.steps) == [
        ("probe canary", "status-503"),
        ("probe stable", "refused"),
        ("probes", "all down"),
    ]


def test_a_stale_winner_is_served_at_once_while_one_refresh_runs() -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.hold("stable", "canary")
    for _ in range(3):
        assert choose(chosen) == ("canary", "stale", False)
    wait_until(lambda: len(probe.calls) == 4)
    probe.answers |= {"stable": 200, "canary": 500}
    probe.release()
    assert settle(chosen) == ("stable", "remembered", False)
    assert len(probe.calls) == 4


def test_a_refresh_that_finds_all_down_sends_to_the_default() -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.answers["canary"] = "refused"
    assert choose(chosen) == ("canary", "stale", False)
    assert settle(chosen) == ("stable", "all-down", True)


def test_a_stale_winner_that_its_refresh_finds_down_is_replaced_at_once() -> None:
    """The other candidate has not answered yet: the request waits for a race instead of going to a dead origin."""
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.answers = {"stable": 200, "canary": "refused"}
    probe.hold("stable")
    assert choose(chosen) == ("canary", "stale", False)
    wait_until(lambda: len(probe_threads()) == 1)
    probe.release()
    assert choose(chosen) == ("stable", "probed", False)


@pytest.mark.parametrize("clock", ["wall", "monotonic"])
def test_an_answer_that_measured_a_freeze_is_thrown_away(clock: str) -> None:
    """The environment froze while the probe was under way: one of the two clocks, or both, went on meanwhile."""
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.answers = {"stable": 200, "canary": "timeout"}
    probe.hold("stable", "canary")
    assert choose(chosen) == ("canary", "stale", False)
    wait_until(lambda: len(probe.calls) == 4)
    setattr(times, clock, getattr(times, clock) + 30)
    probe.release()
    wait_until(lambda: not probe_threads())
    assert choose(chosen) == ("canary", "stale", False)


def test_after_three_spoiled_refreshes_one_request_waits() -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.answers = {"stable": 200, "canary": 500}
    probe.before_answer = lambda _: times.pass_(30)
    reasons = [settle(chosen) for _ in range(3)]
    assert reasons == [("canary", "stale", False)] * 3
    wait_until(lambda: not probe_threads())
    probe.before_answer = lambda _: None
    assert choose(chosen) == ("stable", "probed", False)
    assert choose(chosen) == ("stable", "remembered", False)
    times.pass_(61)
    assert choose(chosen) == ("stable", "stale", False)


@pytest.mark.parametrize("is_released", [True, False])
def test_a_winner_found_down_is_not_served_again_though_the_rest_of_the_race_was_spoiled(is_released: bool) -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.answers = {"stable": 200, "canary": "refused"}
    probe.hold("stable")
    assert choose(chosen) == ("canary", "stale", False)
    wait_until(lambda: len(probe_threads()) == 1)
    times.pass_(2)
    if is_released:
        probe.release()
        wait_until(lambda: not probe_threads())
        assert choose(chosen) == ("stable", "probed", False)
    else:
        probe.answers["canary"] = 204  # up again; the other one still hangs
        assert choose(chosen) == ("canary", "probed", False)
        probe.release()


def test_a_race_whose_end_never_came_is_spoiled_and_its_probes_cancelled() -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    probe.hold("stable", "canary")
    choose(chosen)
    times.pass_(10)
    assert choose(chosen) == ("canary", "stale", False)
    assert len(probe_threads()) == 2  # still the first two: a busy candidate is not probed again
    probe.release()


def test_a_winner_is_as_old_as_its_race_however_late_it_is_noticed() -> None:
    probe, times = FakeProbe(stable=500, canary=200), FakeTime()
    chosen = strategy(probe, times)
    choose(chosen)
    times.pass_(61)
    choose(chosen)
    wait_until(lambda: not probe_threads())
    times.pass_(3_600)  # frozen after the race had ended
    assert choose(chosen) == ("canary", "stale", False)
    assert settle(chosen) == ("canary", "remembered", False)


def test_threads_do_not_pile_up_however_long_probes_hang() -> None:
    probe, times = FakeProbe(stable=200, canary=200), FakeTime()
    probe.hold("stable", "canary")
    chosen = strategy(probe, times, probe_timeout_ms=50)
    assert choose(chosen) == ("stable", "all-down", True)
    for _ in range(5):
        times.pass_(6)
        started = time.monotonic()
        assert choose(chosen) == ("stable", "probes-stuck", True)
        assert time.monotonic() - started < 0.1
    assert len(probe_threads()) == 2
    assert len(probe.calls) == 2
    probe.release()


def test_one_hanging_candidate_does_not_keep_the_others_from_racing() -> None:
    probe, times = FakeProbe(stable=200, canary=200), FakeTime()
    probe.hold("stable")
    chosen = strategy(probe, times)
    assert choose(chosen) == ("canary", "probed", False)
    times.pass_(61)
    choose(chosen)
    wait_until(lambda: len(probe_threads()) == 1)
    assert choose(chosen) == ("canary", "remembered", False)
    assert probe.calls.count("stable") == 1
    probe.release()


def test_a_thread_that_cannot_start_is_a_candidate_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert choose(strategy(FakeProbe(stable=200, canary=200))) == ("stable", "all-down", True)


def test_a_candidate_that_is_not_configured_does_not_race() -> None:
    probe = FakeProbe(canary=200)
    assert choose(strategy(probe, candidates=("beta", "canary"))) == ("canary", "probed", False)
    assert probe.calls == ["canary"]


def real(ports: Mapping[str, int], **options: object) -> FastestOrigin:
    origins = {name: Origin(name, "127.0.0.1", "http", port) for name, port in ports.items()}
    edge = make_edge(origins=ORIGINS | origins, clock=time.time)
    return FastestOrigin(Options(candidates=tuple(ports), **options), edge)  # type: ignore[arg-type]


def test_the_faster_of_two_real_origins_wins_and_the_loser_is_cut_off() -> None:
    with origin_that(status(200, 1.5)) as slow, origin_that(status(200)) as fast:
        started = time.monotonic()
        assert choose(real({"stable": slow.port, "canary": fast.port})) == ("canary", "probed", False)
        assert time.monotonic() - started < 0.5
        wait_until(lambda: not probe_threads())
        assert time.monotonic() - started < 1


def test_a_fast_500_does_not_win_over_a_slow_200() -> None:
    with origin_that(status(500)) as broken, origin_that(status(200, 0.1)) as slow:
        assert choose(real({"stable": broken.port, "canary": slow.port})) == ("canary", "probed", False)


def test_a_refused_port_does_not_win() -> None:
    with origin_that(status(404, 0.05)) as healthy:
        assert choose(real({"stable": refused_port(), "canary": healthy.port})) == ("canary", "probed", False)


def test_hanging_origins_cost_at_most_the_timeout_and_a_margin() -> None:
    with origin_that(None) as one, origin_that(None) as two:
        started = time.monotonic()
        chosen = real({"stable": one.port, "canary": two.port}, probe_timeout_ms=100)
        assert choose(chosen) == ("stable", "all-down", True)
        assert time.monotonic() - started < 0.3
        assert_hung_up(one, two)
        started = time.monotonic()
        assert choose(chosen) == ("stable", "all-down", True)
        assert time.monotonic() - started < 0.05


def assert_hung_up(*servers: LoopbackOrigin) -> None:
    assert [server.hung_up.wait(1) for server in servers] == [True] * len(servers)


def test_the_loser_of_a_race_hangs_up() -> None:
    with origin_that(None) as hanging, origin_that(status(200, 0.02)) as healthy:
        assert choose(real({"stable": hanging.port, "canary": healthy.port}, probe_timeout_ms=900)) == (
            "canary",
            "probed",
            False,
        )
        assert hanging.hung_up.wait(0.5)


def test_name_resolution_that_hangs_costs_no_more_than_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, hang = socket.getaddrinfo, threading.Event()

    def hanging(host: str, *arguments: object, **named: object) -> object:
        hang.wait(5)
        return resolve("127.0.0.1", *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    started = time.monotonic()
    assert choose(real({"stable": 1, "canary": 1}, probe_timeout_ms=50)) == ("stable", "all-down", True)
    assert time.monotonic() - started < 0.3
    hang.set()


def test_needs_are_the_candidates_and_viewers_do_not_vary() -> None:
    needs = FastestOrigin.needs(Options(candidates=("stable", "beta")))
    assert needs.origins == {"stable", "beta"}
    assert (needs.varies, needs.cookies, needs.headers, needs.table) == (False, frozenset(), frozenset(), None)


def test_mistakes_are_named_all_at_once() -> None:
    assert errors_of(Options, candidates=("stable",), path="health", probe_timeout_ms=1_000, refresh_seconds=0) == [
        ("candidates", "has 1 entries: 2 to 8 origin names can race"),
        (
            "path",
            "is 'health': a path starts with / and has at most 1024 printable ASCII characters, no space and no #",
        ),
        ("probeTimeoutMs", "is 1000: allowed is 50 to 900 milliseconds"),
        ("refreshSeconds", "is 0: allowed is 1 to 86400 seconds"),
    ]
    assert errors_of(Options, candidates=("stable", "canary", "stable")) == [
        ("candidates", "lists 'stable' twice: every candidate once")
    ]
    for path in ("/a b", "/a\r\nX: y", "/é", "/#x", "", "/" + "x" * 1_024):
        assert [name for name, _ in errors_of(Options, path=path)] == ["path"]
