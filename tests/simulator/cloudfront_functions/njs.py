"""Runs function code in Debian's `njs`, the engine that CloudFront's own behaves like."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from simulator.cloudfront_functions.syntax import without_imports

# njs has crypto, Buffer and console itself. What a function prints is kept apart from the outcomes.
_BEFORE = """
import crypto from 'crypto';
import querystring from 'querystring';
import fs from 'fs';
var input = JSON.parse(%s);
var logs = [], update = null, outcomes = [];
var has = Object.prototype.hasOwnProperty;
var store = {
    get: function (key, options) {
        if (!has.call(input.pairs, key)) { return Promise.reject(new Error('KeyNotFound')); }
        var text = input.pairs[key], isJson = options && options.format === 'json';
        return new Promise(function (resolve) { resolve(isJson ? JSON.parse(text) : text); });
    },
    exists: function (key) { return Promise.resolve(has.call(input.pairs, key)); },
};
var cf = { kvs: function () { return store; }, updateRequestOrigin: function (origin) { update = origin; } };
var modules = { cloudfront: cf, crypto: crypto, querystring: querystring };
var own = { log: function (text) { logs.push(text); } };
function load(require, console) {
"""
_AFTER = """
return handler;
}
async function next(given) {
    logs = []; update = null;
    var outcome = {};
    try {
        var handler = load(function (name) { return modules[name]; }, own);
        outcome.result = await handler(given);
    } catch (error) { outcome.error = String(error); }
    outcome.logs = logs; outcome.update = update;
    outcomes.push(JSON.stringify(outcome));
}
async function all() {
    while (input.events.length) { var given = input.events.shift(); await next(given); }
    fs.writeFileSync(input.output, outcomes.join('\\n')); // console.log of njs cuts at 2 KB
}
all();
"""


def run_in_njs(
    executable: str, code: str, events: list[dict[str, Any]], pairs: dict[str, str], directory: Path
) -> list[dict[str, Any]]:
    """The outcome of each event: result or error, logs, and what updateRequestOrigin was given."""
    script, output = directory / "function.js", directory / "outcomes.jsonl"
    given = json.dumps(json.dumps({"events": events, "pairs": pairs, "output": str(output)}))
    script.write_text(_BEFORE % given + without_imports(code) + _AFTER, "utf-8")
    done = subprocess.run([executable, str(script)], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return [json.loads(line) for line in output.read_text("utf-8").split("\n")]
