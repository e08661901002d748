"""One start of a package in a process of its own, as Lambda makes it, but without a network.

Run as `python -I -S -B package_start_worker.py FOLDER`, with {"events", "modules"} as JSON on standard input. The
package's lines of the log come first on standard output, then one line of JSON: `answers` to the events, `missing`
modules that were asked for, and the `error` that ended it. Nothing is importable but the package and the standard
library.
"""

import json
import sys

FOLDER = sys.argv[1]
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind")
MISSING: list[str] = []


class Missing:
    """The last finder of modules: it is asked for what no other one has."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        MISSING.append(name)


def refuse_network(event: str, _arguments: object) -> None:
    if event in NETWORK:
        raise OSError("there is no network while a package is tried")


def start(asked: dict[str, list[object]]) -> list[object]:
    """The answers to the events; then every module of ours is imported that none of them has needed."""
    answers: list[object] = []
    if asked["events"]:
        from router.baked import build_router

        with open(f"{FOLDER}/config.json", encoding="utf-8") as file:  # noqa: PTH123  as the handler does, but with
            build_router(json.load(file), "us-east-1")  # the whole error: its log has the kind only
        from router.handler import handler

        answers = [handler(event, None) for event in asked["events"]]
    for module in asked["modules"]:
        __import__(str(module))
    return answers


def main() -> None:
    asked = json.load(sys.stdin)
    sys.path.insert(0, FOLDER)
    sys.meta_path.append(Missing)  # type: ignore[arg-type]
    sys.addaudithook(refuse_network)
    report: dict[str, object] = {"answers": [], "missing": MISSING, "error": ""}
    try:
        report["answers"] = start(asked)
    except Exception as error:  # noqa: BLE001  whatever keeps it from starting is what was asked for
        report["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(report))


main()
