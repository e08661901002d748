"""The JSON object in a request's body, or the reason why there is none."""

from __future__ import annotations

import json

from router.model.request import BodyError
from router.model.shapes import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from router.model.request import Body


def parse_body(body: Body | None) -> tuple[dict[str, Any] | None, str]:
    """(object, "") or (None, reason): no-body, truncated-body, broken-body, not-json or not-an-object.

    A truncated body is not looked at: half a document may parse and mean something else. Of several members with one
    name the last counts (RFC 8259 §4 leaves it open; Python's json takes the last).
    """
    if body is None or not body.data:
        return None, "no-body"
    if body.is_truncated:
        return None, "truncated-body"
    try:
        document: object = json.loads(body.content().decode())
    except BodyError:
        return None, "broken-body"
    except (ValueError, RecursionError):  # a megabyte of "[" nests deeper than Python does
        return None, "not-json"
    return (document, "") if is_object(document) else (None, "not-an-object")
