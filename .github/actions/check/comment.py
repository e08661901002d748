"""Puts the comment on the pull request, or changes the one that is there; and writes the summary of the job.

Run by action.yml. The environment is that of a GitHub job, with OUT (the folder of comment.md and result.json), NAME
(of the comment, where a pull request has several) and GITHUB_TOKEN. A token without the right to comment, as of a
fork's pull request, leaves the summary. The standard library alone.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PER_PAGE = 100
MOST_PAGES = 30
TIMEOUT_SECONDS = 20
NO_RIGHT = (401, 403, 404)


class RefusedError(Exception):
    """GitHub did not do it; `is_right`: for want of a right."""

    def __init__(self, text: str, *, is_right: bool) -> None:
        super().__init__(text)
        self.is_right = is_right


def main() -> int:
    """Exit code 0, also where GitHub does not take the comment."""
    out = Path(os.environ["OUT"])
    text = (out / "comment.md").read_text(encoding="utf-8")
    is_quiet = json.loads((out / "result.json").read_text(encoding="utf-8"))["isQuiet"]
    summarize(text)
    number, token = pull_request(), os.environ.get("GITHUB_TOKEN", "")
    if number is None:
        print("edge-router: this is not a pull request; the result is in the summary of the job")
        return 0
    if not token:
        print("::notice::edge-router: there is no token, so the result is in the summary of the job only")
        return 0
    try:
        print(f"edge-router: the comment is {put(number, text, token, is_quiet=is_quiet)}")
    except RefusedError as error:
        kind = "notice" if error.is_right else "warning"
        why = (
            "the token may not comment (a fork's pull request, or no pull-requests: write)" if error.is_right else error
        )
        print(f"::{kind}::edge-router: {why}; the result is in the summary of the job")
    return 0


def summarize(text: str) -> None:
    """Append to the job's summary."""
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"## edge-router\n\n{text}\n")


def pull_request() -> int | None:
    """The number of the pull request that the job runs for."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    event: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    found = (event.get("pull_request") or {}).get("number")
    return found if isinstance(found, int) else None


def put(number: int, text: str, token: str, *, is_quiet: bool) -> str:
    """Change the comment of this name, or make it; what is quiet makes none. RefusedError."""
    marker = f"<!-- edge-router check: {os.environ.get('NAME') or 'edge-router'} -->"
    body = {"body": f"{marker}\n## edge-router\n\n{text}"}
    issues = f"/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    earlier = find(f"{issues}/{number}/comments", marker, token)
    if earlier is not None:
        if earlier["body"] == body["body"]:
            return "as it was"
        call("PATCH", f"{issues}/comments/{earlier['id']}", token, body)
        return "changed"
    if is_quiet:
        return "not made: nothing was found, and nobody moves"
    call("POST", f"{issues}/{number}/comments", token, body)
    return "made"


def find(path: str, marker: str, token: str) -> dict[str, Any] | None:
    """The comment with the marker. Only a bot's counts: anybody could write the marker."""
    for page in range(1, MOST_PAGES + 1):
        comments: list[dict[str, Any]] = call("GET", f"{path}?per_page={PER_PAGE}&page={page}", token)
        for one in comments:
            is_bot = (one.get("user") or {}).get("type") == "Bot"
            if is_bot and str(one.get("body") or "").startswith(marker):
                return one
        if len(comments) < PER_PAGE:
            return None
    return None


def call(method: str, path: str, token: str, body: dict[str, str] | None = None) -> Any:
    """One call of GitHub's API. RefusedError."""
    url = os.environ.get("GITHUB_API_URL", "https://api.github.com") + path
    request = urllib.request.Request(  # noqa: S310  the address is GitHub's own
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  as above
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise RefusedError(f"GitHub answers {error.code} to {method}", is_right=error.code in NO_RIGHT) from None
    except (OSError, ValueError) as error:
        raise RefusedError(f"GitHub cannot be reached: {error}", is_right=False) from None


if __name__ == "__main__":
    sys.exit(main())
