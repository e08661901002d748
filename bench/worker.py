"""One measured process: loads a handler as Lambda would, and decides as often as it is told, saying what that cost.

Run as `python -I -S -B worker.py MODULE UNIQUE PATH…`. The first line of standard input is the event's template, every
other one the number of decisions to make; each is answered with a line on standard error. Nothing of the project is
importable but what PATH names.
"""

import sys

MODULE, UNIQUE, *PATHS = sys.argv[1:]
sys.path[:0] = PATHS
EVENT = sys.stdin.readline()

handler = __import__(MODULE, fromlist=["handler"]).handler

import json  # noqa: E402  Lambda's runtime has both; here they come last, so that no handler gets them for nothing
import time  # noqa: E402


def event_text(number: int) -> str:
    """The event with one of the UNIQUE numbers. Seven apart, so that fewer decisions are spread over all of them."""
    return EVENT.replace("NUMBER", str(7 * number % int(UNIQUE)))


def peak_memory_kb() -> int:
    """VmHWM (proc(5)): getrusage's figure is inherited from the process that started this one."""
    with open("/proc/self/status") as status:  # noqa: PTH123  no import that the handler does not make itself
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def decide(numbers: range) -> dict[str, float]:
    """Milliseconds of all these decisions, microseconds of CPU for each, and the most memory so far."""
    passed = used = 0.0
    for number in numbers:
        event = json.loads(event_text(number))
        started, cpu = time.perf_counter(), time.process_time()
        handler(event, None)
        used += time.process_time() - cpu
        passed += time.perf_counter() - started
    return {"wall_ms": passed * 1000, "cpu_us": used / len(numbers) * 1e6, "peak_kb": peak_memory_kb()}


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    say("ready")
    decided = 0
    for line in sys.stdin:
        say(json.dumps(decide(range(decided, decided + int(line)))))
        decided += int(line)


main()
