"""One measured process: loads a handler as Lambda would, decides N times, and prints what it cost as JSON.

Run as `python -I -S -B worker.py MODULE DECISIONS UNIQUE PATH…` with the event's template on standard input. Nothing of
the project is importable but what PATH names.
"""

import sys

MODULE, DECISIONS, UNIQUE, *PATHS = sys.argv[1:]
sys.path[:0] = PATHS
EVENT = sys.stdin.read()

handler = __import__(MODULE, fromlist=["handler"]).handler


def event_text(number: int) -> str:
    """The event with one of the UNIQUE numbers. Seven apart, so that fewer decisions are spread over all of them."""
    return EVENT.replace("NUMBER", str(7 * number % int(UNIQUE)))


def peak_memory_kb() -> int:
    """VmHWM (proc(5)): getrusage's figure is inherited from the process that started this one."""
    with open("/proc/self/status") as status:  # noqa: PTH123  no import that the handler does not make itself
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main() -> None:
    import json

    handler(json.loads(event_text(0)), None)
    sys.stderr.write("decided\n")
    sys.stderr.flush()
    if int(DECISIONS) == 0:
        return

    import time

    spent = 0.0
    for number in range(int(DECISIONS)):
        event = json.loads(event_text(number))
        started = time.process_time()
        handler(event, None)
        spent += time.process_time() - started
    peak_kb = peak_memory_kb()
    sys.stderr.write(json.dumps({"cpu_us": spent / int(DECISIONS) * 1e6, "peak_kb": peak_kb}) + "\n")


main()
