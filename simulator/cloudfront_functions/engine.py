"""Runs functions in QuickJS. This file is the program of the sandbox process; it imports nothing of this project."""

import base64
import hashlib
import hmac
import json
import signal
import sys
import time
from pathlib import Path

import quickjs

try:  # without OpenSSL, whose set-up costs more than the hash of a short text
    from _sha2 import sha256  # CPython 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256  # CPython 3.11
    except ImportError:
        from hashlib import sha256

MEMORY_LIMIT_BYTES = 2 * 1024 * 1024
"""Page cloudfront-limits, "Maximum function memory"; here it includes the engine's own half megabyte."""
OUT_OF_MEMORY = '{"error": "InternalError: out of memory: a function has 2 MB", "stack": ""}'
"""Instead of None, which the binding gives where there was no memory left for the result's text nor for an error."""
PROGRAMS_LIMIT = 64
RUNS_PER_COLLECTION = 64
OWN_FIRST_LINE = 20_000
"""Lines of these scripts in a stack are above it, those of a function (10 KB at most) below: QuickJS names no files."""
_HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": sha256}
_SCRIPTS = Path(__file__).with_name("javascript")
_MODULES = ("bytes", "crypto", "querystring", "cloudfront")


class Store:
    """A copy of a key value store, as an edge location has one."""

    def __init__(self, pairs: dict[str, str], meta: str, store_id: str) -> None:
        self.pairs, self.meta, self.id = pairs, meta, store_id


class Program:
    """One function in a context of its own. Its top level runs anew for every event, so that nothing is remembered."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._store: Store | None = None
        self._logs: list[str] = []
        self._origin: str | None = None
        self._context: quickjs.Context | None = None
        self._runs = 0
        self._prepare()

    def run(self, event: str, settings: dict[str, object], store: Store | None) -> dict[str, object]:
        """The reply of run.js with `logs`, `origin` (JSON, or None) and `computeNs`, wall time from event to result."""
        if self._context is None:
            self._prepare()
        context, self._store = self._context, store
        assert context is not None
        _limit_cpu(float(str(settings["cpuSeconds"])))
        self._logs = []
        self._origin = None
        started = time.perf_counter_ns()
        try:
            self._start(event, float(str(settings["startSeconds"])), settings["edgeLocation"])
            while context.execute_pending_job():
                pass
            reply = json.loads(self._finish() or OUT_OF_MEMORY)
        except (quickjs.JSException, quickjs.StackOverflow) as error:
            reply = {"error": str(error).strip().partition("\n")[0], "stack": str(error)}
            self._context = None
        compute_ns = time.perf_counter_ns() - started
        _limit_cpu(0)
        self._tidy()
        return {**reply, "logs": self._logs, "origin": self._origin, "computeNs": compute_ns}

    def _prepare(self) -> None:
        context = self._context = quickjs.Context()
        context.set_memory_limit(MEMORY_LIMIT_BYTES)
        for name, function in (
            ("log", self._log),
            ("logJson", self._log_json),
            ("origin", self._set_origin),
            ("digest", _digest),
            ("digestOne", _digest_one),
            ("hexOfTwo", _hex_of_two),
            ("md5", _md5_of_text),
            ("sha1", _sha1_of_text),
            ("sha256", _sha256_of_text),
            ("get", self._get),
            ("storeId", lambda: self._store.id if self._store else None),
            ("meta", lambda: self._store.meta if self._store else "{}"),
        ):
            context.add_callable(f"__{name}", function)
        runner = context.eval(_bootstrap())
        runner_load, self._start, self._finish, self._is_pristine = (
            _bind(context, runner, name) for name in ("load", "start", "finish", "isPristine")
        )
        handler = "return typeof handler === 'undefined' ? undefined : handler;"
        runner_load(context.eval(f"(function () {{'use strict';{self._code}\n{handler}}})"))
        self._runs = 0

    def _tidy(self) -> None:
        """A context whose built-ins a function changed is not used again."""
        if self._context is None:
            return
        try:
            if not self._is_pristine():
                self._context = None
                return
        except (quickjs.JSException, quickjs.StackOverflow):
            self._context = None
            return
        self._runs += 1
        if self._runs % RUNS_PER_COLLECTION == 0:
            self._context.gc()

    def _log(self, line: str, units: int) -> bool:
        """The usual line without JSON between; False where the binding cut it, or where UTF-16 counts otherwise."""
        if len(line) != units:
            return False
        self._logs.append(line)
        return True

    def _log_json(self, line: str) -> None:
        self._logs.append(json.loads(line))

    def _set_origin(self, asked: str) -> None:
        self._origin = asked

    def _get(self, key: str) -> str | None:
        """Both as JSON, which the binding neither cuts nor fails to read."""
        value = self._store.pairs.get(json.loads(key)) if self._store else None
        return None if value is None else json.dumps(value)


def _bootstrap() -> str:
    """One expression that builds the environment and gives the runner."""
    scripts = {name: (_SCRIPTS / f"{name}.js").read_text("utf-8") for name in ("environment", *_MODULES, "run")}
    natives = ("log", "logJson", "origin", "digest", "digestOne", "hexOfTwo", *_HASHES, "get", "storeId", "meta")
    return (
        "\n" * OWN_FIRST_LINE
        + f"""(function () {{
      const native = {{ {", ".join(f"{name}: globalThis.__{name}" for name in natives)} }};
      {"; ".join(f"delete globalThis.__{name}" for name in natives)};
      const environment = {_expression(scripts["environment"])}(native);
      const buffer = {_expression(scripts["bytes"])}(environment);
      const modules = {{ buffer }};
      modules.crypto = {_expression(scripts["crypto"])}(environment);
      modules.querystring = {_expression(scripts["querystring"])}(environment);
      modules.cloudfront = {_expression(scripts["cloudfront"])}(environment);
      Object.values(modules).forEach((module) => Object.freeze(module));
      return {_expression(scripts["run"])}(environment, modules);
    }})()"""
    )


def _expression(script: str) -> str:
    """Without the comment above it and the line end below."""
    return script[script.index("(function") :].rstrip()


def _bind(context: quickjs.Context, runner: quickjs.Object, name: str) -> quickjs.Object:
    return context.eval(f"((runner) => runner.{name})")(runner)


def _digest(algorithm: str, encoding: str, what: str) -> str:
    """`what` is JSON of [key, parts], the key "" for a hash; texts are "s…", hexadecimal octets "x…"."""
    key, parts = json.loads(what)
    return _encode_digest(algorithm, encoding, key, b"".join(map(_octets, parts)))


def _digest_one(algorithm: str, encoding: str, key: str, part: str) -> str:
    """The usual case without JSON between: digests should cost what they cost in C."""
    return _encode_digest(algorithm, encoding, key, _octets(part))


# Each a function without a choice in it, for it is called once or twice in every run.
def _md5_of_text(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha1_of_text(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _sha256_of_text(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _hex_of_two(algorithm: str, before: str, after: str) -> str:
    """The hash of a text with a NUL between the two."""
    return _HASHES[algorithm](f"{before}\0{after}".encode()).hexdigest()


def _encode_digest(algorithm: str, encoding: str, key: str, content: bytes) -> str:
    if key:
        digest = hmac.digest(_octets(key), content, algorithm)
    else:
        digest = _HASHES[algorithm](content, usedforsecurity=False).digest()
    if encoding == "hex":
        return digest.hex()
    text = base64.b64encode(digest) if encoding == "base64" else base64.urlsafe_b64encode(digest).rstrip(b"=")
    return text.decode()


def _octets(part: str) -> bytes:
    if part[0] == "x":
        return bytes.fromhex(part[1:])
    return part[1:].encode()


def _limit_cpu(seconds: float) -> None:
    """SIGPROF ends the process when the function has used this much CPU time; 0 takes the limit away.

    The binding's own time limit cannot be used: with it, functions could not call Python for digests and pairs.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)


def main() -> None:
    """Requests are a line of JSON, `run` with the event's JSON on the next line; each gets a line of JSON back."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, replies = sys.stdin, sys.stdout
    programs: dict[str, Program] = {}
    stores: dict[str, Store] = {}
    for line in requests:
        request = json.loads(line)
        if request["do"] == "store":
            stores[request["arn"]] = Store(request["pairs"], json.dumps(request["meta"]), request["id"])
            continue
        if request["do"] == "load":
            reply = _load(programs, request["program"], request["code"])
        else:
            event = requests.readline()
            program = programs[request["program"]]
            reply = program.run(event, request, stores.get(request["store"]))
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def _load(programs: dict[str, Program], name: str, code: str) -> dict[str, object]:
    dropped: list[str] = []
    while len(programs) >= PROGRAMS_LIMIT:
        dropped.append(next(iter(programs)))
        del programs[dropped[-1]]
    try:
        programs[name] = Program(code)
    except quickjs.JSException as error:
        return {"error": str(error).strip(), "dropped": dropped}
    return {"dropped": dropped}


if __name__ == "__main__":
    main()
