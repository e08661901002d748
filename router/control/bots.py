"""Bots and prefetches: requests that are not visits, or not yet. functions/canary.js finds the same ones.

A bot is known by a part of its User-Agent. Source of the names: the crawlers' own pages (Google "Overview of Google
crawlers and fetchers", Meta "Web Crawlers", OpenAI "Overview of OpenAI Crawlers", Anthropic, Perplexity) and the list
crawler-user-agents 1.60.0 (MIT); docs/groups.md says how many of its user agents are found. Left out are HTTP libraries
such as curl and okhttp: applications of your own use them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from router.model.request import Request

VERSION = "2026-11"
"""Of the list, in docs/groups.md. Another list has another version, and a line in the changelog."""
TOKENS = (
    "bot",  # Googlebot, bingbot, Applebot, GPTBot, ClaudeBot, AhrefsBot …
    "crawl",
    "spider",
    "scrape",
    "://",  # the address of a page about it, which no browser has
    "google-",  # Google-InspectionTool, AdsBot-Google-Mobile, APIs-Google …
    "googleother",
    "mediapartners",
    "facebookexternalhit",
    "meta-external",
    "whatsapp/",
    "chatgpt-user",
    "claude-user",
    "perplexity-user",
    "preview",  # of links: MicrosoftPreview, SkypeUriPreview …
    "archiver",
    "headlesschrome",
    "phantomjs",
    "lighthouse",
    "monitor",
    "pingdom",
    "synthetic",  # DatadogSynthetics, NewRelicSynthetics …
    "uptime",
)
"""Parts of a User-Agent in lower case."""
NO_BOT = "cubot"
"""A maker of phones: its name does not count."""
PREFETCH_HEADERS = ("sec-purpose", "purpose", "x-moz")
"""`Sec-Purpose: prefetch` (Fetch standard), and what browsers sent before it."""
PREFETCH = "prefetch"


class Bots:
    """The list, and `extra` parts of user agents."""

    def __init__(self, extra: Sequence[str] = ()) -> None:
        self._tokens = (*TOKENS, *extra)

    def is_bot(self, request: Request) -> bool:
        """True for a request of a bot, and for one that a browser makes before its user wants the page."""
        agent = (request.header("user-agent") or "").lower().replace(NO_BOT, "")
        return any(token in agent for token in self._tokens) or is_prefetch(request)


def is_prefetch(request: Request) -> bool:
    """True for a request that a browser makes before its user wants the page."""
    return any(PREFETCH in (request.header(name) or "").lower() for name in PREFETCH_HEADERS)
