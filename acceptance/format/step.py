"""A step of a test: a request with its expectations, or something that is set up before one."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, WithJsonSchema, model_validator

from acceptance.format.expect import Expect, share_counts
from acceptance.format.request import MAX_REQUESTS, Count, Request
from acceptance.format.values import Duration, Offset, Part, Words, choice
from infra.config.base_model import Text
from infra.config.errors import raise_errors, setting_error

Settings = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
"""Settings of the stack as its file has them: nested, or with a path as the key (`jwtIat.releasedAt`)."""


class Session(Part):
    """An item of the sessions table of sticky-session, as the application would write it.

    Attributes:
        id: The session's token: the value of the cookie.
        version: Version of the session, by the name of its origin.
        expires_in: When it expires, from now on; negative for a session that has expired, such as `-1h`.
    """

    id: Text
    version: Text = "canary"
    expires_in: Offset = 3_600.0


class Tenant(Part):
    """An item of the tenants table of tenant-lookup.

    Attributes:
        tenant: The tenant's id.
        account: The account's id, where the table's key has one.
        domain: Domain name of its backend.
    """

    tenant: Text
    account: Text = ""
    domain: Text


class OriginState(Part):
    """The state of an origin of the stack.

    Attributes:
        name: Name of the origin.
        is: `down`: nothing listens there. `failing`: every response is a 503. `up`: as at the start.
    """

    name: Text
    state: Annotated[Text, *choice("down", "failing", "up")] = Field(alias="is")


class Step(Part):
    """A step: a request, or one thing to set up.

    Attributes:
        request: The request; `expect` says what comes of it.
        expect: The expectations of the step.
        visitor: Name of the visitor who sends the request; the cookies of a visitor are kept between steps. Without a
            name it is a new one.
        visitors: Number of new visitors who send it, one after another; `${number}` in the request is the number of
            the visitor, from 1 on.
        draw: New visitors are tried until one gets this version, at most 200; that one is `visitor` from now on.
        set: Settings of the stack from here to the end of the test, deployed as `pulumi up` would.
        session: Puts a session into the table of sticky-session.
        tenant: Puts a tenant into the table of tenant-lookup.
        origin: Takes an origin down, lets it fail, or brings it up again.
        invalidate: Path patterns to remove from the cache, such as `/*`.
        advance: Puts the clock of the cache forward, and that of CloudFront Functions. Lambda and DynamoDB keep the
            clock of the machine.
        cold_start: `true`: the function's next invocations are cold starts; nothing is remembered.
        wait: Waits; also at an address.
    """

    request: Request | None = None
    expect: Expect | None = None
    visitor: Text = ""
    visitors: Count | None = None
    draw: Text = ""
    set: Settings | None = None
    session: Session | None = None
    tenant: Tenant | None = None
    origin: OriginState | None = None
    invalidate: Words | None = None
    advance: Duration | None = None
    cold_start: Annotated[bool, Field(json_schema_extra={"enum": [True]})] = False
    wait: Duration | None = None

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        actions = [key for key in ACTIONS if getattr(self, key) not in (None, False)]
        if len(actions) != 1:
            found = " and ".join(_alias(key) for key in actions) or "nothing to do"
            names = ", ".join(_alias(key) for key in ACTIONS)
            raise_errors([setting_error(f"has {found}: a step has one of {names}")])
        of_requests = [key for key in ("expect", "visitor", "visitors", "draw") if key in self.model_fields_set]
        if actions != ["request"] and of_requests:
            raise_errors([setting_error(f"has {of_requests[0]} without a request")])
        self._check_visitors()
        return self

    def _check_visitors(self) -> None:
        share = self.expect.share if self.expect else None
        if self.visitors is not None and (self.visitor or self.draw):
            raise_errors([setting_error("has visitors and a visitor: write one of them")])
        if self.draw and not self.visitor:
            raise_errors([setting_error("has draw without visitor: name the one who is drawn")])
        if self.count > MAX_REQUESTS:
            raise_errors([setting_error(f"sends {self.count:,} requests: at most {MAX_REQUESTS:,}", value=self.count)])
        if share is not None and self.visitors is None:
            raise_errors([setting_error("has a share without visitors: say how many are counted", "expect", "share")])
        if share is not None and share.percent is not None and self.visitors is not None:
            low, high = share_counts(self.visitors, share.percent, share.tolerance, share.confidence)
            if (low, high) == (0, self.visitors):
                text = f"accepts every count from 0 to {high}, so it proves nothing: raise visitors"
                raise_errors([setting_error(text, "expect", "share")])

    @property
    def count(self) -> int:
        """The number of requests, without redirects and draws."""
        return (self.visitors or 1) * (self.request.repeat if self.request else 1)

    @property
    def set_up(self) -> str:
        """The key of what the step sets up at the local edge, as the file spells it; "" for a request or a wait."""
        return next((_alias(key) for key in ACTIONS[2:] if getattr(self, key) not in (None, False)), "")


ACTIONS = ("request", "wait", "set", "session", "tenant", "origin", "invalidate", "advance", "cold_start")
"""The keys of a step of which it has one; from the third on they set up the local edge."""


def _alias(key: str) -> str:
    return Step.model_fields[key].alias or key
