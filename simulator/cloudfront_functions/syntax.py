"""Language features that JavaScript runtime 2.0 lacks, found in a function's code before it runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

PAGE = "functions-javascript-runtime-20"
MODULES = ("cloudfront", "crypto", "querystring", "buffer")


@dataclass(frozen=True)
class RefusedFeature:
    """`line` counts from 1."""

    line: int
    feature: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.feature}"


# The page lists what the runtime has: ES 5.1, and by name some features of ES 6 to 12. What it does not list is refused
# here even where CloudFront's engine happens to take it (it seems to be njs), so that nobody builds on it.
_BY_NODE = {
    "class_declaration": "class",
    "class": "class",
    "object_pattern": "destructuring",
    "array_pattern": "destructuring",
    "spread_element": "spread syntax (…); rest parameters are supported",
    "optional_chain": "optional chaining (?.)",
    "assignment_pattern": "default parameters",
    "generator_function_declaration": "generator functions",
    "generator_function": "generator functions",
    "yield_expression": "yield",
    "export_statement": "export",
    "computed_property_name": "computed property names",
    "shorthand_property_identifier": "shorthand properties",
    "with_statement": "with (functions run in strict mode)",
    "debugger_statement": "debugger",
    "meta_property": "new.target and import.meta",
    "decorator": "decorators",
    "hash_bang_line": "#! lines",
    "jsx_element": "JSX",
    "jsx_self_closing_element": "JSX",
}
_OPERATORS = {"??": "nullish coalescing (??)", "??=": "??=", "||=": "||=", "&&=": "&&="}
_MISSING_GLOBALS = str.split(
    "Map Set WeakMap WeakSet WeakRef Proxy Reflect BigInt BigInt64Array BigUint64Array Intl Iterator Atomics"
    " SharedArrayBuffer FinalizationRegistry AggregateError queueMicrotask structuredClone performance URL"
    " URLSearchParams escape unescape module exports"
)
_NO_TIMERS = "timers: a function must run to completion at once"
_NO_NETWORK = "network access"
_NO_EVALUATION = "dynamic code evaluation"
_BY_NAME = {
    "eval": _NO_EVALUATION,
    "Function": f"{_NO_EVALUATION} (the Function constructor)",
    **dict.fromkeys(("setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"), _NO_TIMERS),
    **dict.fromkeys(("fetch", "XMLHttpRequest", "WebSocket"), _NO_NETWORK),
    "process": "process access",
    **{name: f"the global {name}" for name in _MISSING_GLOBALS},
}
_FUNCTIONS = frozenset(
    {"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function"}
)


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_javascript.language()))


def refused_features(code: str) -> list[RefusedFeature]:
    """Everything in the code that the page functions-javascript-runtime-20 does not list, in the order of lines.

    Errors of syntax are not looked for here: the engine finds them.
    """
    root = _parser().parse(code.encode()).root_node
    declared = {name for node in _walk(root) for name in _declared_names(node)}
    found = [
        RefusedFeature(node.start_point[0] + 1, feature)
        for node in _walk(root)
        for feature in _refused_features(node, declared)
    ]
    return sorted(found, key=lambda refused: (refused.line, refused.feature))


def without_imports(code: str) -> str:
    """The code with each `import name from 'module';` as a constant in the same line, to run inside a function."""
    source = code.encode()
    for node in reversed([child for child in _parser().parse(source).root_node.children if _is_import(child)]):
        name, module = _imported_name(node)
        source = source[: node.start_byte] + f"const {name} = require('{module}');".encode() + source[node.end_byte :]
    return source.decode()


def _walk(node: Node) -> Iterator[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))


def _declared_names(node: Node) -> Iterator[str]:
    """Names of functions, variables and parameters, which then are not globals."""
    if node.type in ("function_declaration", "function_expression", "variable_declarator"):
        yield _text(node.child_by_field_name("name"))
    elif node.type in ("formal_parameters", "rest_pattern"):
        yield from (_text(child) for child in node.named_children if child.type == "identifier")
    elif node.type in ("arrow_function", "catch_clause"):
        yield _text(node.child_by_field_name("parameter"))


def _refused_features(node: Node, declared: set[str]) -> Iterator[str]:
    if node.is_named and node.type in _BY_NODE:
        yield _BY_NODE[node.type]
    if not node.is_named and node.type in _OPERATORS:
        yield _OPERATORS[node.type]
    if node.type == "identifier" and _text(node) in _BY_NAME and _text(node) not in declared:
        yield _BY_NAME[_text(node)]
    yield from _statement(node)
    yield from _literal(node)
    yield from _call(node)
    yield from _async(node)


def _statement(node: Node) -> Iterator[str]:
    if node.type == "for_in_statement" and _text(node.child_by_field_name("operator")) == "of":
        yield "for…of; use for with an index, or forEach"
    elif node.type == "import_statement" and not _is_import(node):
        yield f"imports other than `import name from 'module'` of {', '.join(MODULES)}"
    elif node.type == "method_definition" and not any(child.type in ("get", "set") for child in node.children):
        yield "method shorthand; write name: function () {…}"
    elif node.type == "catch_clause" and node.child_by_field_name("parameter") is None:
        yield "catch without a name for the error"


def _literal(node: Node) -> Iterator[str]:
    text = _text(node)
    if node.type == "number" and text.endswith("n"):
        yield "BigInt literals"
    if node.type == "number" and text[:2].lower() in ("0b", "0o"):
        yield "binary and octal literals"
    if node.type == "regex_flags" and set(text) - set("gimy"):
        yield f"the regular expression flags {''.join(sorted(set(text) - set('gimy')))}"
    if node.type == "escape_sequence" and text.startswith("\\u{"):
        yield "code point escapes \\u{…}; write \\uXXXX"


def _call(node: Node) -> Iterator[str]:
    if node.type != "call_expression":
        return
    callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    if callee is not None and callee.type == "import":
        yield "import()"
    if arguments is not None and arguments.type == "template_string":
        yield "tagged templates"
    elif _text(callee) == "console.log" and len(given) > 1:
        yield "console.log with several arguments; join them with +"
    elif _text(callee).startswith("console.") and _text(callee) != "console.log":
        yield f"{_text(callee)}; there is only console.log"
    elif _text(callee) == "require" and (len(given) != 1 or _text(given[0]).strip("'\"") not in MODULES):
        yield f"require of anything but {', '.join(MODULES)}"


def _async(node: Node) -> Iterator[str]:
    """Page async-await-syntax: "async arguments and closures are not supported"; njs says "await in arguments"."""
    if node.type == "await_expression" and _around(node, "arguments") == "arguments":
        yield "await in the arguments of a call: put it into a variable first"
    if node.type not in _FUNCTIONS or not any(child.type == "async" for child in node.children):
        return
    if node.parent is not None and node.parent.type == "arguments":
        yield "async functions as arguments"
    elif _around(node):
        yield "async closures: declare async functions at the top level"


def _around(node: Node, *kinds: str) -> str:
    """The type of the nearest node around this one that is a function or of these kinds; "" where there is none."""
    around = node.parent
    while around is not None and around.type not in (*_FUNCTIONS, *kinds):
        around = around.parent
    return around.type if around is not None else ""


def _is_import(node: Node) -> bool:
    return node.type == "import_statement" and all(_imported_name(node)) and _imported_name(node)[1] in MODULES


def _imported_name(node: Node) -> tuple[str, str]:
    """(local name, module) of a default import, with "" for what there is not."""
    clause = next((child for child in node.children if child.type == "import_clause"), None)
    names = clause.named_children if clause is not None else []
    is_default = len(names) == 1 and names[0].type == "identifier"
    return (_text(names[0]) if is_default else ""), _text(node.child_by_field_name("source")).strip("'\"")


def _text(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""
