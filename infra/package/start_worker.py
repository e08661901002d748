"""One start of a package in a separate process, as Lambda starts it, but without a network.

Run as `python -I -S -B start_worker.py FOLDER`, with {"events", "modules"} as JSON on standard input. The package's log
lines come first on standard output, then one line of JSON: `responses` to the events, `missing` modules, and the
`error` that ended it. Only the package and the standard library can be imported.
"""

import json
import sys

FOLDER = sys.argv[1]
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.bind")
MISSING: list[str] = []


class Missing:
    """The last finder of modules, which sees the names that no other one finds."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        MISSING.append(name)


def block_network(event: str, _arguments: object) -> None:
    if event in NETWORK:
        raise OSError("no network while a package is started for a check")


def start(job: dict[str, list[object]]) -> list[object]:
    """Return the responses to the events; then import every module that none of them needed."""
    responses: list[object] = []
    if job["events"]:
        from router.baked import build_router

        with open(f"{FOLDER}/config.json", encoding="utf-8") as file:  # noqa: PTH123  as the handler does, but with
            build_router(json.load(file), "us-east-1")  # the whole error: its log has the kind only
        from router.handler import handler

        responses = [handler(event, None) for event in job["events"]]
    for module in job["modules"]:
        __import__(str(module))
    return responses


def main() -> None:
    job = json.load(sys.stdin)
    sys.path.insert(0, FOLDER)
    sys.meta_path.append(Missing)  # pyright: ignore[reportArgumentType]
    sys.addaudithook(block_network)
    report: dict[str, object] = {"responses": [], "missing": MISSING, "error": ""}
    try:
        report["responses"] = start(job)
    except Exception as error:  # noqa: BLE001  whatever keeps it from starting is reported
        report["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(report))


main()
